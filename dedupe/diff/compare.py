"""Comparison of two texts: words in, segments out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dedupe.diff.align import MAX_CELLS, align_words, find_blocks
from dedupe.diff.blocks import Block, Gap, gaps_around
from dedupe.diff.chunks import Tokenizer
from dedupe.diff.cleanup import ISLAND_SIZE, SLIDE_SIZE, SNAP_SIZE, clean_blocks
from dedupe.diff.faint import mark_faint
from dedupe.diff.moves import (
    GRAM_SIZE,
    LONG_COPY_SIZE,
    REPEATED_SIZE,
    Mark,
    Side,
    cut_at_marks,
    find_moves,
    find_repeats,
)
from dedupe.diff.segments import Diff, Kind, Segment
from dedupe.diff.vocabulary import Vocabulary
from dedupe.diff.words import Words
from dedupe.model.stretches import ArrangeLimits

LIMITS: Final = ArrangeLimits(
    ISLAND_SIZE, SLIDE_SIZE, SNAP_SIZE, GRAM_SIZE, REPEATED_SIZE, LONG_COPY_SIZE
)


def diff_texts(left: str, right: str, tokenize: Tokenizer, max_cells: int = MAX_CELLS) -> Diff:
    """Align two texts by words.

    :param tokenize: gives the tokens of a text, as :func:`dedupe.sketch.plain.tokenize_text`
    :param max_cells: work allowed for one gap between anchors, in words times words
    """
    vocabulary = Vocabulary(tokenize)
    return diff_words(vocabulary.split(left), vocabulary.split(right), max_cells)


def diff_words(left: Words, right: Words, max_cells: int = MAX_CELLS) -> Diff:
    """Align two texts that one :class:`~dedupe.diff.words.Vocabulary` split into words.

    :param max_cells: work allowed for one gap between anchors, in words times words
    """
    if left.compiled is not None and right.compiled is not None:
        rows, coarse_count = find_blocks(left, right, max_cells)
        stretches, faint = left.compiled.arrange(right.compiled, rows, LIMITS)
        return Diff(left, right, stretches, coarse_count, faint)
    blocks, coarse_count = align_words(left, right, max_cells)
    return diff_blocks(blocks, left, right, coarse_count)


def diff_blocks(blocks: list[Block], left: Words, right: Words, coarse_count: int) -> Diff:
    """The diff of two texts with these equal blocks; as the compiled loops make it."""
    blocks = clean_blocks(blocks, left, right)
    stretches = _make_stretches(blocks, left, right)
    faint = mark_faint(blocks, left, right)
    return Diff.of_stretches(left, right, stretches, coarse_count, faint)


def _make_stretches(blocks: list[Block], left: Words, right: Words) -> Iterator[Segment]:
    changes = list(gaps_around(blocks, Gap(range(len(left)), range(len(right)))))
    left_marks, right_marks = _mark_changes(changes, blocks, left, right)
    ends = [*blocks, Block(len(left), len(right), 0)]
    for change, block in zip(changes, ends, strict=True):
        if change.left:
            nothing = range(change.right.start, change.right.start)
            for mark in cut_at_marks(change.left, left_marks):
                yield _segment("delete", mark.span, nothing, mark)
        if change.right:
            nothing = range(change.left.stop, change.left.stop)
            for mark in cut_at_marks(change.right, right_marks):
                yield _segment("insert", nothing, mark.span, mark)
        if block.size:
            yield Segment(
                "equal", range(block.left, block.left_stop), range(block.right, block.right_stop)
            )


def _mark_changes(
    changes: list[Gap], blocks: list[Block], left: Words, right: Words
) -> tuple[list[Mark], list[Mark]]:
    """The marks of moved and repeated text in the changes: of the left side, of the right side."""
    left_side, right_side = Side(left.keys), Side(right.keys)
    left_marks, right_marks = find_moves(changes, left_side, right_side)
    left_equal = [range(block.left, block.left_stop) for block in blocks]
    right_equal = [range(block.right, block.right_stop) for block in blocks]
    return (
        find_repeats(left_side, [change.left for change in changes], left_marks, left_equal),
        find_repeats(right_side, [change.right for change in changes], right_marks, right_equal),
    )


def _segment(kind: Kind, left: range, right: range, mark: Mark) -> Segment:
    return Segment(kind, left, right, mark.origin, mark.period, mark.copies, mark.elsewhere)
