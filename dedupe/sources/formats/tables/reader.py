"""Reads Parquet, Arrow and Feather: rows are records.

Where the text is one column of strings, its bytes are not copied, because a
:class:`dedupe.model.documents.TextBatch` has Arrow's layout. All other tables are read row by row.
"""

from __future__ import annotations

import re
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
from dedupe.sources.records.field_names import UNSET, find_name
from dedupe.sources.records.fields import FieldPlan
from dedupe.sources.records.hints import SAMPLE_RECORDS, find_hint
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
    :ivar texts: the indices in the plan of the columns that may be the text, in their order
    :ivar ambiguous_name: the name of several columns, each of which may be the text; else empty
    """

    def __init__(self, plan: FieldPlan, schema: Any) -> None:
        self._plan = plan
        self._names = dict(plan.match(schema.names))
        self.texts = [index for index in plan.text_indices if index in self._names]
        self._turns: dict[str, int] = {}
        self.ambiguous_name = ""
        for index in self.texts[: 1 if plan.is_automatic else None]:
            self._choose_text(self._names[index], schema)
        self.paths = self._find_paths(schema)

    def gather(self, part: Any, left_out: Set[int] = frozenset()) -> ColumnRecords:
        """The rows of a part as records for the plan, without the fields ``left_out``."""
        names = set(part.schema.names)
        columns = {
            index: _as_values(self.column(part, index))
            for index, name in self._names.items()
            if index not in left_out and name in names
        }
        return ColumnRecords(columns, len(self._plan.names), part.num_rows)

    def column(self, part: Any, index: int) -> Any:
        """The column of a part that is one of the plan's fields."""
        name = self._names[index]
        positions = [i for i, each in enumerate(part.schema.names) if each == name]
        return part.column(positions[self._turns.get(name, 0)])

    def name_of(self, index: int) -> str:
        """The name of the column that is one of the plan's fields."""
        return self._names[index]

    def _choose_text(self, name: str, schema: Any) -> None:
        """Note which of several columns of one name is the text: the only one that can be it."""
        same = [field.type for field in schema if field.name == name]
        able = [turn for turn, kind in enumerate(same) if _may_be_text(kind)]
        if len(same) > 1 and len(able) > 1:
            self.ambiguous_name = self.ambiguous_name or name
        self._turns[name] = able[0] if able else 0

    def _find_paths(self, schema: Any) -> list[str]:
        plan, names = self._plan, self._names
        inside = {
            (index, path): None
            for index, rest in plan.inner_paths
            if index in names
            for path in _inner_paths(schema, names[index], rest)
        }
        heads = {index for index, _ in inside}
        whole = [i for i in dict.fromkeys(plan.whole_indices) if i in names]
        parts = [names[i] for i in whole if i not in heads]
        parts += [path for index, path in inside if index not in whole]
        return list(dict.fromkeys([*parts, *(names[i] for i in whole if i in heads)]))


