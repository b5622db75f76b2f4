"""Reads SQLite databases: the rows of every table that has a text are records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

import msgspec
import numpy as np

from dedupe.model.documents import Locator, Notice, SkippedDocument
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.decoding import decode_document
from dedupe.sources.encoding.text_encoding import describe_replaced
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.system_errors import describe_error
from dedupe.sources.formats.sqlite.database import BrokenDatabaseError, Database, Table
from dedupe.sources.formats.sqlite.local_file import LocalFile, name_file
from dedupe.sources.limits import MAX_LOCATED_BYTES, ReadLimits
from dedupe.sources.reasons import (
    DAMAGED,
    FIELD_MISSING,
    NO_RECORDS,
    ODD_LAYOUT,
    PENDING_CHANGES,
    TOO_LARGE,
    UNDECODABLE_BYTES,
    UNREADABLE,
)
from dedupe.sources.records.chunks import ColumnRecords, DocumentMaker
from dedupe.sources.records.field_names import UNSET, find_name
from dedupe.sources.records.fields import FieldPlan
from dedupe.sources.records.hints import SAMPLE_RECORDS, find_hint, quote_name
from dedupe.sources.records.pieces import FieldsReader, OpenSource, Piece, Rereader
from dedupe.sources.unpack.random_access import open_seekable

_GROUP_ROWS = 1000
_GROUP_BYTES = 1 << 20
_MAX_TABLES_NAMED = 3
_MAX_NAMED = 20
_SPARE_BYTES = 1 << 20
_NUMBERS = ("INT", "REAL", "FLOA", "DOUB")


def read_database(file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The documents of a database, table by table, and remarks on what could not be used."""
    id = file.source.id
    try:
        with open_seekable(file.source, file.blocks, limits.unpacked_bytes) as seekable:
            if (fault := file.blocks.fault) is not None:
                yield SkippedDocument(id, fault.reason, fault.detail)
                return
            local = name_file(seekable)
            if pending := local.pending_changes:
                detail = f"its newest rows may be in {pending}, which is not read"
                yield Notice(id, PENDING_CHANGES, detail)
            size = seekable.seek(0, 2)
            database = Database(local.path, _longest_value(limits.document_bytes))
            yield from _DatabaseReader(file, database, size, settings, limits).read()
            database.close()
            local.close()
    except BrokenDatabaseError as error:
        detail = f"the SQLite database is damaged ({error}); `sqlite3 … .recover` may save its rows"
        yield SkippedDocument(id, DAMAGED, detail)
    except OSError as error:
        yield SkippedDocument(id, UNREADABLE, describe_error(error))


def list_tables(file: SeekableBytes) -> list[str]:
    """The names of the tables of a database; none if it cannot be read."""
    try:
        local = name_file(file)
        return [table.name for table in Database(local.path, _longest_value(0)).tables]
    except (BrokenDatabaseError, OSError):
        return []


def reread_rows_with(settings: ReadSettings) -> Rereader:
    """A function that reads the texts of single rows again, by their locators."""
    plan = FieldPlan(settings)
    find_table = _find_table_again()

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        found = find_table(file, locator)
        if found is None:
            return None
        columns = _columns_of(found[1], plan)
        row = found[0].row(found[1], [name for _, name in columns], row_number(locator))
        if row is None:
            return None
        text = plan.find_texts(_gather([row], columns, plan).records)[0]
        return text if isinstance(text, str) else None

    return reread


def reread_fields() -> FieldsReader:
    """A function that reads all fields of single rows again, by their locators."""
    find_table = _find_table_again()

    def reread(file: SeekableBytes, locator: Locator) -> dict[str, Any] | None:
        found = find_table(file, locator)
        if found is None:
            return None
        names = [*found[1].columns]
        row = found[0].row(found[1], names, row_number(locator))
        return None if row is None else dict(zip(names, row, strict=True))

    return reread


def _find_table_again() -> Callable[[SeekableBytes, Locator], tuple[Database, Table] | None]:
    """A function that gives the table of a row, in a database that it opens once."""
    opened: list[tuple[Database, dict[int, Table], LocalFile]] = []

    def find(file: SeekableBytes, locator: Locator) -> tuple[Database, Table] | None:
        try:
            if not opened:
                local = name_file(file)
                database = Database(local.path, _longest_value(MAX_LOCATED_BYTES))
                opened.append((database, {each.number: each for each in database.tables}, local))
        except (BrokenDatabaseError, OSError):
            return None
        database, tables, _ = opened[0]
        table = tables.get(locator.offset >> 1)
        return None if table is None or not table.row_id else (database, table)

    return find


