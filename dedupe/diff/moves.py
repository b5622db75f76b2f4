"""Moved and repeated text: changes that a reader would not count as new or lost words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

import msgspec

from dedupe.diff.blocks import Block, Gap, common_length
from dedupe.diff.segments import Origin
from dedupe.diff.shingles import Shingles

GRAM_SIZE: Final = 4
REPEATED_SIZE: Final = 8
LONG_COPY_SIZE: Final = 20


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


class Side:
    """One of the two texts, with its grams, by hash.

    (What is found by a hash is then compared word by word.)
    """

    def __init__(self, keys: Sequence[int]) -> None:
        self.keys = keys

    @cached_property
    def grams(self) -> Shingles:
        return Shingles.of_keys(self.keys, GRAM_SIZE)

    def grams_in(self, span: range) -> list[int]:
        """The grams that begin and end in the span, in order."""
        grams: list[int] = self.grams.inside(span).tolist()
        return grams

    def gram_at(self, position: int) -> int:
        return int(self.grams.hashes[position])


def find_moves(changes: Sequence[Gap], left: Side, right: Side) -> tuple[list[Mark], list[Mark]]:
    """Text deleted in one change and inserted in another: marks of each side, sorted."""
    for spans in zip(*changes, strict=True):
        if max(map(len, spans)) < GRAM_SIZE:
            return [], []
    wanted = _grams_of(left, (change.left for change in changes))
    occurrences = _index_grams(right, [change.right for change in changes], wanted)
    taken = bytearray(len(right.keys))
    left_marks: list[Mark] = []
    right_marks: list[Mark] = []
    for number, change in enumerate(changes):
        if not occurrences or len(change.left) < GRAM_SIZE:
            continue
        for i, j, size in _find_copies(
            left, change.left, number, right, occurrences, taken, GRAM_SIZE
        ):
            taken[j : j + size] = b"\1" * size
            origin: Origin = "moved_down" if j >= change.right.stop else "moved_up"
            left_marks.append(Mark(range(i, i + size), origin))
            right_marks.append(Mark(range(j, j + size), origin))
    return left_marks, sorted(right_marks, key=_mark_start)


def find_repeats(
    side: Side, changed: Sequence[range], marks: list[Mark], equal: Sequence[range]
) -> list[Mark]:
    """The marks of one side, with those of text that its document holds more than once; sorted.

    :param changed: the changes of the side; parts that are marked already are skipped
    :param marks: the marks of moved text
    :param equal: the unchanged stretches of the side
    """
    found = list(marks)
    changed = [stretch for stretch in changed if len(stretch) >= GRAM_SIZE]
    for part in _unmarked(changed, marks):
        found += _find_tandems(side, part)
    found.sort(key=_mark_start)
    rest = [part for part in _unmarked(changed, found) if len(part) >= GRAM_SIZE]
    if not rest and not any(mark.copies > 1 for mark in found):
        return found
    wanted = _grams_of(side, rest)
    wanted.update(side.gram_at(mark.span.start) for mark in found)
    occurrences = _index_grams(side, equal, wanted)
    found = [_note_elsewhere(mark, side, occurrences) for mark in found]
    free = bytearray(len(side.keys))
    for part in rest if occurrences else ():
        for block in _find_copies(side, part, -1, side, occurrences, free, REPEATED_SIZE):
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


def _grams_of(side: Side, spans: Iterable[range]) -> set[int]:
    """All grams that begin and end in one of the spans."""
    return {gram for span in spans if len(span) >= GRAM_SIZE for gram in side.grams_in(span)}


def _index_grams(
    side: Side, stretches: Iterable[range], wanted: set[int]
) -> dict[int, _Occurrence]:
    """The first occurrence in the stretches of each gram that is asked for."""
    occurrences: dict[int, _Occurrence] = {}
    if not wanted:
        return occurrences
    for number, stretch in enumerate(stretches):
        if len(stretch) < GRAM_SIZE:
            continue
        grams = side.grams_in(stretch)
        if wanted.isdisjoint(grams):
            continue
        missing = wanted.intersection(grams).difference(occurrences)
        for position, gram in enumerate(grams, stretch.start) if missing else ():
            if gram in missing:
                occurrences[gram] = _Occurrence(position, stretch, number)
                missing.remove(gram)
                if not missing:
                    break
    return occurrences


def _find_copies(
    side: Side,
    span: range,
    number: int,
    other: Side,
    occurrences: Mapping[int, _Occurrence],
    taken: bytearray,
    min_size: int,
) -> Iterator[Block]:
    """Parts of the span that also occur in another stretch of ``other``.

    A copy counts if it is long, or is at least half of the span or of the other stretch.

    :param number: the index of the span's own stretch in ``occurrences``
    :param occurrences: the grams of ``other``
    :param taken: one byte for each word of ``other``: 1 if it is a copy already
    """
    grams = side.grams_in(span)
    if occurrences.keys().isdisjoint(grams):
        return
    position = span.start
    while position + GRAM_SIZE <= span.stop:
        occurrence = occurrences.get(grams[position - span.start])
        if (
            occurrence is not None
            and occurrence.number != number
            and not taken[occurrence.position]
        ):
            start, stretch, _ = occurrence
            taken_at = taken.find(1, start, stretch.stop)
            there = range(start, stretch.stop if taken_at < 0 else taken_at)
            size = common_length(side.keys, range(position, span.stop), other.keys, there)
            enough = min(LONG_COPY_SIZE, (min(len(span), len(stretch)) + 1) // 2)
            if size == len(span) or size >= max(min_size, enough):
                yield Block(position, start, size)
                position += size
                continue
        position += 1


def _find_tandems(side: Side, span: range) -> Iterator[Mark]:
    """Text that is repeated without a gap, such as a title pasted three times."""
    keys, grams = side.keys, side.grams_in(span)
    if len({*grams}) == len(grams):
        return
    last_seen: dict[int, int] = {}
    no_repeat_until: dict[int, int] = {}
    enough = min(LONG_COPY_SIZE, (len(span) + 1) // 2)
    position = span.start
    while position + GRAM_SIZE <= span.stop:
        gram = grams[position - span.start]
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


def _note_elsewhere(mark: Mark, side: Side, occurrences: Mapping[int, _Occurrence]) -> Mark:
    """The mark; if of repeated text, with ``elsewhere`` set if unchanged text has its words too."""
    start = mark.span.start
    occurrence = occurrences.get(side.gram_at(start))
    if mark.origin != "repeated" or mark.period < GRAM_SIZE or occurrence is None:
        return mark
    there = range(occurrence.position, occurrence.stretch.stop)
    size = common_length(side.keys, range(start, start + mark.period), side.keys, there)
    return msgspec.structs.replace(mark, elsewhere=size == mark.period)
