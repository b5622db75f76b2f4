"""Reads rows of CSV and TSV again, by their locators."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from typing import Any

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.csv.layout import LAYOUT_BYTES, find_layout
from dedupe.sources.formats.csv.line_ends import (
    ExchangedFile,
    ends_lines_in_cr,
    exchange,
    show_cr,
)
from dedupe.sources.formats.csv.reader import Table, as_lines, expect
from dedupe.sources.records.pieces import FieldsReader, Rereader
from dedupe.sources.records.removal import CannotRewriteError

_MAX_HEADER_BYTES = 1 << 20
_MARK = UTF8_MARK.decode()


def reread_csv_with(settings: ReadSettings, is_tsv: bool) -> Rereader:
    """A function that reads the text of single rows again, by their locators."""
    reread_row = _reread_row_with(settings, is_tsv)

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        table, row = reread_row(file, locator)
        return None if row is None else table.text_of(row)

    return reread


def reread_fields_with(settings: ReadSettings, is_tsv: bool) -> FieldsReader:
    """A function that reads all fields of single rows again, by their locators.

    It raises :class:`CannotRewriteError` where the fields of a record would not hold all of a row.
    """
    reread_row = _reread_row_with(settings, is_tsv)
    checked: list[Table] = []

    def reread(file: SeekableBytes, locator: Locator) -> dict[str, Any] | None:
        table, row = reread_row(file, locator)
        if not checked:
            _refuse_columns(table.columns)
            checked.append(table)
        if row is None:
            return None
        if any(row[len(table.columns) :]):
            raise CannotRewriteError("a row has more fields than the header")
        return table.fields(row)

    return reread


def _refuse_columns(names: Sequence[str]) -> None:
    """Refuse names that two columns have, of which a record would hold one.

    :raises CannotRewriteError: if there are such
    """
    if twice := [name for name in names if names.count(name) > 1]:
        raise CannotRewriteError(f"it has two columns called {twice[0]!r}")


def _reread_row_with(
    settings: ReadSettings, is_tsv: bool
) -> Callable[[SeekableBytes, Locator], tuple[Table, list[str] | None]]:
    """A function that reads single rows of a table again; no row where there is none."""
    tables: list[Table] = []

    def reread(file: SeekableBytes, locator: Locator) -> tuple[Table, list[str] | None]:
        if not tables:
            tables.append(_read_table(file, settings, is_tsv))
        table = tables[0]
        if table.layout.is_exchanged:
            file = ExchangedFile(file)
        file.seek(locator.offset)
        raw = _read_up_to(file, locator.length)
        return table, table.read_row(raw) if len(raw) == locator.length else None

    return reread


def _read_table(file: SeekableBytes, settings: ReadSettings, is_tsv: bool) -> Table:
    """The header and the layout, as a scan reads them; the header may exceed ``LAYOUT_BYTES``."""
    file.seek(0)
    data = _read_up_to(file, _MAX_HEADER_BYTES)
    layout = find_layout(data[:LAYOUT_BYTES], expect(settings, is_tsv))
    if not layout.has_header:
        return Table([], layout, settings)
    text = (exchange(data) if layout.is_exchanged else data).decode("utf-8", "replace")
    lines = text.removeprefix(_MARK).split("\n")[layout.preamble :]
    try:
        columns = next(filter(None, csv.reader(as_lines(lines), **layout.dialect)), [])
    except csv.Error:
        columns = []
    return Table(show_cr(columns, layout.is_exchanged), layout, settings)


def with_lf_ends(file: SeekableBytes) -> SeekableBytes:
    """The file, with CR and LF exchanged where its lines end in CR."""
    file.seek(0)
    return ExchangedFile(file) if ends_lines_in_cr(_read_up_to(file, LAYOUT_BYTES)) else file


def _read_up_to(file: SeekableBytes, size: int) -> bytes:
    parts: list[bytes] = []
    while size and (part := file.read(min(size, 1 << 20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
