"""The furniture of a report as a list of passages, to be edited and given to ``--furniture-list``.

A passage is one line, which begins with ``|`` so that it is never taken for a remark or a command.
White space and what a terminal could act on are no part of a token: they are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dedupe.model.furniture import FurniturePassage
from dedupe.model.report import Report
from dedupe.renderers.view.figures import format_count
from dedupe.renderers.view.terminal import DANGEROUS, escape_text
from dedupe.sketch import tokenize_text

_COMMAND: Final = re.compile(r"#(?=#[A-Za-z]*\[)")


def render_furniture(report: Report) -> Iterator[str]:
    """A remark, then each passage with a remark above it; the most frequent first."""
    furniture = report.furniture
    if furniture is None:
        yield "# Furniture was not looked for: scan with --furniture report or ignore.\n"
        return
    yield (
        f"# {format_count(len(furniture.passages), 'passage')} of {furniture.passage_count:,}. "
        "Delete those that are none, and give the file to --furniture-list.\n"
    )
    for passage in furniture.passages:
        if passage.text:
            yield _passage_lines(passage)


def _passage_lines(passage: FurniturePassage) -> str:
    documents = format_count(passage.document_count, "document")
    site = f" of {escape_text(passage.site)}" if passage.site else ""
    text = DANGEROUS.sub(_without_effect, passage.text)
    return _COMMAND.sub("# ", f"\n# {documents}{site}\n| {text}\n")


def _without_effect(character: re.Match[str]) -> str:
    """What stands for a character that may act on a terminal: a space where it separates tokens."""
    return "" if len(tokenize_text(f"a{character[0]}a")) == 1 else " "
