"""A data frame of the user as a corpus: its rows are documents, as those of a Parquet file are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from dedupe.engines.spark.counts import ReadCounts
from dedupe.model.documents import Item, SkippedDocument, TextBatch
from dedupe.model.errors import ConfigError, InputError
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.source import Source
from dedupe.sources.formats.tables.columns import Columns
from dedupe.sources.formats.tables.reader import read_record_batch
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.batches import IN_MEMORY, BatchPacker
from dedupe.sources.records.fields import FieldPlan
from dedupe.sources.records.pieces import Chunk, OpenSource, Pages, Piece, SkippedRecord, Undecided
from dedupe.sources.unpack.byte_blocks import ContentBlocks

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

_NO_ID = "\0"
"""Begins the id of a row that has none of its own; no id in a data frame begins so."""


def read_frame(
    batches: Iterator[pa.RecordBatch], settings: ReadSettings, is_reference: bool
) -> Iterator[tuple[int, bool, Iterator[Item | ReadCounts]]]:
    """A ``Reader`` of a data frame (see :mod:`dedupe.engines.spark.sketching`)."""
    from pyspark import TaskContext

    context = TaskContext.get()
    number = context.partitionId() if context is not None else 0
    yield number, is_reference, read_rows(batches, settings)


def read_rows(batches: Iterable[pa.RecordBatch], settings: ReadSettings) -> Iterator[Item]:
    """The documents in rows of a data frame, which have no locators, and remarks on others.

    :raises InputError: if a row has no id
    """
    limits = ReadLimits.of_settings(settings)
    packer = BatchPacker(limits)
    for batch in _join_small(batches, limits):
        for piece in _read_pieces(batch, settings, limits):
            if isinstance(piece, Chunk):
                yield from packer.add(piece)
            elif isinstance(piece, SkippedRecord):
                yield piece.document
            else:
                assert not isinstance(piece, (Pages, Undecided))
                yield piece
    yield from packer.finish()


def _join_small(batches: Iterable[pa.RecordBatch], limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """The rows of batches, in batches that are worth their overhead."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    rows = byte_count = 0
    for batch in batches:
        held.append(batch)
        rows, byte_count = rows + batch.num_rows, byte_count + batch.nbytes
        if rows >= limits.batch_documents or byte_count >= limits.batch_bytes:
            yield from pa.Table.from_batches(held).combine_chunks().to_batches()
            held, rows, byte_count = [], 0, 0
    if held:
        yield from pa.Table.from_batches(held).combine_chunks().to_batches()


def _read_pieces(
    batch: pa.RecordBatch, settings: ReadSettings, limits: ReadLimits
) -> Iterator[Piece]:
    """The pieces of a batch, without the places that its rows have in it."""
    source = Source(_NO_ID, "", "parquet")
    file = OpenSource(source, IN_MEMORY, ContentBlocks(source, BytesIO(), limits))
    for piece in read_record_batch(batch, file, settings, limits):
        if isinstance(piece, (Chunk, TextBatch)):
            _check_ids(piece.ids, settings)
            locators = np.zeros_like(piece.locators)
            locators[:, 0] = IN_MEMORY
            locators[:, 2] = (
                np.diff(piece.offsets) if isinstance(piece, TextBatch) else [*map(len, piece.texts)]
            )
            yield msgspec.structs.replace(piece, locators=locators)
        else:
            document = piece.document if isinstance(piece, SkippedRecord) else piece
            if isinstance(document, SkippedDocument):
                _check_ids([document.id], settings)
            yield piece


def _check_ids(ids: Any, settings: ReadSettings) -> None:
    if any(id.startswith(_NO_ID) for id in ids):
        raise InputError(
            f"a row has no id in column {settings.id_field!r}; every row needs one, since rows of "
            "a data frame have no order that could name them"
        )


def choose_columns(frame: DataFrame, settings: ReadSettings) -> DataFrame:
    """The frame with the columns of ids, texts and metadata alone.

    :param settings: they name the columns of id and text
    :raises ConfigError: if texts are pages
    :raises InputError: if a column is missing, or there are several of its name
    """
    from pyspark.sql.functions import col
    from pyspark.sql.pandas.types import to_arrow_schema

    if settings.text_format == "html":
        raise ConfigError("text_format is html, but texts of a data frame are read as they are")
    for setting, asked in (("id", settings.id_field), *(("text", e) for e in settings.text_field)):
        top = asked if asked in frame.columns else asked.partition(".")[0]
        if frame.columns.count(top) != 1:
            what = "no column" if top not in frame.columns else "several columns"
            named = ", ".join(frame.columns)
            raise InputError(f"the data frame has {what} {top!r} ({setting}=…); it has {named}")
    needed = Columns(FieldPlan(settings), to_arrow_schema(frame.schema)).paths
    tops = {path if path in frame.columns else path.partition(".")[0] for path in needed}
    return frame.select(*(col(f"`{name.replace('`', '``')}`") for name in sorted(tops)))
