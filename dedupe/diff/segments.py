"""The result of a comparison: the alignment of two texts as segments in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from dedupe.diff.words import Words
from dedupe.model.stretches import ORIGINS, STRETCH_KINDS, Stretches

Kind = Literal["equal", "faint", "delete", "insert"]
Origin = Literal["", "moved_down", "moved_up", "repeated"]


class Segment(msgspec.Struct, frozen=True):
    """A stretch of the alignment: words of the left text, of the right one, or both.

    :param kind: ``faint`` has equal tokens, but looks different (case, quotes, dashes)
    :param left: words of the left text; empty for ``insert``
    :param right: words of the right text; empty for ``delete``
    :param origin: ``moved_down`` and ``moved_up`` mark both ends of a move; ``repeated`` says
        that the document holds the text more than once
    :param period: of a repeated segment, the number of words of one copy
    :param copies: of a repeated segment, the number of copies in it
    :param elsewhere: of a repeated segment, whether its document holds the text outside it too
    """

    kind: Kind
    left: range
    right: range
    origin: Origin = ""
    period: int = 0
    copies: int = 1
    elsewhere: bool = False

    @property
    def is_change(self) -> bool:
        """Whether only one of the texts has these words here."""
        return self.kind in ("delete", "insert")

    @property
    def is_moved(self) -> bool:
        """Whether the other text has these words at another position."""
        return self.origin in ("moved_down", "moved_up")


class Place(NamedTuple):
    """A place of change: stretches from one on, up to another; and its words.

    :param deleted_count: words that only the left text has, without moved ones
    :param inserted_count: words that only the right text has, without moved ones
    :param moved_count: words that are moved to this place
    """

    start: int
    stop: int
    deleted_count: int
    inserted_count: int
    moved_count: int


class Diff(msgspec.Struct, frozen=True, dict=True, eq=False):
    """How the right text differs from the left one.

    The segments cover both texts in order. Between two stretches of ``equal`` and ``faint``
    segments, all deletions come before all insertions; together they are one *place*.

    :param columns: the stretches
    :param coarse_count: number of gaps too large to align, which are shown as replaced whole
    :param faint: a mark for each word of the right text: 1 if it looks different; may be empty
    """

    left: Words
    right: Words
    columns: Stretches
    coarse_count: int
    faint: bytes = b""

    @classmethod
    def of_stretches(
        cls,
        left: Words,
        right: Words,
        stretches: Iterable[Segment],
        coarse_count: int = 0,
        faint: bytes = b"",
    ) -> Diff:
        """The diff of these stretches."""
        return cls(left, right, _columns_of([*stretches]), coarse_count, faint)

    @cached_property
    def rows(self) -> list[list[int]]:
        """The rows of the columns, as plain numbers."""
        rows: list[list[int]] = self.columns.spans.tolist()
        return rows

    @cached_property
    def stretches(self) -> tuple[Segment, ...]:
        """The segments, but ``equal`` ones with the ``faint`` ones between them in one."""
        return tuple(map(_segment_of, self.columns.kinds, self.rows))

    def stretch(self, number: int) -> Segment:
        """One of the stretches."""
        return _segment_of(self.columns.kinds[number], self.rows[number])

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, in order."""
        if 1 not in self.faint:
            return self.stretches
        parts = ([s] if s.is_change else _cut_at_faint(s, self.faint) for s in self.stretches)
        return tuple(chain.from_iterable(parts))

    @cached_property
    def places(self) -> list[Place]:
        """The places of change, in order."""
        places = []
        start = deleted = inserted = moved = 0
        kinds = self.columns.kinds
        for number, row in enumerate(self.rows):
            if kinds[number] == _EQUAL:
                if start < number:
                    places.append(Place(start, number, deleted, inserted, moved))
                start, deleted, inserted, moved = number + 1, 0, 0, 0
            elif row[4] in _MOVED:
                moved += row[3] - row[2]
            else:
                deleted += row[1] - row[0]
                inserted += row[3] - row[2]
        if start < len(kinds):
            places.append(Place(start, len(kinds), deleted, inserted, moved))
        return places

    def own_spans(self, place: Place) -> tuple[list[range], list[range]]:
        """The words of a place that only the left text has, and those that only the right one has.

        Without moved ones.
        """
        own = [row for row in self.rows[place.start : place.stop] if row[4] not in _MOVED]
        return (
            [range(row[0], row[1]) for row in own if row[0] < row[1]],
            [range(row[2], row[3]) for row in own if row[2] < row[3]],
        )

    @property
    def inserted_count(self) -> int:
        """Number of words that only the right text has, without moved ones."""
        return sum([place.inserted_count for place in self.places])

    @property
    def deleted_count(self) -> int:
        """Number of words that only the left text has, without moved ones."""
        return sum([place.deleted_count for place in self.places])

    @property
    def moved_count(self) -> int:
        """Number of words that both texts have, at different positions."""
        return sum([place.moved_count for place in self.places])

    @property
    def place_count(self) -> int:
        """Number of places: stretches of changes between two equal stretches."""
        return len(self.places)


_EQUAL: Final = STRETCH_KINDS.index("equal")
_MOVED: Final = (ORIGINS.index("moved_down"), ORIGINS.index("moved_up"))


def _segment_of(kind: int, row: list[int]) -> Segment:
    left, left_stop, right, right_stop, origin, period, copies, elsewhere = row
    return Segment(
        STRETCH_KINDS[kind],
        range(left, left_stop),
        range(right, right_stop),
        ORIGINS[origin],
        period,
        copies,
        bool(elsewhere),
    )


def _columns_of(stretches: list[Segment]) -> Stretches:
    kinds = bytes([STRETCH_KINDS.index(each.kind) for each in stretches])
    rows = [
        (
            *(each.left.start, each.left.stop, each.right.start, each.right.stop),
            *(ORIGINS.index(each.origin), each.period, each.copies, each.elsewhere),
        )
        for each in stretches
    ]
    return Stretches(kinds, np.array(rows, np.int64).reshape(-1, 8))


def _cut_at_faint(stretch: Segment, faint: bytes) -> Iterator[Segment]:
    """The stretch as ``equal`` and ``faint`` segments, cut where one kind follows the other."""
    begin, stop = stretch.right.start, stretch.right.stop
    shift = stretch.left.start - begin
    kind: Kind = "equal"
    while begin < stop:
        end = faint.find(kind == "equal", begin, stop)
        if end < 0:
            end = stop
        if begin < end:
            yield Segment(kind, range(begin + shift, end + shift), range(begin, end))
        kind = "faint" if kind == "equal" else "equal"
        begin = end
