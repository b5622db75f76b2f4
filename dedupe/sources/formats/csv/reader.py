"""Reads CSV and TSV: a header names the columns, and each row after it is a record."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.formats.csv.hints import explain_columns
from dedupe.sources.formats.csv.layout import (
    LAYOUT_BYTES,
    Expected,
    Layout,
    ends_in_open_quote,
    find_layout,
    fits,
)
from dedupe.sources.formats.csv.line_ends import (
    HIDDEN_CR,
    hide_cr_in_row,
    show_cr,
)
from dedupe.sources.formats.csv.lines import CsvLines, RowTooLongError
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import (
    DAMAGED,
    FIELD_MISSING,
    ODD_LAYOUT,
    TOO_LARGE,
    TRUNCATED,
    UNDECODABLE_BYTES,
)
from dedupe.sources.records.chunks import ColumnRecords, DocumentMaker
from dedupe.sources.records.field_names import UNSET
from dedupe.sources.records.fields import FieldPlan
from dedupe.sources.records.pieces import OpenSource, Piece

_MAX_FIELD_CHARACTERS = (1 << 31) - 1
_MAX_HEADER_BYTES = 1 << 20
_DOS_END = ["\x1a"]
_GROUP_ROWS = 1000
_MARK = UTF8_MARK.decode()


def read_csv(
    file: OpenSource, settings: ReadSettings, limits: ReadLimits, is_tsv: bool
) -> Iterator[Piece]:
    """The documents of a file, and remarks on rows that cannot be used.

    :param is_tsv: whether tabs separate, whatever the file holds
    """
    yield from _CsvReader(file, settings, limits, is_tsv).read()


class Table:
    """A header with a layout, which makes records of rows.

    :ivar width: the fields of a row
    """

    def __init__(self, header: Sequence[str], layout: Layout, settings: ReadSettings) -> None:
        self.layout = layout
        self.columns = layout.columns_of(header)
        self.width = layout.width_of(self.columns)
        self.plan = FieldPlan(settings)
        self._matched = dict(self.plan.match(self.columns))
        self._positions = [
            self.columns.index(self._matched[index]) if index in self._matched else -1
            for index in range(len(self.plan.names))
        ]
        if self.columns == ["1"] and self.plan.is_automatic:  # without a header
            self._positions[self.plan.text_indices[0]] = 0

    @property
    def has_text(self) -> bool:
        """Whether some column can be the text."""
        return type(self.plan.find_text(self.values([""] * len(self.columns)))) is str

    @property
    def ambiguous_name(self) -> str:
        """The name of two columns, either of which may be the text; empty where there is none."""
        names = {name for name in self.columns if name and self.columns.count(name) > 1}
        present = [self._matched[i] for i in self.plan.text_indices if i in self._matched]
        return next((n for n in present[: 1 if self.plan.is_automatic else None] if n in names), "")

    def values(self, row: Sequence[str]) -> list[Any]:
        """The values of a row, which may be shorter than the header, for the plan."""
        width = len(row)
        return [row[i] if 0 <= i < width else UNSET for i in self._positions]

    def gather(self, rows: Sequence[Sequence[str]]) -> ColumnRecords:
        """Several rows as records for the plan."""
        shortest = min(map(len, rows))
        columns: dict[int, list[Any]] = {}
        for index, i in enumerate(self._positions):
            if 0 <= i < shortest:
                columns[index] = [row[i] for row in rows]
            elif i >= 0:
                columns[index] = [row[i] if i < len(row) else UNSET for row in rows]
        return ColumnRecords(columns, len(self._positions), len(rows))

    def fields(self, row: Sequence[str]) -> dict[str, Any]:
        """All fields of a row by name."""
        return dict(zip(self.columns, row, strict=False))

    def read_row(self, raw: bytes) -> list[str] | None:
        """The fields of one row; ``None`` where it is none, or several."""
        lines = raw.decode("utf-8", "replace").removesuffix("\n").split("\n")
        rows: list[list[str]] = []
        try:
            rows += filter(None, csv.reader(as_lines(lines), **self.layout.dialect))
        except csv.Error:
            return None
        return show_cr(rows[0], self.layout.is_exchanged) if len(rows) == 1 else None

    def text_of(self, row: Sequence[str]) -> str | None:
        """The text of one row; ``None`` where it holds none."""
        text = self.plan.find_text(self.values(row))
        return text if isinstance(text, str) else None


class _CsvReader:
    """Reads one file.

    :ivar _row: the number of the current row, from 1
    :ivar _repeated_count: rows that repeat the header
    :ivar _first_repeated: the number of the first of them
    """

    def __init__(
        self, file: OpenSource, settings: ReadSettings, limits: ReadLimits, is_tsv: bool
    ) -> None:
        self._file = file
        self._path_id = file.source.id
        self._settings = settings
        self._limits = limits
        self._layout = find_layout(file.blocks.look_recoded(LAYOUT_BYTES), expect(settings, is_tsv))
        self._lines = CsvLines(file.blocks, limits.line_bytes, self._layout.is_exchanged)
        self._repeated_count = self._first_repeated = 0
        self._width = 0
        self._row = 0
        # The limit of csv is one for the whole process; ours, of a row, is lower.
        csv.field_size_limit(_MAX_FIELD_CHARACTERS)

    def read(self) -> Iterator[Piece]:
        reader = csv.reader(self._lines, strict=True, **self._layout.dialect)
        columns: list[str] = []
        try:
            for _ in range(self._layout.preamble):
                self._lines.begin_row()
                next(self._lines)
            while self._layout.has_header and not columns:
                columns = self._next_row(reader)
        except StopIteration:
            pass
        except (csv.Error, RowTooLongError) as error:
            yield SkippedDocument(self._path_id, *self._explain_row(error))
            return
        columns = show_cr(columns, self._layout.is_exchanged)
        table = Table(columns, self._layout, self._settings)
        if table.columns and not table.has_text:
            detail = explain_columns(table.columns, columns, self._layout, table.plan)
            yield SkippedDocument(self._path_id, FIELD_MISSING, detail)
            return
        if name := table.ambiguous_name:
            detail = f"two columns are called {name!r:.60}; rename one (row 1 names the columns)"
            yield SkippedDocument(self._path_id, DAMAGED, detail)
            return
        self._width = table.width
        self._headers = [columns, ["\ufeff" + columns[0], *columns[1:]]] if columns else []
        yield from self._read_rows(reader, table)
        yield from self._conclude()

    def _read_rows(self, reader: Any, table: Table) -> Iterator[Piece]:
        maker = DocumentMaker(self._file, table.plan, self._limits)
        rows: list[list[str]] = []
        locators: list[tuple[int, int, int, int]] = []
        group_bytes = 0
        is_exchanged = self._layout.is_exchanged
        while True:
            try:
                row = self._next_row(reader)
            except StopIteration:
                break
            except (csv.Error, RowTooLongError) as error:
                yield self._skip_row(error)
                continue
            if not row or (self._lines.is_last and row == _DOS_END):
                continue
            self._row += 1
            is_odd = len(row) != self._width or row[-1][:1] == " " or self._lines.is_last
            if is_odd and (problem := self._find_problem(row)):
                yield SkippedDocument(f"{self._path_id}#{self._row}", *problem)
                continue
            begin, length = self._lines.row_extent
            if self._lines.hides_cr or (is_exchanged and self._lines.has_swallowed):
                row = show_cr(row, is_exchanged)
            rows.append(row)
            locators.append((self._file.index, begin, length, self._row))
            group_bytes += length
            if len(rows) == _GROUP_ROWS or group_bytes >= self._limits.block_bytes:
                yield from self._make_documents(maker, table, rows, locators)
                rows, locators, group_bytes = [], [], 0
        yield from self._make_documents(maker, table, rows, locators)

    def _make_documents(
        self,
        maker: DocumentMaker,
        table: Table,
        rows: list[list[str]],
        locators: list[tuple[int, int, int, int]],
    ) -> Iterator[Piece]:
        """The documents of some rows; a row that repeats the header is none."""
        if any(header in rows for header in self._headers):
            others = [i for i, row in enumerate(rows) if row not in self._headers]
            first = next(i for i, row in enumerate(rows) if row in self._headers)
            self._first_repeated = self._first_repeated or locators[first][3]
            self._repeated_count += len(rows) - len(others)
            rows, locators = [rows[i] for i in others], [locators[i] for i in others]
        if rows:
            records = table.gather(rows)
            yield from maker.make(
                records, np.array(locators, np.int64), lambda i: table.fields(rows[i])
            )

    def _find_problem(self, row: Sequence[str]) -> tuple[str, str] | None:
        """Why a row is not exactly one whole record: reason and detail; ``None`` where it is."""
        lines, width = self._lines, self._width
        if lines.is_last and self._file.blocks.fault is not None:
            return TRUNCATED, f"line {lines.first_line}: the row breaks off, as the file does"
        if len(row) != width and not fits(row, width):
            fields = "1 field" if len(row) == 1 else f"{len(row)} fields"
            detail = f"line {lines.first_line}: the row has {fields}, where "
            detail += f"{'the header' if self._layout.has_header else 'a row'} has {width}"
            if self._lines.hides_cr and any(HIDDEN_CR in field for field in row):
                ends, others = ("CR", "LF") if self._layout.is_exchanged else ("LF", "CR alone")
                detail += f": {others} in it ends no row, since lines end in {ends}, as the first"
            elif len(row) > width:
                detail += ": a separator may stand in a text without quotes"
            return DAMAGED, detail + lines.has_swallowed * "; none of its lines was read"
        if row[-1][:1] == " " and not lines.has_swallowed:
            quote = self._layout.dialect["quotechar"]
            if ends_in_open_quote(row, "".join(lines.row), quote):
                problem = "a quote that begins behind a space is not closed"
                return DAMAGED, f"line {lines.first_line}: {problem}"
        return None

    def _next_row(self, reader: Any) -> list[str]:
        """The fields of the next row; none for a blank line.

        A row with odd quotes is taken if it is one line. If it has several lines, they may be rows
        that an unclosed quote has joined.

        :raises csv.Error: if it is no row
        :raises RowTooLongError: if it is too long
        :raises StopIteration: at the end
        """
        self._lines.begin_row()
        try:
            row: list[str] = next(reader)
        except csv.Error:
            if self._lines.is_open or self._lines.has_swallowed:
                raise
            row = next(csv.reader(self._lines.row, **self._layout.dialect), [])
        if self._lines.has_swallowed and self._width > 1 and self._are_rows():
            raise csv.Error("a quote that begins in it is closed in another row")
        return row

    def _are_rows(self) -> bool:
        """Whether all lines of the current row but its first look like rows.

        Lines of prose do not: spaces follow their commas.
        """
        separator = self._layout.dialect["delimiter"].encode()
        if self._lines.holds_below(separator + b" "):
            return False
        lines = self._lines.swallowed
        if lines.count(separator) < lines.count(b"\n") * (self._width - 1):
            return False
        counts = {line.count(separator) for line in lines.removesuffix(b"\n").split(b"\n")}
        return counts == {self._width - 1}

    def _skip_row(self, error: Exception) -> SkippedDocument:
        """Skip the current row, which cannot be used; its lines after the first become rows."""
        self._row += 1
        reason, detail = self._explain_row(error)
        if self._lines.has_swallowed:
            self._lines.go_back()
            detail += "; the lines after its first are read as rows"
        return SkippedDocument(f"{self._path_id}#{self._row}", reason, detail)

    def _explain_row(self, error: Exception) -> tuple[str, str]:
        line = f"line {self._lines.first_line}: "
        if isinstance(error, RowTooLongError):
            detail = f"{line}the row is longer than {self._limits.line_bytes} bytes"
            detail += " (--max-line-bytes)"
            return TOO_LARGE, detail + ": a quote may not be closed" * self._lines.has_swallowed
        if self._lines.is_open:
            return DAMAGED, f"{line}a quote that begins in the row is never closed"
        return DAMAGED, f"{line}the row is not CSV: {error}"

    def _conclude(self) -> Iterator[Piece]:
        if self._layout.notice and self._row:
            yield Notice(self._path_id, ODD_LAYOUT, self._layout.notice)
        if self._repeated_count:
            several = self._repeated_count > 1
            rows = f"{self._repeated_count} rows repeat" if several else "a row repeats"
            detail = f"{rows} the header and are no documents: row {self._first_repeated}"
            detail = detail if several else detail.replace("are no documents", "is no document")
            yield Notice(self._path_id, ODD_LAYOUT, detail + ", …" * several)
        fault = self._file.blocks.fault
        if fault is not None:
            detail = f"{fault.detail}, after row {self._row}"
            yield SkippedDocument(self._path_id, fault.reason, detail)
        if self._lines.bad_count:
            detail = "lines that hold bytes that are not UTF-8 (replaced by U+FFFD)"
            detail = f"{detail}: {self._lines.bad_count}"
            yield Notice(self._path_id, UNDECODABLE_BYTES, detail)


def expect(settings: ReadSettings, is_tsv: bool) -> Expected:
    """What the settings tell of a file."""

    def has_text(names: Sequence[str]) -> bool:
        return Table(names, Layout({}), settings).has_text

    return Expected(is_tsv, not settings.no_header, has_text)


def as_lines(lines: Sequence[str]) -> Iterator[str]:
    """The lines of one row for :func:`csv.reader`, of lines without their line feeds."""
    return hide_cr_in_row(f"{line}\n" for line in lines)
