"""The first stage in the executors: what they read is sketched there, and never leaves as text."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.counts import ReadCounts
from dedupe.engines.spark.reading import read_task
from dedupe.engines.spark.tasks import ReadTask
from dedupe.matching.dates import needs_dates
from dedupe.model.date_orders import DateColumn
from dedupe.model.documents import Item, Notice, SkippedDocument
from dedupe.model.errors import InputError
from dedupe.model.kernels import Kernels
from dedupe.model.metadata import read_date
from dedupe.model.report import SHORT_TOKENS
from dedupe.model.settings import Config
from dedupe.model.sketches import COUNTED, Banding
from dedupe.pipeline.sketching import RemarkCollector, sketch_batch
from dedupe.sketch import load_kernels
from dedupe.store.documents import SketchedBatch

if TYPE_CHECKING:
    import pyarrow as pa

RECORD_COLUMNS: Final = (
    "halves", "lows", "id_hashes", "keys", "numbers", "contents", "ids", "metas", "told",
)  # fmt: skip
"""What is kept of documents beside their sets; see :func:`pack_batch`."""

SET_COLUMNS: Final = ("low_bytes", "shingles")

SKETCHES: Final = ", ".join(
    ["task long", "is_reference boolean"]
    + [f"{name} binary" for name in (*RECORD_COLUMNS, *SET_COLUMNS)]
)
"""The schema of sketches: a row is a batch of documents, or what a task tells at its end."""

BYTES, TOKENS, SHINGLES, DISTINCT, ID_LENGTH, META_LENGTH, LOCATOR = range(7)
"""The columns of ``numbers``, the last of which is the first of four."""

NUMBER_COUNT: Final = LOCATOR + 4

_REMARKS_AT_ONCE: Final = 10_000

Reader = Callable[
    [Iterator["pa.RecordBatch"]], Iterator[tuple[int, bool, Iterator[Item | ReadCounts]]]
]
"""Reads rows of a frame: gives number, whether these are references, and items, of each task."""


class TaskSummary(msgspec.Struct):
    """What a task tells the driver: counts of its documents, and remarks.

    :param dates: what dates show of their order, where a keep rule asks
    :param failure: why the task ended early; empty where it did not
    """

    number: int
    is_reference: bool
    remarks: RemarkCollector
    dates: DateColumn
    document_count: int = 0
    token_count: int = 0
    short_count: int = 0
    counts: ReadCounts | None = None
    failure: str = ""

    def add(self, batch: SketchedBatch, config: Config) -> None:
        """Take in the counts of a batch."""
        self.document_count += len(batch.token_counts)
        self.token_count += int(batch.token_counts.sum())
        self.short_count += int(np.count_nonzero(batch.token_counts < SHORT_TOKENS))
        if needs_dates(config.keep):
            self.dates.add_all(map(read_date, _cut_metas(batch)))
        self.remarks.note(batch, config.max_tokens)


def read_tasks(
    batches: Iterator[pa.RecordBatch], config: Config
) -> Iterator[tuple[int, bool, Iterator[Item | ReadCounts]]]:
    """A :data:`Reader` of rows that hold one :class:`ReadTask` each."""
    for batch in batches:
        for row in batch.to_pylist():
            task = ReadTask(row["number"], row["is_reference"], row["payload"])
            yield task.number, task.is_reference, read_task(task, config.settings)


def sketch_rows(
    batches: Iterator[pa.RecordBatch], read: Reader, config: Config, banding: Banding
) -> Iterator[pa.RecordBatch]:
    """Rows of :data:`SKETCHES` for all that a reader finds."""
    kernels = load_kernels(config.kernels)
    for number, is_reference, items in read(batches):
        yield from _sketch_items(number, is_reference, items, config, banding, kernels)


def _sketch_items(
    number: int,
    is_reference: bool,
    items: Iterable[Item | ReadCounts],
    config: Config,
    banding: Banding,
    kernels: Kernels,
) -> Iterator[pa.RecordBatch]:
    def begin() -> TaskSummary:
        remarks = RemarkCollector(fails_on_skip=config.on_error == "fail")
        return TaskSummary(number, is_reference, remarks, DateColumn())

    summary = begin()
    try:
        for item in items:
            if isinstance(item, SkippedDocument):
                summary.remarks.skip(item)
            elif isinstance(item, Notice):
                summary.remarks.notices.append(item)
            elif isinstance(item, ReadCounts):
                summary.counts = item
            else:
                sketched = sketch_batch(item, config, kernels, banding)
                summary.add(sketched, config)
                if len(sketched.token_counts):
                    packed = pack_batch(sketched, kernels)
                    yield _make_row(number, is_reference, **packed)
            if len(summary.remarks.skipped) + len(summary.remarks.notices) >= _REMARKS_AT_ONCE:
                yield _make_row(number, is_reference, told=pickle.dumps(summary))
                summary = begin()
    except InputError as error:
        summary.failure = str(error)
    yield _make_row(number, is_reference, told=pickle.dumps(summary))


def _make_row(number: int, is_reference: bool, **packed: bytes) -> pa.RecordBatch:
    import pyarrow as pa

    names = (*RECORD_COLUMNS, *SET_COLUMNS)
    columns: list[Any] = [pa.array([number], pa.int64()), pa.array([is_reference])]
    columns += [pa.array([packed.get(name)], pa.binary()) for name in names]
    return pa.RecordBatch.from_arrays(columns, ["task", "is_reference", *names])


def pack_batch(batch: SketchedBatch, kernels: Kernels) -> dict[str, bytes]:
    """The columns of a batch of *n* documents as bytes.

    - ``halves``, ``lows``: the halves of the token hashes; ``id_hashes``: those of the ids
    - ``keys``: the keys of all documents in the first band, then those in the second, …
    - ``numbers``: ``int64``, ``(n, NUMBER_COUNT)``; ``contents``: content hashes, ``(n, 2)``
    - ``ids``, ``metas``: end to end
    - ``low_bytes``: ``(n, num_perm)``; ``shingles``: end to end, in text order
    """
    identities = batch.identities
    numbers = np.empty((len(batch.token_counts), NUMBER_COUNT), np.int64)
    numbers[:, BYTES] = batch.byte_counts
    numbers[:, TOKENS] = batch.token_counts
    numbers[:, SHINGLES] = batch.shingle_counts
    numbers[:, DISTINCT] = _count_distinct(batch, kernels)
    numbers[:, ID_LENGTH] = identities.id_lengths
    numbers[:, META_LENGTH] = identities.meta_lengths
    numbers[:, LOCATOR:] = identities.locators
    return {
        "halves": batch.token_hashes[:, 0].tobytes(),
        "lows": batch.token_hashes[:, 1].tobytes(),
        "id_hashes": identities.id_hashes.tobytes(),
        "keys": batch.signatures.T.tobytes(),
        "numbers": numbers.tobytes(),
        "contents": batch.content_hashes.tobytes(),
        "ids": identities.ids.tobytes(),
        "metas": identities.metas.tobytes(),
        "low_bytes": batch.filters.low_bytes.tobytes(),
        "shingles": batch.shingle_hashes.tobytes(),
    }


def _count_distinct(batch: SketchedBatch, kernels: Kernels) -> NDArray[np.int64]:
    """The distinct shingles of each document, also of those that the filters do not count."""
    counts = batch.filters.distinct_counts.astype(np.int64)
    is_long = batch.shingle_counts > COUNTED
    if is_long.any():
        hashes = batch.shingle_hashes[np.repeat(is_long, batch.shingle_counts)]
        offsets = np.concatenate([[0], np.cumsum(batch.shingle_counts[is_long])]).astype(np.int64)
        counts[is_long] = np.diff(kernels.sort_unique(hashes, offsets)[1])
    return counts


def _cut_metas(batch: SketchedBatch) -> Iterator[memoryview]:
    data, begin = batch.identities.metas.data, 0
    for length in batch.identities.meta_lengths.tolist():
        yield data[begin : begin + length]
        begin += length


def read_columns(
    batches: Iterable[pa.RecordBatch], names: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """The rows of documents with these columns: buffers of bytes, and other values as they are."""
    wanted = [*names]
    for batch in batches:
        columns = [batch.column(name) for name in wanted]
        for number in range(batch.num_rows):
            values = [column[number] for column in columns]
            if all(value.is_valid for value in values):
                yield {
                    name: value.as_buffer() if hasattr(value, "as_buffer") else value.as_py()
                    for name, value in zip(wanted, values, strict=True)
                }