def row_number(locator: Locator) -> int:
    """The number of a row in its table: in locators it is above 0, and the offset has its sign."""
    return 1 - locator.line if locator.offset & 1 else locator.line


def _longest_value(document_bytes: int) -> int:
    """The longest value of a row, which may be in UTF-16."""
    return min(2 * document_bytes + _SPARE_BYTES, (1 << 31) - 1)


def _columns_of(table: Table, plan: FieldPlan) -> list[tuple[int, str]]:
    """The columns of a table that the plan needs, each behind its index in the plan."""
    return plan.match(tuple(table.columns))


class _Gathered(msgspec.Struct):
    """Rows as records for the plan.

    :param replaced_count: sequences of bytes in texts that became U+FFFD
    """

    records: ColumnRecords
    replaced_count: int


def _gather(
    rows: Sequence[Sequence[Any]], columns: list[tuple[int, str]], plan: FieldPlan
) -> _Gathered:
    found: dict[int, list[Any]] = {}
    replaced_count = 0
    for (index, _), values in zip(columns, zip(*rows, strict=True), strict=True):
        plain = list(values)
        for i, value in enumerate(plain):
            if type(value) is bytes or (type(value) is str and not _is_sound(value)):
                plain[i], count = _as_text(value)
                replaced_count += count
        found[index] = plain
    return _Gathered(ColumnRecords(found, len(plan.names), len(rows)), replaced_count)


