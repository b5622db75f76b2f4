"""Exact verification: integers, never estimates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dedupe.distinct import is_among, sort_distinct
from dedupe.model import CandidatePairs, Kernels, VerifiedPairs

PAIRS_PER_JOB: Final = 1 << 16
HASHES_PER_JOB: Final = 1 << 18
"""Shingle hashes that one job reads, about; it holds them twice while it sorts them."""


class ShingleSets(Protocol):
    """The shingle hashes of *n* documents, in text order and with repetitions."""

    def counts(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many hashes each of these documents has."""

    def gather(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The hashes of these documents, end to end, and offsets (``(len + 1,)``)."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """What verification works with.

    :param count: of documents
    :param run_all: maps a function over jobs, such as an executor's ``map``
    :param hashes_per_job: bounds the memory of a job
    """

    shingles: ShingleSets
    count: int
    kernels: Kernels
    run_all: Callable[..., Iterable[Any]] = map
    hashes_per_job: int = HASHES_PER_JOB


def verify_candidates(
    verifier: Verifier, candidates: CandidatePairs, threshold: float
) -> VerifiedPairs:
    """Those candidate pairs whose exact Jaccard reaches the threshold, by left, then right."""
    return verify_pairs(verifier, candidates.left, candidates.right, threshold)


def verify_pairs(
    verifier: Verifier,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    threshold: float,
) -> VerifiedPairs:
    """Those of these pairs whose exact Jaccard reaches the threshold, by left, then right."""
    spokes, hubs = _order_for_reading(verifier, left, right)
    cuts = _cut_jobs(verifier, spokes, hubs)

    def run_job(job: slice) -> VerifiedPairs:
        one, other = spokes[job], hubs[job]
        return _verify_job(verifier, np.minimum(one, other), np.maximum(one, other), threshold)

    parts = list(verifier.run_all(run_job, map(slice, cuts[:-1], cuts[1:])))
    empty = np.empty(0, np.int64)
    pairs = VerifiedPairs.concatenate([VerifiedPairs(empty, empty, empty, empty, empty), *parts])
    return pairs.select(np.lexsort((pairs.right, pairs.left)))


def _order_for_reading(
    verifier: Verifier, left: NDArray[np.int32], right: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two ends of each pair, in an order in which few documents are read twice.

    Connected pairs stand together, and there by the end that is in fewer pairs (the first of the
    two arrays), so that a hub is read once with each run of its spokes.
    """
    labels = verifier.kernels.label_components(verifier.count, left, right)
    by_label = np.argsort(labels, kind="stable")
    place = np.empty(verifier.count, np.uint64)
    place[by_label] = np.arange(verifier.count, dtype=np.uint64)
    degrees = np.bincount(left, minlength=verifier.count)
    degrees += np.bincount(right, minlength=verifier.count)
    is_left = degrees[left] < degrees[right]
    # Sorted as plain integers, which is many times faster than finding an order.
    keys = place[np.where(is_left, left, right)] << np.uint64(32)
    keys |= place[np.where(is_left, right, left)]
    keys.sort()
    return by_label[keys >> np.uint64(32)], by_label[keys & np.uint64(0xFFFFFFFF)]


def _cut_jobs(verifier: Verifier, spokes: NDArray[np.int64], hubs: NDArray[np.int64]) -> list[int]:
    """Where the jobs begin, and the end of the last: bounded in pairs and in hashes to read."""
    count = len(spokes)
    first = np.full(verifier.count, count)
    for ends in (spokes, hubs):
        # Of equal indices the last that is written stays: from behind, the first.
        seen = np.full(verifier.count, count)
        seen[ends[::-1]] = np.arange(count)[::-1]
        np.minimum(first, seen, out=first)
    documents = np.flatnonzero(first < count)
    costs = np.bincount(first[documents], verifier.shingles.counts(documents), count)
    jobs = np.cumsum(costs) // verifier.hashes_per_job + np.arange(count) // PAIRS_PER_JOB
    return [*np.flatnonzero(np.diff(jobs, prepend=-1)).tolist(), count]


def _verify_job(
    verifier: Verifier, left: NDArray[np.int64], right: NDArray[np.int64], threshold: float
) -> VerifiedPairs:
    ends = np.concatenate([left, right])
    documents = sort_distinct(ends)
    places = np.searchsorted(documents, ends)
    hashes, offsets = verifier.kernels.sort_unique(*verifier.shingles.gather(documents))
    at_left, at_right = places[: len(left)], places[len(left) :]
    shared = verifier.kernels.count_shared(hashes, offsets, at_left, at_right, threshold)
    sizes = np.diff(offsets)
    kept = shared >= 0
    return VerifiedPairs(
        left[kept], right[kept], shared[kept], sizes[at_left[kept]], sizes[at_right[kept]]
    )


def count_distinct(verifier: Verifier, documents: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct shingles of each of these documents."""
    read = np.cumsum(verifier.shingles.counts(documents) + 1)
    begins = np.flatnonzero(np.diff(read // verifier.hashes_per_job, prepend=-1)).tolist()

    def run_job(job: slice) -> NDArray[np.int64]:
        gathered = verifier.shingles.gather(documents[job])
        return np.diff(verifier.kernels.sort_unique(*gathered)[1])

    jobs = map(slice, begins, [*begins[1:], len(documents)])
    return np.concatenate([np.empty(0, np.int64), *verifier.run_all(run_job, jobs)])


def unpaired_members(
    pairs: VerifiedPairs, representatives: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Left and right of the members that are in no pair with their representative.

    Single linkage makes such. Most are below the threshold. One that is not is a duplicate that
    no bucket had brought together.
    """
    members = np.flatnonzero(representatives != np.arange(len(representatives)))
    left = np.minimum(members, representatives[members])
    right = np.maximum(members, representatives[members])
    size = np.int64(len(representatives))
    missing = ~is_among(left * size + right, pairs.left * size + pairs.right)
    return left[missing].astype(np.int32), right[missing].astype(np.int32)
