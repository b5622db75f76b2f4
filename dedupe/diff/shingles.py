"""Shingles of keys as columns of hashes: which occur once in both of two texts."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_PACKED_SIZE: Final = 1 << 17
"""Shingles up to which hash and position are sorted as one number: enough is left of the hash."""


class Shingles(NamedTuple):
    """All shingles of a text.

    :param keys: the words of the text
    :param hashes: of each shingle, by the position of its first word
    """

    keys: Hashes
    hashes: Hashes
    size: int

    @classmethod
    def of_keys(cls, keys: Sequence[int], size: int) -> Shingles:
        column = np.frombuffer(keys if isinstance(keys, array) else array("Q", keys), np.uint64)
        return cls(column, _hash_shingles(column, size), size)

    def inside(self, span: range) -> Hashes:
        """The hashes of those that begin and end in the span."""
        return self.hashes[span.start : max(span.start, span.stop - self.size + 1)]


def find_shared(
    left: Shingles, left_span: range, right: Shingles, right_span: range
) -> tuple[Positions, Positions]:
    """The shingles that occur once in both spans.

    :returns: where they stand in the left text, ascending, and where in the right one
    """
    first, second = _occur_once_in_both(left.inside(left_span), right.inside(right_span))
    first, second = first + left_span.start, second + right_span.start
    equal = np.ones(len(first), np.bool_)
    for offset in range(left.size):  # hashes may collide
        equal &= left.keys[first + offset] == right.keys[second + offset]
    return (first, second) if equal.all() else (first[equal], second[equal])


def _occur_once_in_both(left: Hashes, right: Hashes) -> tuple[Positions, Positions]:
    """The positions of the values that each of both columns has once, ascending in the left one."""
    values = np.concatenate([left, right])
    order = _sorting(values)
    ordered = values[order]
    same = np.zeros(len(values) + 1, np.bool_)  # as the value before it
    same[1:-1] = ordered[1:] == ordered[:-1]
    pairs = np.flatnonzero(same[1:-1] & ~same[:-2] & ~same[2:])
    first, second = order[pairs], order[pairs + 1]
    crossing = (first < len(left)) & (second >= len(left))
    packed = np.sort(first[crossing] << 32 | second[crossing] - len(left))
    return packed >> 32, packed & 0xFFFFFFFF


def _sorting(values: Hashes) -> Positions:
    """The positions of the values in ascending order, equal values by position."""
    if len(values) > _PACKED_SIZE:
        return np.argsort(values, kind="stable")
    mask = np.uint64(_PACKED_SIZE - 1)
    packed = values & ~mask | np.arange(len(values), dtype=np.uint64)
    packed.sort()  # many times faster than to sort positions by value
    return (packed & mask).astype(np.int64)


def _hash_shingles(keys: Hashes, size: int) -> Hashes:
    """A hash of each window of so many keys, ``(n - size + 1,)``."""
    count = max(len(keys) - size + 1, 0)
    hashes = np.zeros(count, np.uint64)
    for offset in range(size):
        hashes ^= keys[offset : offset + count]
        hashes *= _FACTOR
        hashes ^= hashes >> np.uint64(29)
    return hashes
