"""Takes elements out of JSON arrays, so that the rest is valid JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedupe.model.documents import Locator
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.json.cuts import JsonCutter
from dedupe.sources.records.removal import MOVED, ByteRange, CannotRewriteError, read_blocks

_SPACE_AND_COMMAS = b" \t\r\n,"


def find_elements(content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
    """The bytes of elements of arrays, each with the comma and space before it.

    Where all elements before one that stays are dropped, the comma and space before that one are
    dropped instead. Values one after another, in no array, are treated in the same way.

    :raises CannotRewriteError: if a locator is not that of an element
    """
    values = [(cut.offset, cut.length) for cut in JsonCutter(read_blocks(content), 0)]
    dropped = {(locator.offset, locator.length) for locator in locators}
    if not dropped <= {*values}:
        raise CannotRewriteError(MOVED)
    ranges, end, has_kept = [], 0, False
    joined = [*_find_joined(content, values), False]
    for number, (begin, length) in enumerate(values):
        has_kept = has_kept and joined[number]
        if (begin, length) not in dropped:
            has_kept = True
        elif has_kept:
            ranges.append(ByteRange(end, begin + length))
        else:
            is_followed = joined[number + 1]
            ranges.append(
                ByteRange(begin, values[number + 1][0] if is_followed else begin + length)
            )
        end = begin + length
    return ranges


def _find_joined(content: SeekableBytes, values: Sequence[tuple[int, int]]) -> Iterator[bool]:
    """Whether each value is in the same array as the one before it, or both are in none.

    :param values: offset and length of each
    """
    end = -1
    for begin, length in values:
        gap = None if end < 0 else read_at(content, end, begin - end)
        yield gap is not None and not gap.strip(_SPACE_AND_COMMAS)
        end = begin + length
