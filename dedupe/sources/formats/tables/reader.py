"""Reads Parquet, Arrow and Feather: rows are records.

Where the text is one column of strings, its bytes are not copied, because a
:class:`dedupe.model.documents.TextBatch` has Arrow's layout. All other tables are read row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, Notice, SkippedDocument, TextBatch
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.system_errors import describe_error
from dedupe.sources.formats.tables.columns import Columns
from dedupe.sources.formats.tables.files import (
    BatchTable,
    BrokenTableError,
    RowCursor,
    Table,
    explain_error,
    open_table,
    table_errors,
)
from dedupe.sources.formats.tables.values import (
    as_values,
    buffers_of,
    example_of,
    holds_blank,
    may_be_text,
)
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import DAMAGED, TRUNCATED, UNREADABLE
from dedupe.sources.records.chunks import DocumentMaker
from dedupe.sources.records.field_names import UNSET
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
            part = file.source.part
            groups = range(part.begin, part.end) if part is not None else None
            reader = _RowsReader(file, open_table(name, seekable, groups), settings, limits)
            reader.row = part.first_row - 1 if part is not None else 0
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
    opened: list[tuple[Columns, RowCursor, object]] = []

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        try:
            if not opened:
                seekable, held = seekable_again(file)
                table = open_table(name, seekable)
                columns = Columns(plan, table.schema)
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


def read_record_batch(
    batch: Any, file: OpenSource, settings: ReadSettings, limits: ReadLimits
) -> Iterator[Piece]:
    """The documents of a record batch in memory.

    :param file: stands for the table that the batch is of
    """
    yield from _RowsReader(file, BatchTable(batch), settings, limits).read()


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
        self._columns = Columns(self._plan, table.schema)
        self._text_names = {self._columns.name_of(index) for index in self._columns.texts}
        self._samples: list[dict[str, Any]] = []
        self._maker = DocumentMaker(file, self._plan, limits)

    def read(self) -> Iterator[Piece]:
        schema = self._table.schema
        fields = {field.name: example_of(field.type) for field in schema}
        if not self._plan.could_find_text(fields):
            hint = find_hint(self._sample(), has_places=False)
            reason, detail = self._plan.explain(UNSET, fields, hint)
            yield SkippedDocument(
                self._file.source.id, reason, detail.replace("its fields", "its columns")
            )
            return
        if name := self._columns.ambiguous_name:
            detail = f"several columns are called {name!r:.60}; rename all but one"
            yield SkippedDocument(self._file.source.id, DAMAGED, detail)
            return
        if not any(may_be_text(field.type) for field in schema if field.name in self._text_names):
            self._samples = self._sample()
        parts = self._table.parts(self._columns.paths, self._limits.batch_bytes)
        while (part := self._next(parts)) is not None:
            if not self.row and (self._plan.is_automatic or self._plan.named_id):
                yield from self._doubt(part)
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

    def _doubt(self, part: Any) -> Iterator[Notice]:
        """Notices where the first texts or ids are hardly those of the table."""
        records = self._columns.gather(part.slice(0, SAMPLE_RECORDS))
        samples: list[dict[str, Any]] = []

        def fields_of(row: int) -> dict[str, Any] | None:
            samples[:] = samples or self._sample()
            return samples[row] if row < len(samples) else None

        if self._plan.is_automatic:
            yield from self._maker.doubt(self._plan.find_texts(records), fields_of)
        yield from self._maker.check_ids(self._plan.find_ids(records), fields_of)

    def _zero_copy(self, part: Any) -> TextBatch | None:
        """A batch over the part's own memory; ``None`` if its texts are not one valid column."""
        if not self._plan.has_simple_text or self._holds_pages:
            return None
        if not self._columns.texts or part.num_rows == 0:
            return None
        index = self._columns.texts[0]
        column = self._columns.column(part, index)
        found = buffers_of(column, self._limits.document_bytes)
        if found is None or (len(self._columns.texts) > 1 and holds_blank(column, found[1])):
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
            rows = zip(*map(as_values, part.columns), strict=True)
            return [dict(zip(part.schema.names, row, strict=True)) for row in rows]
        except table_errors():
            return []