def _is_sound(text: str) -> bool:
    """Whether a text was UTF-8 in its database."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_text(value: str | bytes) -> tuple[Any, int]:
    """A text that is not UTF-8, or a BLOB that is; and how many of its bytes were replaced."""
    if isinstance(value, bytes):
        try:
            return value.decode(), 0
        except UnicodeDecodeError:
            return value, 0
    decoded = decode_document(value.encode("utf-8", "surrogateescape"))
    return decoded.text.decode(), decoded.replaced_count


class _NegativeRows(DocumentMaker):
    """Makes documents of rows whose numbers are not above 0."""

    def name_record(self, row: int) -> str:
        return super().name_record(row).removesuffix(f"{row}") + str(1 - row)


class _DatabaseReader:
    """Reads one database."""

    def __init__(
        self,
        file: OpenSource,
        database: Database,
        size: int,
        settings: ReadSettings,
        limits: ReadLimits,
    ) -> None:
        self._file = file
        self._database = database
        self._plan = FieldPlan(settings)
        self._chosen = settings.records
        self._limits = limits
        self._bytes_left = 3 * size + _SPARE_BYTES  # UTF-16 takes two thirds of its UTF-8
        self._replaced_count = 0

    def read(self) -> Iterator[Piece]:
        id, given = self._file.source.id, self._database.tables
        if self._chosen:
            name = find_name(self._chosen, [table.name for table in given])
            if name is None:
                yield SkippedDocument(id, NO_RECORDS, self._explain_choice())
                return
            given = [table for table in given if table.name == name]
        tables = [table for table in given if self._has_text(table)]
        if not tables:
            yield self._explain(given)
        elif len(tables) > 1:
            names = _join_names([table.name for table in tables])
            detail = f"read are the rows of {len(tables)} tables: {names}; --records names one"
            yield Notice(id, ODD_LAYOUT, detail)
        for table in tables:
            id = f"{self._file.source.id}/{table.name}"
            if not table.row_id:
                detail = "its rows have no number (WITHOUT ROWID); copy them into another table"
                yield SkippedDocument(id, UNREADABLE, detail)
            else:
                yield from self._read_table(table, id)
        if self._replaced_count:
            detail = describe_replaced(self._replaced_count)
            yield Notice(self._file.source.id, UNDECODABLE_BYTES, detail)

    def _has_text(self, table: Table) -> bool:
        return self._plan.could_find_text(_examples(table))

    def _explain_choice(self) -> str:
        names = _join_names([table.name for table in self._database.tables])
        return f"it has no table {quote_name(self._chosen)} (--records); its tables are {names}"

    def _explain(self, tables: Sequence[Table]) -> SkippedDocument:
        """Why no table can be read, with the columns of some tables."""
        id = self._file.source.id
        if not tables:
            return SkippedDocument(id, FIELD_MISSING, "it has no table")
        missing, told = "", []
        for table in tables[:_MAX_TABLES_NAMED]:
            rows = self._first_rows(table)
            able = [{name: row[name] for name in _examples(table)} for row in rows]
            _, detail = self._plan.explain(UNSET, rows[0], find_hint(able))
            missing, _, columns = detail.partition("; ")
            columns = columns.replace("its fields", "its columns")
            told.append(f"table {quote_name(table.name)}: {columns}")
        more = len(tables) - len(told)
        rest = f"; and {more} more tables" if more else ""
        return SkippedDocument(id, FIELD_MISSING, f"{missing}; {'; '.join(told)}{rest}")

    def _first_rows(self, table: Table) -> list[dict[str, Any]]:
        """The first rows of a table by column, as examples; one without values if it has none."""
        names = [*table.columns]
        rows: list[dict[str, Any]] = []
        with suppress(BrokenDatabaseError):
            if table.row_id:
                for row in islice(self._database.rows(table, names), SAMPLE_RECORDS):
                    if isinstance(row, tuple):
                        rows.append(dict(zip(names, row[1:], strict=True)))
        return rows or [dict.fromkeys(names)]

    def _read_table(self, table: Table, id: str) -> Iterator[Piece]:
        source = msgspec.structs.replace(self._file.source, id=id)
        file = msgspec.structs.replace(self._file, source=source)
        makers = [each(file, self._plan, self._limits) for each in (DocumentMaker, _NegativeRows)]
        if self._plan.is_automatic:
            rows = self._first_rows(table)
            texts = [self._plan.find_text(self._plan.values_of(row)) for row in rows]
            yield from makers[0].doubt(texts, lambda i: rows[i])
        count, groups = 0, self._groups(table)
        try:
            for group in groups:
                is_negative = (group if isinstance(group, int) else group[0][0]) <= 0
                maker = makers[is_negative]
                if isinstance(group, int):
                    yield self._skip_long(maker.name_record(_line_of(group)))
                    continue
                yield from self._make(table, group, maker)
                count += len(group)
        except BrokenDatabaseError as error:
            detail = f"the table is damaged ({error}), after {count} rows"
            yield SkippedDocument(id, DAMAGED, detail)

    def _skip_long(self, id: str) -> SkippedDocument:
        detail = f"its text is longer than {self._limits.document_bytes} bytes"
        return SkippedDocument(id, TOO_LARGE, f"{detail} (--max-document-bytes)")

    def _make(
        self, table: Table, rows: list[tuple[Any, ...]], maker: DocumentMaker
    ) -> Iterator[Piece]:
        """The documents of some rows, whose numbers all are above 0, or none."""
        numbers = [row[0] for row in rows]
        locators = np.zeros((len(rows), 4), np.int64)
        locators[:, 0] = self._file.index
        locators[:, 1] = 2 * table.number + (numbers[0] <= 0)
        locators[:, 3] = [_line_of(number) for number in numbers]
        gathered = _gather([row[1:] for row in rows], _columns_of(table, self._plan), self._plan)
        self._replaced_count += gathered.replaced_count
        fields: Mapping[str, Any] = dict.fromkeys(table.columns, "")
        yield from maker.make(gathered.records, locators, lambda i: fields)

    def _groups(self, table: Table) -> Iterator[list[tuple[Any, ...]] | int]:
        """The rows of a table in groups that fit into memory; the number of a row that does not.

        What a sound database holds is not longer than its file. A damaged one may hold its own
        bytes a thousand times.
        """
        rows: list[tuple[Any, ...]] = []
        size = 0
        names = [name for _, name in _columns_of(table, self._plan)]
        try:
            for row in self._database.rows(table, names):
                is_end = len(rows) >= _GROUP_ROWS or size > _GROUP_BYTES
                if rows and (isinstance(row, int) or is_end or (rows[0][0] <= 0 < row[0])):
                    yield rows
                    rows, size = [], 0
                if isinstance(row, int):
                    yield row
                    continue
                length = sum(len(value) for value in row if type(value) in (str, bytes))
                size += length
                self._bytes_left -= length
                if self._bytes_left < 0:
                    raise BrokenDatabaseError("it holds more than its file can")
                rows.append(row)
        except BrokenDatabaseError:
            if rows:
                yield rows
            raise
        if rows:
            yield rows


def _join_names(names: Sequence[str]) -> str:
    """The names of some tables, for people."""
    shown = ", ".join(map(quote_name, names[:_MAX_NAMED]))
    more = len(names) - _MAX_NAMED
    return shown + (f" and {more} more" if more > 0 else "")


def _line_of(number: int) -> int:
    """The number of a row as locators have it (see :func:`row_number`)."""
    return number if number > 0 else min(1 - number, (1 << 63) - 1)


def _examples(table: Table) -> dict[str, Any]:
    """A value for each column that may hold text: all but those that are declared numbers."""
    return {
        name: ""
        for name, declared in table.columns.items()
        if not any(kind in declared for kind in _NUMBERS)
    }
