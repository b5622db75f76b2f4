"""Winnowing, and runs of hashes that two segments share, in NumPy and Python."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

WINDOWS_AT_ONCE: Final = 1 << 15
"""Windows whose least hashes are found together: with their last one they have 16-bit positions."""

_POSITION_BITS: Final = np.uint64(0xFFFF)


def winnow(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], window: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """See :meth:`dedupe.model.kernels.Kernels.winnow`; windows have 32768 hashes at most."""
    ends = np.repeat(offsets[1:], np.diff(offsets))
    base = int(offsets[0])
    hashes = hashes[base : int(offsets[-1])]
    count = len(hashes) - window + 1
    begins = range(0, max(count, 0), WINDOWS_AT_ONCE)
    found = [_winnow_block(hashes, ends - base, begin, min(begin + WINDOWS_AT_ONCE, count), window)
             for begin in begins]  # fmt: skip
    positions = base + np.concatenate([np.empty(0, np.int64), *found])
    # The places of the windows of a segment never go backwards; two blocks may have one twice.
    positions = positions[np.diff(positions, prepend=-1) != 0]
    return positions, np.searchsorted(positions, offsets)


def _winnow_block(
    hashes: NDArray[np.uint64], ends: NDArray[np.int64], begin: int, end: int, window: int
) -> NDArray[np.int64]:
    """Positions of the fingerprints of the windows that begin at ``begin:end``.

    The lower bits of each hash make room for its position, counted backwards: so the least value
    of a window is that of the last of its least hashes.
    """
    packed = hashes[begin : end + window - 1] & ~_POSITION_BITS
    packed |= _POSITION_BITS - np.arange(len(packed), dtype=np.uint64)
    least = _slide_minimum(packed, window)
    starts = np.arange(begin, end)
    is_chosen = ends[begin:end] - starts >= window
    # The window before it may be of another segment, and then its least hash is another as well.
    is_chosen[1:] &= (least[1:] != least[:-1]) | ~is_chosen[:-1]
    return begin + (_POSITION_BITS - (least[is_chosen] & _POSITION_BITS)).astype(np.int64)


def _slide_minimum(values: NDArray[np.uint64], window: int) -> NDArray[np.uint64]:
    """The least value of each window, ``(len(values) - window + 1,)``: windows are doubled."""
    width = 1
    while 2 * width <= window:
        values = np.minimum(values[:-width], values[width:])
        width *= 2
    rest = window - width
    return np.minimum(values[:-rest], values[rest:]) if rest else values


def grow_runs(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    places: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    least: int,
) -> NDArray[np.int64]:
    """See :meth:`dedupe.model.kernels.Kernels.grow_runs`."""
    known: dict[tuple[int, int], tuple[int, int]] = {}
    rows = []
    for pair, one, other in zip(*(each.tolist() for each in places), strict=True):
        begin, end = known.get((pair, one - other), (0, 0))
        if begin <= one < end:
            continue
        begins = offsets[left[pair]], offsets[right[pair]]
        ends = offsets[left[pair] + 1], offsets[right[pair] + 1]
        most = int(min(ends[0] - one, ends[1] - other))
        behind = _count_equal(hashes[one : one + most], hashes[other : other + most])
        most = int(min(one - begins[0], other - begins[1]))
        before = _count_equal(hashes[one - most : one][::-1], hashes[other - most : other][::-1])
        known[pair, one - other] = one - before, one + behind
        if before + behind >= least:
            row = pair, one - before - begins[0], other - before - begins[1], before + behind
            rows.append(row)
    return np.array(rows, np.int64).reshape(-1, 4)


def _count_equal(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> int:
    """How many hashes at the beginning are equal."""
    differ = np.flatnonzero(one != other)
    return int(differ[0]) if len(differ) else len(one)
