"""Shingles that the driver asks for: whole sets, in text order, of the groups that it names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.frames import collect_blobs, make_rows, run_stage
from dedupe.engines.spark.groups import GroupNumbers
from dedupe.engines.spark.sketching import NUMBER_COUNT, SHINGLES, read_columns
from dedupe.engines.spark.verifying import CHANGED, Leads, find_leads, join_runs
from dedupe.matching.cuts import find_standing
from dedupe.matching.verification import HASHES_PER_JOB as MOST_HASHES
from dedupe.model.errors import InputError
from dedupe.sketch import load_kernels

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

HASHES_PER_JOB: Final = 1 << 24
"""About the hashes that a job brings to the driver, 128 MB: each job goes through all sketches."""


class SparkShingles(msgspec.Struct, frozen=True):
    """``ShingleSets`` of the groups that the driver knows; each ``gather`` is a job.

    :param leads: of each group the document that sends its shingles
    """

    sketches: DataFrame
    numbers: GroupNumbers
    leads: Leads

    def counts(self, groups: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.leads.counts[groups]

    def gather(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        self.sketches.sparkSession.sparkContext.setJobDescription("dedupe: fetch shingles")
        asked = self.leads.take(np.unique(groups))
        columns = self.sketches.select("halves", "lows", "id_hashes", "numbers", "shingles")
        stage = partial(list_shingles, numbers=self.numbers, leads=asked)
        found = [
            [np.frombuffer(column, np.uint64) for column in msgspec.msgpack.decode(blob)]
            for _, blob in collect_blobs(run_stage(columns, stage))
        ]
        none = [np.empty(0, np.uint64), np.empty(0, np.uint64)]
        sent, hashes = map(np.concatenate, zip(none, *found, strict=True))
        return _arrange(sent, hashes, asked, self.leads.groups[groups])


def _arrange(
    sent: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    leads: Leads,
    groups: NDArray[np.uint64],
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The hashes of some groups and their offsets, of what was sent in any order.

    :param sent: the groups whose hashes stand end to end; one may have been sent twice
    """
    if not np.array_equal(np.unique(sent), leads.groups):
        raise InputError(CHANGED)
    lengths = leads.counts[np.searchsorted(leads.groups, sent)]
    begins = np.cumsum(lengths) - lengths
    order = np.argsort(sent, kind="stable")
    at = order[np.searchsorted(sent[order], groups)]
    return join_runs(load_kernels(), hashes, begins[at], lengths[at])


def list_shingles(
    batches: Iterator[pa.RecordBatch], numbers: GroupNumbers, leads: Leads
) -> Iterator[pa.RecordBatch]:
    """The groups of some leads, and their shingles end to end, in text order."""
    kernels = load_kernels()
    for row in read_columns(batches, ("halves", "lows", "id_hashes", "numbers", "shingles")):
        found, chosen = find_leads(row, numbers, leads)
        if len(chosen):
            counts = np.frombuffer(row["numbers"], np.int64).reshape(-1, NUMBER_COUNT)[:, SHINGLES]
            begins = np.cumsum(counts) - counts
            shingles = np.frombuffer(row["shingles"], np.uint64)
            hashes, _ = join_runs(kernels, shingles, begins[chosen], counts[chosen])
            blob = msgspec.msgpack.encode([leads.groups[found].tobytes(), hashes.tobytes()])
            yield make_rows([0], [blob])


# --- where shingles stand -----------------------------------------------------------------


def count_standing(
    sketches: DataFrame, numbers: GroupNumbers, mask: np.uint64, asked: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """In how many of the sampled groups each shingle stands (see :mod:`dedupe.matching.cuts`).

    :param mask: the bits of a token hash that are zero in sampled groups
    :param asked: ascending, distinct
    """
    sketches.sparkSession.sparkContext.setJobDescription("dedupe: tell cut copies from pages")
    columns = sketches.select("halves", "lows", "numbers", "shingles")
    stage = partial(list_standing, numbers=numbers, mask=mask, asked=asked)
    blobs = [np.frombuffer(blob, np.uint64) for _, blob in collect_blobs(run_stage(columns, stage))]
    rows = np.concatenate([np.empty(0, np.uint64), *blobs]).reshape(-1, 2)
    # Copies stand in several tasks; each group counts once.
    found = np.unique(rows, axis=0)[:, 0].astype(np.int64)
    return np.bincount(found, minlength=len(asked))


def list_standing(
    batches: Iterator[pa.RecordBatch],
    numbers: GroupNumbers,
    mask: np.uint64,
    asked: NDArray[np.uint64],
) -> Iterator[pa.RecordBatch]:
    """Which of the asked shingles stand in which sampled groups: position and group."""
    kernels = load_kernels()
    for row in read_columns(batches, ("halves", "lows", "numbers", "shingles")):
        high, low = (np.frombuffer(row[name], np.uint64) for name in ("halves", "lows"))
        counts = np.frombuffer(row["numbers"], np.int64).reshape(-1, NUMBER_COUNT)[:, SHINGLES]
        chosen = np.flatnonzero(((low & mask) == 0) & (counts <= MOST_HASHES))
        if len(chosen):
            begins = (np.cumsum(counts) - counts)[chosen]
            shingles = np.frombuffer(row["shingles"], np.uint64)
            hashes, offsets = join_runs(kernels, shingles, begins, counts[chosen])
            found, documents = find_standing(asked, hashes, offsets)
            groups = numbers.number(high[chosen], low[chosen])[documents]
            yield make_rows([0], [np.stack([found.astype(np.uint64), groups], axis=1).tobytes()])
