"""Exact verification on Spark: sets are sent to the jobs that count what they share.

The driver plans the jobs as a local scan does. Of each group one document sends its sets. With them
travel the low bytes of its signature, so that the estimate drops the very pairs that it drops in a
local scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.frames import (
    Addresses,
    Outbox,
    collect_blobs,
    make_rows,
    move_rows,
    read_blobs,
    run_stage,
)
from dedupe.engines.spark.groups import GroupNumbers
from dedupe.engines.spark.sketching import NUMBER_COUNT, SHINGLES, read_columns
from dedupe.matching.verification import (
    HASHES_PER_JOB,
    PlannedPairs,
    arrange_pairs,
    count_pairs,
    plan_pairs,
    sort_pairs,
)
from dedupe.model.errors import InputError
from dedupe.model.kernels import Kernels
from dedupe.model.pairs import VerifiedPairs
from dedupe.sketch import load_kernels

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

LEAST_HASHES_PER_JOB: Final = 1 << 16
_PAIRS_AT_ONCE: Final = 1 << 16


class Leads(msgspec.Struct, frozen=True):
    """The groups that are compared, and of each the document that sends its sets.

    :param groups: numbers of groups, ascending
    :param id_hashes: of the document; two documents of one id and one group may both send theirs
    :param counts: shingles, with repetitions
    """

    groups: NDArray[np.uint64]
    id_hashes: NDArray[np.uint64]
    counts: NDArray[np.int64]

    def take(self, positions: NDArray[np.int64]) -> Leads:
        """Some of them."""
        return Leads(self.groups[positions], self.id_hashes[positions], self.counts[positions])


class Routes(msgspec.Struct, frozen=True):
    """To which jobs the sets of each lead go: ``jobs[begins[i]:begins[i + 1]]``."""

    leads: Leads
    begins: NDArray[np.int64]
    jobs: NDArray[np.int64]


EDGES: Final = ("left", "right", "shared_count", "left_count", "right_count")
"""The columns of verified pairs: numbers of groups, the lower one first, and counts."""


class PairVerifier(msgspec.Struct, frozen=True):
    """What verifies pairs of groups of a corpus.

    :param sketches: rows of ``sketching.SKETCHES``
    :param records: the same without sets
    :param parallelism: about the jobs that run at once
    """

    sketches: DataFrame
    records: DataFrame
    numbers: GroupNumbers
    kernels: Kernels
    parallelism: int

    def collect(
        self, pairs: NDArray[np.uint64], threshold: float, minimum_equal: int
    ) -> tuple[NDArray[np.uint64], VerifiedPairs]:
        """The pairs that reach the threshold, by left, then right; see :meth:`verify`.

        :returns: numbers of groups, ascending, and pairs over positions among these
        """
        groups = np.unique(pairs)
        if not len(pairs):
            return groups, sort_pairs([])
        parts = []
        for _, blob in collect_blobs(self.verify(pairs, threshold, minimum_equal)):
            left, right, *counts = np.frombuffer(blob, np.int64).reshape(len(EDGES), -1)
            ends = (np.searchsorted(groups, each.view(np.uint64)) for each in (left, right))
            parts.append(VerifiedPairs(*ends, *counts))
        return groups, sort_pairs(parts)

    def verify(self, pairs: NDArray[np.uint64], threshold: float, minimum_equal: int) -> DataFrame:
        """The pairs that reach the threshold, as blobs of the columns ``EDGES``.

        :param pairs: numbers of groups, ``(n, 2)``, each pair once; one pair at least
        :param minimum_equal: pairs with fewer equal low bytes are left out
        """
        sketches, numbers = self.sketches, self.numbers
        groups = np.unique(pairs)
        ends = np.searchsorted(groups, pairs).astype(np.int32)
        leads = find_leads_of(self.records, numbers, groups)
        share = int(leads.counts.sum()) // (4 * self.parallelism)
        planned = plan_pairs(
            self.kernels,
            leads.counts,
            np.ascontiguousarray(ends[:, 0]),
            np.ascontiguousarray(ends[:, 1]),
            min(max(share, LEAST_HASHES_PER_JOB), HASHES_PER_JOB),
        )
        addresses = Addresses.of_parts(len(planned))
        routes = _plan_routes(planned, leads)
        sent = run_stage(
            sketches, partial(send_sets, numbers=numbers, routes=routes, addresses=addresses)
        )
        jobs = sketches.sparkSession.createDataFrame(_describe_jobs(planned, groups, addresses))
        moved = move_rows(sent.union(jobs), addresses)
        count = partial(count_sets, threshold=threshold, minimum_equal=minimum_equal)
        return run_stage(moved, count)


# --- leads --------------------------------------------------------------------------------


def find_leads_of(records: DataFrame, numbers: GroupNumbers, groups: NDArray[np.uint64]) -> Leads:
    """The documents that send the sets of some groups, which ascend."""
    columns = records.select("halves", "lows", "id_hashes", "numbers")
    found = run_stage(columns, partial(list_leads, numbers=numbers, groups=groups))
    blobs = [np.frombuffer(blob, np.uint64) for _, blob in collect_blobs(found)]
    rows = np.concatenate([np.empty(0, np.uint64), *blobs]).reshape(-1, 3)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    is_first = np.ones(len(rows), bool)
    is_first[1:] = rows[1:, 0] != rows[:-1, 0]
    rows = rows[is_first]
    if not np.array_equal(rows[:, 0], groups):
        raise InputError(CHANGED)
    return Leads(groups, rows[:, 1].copy(), rows[:, 2].astype(np.int64))


CHANGED: Final = (
    "the corpus changed while it was read: documents that were there at first were gone when an "
    "executor read them again"
)


def list_leads(
    batches: Iterator[pa.RecordBatch], numbers: GroupNumbers, groups: NDArray[np.uint64]
) -> Iterator[pa.RecordBatch]:
    """Of each document in these groups: group, hash of the id, number of shingles."""
    outbox = Outbox()
    for row in read_columns(batches, ("halves", "lows", "id_hashes", "numbers")):
        found, chosen = find_groups(row, numbers, groups)
        counts = np.frombuffer(row["numbers"], np.int64).reshape(-1, NUMBER_COUNT)[:, SHINGLES]
        ids = np.frombuffer(row["id_hashes"], np.uint64)
        rows = np.stack([groups[found], ids[chosen], counts[chosen].astype(np.uint64)], axis=1)
        outbox.put(0, rows.tobytes())
        yield from outbox.flush_full()
    yield from outbox.flush()


def find_groups(
    row: dict[str, Any], numbers: GroupNumbers, groups: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The documents of a row that are in some groups: positions of group and document."""
    high, low = (np.frombuffer(row[name], np.uint64) for name in ("halves", "lows"))
    own = numbers.number(high, low)
    found = np.minimum(np.searchsorted(groups, own), len(groups) - 1)
    chosen = np.flatnonzero(groups[found] == own)
    return found[chosen], chosen


