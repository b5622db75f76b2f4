"""Candidate pairs by locality-sensitive hashing: recall first, bands sorted, no dictionaries.

The banding scheme is that of Leskovec, Rajaraman and Ullman, *Mining of Massive Datasets*,
section 3.4; unlike its usual tuning, which balances false positives against false negatives,
ours asks only for recall, because every candidate is verified afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dedupe.errors import ConfigError
from dedupe.model import CandidatePairs, Kernels

LEAD_COUNT: Final = 8
"""Documents of a capped bucket with which all the others are compared."""

ESTIMATE_LOSS: Final = 1e-6
"""Accepted chance that the estimate from the whole signature loses a pair at the threshold."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_FLAG = np.uint64(1)


@dataclass(frozen=True, slots=True)
class Banding:
    """How signatures are cut into bands.

    :param minimum_equal: signature values in which a pair must agree to be verified
    :param expected_recall: share of the pairs exactly at the threshold that is found
    """

    bands: int
    rows: int
    minimum_equal: int
    expected_recall: float


def choose_banding(threshold: float, num_perm: int, recall: float) -> Banding:
    """The most rows a band with which the bands still reach ``recall`` at the threshold.

    :raises ConfigError: if even bands of one row do not reach it
    """
    for rows in range(num_perm, 0, -1):
        bands = num_perm // rows
        if band_recall(threshold, bands, rows) >= recall:
            minimum_equal, loss = choose_minimum_equal(threshold, num_perm)
            expected = band_recall(threshold, bands, rows) * (1 - loss)
            return Banding(bands, rows, minimum_equal, expected)
    raise ConfigError(
        f"{num_perm} permutations cannot reach a recall of {recall} at threshold {threshold}: "
        "raise num_perm, or lower recall"
    )


def band_recall(jaccard: float, bands: int, rows: int) -> float:
    """The chance that two documents of this Jaccard share a bucket."""
    return float(1 - (1 - jaccard**rows) ** bands)


def choose_minimum_equal(threshold: float, num_perm: int) -> tuple[int, float]:
    """The agreeing values below which a pair at the threshold falls with < ``ESTIMATE_LOSS``.

    Signature values agree independently with a chance of the Jaccard at least (their low bytes,
    which are compared, a little more often). Returns also the chance itself.
    """
    if threshold >= 1:
        return num_perm, 0.0
    log_hit, log_miss = math.log(threshold), math.log1p(-threshold)
    below = 0.0
    for equal in range(num_perm):
        log_ways = (
            math.lgamma(num_perm + 1) - math.lgamma(equal + 1) - math.lgamma(num_perm - equal + 1)
        )
        chance = math.exp(log_ways + equal * log_hit + (num_perm - equal) * log_miss)
        if below + chance >= ESTIMATE_LOSS:
            return equal, below
        below += chance
    return num_perm, below


def make_band_keys(signatures: NDArray[np.uint32], banding: Banding) -> NDArray[np.uint64]:
    """One key a band and document, ``(bands, n)``; the lowest bit is left 0 as a flag."""
    used = signatures[:, : banding.bands * banding.rows].astype(np.uint64)
    values = used.reshape(len(signatures), banding.bands, banding.rows)
    keys = np.zeros((len(signatures), banding.bands), np.uint64)
    for row in range(banding.rows):
        keys = (keys ^ values[:, :, row]) * _FACTOR
        keys ^= keys >> np.uint64(29)
    return np.ascontiguousarray((keys & ~_FLAG).T)


def find_candidates(
    keys: NDArray[np.uint64],
    low_bytes: NDArray[np.uint8],
    banding: Banding,
    max_bucket: int,
    kernels: Kernels,
    run_all: Callable[..., Iterable[Any]] = map,
    group_size: int = 1,
) -> CandidatePairs:
    """Every pair that shares a bucket and passes the estimate, each once.

    Documents must stand in an order that depends on their content alone: the first of a capped
    bucket are its leads. ``keys`` is used up (flags are set in it).

    :param keys: ``uint64``, ``(bands, n)``
    :param low_bytes: the lowest byte of each signature value, ``(n, num_perm)``
    :param run_all: maps a function over bands, such as an executor's ``map``
    :param group_size: bands in work at once, which bounds the memory
    """
    search = _Search(keys, low_bytes, banding.minimum_equal, max_bucket, kernels)
    lefts: list[NDArray[np.int64]] = []
    rights: list[NDArray[np.int64]] = []
    met = capped = 0
    for first in range(0, len(keys), group_size):
        group = range(first, min(first + group_size, len(keys)))
        buckets = list(run_all(search.find_buckets, group))
        for band, found in zip(group, buckets, strict=True):
            capped += search.flag_capped(band, found)
        jobs = list(zip(group, buckets, strict=True))
        for left, right, met_in_band in run_all(search.pair_up, jobs):
            lefts.append(left)
            rights.append(right)
            met += met_in_band
    return CandidatePairs(
        left=np.concatenate([np.empty(0, np.int64), *lefts]),
        right=np.concatenate([np.empty(0, np.int64), *rights]),
        met_count=met,
        capped_bucket_count=capped,
    )


@dataclass(frozen=True, slots=True)
class _Buckets:
    """The buckets of one band with two documents or more: slices of ``order``."""

    order: NDArray[np.int64]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    lead_ends: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Search:
    keys: NDArray[np.uint64]
    low_bytes: NDArray[np.uint8]
    minimum_equal: int
    max_bucket: int
    kernels: Kernels

    def find_buckets(self, band: int) -> _Buckets:
        """Sort one band; a run of equal keys is a bucket."""
        order = np.argsort(self.keys[band], kind="stable")
        sorted_keys = self.keys[band][order]
        edges = np.flatnonzero(sorted_keys[1:] != sorted_keys[:-1]) + 1
        begins = np.concatenate([[0], edges]).astype(np.int64)
        ends = np.concatenate([edges, [len(order)]]).astype(np.int64)
        sizes = ends - begins
        begins, ends, sizes = begins[sizes > 1], ends[sizes > 1], sizes[sizes > 1]
        lead_ends = np.where(sizes > self.max_bucket, begins + LEAD_COUNT, ends)
        return _Buckets(order.astype(np.int64, copy=False), begins, ends, lead_ends)

    def flag_capped(self, band: int, buckets: _Buckets) -> int:
        """Mark who was not compared with one another here, so that a later band may do it."""
        capped = np.flatnonzero(buckets.lead_ends < buckets.ends).tolist()
        for i in capped:
            rest = buckets.order[buckets.lead_ends[i] : buckets.ends[i]]
            self.keys[band, rest] |= _FLAG
        return len(capped)

    def pair_up(
        self, job: tuple[int, _Buckets]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        band, buckets = job
        return self.kernels.bucket_pairs(
            self.keys,
            band,
            buckets.order,
            buckets.begins,
            buckets.lead_ends,
            buckets.ends,
            self.low_bytes,
            self.minimum_equal,
        )
