"""Alignment of two sequences: unique shingles are anchors, the gaps are aligned exactly."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from rapidfuzz.distance import Levenshtein

from dedupe.diff.blocks import Block, Gap, common_end, common_length, gaps_around, merge_blocks
from dedupe.diff.shingles import Positions, Shingles, find_shared
from dedupe.diff.words import Words
from dedupe.model.characters import AnchorLimits

MAX_CELLS: Final = 16_000_000
"""The largest gap that is aligned: words of one side times words of the other.

Such a gap takes some 60 ms at most (50,000 words by 320, with the search for anchors).
"""

ANCHOR_SIZE: Final = 5
MAX_DEPTH: Final = 8


def align_words(left: Words, right: Words, max_cells: int) -> tuple[list[Block], int]:
    """As :func:`align_keys`, of the words of two texts; by compiled loops where it can be."""
    rows, coarse_count = find_blocks(left, right, max_cells)
    return merge_blocks(map(Block._make, rows)), coarse_count


def find_blocks(left: Words, right: Words, max_cells: int) -> tuple[Sequence[Sequence[int]], int]:
    """As :func:`align_words`, but blocks may overlap or touch."""
    if left.compiled is not None and right.compiled is not None:
        limits = AnchorLimits(ANCHOR_SIZE, MAX_DEPTH, max_cells)
        found = left.compiled.find_anchors(right.compiled, limits)
        if found is not None:
            rows = found.blocks
            for i, i_stop, j, j_stop in found.gaps:
                gap = Gap(range(i, i_stop), range(j, j_stop))
                rows += map(list, _align_exactly(gap, left.keys, right.keys))
            return sorted(rows), found.coarse_count
    return align_keys(left.keys, right.keys, max_cells)


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
    shingles = [Shingles.of_keys(keys, ANCHOR_SIZE) for keys in (left, right)]
    waiting = [(Gap(range(len(left)), range(len(right))), 0)]
    while waiting:
        gap, depth = waiting.pop()
        if not gap.left or not gap.right:
            continue
        ends, gap = _trim_gap(gap, left, right)
        blocks += ends
        cells = len(gap.left) * len(gap.right)
        if cells == 0:
            continue
        anchors = _find_anchors(gap, *shingles) if depth < MAX_DEPTH else []
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


def _find_anchors(gap: Gap, left: Shingles, right: Shingles) -> list[Block]:
    """The shingles that occur once on both sides of the gap, as blocks that do not cross."""
    if min(map(len, gap)) < ANCHOR_SIZE:
        return []
    first, second = find_shared(left, gap.left, right, gap.right)
    if (second[1:] <= second[:-1]).any():  # in most texts nothing has moved
        chosen = _longest_increasing(second.tolist())
        first, second = first[chosen], second[chosen]
    return merge_blocks(_join_runs(first, second))


def _join_runs(first: Positions, second: Positions) -> Iterator[Block]:
    """Anchors that overlap or touch on one diagonal as one block each."""
    if not len(first):
        return
    steps = np.diff(first)
    breaks = np.flatnonzero((steps > ANCHOR_SIZE) | (steps != np.diff(second)))
    begins = [0, *(breaks + 1).tolist()]
    ends = [*breaks.tolist(), len(first) - 1]
    lefts, rights, lasts = first[begins].tolist(), second[begins].tolist(), first[ends].tolist()
    for i, j, last in zip(lefts, rights, lasts, strict=True):
        yield Block(i, j, last - i + ANCHOR_SIZE)


def _longest_increasing(values: Sequence[int]) -> list[int]:
    """The indices of a longest increasing subsequence (patience sorting)."""
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
