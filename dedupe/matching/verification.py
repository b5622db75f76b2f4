"""Exact verification of candidate pairs: their shared shingles are counted, never estimated."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Final, Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.kernels import Kernels, RunAll
from dedupe.model.pairs import JobPlan, VerifiedPairs
from dedupe.store.arrays import is_among

PAIRS_PER_JOB: Final = 1 << 18
"""The most pairs that one job verifies."""

HASHES_PER_JOB: Final = 1 << 20
"""The most shingle hashes that one job reads; it holds them twice while it sorts them."""

PAIRS_PER_PART: Final = 1 << 16
"""Pairs whose sort keys are made together: so few that they stay in the processor's cache."""


Result = TypeVar("Result")


class ShingleSets(Protocol):
    """The shingle hashes of *n* groups, in text order and with repetitions."""

    def counts(self, groups: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many hashes each of these groups has."""

    def gather(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The hashes of these groups, end to end, and offsets (``(len + 1,)``)."""


class Verifier(msgspec.Struct, frozen=True, dict=True):
    """The shingles of all groups, with kernels and threads to compare them.

    :param group_count: how many groups there are
    :param run_all: maps a function over jobs, such as an executor's ``map``
    :param run_parts: maps a function over parts that are too small to count as progress
    :param hashes_per_job: bounds the memory of a job
    """

    shingles: ShingleSets
    group_count: int
    kernels: Kernels
    run_all: RunAll = map
    run_parts: RunAll = map
    hashes_per_job: int = HASHES_PER_JOB

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many hashes each group has."""
        return self.shingles.counts(np.arange(self.group_count, dtype=np.int64))


class PlannedPairs(msgspec.Struct, frozen=True):
    """Candidate pairs in the order in which they are verified, cut into jobs.

    :param first: ``int32``: one group of each pair
    :param second: ``int32``: the other group of each pair
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    jobs: JobPlan

    def __len__(self) -> int:
        """How many jobs there are."""
        return len(self.jobs.cuts) - 1

    def pairs_of(self, job: int) -> slice:
        """The pairs of a job."""
        return slice(*self.jobs.cuts[job : job + 2])

    def groups_of(self, job: int) -> NDArray[np.int64]:
        """The groups of a job, each once."""
        groups = self.jobs.groups[slice(*self.jobs.group_cuts[job : job + 2])]
        return groups.astype(np.int64)


def plan_pairs(
    kernels: Kernels,
    counts: NDArray[np.int64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    hashes_per_job: int = HASHES_PER_JOB,
    run_parts: RunAll = map,
) -> PlannedPairs:
    """Order pairs so that few groups are read twice, and cut them into jobs.

    :param counts: how many hashes each group has
    """
    first, second = _order_for_reading(kernels, len(counts), run_parts, left, right)
    jobs = kernels.plan_jobs(first, second, counts, PAIRS_PER_JOB, hashes_per_job)
    return PlannedPairs(first, second, jobs)


def verify_pairs(
    verifier: Verifier,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    threshold: float,
) -> VerifiedPairs:
    """The pairs whose exact Jaccard reaches the threshold, in no certain order."""

    def run_job(job: PairJob) -> VerifiedPairs:
        sets = verifier.kernels.sort_unique(job.hashes, job.offsets)
        kept, counts = count_pairs(verifier.kernels, *sets, job.one, job.other, threshold)
        return arrange_pairs(job.first[kept], job.second[kept], *counts)

    return VerifiedPairs.concatenate([_NO_PAIRS, *run_pair_jobs(verifier, left, right, run_job)])


def count_pairs(
    kernels: Kernels,
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    one: NDArray[np.int32],
    other: NDArray[np.int32],
    threshold: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count what pairs of sets share: the pairs that reach the threshold, and their counts.

    :param hashes: the sets, each sorted and without repetitions, end to end
    :param one: the position of one set of each pair
    :returns: positions of pairs; and for these, ``(3, k)``: shared hashes, those of the one set,
        those of the other
    """
    shared = kernels.count_shared(hashes, offsets, one, other, threshold)
    kept = np.flatnonzero(shared >= 0)
    sizes = np.diff(offsets)
    return kept, np.stack([shared[kept], sizes[one[kept]], sizes[other[kept]]])


def arrange_pairs(
    first: NDArray[np.integer[Any]],
    second: NDArray[np.integer[Any]],
    shared: NDArray[np.int64],
    first_counts: NDArray[np.int64],
    second_counts: NDArray[np.int64],
) -> VerifiedPairs:
    """Pairs of groups, each with its lower group as the left one."""
    is_swapped = first > second
    return VerifiedPairs(
        np.minimum(first, second).astype(np.int64),
        np.maximum(first, second).astype(np.int64),
        shared,
        np.where(is_swapped, second_counts, first_counts),
        np.where(is_swapped, first_counts, second_counts),
    )


class PairJob(msgspec.Struct, frozen=True):
    """Some pairs of groups, with the shingles of these groups in text order, with repetitions.

    :param first: a group of each pair; pairs of one such group follow one another
    :param second: the other group
    :param one: the position of ``first`` among the groups of the job
    :param other: the position of ``second`` among them
    :param hashes: the shingle hashes of all groups of the job, end to end
    :param offsets: where each group begins in ``hashes``, and where the last ends
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    one: NDArray[np.int32]
    other: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    offsets: NDArray[np.int64]


def run_pair_jobs(
    verifier: Verifier,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    run: Callable[[PairJob], Result],
) -> Iterable[Result]:
    """The results of a function over jobs of bounded size, which read few groups twice."""
    planned = plan_pairs(
        verifier.kernels,
        verifier.counts,
        left,
        right,
        verifier.hashes_per_job,
        verifier.run_parts,
    )

    def run_job(job: int) -> Result:
        pairs = planned.pairs_of(job)
        one, other = planned.jobs.first_positions[pairs], planned.jobs.second_positions[pairs]
        gathered = verifier.shingles.gather(planned.groups_of(job))
        return run(PairJob(planned.first[pairs], planned.second[pairs], one, other, *gathered))

    return verifier.run_all(run_job, range(len(planned)))


_NO_PAIRS: Final = VerifiedPairs(*(np.empty(0, np.int64) for _ in range(5)))


def sort_pairs(parts: Sequence[VerifiedPairs]) -> VerifiedPairs:
    """All pairs of some parts by left, then right, so that no trace of the parts is left."""
    pairs = VerifiedPairs.concatenate([_NO_PAIRS, *parts])
    return pairs.select(np.lexsort((pairs.right, pairs.left)))


def _order_for_reading(
    kernels: Kernels,
    group_count: int,
    run_parts: RunAll,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The two ends of each pair, in an order in which few groups are read twice.

    Connected groups are given neighbouring positions, and the pairs of two blocks of positions
    stand together; among these all pairs of one group do, so that it is read once for all.
    """
    components = kernels.label_components(group_count, left, right)
    by_component = np.argsort(components, kind="stable").astype(np.int32)
    position = np.empty(group_count, np.uint64)
    position[by_component] = np.arange(group_count, dtype=np.uint64)
    keys = np.empty(len(left), np.uint64)
    first, second = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)

    def pack(part: slice) -> None:
        keys[part] = _pack_positions(position.take(left[part]), position.take(right[part]))

    def unpack(part: slice) -> None:
        first[part], second[part] = map(by_component.take, _unpack_positions(keys[part]))

    parts = [slice(begin, begin + PAIRS_PER_PART) for begin in range(0, len(keys), PAIRS_PER_PART)]
    deque(run_parts(pack, parts), maxlen=0)
    # Sorted as plain integers, which is many times faster than finding an order.
    keys.sort()
    deque(run_parts(unpack, parts), maxlen=0)
    return first, second


_OFFSET_BITS, _BLOCK_BITS = np.uint64(11), np.uint64(21)
"""A position is an offset inside a block and the number of the block: together 32 bits."""
_OFFSET_MASK, _BLOCK_MASK = np.uint64((1 << 11) - 1), np.uint64((1 << 21) - 1)


def _pack_positions(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Both positions of each pair in one integer, which sorts by their blocks, then offsets.

    From the upper bits: block of the lower position, block of the higher one, offset of the lower
    position, offset of the higher one.
    """
    first, second = np.minimum(one, other), np.maximum(one, other)
    blocks = (first >> _OFFSET_BITS) << _BLOCK_BITS | second >> _OFFSET_BITS
    offsets = (first & _OFFSET_MASK) << _OFFSET_BITS | second & _OFFSET_MASK
    return np.asarray(blocks << _OFFSET_BITS + _OFFSET_BITS | offsets)


def _unpack_positions(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two positions of each key of :func:`_pack_positions`, the lower one first."""
    blocks = keys >> _OFFSET_BITS + _OFFSET_BITS
    first = (blocks >> _BLOCK_BITS) << _OFFSET_BITS | keys >> _OFFSET_BITS & _OFFSET_MASK
    second = (blocks & _BLOCK_MASK) << _OFFSET_BITS | keys & _OFFSET_MASK
    return first.astype(np.int64), second.astype(np.int64)


def count_distinct(verifier: Verifier, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of distinct shingles of each of these groups."""
    read_counts = np.cumsum(verifier.shingles.counts(groups) + 1)
    begins = np.flatnonzero(np.diff(read_counts // verifier.hashes_per_job, prepend=-1)).tolist()

    def run_job(job: slice) -> NDArray[np.int64]:
        gathered = verifier.shingles.gather(groups[job])
        return np.diff(verifier.kernels.sort_unique(*gathered)[1])

    jobs = map(slice, begins, [*begins[1:], len(groups)])
    return np.concatenate([np.empty(0, np.int64), *verifier.run_all(run_job, jobs)])


def unpaired_members(
    pairs: VerifiedPairs, representatives: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Members that are in no pair with their representative, each with it as left and right.

    Single linkage makes such members. Most have a Jaccard below the threshold; the others are
    duplicates that no bucket brought together.
    """
    members = np.flatnonzero(representatives != np.arange(len(representatives)))
    left = np.minimum(members, representatives[members])
    right = np.maximum(members, representatives[members])
    size = np.int64(len(representatives))
    missing = ~is_among(left * size + right, pairs.left * size + pairs.right)
    return left[missing].astype(np.int32), right[missing].astype(np.int32)
