"""What takes too long word by word in a book: the same by columns of numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.diff.blocks import Gap

LONG_SPAN: Final = 400
"""Words from which on columns are quicker."""

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)


def find_shared_shingles(
    gap: Gap, left: Sequence[int], right: Sequence[int], size: int
) -> tuple[list[int], list[int]]:
    """The shingles that occur once on both sides of the gap.

    :param size: words of a shingle
    :returns: where they stand in the left text, ascending, and where in the right one
    """
    one, other = _column(left, gap.left), _column(right, gap.right)
    left_hashes, left_at = _unique(_hash_shingles(one, size))
    right_hashes, right_at = _unique(_hash_shingles(other, size))
    _, in_left, in_right = np.intersect1d(
        left_hashes, right_hashes, assume_unique=True, return_indices=True
    )
    first, second = left_at[in_left], right_at[in_right]
    equal = np.ones(len(first), bool)
    for offset in range(size):  # hashes may collide
        equal &= one[first + offset] == other[second + offset]
    first, second = first[equal], second[equal]
    order = np.argsort(first)
    return (
        (first[order] + gap.left.start).tolist(),
        (second[order] + gap.right.start).tolist(),
    )


def positions_of(
    shingles: Collection[tuple[int, ...]], keys: Sequence[int], size: int
) -> list[int]:
    """Where one of these shingles begins, ascending, or, rarely, another of an equal hash."""
    if not shingles:
        return []
    rows = np.array([row for row in shingles if len(row) == size], np.int64).reshape(-1, size)
    wanted = _mix(list(rows.T))
    found = np.isin(_hash_shingles(_column(keys, range(len(keys))), size), wanted)
    positions: list[int] = np.flatnonzero(found).tolist()
    return positions


def _column(keys: Sequence[int], span: range) -> NDArray[np.int64]:
    return np.array(keys[span.start : span.stop], np.int64)


def _hash_shingles(keys: NDArray[np.int64], size: int) -> NDArray[np.uint64]:
    """A hash of each window of so many keys, ``(n - size + 1,)``."""
    count = max(len(keys) - size + 1, 0)
    return _mix([keys[offset : offset + count] for offset in range(size)])


def _mix(columns: Sequence[NDArray[np.int64]]) -> NDArray[np.uint64]:
    """A hash of each row of these columns."""
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        hashes ^= column.astype(np.uint64)
        hashes *= _FACTOR
        hashes ^= hashes >> np.uint64(29)
    return hashes


def _unique(hashes: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The hashes that occur once, ascending, and where."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    differs = np.ones(len(hashes) + 1, bool)
    differs[1:-1] = ordered[1:] != ordered[:-1]
    once = differs[1:] & differs[:-1]
    return ordered[once], order[once]
