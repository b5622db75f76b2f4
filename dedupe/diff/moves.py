"""Changes that are none to a reader: text that has moved, or stands there more than once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from dedupe.diff.blocks import Block, Gap, common_length
from dedupe.diff.segments import Origin

GRAM_SIZE: Final = 4
REPEATED_SIZE: Final = 8
LONG_COPY_SIZE: Final = 20

_Gram = tuple[int, ...]


class Mark(msgspec.Struct, frozen=True):
    """What is known of a part of a change; see :class:`~dedupe.diff.segments.Segment`."""

    span: range
    origin: Origin = ""
    period: int = 0
    copies: int = 1
    elsewhere: bool = False


class _Place(NamedTuple):
    """Where a gram stands: its position, its stretch, and the number of that."""

    position: int
    stretch: range
    number: int


def find_moves(
    changes: Sequence[Gap], left: Sequence[int], right: Sequence[int]
) -> tuple[list[Mark], list[Mark]]:
    """Stretches deleted in one change and inserted in another: sorted marks of both sides."""
    places = _index_grams(right, [change.right for change in changes])
    taken = bytearray(len(right))
    left_marks: list[Mark] = []
    right_marks: list[Mark] = []
    for number, change in enumerate(changes):
        for i, j, size in _find_copies(left, change.left, number, right, places, taken):
            taken[j : j + size] = b"\1" * size
            origin: Origin = "moved_down" if j >= change.right.stop else "moved_up"
            left_marks.append(Mark(range(i, i + size), origin))
            right_marks.append(Mark(range(j, j + size), origin))
    return left_marks, sorted(right_marks, key=_mark_start)


def find_repeats(
    keys: Sequence[int], changed: Sequence[range], marks: list[Mark], equal: Sequence[range]
) -> list[Mark]:
    """The marks of one side, sorted, with those of text that its document has elsewhere too.

    :param changed: the changes of the side; only what of them is not marked is looked at
    :param marks: what has moved
    :param equal: what is not changed
    """
    found = list(marks)
    for part in _unmarked(changed, marks):
        found += _find_tandems(keys, part)
    found.sort(key=_mark_start)
    rest = [part for part in _unmarked(changed, found) if len(part) >= GRAM_SIZE]
    if not rest and not any(mark.copies > 1 for mark in found):
        return found
    places = _index_grams(keys, equal)
    found = [_note_elsewhere(mark, keys, places) for mark in found]
    free = bytearray(len(keys))
    for part in rest:
        for block in _find_copies(keys, part, -1, keys, places, free, REPEATED_SIZE):
            span = range(block.left, block.left_stop)
            found.append(Mark(span, "repeated", block.size, elsewhere=True))
    return sorted(found, key=_mark_start)


def cut_at_marks(stretch: range, marks: Sequence[Mark]) -> Iterator[Mark]:
    """The stretch as marks without a hole; ``marks`` are sorted and do not overlap."""
    position = stretch.start
    for index in range(bisect_left(marks, position, key=_mark_start), len(marks)):
        mark = marks[index]
        if mark.span.start >= stretch.stop:
            break
        if position < mark.span.start:
            yield Mark(range(position, mark.span.start))
        yield mark
        position = mark.span.stop
    if position < stretch.stop:
        yield Mark(range(position, stretch.stop))


def _unmarked(stretches: Iterable[range], marks: Sequence[Mark]) -> Iterator[range]:
    for stretch in stretches:
        for mark in cut_at_marks(stretch, marks):
            if not mark.origin:
                yield mark.span


def _mark_start(mark: Mark) -> int:
    return mark.span.start


def _gram(keys: Sequence[int], position: int) -> _Gram:
    return tuple(keys[position : position + GRAM_SIZE])


def _index_grams(keys: Sequence[int], stretches: Iterable[range]) -> dict[_Gram, _Place]:
    """The first place of each gram in the stretches."""
    places: dict[_Gram, _Place] = {}
    for number, stretch in enumerate(stretches):
        for position in range(stretch.start, stretch.stop - GRAM_SIZE + 1):
            places.setdefault(_gram(keys, position), _Place(position, stretch, number))
    return places


def _find_copies(
    keys: Sequence[int],
    span: range,
    number: int,
    other: Sequence[int],
    places: Mapping[_Gram, _Place],
    taken: bytearray,
    min_size: int = GRAM_SIZE,
) -> Iterator[Block]:
    """Parts of the span that also stand at ``places`` of ``other``, in another stretch.

    A copy counts where it is most of the stretch, here or there, or long.

    :param number: of the span's own stretch among those of ``places``
    :param taken: one byte a word of ``other``: 1 where it is a copy already
    """
    position = span.start
    while position + GRAM_SIZE <= span.stop:
        place = places.get(_gram(keys, position))
        if place is not None and place.number != number and not taken[place.position]:
            start, stretch, _ = place
            taken_at = taken.find(1, start, stretch.stop)
            there = range(start, stretch.stop if taken_at < 0 else taken_at)
            size = common_length(keys, range(position, span.stop), other, there)
            enough = min(LONG_COPY_SIZE, (min(len(span), len(stretch)) + 1) // 2)
            if size == len(span) or size >= max(min_size, enough):
                yield Block(position, start, size)
                position += size
                continue
        position += 1


def _find_tandems(keys: Sequence[int], span: range) -> Iterator[Mark]:
    """Stretches that stand several times in a row, such as a title pasted three times."""
    last_seen: dict[_Gram, int] = {}
    no_repeat_until: dict[int, int] = {}
    enough = min(LONG_COPY_SIZE, (len(span) + 1) // 2)
    position = span.start
    while position + GRAM_SIZE <= span.stop:
        gram = _gram(keys, position)
        start = last_seen.get(gram, position)
        last_seen[gram] = position
        period = position - start
        if period and no_repeat_until.get(period, 0) <= position:
            run = common_length(keys, range(start, span.stop), keys, range(position, span.stop))
            copies = 1 + run // period
            if copies > 1 and copies * period >= enough:
                position = start + copies * period
                yield Mark(range(start, position), "repeated", period, copies)
                last_seen.clear()
                continue
            no_repeat_until[period] = position + run
        position += 1


def _note_elsewhere(mark: Mark, keys: Sequence[int], places: Mapping[_Gram, _Place]) -> Mark:
    """A repeated mark, told whether the equal text has the same words."""
    start = mark.span.start
    place = places.get(_gram(keys, start))
    if mark.origin != "repeated" or mark.period < GRAM_SIZE or place is None:
        return mark
    there = range(place.position, place.stretch.stop)
    size = common_length(keys, range(start, start + mark.period), keys, there)
    return msgspec.structs.replace(mark, elsewhere=size == mark.period)
