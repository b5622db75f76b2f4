"""Buckets: runs of equal keys in a sorted band."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

PIVOT_COUNT: Final = 4
"""Groups of a capped bucket with which all the others are compared: its pivots."""

PAIRS_PER_PART: Final = 1 << 20
"""The most pairs that the buckets of one part can make; a single bucket may make more."""


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


def find_buckets(
    keys: NDArray[np.uint64], max_bucket: int, is_reference: NDArray[np.bool_] | None = None
) -> Buckets:
    """The buckets of one band, without those that hold references alone.

    :param keys: a key for each group, in the order of the groups
    :param is_reference: groups that make no pairs with one another (none: no group)
    """
    groups, begins = sort_band(keys)
    if is_reference is None:
        return Buckets.without_references(groups, begins, max_bucket)
    return _arrange_references(groups, begins, is_reference[groups], max_bucket)


def _arrange_references(
    groups: NDArray[np.int64],
    begins: NDArray[np.int64],
    is_reference: NDArray[np.bool_],
    max_bucket: int,
) -> Buckets:
    """Buckets with references among them, each sorted into the four sections of ``Buckets``.

    :param groups: ascending in each bucket, so that the first are its pivots
    :param is_reference: ``(len(groups),)``
    """
    sizes = np.diff(begins)
    bucket = np.repeat(np.arange(len(sizes)), sizes)
    position_in_bucket = np.arange(len(groups)) - begins[bucket]
    is_other = (position_in_bucket >= PIVOT_COUNT) & (sizes > max_bucket)[bucket]
    section = 4 * bucket + 2 * is_other + is_reference
    counts = np.bincount(section, minlength=4 * len(sizes)).reshape(-1, 4)
    has_pairs = counts[:, 0] + counts[:, 2] > 0
    order = np.argsort(section, kind="stable")
    # The order moves groups within their buckets only, so that ``bucket`` holds after it too.
    groups = groups[order[has_pairs[bucket]]]
    ends = np.cumsum(counts[has_pairs]).reshape(-1, 4)
    begins = np.concatenate([[0], ends[:, 3]]).astype(np.int64)
    return Buckets(groups, begins, ends[:, 0], ends[:, 1], ends[:, 2])


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


def cut_buckets(buckets: Buckets, groups_per_part: int) -> Iterator[BucketPart]:
    """The buckets in parts of bounded groups and pairs; only a capped bucket is cut itself."""
    begins, count = buckets.begins, len(buckets.pivot_ends)
    sizes = np.diff(begins)
    pairs = np.concatenate([[0], np.cumsum((buckets.pivot_ends - begins[:-1]) * sizes)])
    first = 0
    while first < count:
        enough = int(np.searchsorted(begins, begins[first] + groups_per_part, side="right"))
        enough_pairs = int(np.searchsorted(pairs, pairs[first] + PAIRS_PER_PART, side="right"))
        last = max(min(enough, enough_pairs) - 1, first + 1)
        is_capped = buckets.pivot_ends[first] < begins[first + 1]
        if is_capped and begins[last] - begins[first] > groups_per_part:
            yield from _cut_capped(buckets, first, groups_per_part)
        else:
            yield BucketPart.of_buckets(buckets, slice(first, last))
        first = last


def _cut_capped(buckets: Buckets, bucket: int, groups_per_part: int) -> Iterator[BucketPart]:
    """One capped bucket in parts: all its pivots with some of the others in each."""
    begin, end = buckets.begins[bucket : bucket + 2].tolist()
    pivot_end = int(buckets.pivot_ends[bucket])
    pivots, others = buckets.groups[begin:pivot_end], buckets.groups[pivot_end:end]
    new_pivot_count = int(buckets.pivot_reference_begins[bucket]) - begin
    new_other_count = int(buckets.other_reference_begins[bucket]) - pivot_end
    step = max(groups_per_part - PIVOT_COUNT, 1)
    for first in range(0, len(others), step):
        groups = np.concatenate([pivots, others[first : first + step]])
        new_end = PIVOT_COUNT + min(max(new_other_count - first, 0), step)
        # Only the first part has the pairs of two pivots.
        yield BucketPart(
            groups,
            firsts=np.array([0, new_pivot_count], np.int64),
            first_ends=np.array([new_pivot_count, PIVOT_COUNT], np.int64),
            seconds=np.array([PIVOT_COUNT if first else 0, PIVOT_COUNT], np.int64),
            ends=np.array([len(groups), new_end], np.int64),
        )
