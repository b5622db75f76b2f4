"""The passages that two texts share: runs of shared shingles, and where they stand."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


class TextSpan(NamedTuple):
    """A stretch of a text.

    :param start: its first character, from 0
    :param end: the character behind it
    :param first_line: the line of its first character, from 1
    :param last_line: that of its last
    """

    start: int
    end: int
    first_line: int
    last_line: int


class Passage(msgspec.Struct, frozen=True):
    """Tokens that stand in both texts in a row, one shingle at least.

    :param left: where in the left text
    :param right: where in the right one
    :param token_count: its tokens
    """

    left: TextSpan
    right: TextSpan
    token_count: int


class Run(NamedTuple):
    """``size`` shingles in a row, from these numbers on, that are equal in both texts."""

    left: int
    right: int
    size: int


def find_runs(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> list[Run]:
    """Runs that hold every shared shingle, at each of its places in either text; by place.

    One walk over the left text, then one over what it left uncovered of the right one; each takes
    time in proportion to the text, however repetitive. Where a shingle stands in several places,
    the next one in order is taken.

    :param left: shingle hashes in text order, with repetitions
    :param right: those of the other text
    """
    runs = list(_walk(left, right, np.zeros(len(left), bool)))
    covered = np.zeros(len(right), bool)
    for run in runs:
        covered[run.right : run.right + run.size] = True
    runs += [Run(there, here, size) for here, there, size in _walk(right, left, covered)]
    return sorted(runs)


def _walk(
    here: NDArray[np.uint64], there: NDArray[np.uint64], covered: NDArray[np.bool_]
) -> Iterator[Run]:
    """Runs from each shared shingle of ``here`` on that is not covered yet."""
    order = np.argsort(there, kind="stable")
    ordered = there[order]
    begins = np.searchsorted(ordered, here, side="left")
    ends = np.searchsorted(ordered, here, side="right")
    wanted = np.flatnonzero((begins < ends) & ~covered).tolist()
    own, other = here.tolist(), there.tolist()
    position = behind = 0
    for first in wanted:
        if first < position:
            continue
        places = order[begins[first] : ends[first]]
        next_place = int(np.searchsorted(places, behind))
        start = int(places[next_place if next_place < len(places) else 0])
        size = 1
        while (
            first + size < len(own)
            and start + size < len(other)
            and own[first + size] == other[start + size]
        ):
            size += 1
        yield Run(first, start, size)
        position, behind = first + size, start + size


def locate_passages(
    runs: Sequence[Run],
    shingle_size: int,
    left: tuple[str, Sequence[tuple[int, int]]],
    right: tuple[str, Sequence[tuple[int, int]]],
) -> list[Passage]:
    """The runs as passages.

    :param left: the text, and where each of its tokens stands
    :param right: those of the other text
    """
    left_span, right_span = _span_maker(*left), _span_maker(*right)
    passages = []
    for run in runs:
        # A text of fewer tokens than a shingle has is one shingle of all of them.
        count = min(run.size + shingle_size - 1, len(left[1]))
        passages.append(
            Passage(left_span(run.left, count), right_span(run.right, count), count)
        )
    return passages


def _span_maker(text: str, places: Sequence[tuple[int, int]]) -> Callable[[int, int], TextSpan]:
    line_starts = [match.end() for match in _LINE_END.finditer(text)]

    def make_span(first: int, count: int) -> TextSpan:
        start, end = places[first][0], places[first + count - 1][1]
        first_line = bisect_right(line_starts, start) + 1
        return TextSpan(start, end, first_line, bisect_left(line_starts, end) + 1)

    return make_span


def choose_longest(passages: Sequence[Passage], limit: int) -> list[Passage]:
    """The longest of them, in their order; all for a limit of 0."""
    if not limit or len(passages) <= limit:
        return list(passages)
    by_length = sorted(range(len(passages)), key=lambda i: (-passages[i].token_count, i))
    return [passages[i] for i in sorted(by_length[:limit])]
