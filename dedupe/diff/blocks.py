"""Where two sequences of keys are equal: blocks, and the gaps between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class Block(NamedTuple):
    """``size`` words from ``left`` on that equal those from ``right`` on."""

    left: int
    right: int
    size: int

    @property
    def left_stop(self) -> int:
        """The first word of the left text behind the block."""
        return self.left + self.size

    @property
    def right_stop(self) -> int:
        """The first word of the right text behind the block."""
        return self.right + self.size


class Gap(NamedTuple):
    """What lies between two blocks: words of either text, of both, or none."""

    left: range
    right: range


def gap_between(before: Block, after: Block) -> Gap:
    """What lies between two blocks."""
    return Gap(range(before.left_stop, after.left), range(before.right_stop, after.right))


def gaps_around(blocks: Iterable[Block], whole: Gap) -> Iterator[Gap]:
    """The gaps that the blocks leave of the whole, also empty ones: one more than blocks."""
    before = Block(whole.left.start, whole.right.start, 0)
    for block in [*blocks, Block(whole.left.stop, whole.right.stop, 0)]:
        yield gap_between(before, block)
        before = block


def merge_blocks(blocks: Iterable[Block]) -> list[Block]:
    """Sorted blocks without overlaps, those that touch on one diagonal joined."""
    merged: list[Block] = []
    for block in blocks:
        if not merged:
            merged.append(block)
            continue
        last = merged[-1]
        overlap = max(0, last.left_stop - block.left, last.right_stop - block.right)
        on_diagonal = block.left - last.left == block.right - last.right
        if on_diagonal and block.left <= last.left_stop:
            merged[-1] = last._replace(size=max(last.size, block.left_stop - last.left))
        elif overlap < block.size:
            merged.append(Block(block.left + overlap, block.right + overlap, block.size - overlap))
    return merged


def common_length(
    left: Sequence[int], left_span: range, right: Sequence[int], right_span: range
) -> int:
    """How many keys are equal from the starts of both spans on."""
    i, j = left_span.start, right_span.start
    limit = min(len(left_span), len(right_span))
    size = 0
    while size < limit and left[i + size] == right[j + size]:
        size += 1
    return size
