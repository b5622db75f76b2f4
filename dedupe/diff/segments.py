"""The result of a comparison: the alignment of two texts as segments in order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import chain, groupby
from operator import attrgetter
from typing import Literal

import msgspec

from dedupe.diff.words import Words

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


class Diff(msgspec.Struct, frozen=True, dict=True):
    """How the right text differs from the left one.

    The segments cover both texts in order. Between two stretches of ``equal`` and ``faint``
    segments, all deletions come before all insertions; together they are one *place*.

    :param stretches: the segments, but ``equal`` ones with the ``faint`` ones between them in one
    :param coarse_count: number of gaps too large to align, which are shown as replaced whole
    :param faint: a mark for each word of the right text: 1 if it looks different; may be empty
    """

    left: Words
    right: Words
    stretches: tuple[Segment, ...]
    coarse_count: int
    faint: bytes = b""

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, in order."""
        if 1 not in self.faint:
            return self.stretches
        parts = ([s] if s.is_change else _cut_at_faint(s, self.faint) for s in self.stretches)
        return tuple(chain.from_iterable(parts))

    @cached_property
    def _changes(self) -> list[Segment]:
        return [stretch for stretch in self.stretches if stretch.is_change]

    @property
    def inserted_count(self) -> int:
        """Number of words that only the right text has, without moved ones."""
        return sum(len(s.right) for s in self._changes if not s.is_moved)

    @property
    def deleted_count(self) -> int:
        """Number of words that only the left text has, without moved ones."""
        return sum(len(s.left) for s in self._changes if not s.is_moved)

    @property
    def moved_count(self) -> int:
        """Number of words that both texts have, at different positions."""
        return sum(len(s.right) for s in self._changes if s.is_moved)

    @property
    def place_count(self) -> int:
        """Number of places: stretches of changes between two equal stretches."""
        return sum(1 for changed, _ in groupby(self.stretches, _is_change) if changed)


_is_change = attrgetter("is_change")


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
