"""Reads Parquet, Arrow and Feather: rows are records.

Where the text is one column of strings, its bytes are not copied, because a
:class:`dedupe.model.documents.TextBatch` has Arrow's layout. All other tables are read row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, SkippedDocument, TextBatch
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_encoding import REPLACEMENT
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.system_errors import describe_error
from dedupe.sources.formats.tables.files import (
    BrokenTableError,
    RowCursor,
    Table,
    explain_error,
    open_table,
    table_errors,
)
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import DAMAGED, TRUNCATED, UNREADABLE
from dedupe.sources.records.chunks import ColumnRecords, DocumentMaker
from dedupe.sources.records.fields import UNSET, FieldPlan
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader
from dedupe.sources.unpack.random_access import open_seekable, seekable_again

_PARQUET_MAGIC = b"PAR1"


def read_table(
    name: str, file: OpenSource, settings: ReadSettings, limits: ReadLimits
) -> Iterator[Piece]:
    """The documents of a Parquet file, or of an Arrow file or stream (Feather version 2 is one).

    :param name: the name of the format: ``parquet`` or ``arrow``
    """
    document_id = file.source.id
    reader: _RowsReader | None = None
    try:
        with open_seekable(file.source, file.blocks, limits.unpacked_bytes) as seekable:
            if file.blocks.fault is not None:
                fault = file.blocks.fault
                yield SkippedDocument(document_id, fault.reason, fault.detail)
                return
            is_cut = name == "parquet" and not _ends_in_magic(seekable)
            reader = _RowsReader(file, open_table(name, seekable), settings, limits)
            yield from reader.read()
    except BrokenTableError as error:
        reason = TRUNCATED if is_cut or "eof" in str(error).lower() else DAMAGED
        after = f", after row {reader.row}" if reader is not None else ""
        yield SkippedDocument(document_id, reason, f"the {name} data is damaged ({error}){after}")
    except OSError as error:
        yield SkippedDocument(document_id, UNREADABLE, describe_error(error))


def _ends_in_magic(file: Any) -> bool:
    """Whether a Parquet file has its last bytes, without which nothing of it can be read."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - len(_PARQUET_MAGIC)))
    end = file.read(len(_PARQUET_MAGIC))
    file.seek(0)
    return bool(end == _PARQUET_MAGIC)


def reread_rows_with(name: str, settings: ReadSettings) -> Rereader:
    """A function that reads single rows again, by their locators."""
    plan = FieldPlan(settings)
    opened: list[tuple[_Columns, RowCursor, object]] = []

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        try:
            if not opened:
                seekable, held = seekable_again(file)
                table = open_table(name, seekable)
                columns = _Columns(plan, table.schema)
                opened.append((columns, RowCursor(table, columns.paths), held))
            columns, cursor, _ = opened[0]
            part = cursor.find(locator.line - 1)
            text = None if part is None else plan.find_texts(columns.gather(part))[0]
        except BrokenTableError:
            return None
        except table_errors():
            return None
        return text if isinstance(text, str) else None

    return reread


class _Columns:
    """The columns of a table that the plan needs.

    :ivar paths: dotted paths of the columns, or of the fields inside them, to read
    """

    def __init__(self, plan: FieldPlan, schema: Any) -> None:
        self._plan = plan
        self._present = [name if name in schema.names else None for name in plan.names]
        present = set(filter(None, self._present))
        inside = [path for path in plan.dotted_paths if path.partition(".")[0] in present]
        heads = {path.partition(".")[0] for path in inside}
        whole = [name for name in plan.whole_names if name in present and name not in heads]
        self.paths = list(dict.fromkeys([*whole, *inside, *(heads & set(plan.whole_names))]))

    def gather(self, part: Any, left_out: Set[str] = frozenset()) -> ColumnRecords:
        """The rows of a part as records for the plan, without the columns ``left_out``."""
        columns = {
            index: _as_values(part.column(name))
            for index, name in enumerate(self._plan.names)
            if name in part.schema.names and name not in left_out
        }
        return ColumnRecords(columns, len(self._plan.names), part.num_rows)


