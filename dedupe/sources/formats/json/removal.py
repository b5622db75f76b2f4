"""Takes records out of JSON arrays and objects, so that the rest is valid JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dedupe.model.documents import Locator
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.json.cuts import MAX_NAME_BYTES, Brackets, JsonCutter, last_name
from dedupe.sources.records.hints import OWN_OBJECT
from dedupe.sources.records.removal import MOVED, ByteRange, CannotRewriteError, read_blocks

_SPACE = b" \t\r\n"
_SPACE_AND_COMMAS = _SPACE + b","
_SQUARE, _OPENING = b"[{"
_MAX_LEVEL = 16
_LOOK_BYTES = 4096

Extents = list[tuple[int, int]]
"""Offset and length of each value."""


class _Member(NamedTuple):
    """A value with its name, if it has one.

    :param before: the bytes between it and the value before
    """

    begin: int
    end: int
    before: bytes

    @property
    def is_joined(self) -> bool:
        """Whether it is in the same list or object as the value before it, or both are in none."""
        return not self.before.strip(_SPACE_AND_COMMAS)


def find_elements(content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
    """The bytes of elements of arrays, or members of objects, each with the comma before it.

    Where all elements before one that stays are dropped, the comma and space before that one are
    dropped instead. So is the space between values one after another, in no array.

    :raises CannotRewriteError: if a locator is not that of an element
    """
    dropped = {(locator.offset, locator.length) for locator in locators}
    values = _cut_all(content, "")
    if not dropped <= {*values}:
        path = _find_path(read_blocks(content), min(dropped)[0])
        values = _cut_all(content, path) if path else values
    if not dropped <= {*values}:
        raise CannotRewriteError(MOVED)
    ranges: list[ByteRange] = []
    run: list[_Member] = []
    for number, member in enumerate(_list_members(content, values)):
        is_dropped = number < len(values) and values[number] in dropped
        if run and not (is_dropped and member.is_joined):
            ranges.append(_range_of(run, member))
            run = []
        if is_dropped:
            run.append(member)
    return ranges


def _range_of(run: Sequence[_Member], following: _Member) -> ByteRange:
    """The bytes to leave out with some joined members.

    :param following: what is after them
    """
    first, last = run[0], run[-1]
    space_left = first.before.rstrip(_SPACE)
    if space_left.endswith(b","):
        return ByteRange(first.begin - len(first.before) + len(space_left) - 1, last.end)
    after = following.before
    is_followed = following.is_joined or after.lstrip(_SPACE).startswith(b",")
    space = len(after) - len(after.lstrip(_SPACE_AND_COMMAS)) if is_followed else 0
    return ByteRange(first.begin, last.end + space)


def _cut_all(content: SeekableBytes, path: str) -> Extents:
    return [(cut.offset, cut.length) for cut in JsonCutter(read_blocks(content), 0, path)]


def _list_members(content: SeekableBytes, values: Extents) -> Iterator[_Member]:
    """Each value with its name, and one of no bytes for the end behind the last."""
    end = max(0, values[0][0] - MAX_NAME_BYTES)
    for begin, length in values:
        before = read_at(content, end, begin - end) or b""
        name = last_name(before[-MAX_NAME_BYTES:])[1]
        if name >= 0:
            before = before[: max(0, len(before) - MAX_NAME_BYTES) + name]
        yield _Member(end + len(before), begin + length, before)
        end = begin + length
    content.seek(end)
    before = content.read(_LOOK_BYTES)
    yield _Member(end + len(before), end + len(before), before + b"]")


def _find_path(blocks: Iterable[bytes], offset: int) -> str:
    """The path of the list or object with a value at an offset; empty if it is at the top level."""
    brackets, held, at = Brackets(_MAX_LEVEL), b"", 0
    open_places: list[tuple[str, bool]] = []
    for block in blocks:
        done = 0
        for position, depth in brackets.find(block):
            in_object = bool(open_places) and not open_places[-1][1]
            name = last_name(held + block[done:position])[0] if in_object else ""
            held, done = b"", position + 1
            if at + position >= offset:
                names = [each for each, _ in open_places if each]
                return ".".join(names) or OWN_OBJECT * in_object
            del open_places[depth:]
            if block[position] in (_SQUARE, _OPENING) and depth == len(open_places) + 1:
                open_places.append((name, block[position] == _SQUARE))
        held = (held + block[done:])[-MAX_NAME_BYTES:]
        at += len(block)
    return ""
