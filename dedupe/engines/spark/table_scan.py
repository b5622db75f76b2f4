"""A scan whose result is tables alone, for corpora whose report no driver could hold.

Pairs, clusters and documents stay on the executors. The driver plans the verification of a bounded
part of the candidate pairs at once; it holds one number of each group with copies, the documents
whose ids occur more than once, and the skipped ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.corpora import SketchedCorpus, SparkCorpus
from dedupe.engines.spark.documents import collect_documents, find_used_ids
from dedupe.engines.spark.frames import Outbox, collect_blobs, make_rows, read_blobs, run_stage
from dedupe.engines.spark.grouping import (
    ARRANGED_ROWS,
    CLUSTER_ROWS,
    DOCUMENT_ROWS,
    arrange_rows,
    list_documents,
    name_clusters,
)
from dedupe.engines.spark.groups import FoundRepeats
from dedupe.engines.spark.memory import DOCUMENT_BYTES, PAIR_BYTES, SENT_PAIR_BYTES
from dedupe.engines.spark.rounds import join_leads
from dedupe.engines.spark.search import FoundPairs, Search, large_arrow_batches
from dedupe.engines.spark.staging import StagedFrames
from dedupe.engines.spark.table_content import CutFinder, sum_scores
from dedupe.engines.spark.table_rows import member_rows, own_documents, pair_rows
from dedupe.engines.spark.tables import SparkTables
from dedupe.engines.spark.verifying import EDGES
from dedupe.matching.dates import needs_dates
from dedupe.model.documents import SkippedDocument
from dedupe.model.errors import InputError
from dedupe.pipeline.sketching import Collector
from dedupe.report.tables import skipped_rows
from dedupe.sources.origin import CorpusOrigin
from dedupe.store.documents import Documents
from dedupe.store.sketches import Remarks
from dedupe.store.work_folder import WorkFolder

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

PAIRS_AT_ONCE: Final = 1 << 22
"""The candidate pairs that the driver plans at once, at most: every task gets a list of their
groups, some 40 bytes each."""

_BIN_BITS: Final = 12


class TableCounts(msgspec.Struct, frozen=True):
    """What tables hold, in numbers.

    :param document_count: documents of the corpus, without references
    :param skipped: in the order of the report
    """

    document_count: int
    cluster_count: int
    member_count: int
    pair_count: int
    skipped: tuple[SkippedDocument, ...]


class FoundTables(msgspec.Struct, frozen=True):
    """The rows of tables, and what the driver knows of the scan.

    :param remarks: among them the skipped documents
    """

    pairs: DataFrame
    members: DataFrame
    document_count: int
    cluster_count: int
    remarks: Remarks


def find_tables(
    search: Search,
    corpus: SparkCorpus,
    origin: CorpusOrigin,
    staged: StagedFrames,
    stack: ExitStack,
) -> FoundTables:
    """All stages from a corpus to the rows of its tables, those of a local scan.

    :raises InputError: if no document could be read, or no reference document of those named
    """
    config = search.config
    work = stack.enter_context(WorkFolder(config.work_dir))
    documents = Documents(work, num_perm=1)
    collector = Collector(documents=documents, fails_on_skip=config.on_error == "fail")
    sketched = search.sketch(corpus, collector)
    _check_anything_read(sketched, collector, origin)
    search.progress.enter("comparing")
    search.describe("find copies and repeated ids")
    repeats = search.find_repeats(sketched)
    search.describe("find candidate pairs")
    found = search.pair_groups(sketched, repeats.group_count)
    search.progress.enter("verifying")
    search.describe("verify pairs")
    finder = CutFinder(search, sketched, repeats.group_count)
    edges, cuts = _keep_edges(finder, found, staged)
    scores = sum_scores(search, edges, cuts, staged)
    search.describe("list documents")
    renamed = _rename_repeated(search, sketched, repeats, collector)
    listed = _keep_documents(search, sketched, repeats, scores, renamed, staged)
    search.progress.enter("reporting")
    search.describe("order documents")
    dates = sketched.dates.orders() if needs_dates(config.keep) else {}
    arrange = partial(arrange_rows, keep=config.keep, date_orders=dates)
    with large_arrow_batches(search.session):
        sorted_rows = listed.repartition("group").sortWithinPartitions("group")
        arranged = staged.keep("arranged", run_stage(sorted_rows, arrange, ARRANGED_ROWS))
        search.describe("find clusters by rounds")
        joined = join_leads(staged, _link(arranged, edges, staged), search.memory)
        owned = staged.keep("owned", own_documents(arranged, joined))
        ids = owned.select("owner", "id").repartition("owner")
        named = run_stage(ids.sortWithinPartitions("owner", "id"), name_clusters, CLUSTER_ROWS)
        clusters = staged.keep("clusters", named)
    return FoundTables(
        pair_rows(owned, edges, clusters),
        member_rows(owned, clusters, config.threshold),
        sketched.counts[False].documents,
        clusters.count(),
        collector.remarks(),
    )


# --- pairs --------------------------------------------------------------------------------


def _keep_edges(
    finder: CutFinder, found: FoundPairs, staged: StagedFrames
) -> tuple[DataFrame, DataFrame]:
    """The pairs that reach the threshold, as rows of ``EDGES``; the candidates part by part.

    And those of them of which one document is a cut copy, where a keep rule asks.
    """
    search, names = finder.search, ["edges"]
    schema = ", ".join(f"{name} long" for name in EDGES)
    none = [np.empty(0, np.int64) for _ in EDGES]
    none_found = search.session.createDataFrame(_edge_table(none))
    staged.append("edges", none_found)
    staged.append("cuts", none_found.select("left", "right"))
    verifier = search.verifier(finder.sketched)
    for begin, end in _cut_pairs(search, found):
        choose = partial(choose_pairs, begin=begin, end=end)
        chosen = collect_blobs(run_stage(found.frame, choose))
        blobs = [np.frombuffer(blob, np.uint64) for _, blob in chosen]
        pairs = np.concatenate([np.empty(0, np.uint64), *blobs]).reshape(-1, 2)
        if len(pairs):
            minimum = search.banding.minimum_equal
            verified = verifier.verify(pairs, search.config.threshold, minimum)
            names.append(f"edges-{len(names)}")
            edges = staged.keep(names[-1], run_stage(verified, list_edges, schema))
            for cuts in finder.find(edges) if "content" in search.config.keep else ():
                staged.append("cuts", search.session.createDataFrame(cuts))
    return staged.read(names), staged.read(["cuts"])


def _cut_pairs(search: Search, found: FoundPairs) -> Iterator[tuple[int, int]]:
    """Ranges of groups whose pairs, by their left groups, the driver can plan at once.

    :raises DriverMemoryError: if it cannot hold those of one small range
    """
    memory, shift = search.memory, max(search.numbers.bits - _BIN_BITS, 0)
    counted = collect_blobs(run_stage(found.frame, partial(count_lefts, shift=shift)))
    counts = np.zeros(1 << _BIN_BITS, np.int64)
    for _, blob in counted:
        counts += np.frombuffer(blob, np.int64)
    most = min(PAIRS_AT_ONCE, *(
        size // each
        for size, each in ((memory.process, PAIR_BYTES), (memory.results, SENT_PAIR_BYTES))
        if size
    ))  # fmt: skip
    begin = held = 0
    for number, count in enumerate(counts.tolist()):
        if held and held + count > most:
            yield begin << shift, number << shift
            begin, held = number, 0
        held += count
        what = f"{held:,} candidate pairs"
        memory.check(what, PAIR_BYTES * held, SENT_PAIR_BYTES * held)
    yield begin << shift, 1 << 63


def count_lefts(batches: Iterator[pa.RecordBatch], shift: int) -> Iterator[pa.RecordBatch]:
    """How many pairs have their left group in each of the ranges of 2ᵇ numbers."""
    counts = np.zeros(1 << _BIN_BITS, np.int64)
    for _, blob in read_blobs(batches):
        bins = np.frombuffer(blob, np.uint64)[::2] >> np.uint64(shift)
        bins = np.minimum(bins, len(counts) - 1).astype(np.int64)
        counts += np.bincount(bins, minlength=len(counts))
    yield make_rows([0], [counts.tobytes()])


def choose_pairs(
    batches: Iterator[pa.RecordBatch], begin: int, end: int
) -> Iterator[pa.RecordBatch]:
    """The pairs whose left group is in a range of numbers."""
    outbox = Outbox()
    for _, blob in read_blobs(batches):
        pairs = np.frombuffer(blob, np.uint64).reshape(-1, 2)
        left = pairs[:, 0]
        outbox.put(0, pairs[(left >= np.uint64(begin)) & (left < np.uint64(end))].tobytes())
        yield from outbox.flush_full()
    yield from outbox.flush()


def list_edges(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Blobs of the columns ``EDGES`` as rows."""
    for _, blob in read_blobs(batches):
        columns = [*np.frombuffer(blob, np.int64).reshape(len(EDGES), -1)]
        yield from _edge_table(columns).to_batches()


