"""HTML elements that begin a new line, and elements that readers never see."""

from __future__ import annotations

_BLOCKS = """
    address article aside blockquote body br caption center dd details dialog dir div dl dt
    fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html
    legend li main menu nav ol optgroup option p pre search section select summary table tbody
    td tfoot th thead title tr ul
"""
_UNSEEN = """
    script style title noscript template iframe noframes object svg canvas audio video
    math datalist
"""

BLOCK_ELEMENTS = frozenset(_BLOCKS.split())

UNSEEN_ELEMENTS = frozenset(_UNSEEN.split())
"""Elements whose text no reader sees, or sees instead of the page (``noscript``)."""

FOREIGN_ELEMENTS = frozenset({"svg", "math"})
"""Drawings and formulas, which no reader sees as text. They may lack their end tags."""

ENDS_FOREIGN = BLOCK_ELEMENTS - {"title"}
"""What ends a drawing or formula as its own end tag does; drawings have titles of their own."""


def tidy_lines(text: str) -> str:
    """A text with one space between words, one line feed between blocks, and no blank lines."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))
