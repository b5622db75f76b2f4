"""Moved and repeated text: changes that a reader would not count as new or lost words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from dedupe.diff.blocks import Block, Gap, common_length
from dedupe.diff.long_texts import LONG_SPAN, positions_of
from dedupe.diff.segments import Origin

GRAM_SIZE: Final = 4
REPEATED_SIZE: Final = 8
LONG_COPY_SIZE: Final = 20

_Gram = tuple[int, ...]


class Mark(msgspec.Struct, frozen=True):
    """A part of a change; for the fields see :class:`~dedupe.diff.segments.Segment`."""

    span: range
    origin: Origin = ""
    period: int = 0
    copies: int = 1
    elsewhere: bool = False


class _Occurrence(NamedTuple):
    """An occurrence of a gram.

    :param stretch: the stretch that holds it
    :param number: the index of that stretch
    """

    position: int
    stretch: range
    number: int


def find_moves(
    changes: Sequence[Gap], left: Sequence[int], right: Sequence[int]
) -> tuple[list[Mark], list[Mark]]:
    """Text deleted in one change and inserted in another: marks of each side, sorted."""
    wanted = _grams_of(left, (change.left for change in changes))
    occurrences = _index_grams(right, [change.right for change in changes], wanted)
    taken = bytearray(len(right))
    left_marks: list[Mark] = []
    right_marks: list[Mark] = []
    for number, change in enumerate(changes):
        for i, j, size in _find_copies(left, change.left, number, right, occurrences, taken):
            taken[j : j + size] = b"\1" * size
            origin: Origin = "moved_down" if j >= change.right.stop else "moved_up"
            left_marks.append(Mark(range(i, i + size), origin))
            right_marks.append(Mark(range(j, j + size), origin))
    return left_marks, sorted(right_marks, key=_mark_start)


def find_repeats(
    keys: Sequence[int], changed: Sequence[range], marks: list[Mark], equal: Sequence[range]
) -> list[Mark]:
    """The marks of one side, with those of text that its document holds more than once; sorted.

    :param changed: the changes of the side; parts that are marked already are skipped
    :param marks: the marks of moved text
    :param equal: the unchanged stretches of the side
    """
    found = list(marks)
    for part in _unmarked(changed, marks):
        found += _find_tandems(keys, part)
    found.sort(key=_mark_start)
    rest = [part for part in _unmarked(changed, found) if len(part) >= GRAM_SIZE]
    if not rest and not any(mark.copies > 1 for mark in found):
        return found
    wanted = _grams_of(keys, rest)
    wanted.update(_gram(keys, mark.span.start) for mark in found)
    occurrences = _index_grams(keys, equal, wanted)
    found = [_note_elsewhere(mark, keys, occurrences) for mark in found]
    free = bytearray(len(keys))
    for part in rest:
        for block in _find_copies(keys, part, -1, keys, occurrences, free, REPEATED_SIZE):
            span = range(block.left, block.left_stop)
            found.append(Mark(span, "repeated", block.size, elsewhere=True))
    return sorted(found, key=_mark_start)


def cut_at_marks(stretch: range, marks: Sequence[Mark]) -> Iterator[Mark]:
    """The whole stretch as marks, in order, with empty marks in the gaps.

    :param marks: sorted, without overlaps
    """
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
    """The parts of the stretches that no mark covers."""
    for stretch in stretches:
        for mark in cut_at_marks(stretch, marks):
            if not mark.origin:
                yield mark.span


def _mark_start(mark: Mark) -> int:
    return mark.span.start


def _gram(keys: Sequence[int], position: int) -> _Gram:
    return tuple(keys[position : position + GRAM_SIZE])


def _grams_of(keys: Sequence[int], spans: Iterable[range]) -> set[_Gram]:
    """All grams that begin and end in one of the spans."""
    return {
        _gram(keys, position)
        for span in spans
        for position in range(span.start, span.stop - GRAM_SIZE + 1)
    }


def _index_grams(
    keys: Sequence[int], stretches: Iterable[range], wanted: set[_Gram]
) -> dict[_Gram, _Occurrence]:
    """The first occurrence in the stretches of each gram that is asked for."""
    positions: Sequence[int] = range(len(keys))
    if len(keys) >= LONG_SPAN:
        positions = positions_of(wanted, keys, GRAM_SIZE)
    occurrences: dict[_Gram, _Occurrence] = {}
    for number, stretch in enumerate(stretches):
        first = bisect_left(positions, stretch.start)
        stop = bisect_left(positions, stretch.stop - GRAM_SIZE + 1, first)
        for position in positions[first:stop]:
            gram = _gram(keys, position)
            if gram in wanted and gram not in occurrences:
                occurrences[gram] = _Occurrence(position, stretch, number)
    return occurrences


def _find_copies(
    keys: Sequence[int],
    span: range,
    number: int,
    other: Sequence[int],
    occurrences: Mapping[_Gram, _Occurrence],
    taken: bytearray,
    min_size: int = GRAM_SIZE,
) -> Iterator[Block]:
    """Parts of the span that also occur in another stretch of ``other``.

    A copy counts if it is long, or is at least half of the span or of the other stretch.

    :param number: the index of the span's own stretch in ``occurrences``
    :param occurrences: the grams of ``other``
    :param taken: one byte for each word of ``other``: 1 if it is a copy already
    """
    position = span.start
    while position + GRAM_SIZE <= span.stop:
        occurrence = occurrences.get(_gram(keys, position))
        if (
            occurrence is not None
            and occurrence.number != number
            and not taken[occurrence.position]
        ):
            start, stretch, _ = occurrence
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
    """Text that is repeated without a gap, such as a title pasted three times."""
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


def _note_elsewhere(
    mark: Mark, keys: Sequence[int], occurrences: Mapping[_Gram, _Occurrence]
) -> Mark:
    """The mark; if of repeated text, with ``elsewhere`` set if unchanged text has its words too."""
    start = mark.span.start
    occurrence = occurrences.get(_gram(keys, start))
    if mark.origin != "repeated" or mark.period < GRAM_SIZE or occurrence is None:
        return mark
    there = range(occurrence.position, occurrence.stretch.stop)
    size = common_length(keys, range(start, start + mark.period), keys, there)
    return msgspec.structs.replace(mark, elsewhere=size == mark.period)
