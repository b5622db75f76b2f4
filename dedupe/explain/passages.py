"""Passages that two texts share: runs of shared shingles, and their spans in the texts."""

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
    """A span of a text, with its lines.

    :param start: the first character, from 0
    :param end: the character behind the last
    :param first_line: the line of the first character, from 1
    :param last_line: the line of the last character
    """

    start: int
    end: int
    first_line: int
    last_line: int


class Passage(msgspec.Struct, frozen=True):
    """Consecutive tokens that both texts have, at least one shingle.

    :param left: its span in the left text
    :param right: its span in the right text
    :param token_count: number of tokens
    """

    left: TextSpan
    right: TextSpan
    token_count: int


class Run(NamedTuple):
    """``size`` consecutive shingles that both texts have, from these positions on."""

    left: int
    right: int
    size: int


def find_runs(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> list[Run]:
    """Runs that cover every occurrence of every shared shingle in both texts, in order.

    One walk over the left text is followed by one over the uncovered parts of the right text. Each
    takes time in proportion to the text, however repetitive it is. If the other text has a shingle
    several times, its next occurrence behind the last run is taken.

    :param left: shingle hashes in text order, with repetitions
    :param right: shingle hashes of the other text
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
    """Runs that begin at each shared shingle of ``here`` that is not covered yet."""
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
        occurrences = order[begins[first] : ends[first]]
        following = int(np.searchsorted(occurrences, behind))
        start = int(occurrences[following if following < len(occurrences) else 0])
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
    """The passages of these runs, with their spans in the texts.

    :param left: the left text, and the span of each of its tokens
    :param right: the right text, and the span of each of its tokens
    """
    left_span, right_span = _span_maker(*left), _span_maker(*right)
    passages = []
    for run in runs:
        # A text of fewer tokens than a shingle has is one shingle of all of them.
        count = min(run.size + shingle_size - 1, len(left[1]))
        passages.append(Passage(left_span(run.left, count), right_span(run.right, count), count))
    return passages


def _span_maker(
    text: str, token_spans: Sequence[tuple[int, int]]
) -> Callable[[int, int], TextSpan]:
    """A function from a first token and a number of tokens to their span."""
    line_starts = [match.end() for match in _LINE_END.finditer(text)]

    def make_span(first: int, count: int) -> TextSpan:
        start, end = token_spans[first][0], token_spans[first + count - 1][1]
        first_line = bisect_right(line_starts, start) + 1
        return TextSpan(start, end, first_line, bisect_left(line_starts, end) + 1)

    return make_span


def choose_longest(passages: Sequence[Passage], limit: int) -> list[Passage]:
    """The longest passages, in their order in the text; all if the limit is 0."""
    if not limit or len(passages) <= limit:
        return list(passages)
    by_length = sorted(range(len(passages)), key=lambda i: (-passages[i].token_count, i))
    return [passages[i] for i in sorted(by_length[:limit])]
