"""The stages of a scan on Spark that its report and its tables have in common."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from dedupe.engines.spark.corpora import SketchedCorpus, SparkCorpus, sketch_on_spark
from dedupe.engines.spark.frames import Addresses, collect_blobs, move_rows, run_stage
from dedupe.engines.spark.groups import (
    MOST_BITS,
    FoundRepeats,
    GroupNumbers,
    find_repeats,
    send_hashes,
)
from dedupe.engines.spark.memory import DriverMemory
from dedupe.engines.spark.pairing import (
    COUNTS,
    SAMPLES,
    KeyParts,
    distinct_pairs,
    pair_up,
    send_keys,
)
from dedupe.engines.spark.uncompared import SampledNumbers
from dedupe.engines.spark.verifying import PairVerifier
from dedupe.matching.banding import banding_of
from dedupe.model.kernels import Kernels
from dedupe.model.progress import Progress
from dedupe.model.settings import Config
from dedupe.model.sketches import Banding
from dedupe.pipeline.sketching import Collector

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

DOCUMENTS_PER_PART: Final = 1 << 20
"""About the documents whose keys of one band, or whose hashes, one task sorts."""


@contextmanager
def small_arrow_batches(session: SparkSession) -> Iterator[None]:
    """Let Spark hand few rows at once to Python: a row holds thousands of documents."""
    with _arrow_batches(session, 8):
        yield


@contextmanager
def large_arrow_batches(session: SparkSession) -> Iterator[None]:
    """Let Spark hand many rows at once to Python, where they are single documents or pairs."""
    with _arrow_batches(session, 10_000):
        yield


@contextmanager
def _arrow_batches(session: SparkSession, rows: int) -> Iterator[None]:
    name = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = session.conf.get(name) or ""
    session.conf.set(name, str(rows))
    try:
        yield
    finally:
        session.conf.set(name, before)


class FoundPairs(msgspec.Struct, frozen=True):
    """Candidate pairs on the executors, as blobs of ``uint64``, ``(n, 2)``, and their number.

    :param sampled: a sample of the pairs that capped buckets do not compare
    """

    frame: DataFrame
    pair_count: int
    capped_bucket_count: int
    sampled: SampledNumbers


class Search:
    """The stages of one scan, with what they share.

    :ivar numbers: those of groups; final once :meth:`find_repeats` was called
    """

    def __init__(
        self,
        session: SparkSession,
        partitions: int,
        hash_bits: int,
        config: Config,
        kernels: Kernels,
        progress: Progress,
        stack: ExitStack,
    ) -> None:
        """:param stack: closed when the scan is over; see :class:`SparkEngine` for the others"""
        self.session, self.partitions = session, partitions
        self.config, self.kernels, self.progress = config, kernels, progress
        self.banding: Banding = banding_of(config)
        self.numbers = GroupNumbers(MOST_BITS)
        self.memory = DriverMemory.of_session(session)
        self._hash_bits = hash_bits
        self._stack = stack

    def sketch(self, corpus: SparkCorpus, collector: Collector) -> SketchedCorpus:
        """Read and sketch all documents; the collector gets the remarks."""
        self.describe("read and sketch")
        return sketch_on_spark(
            self.session, corpus, self.config, self.banding, self.keep, collector, self.progress
        )

    def describe(self, stage: str) -> None:
        """Name the jobs that follow, for whoever looks at Spark's pages."""
        self.session.sparkContext.setJobDescription(f"dedupe: {stage}")

    def keep(self, frame: DataFrame) -> DataFrame:
        """The frame, kept on the disks of the executors until the scan is over."""
        from pyspark import StorageLevel

        kept = frame.persist(StorageLevel.DISK_ONLY)
        self._stack.callback(kept.unpersist)
        return kept

    def _ranges(self, document_count: int) -> int:
        """In how many ranges values of all documents are sorted."""
        return document_count // DOCUMENTS_PER_PART + 1

    def find_repeats(self, sketched: SketchedCorpus) -> FoundRepeats:
        """Groups with copies and repeated ids; from here on numbers of groups are known."""
        numbers = GroupNumbers.for_documents(sketched.document_count)
        if self._hash_bits:
            numbers = GroupNumbers(self._hash_bits)
        while (repeats := self._number_groups(sketched, numbers)).overflows:
            if numbers.bits == MOST_BITS:
                raise OverflowError("token hashes at the end of a range are equal in 63 bits")
            numbers = GroupNumbers(min(numbers.bits + 8, MOST_BITS))
        self.numbers = msgspec.structs.replace(numbers, moved=repeats.moved)
        return repeats

    def _number_groups(self, sketched: SketchedCorpus, numbers: GroupNumbers) -> FoundRepeats:
        count = max(self._ranges(sketched.document_count), min(self.partitions, 8))
        addresses = Addresses.of_parts(2 * count)
        send = partial(send_hashes, numbers=numbers, addresses=addresses)
        columns = sketched.records.select("halves", "lows", "id_hashes")
        moved = move_rows(run_stage(columns, send), addresses)
        find = partial(find_repeats, numbers=numbers, part_count=len(addresses))
        found = [pickle.loads(blob) for _, blob in collect_blobs(run_stage(moved, find))]
        return FoundRepeats.join(found)

    def pair_groups(self, sketched: SketchedCorpus, group_count: int) -> FoundPairs:
        """Candidate pairs before the filters, each once, on the disks of the executors."""
        bands, count = self.banding.bands, sketched.document_count
        parts = KeyParts(bands, max(self._ranges(count), self.partitions // bands))
        partitions = max(self.partitions, bands * count // DOCUMENTS_PER_PART)
        addresses = Addresses.of_parts(len(parts), partitions)
        send = partial(send_keys, numbers=self.numbers, parts=parts, addresses=addresses)
        columns = sketched.records.select("is_reference", "halves", "lows", "keys")
        keys = move_rows(run_stage(columns, send), addresses)
        pair_parts = max(self._ranges(count), self.partitions)
        to_pairs = Addresses.of_parts(pair_parts + 2, pair_parts)
        pair = partial(
            pair_up,
            max_bucket=self.config.max_bucket,
            has_references=sketched.counts[True].documents > 0,
            width=self.numbers.width,
            addresses=to_pairs,
            group_count=group_count,
        )
        made = move_rows(run_stage(keys, pair), to_pairs)
        drop = partial(distinct_pairs, pair_parts=pair_parts, width=self.numbers.width)
        distinct = self.keep(run_stage(made, drop))
        told = [(part, bytes(blob)) for part, blob in collect_blobs(distinct.where("part < 0"))]
        counts = [np.frombuffer(blob, np.int64) for part, blob in told if part == COUNTS]
        pair_count, capped_count = np.stack([np.zeros(2, np.int64), *counts]).sum(axis=0).tolist()
        sampled = SampledNumbers.read([blob for part, blob in told if part == SAMPLES])
        return FoundPairs(distinct.where("part >= 0"), pair_count, capped_count, sampled)

    def verifier(self, sketched: SketchedCorpus) -> PairVerifier:
        """What verifies pairs of the groups of a corpus."""
        return PairVerifier(
            sketched.sketches, sketched.records, self.numbers, self.kernels, self.partitions
        )
