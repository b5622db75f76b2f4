"""Corpora on Spark, on the driver: what is to be read, and what is known once it was sketched."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from dedupe.engines.spark.counts import ReadTotals
from dedupe.engines.spark.frames import Addresses, collect_blobs, move_rows, run_stage
from dedupe.engines.spark.reading import count_ranges
from dedupe.engines.spark.sketching import (
    RECORD_COLUMNS,
    SKETCHES,
    Reader,
    TaskSummary,
    read_tasks,
    sketch_rows,
)
from dedupe.engines.spark.tasks import ReadTask, TaskList
from dedupe.model.date_orders import DateColumn
from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.errors import InputError
from dedupe.model.progress import Progress
from dedupe.model.settings import Config
from dedupe.model.sketches import Banding
from dedupe.pipeline.sketching import Collector
from dedupe.sources.cutting import RangeCount

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Keep = Callable[["DataFrame"], "DataFrame"]
"""Keeps a frame on the disks of the executors until the scan is over."""

MOST_READ_PARTITIONS = 4096


class RowSource(msgspec.Struct, frozen=True):
    """A frame whose rows a reader turns into documents."""

    frame: DataFrame
    read: Reader


class RowCorpus:
    """A corpus in data frames that a user has already.

    :ivar sources: frames, each with its reader, which says which documents are references
    """

    def __init__(self, sources: Sequence[RowSource]) -> None:
        self.sources = sources
        self.remarks: list[SkippedDocument | Notice] = []
        self.totals = ReadTotals()


SparkCorpus = TaskList | RowCorpus


class DocumentCounts(msgspec.Struct):
    """Documents and tokens, of references or of all others."""

    documents: int = 0
    tokens: int = 0
    short: int = 0


class SketchedCorpus:
    """A corpus whose sketches are on the disks of the executors.

    :ivar sketches: rows of ``sketching.SKETCHES``
    :ivar records: the same without sets, which most stages do not need
    :ivar totals: how it was read
    :ivar counts: by whether documents are references
    :ivar dates: what dates show of their order
    """

    sketches: DataFrame
    records: DataFrame

    def __init__(self, totals: ReadTotals) -> None:
        self.totals = totals
        self.counts = {True: DocumentCounts(), False: DocumentCounts()}
        self.dates = DateColumn()

    @property
    def document_count(self) -> int:
        return sum(counts.documents for counts in self.counts.values())

    def take(self, summary: TaskSummary, collector: Collector) -> None:
        """Take in what a task tells."""
        counts = self.counts[summary.is_reference]
        counts.documents += summary.document_count
        counts.tokens += summary.token_count
        counts.short += summary.short_count
        self.dates.merge(summary.dates)
        collector.merge(summary.remarks)
        if summary.counts is not None:
            self.totals.add(summary.counts)

    def index_skipped(self, collector: Collector) -> None:
        """Give the locators of skipped documents the sources of the report."""
        for key, locators in collector.skipped_locators.items():
            numbers = np.array([each.source for each in locators], np.int64)
            indices = self.totals.index_sources(numbers).tolist()
            collector.skipped_locators[key] = [
                msgspec.structs.replace(locator, source=index)
                for locator, index in zip(locators, indices, strict=True)
            ]


def sketch_on_spark(
    session: SparkSession,
    corpus: SparkCorpus,
    config: Config,
    banding: Banding,
    keep: Keep,
    collector: Collector,
    progress: Progress,
) -> SketchedCorpus:
    """Read and sketch all documents of a corpus.

    :param collector: gets the remarks
    :raises InputError: if something cannot be read and ``on_error`` is ``fail``
    """
    sketched = SketchedCorpus(corpus.totals)
    for remark in corpus.remarks:
        if isinstance(remark, SkippedDocument):
            collector.skip(remark)
        else:
            collector.notices.append(remark)
    frames = []
    for source in _list_sources(session, corpus, config):
        stage = partial(sketch_rows, read=source.read, config=config, banding=banding)
        sketches = keep(run_stage(source.frame, stage, SKETCHES))
        records = keep(sketches.select("task", "is_reference", *RECORD_COLUMNS))
        frames.append((sketches, records))
        told = records.where("told is not null").select("told").toArrow()["told"].to_pylist()
        summaries: list[TaskSummary] = sorted(map(pickle.loads, told), key=lambda each: each.number)
        if isinstance(corpus, TaskList):
            summaries, forgotten = _forget_parts(corpus, summaries)
            if forgotten:
                sketches, records = (
                    frame.where(~frame["task"].isin(forgotten)) for frame in (sketches, records)
                )
        for summary in summaries:
            if summary.failure:
                raise InputError(summary.failure)
            sketched.take(summary, collector)
        progress.document_count = sketched.document_count
        progress.byte_count = collector.byte_count
        progress.tell()
    sketched.sketches, sketched.records = (
        reduce(lambda one, other: one.union(other), column) for column in zip(*frames, strict=True)
    )
    sketched.index_skipped(collector)
    return sketched


def _forget_parts(
    corpus: TaskList, summaries: Sequence[TaskSummary]
) -> tuple[list[TaskSummary], list[int]]:
    """Without the parts of files that have to be read in one piece, and the tasks of these."""
    for summary in summaries:
        counts = summary.counts
        if summary.failure or (counts is not None and counts.must_be_whole):
            corpus.read_whole(summary.number)
    kept = [each for each in summaries if not corpus.is_forgotten(each.number)]
    forgotten = {each.number for each in summaries if corpus.is_forgotten(each.number)}
    return kept, sorted(forgotten)


def _cut_files(session: SparkSession, corpus: TaskList, config: Config) -> None:
    """Cut the large files of a corpus, if there are any."""
    import pyarrow as pa

    ranges = corpus.ranges
    if not ranges:
        return
    payloads = [msgspec.msgpack.encode(each) for each in ranges]
    table = pa.table([pa.array(payloads, pa.binary())], ["payload"])
    frame = session.createDataFrame(table).repartition(min(len(ranges), MOST_READ_PARTITIONS))
    counts = partial(count_ranges, settings=config.settings)
    found = {
        number: msgspec.msgpack.decode(blob, type=RangeCount)
        for number, blob in collect_blobs(run_stage(frame, counts))
    }
    corpus.cut_files(ranges, [found[number] for number in range(len(ranges))])


def _list_sources(
    session: SparkSession, corpus: SparkCorpus, config: Config
) -> Iterator[RowSource]:
    """The frames of a corpus; each is sketched before the next is asked for."""
    if isinstance(corpus, RowCorpus):
        yield from corpus.sources
        return
    _cut_files(session, corpus, config)
    tasks: Sequence[ReadTask] = corpus.tasks
    read = partial(read_tasks, config=config)
    yield RowSource(_distribute(session, tasks), read)
    while tasks := corpus.next_tasks():
        yield RowSource(_distribute(session, tasks), read)


def _distribute(session: SparkSession, tasks: Sequence[ReadTask]) -> DataFrame:
    """A frame of tasks, spread over its partitions: one in each, unless there are very many."""
    import pyarrow as pa

    count = max(min(len(tasks), MOST_READ_PARTITIONS), 1)
    addresses = Addresses.of_parts(max(len(tasks), 1), count)
    columns = {
        "target": pa.array(addresses.targets[: len(tasks)], pa.int32()),
        "number": pa.array([task.number for task in tasks], pa.int64()),
        "is_reference": pa.array([task.is_reference for task in tasks], pa.bool_()),
        "payload": pa.array([task.payload for task in tasks], pa.binary()),
    }
    return move_rows(session.createDataFrame(pa.table(columns)), addresses)
