"""Candidate pairs by locality-sensitive hashing: recall first, bands sorted, no dictionaries.

The banding scheme is that of Leskovec, Rajaraman and Ullman, *Mining of Massive Datasets*,
section 3.4; unlike its usual tuning, which balances false positives against false negatives,
ours asks only for recall, because every candidate is verified afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dedupe.errors import ConfigError
from dedupe.model import CandidatePairs, Kernels

LEAD_COUNT: Final = 4
"""Documents of a capped bucket with which all the others are compared."""

ESTIMATE_LOSS: Final = 1e-6
"""Accepted chance that the estimate from the whole signature loses a pair at the threshold."""

ROWS_PER_JOB: Final = 1 << 18
"""Documents whose keys and low bytes are held together while their pairs are made."""

COLUMN_BYTES: Final = 64 << 20
"""What the keys of the bands in work may take."""

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
    """One key a document and band, ``(n, bands)``; the lowest bit is left 0 as a flag."""
    keys = np.zeros((len(signatures), banding.bands), np.uint64)
    used = banding.bands * banding.rows
    for row in range(banding.rows):
        keys ^= signatures[:, row : used : banding.rows]
        keys *= _FACTOR
        keys ^= keys >> np.uint64(29)
    keys &= ~_FLAG
    return keys


class BandRows(Protocol):
    """Band keys and the lowest bytes of signatures of *n* distinct documents."""

    def __len__(self) -> int: ...

    def columns(self, first: int, last: int) -> NDArray[np.uint64]:
        """The keys of bands ``first`` to ``last`` (exclusive), ``(last - first, n)``."""

    def take(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        """All keys, ``(k, bands)``, and low bytes, ``(k, num_perm)``, of these documents."""


def find_candidates(
    rows: BandRows,
    banding: Banding,
    max_bucket: int,
    kernels: Kernels,
    run_all: Callable[..., Iterable[Any]] = map,
    column_bytes: int = COLUMN_BYTES,
    job_rows: int = ROWS_PER_JOB,
) -> CandidatePairs:
    """Every pair that shares a bucket and passes the estimate, each once.

    Documents must stand in an order that depends on their content alone: the first of a capped
    bucket are its leads.

    :param run_all: maps a function over bands, such as an executor's ``map``
    :param column_bytes: bounds the keys that are held at once, and so the bands in work
    :param job_rows: documents whose keys and bytes are held at once for each band in work
    """
    search = _Search(rows, banding.minimum_equal, max_bucket, kernels, job_rows)
    found = [(np.empty(0, np.int32), np.empty(0, np.int32))]
    met = capped = 0
    # A band takes its keys and the sorted copy.
    group_size = max(1, min(banding.bands, column_bytes // (16 * max(len(rows), 1))))
    for first in range(0, banding.bands, group_size):
        last = min(first + group_size, banding.bands)
        buckets = list(run_all(find_buckets, rows.columns(first, last)))
        for band, each in enumerate(buckets, first):
            capped += search.flag_capped(band, each)
        for left, right, met_in_band in run_all(search.pair_up, enumerate(buckets, first)):
            found.append((left, right))
            met += met_in_band
    return CandidatePairs(
        left=np.concatenate([left for left, _ in found]),
        right=np.concatenate([right for _, right in found]),
        met_count=met,
        capped_bucket_count=capped,
    )


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of one band with two documents or more.

    :param documents: ``int64``: bucket after bucket, ascending in each
    :param begins: ``int64``, one a bucket, and one more where the last ends
    """

    documents: NDArray[np.int64]
    begins: NDArray[np.int64]