def _edge_table(columns: Sequence[NDArray[np.int64]]) -> pa.Table:
    import pyarrow as pa

    return pa.table([pa.array(column) for column in columns], EDGES)


# --- documents ----------------------------------------------------------------------------


def _rename_repeated(
    search: Search, sketched: SketchedCorpus, repeats: FoundRepeats, collector: Collector
) -> DataFrame:
    """The new ids of documents whose ids occur more than once: ``document`` and ``new_id``."""
    import pyarrow as pa

    count = len(repeats.repeated)
    search.memory.check(f"{count:,} repeated ids", DOCUMENT_BYTES * count, DOCUMENT_BYTES * count)
    columns = collect_documents(
        sketched.records,
        search.numbers,
        np.empty(0, np.uint64),
        repeats.repeated,
        collector.documents,
        sketched.totals,
    )
    collector.finish(find_used_ids(sketched.records))
    renamed = collector.documents.identities.renamed
    places = columns.places[np.array([*renamed], np.int64)]
    ids = [id.encode("utf-8", "surrogatepass") for id in renamed.values()]
    table = pa.table([pa.array(places), pa.array(ids, pa.binary())], ["document", "new_id"])
    return search.session.createDataFrame(table)


def _keep_documents(
    search: Search,
    sketched: SketchedCorpus,
    repeats: FoundRepeats,
    scores: DataFrame,
    renamed: DataFrame,
    staged: StagedFrames,
) -> DataFrame:
    """The documents of groups with pairs or copies: ``DOCUMENT_ROWS`` and sums over pairs.

    :param scores: ``table_content.SCORE_ROWS``
    """
    import pyarrow as pa
    from pyspark.sql.functions import coalesce, col

    copied = pa.table([pa.array(repeats.copied.view(np.int64))], ["group"])
    wanted = search.session.createDataFrame(copied)
    wanted = wanted.selectExpr("group", "0L as pair_count", "0L as score").union(scores)
    wanted = wanted.groupBy("group").sum("pair_count", "score")
    wanted = wanted.toDF("group", "pair_count", "score")
    listed = run_stage(
        sketched.records, partial(list_documents, numbers=search.numbers), DOCUMENT_ROWS
    )
    found = listed.join(wanted, "group").join(renamed, "document", "left")
    found = found.withColumn("id", coalesce(col("new_id"), col("id")))
    names = [column.split()[0] for column in DOCUMENT_ROWS.split(", ")]
    return staged.keep("documents", found.select(*names, "pair_count", "score"))