def find_leads(
    row: dict[str, Any], numbers: GroupNumbers, leads: Leads
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The documents of a row that send their sets: positions of lead and document."""
    found, chosen = find_groups(row, numbers, leads.groups)
    is_lead = leads.id_hashes[found] == np.frombuffer(row["id_hashes"], np.uint64)[chosen]
    return found[is_lead], chosen[is_lead]


# --- routes -------------------------------------------------------------------------------


def _plan_routes(planned: PlannedPairs, leads: Leads) -> Routes:
    groups = planned.jobs.groups.astype(np.int64)
    jobs = np.repeat(np.arange(len(planned)), np.diff(planned.jobs.group_cuts))
    order = np.argsort(groups, kind="stable")
    begins = np.searchsorted(groups[order], np.arange(len(leads.groups) + 1))
    return Routes(leads, begins.astype(np.int64), jobs[order])


def _describe_jobs(
    planned: PlannedPairs, groups: NDArray[np.uint64], addresses: Addresses
) -> pa.Table:
    """The pairs of each job, as rows for its part."""
    import pyarrow as pa

    batches = []
    for job in range(len(planned)):
        pairs = planned.pairs_of(job)
        one, other = planned.jobs.first_positions[pairs], planned.jobs.second_positions[pairs]
        columns = groups[planned.groups_of(job)], one, other
        blob = msgspec.msgpack.encode([PAIRS, *(column.tobytes() for column in columns)])
        batches.append(make_rows([job], [blob], addresses))
    return pa.Table.from_batches(batches)


PAIRS, SETS = 0, 1
"""What a row for a job holds."""


def send_sets(
    batches: Iterator[pa.RecordBatch],
    numbers: GroupNumbers,
    routes: Routes,
    addresses: Addresses,
) -> Iterator[pa.RecordBatch]:
    """Send the set of each lead, sorted and without repetitions, to its jobs."""
    kernels = load_kernels()
    names = ("halves", "lows", "id_hashes", "numbers", "low_bytes", "shingles")
    for row in read_columns(batches, names):
        found, chosen = find_leads(row, numbers, routes.leads)
        if len(chosen):
            yield from _send_chosen(row, found, chosen, routes, addresses, kernels)


def _send_chosen(
    row: dict[str, Any],
    found: NDArray[np.int64],
    chosen: NDArray[np.int64],
    routes: Routes,
    addresses: Addresses,
    kernels: Kernels,
) -> Iterator[pa.RecordBatch]:
    counts = np.frombuffer(row["numbers"], np.int64).reshape(-1, NUMBER_COUNT)[:, SHINGLES]
    begins = np.cumsum(counts) - counts
    shingles = np.frombuffer(row["shingles"], np.uint64)
    low_bytes = np.frombuffer(row["low_bytes"], np.uint8).reshape(len(counts), -1)
    hashes, offsets = kernels.sort_unique(
        *join_runs(kernels, shingles, begins[chosen], counts[chosen])
    )
    # A row for each set and job, in the order of jobs.
    job_counts = routes.begins[found + 1] - routes.begins[found]
    sets = np.repeat(np.arange(len(chosen)), job_counts)
    firsts = np.cumsum(job_counts) - job_counts
    jobs = routes.jobs[np.repeat(routes.begins[found] - firsts, job_counts) + np.arange(len(sets))]
    order = np.argsort(jobs, kind="stable")
    sets, jobs = sets[order], jobs[order]
    cuts = np.flatnonzero(np.diff(jobs, prepend=-1)).tolist()
    parts, blobs = [], []
    for begin, end in zip(cuts, [*cuts[1:], len(jobs)], strict=True):
        of_job = sets[begin:end]
        lengths = np.diff(offsets)[of_job]
        sent, _ = join_runs(kernels, hashes, offsets[of_job], lengths)
        columns = routes.leads.groups[found[of_job]], lengths, low_bytes[chosen[of_job]], sent
        parts.append(int(jobs[begin]))
        blobs.append(msgspec.msgpack.encode([SETS, *(column.tobytes() for column in columns)]))
    yield make_rows(parts, blobs, addresses)


def join_runs(
    kernels: Kernels,
    values: NDArray[np.uint64],
    begins: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The runs ``values[begins[i]:begins[i] + lengths[i]]`` end to end, and their offsets."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    joined = np.empty(int(offsets[-1]), np.uint64)
    kernels.copy_runs(values.view(np.uint8), 8 * begins, 8 * lengths, joined.view(np.uint8))
    return joined, offsets


# --- jobs ---------------------------------------------------------------------------------


class JobRows(msgspec.Struct):
    """What has arrived for a job: its pairs, and the sets of its groups in any order."""

    pairs: list[bytes] = []
    sets: list[list[bytes]] = []


def count_sets(
    batches: Iterator[pa.RecordBatch], threshold: float, minimum_equal: int
) -> Iterator[pa.RecordBatch]:
    """Count what the pairs of each job share, and give those that reach the threshold."""
    kernels = load_kernels()
    jobs: dict[int, JobRows] = {}
    for part, blob in read_blobs(batches):
        kind, *columns = msgspec.msgpack.decode(blob)
        rows = jobs.setdefault(part, JobRows())
        if kind == PAIRS:
            rows.pairs = columns
        else:
            rows.sets.append(columns)
    while jobs:
        job, rows = jobs.popitem()
        found = _count_job(rows, threshold, minimum_equal, kernels)
        columns = [getattr(found, name) for name in EDGES]
        yield make_rows([job], [np.stack(columns).tobytes()])


def _count_job(
    rows: JobRows, threshold: float, minimum_equal: int, kernels: Kernels
) -> VerifiedPairs:
    groups, one, other = (
        np.frombuffer(column, kind)
        for column, kind in zip(rows.pairs, (np.uint64, np.int32, np.int32), strict=True)
    )
    sent, lengths, low_bytes, hashes = (
        np.concatenate([np.frombuffer(column, kind) for column in columns])
        for columns, kind in zip(
            zip(*rows.sets, strict=True), (np.uint64, np.int64, np.uint8, np.uint64), strict=True
        )
    )
    low_bytes = low_bytes.reshape(len(sent), -1)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    # The pairs name sets by their position in ``groups``; they arrived in another order.
    order = np.argsort(sent, kind="stable")
    place = order[np.minimum(np.searchsorted(sent[order], groups), len(sent) - 1)]
    if not np.array_equal(sent[place], groups):
        raise RuntimeError(CHANGED)
    place = place.astype(np.int32)
    one, other = place[one], place[other]
    may = np.flatnonzero(_may_reach(low_bytes, one, other, minimum_equal))
    one, other = one[may], other[may]
    kept, counts = count_pairs(kernels, hashes, offsets, one, other, threshold)
    return arrange_pairs(sent[one[kept]], sent[other[kept]], *counts)


def _may_reach(
    low_bytes: NDArray[np.uint8],
    one: NDArray[np.int32],
    other: NDArray[np.int32],
    minimum_equal: int,
) -> NDArray[np.bool_]:
    """Whether enough low bytes of each pair are equal (see ``matching.candidates``)."""
    result = np.ones(len(one), bool)
    if minimum_equal:
        for begin in range(0, len(one), _PAIRS_AT_ONCE):
            part = slice(begin, begin + _PAIRS_AT_ONCE)
            equal = low_bytes[one[part]] == low_bytes[other[part]]
            result[part] = np.count_nonzero(equal, axis=1) >= minimum_equal
    return result
