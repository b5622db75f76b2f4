"""Opens Parquet and Arrow files, to read a table part by part, or single rows again.

Only the needed columns are read, and never more rows at once than fill a batch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Protocol

from dedupe.sources.files.remote_files import RemoteFile

_FILE_MAGIC = b"ARROW1"
_FEATHER_1_MAGIC = b"FEA1"
_MIN_ROWS, _MAX_ROWS = 16, 4096
_BORDER_BYTES = 1 << 20


class BrokenTableError(Exception):
    """The file is no valid table, or breaks off."""


class Table(Protocol):
    """An open Parquet or Arrow file."""

    @property
    def schema(self) -> Any:
        """The columns, as pyarrow describes them."""

    def parts(self, columns: Sequence[str], byte_count: int) -> Iterator[Any]:
        """Checked record batches of about ``byte_count`` bytes.

        :param columns: dotted paths of the columns to read
        """

    def segment_of(self, row: int) -> tuple[int, int]:
        """The segment that holds a row (from 0): its number, and its first row.

        A segment is a part of the file that can be read by itself, such as a row group.
        """

    def segment(self, number: int, columns: Sequence[str]) -> Iterator[Any]:
        """The checked record batches of one segment."""


class RowCursor:
    """Reads single rows of a table, with one pass through each segment if rows ascend."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self._table = table
        self._columns = columns
        self._segment = -1
        self._begin = 0
        self._batch: Any = None
        self._batches: Iterator[Any] = iter(())

    def find(self, row: int) -> Any:
        """A record batch of just this row (from 0); ``None`` where the table ends before."""
        segment, first = self._table.segment_of(row)
        if segment != self._segment or row < self._begin:
            self._segment, self._begin, self._batch = segment, first, None
            self._batches = self._table.segment(segment, self._columns)
        while self._batch is None or row >= self._begin + self._batch.num_rows:
            self._begin += self._batch.num_rows if self._batch is not None else 0
            self._batch = next(self._batches, None)
            if self._batch is None:
                return None
        return self._batch.slice(row - self._begin, 1)


def open_table(name: str, file: BinaryIO, groups: range | None = None) -> Table:
    """Open a table.

    :param name: ``parquet`` or ``arrow``
    :param groups: the row groups of a Parquet file that are read (none: all)
    :raises BrokenTableError: if it cannot be read
    """
    try:
        table = _ParquetTable(file, groups) if name == "parquet" else _ArrowTable(file)
        _read_names(table.schema)
        return table
    except table_errors() as error:
        raise BrokenTableError(explain_error(error)) from None


def _read_names(fields: Any) -> None:
    """Read the names of all fields, which raises an error where one is not UTF-8."""
    import pyarrow.types as kinds

    for field in fields:
        _ = field.name
        if kinds.is_struct(field.type):
            _read_names(field.type)


def table_errors() -> tuple[type[Exception], ...]:
    """The errors that pyarrow raises for broken files."""
    import pyarrow

    kinds = (OSError, ValueError, LookupError, TypeError, ArithmeticError, MemoryError)
    return (pyarrow.ArrowException, *kinds)


def check_part(part: Any) -> Any:
    """The part, after a check that its offsets stay inside its buffers.

    pyarrow trusts the offsets in a file, even to compute the size of something.

    :raises pyarrow.ArrowException: if the structure is invalid; text need not be valid UTF-8
    """
    import pyarrow

    as_bytes = {pyarrow.string(): pyarrow.binary(), pyarrow.large_string(): pyarrow.large_binary()}
    for column in part.columns:
        column.validate()
        kind = as_bytes.get(column.type)
        (column if kind is None else column.view(kind)).validate(full=True)
    return part


