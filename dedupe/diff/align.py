"""Alignment of two sequences: unique shingles are anchors, the gaps are aligned exactly."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import lt
from typing import Final

from rapidfuzz.distance import Levenshtein

from dedupe.diff.blocks import Block, Gap, common_end, common_length, gaps_around, merge_blocks
from dedupe.diff.long_texts import LONG_SPAN, find_shared_shingles

MAX_CELLS: Final = 16_000_000
"""The largest gap that is aligned: words of one side times words of the other.

Such a gap takes some 60 ms at most (50,000 words by 320, with the search for anchors).
"""

ANCHOR_SIZE: Final = 5
MAX_DEPTH: Final = 8


def align_keys(
    left: Sequence[int], right: Sequence[int], max_cells: int
) -> tuple[list[Block], int]:
    """Equal blocks in order, and the number of gaps that were too large to align.

    A gap is cut again at its own anchors, up to ``MAX_DEPTH`` times: a shingle that occurs often
    in the texts may occur once in a gap.

    :param max_cells: the largest gap without anchors that is aligned: words times words
    """
    blocks: list[Block] = []
    coarse_count = 0
    waiting = [(Gap(range(len(left)), range(len(right))), 0)]
    while waiting:
        gap, depth = waiting.pop()
        ends, gap = _trim_gap(gap, left, right)
        blocks += ends
        cells = len(gap.left) * len(gap.right)
        if cells == 0:
            continue
        anchors = _find_anchors(gap, left, right) if depth < MAX_DEPTH else []
        if anchors:
            blocks += anchors
            waiting += ((part, depth + 1) for part in gaps_around(anchors, gap))
        elif cells <= max_cells:
            blocks += _align_exactly(gap, left, right)
        else:
            coarse_count += 1
    return merge_blocks(sorted(blocks)), coarse_count


def _trim_gap(gap: Gap, left: Sequence[int], right: Sequence[int]) -> tuple[list[Block], Gap]:
    """The common start and end of the gap as blocks, and the smaller gap between them."""
    head = common_length(left, gap.left, right, gap.right)
    i, j = gap.left.start + head, gap.right.start + head
    rest = Gap(range(i, gap.left.stop), range(j, gap.right.stop))
    tail = common_end(left, right, rest)
    i_stop, j_stop = rest.left.stop - tail, rest.right.stop - tail
    ends = (
        Block(gap.left.start, gap.right.start, head),
        Block(i_stop, j_stop, tail),
    )
    return [block for block in ends if block.size], Gap(range(i, i_stop), range(j, j_stop))


def _find_anchors(gap: Gap, left: Sequence[int], right: Sequence[int]) -> list[Block]:
    """The shingles that occur once on both sides of the gap, as blocks that do not cross."""
    if min(map(len, gap)) >= LONG_SPAN:
        first, second = find_shared_shingles(gap, left, right, ANCHOR_SIZE)
    else:
        first, second = _shared_shingles(gap, left, right)
    chosen = _longest_increasing(second)
    return merge_blocks(_join_runs([(first[at], second[at]) for at in chosen]))


def _shared_shingles(
    gap: Gap, left: Sequence[int], right: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Where these shingles stand in the left text, ascending, and where in the right one."""
    in_left = _unique_shingles(left, gap.left)
    in_right = _unique_shingles(right, gap.right)
    pairs = [(i, in_right[s]) for s, i in in_left.items() if s in in_right]
    return [i for i, _ in pairs], [j for _, j in pairs]


def _join_runs(anchors: Iterable[tuple[int, int]]) -> Iterator[Block]:
    """Anchors that overlap or touch on one diagonal as one block each."""
    begun: tuple[int, int] | None = None
    last = (0, 0)
    for i, j in anchors:
        if begun is not None:
            if i - last[0] == j - last[1] <= ANCHOR_SIZE:
                last = (i, j)
                continue
            yield Block(*begun, last[0] - begun[0] + ANCHOR_SIZE)
        begun = last = (i, j)
    if begun is not None:
        yield Block(*begun, last[0] - begun[0] + ANCHOR_SIZE)


def _unique_shingles(keys: Sequence[int], span: range) -> dict[tuple[int, ...], int]:
    """The position of each shingle that occurs once in the span."""
    part = keys[span.start : span.stop]
    shingles = list(zip(*(part[offset:] for offset in range(ANCHOR_SIZE)), strict=False))
    counts = Counter(shingles)
    return {s: span.start + i for i, s in enumerate(shingles) if counts[s] == 1}


def _longest_increasing(values: Sequence[int]) -> Sequence[int]:
    """The indices of a longest increasing subsequence (patience sorting)."""
    if all(map(lt, values, islice(values, 1, None))):  # nothing has moved, as in most texts
        return range(len(values))
    tails: list[int] = []
    tail_indices: list[int] = []
    previous: list[int] = []
    for index, value in enumerate(values):
        pile = bisect_left(tails, value)
        previous.append(tail_indices[pile - 1] if pile else -1)
        tails[pile : pile + 1] = [value]
        tail_indices[pile : pile + 1] = [index]
    chosen: list[int] = []
    index = tail_indices[-1] if tail_indices else -1
    while index >= 0:
        chosen.append(index)
        index = previous[index]
    return chosen[::-1]


def _align_exactly(gap: Gap, left: Sequence[int], right: Sequence[int]) -> Iterator[Block]:
    i, j = gap.left.start, gap.right.start
    for opcode in Levenshtein.opcodes(left[i : gap.left.stop], right[j : gap.right.stop]):
        if opcode.tag == "equal":
            size = opcode.src_end - opcode.src_start
            yield Block(i + opcode.src_start, j + opcode.dest_start, size)
