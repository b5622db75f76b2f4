"""Documents as rows of Spark, and the groups of equal tokens that they make: for tables.

Here a row is a document, and Spark itself joins and sorts, which it does with data of any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from dedupe.engines.spark.documents import count_places
from dedupe.engines.spark.groups import GroupNumbers
from dedupe.engines.spark.order_keys import make_order_keys
from dedupe.engines.spark.sketching import (
    BYTES,
    DISTINCT,
    ID_LENGTH,
    META_LENGTH,
    NUMBER_COUNT,
    TOKENS,
)
from dedupe.matching.collapse import Collapsed, arrange_groups, collapse_documents
from dedupe.matching.content import score_copies
from dedupe.model.date_orders import DateOrders
from dedupe.model.metadata import read_meta
from dedupe.store.documents import Documents, SketchedBatch
from dedupe.store.identities import PackedIdentities
from dedupe.store.work_folder import WorkFolder

if TYPE_CHECKING:
    import pyarrow as pa

DOCUMENT_ROWS: Final = (
    "group long, document long, is_reference boolean, id binary, meta binary, token_count long, "
    "byte_count long, content binary, distinct_count long"
)
"""The schema of documents: the number of the group, a number of the document (see
``documents.count_places``), and what tables say of it."""

ARRANGED_ROWS: Final = f"{DOCUMENT_ROWS}, degree long, place long, key binary".replace(
    "meta binary", "meta map<string,string>"
)
"""The same of documents in groups: the degree of the group, the place in it (0: the lead), and of
leads that are in pairs the order key."""

CLUSTER_ROWS: Final = "owner long, cluster_id string"

ROWS_AT_ONCE: Final = 1 << 14
"""The rows of whole groups that are arranged together, at least."""


# --- documents ----------------------------------------------------------------------------


def list_documents(
    batches: Iterator[pa.RecordBatch], numbers: GroupNumbers
) -> Iterator[pa.RecordBatch]:
    """All documents of sketched batches, as ``DOCUMENT_ROWS``."""
    import pyarrow as pa

    names = ("is_reference", "halves", "lows", "numbers", "contents", "ids", "metas")
    for row, places in count_places(batches, names):
        high, low = (np.frombuffer(row[name], np.uint64) for name in ("halves", "lows"))
        counts = np.frombuffer(row["numbers"], np.int64).reshape(-1, NUMBER_COUNT)
        contents = np.frombuffer(row["contents"], np.uint64).astype(">u8")
        count = len(places)
        columns = [
            pa.array(numbers.number(high, low).view(np.int64)),
            pa.array(places),
            pa.array(np.full(count, row["is_reference"])),
            _cut_binary(row["ids"], counts[:, ID_LENGTH]),
            _cut_binary(row["metas"], counts[:, META_LENGTH]),
            pa.array(counts[:, TOKENS]),
            pa.array(counts[:, BYTES]),
            _cut_binary(contents.tobytes(), np.full(count, 16)),
            pa.array(counts[:, DISTINCT]),
        ]
        yield pa.RecordBatch.from_arrays(columns, _names_of(DOCUMENT_ROWS))


def _cut_binary(data: Any, lengths: NDArray[np.int64]) -> pa.Array:
    """Bytes that stand end to end, as a column."""
    import pyarrow as pa

    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), len(lengths), buffers)


def _names_of(schema: str) -> list[str]:
    return [column.split()[0] for column in schema.split(", ")]


# --- groups -------------------------------------------------------------------------------


def arrange_rows(
    batches: Iterator[pa.RecordBatch], keep: Sequence[str], date_orders: DateOrders
) -> Iterator[pa.RecordBatch]:
    """Documents that are sorted by their groups, with their places in these.

    :param batches: ``DOCUMENT_ROWS``; the number of pairs of the group, ``pair_count``; and what
        these add to its content score, ``score``
    """
    for part in whole_runs(batches, "group"):
        with WorkFolder() as work:
            yield _arrange(part, work, keep, date_orders)


def whole_runs(batches: Iterator[pa.RecordBatch], name: str) -> Iterator[pa.RecordBatch]:
    """The rows in batches none of which ends inside a run of equal values of a column."""

    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        values = batch.column(name).to_numpy()
        cuts = np.flatnonzero(values[1:] != values[:-1]) + 1
        last = held[-1].column(name)[-1].as_py() if held else None
        if count >= ROWS_AT_ONCE and len(values) and values[0] != last:
            yield _join(held)
            held, count = [], 0
        elif len(cuts) and count + len(values) >= ROWS_AT_ONCE:
            cut = int(cuts[-1])
            yield _join([*held, batch.slice(0, cut)])
            held, count, batch = [], 0, batch.slice(cut)
        if batch.num_rows:
            held.append(batch)
            count += batch.num_rows
    if held:
        yield _join(held)


def _join(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    import pyarrow as pa

    (joined,) = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return joined


def _arrange(
    rows: pa.RecordBatch, work: WorkFolder, keep: Sequence[str], date_orders: DateOrders
) -> pa.RecordBatch:
    import pyarrow as pa

    are_references = rows.column("is_reference").to_numpy(zero_copy_only=False)
    # Documents have references first, and the rest as it is read.
    order = np.lexsort((rows.column("document").to_numpy(), ~are_references))
    rows = rows.take(pa.array(order))
    documents = Documents(work, num_perm=1)
    documents.append(_as_batch(rows))
    documents.reference_count = int(np.count_nonzero(are_references))
    collapsed = arrange_groups(collapse_documents(documents), keep, date_orders)
    pair_counts = rows.column("pair_count").to_numpy()[collapsed.leads]
    degrees = pair_counts + collapsed.sizes - 1
    content = rows.column("score").to_numpy()[collapsed.leads] + score_copies(collapsed)
    has_order = np.flatnonzero(pair_counts > 0)
    order_keys = np.full(len(collapsed.members), None, object)
    order_keys[collapsed.begins[has_order]] = make_order_keys(
        documents,
        collapsed.leads[has_order],
        keep,
        degrees[has_order],
        content[has_order],
        date_orders,
    )
    return _describe(rows, collapsed, degrees, pa.array(order_keys, pa.binary()))


def _describe(
    rows: pa.RecordBatch, collapsed: Collapsed, degrees: NDArray[np.int64], keys: pa.Array
) -> pa.RecordBatch:
    """The documents of groups that a report speaks of."""
    import pyarrow as pa

    of_documents = np.repeat(degrees, collapsed.sizes)
    places = np.arange(len(of_documents)) - np.repeat(collapsed.begins[:-1], collapsed.sizes)
    taken = rows.take(pa.array(collapsed.members))
    metas = [[*read_meta(packed).items()] for packed in taken.column("meta").to_pylist()]
    known = {"meta": pa.array(metas, pa.map_(pa.string(), pa.string()))}
    columns = [known.get(name, taken.column(name)) for name in _names_of(DOCUMENT_ROWS)]
    columns += [pa.array(of_documents), pa.array(places), keys]
    found = pa.RecordBatch.from_arrays(columns, _names_of(ARRANGED_ROWS))
    return found.filter(pa.array(of_documents > 0))


def _as_batch(rows: pa.RecordBatch) -> SketchedBatch:
    """Rows of documents as the records of a local scan; a group stands for its token hash."""
    count = rows.num_rows
    ids, metas = rows.column("id").to_pylist(), rows.column("meta").to_pylist()
    identities = PackedIdentities(
        np.frombuffer(b"".join(ids), np.uint8),
        np.fromiter(map(len, ids), np.int64, count),
        np.zeros(count, np.uint64),
        np.frombuffer(b"".join(metas), np.uint8),
        np.fromiter(map(len, metas), np.int64, count),
        np.zeros((count, 4), np.int64),
    )
    groups = rows.column("group").to_numpy().view(np.uint64)
    contents = np.frombuffer(b"".join(rows.column("content").to_pylist()), ">u8")
    return SketchedBatch.without_sketches(
        identities,
        rows.column("byte_count").to_numpy(),
        rows.column("token_count").to_numpy(),
        np.stack([groups, np.zeros(count, np.uint64)], axis=1),
        contents.astype(np.uint64).reshape(-1, 2),
    )


# --- clusters -----------------------------------------------------------------------------


def name_clusters(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The ids of clusters of two or more, as ``CLUSTER_ROWS``; see ``report.rows``.

    :param batches: ``owner`` and ``id`` of members, sorted by both
    """

    owner, size, digest = 0, 0, xxhash.xxh3_64()
    found: list[tuple[int, str]] = []
    for batch in batches:
        for each, id in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if each != owner or not size:
                if size > 1:
                    found.append((owner, digest.hexdigest()))
                owner, size, digest = each, 0, xxhash.xxh3_64()
            digest.update(b"\0" + id if size else id)
            size += 1
        if len(found) >= ROWS_AT_ONCE:
            yield _cluster_rows(found)
            found = []
    if size > 1:
        found.append((owner, digest.hexdigest()))
    yield _cluster_rows(found)


def _cluster_rows(found: list[tuple[int, str]]) -> pa.RecordBatch:
    import pyarrow as pa

    columns = [pa.array([row[0] for row in found], pa.int64())]
    columns.append(pa.array([row[1] for row in found], pa.string()))
    return pa.RecordBatch.from_arrays(columns, _names_of(CLUSTER_ROWS))
