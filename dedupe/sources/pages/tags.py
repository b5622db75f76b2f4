"""Scans the tags of a page in one pass, which no page can make slow.

No regular expression here may look further than it consumes: on hostile pages that would take
quadratic time. For the same reason nothing is searched for again that was not found once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

RAW_ELEMENTS = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noframes"})
"""Elements whose content is no markup."""

_NAME = re.compile(r"[a-zA-Z][^\s/>]{0,60}+")
_PLAIN_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,60}+)\s*+/?>")
"""A tag without attributes, as most are."""

_STOPS = re.compile(r"[\"'>]")


class Tag(NamedTuple):
    """A tag or a comment.

    :param name: lower case; empty for comments and declarations
    :param is_end: whether it is an end tag
    :param start: the position of ``<``
    :param end: the position after ``>``
    :param attribute_bound: an upper bound of its attributes
    :param is_empty: whether it closes itself, as ``<title/>`` does in XHTML
    """

    name: str
    is_end: bool
    start: int
    end: int
    attribute_bound: int
    is_empty: bool = False


def scan_tags(html: str) -> Iterator[Tag]:
    """All tags, in order, but for those inside scripts and comments."""
    return _Scanner(html).scan()


class _Scanner:
    def __init__(self, html: str) -> None:
        self._html = html
        self._missing: set[str] = set()

    def scan(self) -> Iterator[Tag]:
        html, position = self._html, 0
        while (start := html.find("<", position)) >= 0:
            tag = self._read_tag(start)
            if tag is None:
                position = start + 1
                continue
            yield tag
            position = tag.end
            if tag.name in RAW_ELEMENTS and not (tag.is_end or tag.is_empty):
                position = self._end_of_raw(tag.name, position)
                yield Tag(tag.name, True, tag.end, position, 0)

    def _read_tag(self, start: int) -> Tag | None:
        """The tag that begins at ``start``; ``None`` where none does."""
        html = self._html
        if plain := _PLAIN_TAG.match(html, start):
            is_empty = html.startswith("/>", plain.end() - 2)
            return Tag(plain[2].lower(), bool(plain[1]), start, plain.end(), 0, is_empty)
        if html.startswith("<!--", start):
            return Tag("", False, start, self._find_after("-->", start + 4), 0)
        if html.startswith(("<!", "<?"), start):
            return Tag("", False, start, self._find_after(">", start + 2), 0)
        is_end = html.startswith("/", start + 1)
        name = _NAME.match(html, start + 1 + is_end)
        if name is None:
            return None
        end, attribute_bound = self._end_of_tag(name.end())
        is_empty = html[end - 3 : end].startswith((" />", '"/>', "'/>", "\n/>", "\t/>"))
        return Tag(name[0].lower(), is_end, start, end, attribute_bound, is_empty)

    def _end_of_tag(self, position: int) -> tuple[int, int]:
        """The position after a tag's ``>``, which is not inside quotes; a bound of attributes."""
        html, bound = self._html, 0
        while (stop := _STOPS.search(html, position)) is not None:
            bound += _count_attributes(html[position : stop.start()])
            if stop[0] == ">":
                return stop.end(), bound
            closing = self._find(stop[0], stop.end())
            position = stop.end() if closing < 0 else closing + 1
        return len(html), bound + _count_attributes(html[position:])

    def _end_of_raw(self, name: str, position: int) -> int:
        """The position after the end tag of a script or the like; the end where it has none."""
        marker = f"</{name}"
        if marker in self._missing:
            return len(self._html)
        found = re.compile(re.escape(marker), re.IGNORECASE).search(self._html, position)
        if found is None:
            self._missing.add(marker)
            return len(self._html)
        return self._find_after(">", found.end())

    def _find_after(self, what: str, position: int) -> int:
        found = self._find(what, position)
        return len(self._html) if found < 0 else found + len(what)

    def _find(self, what: str, position: int) -> int:
        if what in self._missing:
            return -1
        found = self._html.find(what, position)
        if found < 0:
            self._missing.add(what)
        return found


def _count_attributes(part: str) -> int:
    """An upper bound of the attributes in a part of a tag that holds no quotes."""
    return max(len(part.replace("/", " ").split()), part.count("="))
