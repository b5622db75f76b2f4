"""Takes rows out of SQLite databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from dedupe.model.documents import Locator
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.sqlite.database import (
    BrokenDatabaseError,
    Database,
    Table,
    quote,
)
from dedupe.sources.formats.sqlite.local_file import copy_file, name_file, read_blocks_of, uri_of
from dedupe.sources.formats.sqlite.reader import row_number
from dedupe.sources.records.removal import MOVED, CannotRewriteError, Sink

_MAX_VALUE_BYTES = (1 << 31) - 1
_PRAGMAS = ("trusted_schema=OFF", "foreign_keys=OFF", "cell_size_check=ON", "secure_delete=ON")


def write_without_rows(content: SeekableBytes, locators: Sequence[Locator], sink: Sink) -> None:
    """Write a database without some rows.

    All else stays: other tables, indexes, and the numbers of the rows that are left.

    :raises CannotRewriteError: if the database is damaged, or more than these rows would change
    """
    if pending := name_file(content).pending_changes:
        raise CannotRewriteError(f"changes to it are in {pending}; let SQLite take them in first")
    local = copy_file(content)
    try:
        database = Database(local.path, _MAX_VALUE_BYTES)
        wanted = _rows_by_table(database, locators)
        database.close()
        _delete_rows(local.path, wanted)
    except BrokenDatabaseError as error:
        raise CannotRewriteError(f"it is damaged ({error})") from None
    except sqlite3.Error as error:
        raise CannotRewriteError(f"it cannot be written again ({error})") from None
    for block in read_blocks_of(local.path):
        sink.write(block)
    local.close()


def _rows_by_table(database: Database, locators: Sequence[Locator]) -> Mapping[Table, set[int]]:
    tables = {table.number: table for table in database.tables}
    wanted: dict[Table, set[int]] = {}
    for locator in locators:
        table = tables.get(locator.offset >> 1)
        if table is None or not table.row_id:
            raise CannotRewriteError(MOVED)
        wanted.setdefault(table, set()).add(row_number(locator))
    return wanted


def _delete_rows(path: str, wanted: Mapping[Table, set[int]]) -> None:
    """Delete rows, and nothing else.

    :raises sqlite3.Error: if that fails
    """
    connection = sqlite3.connect(uri_of(path, "mode=rw"), uri=True, isolation_level=None)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        for table, numbers in wanted.items():
            _refuse_triggers(connection, table.name)
            query = f"DELETE FROM {quote(table.name)} WHERE {table.row_id} = ?"
            before = connection.total_changes
            connection.executemany(query, [(number,) for number in sorted(numbers)])
            if connection.total_changes - before != len(numbers):
                raise CannotRewriteError(MOVED)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _refuse_triggers(connection: sqlite3.Connection, table: str) -> None:
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = lower(?)"
    if (found := connection.execute(query, (table,)).fetchone()) is not None:
        what = f"the table {table!r:.60} has a trigger ({found[0]!r:.60})"
        raise CannotRewriteError(f"{what}, which may change more than the rows to drop")
