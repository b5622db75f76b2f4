"""The documents that a report speaks of, brought to the driver as a table of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.counts import ReadTotals
from dedupe.engines.spark.frames import Outbox, collect_blobs, make_rows, run_stage
from dedupe.engines.spark.groups import GroupNumbers
from dedupe.engines.spark.sketching import (
    BYTES,
    DISTINCT,
    ID_LENGTH,
    LOCATOR,
    META_LENGTH,
    NUMBER_COUNT,
    SHINGLES,
    TOKENS,
    read_columns,
)
from dedupe.store.arrays import is_among, sort_distinct
from dedupe.store.documents import Documents, SketchedBatch
from dedupe.store.identities import FindUsed, PackedIdentities

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

_NAMES = (
    "task",
    "is_reference",
    "halves",
    "lows",
    "id_hashes",
    "numbers",
    "contents",
    "ids",
    "metas",
)


class ChosenRow(msgspec.Struct):
    """Documents of one batch on their way to the driver; see ``sketching.pack_batch``."""

    task: int
    is_reference: bool
    halves: bytes
    lows: bytes
    id_hashes: bytes
    numbers: bytes
    contents: bytes
    ids: bytes
    metas: bytes
    places: bytes


class CollectedColumns(msgspec.Struct, frozen=True):
    """What Spark alone asks of the collected documents, for each of them.

    :param distinct_counts: distinct shingles
    :param shingle_counts: shingles, with repetitions
    :param id_hashes: of the ids as they were read, before repeated ones got numbers
    :param places: see :func:`count_places`
    """

    distinct_counts: NDArray[np.int64]
    shingle_counts: NDArray[np.int64]
    id_hashes: NDArray[np.uint64]
    places: NDArray[np.int64]


def count_places(
    batches: Iterable[pa.RecordBatch], names: Iterable[str]
) -> Iterator[tuple[dict[str, Any], NDArray[np.int64]]]:
    """Rows as ``read_columns`` gives them, and for each document a number that no other has.

    It is made of the partition of the records and the document's place in it.
    """
    from pyspark import TaskContext

    context = TaskContext.get()
    begin = (context.partitionId() if context is not None else 0) << _PLACE_BITS
    for row in read_columns(batches, names):
        count = len(row["halves"]) // 8
        yield row, np.arange(begin, begin + count)
        begin += count


_PLACE_BITS: Final = 40


def choose_documents(
    batches: Iterator[pa.RecordBatch],
    numbers: GroupNumbers,
    groups: NDArray[np.uint64],
    id_hashes: NDArray[np.uint64],
) -> Iterator[pa.RecordBatch]:
    """The documents of some groups, and those whose ids have certain hashes (all ascending)."""
    for row, places in count_places(batches, _NAMES):
        high, low, ids = (
            np.frombuffer(row[name], np.uint64) for name in ("halves", "lows", "id_hashes")
        )
        is_chosen = is_among(numbers.number(high, low), groups) | is_among(ids, id_hashes)
        if is_chosen.any():
            chosen = _select(row, places, is_chosen)
            yield make_rows([0], [msgspec.msgpack.encode(chosen)])


def _select(
    row: dict[str, Any], places: NDArray[np.int64], is_chosen: NDArray[np.bool_]
) -> ChosenRow:
    counts = np.frombuffer(row["numbers"], np.int64).reshape(-1, NUMBER_COUNT)

    def values(name: str) -> bytes:
        return np.frombuffer(row[name], np.uint64)[is_chosen].tobytes()

    def runs(name: str, column: int) -> bytes:
        of_bytes = np.repeat(is_chosen, counts[:, column])
        return np.frombuffer(row[name], np.uint8)[of_bytes].tobytes()

    return ChosenRow(
        row["task"],
        row["is_reference"],
        values("halves"),
        values("lows"),
        values("id_hashes"),
        counts[is_chosen].tobytes(),
        np.frombuffer(row["contents"], np.uint64).reshape(-1, 2)[is_chosen].tobytes(),
        runs("ids", ID_LENGTH),
        runs("metas", META_LENGTH),
        places[is_chosen].tobytes(),
    )


def collect_documents(
    records: DataFrame,
    numbers: GroupNumbers,
    groups: NDArray[np.uint64],
    id_hashes: NDArray[np.uint64],
    documents: Documents,
    totals: ReadTotals,
) -> CollectedColumns:
    """Fill ``documents``, references first."""
    choose = partial(choose_documents, numbers=numbers, groups=groups, id_hashes=id_hashes)
    blobs = collect_blobs(run_stage(records.select(*_NAMES), choose))
    rows = [msgspec.msgpack.decode(blob, type=ChosenRow) for _, blob in blobs]
    rows.sort(key=lambda row: (not row.is_reference, row.task))
    all_counts, all_ids = [np.empty((0, LOCATOR), np.int64)], [np.empty(0, np.uint64)]
    all_places = [np.empty(0, np.int64)]
    for row in rows:
        counts = np.frombuffer(row.numbers, np.int64).reshape(-1, NUMBER_COUNT)
        all_counts.append(counts[:, :LOCATOR])
        all_ids.append(np.frombuffer(row.id_hashes, np.uint64))
        all_places.append(np.frombuffer(row.places, np.int64))
        documents.append(_unpack(row, counts, totals))
        if row.is_reference:
            documents.reference_count += len(counts)
    counts = np.concatenate(all_counts)
    return CollectedColumns(
        counts[:, DISTINCT].copy(),
        counts[:, SHINGLES].copy(),
        np.concatenate(all_ids),
        np.concatenate(all_places),
    )


def _unpack(row: ChosenRow, counts: NDArray[np.int64], totals: ReadTotals) -> SketchedBatch:
    locators = counts[:, LOCATOR:].copy()
    locators[:, 0] = totals.index_sources(locators[:, 0])
    identities = PackedIdentities(
        np.frombuffer(row.ids, np.uint8),
        counts[:, ID_LENGTH],
        np.frombuffer(row.id_hashes, np.uint64),
        np.frombuffer(row.metas, np.uint8),
        counts[:, META_LENGTH],
        locators,
    )
    halves = [np.frombuffer(half, np.uint64) for half in (row.halves, row.lows)]
    return SketchedBatch.without_sketches(
        identities,
        counts[:, BYTES],
        counts[:, TOKENS],
        np.stack(halves, axis=1),
        np.frombuffer(row.contents, np.uint64).reshape(-1, 2),
    )


def find_used_ids(records: DataFrame) -> FindUsed:
    """A function that looks up ids in the whole corpus, by their hashes."""

    def find_used(asked: NDArray[np.uint64]) -> NDArray[np.bool_]:
        stage = partial(list_used, asked=sort_distinct(asked))
        blobs = collect_blobs(run_stage(records.select("id_hashes"), stage))
        found = [np.empty(0, np.uint64), *(np.frombuffer(blob, np.uint64) for _, blob in blobs)]
        return is_among(asked, sort_distinct(np.concatenate(found)))

    return find_used


def list_used(
    batches: Iterator[pa.RecordBatch], asked: NDArray[np.uint64]
) -> Iterator[pa.RecordBatch]:
    """Those of the asked hashes that ids of documents have."""
    outbox = Outbox()
    for row in read_columns(batches, ("id_hashes",)):
        ids = np.frombuffer(row["id_hashes"], np.uint64)
        outbox.put(0, ids[is_among(ids, asked)].tobytes())
        yield from outbox.flush_full()
    yield from outbox.flush()
