"""Exact verification: integers, never estimates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dedupe.model import CandidatePairs, Kernels, VerifiedPairs

PAIRS_PER_JOB: Final = 1 << 16
HASHES_PER_JOB: Final = 1 << 21
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
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    threshold: float,
) -> VerifiedPairs:
    """Those of these pairs whose exact Jaccard reaches the threshold, by left, then right."""
    order = _order_for_reading(verifier, left, right)
    left, right = left[order], right[order]
    cuts = _cut_jobs(verifier, left, right)

    def run_job(job: slice) -> VerifiedPairs:
        return _verify_job(verifier, left[job], right[job], threshold)

    parts = list(verifier.run_all(run_job, map(slice, cuts[:-1], cuts[1:])))
    empty = np.empty(0, np.int64)
    pairs = VerifiedPairs.concatenate([VerifiedPairs(empty, empty, empty, empty, empty), *parts])
    return pairs.select(np.lexsort((pairs.right, pairs.left)))


def _order_for_reading(
    verifier: Verifier, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.int64]:
    """An order in which few documents are read twice: connected pairs stand together, and
    there by the end that is in fewer pairs, so that a hub is read with each run of its spokes."""
    labels = verifier.kernels.label_components(verifier.count, left, right)
    degrees = np.bincount(left, minlength=verifier.count)
    degrees += np.bincount(right, minlength=verifier.count)
    spoke = np.where(degrees[left] < degrees[right], left, right)
    return np.lexsort((left + right - spoke, spoke, labels[left]))


def _cut_jobs(verifier: Verifier, left: NDArray[np.int64], right: NDArray[np.int64]) -> list[int]:
    """Where the jobs begin, and the end of the last: bounded in pairs and in hashes to read."""
    documents, firsts = np.unique(np.stack([left, right], axis=1), return_index=True)
    new = np.zeros(len(left), np.int64)
    # (A pair costs a hash at least, so that none is free.)
    np.add.at(new, firsts // 2, verifier.shingles.counts(documents) + 1)
    read = np.cumsum(new)
    jobs = read // verifier.hashes_per_job + np.arange(len(left)) // PAIRS_PER_JOB
    return [*np.flatnonzero(np.diff(jobs, prepend=-1)).tolist(), len(left)]


def _verify_job(
    verifier: Verifier, left: NDArray[np.int64], right: NDArray[np.int64], threshold: float
) -> VerifiedPairs:
    documents, places = np.unique(np.concatenate([left, right]), return_inverse=True)
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


def count_links(
    verifier: Verifier, pairs: VerifiedPairs, representatives: NDArray[np.int64]
) -> VerifiedPairs:
    """Members with their representative where that is no pair yet: single linkage makes such.

    Most are below the threshold. One that is not is a duplicate that no bucket had brought
    together.
    """
    members = np.flatnonzero(representatives != np.arange(len(representatives)))
    left = np.minimum(members, representatives[members])
    right = np.maximum(members, representatives[members])
    size = np.int64(len(representatives))
    missing = ~np.isin(left * size + right, pairs.left * size + pairs.right)
    return verify_pairs(verifier, left[missing], right[missing], 0.0)
