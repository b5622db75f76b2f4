"""Text from outside made harmless and honest: nothing steers the page, nothing is invisible.

Escaping alone keeps a text from becoming markup. Beyond it, control characters and those that
turn the direction of writing are spelled out, and blanks without a width are marked.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import Final

from dedupe.renderers.view.terminal import DANGEROUS, NAMED_INVISIBLE, spell_character

_FILLERS: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols that look like nothing."""

_INVISIBLE: Final = re.compile(f"{DANGEROUS.pattern}|[{_FILLERS}]")


def spell_invisible(text: str) -> str:
    r"""The text with what is not seen written as in ``\u202e``: for attributes and our own
    sentences."""
    return _INVISIBLE.sub(spell_character, text)


def spell_lines(text: str) -> str:
    """As :func:`spell_invisible`, but line feeds stay."""
    return "\n".join(map(spell_invisible, text.split("\n")))


def drop_invisible(text: str) -> str:
    """The text without what is not seen."""
    return _INVISIBLE.sub("", text)


def mark_invisible(text: str) -> str:
    """The text as HTML, with what is not seen as small labels.

    A mark that would combine with what stands before the text gets a dotted circle.
    """
    if text.isascii() and text.isprintable():
        return escape(text)
    marked = _INVISIBLE.sub(_label, escape(text))
    if unicodedata.category(text[:1] or " ").startswith("M"):
        return "\u25cc" + marked
    return marked


def mark_lines(text: str) -> str:
    """As :func:`mark_invisible`, but line feeds stay."""
    return "\n".join(map(mark_invisible, text.split("\n")))


def _label(match: re.Match[str]) -> str:
    character = match.group()
    if character in NAMED_INVISIBLE:  # pages are full of them: no more than a tick
        return "<i class=z></i>"
    return f"<i class=u>U+{ord(character):04X}</i>"
