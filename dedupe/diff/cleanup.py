"""Clean-up of an alignment, to make it readable; it may only lose equal words, never gain any."""

from __future__ import annotations

from typing import Final

from dedupe.diff.blocks import Block, Gap, gaps_around
from dedupe.diff.boundaries import boundary_score, splits_word
from dedupe.diff.words import Words

ISLAND_SIZE: Final = 6
SLIDE_SIZE: Final = 64
SNAP_SIZE: Final = 3


def clean_blocks(blocks: list[Block], left: Words, right: Words) -> list[Block]:
    """The blocks, with changes cut where a reader would cut them, and without tiny islands."""
    blocks = _slide_changes(blocks, left, right)
    blocks = _drop_islands(blocks, Block(len(left), len(right), 0))
    return _snap_blocks(blocks, left, right)


def _slide_changes(blocks: list[Block], left: Words, right: Words) -> list[Block]:
    """Shift each pure insertion or deletion to where it begins and ends most naturally.

    ``a [b a] c`` and ``[a b] a c`` insert the same words; a reader expects an inserted title,
    for example, to begin and end at a line.
    """
    slid = [Block(0, 0, 0)]
    for block in [*blocks, Block(len(left), len(right), 0)]:
        before = slid[-1]
        left_gap = range(before.left + before.size, block.left)
        right_gap = range(before.right + before.size, block.right)
        shift = 0
        if right_gap and not left_gap:
            shift = _best_shift(right, right_gap, before, block)
        elif left_gap and not right_gap:
            shift = _best_shift(left, left_gap, before, block)
        if shift:
            slid[-1] = before._replace(size=before.size + shift)
            block = Block(block.left + shift, block.right + shift, block.size - shift)
        slid.append(block)
    return [block for block in slid if block.size]


def _best_shift(words: Words, change: range, before: Block, after: Block) -> int:
    """The number of words to shift the change by; a shift that removes a small block wins."""

    shifts = _possible_shifts(words, change, before, after)
    if len(shifts) == 1:
        return 0

    def worth(shift: int) -> tuple[int, int]:
        score = boundary_score(words, change.start + shift)
        score += boundary_score(words, change.stop + shift)
        swallowed = (-shift == before.size and before.left > 0) or shift == after.size > 0
        small = swallowed and abs(shift) <= ISLAND_SIZE
        return score + 4 * small, -abs(shift)

    return max(shifts, key=worth)


def _possible_shifts(words: Words, change: range, before: Block, after: Block) -> list[int]:
    """All shifts (negative: towards the start) after which the change has the same effect."""
    keys, start, stop = words.keys, change.start, change.stop
    shifts = [0]
    for shift in range(1, min(before.size, SLIDE_SIZE) + 1):
        if keys[start - shift] != keys[stop - shift]:
            break
        shifts.append(-shift)
    for shift in range(1, min(after.size, SLIDE_SIZE) + 1):
        if keys[start + shift - 1] != keys[stop + shift - 1]:
            break
        shifts.append(shift)
    return shifts


def _drop_islands(blocks: list[Block], end: Block) -> list[Block]:
    """The blocks, without those of a few words between larger changes."""
    kept = [Block(0, 0, 0)]
    for block, following in zip(blocks, [*blocks, end][1:], strict=True):
        kept.append(block)
        while len(kept) > 1 and _is_island(kept[-2], kept[-1], following):
            kept.pop()
    return kept[1:]


def _is_island(previous: Block, block: Block, following: Block) -> bool:
    left, right, size = block
    if size > ISLAND_SIZE:
        return False
    left_before, right_before = left - previous.left_stop, right - previous.right_stop
    left_after, right_after = following.left - left - size, following.right - right - size
    limit = min(max(left_before, right_before), max(left_after, right_after))
    one_sided = not (left_before or left_after) or not (right_before or right_after)
    if one_sided:
        limit //= 4
    return size <= limit


def _snap_blocks(blocks: list[Block], left: Words, right: Words) -> list[Block]:
    """The blocks, shortened so that no change begins or ends inside a written word.

    Words that an apostrophe or a hyphen joins to a change become part of the change.
    """
    snapped: list[Block] = []
    gaps = list(gaps_around(blocks, Gap(range(len(left)), range(len(right)))))
    for block, before, after in zip(blocks, gaps, gaps[1:], strict=False):
        head = _glued_head(block, left, right) if any(before) else 0
        tail = _glued_tail(block, left, right) if any(after) else 0
        if head + tail < block.size:
            size = block.size - head - tail
            snapped.append(Block(block.left + head, block.right + head, size))
    return snapped


def _glued_head(block: Block, left: Words, right: Words) -> int:
    """The number of words at the block's start that are joined to the change before it."""
    for head in range(min(block.size, SNAP_SIZE) + 1):
        i, j = block.left + head, block.right + head
        if not splits_word(left, i) and not splits_word(right, j):
            return head
    return _silent_run(block, left, right)


def _glued_tail(block: Block, left: Words, right: Words) -> int:
    """The number of words at the block's end that are joined to the change after it."""
    for tail in range(min(block.size, SNAP_SIZE) + 1):
        i, j = block.left_stop - tail, block.right_stop - tail
        if not splits_word(left, i) and not splits_word(right, j):
            return tail
    return 0


def _silent_run(block: Block, left: Words, right: Words) -> int:
    """The number of words at the block's start that have no surface of their own."""
    run = 0
    while run < block.size and not (
        left.surface(block.left + run) and right.surface(block.right + run)
    ):
        run += 1
    return run
