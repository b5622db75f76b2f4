"""Reads a page the cheap way: strips its tags without parsing it into a tree."""

from __future__ import annotations

import html as html_module
from collections.abc import Iterator

from dedupe.sources.pages.blocks import BLOCK_ELEMENTS, UNSEEN_ELEMENTS, tidy_lines
from dedupe.sources.pages.tags import scan_tags


def strip_tags(html: str) -> str:
    """The text between the tags, without scripts and the like, in time linear in the page."""
    return tidy_lines(_unescape("".join(_parts(html))))


def _unescape(text: str) -> str:
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
        if unseen and tag.is_end and tag.name == unseen:
            unseen = ""
        elif not unseen and not tag.is_end and tag.name in UNSEEN_ELEMENTS:
            unseen = tag.name
    if not unseen:
        yield html[position:].replace("\n", " ")
