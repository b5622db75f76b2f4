"""Candidate pairs by locality-sensitive hashing: groups that share a bucket in some band."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.buckets import BucketPart, Buckets, cut_buckets, find_buckets
from dedupe.matching.hidden import count_shared_bands, sample_hidden
from dedupe.model.kernels import Kernels, RunAll
from dedupe.model.pairs import CandidatePairs, SampledPairs, UncomparedPairs
from dedupe.model.settings import MatchSettings
from dedupe.model.sketches import Banding, SetFilters

GROUPS_PER_JOB: Final = 1 << 18
"""The most groups whose keys and filters one job holds while it makes their pairs."""

COLUMN_BYTES: Final = 64 << 20
"""The most that the keys of the bands in work take."""

PAIRS_AT_ONCE: Final = 1 << 22
"""About how many candidate pairs are held before they are verified."""


Job = tuple[int, "BucketPart"]
"""The number of a band, and some of its buckets."""


class GroupKeys(Protocol):
    """The band keys and the filters of *n* groups."""

    def __len__(self) -> int: ...

    def columns(self, first: int, last: int) -> NDArray[np.uint64]:
        """The keys of bands ``first`` to ``last`` (exclusive), ``(last - first, n)``."""

    def take(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.uint64], SetFilters]:
        """All keys of these groups (``(k, bands)``; the caller may change them), and filters."""


def find_candidates(
    group_keys: GroupKeys,
    banding: Banding,
    settings: MatchSettings,
    kernels: Kernels,
    run_all: RunAll = map,
    reach: Callable[[float], None] = lambda bands: None,
    column_bytes: int = COLUMN_BYTES,
    groups_per_job: int = GROUPS_PER_JOB,
    is_reference: NDArray[np.bool_] | None = None,
    pairs_at_once: int = PAIRS_AT_ONCE,
) -> Iterator[CandidatePairs]:
    """Every pair that shares a bucket and may reach the threshold, each once.

    Left out are pairs that the estimate from the whole signature rules out (it loses one in a
    million pairs at the threshold), and those that sizes and bitmaps of the shingle sets rule out.

    The pairs come in parts, at least one, so that the caller need not hold all. The last has a
    sample of the pairs that capped buckets did not compare.

    Groups must stand in an order that depends on their content alone, because the first groups of a
    capped bucket become its pivots.

    :param settings: ``threshold`` and ``max_bucket`` are used
    :param run_all: maps a function over bands and parts of them, such as an executor's ``map``
    :param reach: called with the number of bands that are done so far
    :param column_bytes: bounds the keys that are held at once, and so the bands in work
    :param groups_per_job: bounds the groups whose keys and filters a job holds
    :param is_reference: groups that make no pairs with one another (none: no group)
    :param pairs_at_once: about how many pairs are made before a part is given
    """
    search = _CandidateSearch(group_keys, banding.minimum_equal, settings, kernels, is_reference)
    pending = _PendingPairs()
    # Each band takes its keys and their sorted copy.
    bands_at_once = max(1, min(banding.bands, column_bytes // (16 * max(len(group_keys), 1))))
    for first in range(0, banding.bands, bands_at_once):
        last = min(first + bands_at_once, banding.bands)
        columns = group_keys.columns(first, last)
        buckets = list(run_all(search.find_buckets, columns))
        for band, each in enumerate(buckets, first):
            pending.capped_count += search.flag_capped(band, each, columns[band - first])
        del columns
        # Sorting a band and pairing up its buckets count as half of it each.
        reach((first + last) / 2)
        jobs = (
            (band, part)
            for band, each in enumerate(buckets, first)
            for part in cut_buckets(each, groups_per_job)
        )
        made_count, possible = 0, sum(each.pair_count for each in buckets)
        for jobs_at_once in _bundle_jobs(jobs, pairs_at_once):
            for made in run_all(search.pair_up, jobs_at_once):
                pending.add(*made)
            if pending.pair_count >= pairs_at_once:
                yield pending.take()
            made_count += sum(part.pair_count for _, part in jobs_at_once)
            share = min(made_count / possible, 1)
            reach((first + last) / 2 + (last - first) / 2 * share)
    yield pending.take(search.find_uncompared(run_all, groups_per_job))


def _bundle_jobs(jobs: Iterable[Job], pairs_at_once: int) -> Iterator[list[Job]]:
    """The jobs in bundles that can make ``pairs_at_once`` pairs at most.

    A job that can make more is a bundle of its own.
    """
    bundle: list[Job] = []
    pair_count = 0
    for band, part in jobs:
        if bundle and pair_count + part.pair_count > pairs_at_once:
            yield bundle
            bundle, pair_count = [], 0
        bundle.append((band, part))
        pair_count += part.pair_count
    if bundle:
        yield bundle


class _PendingPairs(msgspec.Struct):
    """Candidate pairs that were made but not given to the caller yet."""

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

    def take(self, uncompared: UncomparedPairs | None = None) -> CandidatePairs:
        none = [np.empty(0, np.int32)]
        left, right = np.concatenate(none + self.lefts), np.concatenate(none + self.rights)
        part = CandidatePairs(left, right, self.met_count, self.capped_count, uncompared)
        self.lefts, self.rights = [], []
        self.pair_count = self.met_count = self.capped_count = 0
        return part


class _CandidateSearch(msgspec.Struct, frozen=True):
    """The steps of :func:`find_candidates`, with the arguments that they share.

    :ivar flags: by band, whether each group was in a capped bucket there without being a pivot
    :ivar samples: pairs of such groups
    """

    group_keys: GroupKeys
    minimum_equal: int
    settings: MatchSettings
    kernels: Kernels
    is_reference: NDArray[np.bool_] | None
    flags: dict[int, NDArray[np.bool_]] = msgspec.field(default_factory=dict)
    samples: list[SampledPairs] = msgspec.field(default_factory=list)

    def find_buckets(self, keys: NDArray[np.uint64]) -> Buckets:
        """The buckets of one band."""
        return find_buckets(keys, self.settings.max_bucket, self.is_reference)

    def flag_capped(self, band: int, buckets: Buckets, keys: NDArray[np.uint64]) -> int:
        """Flag the groups of capped buckets that are no pivots, so that a later band may pair them.

        :returns: the number of capped buckets
        """
        ends = buckets.begins[1:]
        capped = np.flatnonzero(buckets.pivot_ends < ends).tolist()
        for i in capped:
            flagged = self.flags.setdefault(band, np.zeros(len(self.group_keys), bool))
            flagged[buckets.groups[buckets.pivot_ends[i] : ends[i]]] = True
        if capped:
            self.samples.append(sample_hidden(buckets, keys, len(self.group_keys)))
        return len(capped)

    def pair_up(self, job: Job) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
        """The candidate pairs of a part of a band that did not meet in an earlier band.

        :returns: left, right, and how many pairs met here before the filters
        """
        band, part = job
        keys, filters = self.group_keys.take(part.groups)
        for earlier, flagged in self.flags.items():
            if earlier < band:
                keys[:, earlier] |= flagged[part.groups]  # True is the bit of CAPPED_FLAG
        left, right, met_count = self.kernels.bucket_pairs(
            keys, band, part.firsts, part.first_ends, part.seconds, part.ends, filters,
            self.minimum_equal, self.settings.threshold,
        )  # fmt: skip
        one = part.groups[left].astype(np.int32)
        other = part.groups[right].astype(np.int32)
        return np.minimum(one, other), np.maximum(one, other), met_count

    def find_uncompared(self, run_all: RunAll, groups_per_job: int) -> UncomparedPairs | None:
        """The sampled pairs that met in no band, and may reach the threshold.

        They go the way of candidates: each is a bucket of two, behind the last band.
        """
        if not self.samples:
            return None
        sample = SampledPairs.concatenate(self.samples)
        step = max(groups_per_job // 2, 1)
        begins = range(0, len(sample.left), step)
        parts = list(
            run_all(self._leave_out_met, (sample.select(slice(b, b + step)) for b in begins))
        )
        return UncomparedPairs(
            SampledPairs.concatenate([SampledPairs.none(), *(part for part, _ in parts)]),
            np.concatenate([np.empty(0, np.int64), *(bands for _, bands in parts)]),
            sampled_count=len(sample.left),
            greatest_weight=float(sample.weights.max(initial=1)),
        )

    def _leave_out_met(self, sample: SampledPairs) -> tuple[SampledPairs, NDArray[np.int64]]:
        """Some sampled pairs without those that a band compared, or that filters rule out.

        :returns: the others, and in how many bands the groups of each met
        """
        groups = np.stack([sample.left, sample.right], axis=1).reshape(-1)
        keys, filters = self.group_keys.take(groups)
        for band, flagged in self.flags.items():
            keys[:, band] |= flagged[groups]
        lefts = np.arange(0, len(groups), 2)
        left, right, _ = self.kernels.bucket_pairs(
            keys, keys.shape[1], lefts, lefts + 1, lefts + 1, lefts + 2, filters,
            self.minimum_equal, self.settings.threshold,
        )  # fmt: skip
        return sample.select(left // 2), count_shared_bands(keys[left], keys[right])
