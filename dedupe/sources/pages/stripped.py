"""Reads a page the cheap way: strips its tags without parsing it into a tree."""

from __future__ import annotations

import html as html_module
from collections.abc import Iterator

from dedupe.sources.pages.blocks import (
    BLOCK_ELEMENTS,
    ENDS_FOREIGN,
    FOREIGN_ELEMENTS,
    UNSEEN_ELEMENTS,
    tidy_lines,
)
from dedupe.sources.pages.tags import Tag, scan_tags


def strip_tags(html: str) -> str:
    """The text between the tags, without scripts and the like, in time linear in the page."""
    return tidy_lines(unescape("".join(_parts(html))))


def unescape(text: str) -> str:
    """The text with references to characters replaced; as it is where that fails."""
    try:
        return html_module.unescape(text)
    except ValueError:  # a character reference with thousands of digits
        return text


def _parts(html: str) -> Iterator[str]:
    position, unseen = 0, ""
    for tag in scan_tags(html):
        if not unseen:
            yield html[position : tag.start].replace("\n", " ")
            yield "\n" if tag.name in BLOCK_ELEMENTS else ""
        position = tag.end
        if unseen and _ends(unseen, tag):
            unseen = ""
            yield "" if tag.is_end else "\n"
        elif not unseen and tag.name in UNSEEN_ELEMENTS and not (tag.is_end or tag.is_empty):
            unseen = tag.name
    if not unseen:
        yield html[position:].replace("\n", " ")


def _ends(unseen: str, tag: Tag) -> bool:
    """Whether a tag ends an unseen element; blocks of the page end drawings and formulas too."""
    if tag.is_end:
        return tag.name == unseen
    return unseen in FOREIGN_ELEMENTS and tag.name in ENDS_FOREIGN
