"""The engine on Spark: the stages of a scan, one after another, over data frames of blobs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.corpora import SketchedCorpus, SparkCorpus, sketch_on_spark
from dedupe.engines.spark.documents import collect_documents, find_used_ids
from dedupe.engines.spark.failures import tell_failures
from dedupe.engines.spark.frames import Addresses, collect_blobs, move_rows, run_stage
from dedupe.engines.spark.groups import (
    MOST_BITS,
    FoundRepeats,
    GroupNumbers,
    find_repeats,
    send_hashes,
)
from dedupe.engines.spark.memory import DOCUMENT_BYTES, PAIR_BYTES, SENT_PAIR_BYTES, DriverMemory
from dedupe.engines.spark.pairing import (
    COUNTS,
    SAMPLES,
    KeyParts,
    distinct_pairs,
    pair_up,
    send_keys,
)
from dedupe.engines.spark.session import check_config
from dedupe.engines.spark.shingles import HASHES_PER_JOB, SparkShingles, count_standing
from dedupe.engines.spark.tasks import list_tasks
from dedupe.engines.spark.uncompared import SampledNumbers, part_hidden
from dedupe.engines.spark.verifying import Leads, verify_on_spark
from dedupe.matching.banding import banding_of
from dedupe.matching.collapse import Collapsed, collapse_documents
from dedupe.matching.cuts import find_cut_pairs, sample_mask
from dedupe.matching.dates import needs_dates
from dedupe.matching.matches import Matches
from dedupe.matching.verification import Verifier
from dedupe.model.date_orders import DateOrder
from dedupe.model.kernels import Kernels
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.progress import Progress
from dedupe.model.settings import Config
from dedupe.model.sketches import Banding
from dedupe.pipeline.engine import EngineRun, EngineSummary, OpenedCorpus
from dedupe.pipeline.sketching import Collector
from dedupe.store.document_marks import ScannedTexts
from dedupe.store.documents import Documents
from dedupe.store.resources import Resources
from dedupe.store.work_folder import WorkFolder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

DOCUMENTS_PER_PART: Final = 1 << 20
"""About the documents whose keys of one band, or whose hashes, one task sorts."""


class SparkEngine:
    """An ``Engine`` that runs the stages of a scan on Spark, with the result of a local scan.

    :param session: a session whose executors have this package installed
    :param partitions: about the tasks of a stage (0: twice what Spark runs at once)
    """

    def __init__(self, session: SparkSession, partitions: int = 0, *, hash_bits: int = 0) -> None:
        """:param hash_bits: bits of token hashes that name groups (0: as many as are needed)"""
        self.session = session
        self.partitions = partitions or 2 * session.sparkContext.defaultParallelism
        self.hash_bits = hash_bits

    def open(self, paths: Sequence[str], against: Sequence[str], config: Config) -> OpenedCorpus:
        """Find the files below some paths; see :class:`dedupe.pipeline.engine.PathEngine`.

        :raises ConfigError: if a setting asks for what needs one machine
        :raises InputError: if a path is standard input or a pipe
        """
        check_config(config)
        corpus = list_tasks(paths, against, config.settings)
        return OpenedCorpus(corpus, corpus.origin())

    @contextmanager
    def __call__(
        self,
        corpus: SparkCorpus,
        config: Config,
        kernels: Kernels,
        progress: Progress,
        scanned: ScannedTexts | None = None,
    ) -> Iterator[EngineRun]:
        """Read, sketch and compare on the executors; see :class:`dedupe.pipeline.engine.Engine`.

        :raises ConfigError: if no banding reaches the recall, or something needs one machine
        :raises InputError: if something cannot be read and ``on_error`` is ``fail``
        :raises EngineError: if Spark fails
        :raises DriverMemoryError: if the driver could not hold what the report says
        :raises ValueError: if ``scanned`` is given: a gate needs all documents in one place
        """
        if scanned is not None:
            raise ValueError("the engine on Spark cannot tell a gate what was read")
        check_config(config)
        with tell_failures(), ExitStack() as stack:
            work = stack.enter_context(WorkFolder(config.work_dir))
            stack.enter_context(small_arrow_batches(self.session))
            stack.callback(self.session.sparkContext.setJobDescription, "")
            search = _Search(self, config, kernels, progress, stack)
            yield search.run(corpus, Documents(work, num_perm=1), work)


@contextmanager
def small_arrow_batches(session: SparkSession) -> Iterator[None]:
    """Let Spark hand few rows at once to Python: a row holds thousands of documents."""
    name = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = session.conf.get(name) or ""
    session.conf.set(name, "8")
    try:
        yield
    finally:
        session.conf.set(name, before)


class _Search:
    """The stages of one scan, with what they share."""

    def __init__(
        self,
        engine: SparkEngine,
        config: Config,
        kernels: Kernels,
        progress: Progress,
        stack: ExitStack,
    ) -> None:
        self._session, self._partitions = engine.session, engine.partitions
        self._config, self._kernels, self._progress = config, kernels, progress
        self._banding: Banding = banding_of(config)
        self._hash_bits = engine.hash_bits
        self._numbers = GroupNumbers(MOST_BITS)
        self._memory = DriverMemory.of_session(engine.session)
        self._stack = stack

    def run(self, corpus: SparkCorpus, documents: Documents, work: WorkFolder) -> EngineRun:
        """All stages; ``documents`` is filled with those that a report may speak of."""
        config, progress = self._config, self._progress
        collector = Collector(documents=documents, fails_on_skip=config.on_error == "fail")
        self._describe("read and sketch")
        sketched = sketch_on_spark(
            self._session, corpus, config, self._banding, self._keep, collector, progress
        )
        progress.enter("comparing")
        self._describe("find copies and repeated ids")
        repeats = self._find_repeats(sketched)
        self._describe("find candidate pairs")
        pairs, capped_count, sampled = self._find_pairs(sketched, repeats.group_count)
        progress.enter("verifying")
        self._describe("verify pairs")
        uncompared = sampled.leave_out(pairs)
        groups, verified = self._verify(sketched, uncompared.join(pairs), config.threshold)
        hidden = None
        if capped_count:
            self._describe("judge capped buckets")
            verified, hidden = part_hidden(
                sampled, uncompared, groups, verified, sketched.records, self._numbers
            )
        self._describe("fetch documents")
        matches = self._match(sketched, documents, repeats, groups, verified)
        matches = msgspec.structs.replace(
            matches,
            candidate_pair_count=len(pairs),
            capped_bucket_count=capped_count,
            hidden=hidden,
        )
        repeated = collector.finish(find_used_ids(sketched.records))
        new, references = sketched.counts[False], sketched.counts[True]
        summary = EngineSummary(
            remarks=collector.remarks(),
            banding=self._banding,
            distinct_count=repeats.group_count,
            candidate_pair_count=len(pairs),
            capped_bucket_count=capped_count,
            document_count=new.documents,
            token_count=new.tokens,
            short_count=new.short,
            reference_count=references.documents,
            reference_token_count=references.tokens,
            repeated=repeated,
        )

        def learn_orders(keep: Sequence[str]) -> dict[str, tuple[DateOrder, ...]]:
            return sketched.dates.orders() if needs_dates(keep) else {}

        return EngineRun(
            matches,
            summary,
            learn_orders,
            resources=Resources(self._kernels, work, progress=progress),
            hashes_at_once=HASHES_PER_JOB,
        )

    def _describe(self, stage: str) -> None:
        """Name the jobs that follow, for whoever looks at Spark's pages."""
        self._session.sparkContext.setJobDescription(f"dedupe: {stage}")

    def _keep(self, frame: DataFrame) -> DataFrame:
        """The frame, kept on the disks of the executors until the scan is over."""
        from pyspark import StorageLevel

        kept = frame.persist(StorageLevel.DISK_ONLY)
        self._stack.callback(kept.unpersist)
        return kept

    def _ranges(self, document_count: int) -> int:
        """In how many ranges values of all documents are sorted."""
        return document_count // DOCUMENTS_PER_PART + 1

    def _find_repeats(self, sketched: SketchedCorpus) -> FoundRepeats:
        """Groups with copies and repeated ids; from here on numbers of groups are known."""
        numbers = GroupNumbers.for_documents(sketched.document_count)
        if self._hash_bits:
            numbers = GroupNumbers(self._hash_bits)
        while (repeats := self._number_groups(sketched, numbers)).overflows:
            if numbers.bits == MOST_BITS:
                raise OverflowError("token hashes at the end of a range are equal in 63 bits")
            numbers = GroupNumbers(min(numbers.bits + 8, MOST_BITS))
        self._numbers = msgspec.structs.replace(numbers, moved=repeats.moved)
        return repeats

    def _number_groups(self, sketched: SketchedCorpus, numbers: GroupNumbers) -> FoundRepeats:
        count = max(self._ranges(sketched.document_count), min(self._partitions, 8))
        addresses = Addresses.of_parts(2 * count)
        send = partial(send_hashes, numbers=numbers, addresses=addresses)
        columns = sketched.records.select("halves", "lows", "id_hashes")
        moved = move_rows(run_stage(columns, send), addresses)
        find = partial(find_repeats, numbers=numbers, part_count=len(addresses))
        found = [pickle.loads(blob) for _, blob in collect_blobs(run_stage(moved, find))]
        return FoundRepeats.join(found)

    def _find_pairs(
        self, sketched: SketchedCorpus, group_count: int
    ) -> tuple[NDArray[np.uint64], int, SampledNumbers]:
        """Candidate pairs, before the filters, the number of capped buckets, and pairs of these."""
        bands, count = self._banding.bands, sketched.document_count
        parts = KeyParts(bands, max(self._ranges(count), self._partitions // bands))
        partitions = max(self._partitions, bands * count // DOCUMENTS_PER_PART)
        addresses = Addresses.of_parts(len(parts), partitions)
        send = partial(send_keys, numbers=self._numbers, parts=parts, addresses=addresses)
        columns = sketched.records.select("is_reference", "halves", "lows", "keys")
        keys = move_rows(run_stage(columns, send), addresses)
        pair_parts = max(self._ranges(count), self._partitions)
        to_pairs = Addresses.of_parts(pair_parts + 2, pair_parts)
        pair = partial(
            pair_up,
            max_bucket=self._config.max_bucket,
            has_references=sketched.counts[True].documents > 0,
            width=self._numbers.width,
            addresses=to_pairs,
            group_count=group_count,
        )
        made = move_rows(run_stage(keys, pair), to_pairs)
        drop = partial(distinct_pairs, pair_parts=pair_parts, width=self._numbers.width)
        distinct = self._keep(run_stage(made, drop))
        told = [(part, bytes(blob)) for part, blob in collect_blobs(distinct.where("part < 0"))]
        counts = [np.frombuffer(blob, np.int64) for part, blob in told if part == COUNTS]
        counts.append(np.zeros(2, np.int64))
        sampled = SampledNumbers.read([blob for part, blob in told if part == SAMPLES])
        pair_count, capped_count = np.stack(counts).sum(axis=0).tolist()
        what = f"{pair_count:,} candidate pairs"
        self._memory.check(what, PAIR_BYTES * pair_count, SENT_PAIR_BYTES * pair_count)
        blobs = [
            np.frombuffer(blob, np.uint64) for _, blob in collect_blobs(distinct.where("part >= 0"))
        ]
        pairs = np.concatenate([np.empty(0, np.uint64), *blobs]).reshape(-1, 2)
        return pairs, capped_count, sampled

    def _verify(
        self,
        sketched: SketchedCorpus,
        pairs: NDArray[np.uint64],
        threshold: float,
        uses_estimate: bool = True,
    ) -> tuple[NDArray[np.uint64], VerifiedPairs]:
        return verify_on_spark(
            sketched.sketches,
            sketched.records,
            self._numbers,
            pairs,
            threshold,
            self._banding.minimum_equal if uses_estimate else 0,
            self._kernels,
            self._partitions,
        )

    def _match(
        self,
        sketched: SketchedCorpus,
        documents: Documents,
        repeats: FoundRepeats,
        groups: NDArray[np.uint64],
        verified: VerifiedPairs,
    ) -> Matches:
        """The pairs over the groups of the documents that a report may speak of."""
        ends = np.zeros(len(groups), bool)
        ends[verified.left] = ends[verified.right] = True
        wanted = np.union1d(groups[ends], repeats.copied)
        count = len(wanted) + len(repeats.repeated)
        self._memory.check(f"{count:,} documents", DOCUMENT_BYTES * count, DOCUMENT_BYTES * count)
        columns = collect_documents(
            sketched.records, self._numbers, wanted, repeats.repeated, documents, sketched.totals
        )
        collapsed = collapse_documents(documents)
        known = _number_groups(collapsed, self._numbers)
        leads = collapsed.leads
        sending = Leads(known, columns.id_hashes[leads], columns.shingle_counts[leads])
        places = np.searchsorted(known, groups)
        pairs = msgspec.structs.replace(
            verified, left=places[verified.left], right=places[verified.right]
        )

        shingles = SparkShingles(sketched.sketches, self._numbers, sending)
        mask = sample_mask(repeats.group_count)
        standing = partial(count_standing, sketched.sketches, self._numbers, mask)
        verifier = Verifier(shingles, len(collapsed), self._kernels, hashes_per_job=HASHES_PER_JOB)

        def count_pairs(left: NDArray[np.int32], right: NDArray[np.int32]) -> VerifiedPairs:
            self._describe("count linked members")
            asked = np.stack([known[left], known[right]], axis=1)
            among, counted = self._verify(sketched, asked, 0.0, uses_estimate=False)
            at = np.searchsorted(known, among)
            return msgspec.structs.replace(counted, left=at[counted.left], right=at[counted.right])

        return Matches(
            collapsed=collapsed,
            pairs=pairs,
            banding=self._banding,
            candidate_pair_count=0,
            capped_bucket_count=0,
            count_pairs=count_pairs,
            count_distinct=lambda asked: columns.distinct_counts[leads[asked]],
            find_cut=lambda asked: find_cut_pairs(verifier, asked, standing),
            shingles=shingles,
        )


def _number_groups(collapsed: Collapsed, numbers: GroupNumbers) -> NDArray[np.uint64]:
    """The number of each group, as Spark knows it; they ascend."""
    high, low = collapsed.documents.token_hashes[collapsed.leads].T
    return numbers.number(high, low)
