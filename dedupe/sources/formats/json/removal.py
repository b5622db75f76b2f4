"""Elements taken out of JSON arrays, so that what stays is JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedupe.model.documents import Locator
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.json.cuts import JsonCutter
from dedupe.sources.records.removal import MOVED, CannotRewriteError, Stretch, read_blocks

_SPACE_AND_COMMAS = b" \t\r\n,"


def find_elements(content: SeekableBytes, locators: Sequence[Locator]) -> list[Stretch]:
    """Elements of an array, each with the comma and the space before it; the first that stays
    comes to stand where the first stood. So too with values that are in no array.

    :raises CannotRewriteError: if a place is not that of an element
    """
    places = [(cut.offset, cut.length) for cut in JsonCutter(read_blocks(content), 0)]
    dropped = {(locator.offset, locator.length) for locator in locators}
    if not dropped <= {*places}:
        raise CannotRewriteError(MOVED)
    stretches, end, has_kept = [], 0, False
    joined = [*_find_joined(content, places), False]
    for number, (begin, length) in enumerate(places):
        has_kept = has_kept and joined[number]
        if (begin, length) not in dropped:
            has_kept = True
        elif has_kept:
            stretches.append(Stretch(end, begin + length))
        else:
            is_followed = joined[number + 1]
            stretches.append(
                Stretch(begin, places[number + 1][0] if is_followed else begin + length)
            )
        end = begin + length
    return stretches


def _find_joined(content: SeekableBytes, places: Sequence[tuple[int, int]]) -> Iterator[bool]:
    """Whether each value stands in the same array as the one before it, or neither in any."""
    end = -1
    for begin, length in places:
        gap = None if end < 0 else read_at(content, end, begin - end)
        yield gap is not None and not gap.strip(_SPACE_AND_COMMAS)
        end = begin + length
