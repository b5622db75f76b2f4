"""Writes Parquet and Arrow files without some of their rows.

Schema, metadata, compression and order stay the same. Row groups of Parquet and record batches of
Arrow stay, with the rows that are left of them. Format version, compression and dictionaries of
each column, statistics and the kind of Arrow container are those of the old file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.tables.codec import compression_of_batches
from dedupe.sources.formats.tables.files import (
    BoundedFile,
    BrokenTableError,
    check_part,
    explain_error,
    is_arrow_file,
    open_table,
    table_errors,
)
from dedupe.sources.records.removal import CannotRewriteError, Sink
from dedupe.sources.unpack.random_access import seekable_again

_READ_ROWS = 1024
_PART_BYTES = 4 << 20
_MAX_GROUP_BYTES = 256 << 20
"""The largest row group that is written as one, since it is held in memory until then."""


def write_rows(name: str, content: SeekableBytes, rows: Collection[int], sink: Sink) -> None:
    """Write a table without some rows.

    :param name: ``parquet`` or ``arrow``
    :param content: the old file, uncompressed
    :param rows: the rows to leave out, from 0
    :param sink: the new file, to which pyarrow writes
    :raises CannotRewriteError: if the old file is damaged, or cannot be written again
    """
    file, _held = seekable_again(content)
    try:
        file.seek(0)
        write = _write_parquet if name == "parquet" else _write_arrow
        write(file, np.array(sorted(rows), np.int64), sink)
    except table_errors() as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise CannotRewriteError(f"it cannot be written again ({explain_error(error)})") from None


@contextmanager
def open_rows(
    name: str, content: SeekableBytes, rows: Collection[int]
) -> Iterator[tuple[Any, Iterator[Any]]]:
    """The schema of a table, and its record batches without some rows, to write them elsewhere.

    :param rows: the rows to leave out, from 0
    :raises CannotRewriteError: if the table is damaged
    """
    file, _held = seekable_again(content)
    file.seek(0)
    try:
        table = open_table(name, file)
        parts = table.parts(table.schema.names, _PART_BYTES)
        yield table.schema, _without_rows(parts, np.array(sorted(rows), np.int64), 0)
    except BrokenTableError as error:
        raise CannotRewriteError(f"it is damaged ({error})") from None
    except table_errors() as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise CannotRewriteError(f"it is damaged ({explain_error(error)})") from None


def _write_parquet(file: BinaryIO, rows: Any, sink: Sink) -> None:
    import pyarrow
    import pyarrow.parquet

    source = pyarrow.parquet.ParquetFile(
        pyarrow.PythonFile(BoundedFile(file), mode="r"), pre_buffer=False, buffer_size=1 << 16
    )
    schema, metadata = source.schema_arrow, source.metadata
    options = _parquet_options(metadata)
    with pyarrow.parquet.ParquetWriter(sink, schema, **options) as writer:
        begin = 0
        for group in range(metadata.num_row_groups):
            count = metadata.row_group(group).num_rows
            parts: list[Any] = []
            size = 0
            batches = source.iter_batches(_READ_ROWS, row_groups=[group], use_threads=False)
            for batch in _without_rows(batches, rows, begin):
                parts.append(batch)
                size += batch.nbytes
                if size > _MAX_GROUP_BYTES:
                    _write_group(writer, parts, schema)
                    parts, size = [], 0
            _write_group(writer, parts, schema)
            begin += count


def _write_group(writer: Any, parts: list[Any], schema: Any) -> None:
    import pyarrow

    if parts:
        table = pyarrow.Table.from_batches(parts, schema)
        writer.write_table(table, row_group_size=max(1, table.num_rows))


def _parquet_options(metadata: Any) -> dict[str, Any]:
    """The options with which a file was written, as far as its metadata shows them."""
    options: dict[str, Any] = {
        "version": metadata.format_version,
        "store_schema": b"ARROW:schema" in (metadata.metadata or {}),
    }
    if not metadata.num_row_groups:
        return options
    group = metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    options["compression"] = {each.path_in_schema: _codec_of(each) for each in columns}
    options["use_dictionary"] = [
        each.path_in_schema for each in columns if any("DICT" in name for name in each.encodings)
    ]
    options["write_statistics"] = [each.path_in_schema for each in columns if each.is_stats_set]
    options["write_page_index"] = any(each.has_column_index for each in columns)
    options["use_deprecated_int96_timestamps"] = any(
        each.physical_type == "INT96" for each in columns
    )
    return options


def _codec_of(column: Any) -> str:
    name = str(column.compression).upper()
    return "NONE" if name == "UNCOMPRESSED" else name


def _write_arrow(file: BinaryIO, rows: Any, sink: Sink) -> None:
    import pyarrow.ipc

    compression = compression_of_batches(file)
    file.seek(0)
    is_file = is_arrow_file(file)
    source = pyarrow.PythonFile(BoundedFile(file), mode="r")
    reader = (pyarrow.ipc.open_file if is_file else pyarrow.ipc.open_stream)(source)
    options = pyarrow.ipc.IpcWriteOptions(
        compression=compression, emit_dictionary_deltas=is_file, use_threads=False
    )
    make = pyarrow.ipc.new_file if is_file else pyarrow.ipc.new_stream
    with make(sink, reader.schema, options=options) as writer:
        begin = 0
        for batch, metadata in _read_batches(reader, is_file):
            for part in _without_rows(iter([batch]), rows, begin):
                writer.write_batch(part, custom_metadata=metadata)
            begin += batch.num_rows


def _read_batches(reader: Any, is_file: bool) -> Iterator[tuple[Any, Any]]:
    """The record batches, each with its custom metadata."""
    if is_file:
        for number in range(reader.num_record_batches):
            yield tuple(reader.get_batch_with_custom_metadata(number))
    else:
        for each in reader.iter_batches_with_custom_metadata():
            yield tuple(each)


def _without_rows(batches: Iterator[Any], rows: Any, begin: int) -> Iterator[Any]:
    """The batches without some rows; a batch that would become empty is left out.

    :param rows: the rows to leave out, ascending
    :param begin: the number of the first batch's first row
    """
    import pyarrow

    for batch in batches:
        check_part(batch)
        end = begin + batch.num_rows
        inside = rows[np.searchsorted(rows, begin) : np.searchsorted(rows, end)] - begin
        if len(inside):
            stays = np.ones(batch.num_rows, bool)
            stays[inside] = False
            batch = batch.filter(pyarrow.array(stays))
        if batch.num_rows or begin == end:
            yield batch
        begin = end
