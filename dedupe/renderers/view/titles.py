"""The title of a document: what its record calls so, else the first line of its text."""

from __future__ import annotations

from typing import Final

from dedupe.model.report import Member
from dedupe.renderers.view.terminal import ELLIPSIS, cell_width, cut_cells, escape_word

TITLE_FIELDS: Final = ("title", "headline")
LOOK_AHEAD: Final = 4000
MIN_SIZE: Final = 12
"""A line of fewer characters, such as a date, is followed by the next one."""


def find_title(member: Member, text: str) -> str:
    """The title of a document, as one line; empty if nothing is known of its text.

    :param text: the text of the document; empty if it could not be read
    """
    for name in TITLE_FIELDS:
        if given := " ".join(member.meta.get(name, "").split()):
            return escape_word(given)
    title = ""
    for line in text[:LOOK_AHEAD].splitlines():
        title = " ".join([title, *line.split()]).strip()
        if len(title) >= MIN_SIZE:
            break
    return escape_word(title)


def shorten_title(title: str, cells: int) -> str:
    """The title in at most ``cells`` cells, cut at a word where one ends near."""
    if cell_width(title) <= cells:
        return title
    head = next(cut_cells(title, cells - 1))
    at_word = head.rpartition(" ")[0]
    return (at_word if len(at_word) > len(head) // 2 else head).rstrip(" ,;:–—-") + ELLIPSIS
