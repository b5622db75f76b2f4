"""Opens SQLite databases that may be hostile or damaged, and lists their tables and rows.

Nothing that a database brings along is run: no views, no triggers, no virtual tables, no
expressions of generated columns. Nothing is written, not even beside the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.formats.sqlite.local_file import uri_of

ROW_ID_NAMES = ("rowid", "_rowid_", "oid")
_OPERATIONS = 100_000
_MAX_QUIET_CALLS = 2000
"""A query may do this many times as many operations between two rows before it is ended."""

_MAX_SQL_BYTES = 1 << 20
_SHADOW_ENDINGS = (
    *("_data", "_idx", "_content", "_docsize", "_config"),  # FTS5
    *("_segments", "_segdir", "_stat", "_node", "_rowid", "_parent"),  # FTS4, R-Tree
)
_PRAGMAS = ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0")
_VIRTUAL = 2
"""The value of ``hidden`` of a generated column that is computed when it is read."""


class BrokenDatabaseError(Exception):
    """The file is no valid database, or damaged."""


class Table(msgspec.Struct, frozen=True, eq=False):
    """An ordinary table.

    :param number: its position among all tables, which locators have
    :param columns: by name, the type that it is declared to have, in capital letters
    :param row_id: the name by which its rows are numbered; empty where they are not
    """

    number: int
    name: str
    columns: dict[str, str]
    row_id: str


class Database:
    """An open database, read-only.

    :ivar tables: its ordinary tables, in the order in which they were made
    """

    def __init__(self, path: str, max_value_bytes: int) -> None:
        """Open it.

        :param max_value_bytes: a row with a longer value cannot be read
        :raises BrokenDatabaseError: if it cannot be read
        """
        self._quiet_calls = 0
        try:
            self._connection = sqlite3.connect(
                uri_of(path, "mode=ro&immutable=1"), uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise BrokenDatabaseError(str(error)) from None
        try:
            self._restrict(max_value_bytes)
            self.tables = [*self._find_tables()]
        except (sqlite3.Error, ValueError, OverflowError, MemoryError) as error:
            self.close()
            raise BrokenDatabaseError(str(error) or type(error).__name__) from None

    def close(self) -> None:
        self._connection.close()

    def __del__(self) -> None:
        """Close it when nothing refers to it any more."""
        if hasattr(self, "_connection"):
            self.close()

    def _restrict(self, max_value_bytes: int) -> None:
        connection = self._connection
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max_value_bytes)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _MAX_SQL_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_progress_handler(self._is_too_quiet, _OPERATIONS)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    def _is_too_quiet(self) -> bool:
        self._quiet_calls += 1
        return self._quiet_calls > _MAX_QUIET_CALLS

    def _find_tables(self) -> Iterator[Table]:
        found = self._run("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        made = [(name, sql) for name, sql in found if _is_name(name) and type(sql) is str]
        virtual = {name.lower() for name, sql in made if _is_virtual(sql)}
        for number, (name, sql) in enumerate(made):
            if name.lower().startswith("sqlite_") or _is_virtual(sql) or _is_shadow(name, virtual):
                continue
            columns = {
                row[1]: str(row[2] or "").upper()
                for row in self._run(f"PRAGMA table_xinfo({quote(name)})")
                if row[6] != _VIRTUAL and _is_name(row[1])
            }
            yield Table(number, name, columns, self._find_row_id(name, columns))

    def _find_row_id(self, table: str, columns: dict[str, str]) -> str:
        taken = {column.lower() for column in columns}
        for name in ROW_ID_NAMES:
            if name not in taken:
                try:
                    self._run(f"SELECT {name} FROM {quote(table)} LIMIT 0")
                except sqlite3.OperationalError:
                    return ""  # WITHOUT ROWID
                return name
        return ""

    def rows(self, table: Table, columns: Sequence[str]) -> Iterator[tuple[Any, ...] | int]:
        """The rows of a table, each behind its number; only the number of a row that is too long.

        :raises BrokenDatabaseError: if it is damaged; the rows before were given
        """
        names = ", ".join([table.row_id, *map(quote, columns)])
        query = f"SELECT {names} FROM {quote(table.name)} NOT INDEXED"
        last: int | None = None
        while True:
            where = "" if last is None else f" WHERE {table.row_id} > {last}"
            try:
                for row in self._run(f"{query}{where} ORDER BY {table.row_id}"):
                    self._quiet_calls = 0
                    if type(row[0]) is not int or (last is not None and row[0] <= last):
                        raise BrokenDatabaseError("its rows are not in order")
                    last = row[0]
                    yield row
                return
            except sqlite3.DataError:  # a value that is longer than the limit
                last = self._next_number(table, last)
                yield last
            except (sqlite3.Error, ValueError, OverflowError, MemoryError) as error:
                raise BrokenDatabaseError(str(error) or type(error).__name__) from None

    def _next_number(self, table: Table, last: int | None) -> int:
        """The number of the row behind the last one."""
        where = "" if last is None else f" WHERE {table.row_id} > {last}"
        query = f"SELECT min({table.row_id}) FROM {quote(table.name)} NOT INDEXED{where}"
        try:
            (found,) = self._run(query).fetchone()
        except sqlite3.Error as error:
            raise BrokenDatabaseError(str(error)) from None
        if type(found) is not int or (last is not None and found <= last):
            raise BrokenDatabaseError("its rows are not in order")
        return found

    def row(self, table: Table, columns: Sequence[str], number: int) -> tuple[Any, ...] | None:
        """The values of one row; ``None`` where it is not there, or cannot be read."""
        names = ", ".join(map(quote, columns)) or "1"
        query = f"SELECT {names} FROM {quote(table.name)} WHERE {table.row_id} = ?"
        try:
            found: tuple[Any, ...] | None = self._run(query, (number,)).fetchone()
        except (sqlite3.Error, ValueError, OverflowError, MemoryError):
            return None
        return found

    def _run(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        self._quiet_calls = 0
        return self._connection.execute(query, values)


def quote(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def _is_name(name: object) -> bool:
    """Whether this can be written in a query."""
    return (
        type(name) is str
        and "\0" not in name
        and encode_text(name) == name.encode("utf-8", "surrogateescape")
    )


def _is_virtual(sql: str) -> bool:
    return sql.lstrip().upper().startswith("CREATE VIRTUAL")


def _is_shadow(name: str, virtual: set[str]) -> bool:
    """Whether a table belongs to a virtual one, such as an index for full text search."""
    name = name.lower()
    return any(
        name.endswith(ending) and name.removesuffix(ending) in virtual for ending in _SHADOW_ENDINGS
    )
