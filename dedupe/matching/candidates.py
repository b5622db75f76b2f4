"""Candidate pairs by locality-sensitive hashing: recall first, bands sorted, no dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.buckets import PIVOT_COUNT, Buckets, Part, sort_band
from dedupe.model.kernels import Kernels, RunAll
from dedupe.model.pairs import CandidatePairs
from dedupe.model.settings import MatchSettings
from dedupe.model.sketches import Banding, SetFilters

ROWS_PER_JOB: Final = 1 << 18
"""Groups whose keys and low bytes are held together while their pairs are made."""

COLUMN_BYTES: Final = 64 << 20
"""What the keys of the bands in work may take."""

PAIRS_PER_PART: Final = 1 << 20
"""Pairs that the buckets of one job can make, at most, unless it is a single one."""

PAIRS_AT_ONCE: Final = 1 << 22
"""Candidate pairs that are held at once before they are verified, about."""


Job = tuple[int, "Part"]
"""A band, and some of its buckets."""


class BandRows(Protocol):
    """Band keys of *n* distinct groups, and what rules out pairs of them."""

    def __len__(self) -> int: ...

    def columns(self, first: int, last: int) -> NDArray[np.uint64]:
        """The keys of bands ``first`` to ``last`` (exclusive), ``(last - first, n)``."""

    def take(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.uint64], SetFilters]:
        """All keys, ``(k, bands)``, and the filters of these groups."""


def find_candidates(
    rows: BandRows,
    banding: Banding,
    settings: MatchSettings,
    kernels: Kernels,
    run_all: RunAll = map,
    reach: Callable[[float], None] = lambda bands: None,
    column_bytes: int = COLUMN_BYTES,
    job_rows: int = ROWS_PER_JOB,
    is_reference: NDArray[np.bool_] | None = None,
    pairs_at_once: int = PAIRS_AT_ONCE,
) -> Iterator[CandidatePairs]:
    """Every pair that shares a bucket and may reach the threshold, each once.

    By the estimate of the whole signature, which may err once in a million pairs at the threshold,
    and by what sizes and bitmaps of the sets rule out.

    In parts, so that whoever takes them need not hold all; there is one part at least.

    Groups must stand in an order that depends on their content alone: the first of a capped
    bucket are its pivots.

    :param settings: what is asked of pairs (``threshold``) and buckets (``max_bucket``)
    :param run_all: maps a function over bands and parts of them, such as an executor's ``map``
    :param reach: is told how many bands are done so far
    :param column_bytes: bounds the keys that are held at once, and so the bands in work
    :param job_rows: groups whose keys and bytes are held at once for each part in work
    :param is_reference: groups that make no pairs with one another (none: no group)
    :param pairs_at_once: pairs that a part has, about, and that are made before it is given
    """
    search = _Search(rows, banding.minimum_equal, settings, kernels, job_rows, is_reference)
    found = _Found()
    # A band takes its keys and the sorted copy.
    group_size = max(1, min(banding.bands, column_bytes // (16 * max(len(rows), 1))))
    for first in range(0, banding.bands, group_size):
        last = min(first + group_size, banding.bands)
        buckets = list(run_all(search.find_buckets, rows.columns(first, last)))
        for band, each in enumerate(buckets, first):
            found.capped_count += search.flag_capped(band, each)
        # To sort a band and to pair up its buckets count as a half each.
        reach((first + last) / 2)
        jobs = (
            (band, part) for band, each in enumerate(buckets, first) for part in search.cut(each)
        )
        made_count, possible = 0, sum(each.pair_count for each in buckets)
        for lot in _lots(jobs, pairs_at_once):
            for made in run_all(search.pair_up, lot):
                found.add(*made)
            if found.pair_count >= pairs_at_once:
                yield found.take()
            made_count += sum(part.pair_count for _, part in lot)
            share = min(made_count / possible, 1)
            reach((first + last) / 2 + (last - first) / 2 * share)
    yield found.take()


def _lots(jobs: Iterable[Job], pairs_at_once: int) -> Iterator[list[Job]]:
    """The jobs in lots that can make so many pairs, about, but for a job that can make more."""
    lot: list[Job] = []
    pair_count = 0
    for band, part in jobs:
        if lot and pair_count + part.pair_count > pairs_at_once:
            yield lot
            lot, pair_count = [], 0
        lot.append((band, part))
        pair_count += part.pair_count
    if lot:
        yield lot


class _Found(msgspec.Struct):
    """Candidate pairs that were made and not given yet."""

    lefts: list[NDArray[np.int32]] = msgspec.field(default_factory=list)
    rights: list[NDArray[np.int32]] = msgspec.field(default_factory=list)
    pair_count: int = 0
    met_count: int = 0
    capped_count: int = 0

    def add(self, left: NDArray[np.int32], right: NDArray[np.int32], met_count: int) -> None:
        self.lefts.append(left)
        self.rights.append(right)
        self.pair_count += len(left)
        self.met_count += met_count

    def take(self) -> CandidatePairs:
        none = [np.empty(0, np.int32)]
        left, right = np.concatenate(none + self.lefts), np.concatenate(none + self.rights)
        part = CandidatePairs(left, right, self.met_count, self.capped_count)
        self.lefts, self.rights = [], []
        self.pair_count = self.met_count = self.capped_count = 0
        return part


class _Search(msgspec.Struct, frozen=True):
    """:ivar flags: by band, the groups that a capped bucket there compared with pivots alone"""

    rows: BandRows
    minimum_equal: int
    settings: MatchSettings
    kernels: Kernels
    job_rows: int
    is_reference: NDArray[np.bool_] | None
    flags: dict[int, NDArray[np.bool_]] = msgspec.field(default_factory=dict)

    def find_buckets(self, keys: NDArray[np.uint64]) -> Buckets:
        """The buckets of one band; those of references alone are left out."""
        groups, begins = sort_band(keys)
        if self.is_reference is None:
            return Buckets.without_references(groups, begins, self.settings.max_bucket)
        return _arrange(groups, begins, self.is_reference[groups], self.settings.max_bucket)

    def flag_capped(self, band: int, buckets: Buckets) -> int:
        """Mark who was not compared with one another here, so that a later band may do it."""
        ends = buckets.begins[1:]
        capped = np.flatnonzero(buckets.pivot_ends < ends).tolist()
        for i in capped:
            flagged = self.flags.setdefault(band, np.zeros(len(self.rows), bool))
            flagged[buckets.groups[buckets.pivot_ends[i] : ends[i]]] = True
        return len(capped)

    def pair_up(self, job: Job) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
        """The pairs of a part of a band that did not meet in an earlier one, and those that met."""
        band, part = job
        keys, filters = self.rows.take(part.groups)
        for earlier, flagged in self.flags.items():
            if earlier < band:
                keys[:, earlier] |= flagged[part.groups]
        left, right, met_count = self.kernels.bucket_pairs(
            keys, band, part.firsts, part.first_ends, part.seconds, part.ends, filters,
            self.minimum_equal, self.settings.threshold,
        )  # fmt: skip
        one = part.groups[left].astype(np.int32)
        other = part.groups[right].astype(np.int32)
        return np.minimum(one, other), np.maximum(one, other), met_count

    def cut(self, buckets: Buckets) -> Iterator[Part]:
        """The buckets in parts of bounded groups and pairs, as far as they can be cut."""
        begins, count = buckets.begins, len(buckets.pivot_ends)
        sizes = np.diff(begins)
        pairs = np.concatenate([[0], np.cumsum((buckets.pivot_ends - begins[:-1]) * sizes)])
        first = 0
        while first < count:
            last = int(np.searchsorted(begins, begins[first] + self.job_rows, side="right")) - 1
            enough = int(np.searchsorted(pairs, pairs[first] + PAIRS_PER_PART, side="right")) - 1
            last = max(min(last, enough), first + 1)
            is_capped = buckets.pivot_ends[first] < begins[first + 1]
            if is_capped and begins[last] - begins[first] > self.job_rows:
                yield from self._cut_capped(buckets, first)
            else:
                yield Part.of_buckets(buckets, slice(first, last))
            first = last

    def _cut_capped(self, buckets: Buckets, bucket: int) -> Iterator[Part]:
        """One capped bucket: its pivots with a part of the others at a time."""
        begin, end = buckets.begins[bucket : bucket + 2].tolist()
        pivot_end = int(buckets.pivot_ends[bucket])
        pivots, others = buckets.groups[begin:pivot_end], buckets.groups[pivot_end:end]
        plain = int(buckets.references[bucket]) - begin
        other_plain = int(buckets.other_references[bucket]) - pivot_end
        step = max(self.job_rows - PIVOT_COUNT, 1)
        for at in range(0, len(others), step):
            groups = np.concatenate([pivots, others[at : at + step]])
            plain_end = PIVOT_COUNT + min(max(other_plain - at, 0), step)
            # Among themselves the pivots are compared with the first part.
            yield Part(
                groups,
                firsts=np.array([0, plain], np.int64),
                first_ends=np.array([plain, PIVOT_COUNT], np.int64),
                seconds=np.array([PIVOT_COUNT if at else 0, PIVOT_COUNT], np.int64),
                ends=np.array([len(groups), plain_end], np.int64),
            )


def _arrange(
    groups: NDArray[np.int64],
    begins: NDArray[np.int64],
    is_reference: NDArray[np.bool_],
    max_bucket: int,
) -> Buckets:
    """Buckets with references among them.

    :param groups: ascending in each bucket, of which the first are its pivots
    :param is_reference: of each of ``groups``
    """
    sizes = np.diff(begins)
    bucket = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(groups)) - begins[bucket]
    is_other = (within >= PIVOT_COUNT) & (sizes > max_bucket)[bucket]
    counts = np.bincount(4 * bucket + 2 * is_other + is_reference, minlength=4 * len(sizes))
    counts = counts.reshape(-1, 4)
    has_pairs = counts[:, 0] + counts[:, 2] > 0
    order = np.argsort(4 * bucket + 2 * is_other + is_reference, kind="stable")
    groups = groups[order[has_pairs[bucket]]]  # the order keeps each bucket in its place
    ends = np.cumsum(counts[has_pairs]).reshape(-1, 4)
    begins = np.concatenate([[0], ends[:, 3]]).astype(np.int64)
    return Buckets(groups, begins, ends[:, 0], ends[:, 1], ends[:, 2])
