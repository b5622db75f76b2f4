"""Words with equal tokens that look different."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dedupe.diff.blocks import Block
from dedupe.diff.words import Words

_FEW: Final = 16
"""Words that are compared one by one."""


def mark_faint(blocks: Sequence[Block], left: Words, right: Words) -> bytes:
    """A mark for each word of the right text: 1 if it is in a block and looks different."""
    if left.compiled is not None and right.compiled is not None:
        table = np.array(blocks, np.int64).reshape(-1, 3)
        return left.compiled.find_faint(right.compiled, table)
    faint = bytearray(len(right))
    for block in blocks:
        for position in find_faint(block, left, right):
            faint[block.right + position] = 1
    return bytes(faint)


def find_faint(block: Block, left: Words, right: Words) -> list[int]:
    """The words of the block that look different, ascending, counted from its beginning on.

    Long stretches are compared as text, many times faster than word by word.
    """
    faint: list[int] = []
    waiting = [block] if block.size else []
    while waiting:
        part = waiting.pop()
        if looks_equal(part, left, right):
            continue
        i, j, size = part
        if size > _FEW:
            half = size // 2
            waiting += (Block(i + half, j + half, size - half), Block(i, j, half))
            continue
        pairs = zip(
            left.surfaces(range(i, i + size)), right.surfaces(range(j, j + size)), strict=True
        )
        first = i - block.left
        faint += [
            first + at
            for at, (one, other) in enumerate(pairs)
            if one != other and one.replace(" ", "") != other.replace(" ", "")
        ]
    return faint


def looks_equal(block: Block, left: Words, right: Words) -> bool:
    """Whether all words of the block are known to look equal."""
    i, j, size = block
    if not size:
        return False
    if left.has_empty(i, i + size) or right.has_empty(j, j + size):
        return False
    left_span = slice(left.starts[i], left.ends[i + size - 1])
    right_span = slice(right.starts[j], right.ends[j + size - 1])
    if left.text[left_span] == right.text[right_span]:
        return True
    if left.flat[left_span] != right.flat[right_span]:
        return False
    # The same but for ends of lines, which may have moved punctuation to another word.
    lines = np.frombuffer(left.starts, np.int64)[i : i + size] - left_span.start
    others = np.frombuffer(right.starts, np.int64)[j : j + size] - right_span.start
    return bool((lines == others).all())
