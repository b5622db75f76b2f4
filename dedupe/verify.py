"""Exact verification: integers, never estimates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.model import CandidatePairs, Kernels, VerifiedPairs

PAIRS_PER_JOB = 1 << 14
DOCUMENTS_PER_JOB = 1 << 11


def verify_candidates(
    candidates: CandidatePairs,
    shingle_hashes: NDArray[np.uint64],
    shingle_offsets: NDArray[np.int64],
    threshold: float,
    kernels: Kernels,
    run_all: Callable[..., Iterable[Any]] = map,
) -> VerifiedPairs:
    """Those candidate pairs whose exact Jaccard reaches the threshold, by left, then right.

    :param shingle_hashes: each document's distinct hashes, sorted, end to end
    :param shingle_offsets: ``(n + 1,)``: where each document's begin
    """
    order = np.lexsort((candidates.right, candidates.left))
    left, right = candidates.left[order], candidates.right[order]

    def count_job(begin: int) -> NDArray[np.int64]:
        job = slice(begin, begin + PAIRS_PER_JOB)
        return kernels.count_shared(
            shingle_hashes, shingle_offsets, left[job], right[job], threshold
        )

    counted = run_all(count_job, range(0, len(left), PAIRS_PER_JOB))
    shared = np.concatenate([np.empty(0, np.int64), *counted])
    sizes = np.diff(shingle_offsets)
    kept = shared >= 0
    left, right = left[kept], right[kept]
    return VerifiedPairs(left, right, shared[kept], sizes[left], sizes[right])


def sort_shingles(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    documents: NDArray[np.int64],
    count: int,
    kernels: Kernels,
    run_all: Callable[..., Iterable[Any]] = map,
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The distinct hashes of these documents, sorted, with offsets over all ``count``.

    :param documents: ascending; document ``documents[i]`` has ``hashes[offsets[i]:offsets[i+1]]``
    :returns: hashes end to end and offsets ``(count + 1,)``; other documents have none
    """

    def sort_job(begin: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        part = offsets[begin : begin + DOCUMENTS_PER_JOB + 1]
        return kernels.sort_unique(hashes, part)

    parts = list(run_all(sort_job, range(0, len(documents), DOCUMENTS_PER_JOB)))
    lengths = np.zeros(count, np.int64)
    if parts:
        lengths[documents] = np.concatenate([np.diff(part) for _, part in parts])
    joined = np.concatenate([np.empty(0, np.uint64), *(part for part, _ in parts)])
    return joined, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def count_links(
    pairs: VerifiedPairs,
    representatives: NDArray[np.int64],
    shingle_hashes: NDArray[np.uint64],
    shingle_offsets: NDArray[np.int64],
    kernels: Kernels,
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
    left, right = left[missing], right[missing]
    shared = kernels.count_shared(shingle_hashes, shingle_offsets, left, right, 0.0)
    sizes = np.diff(shingle_offsets)
    return VerifiedPairs(left, right, shared, sizes[left], sizes[right])