def _link(arranged: DataFrame, edges: DataFrame, staged: StagedFrames) -> DataFrame:
    """The pairs that may join clusters, ``rounds.LINK_ROWS``: all but those of two references."""
    from pyspark.sql.functions import col, monotonically_increasing_id

    leads = arranged.where("key is not null").select("group", "is_reference", "key")
    ranked = leads.orderBy("key").withColumn("rank", monotonically_increasing_id()).drop("key")
    ranks = staged.keep("ranks", ranked)
    left = ranks.toDF("left_group", "left_reference", "left_rank")
    right = ranks.toDF("right_group", "right_reference", "right_rank")
    links = edges.join(left, col("left") == col("left_group"))
    links = links.join(right, col("right") == col("right_group"))
    links = links.where("not (left_reference and right_reference)")
    is_turned = "left_rank > right_rank"

    def end(one: str, other: str, name: str) -> str:
        return f"if({is_turned}, {other}, {one}) as {name}"

    return links.selectExpr(
        end("left", "right", "first"),
        end("left_rank", "right_rank", "first_rank"),
        end("right", "left", "second"),
        end("right_rank", "left_rank", "second_rank"),
        "false as is_lead",
        "shared_count",
        end("left_count", "right_count", "first_count"),
        end("right_count", "left_count", "second_count"),
    )


# --- tables -------------------------------------------------------------------------------


def _check_anything_read(
    sketched: SketchedCorpus, collector: Collector, origin: CorpusOrigin
) -> None:
    skipped = collector.remarks().skipped[:1]
    told = "".join(f": {each.id}: {each.detail} ({each.reason})" for each in skipped)
    if not sketched.counts[False].documents:
        raise InputError(f"no document could be read{told}")
    if origin.against and not sketched.counts[True].documents:
        raise InputError(f"no reference document (--against) could be read{told}")


def scan_into_tables(
    search: Search, corpus: SparkCorpus, tables: SparkTables, origin: CorpusOrigin
) -> TableCounts:
    """Scan, and write tables in place of a report.

    :param tables: their folder
    :param origin: where the corpus was read
    :raises InputError: if no document could be read, or no reference document of those named
    """
    with ExitStack() as stack:
        staged = stack.enter_context(tables.stage())
        found = find_tables(search, corpus, origin, staged, stack)
        search.describe("write tables")
        pairs = staged.keep("pairs", found.pairs)
        members = staged.keep("members", found.members)
        remarks = found.remarks
        places = origin.find_skipped(remarks.skipped, remarks.skipped_locators)
        tables.stage_rows(staged, "skipped", skipped_rows(remarks.skipped, places))
        counts = TableCounts(
            found.document_count,
            found.cluster_count,
            members.count(),
            pairs.count(),
            tuple(remarks.skipped),
        )
        tables.publish(staged)
    search.progress.enter("done")
    return counts
