"""Finds metadata in the head of a page: its address, and when it was published."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from dedupe.model.metadata import pack_meta
from dedupe.sources.records.metadata_values import as_meta_value

_HEAD_BYTES = 1 << 16
_MAX_TAG_CHARACTERS = 4096
_ATTRIBUTE = re.compile(
    r"""([a-zA-Z:_-]{1,40}+)\s{0,9}+=\s{0,9}+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))"""
)

_NAMES = {
    "canonical": "url",
    "og:url": "url",
    "article:published_time": "date",
    "datepublished": "date",
    "date": "date",
}
"""Metadata fields by the ``rel``, ``property``, ``name`` or ``itemprop`` of their elements."""


def find_page_meta(page: bytes) -> bytes:
    """Address and date of a page, packed; empty bytes where it has neither.

    :param page: UTF-8
    """
    found: dict[str, str] = {}
    for name, value in _find_values(page[:_HEAD_BYTES].decode("utf-8", "replace")):
        field = _NAMES.get(name, "")
        is_usable = value if field != "url" else value.startswith(("http://", "https://"))
        if field and is_usable:
            found.setdefault(field, value)
    return pack_meta(found)


def _find_values(head: str) -> Iterator[tuple[str, str]]:
    """Names and values in the elements ``link`` and ``meta``, up to the body."""
    from dedupe.sources.pages.tags import scan_tags

    for tag in scan_tags(head):
        if tag.name == "body" or (tag.name == "head" and tag.is_end):
            return
        if tag.name not in ("link", "meta") or tag.end - tag.start > _MAX_TAG_CHARACTERS:
            continue
        attributes = {
            name.lower(): html.unescape("".join(quoted))
            for name, *quoted in _ATTRIBUTE.findall(head[tag.start : tag.end])
        }
        value = as_meta_value(attributes.get("href" if tag.name == "link" else "content", ""))
        for key in ("rel", "property", "name", "itemprop"):
            if key in attributes:
                yield attributes[key].strip().lower(), value
