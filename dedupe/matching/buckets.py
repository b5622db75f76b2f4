"""Buckets: runs of equal keys in a sorted band."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

PIVOT_COUNT: Final = 4
"""Groups of a capped bucket with which all the others are compared: its pivots."""


class Buckets(msgspec.Struct, frozen=True):
    """The buckets of one band with two groups or more.

    A bucket has four sections: pivots that are no references, reference pivots, others that are no
    references, other references. In a bucket that is not capped all groups are pivots. A pair has
    at least one pivot, and at least one group that is no reference. So the pairs are those of

    - a pivot of the first section with every group that follows it, and
    - a reference pivot with each of the others that are no references.

    The arrays are ``int64``; positions are indices into ``groups``.

    :param groups: the groups, bucket after bucket
    :param begins: where each bucket begins, and one more where the last ends
    :param pivot_reference_begins: where the reference pivots of each bucket begin
    :param pivot_ends: where the pivots of each bucket end
    :param other_reference_begins: where the other references of each bucket begin
    """

    groups: NDArray[np.int64]
    begins: NDArray[np.int64]
    pivot_reference_begins: NDArray[np.int64]
    pivot_ends: NDArray[np.int64]
    other_reference_begins: NDArray[np.int64]

    @property
    def pair_count(self) -> int:
        """An upper bound of the pairs in all buckets: pivots times groups."""
        return int(((self.pivot_ends - self.begins[:-1]) * np.diff(self.begins)).sum())

    @classmethod
    def without_references(
        cls, groups: NDArray[np.int64], begins: NDArray[np.int64], max_bucket: int
    ) -> Buckets:
        """The buckets of a corpus without reference documents.

        :param groups: ascending in each bucket
        """
        sizes = np.diff(begins)
        pivots = np.where(sizes > max_bucket, np.minimum(PIVOT_COUNT, sizes), sizes)
        pivot_ends = begins[:-1] + pivots
        return cls(groups, begins, pivot_ends, pivot_ends, begins[1:])


def sort_band(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort one band; a run of equal keys is a bucket.

    Most groups share no bucket. To rule them out, the upper bits of each key are sorted with the
    number of the group in place of the lower bits: NumPy sorts an array of plain integers many
    times faster than it finds the order of whole keys. Whole keys are compared only for groups
    whose upper bits another group has too.

    :returns: the groups of buckets with two or more, bucket after bucket, ascending in each;
        and where each bucket begins, with one more entry where the last ends
    """
    number_bits = np.uint64(max(len(keys).bit_length(), 1))
    number_mask = (np.uint64(1) << number_bits) - np.uint64(1)
    packed = keys & ~number_mask
    packed |= np.arange(len(keys), dtype=np.uint64)
    packed.sort()
    upper = packed >> number_bits
    equal = upper[1:] == upper[:-1]
    chosen = np.zeros(len(keys), bool)
    chosen[1:] |= equal
    chosen[:-1] |= equal
    groups = (packed[chosen] & number_mask).astype(np.int64)
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


class BucketPart(msgspec.Struct, frozen=True):
    """Buckets to be paired up in one call of the kernel.

    The pairs are those of a group at ``firsts[i]:first_ends[i]`` with a later one at
    ``seconds[i]:ends[i]``; positions are indices into ``groups`` (``int64``). See
    :meth:`dedupe.model.kernels.Kernels.bucket_pairs`.
    """

    groups: NDArray[np.int64]
    firsts: NDArray[np.int64]
    first_ends: NDArray[np.int64]
    seconds: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def pair_count(self) -> int:
        """An upper bound of its pairs."""
        return int(((self.first_ends - self.firsts) * (self.ends - self.firsts)).sum())

    @classmethod
    def of_buckets(cls, buckets: Buckets, chosen: slice) -> BucketPart:
        """Some of the buckets, each as a whole."""
        starts, ends = buckets.begins[:-1][chosen], buckets.begins[1:][chosen]
        begin, end = int(starts[0]), int(ends[-1])
        pivot_ends = buckets.pivot_ends[chosen]
        pivot_references = buckets.pivot_reference_begins[chosen]
        other_references = buckets.other_reference_begins[chosen]
        columns = [(starts, pivot_references, starts, ends)]
        if (pivot_references < pivot_ends).any() and (pivot_ends < ends).any():
            columns.append((pivot_references, pivot_ends, pivot_ends, other_references))
        joined = (np.concatenate(each) - begin for each in zip(*columns, strict=True))
        return cls(buckets.groups[begin:end], *joined)