def find_buckets(keys: NDArray[np.uint64]) -> Buckets:
    """Sort one band; a run of equal keys is a bucket.

    Most documents share no bucket. They are ruled out by sorting the upper bits of each key with
    the document's number in place of the lower ones: one array of plain integers, which NumPy
    sorts many times faster than it finds an order of whole keys. Those are compared for the rest.
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
    documents = (packed[chosen] & numbers).astype(np.int64)
    exact = keys[documents]
    order = np.lexsort((documents, exact))
    documents, exact = documents[order], exact[order]
    starts = np.ones(len(documents), bool)
    starts[1:] = exact[1:] != exact[:-1]
    begins = np.append(np.flatnonzero(starts), len(documents))
    sizes = np.diff(begins)
    kept = np.repeat(sizes > 1, sizes)
    sizes = sizes[sizes > 1]
    return Buckets(documents[kept], np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


@dataclass(frozen=True, slots=True)
class _Search:
    """:ivar flags: by band, the documents that a capped bucket there compared with leads alone"""

    rows: BandRows
    minimum_equal: int
    max_bucket: int
    kernels: Kernels
    job_rows: int
    flags: dict[int, NDArray[np.bool_]] = field(default_factory=dict)

    def flag_capped(self, band: int, buckets: Buckets) -> int:
        """Mark who was not compared with one another here, so that a later band may do it."""
        begins, ends = buckets.begins[:-1], buckets.begins[1:]
        capped = np.flatnonzero(ends - begins > self.max_bucket).tolist()
        for i in capped:
            flagged = self.flags.setdefault(band, np.zeros(len(self.rows), bool))
            flagged[buckets.documents[begins[i] + LEAD_COUNT : ends[i]]] = True
        return len(capped)

    def pair_up(self, job: tuple[int, Buckets]) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
        """The pairs of one band that did not meet in an earlier one."""
        band, buckets = job
        found = [(np.empty(0, np.int32), np.empty(0, np.int32))]
        met = 0
        for part in self._cut(buckets):
            keys, low_bytes = self.rows.take(part.documents)
            for earlier, flagged in self.flags.items():
                if earlier < band:
                    keys[:, earlier] |= flagged[part.documents]
            left, right, met_in_part = self.kernels.bucket_pairs(
                keys, band, part.begins, part.lead_ends, part.seconds, part.ends, low_bytes,
                self.minimum_equal,
            )  # fmt: skip
            one = part.documents[left].astype(np.int32)
            other = part.documents[right].astype(np.int32)
            found.append((np.minimum(one, other), np.maximum(one, other)))
            met += met_in_part
        lefts, rights = zip(*found, strict=True)
        return np.concatenate(lefts), np.concatenate(rights), met

    def _cut(self, buckets: Buckets) -> Iterator[_Part]:
        """The buckets in parts of at most ``job_rows`` documents, as far as they can be cut."""
        begins, sizes = buckets.begins, np.diff(buckets.begins)
        first = 0
        while first < len(sizes):
            last = int(np.searchsorted(begins, begins[first] + self.job_rows, side="right")) - 1
            last = max(last, first + 1)
            documents = buckets.documents[begins[first] : begins[last]]
            if len(documents) > self.job_rows and len(documents) > self.max_bucket:
                yield from self._cut_capped(documents)
            else:
                starts, ends = begins[first:last] - begins[first], begins[first + 1 : last + 1]
                ends = ends - begins[first]
                few = np.minimum(starts + LEAD_COUNT, ends)
                leads = np.where(ends - starts > self.max_bucket, few, ends)
                yield _Part(documents, starts, leads, starts, ends)
            first = last

    def _cut_capped(self, documents: NDArray[np.int64]) -> Iterator[_Part]:
        """One capped bucket: its leads with a part of the others at a time."""
        leads, step = documents[:LEAD_COUNT], max(self.job_rows - LEAD_COUNT, 1)
        for begin in range(LEAD_COUNT, len(documents), step):
            others = documents[begin : begin + step]
            # Among themselves the leads are compared with the first part.
            second = 0 if begin == LEAD_COUNT else LEAD_COUNT
            places = (0, LEAD_COUNT, second, LEAD_COUNT + len(others))
            columns = (np.array([place], np.int64) for place in places)
            yield _Part(np.concatenate([leads, others]), *columns)


@dataclass(frozen=True, slots=True)
class _Part:
    """Buckets to be paired up together, as the kernel takes them."""

    documents: NDArray[np.int64]
    begins: NDArray[np.int64]
    lead_ends: NDArray[np.int64]
    seconds: NDArray[np.int64]
    ends: NDArray[np.int64]
