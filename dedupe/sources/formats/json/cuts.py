"""Cuts JSON text into values without parsing it, and without holding more than one of them.

Only brackets and quotes are looked at, a block at a time. The text between two brackets is given as
it is, valid or not, so that a broken record spoils no others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.formats.json.record import explain_json

_SPACE_AND_COMMAS = b" \t\r\n,"
_GAP = re.compile(r"[\s,]*")
_scan = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode
_MAX_GAP_BYTES = 1 << 20
_SQUARE = ord("[")
_QUOTE, _OPENING, _CLOSING = b'"{}'
_CURLY_BIT = 0x20


class Cut(NamedTuple):
    """A value in a JSON text.

    :param offset: the offset of its first byte
    :param length: its length in bytes
    :param raw: its bytes; ``None`` if it is too long
    :param is_element: whether it is an element of an array, and not by itself
    """

    offset: int
    length: int
    raw: bytes | None
    is_element: bool


class _Broken(Exception):
    """The rest of the text cannot be read; the message says why."""


class JsonCutter:
    """An iterator over the values at the top level of a text; of an array, over its elements.

    :ivar problem: why the values end before the text does, in words; known after the last value
    """

    def __init__(self, blocks: Iterable[bytes], max_bytes: int) -> None:
        """:param max_bytes: the bytes of a longer value are not kept"""
        self.problem = ""
        self._blocks = blocks
        self._max_bytes = max_bytes
        self._brackets = _Brackets()
        self._in_array = False
        self._in_value = False
        self._begin = 0
        self._held: list[bytes] = []
        self._held_bytes = 0

    def __iter__(self) -> Iterator[Cut]:
        offset = 0
        try:
            for block in self._blocks:
                done = 0
                for position, depth in self._brackets.find(block):
                    if self._in_value and depth <= self._in_array:  # its last bracket
                        yield self._end_value(block[done : position + 1])
                        done = position + 1
                    elif not self._in_value:
                        gap = block[done:position]
                        if self._held or gap.strip(_SPACE_AND_COMMAS):
                            yield from self._end_gap(gap)
                        done = self._pass_bracket(block[position], depth, position)
                    else:
                        continue
                    self._begin = offset + done
                self._hold(block[done:])
                offset += len(block)
            yield from self._conclude()
        except _Broken as problem:
            self.problem = str(problem)

    def _pass_bracket(self, bracket: int, depth: int, position: int) -> int:
        """Note a bracket that is in no value.

        :returns: where the next value or gap begins
        """
        if depth < 0:
            raise _Broken("a bracket is closed that was not opened")
        if depth == 0:
            self._in_array = False
        elif depth == 1 and bracket == _SQUARE:
            self._in_array = True
        else:
            self._in_value = True
            return position
        return position + 1

    def _hold(self, part: bytes) -> None:
        """Keep the last part of a block: the beginning of a value, or of a gap between two."""
        if not part or (not self._in_value and not self._held and part.isspace()):
            self._begin += len(part)
            return
        self._held_bytes += len(part)
        if self._in_value and self._held_bytes > self._max_bytes:
            self._held.clear()
            return
        self._held.append(part)
        if not self._in_value and self._held_bytes > _MAX_GAP_BYTES:
            raise _Broken(explain_json(b"".join(self._held)))

    def _take(self, part: bytes) -> bytes:
        """The parts that were kept, joined with their last part."""
        if not self._held_bytes:
            return part
        raw = b"".join([*self._held, part])
        self._held.clear()
        self._held_bytes = 0
        return raw

    def _end_value(self, part: bytes) -> Cut:
        length = self._held_bytes + len(part)
        raw = self._take(part)
        self._in_value = False
        return Cut(self._begin, length, None if length > self._max_bytes else raw, self._in_array)

    def _end_gap(self, part: bytes) -> Iterator[Cut]:
        """The values in a gap between brackets: numbers, strings and the like, or none.

        Bytes are decoded as Latin-1, because only the end of each value is searched for, and the
        characters that end a value are ASCII.
        """
        raw = self._take(part)
        if not raw.strip(_SPACE_AND_COMMAS):
            return
        text = raw.decode("latin-1")
        position = _skip_gap(text, len(UTF8_MARK) if raw.startswith(UTF8_MARK) else 0)
        while position < len(text):
            try:
                _, end = _scan(text, position)
            except (ValueError, RecursionError):
                raise _Broken(explain_json(raw[position:])) from None
            value = raw[position:end]
            yield Cut(self._begin + position, len(value), value, self._in_array)
            position = _skip_gap(text, end)

    def _conclude(self) -> Iterator[Cut]:
        """The values in the last gap.

        :raises _Broken: if the text ends in a value or an array
        """
        if self._in_value and self._held_bytes > self._max_bytes:
            yield self._end_value(b"")
        elif self._in_value:
            raise _Broken(explain_json(self._take(b"")))
        else:
            yield from self._end_gap(b"")
        if self._in_array:
            raise _Broken("the array is not closed")


class _Brackets:
    """Finds the brackets that begin and end values, in one block after another."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._is_escaped = False

    def find(self, block: bytes) -> Iterator[tuple[int, int]]:
        """The position of each bracket near the top level, and the depth after it."""
        codes = np.frombuffer(self._without_escapes(block), np.uint8)
        quotes = np.flatnonzero(codes == _QUOTE)
        curly = codes | _CURLY_BIT  # a square bracket becomes a curly one
        positions = np.flatnonzero((curly == _OPENING) | (curly == _CLOSING))
        positions = positions[(np.searchsorted(quotes, positions) + self._in_string) % 2 == 0]
        self._in_string ^= len(quotes) % 2 == 1
        opens = curly[positions] == _OPENING
        depths = np.cumsum(np.where(opens, 1, -1)) + self._depth
        if len(depths):
            self._depth = int(depths[-1])
        near = depths <= np.where(opens, 2, 1)
        return zip(positions[near].tolist(), depths[near].tolist(), strict=True)

    def _without_escapes(self, block: bytes) -> bytes:
        """The block with escaped quotes and backslashes replaced by other bytes."""
        if self._is_escaped and block[:1] in (b'"', b"\\"):
            block = b"_" + block[1:]
        if b"\\" in block:
            block = block.replace(rb"\\", b"__").replace(rb"\"", b"__")
        self._is_escaped = block.endswith(b"\\")
        return block


def _skip_gap(text: str, position: int) -> int:
    found = _GAP.match(text, position)
    return found.end() if found else position
