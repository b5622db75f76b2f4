"""Cuts the items out of a collection in XML, without parsing it.

Each item is parsed alone afterwards. So a collection may be of any size, an item with errors costs
no other, and one item can be read again by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_CDATA, _COMMENT, _INSTRUCTION = b"<![CDATA[", b"<!--", b"<?"
_ENDS = {_CDATA: b"]]>", _COMMENT: b"-->", _INSTRUCTION: b"?>"}
_CDATA_SECTION = re.compile(rb"<!\[CDATA\[(?:[^\]]++|\](?!\]>))*+")
_WORDS = {_CDATA: "a CDATA section", _COMMENT: "a comment", _INSTRUCTION: "an instruction"}
_MAX_SPACE = 40
"""The most white space in an end tag."""


class Cut(NamedTuple):
    """One item.

    :param offset: the position of its start tag in the file, in bytes
    :param raw: its bytes; ``None`` where they are more than allowed
    """

    offset: int
    length: int
    raw: bytes | None


class ItemCutter:
    """An iterator over the items of one file.

    An item ends with its end tag. One without an end tag ends where the next begins: it is given
    too, and whoever parses it sees that it is broken.

    :ivar problem: what is wrong with the end of the file, in words; empty where nothing is
    :ivar offset: bytes of the file so far
    """

    def __init__(self, blocks: Iterable[bytes], name: str, root: str, max_bytes: int) -> None:
        """Nothing is read yet.

        :param name: the name of the items, with their prefix
        :param root: the name of the root
        :param max_bytes: the most bytes of an item
        """
        self.problem = ""
        self._blocks = blocks
        self._max_bytes = max_bytes
        self._root = root
        item, end = re.escape(name.encode()), rb"\s{0,%d}>" % _MAX_SPACE
        self._start = b"<" + name.encode()
        self._tokens = re.compile(
            rb"<(?:!\[CDATA\[|!--|\?|%s(?=[\s/>])|/(?:%s|%s)%s)"
            % (item, item, re.escape(root.encode()), end)
        )
        self._between = re.compile(rb"</%s%s\s*+(?=<%s[\s/>])" % (item, end, item))
        self._tail_bytes = max(len(name), len(root)) + _MAX_SPACE + len(_CDATA)
        self._window = b""  # what is looked at, and what may be the beginning of a token
        self._base = 0  # the offset of the window
        self._inside = b""  # the opening of a section that has not ended yet
        self._inside_at = 0
        self._begin = -1  # the offset of the open item
        self._parts: list[bytes] = []
        self._size = 0
        self._has_ended = False

    def __iter__(self) -> Iterator[Cut]:
        for block in self._blocks:
            yield from self._scan(block)
        if self._inside:
            what, place = _WORDS[self._inside], self._inside_at
            self.problem = f"{what} that begins at byte {place} never ends"
        elif self._begin >= 0:
            self.problem = f"it ends inside the item that begins at byte {self._begin}"
        elif not self._has_ended:
            self.problem = f"it ends without </{self._root}>"

    def _scan(self, block: bytes) -> Iterator[Cut]:
        """The items that end in a block."""
        window = self._window + block
        position = kept = 0  # kept: up to where the open item was taken from the window
        while True:
            if self._inside:
                end = _ENDS[self._inside]
                found = window.find(end, position)
                if found < 0:
                    rest = max(position, len(window) - len(end) + 1)
                    break
                position, self._inside = found + len(end), b""
            token = self._tokens.search(window, position)
            if token is None:
                start = window.rfind(b"<", max(position, len(window) - self._tail_bytes))
                rest = len(window) if start < 0 else start
                break
            position = token.end()
            if token[0] in _ENDS:
                self._inside, self._inside_at = token[0], self._base + token.start()
                continue
            is_end = token[0].startswith(b"</" + self._start[1:])
            if self._begin >= 0:
                until = token.end() if is_end else token.start()
                self._take(window[kept:until])
                yield from self._close(is_end)
            if token[0] == self._start:
                self._begin, kept = self._base + token.start(), token.start()
            else:
                self._has_ended |= not is_end
        if self._begin >= 0:
            self._take(window[kept:rest])
        self._window = window[rest:]
        self._base += rest

    def _take(self, part: bytes) -> None:
        """Keep a part of the open item, unless the item is too long."""
        self._size += len(part)
        if self._size > self._max_bytes:
            self._parts.clear()
        else:
            self._parts.append(part)

    def _close(self, is_closed: bool) -> Iterator[Cut]:
        """The open item; several where one of them has swallowed others."""
        begin, size = self._begin, self._size
        raw = b"".join(self._parts)
        self._begin, self._size = -1, 0
        self._parts.clear()
        if size > self._max_bytes:
            yield Cut(begin, size, None)
            return
        if not is_closed:
            tag_end = raw.find(b">") + 1
            raw = raw[:tag_end] if raw[:tag_end].endswith(b"/>") else raw.rstrip()
        for part_begin, part_end in self._split(raw):
            yield Cut(begin + part_begin, part_end - part_begin, raw[part_begin:part_end])

    def _split(self, raw: bytes) -> Iterator[tuple[int, int]]:
        """Where the items in an item begin and end: mostly one, which is all of it.

        A CDATA section that is not closed goes on to the end of the next, over the items between.
        It is valid, but two items would be read as one.
        """
        position = 0
        if raw.count(b"</" + self._start[1:]) > 1:
            for section in _CDATA_SECTION.finditer(raw):
                last = raw.rfind(_CDATA, section.start() + 1, section.end())
                for between in self._between.finditer(raw, section.start(), max(last, 0)):
                    yield position, between.end()
                    position = between.end()
        yield position, len(raw)
