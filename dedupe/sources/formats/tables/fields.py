"""Reads whole rows of Parquet and Arrow files again, to write them in another form."""

from __future__ import annotations

from typing import Any

from dedupe.model.documents import Locator
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.tables.files import (
    BrokenTableError,
    RowCursor,
    open_table,
    table_errors,
)
from dedupe.sources.records.pieces import FieldsReader
from dedupe.sources.records.removal import CannotRewriteError
from dedupe.sources.unpack.random_access import seekable_again


def reread_fields_with(name: str) -> FieldsReader:
    """A function that reads all columns of single rows again, by their locators.

    It raises :class:`CannotRewriteError` for columns that are no fields of records.

    :param name: ``parquet`` or ``arrow``
    """
    opened: list[tuple[RowCursor, object]] = []

    def reread(file: SeekableBytes, locator: Locator) -> dict[str, Any] | None:
        try:
            if not opened:
                seekable, held = seekable_again(file)
                table = open_table(name, seekable)
                _refuse_columns(table.schema)
                opened.append((RowCursor(table, table.schema.names), held))
            part = opened[0][0].find(locator.line - 1)
            found: list[dict[str, Any]] = [] if part is None else part.to_pylist()
        except BrokenTableError:
            return None
        except table_errors():
            return None
        return found[0] if found else None

    return reread


def _refuse_columns(schema: Any) -> None:
    """Refuse columns that would not stay what they are as fields of a record.

    :raises CannotRewriteError: if there are such
    """
    names = schema.names
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise CannotRewriteError(f"it has two columns called {twice!r}")
    for field in schema:
        if "map<" in str(field.type):
            raise CannotRewriteError(f"its column {field.name!r} holds maps")
