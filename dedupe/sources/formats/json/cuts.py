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
from dedupe.sources.records.hints import OWN_OBJECT

_SPACE = b" \t\r\n"
_SPACE_AND_COMMAS = _SPACE + b","
_GAP = re.compile(r"[\s,]*")
_scan = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode
_MAX_GAP_BYTES = 1 << 20
_MAX_PASSED = 100
MAX_NAME_BYTES = 1 << 16
_SQUARE = ord("[")
_QUOTE, _OPENING, _CLOSING = b'"{}'
_BACKSLASH = ord("\\")
_CURLY_BIT = 0x20


class Cut(NamedTuple):
    """A value in a JSON text.

    :param offset: the offset of its first byte
    :param length: its length in bytes
    :param raw: its bytes; ``None`` if it is too long
    :param is_element: whether it is inside an array or object, and not by itself
    """

    offset: int
    length: int
    raw: bytes | None
    is_element: bool


class _Frame(NamedTuple):
    """An open list or object around values.

    :param rest: what is left of the path to the place of the values; empty at that place;
        ``None`` where it does not lead there
    """

    rest: str
    is_list: bool


class _Broken(Exception):
    """The rest of the text cannot be read; the message says why."""


class JsonCutter:
    """An iterator over the values at one place of a text.

    The place is the top level, or an array there; or the list or object at a path inside the values
    of the top level. Lists on the way are passed through: each of several pages is looked into.

    :ivar problem: why the values end before the text does, in words; known after the last value
    :ivar key: the name of the last value; empty where it has none, because it is in no object
    :ivar has_place: whether there was a list or object at the path
    :ivar passed: the names of some lists beside the path; of those behind the place, once it is met
    """

    def __init__(self, blocks: Iterable[bytes], max_bytes: int, path: str = "") -> None:
        """Prepare to cut.

        :param max_bytes: the bytes of a longer value are not kept
        :param path: a dotted path; ``.`` for the values of an object at the top level; empty for
            the top level itself
        """
        self.problem = self.key = ""
        self.has_place = not path
        self.passed: list[str] = []
        self._blocks = blocks
        self._max_bytes = max_bytes
        self._brackets = Brackets(2 + 2 * (path.count(".") + 1 if path else 0))
        self._frames = [_Frame(path, is_list=True)]
        self._in_value = self._is_wanted = False
        self._depth = 0
        self._begin = 0
        self._held: list[bytes] = []
        self._held_bytes = 0

    def __iter__(self) -> Iterator[Cut]:
        offset = 0
        try:
            for block in self._blocks:
                done = 0
                for position, depth in self._brackets.find(block):
                    if self._in_value and depth < self._depth:  # its last bracket
                        yield from self._end_value(block[done : position + 1])
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

    @property
    def _is_at_place(self) -> bool:
        return not self._frames[-1].rest

    def _pass_bracket(self, bracket: int, depth: int, position: int) -> int:
        """Note a bracket that is in no value.

        :returns: where the next value or gap begins
        """
        if depth < len(self._frames) - 1:
            if len(self._frames) == 1:
                raise _Broken("a bracket is closed that was not opened")
            self._frames.pop()
            return position + 1
        frame, is_list = self._frames[-1], bracket == _SQUARE
        if self._is_at_place:
            opens, rest = is_list and depth == 1, ""
        else:
            opens, rest = self._follow(frame, is_list)
        if opens:
            self._frames.append(_Frame(rest, is_list))
            if not rest and not self.has_place:
                self.has_place = True
                self.passed.clear()
            return position + 1
        self._in_value, self._is_wanted, self._depth = True, self._is_at_place, depth
        self.key = "" if frame.is_list else self.key
        return position

    def _follow(self, frame: _Frame, is_list: bool) -> tuple[bool, str]:
        """Whether a list or object is on the path, and what is left of the path behind it."""
        if frame.is_list:
            whole = frame.rest == OWN_OBJECT and not is_list
            return True, "" if whole else frame.rest
        rest = find_rest(frame.rest, self.key)
        if rest is None and is_list and len(self.passed) < _MAX_PASSED:
            self.passed.append(self.key)
        return rest is not None, rest or ""

    def _hold(self, part: bytes) -> None:
        """Keep the last part of a block: the beginning of a value, or of a gap between two."""
        if not part or (not self._in_value and not self._held and part.isspace()):
            self._begin += len(part)
            return
        self._held_bytes += len(part)
        if self._in_value and (self._held_bytes > self._max_bytes or not self._is_wanted):
            self._held.clear()
            return
        self._held.append(part)
        if self._in_value or self._held_bytes <= _MAX_GAP_BYTES:
            return
        if self._frames[-1].is_list:
            raise _Broken(explain_json(b"".join(self._held)))
        self._held = [b"".join(self._held)[-MAX_NAME_BYTES:]]  # only the last name counts
        self._held_bytes = len(self._held[0])

    def _take(self, part: bytes) -> bytes:
        """The parts that were kept, joined with their last part."""
        if not self._held_bytes:
            return part
        raw = b"".join([*self._held, part])
        self._held.clear()
        self._held_bytes = 0
        return raw

    def _end_value(self, part: bytes) -> Iterator[Cut]:
        """The value, if it is at the place."""
        length = self._held_bytes + len(part)
        raw = self._take(part)
        self._in_value = False
        if self._is_wanted:
            kept, is_element = raw if length <= self._max_bytes else None, len(self._frames) > 1
            yield Cut(self._begin, length, kept, is_element)

    def _end_gap(self, part: bytes) -> Iterator[Cut]:
        """The values in a gap between brackets: numbers, strings and the like, or none.

        In an object they are no records, and only the name of the next value counts. Bytes are
        decoded as Latin-1, because only the end of each value is searched for, and the characters
        that end a value are ASCII.
        """
        raw = self._take(part)
        if not self._frames[-1].is_list:
            self.key = last_name(raw)[0]
            return
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
            self.key = ""
            if self._is_at_place:
                yield Cut(self._begin + position, len(value), value, len(self._frames) > 1)
            position = _skip_gap(text, end)

    def _conclude(self) -> Iterator[Cut]:
        """The values in the last gap.

        :raises _Broken: if the text ends in a value, a list or an object
        """
        if self._in_value and self._is_wanted and self._held_bytes > self._max_bytes:
            yield from self._end_value(b"")
        elif self._in_value:
            raise _Broken(explain_json(self._take(b"")))
        else:
            yield from self._end_gap(b"")
        if len(self._frames) > 1:
            kind = "array" if self._frames[-1].is_list else "object"
            raise _Broken(f"the {kind} is not closed")


