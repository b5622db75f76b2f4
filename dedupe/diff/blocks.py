"""Blocks, in which two sequences of keys are equal, and the gaps between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

_FIRST_STEP: Final = 16
"""Keys that are compared at once at first; each time twice as many."""


class Block(NamedTuple):
    """Equal words: ``size`` words from ``left`` on in one text, from ``right`` on in the other."""

    left: int
    right: int
    size: int

    @property
    def left_stop(self) -> int:
        """The position in the left text just behind the block."""
        return self.left + self.size

    @property
    def right_stop(self) -> int:
        """The position in the right text just behind the block."""
        return self.right + self.size


class Gap(NamedTuple):
    """The words between two blocks: of one text, of both, or none."""

    left: range
    right: range


def gap_between(before: Block, after: Block) -> Gap:
    """The gap between two blocks."""
    i, j, size = before
    return Gap(range(i + size, after.left), range(j + size, after.right))


def gaps_around(blocks: Iterable[Block], whole: Gap) -> Iterator[Gap]:
    """The gaps around the blocks inside ``whole``, empty ones too: one more than blocks."""
    before = Block(whole.left.start, whole.right.start, 0)
    for block in [*blocks, Block(whole.left.stop, whole.right.stop, 0)]:
        yield gap_between(before, block)
        before = block


def merge_blocks(blocks: Iterable[Block]) -> list[Block]:
    """The (sorted) blocks without overlaps; blocks that touch on one diagonal are joined."""
    merged: list[Block] = []
    for block in blocks:
        if not merged:
            merged.append(block)
            continue
        i, j, last_size = merged[-1]
        left, right, size = block
        overlap = max(0, i + last_size - left, j + last_size - right)
        if left - i == right - j and left <= i + last_size:
            merged[-1] = Block(i, j, max(last_size, left + size - i))
        elif not overlap:
            merged.append(block)
        elif overlap < size:
            merged.append(Block(left + overlap, right + overlap, size - overlap))
    return merged


def common_length(
    left: Sequence[int], left_span: range, right: Sequence[int], right_span: range
) -> int:
    """The number of equal keys from the starts of both spans on."""
    i, j = left_span.start, right_span.start
    limit = min(len(left_span), len(right_span))
    size, step = 0, _FIRST_STEP
    # Slices are compared many times faster than their elements one by one.
    while size < limit:
        end = min(size + step, limit)
        if left[i + size : i + end] != right[j + size : j + end]:
            break
        size, step = end, 2 * step
    while size < limit and left[i + size] == right[j + size]:
        size += 1
    return size


def common_end(left: Sequence[int], right: Sequence[int], gap: Gap) -> int:
    """The number of equal keys from the ends of the gap backwards."""
    i, j = gap.left.stop, gap.right.stop
    limit = min(map(len, gap))
    size, step = 0, _FIRST_STEP
    while size < limit:
        end = min(size + step, limit)
        if left[i - end : i - size] != right[j - end : j - size]:
            break
        size, step = end, 2 * step
    while size < limit and left[i - size - 1] == right[j - size - 1]:
        size += 1
    return size
