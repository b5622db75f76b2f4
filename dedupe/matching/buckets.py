"""Buckets: runs of equal keys in a sorted band."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.banding import _FLAG

PIVOT_COUNT: Final = 4
"""Groups of a capped bucket with which all the others are compared: its pivots."""


class Buckets(msgspec.Struct, frozen=True):
    """The buckets of one band with two groups or more.

    In each the pivots come first (all its groups, where it is not capped), then the others;
    among either, references come last. One group of every pair is a pivot, and one no reference:
    so the pairs are those of the pivots before ``references`` with all that follow, and those of
    the pivots after it with the others before ``other_references``.

    :param groups: ``int64``: bucket after bucket
    :param begins: ``int64``, one a bucket, and one more where the last ends
    :param references: ``int64``, one a bucket: where among the pivots the references begin
    :param pivot_ends: where the pivots end
    :param other_references: where among the others the references begin
    """

    groups: NDArray[np.int64]
    begins: NDArray[np.int64]
    references: NDArray[np.int64]
    pivot_ends: NDArray[np.int64]
    other_references: NDArray[np.int64]

    @property
    def pair_count(self) -> int:
        """How many pairs they can make, at most, about."""
        return int(((self.pivot_ends - self.begins[:-1]) * np.diff(self.begins)).sum())

    @classmethod
    def without_references(
        cls, groups: NDArray[np.int64], begins: NDArray[np.int64], max_bucket: int
    ) -> Buckets:
        """:param groups: ascending in each bucket"""
        sizes = np.diff(begins)
        pivots = np.where(sizes > max_bucket, np.minimum(PIVOT_COUNT, sizes), sizes)
        pivot_ends = begins[:-1] + pivots
        return cls(groups, begins, pivot_ends, pivot_ends, begins[1:])


def sort_band(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort one band; a run of equal keys is a bucket.

    Most groups share no bucket. They are ruled out by sorting the upper bits of each key with
    the number of the group in place of the lower ones: one array of plain integers, which NumPy
    sorts many times faster than it finds an order of whole keys. Those are compared for the rest.

    :returns: the groups of buckets with two or more, bucket after bucket, ascending in each;
        where each bucket begins, and the last ends
    """
    number_bits = np.uint64(max(len(keys).bit_length(), 1))
    numbers = (_FLAG << number_bits) - _FLAG
    packed = keys & ~numbers
    packed |= np.arange(len(keys), dtype=np.uint64)
    packed.sort()
    upper = packed >> number_bits
    equal = upper[1:] == upper[:-1]
    chosen = np.zeros(len(keys), bool)
    chosen[1:] |= equal
    chosen[:-1] |= equal
    groups = (packed[chosen] & numbers).astype(np.int64)
    exact = keys[groups]
    order = np.lexsort((groups, exact))
    groups, exact = groups[order], exact[order]
    starts = np.ones(len(groups), bool)
    starts[1:] = exact[1:] != exact[:-1]
    begins = np.append(np.flatnonzero(starts), len(groups))
    sizes = np.diff(begins)
    kept = np.repeat(sizes > 1, sizes)
    sizes = sizes[sizes > 1]
    return groups[kept], np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


class Part(msgspec.Struct, frozen=True):
    """Buckets to be paired up together, as the kernel takes them."""

    groups: NDArray[np.int64]
    firsts: NDArray[np.int64]
    first_ends: NDArray[np.int64]
    seconds: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def pair_count(self) -> int:
        """How many pairs it can make, at most."""
        return int(((self.first_ends - self.firsts) * (self.ends - self.firsts)).sum())

    @classmethod
    def of_buckets(cls, buckets: Buckets, chosen: slice) -> Part:
        """Some of the buckets as a whole."""
        starts, ends = buckets.begins[:-1][chosen], buckets.begins[1:][chosen]
        begin, end = int(starts[0]), int(ends[-1])
        references, pivot_ends = buckets.references[chosen], buckets.pivot_ends[chosen]
        columns = [(starts, references, starts, ends)]
        if (references < pivot_ends).any() and (pivot_ends < ends).any():
            columns.append((references, pivot_ends, pivot_ends, buckets.other_references[chosen]))
        joined = (np.concatenate(each) - begin for each in zip(*columns, strict=True))
        return cls(buckets.groups[begin:end], *joined)