def explain_error(error: Exception) -> str:
    """The first line of pyarrow's message, or the name of the error."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def is_arrow_file(file: BinaryIO) -> bool:
    """Whether this is an Arrow IPC file, and not a stream; keeps the position of ``file``."""
    begin = file.tell()
    magic = file.read(len(_FILE_MAGIC))
    file.seek(begin)
    return magic == _FILE_MAGIC


class BoundedFile:
    """A file whose reads never ask for more bytes than it has, even if a damaged length does.

    pyarrow would reserve memory for all of them.
    """

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._file.tell()
        return self._file.read(left if size < 0 else max(0, min(size, left)))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        """Do nothing: the caller that opened the file closes it."""


class _ParquetTable:
    """A ``Table`` of a Parquet file; its segments are row groups."""

    def __init__(self, file: BinaryIO, groups: range | None = None) -> None:
        import pyarrow
        import pyarrow.parquet

        self._groups = groups
        # Without these two options a whole compressed row group would be held in memory.
        self._file = pyarrow.parquet.ParquetFile(
            pyarrow.PythonFile(BoundedFile(file), mode="r"), pre_buffer=False, buffer_size=1 << 16
        )
        if isinstance(file, RemoteFile):
            file.stop_at(_borders_of(self._file.metadata))

    @property
    def schema(self) -> Any:
        return self._file.schema_arrow

    def parts(self, columns: Sequence[str], byte_count: int) -> Iterator[Any]:
        metadata = self._file.metadata
        for group in self._groups if self._groups is not None else range(metadata.num_row_groups):
            found = metadata.row_group(group)
            rows = _rows_for(byte_count, found.total_byte_size, found.num_rows)
            yield from map(check_part, self._batches(group, columns, rows))

    def segment_of(self, row: int) -> tuple[int, int]:
        metadata, begin = self._file.metadata, 0
        for group in range(metadata.num_row_groups):
            end = begin + metadata.row_group(group).num_rows
            if row < end:
                return group, begin
            begin = end
        raise IndexError(f"there is no row {row}")

    def segment(self, number: int, columns: Sequence[str]) -> Iterator[Any]:
        yield from map(check_part, self._batches(number, columns, _MAX_ROWS // 4))

    def _batches(self, group: int, columns: Sequence[str], rows: int) -> Iterator[Any]:
        found: Iterator[Any] = self._file.iter_batches(
            batch_size=rows, row_groups=[group], columns=list(columns), use_threads=False
        )
        return found


class _ArrowTable:
    """A ``Table`` of an IPC file, or of a stream, which Hugging Face stores as ``.arrow``.

    It has one segment.
    """

    def __init__(self, file: BinaryIO) -> None:
        import pyarrow

        if file.read(len(_FEATHER_1_MAGIC)) == _FEATHER_1_MAGIC:
            raise ValueError("it is Feather version 1; write it again with version 2")
        self._source = pyarrow.PythonFile(BoundedFile(file), mode="r")
        self._is_file = is_arrow_file(file)
        self.schema = self._open(None).schema

    def parts(self, columns: Sequence[str], byte_count: int) -> Iterator[Any]:
        for batch in self._batches(columns):
            rows = _rows_for(byte_count, batch.nbytes, batch.num_rows)
            for begin in range(0, batch.num_rows, rows):
                yield batch.slice(begin, rows)

    def segment_of(self, row: int) -> tuple[int, int]:
        return 0, 0

    def segment(self, number: int, columns: Sequence[str]) -> Iterator[Any]:
        yield from self._batches(columns)

    def _batches(self, columns: Sequence[str]) -> Iterator[Any]:
        tops = {column if column in self.schema.names else _top(column) for column in columns}
        wanted = [i for i, name in enumerate(self.schema.names) if name in tops]
        reader = self._open(wanted)
        if self._is_file:
            for number in range(reader.num_record_batches):
                yield check_part(reader.get_batch(number))
        else:
            yield from map(check_part, reader)

    def _open(self, wanted: list[int] | None) -> Any:
        import pyarrow

        self._source.seek(0)
        options = pyarrow.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        opener = pyarrow.ipc.open_file if self._is_file else pyarrow.ipc.open_stream
        return opener(self._source, options=options)


def _borders_of(metadata: Any) -> Iterator[int]:
    """Where the columns of row groups begin, which are read side by side; small ones together."""
    last = -_BORDER_BYTES
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            begin = column.data_page_offset
            if column.has_dictionary_page and column.dictionary_page_offset:
                begin = min(begin, column.dictionary_page_offset)
            if begin >= last + _BORDER_BYTES:
                last = begin
                yield begin


class BatchTable:
    """A ``Table`` of a record batch in memory."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch

    @property
    def schema(self) -> Any:
        return self._batch.schema

    def parts(self, columns: Sequence[str], byte_count: int) -> Iterator[Any]:
        batch = self._batch
        rows = _rows_for(byte_count, batch.nbytes, batch.num_rows)
        for begin in range(0, batch.num_rows, rows):
            yield batch.slice(begin, rows)

    def segment_of(self, row: int) -> tuple[int, int]:
        return 0, 0

    def segment(self, number: int, columns: Sequence[str]) -> Iterator[Any]:
        yield self._batch


def _rows_for(wanted_bytes: int, byte_count: int, row_count: int) -> int:
    """The number of rows with about ``wanted_bytes``, if ``row_count`` rows have ``byte_count``."""
    each = max(1, byte_count // max(1, row_count))
    return max(_MIN_ROWS, min(_MAX_ROWS, wanted_bytes // each))


def _top(path: str) -> str:
    return path.partition(".")[0]