def find_rest(path: str, key: str) -> str | None:
    """What is left of a dotted path behind a name that it begins with; ``None`` if it does not."""
    folded = key.casefold()
    if path.casefold() == folded:
        return ""
    parts = path.split(".")
    for count in range(1, len(parts)):
        if ".".join(parts[:count]).casefold() == folded:
            return ".".join(parts[count:])
    return None


def last_name(raw: bytes) -> tuple[str, int]:
    """The name that stands before a value in an object, and where it begins; or empty, and -1.

    :param raw: what is before the value
    """
    before = raw.rstrip(_SPACE)
    quoted = before[:-1].rstrip(_SPACE)
    end = len(quoted) - 1
    if not before.endswith(b":") or not quoted.endswith(b'"') or _is_escaped(quoted, end):
        return "", -1
    begin = quoted.rfind(b'"', 0, end)
    while begin >= 0 and _is_escaped(quoted, begin):
        begin = quoted.rfind(b'"', 0, begin)
    if begin < 0:
        return "", -1
    name = quoted[begin:]
    try:
        return str(json.loads(name.decode("utf-8", "replace"))), begin
    except ValueError:
        return name[1:-1].decode("utf-8", "replace"), begin


def _is_escaped(raw: bytes, position: int) -> bool:
    """Whether an odd number of backslashes is before a quote."""
    first = position
    while first and raw[first - 1] == _BACKSLASH:
        first -= 1
    return (position - first) % 2 == 1


class Brackets:
    """Finds the brackets that begin and end values, in one block after another."""

    def __init__(self, level: int) -> None:
        """:param level: the deepest level of lists and objects that are found"""
        self._level = level
        self._depth = 0
        self._in_string = False
        self._is_escaped = False

    def find(self, block: bytes) -> Iterator[tuple[int, int]]:
        """The position of each bracket up to the level, and the depth after it."""
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
        near = depths <= np.where(opens, self._level, self._level - 1)
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