def _inner_paths(schema: Any, name: str, rest: str) -> Iterator[str]:
    """The path of a field inside a column, as the table writes its names; none if it has none."""
    import pyarrow.types as kinds

    kind, path = schema.field(schema.names.index(name)).type, name
    while rest and kinds.is_struct(kind):
        given = [kind.field(i).name for i in range(kind.num_fields)]
        found, left = find_name(rest, given), ""
        if found is None:
            head, _, left = rest.partition(".")
            found = find_name(head, given)
        if found is None:
            return
        kind, path, rest = kind.field(given.index(found)).type, f"{path}.{found}", left
    if not rest:
        yield path


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
        self._text_names = {self._columns.name_of(index) for index in self._columns.texts}
        self._samples: list[dict[str, Any]] = []
        self._maker = DocumentMaker(file, self._plan, limits)

    def read(self) -> Iterator[Piece]:
        schema = self._table.schema
        fields = {field.name: _example_of(field.type) for field in schema}
        if not self._plan.could_find_text(fields):
            hint = find_hint(self._sample())
            reason, detail = self._plan.explain(UNSET, fields, hint)
            yield SkippedDocument(
                self._file.source.id, reason, detail.replace("its fields", "its columns")
            )
            return
        if name := self._columns.ambiguous_name:
            detail = f"several columns are called {name!r:.60}; rename all but one"
            yield SkippedDocument(self._file.source.id, DAMAGED, detail)
            return
        if not any(_may_be_text(field.type) for field in schema if field.name in self._text_names):
            self._samples = self._sample()
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
        if not self._plan.has_simple_text or self._holds_pages:
            return None
        if not self._columns.texts or part.num_rows == 0:
            return None
        index = self._columns.texts[0]
        column = self._columns.column(part, index)
        found = _buffers_of(column, self._limits.document_bytes)
        if found is None or (len(self._columns.texts) > 1 and _holds_blank(column, found[1])):
            return None
        data, offsets = found
        ids, metas = self._describe(part)
        if self._plan.is_automatic:
            self._file.text_field_counts[self._plan.names[index]] += part.num_rows
        return TextBatch(
            ids, (data.data,), offsets, self._locate(part), metas if any(metas) else ()
        )

    def _locate(self, part: Any) -> NDArray[np.int64]:
        """The locators of a part's rows."""
        locators = np.zeros((part.num_rows, 4), np.int64)
        locators[:, 0] = self._file.index
        locators[:, 3] = np.arange(self.row + 1, self.row + 1 + part.num_rows)
        return locators

    def _describe(self, part: Any) -> tuple[list[str], list[bytes]]:
        """The ids and metadata of a part, from its other columns."""
        plan = self._plan
        records = self._columns.gather(part, set(plan.text_indices) - plan.indices_beside_text)
        ids = plan.find_ids(records)
        if not all(ids):
            rows = range(self.row + 1, self.row + 1 + part.num_rows)
            ids = [own or self._maker.name_record(row) for own, row in zip(ids, rows, strict=True)]
        return ids, plan.find_metas(records)

    def _read_rows(self, part: Any) -> Iterator[Piece]:
        # What explains a skipped row are the names of all columns, and the values of some rows.
        samples = self._samples or [dict.fromkeys(self._table.schema.names, "")]
        records = self._columns.gather(part)
        yield from self._maker.make(
            records, self._locate(part), lambda i: samples[i % len(samples)]
        )

    def _sample(self) -> list[dict[str, Any]]:
        """All fields of the first rows, for a hint; nothing where they cannot be read."""
        try:
            names = self._table.schema.names
            parts = self._table.parts(names, self._limits.batch_bytes)
            first = next((part for part in parts if part.num_rows), None)
            if first is None:
                return []
            part = first.slice(0, SAMPLE_RECORDS)
            rows = zip(*map(_as_values, part.columns), strict=True)
            return [dict(zip(part.schema.names, row, strict=True)) for row in rows]
        except table_errors():
            return []


def _buffers_of(column: Any, max_bytes: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    """The bytes and offsets of a column of strings, without a copy; ``None`` if it needs one."""
    import pyarrow.types as kinds

    column = _view_as_text(column)
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


def _view_as_text(column: Any) -> Any:
    """A column of bytes as one of strings, without a copy; any other column as it is."""
    import pyarrow
    import pyarrow.types as kinds

    if kinds.is_binary(column.type):
        return column.view(pyarrow.string())
    return column.view(pyarrow.large_string()) if kinds.is_large_binary(column.type) else column


def _holds_blank(column: Any, offsets: NDArray[np.int64]) -> bool:
    """Whether some text of a column is empty, or white space alone."""
    import pyarrow.compute

    if not np.diff(offsets).all():
        return True
    return bool(pyarrow.compute.any(pyarrow.compute.utf8_is_space(_view_as_text(column))).as_py())


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
            values = list(column.to_pylist())
            return list(map(_decode_bytes, values)) if _holds_bytes(column.type) else values
        zone = "+00:00" if column.type.tz else ""
        plain = column.cast(pyarrow.timestamp("s"), safe=False)
        values = np.datetime_as_string(plain.to_numpy(zero_copy_only=False))
        return [f"{value}{zone}" if column[i].is_valid else None for i, value in enumerate(values)]
    except table_errors():
        return [_decode_bytes(_as_value(value)) for value in column]


def _holds_bytes(kind: Any) -> bool:
    """Whether a column of this type holds bytes of any length, as it is or inside."""
    return bool(re.search(r"(?<!fixed_size_)binary", str(kind)))


def _decode_bytes(value: Any) -> Any:
    """A value whose bytes are strings, where they are valid UTF-8."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, list):
        return list(map(_decode_bytes, value))
    if isinstance(value, dict):
        return {name: _decode_bytes(each) for name, each in value.items()}
    return value


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
    return "" if _may_be_text(kind) else 0


def _may_be_text(kind: Any) -> bool:
    """Whether values of a column's type may be texts: strings, bytes, or lists of them."""
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        kind = kind.value_type
    lists = (kinds.is_list, kinds.is_large_list, kinds.is_fixed_size_list)
    if any(is_list(kind) for is_list in lists) or "list_view" in str(kind):
        kind = kind.value_type
    return bool(re.fullmatch(r"(large_)?(string|binary)(_view)?", str(kind)))
