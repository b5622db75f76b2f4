"""The engine on Spark: the stages of a scan, one after another, over data frames of blobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.corpora import SketchedCorpus, SparkCorpus
from dedupe.engines.spark.documents import collect_documents, find_used_ids
from dedupe.engines.spark.failures import tell_failures
from dedupe.engines.spark.frames import collect_blobs
from dedupe.engines.spark.groups import FoundRepeats, GroupNumbers
from dedupe.engines.spark.memory import DOCUMENT_BYTES, PAIR_BYTES, SENT_PAIR_BYTES
from dedupe.engines.spark.search import FoundPairs, Search, small_arrow_batches
from dedupe.engines.spark.session import check_config
from dedupe.engines.spark.shingles import HASHES_PER_JOB, SparkShingles, count_standing
from dedupe.engines.spark.table_scan import TableCounts, scan_into_tables
from dedupe.engines.spark.tables import SparkTables
from dedupe.engines.spark.tasks import list_tasks
from dedupe.engines.spark.uncompared import part_hidden
from dedupe.engines.spark.verifying import Leads
from dedupe.matching.collapse import Collapsed, collapse_documents
from dedupe.matching.cuts import find_cut_pairs, sample_mask
from dedupe.matching.dates import needs_dates
from dedupe.matching.matches import Matches
from dedupe.matching.verification import Verifier
from dedupe.model.date_orders import DateOrder
from dedupe.model.kernels import Kernels
from dedupe.model.pairs import HiddenPairs, VerifiedPairs
from dedupe.model.progress import Progress
from dedupe.model.settings import Config
from dedupe.pipeline.engine import EngineRun, EngineSummary, OpenedCorpus
from dedupe.pipeline.sketching import Collector
from dedupe.sources.origin import CorpusOrigin
from dedupe.store.document_marks import ScannedTexts
from dedupe.store.documents import Documents
from dedupe.store.resources import Resources
from dedupe.store.work_folder import WorkFolder

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


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
            search = self._begin(config, kernels, progress, stack)
            yield _run(search, corpus, Documents(work, num_perm=1), work)

    def write_tables(
        self,
        corpus: SparkCorpus,
        config: Config,
        tables: SparkTables,
        *,
        kernels: Kernels,
        progress: Progress,
        origin: CorpusOrigin,
    ) -> TableCounts:
        """Scan, and write tables in place of a report: pairs and clusters stay on the executors.

        :raises ConfigError: if a setting asks for what tables alone cannot tell
        :raises EngineError: if Spark fails
        :raises InputError: if something cannot be read and ``on_error`` is ``fail``
        """
        check_config(config, tables_alone=True)
        with tell_failures(), ExitStack() as stack:
            search = self._begin(config, kernels, progress, stack)
            return scan_into_tables(search, corpus, tables, origin)

    def _begin(
        self, config: Config, kernels: Kernels, progress: Progress, stack: ExitStack
    ) -> Search:
        stack.enter_context(small_arrow_batches(self.session))
        stack.callback(self.session.sparkContext.setJobDescription, "")
        return Search(
            self.session, self.partitions, self.hash_bits, config, kernels, progress, stack
        )


def _run(search: Search, corpus: SparkCorpus, documents: Documents, work: WorkFolder) -> EngineRun:
    """All stages; ``documents`` is filled with those that a report may speak of."""
    config, progress = search.config, search.progress
    collector = Collector(documents=documents, fails_on_skip=config.on_error == "fail")
    sketched = search.sketch(corpus, collector)
    progress.enter("comparing")
    search.describe("find copies and repeated ids")
    repeats = search.find_repeats(sketched)
    search.describe("find candidate pairs")
    found = search.pair_groups(sketched, repeats.group_count)
    pairs = _collect_pairs(search, found)
    progress.enter("verifying")
    groups, verified, hidden = _verify(search, sketched, found, pairs)
    search.describe("fetch documents")
    matches = _match(search, sketched, documents, repeats, groups, verified)
    matches = msgspec.structs.replace(
        matches,
        candidate_pair_count=found.pair_count,
        capped_bucket_count=found.capped_bucket_count,
        hidden=hidden,
    )
    repeated = collector.finish(find_used_ids(sketched.records))
    new, references = sketched.counts[False], sketched.counts[True]
    summary = EngineSummary(
        remarks=collector.remarks(),
        banding=search.banding,
        distinct_count=repeats.group_count,
        candidate_pair_count=found.pair_count,
        capped_bucket_count=found.capped_bucket_count,
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
        resources=Resources(search.kernels, work, progress=progress),
        hashes_at_once=HASHES_PER_JOB,
    )


def _collect_pairs(search: Search, found: FoundPairs) -> NDArray[np.uint64]:
    """The candidate pairs, on the driver: numbers of groups, ``(n, 2)``."""
    count, what = found.pair_count, f"{found.pair_count:,} candidate pairs"
    search.memory.check(what, PAIR_BYTES * count, SENT_PAIR_BYTES * count)
    blobs = [np.frombuffer(blob, np.uint64) for _, blob in collect_blobs(found.frame)]
    return np.concatenate([np.empty(0, np.uint64), *blobs]).reshape(-1, 2)


def _verify(
    search: Search, sketched: SketchedCorpus, found: FoundPairs, pairs: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], VerifiedPairs, HiddenPairs | None]:
    """The duplicates among the candidates, over positions in groups, and those that are hidden."""
    uncompared = found.sampled.leave_out(pairs)
    search.describe("verify pairs")
    groups, verified = search.verifier(sketched).collect(
        uncompared.join(pairs), search.config.threshold, search.banding.minimum_equal
    )
    if not found.capped_bucket_count:
        return groups, verified, None
    search.describe("judge capped buckets")
    verified, hidden = part_hidden(
        found.sampled, uncompared, groups, verified, sketched.records, search.numbers
    )
    return groups, verified, hidden


def _match(
    search: Search,
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
    search.memory.check(f"{count:,} documents", DOCUMENT_BYTES * count, DOCUMENT_BYTES * count)
    columns = collect_documents(
        sketched.records, search.numbers, wanted, repeats.repeated, documents, sketched.totals
    )
    collapsed = collapse_documents(documents)
    known = _number_groups(collapsed, search.numbers)
    leads = collapsed.leads
    sending = Leads(known, columns.id_hashes[leads], columns.shingle_counts[leads])
    places = np.searchsorted(known, groups)
    pairs = msgspec.structs.replace(
        verified, left=places[verified.left], right=places[verified.right]
    )

    shingles = SparkShingles(sketched.sketches, search.numbers, sending)
    mask = sample_mask(repeats.group_count)
    standing = partial(count_standing, sketched.sketches, search.numbers, mask)
    cutter = Verifier(shingles, len(collapsed), search.kernels, hashes_per_job=HASHES_PER_JOB)

    def count_pairs(left: NDArray[np.int32], right: NDArray[np.int32]) -> VerifiedPairs:
        search.describe("count linked members")
        asked = np.stack([known[left], known[right]], axis=1)
        among, counted = search.verifier(sketched).collect(asked, 0.0, 0)
        at = np.searchsorted(known, among)
        return msgspec.structs.replace(counted, left=at[counted.left], right=at[counted.right])

    return Matches(
        collapsed=collapsed,
        pairs=pairs,
        banding=search.banding,
        candidate_pair_count=0,
        capped_bucket_count=0,
        count_pairs=count_pairs,
        count_distinct=lambda asked: columns.distinct_counts[leads[asked]],
        find_cut=lambda asked: find_cut_pairs(cutter, asked, standing),
        shingles=shingles,
    )


def _number_groups(collapsed: Collapsed, numbers: GroupNumbers) -> NDArray[np.uint64]:
    """The number of each group, as Spark knows it; they ascend."""
    high, low = collapsed.documents.token_hashes[collapsed.leads].T
    return numbers.number(high, low)