class _RowsReader:
    """Reads one table.

    :ivar row: how many rows were read so far
    """

    def __init__(
        self, file: OpenSource, table: Table, settings: ReadSettings, limits: ReadLimits
    ) -> None:
        self.row = 0
        self._file = file
        self._table = table
        self._plan = FieldPlan(settings)
        self._holds_pages = settings.text_format == "html"
        self._limits = limits
        self._columns = _Columns(self._plan, table.schema)
        self._maker = DocumentMaker(file, self._plan, limits)

    def read(self) -> Iterator[Piece]:
        schema = self._table.schema
        fields = {name: _example_of(schema.field(name).type) for name in schema.names}
        if not self._plan.could_find_text(fields):
            reason, detail = self._plan.explain(UNSET, lambda: fields)
            yield SkippedDocument(
                self._file.source.id, reason, detail.replace("its fields", "its columns")
            )
            return
        parts = self._table.parts(self._columns.paths, self._limits.batch_bytes)
        while (part := self._next(parts)) is not None:
            batch = self._zero_copy(part)
            if batch is not None:
                yield batch
            else:
                yield from self._read_rows(part)
            self.row += part.num_rows
            del part, batch

    @staticmethod
    def _next(parts: Iterator[Any]) -> Any:
        try:
            return next(parts, None)
        except table_errors() as error:
            raise BrokenTableError(explain_error(error)) from None

    def _zero_copy(self, part: Any) -> TextBatch | None:
        """A batch over the part's own memory; ``None`` if its texts are not one valid column."""
        name = self._simple_column(part)
        if name is None or part.num_rows == 0:
            return None
        found = _buffers_of(part.column(name), self._limits.document_bytes)
        if found is None:
            return None
        data, offsets = found
        ids, metas = self._describe(part)
        if self._plan.is_automatic:
            self._file.text_field_counts[name] += part.num_rows
        return TextBatch(
            ids, (data.data,), offsets, self._locate(part), metas if any(metas) else ()
        )

    def _locate(self, part: Any) -> NDArray[np.int64]:
        """The locators of a part's rows."""
        locators = np.zeros((part.num_rows, 4), np.int64)
        locators[:, 0] = self._file.index
        locators[:, 3] = np.arange(self.row + 1, self.row + 1 + part.num_rows)
        return locators

    def _simple_column(self, part: Any) -> str | None:
        """The column that holds all texts; ``None`` where there is no such column."""
        if not self._plan.has_simple_text or self._holds_pages:
            return None
        return next((name for name in self._plan.text_names if name in part.schema.names), None)

    def _describe(self, part: Any) -> tuple[list[str], list[bytes]]:
        """The ids and metadata of a part, from its other columns."""
        plan = self._plan
        records = self._columns.gather(part, set(plan.text_names) - plan.names_beside_text)
        ids = plan.find_ids(records)
        if not all(ids):
            rows = range(self.row + 1, self.row + 1 + part.num_rows)
            ids = [own or self._maker.name_record(row) for own, row in zip(ids, rows, strict=True)]
        return ids, plan.find_metas(records)

    def _read_rows(self, part: Any) -> Iterator[Piece]:
        fields = dict.fromkeys(self._table.schema.names, "")
        records = self._columns.gather(part)
        yield from self._maker.make(records, self._locate(part), lambda i: fields)


def _buffers_of(column: Any, max_bytes: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    """The bytes and offsets of a column of strings, without a copy; ``None`` if it needs one."""
    import pyarrow.types as kinds

    is_large = kinds.is_large_string(column.type)
    if column.null_count or not (is_large or kinds.is_string(column.type)):
        return None
    try:
        column.validate(full=True)  # a string of Parquet may hold bytes that are not UTF-8
    except table_errors():
        return None
    _, offset_buffer, data = column.buffers()
    dtype = np.dtype(np.int64 if is_large else np.int32)
    raw_offsets = np.frombuffer(
        offset_buffer, dtype, len(column) + 1, column.offset * dtype.itemsize
    )
    offsets = raw_offsets.astype(np.int64)
    begin, end = int(offsets[0]), int(offsets[-1])
    if data is None or int(np.diff(offsets).max()) > max_bytes:
        return None
    texts = np.frombuffer(data, np.uint8)[begin:end]
    if _holds_replacement(texts):
        return None  # some texts may have too many U+FFFD to be compared
    return texts, offsets - begin


def _holds_replacement(texts: NDArray[np.uint8]) -> bool:
    """Whether texts in UTF-8 hold U+FFFD, found without a copy."""
    first, *others = REPLACEMENT.encode()
    positions = np.flatnonzero(texts == first)
    for distance, byte in enumerate(others, 1):
        positions = positions[texts[positions + distance] == byte]
    return len(positions) > 0


def _as_values(column: Any) -> list[Any]:
    """A column as Python values; times in ISO 8601, undecodable bytes as U+FFFD."""
    import pyarrow
    import pyarrow.types as kinds

    try:
        if not kinds.is_timestamp(column.type):
            return list(column.to_pylist())
        zone = "+00:00" if column.type.tz else ""
        plain = column.cast(pyarrow.timestamp("s"), safe=False)
        values = np.datetime_as_string(plain.to_numpy(zero_copy_only=False))
        return [f"{value}{zone}" if column[i].is_valid else None for i, value in enumerate(values)]
    except table_errors():
        return [_as_value(value) for value in column]


def _as_value(scalar: Any) -> Any:
    """One value of a column; ``None`` for a value that Python cannot hold."""
    import pyarrow

    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        try:
            return scalar.cast(pyarrow.large_binary()).as_py().decode("utf-8", "replace")
        except table_errors():
            return None
    except table_errors():
        return None


def _example_of(kind: Any) -> Any:
    """A value of a column's type: a string where it may be text, else a number or an object."""
    import pyarrow.types as kinds

    if kinds.is_struct(kind):
        return {field.name: _example_of(field.type) for field in kind}
    if kinds.is_dictionary(kind):
        kind = kind.value_type
    text_like = kinds.is_string(kind) or kinds.is_large_string(kind) or "string" in str(kind)
    return "" if text_like else 0
