"""The format SQLite: a file is a database, the rows of whose tables are records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.format import RecordFormat
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import FieldsReader, OpenSource, Piece, Rereader
from dedupe.sources.records.removal import Sink

_MAGIC = b"SQLite format 3\0"


class SqliteFormat(RecordFormat):
    """SQLite: rows of the tables that have a text are records."""

    endings = (".sqlite", ".sqlite3", ".db")
    magics = (_MAGIC,)
    takes_utf8 = False
    is_written_anew = True

    def problem(self, head: bytes, is_chosen: bool) -> str:
        return "" if not head or head.startswith(_MAGIC) else "it is no SQLite 3 database"

    def missing_package(self) -> str:
        is_missing = find_spec("_sqlite3") is None  # Python can be built without it
        return "reading SQLite takes a Python with the module sqlite3" * is_missing

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.sqlite.reader import read_database

        return read_database(file, settings, limits)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.sqlite.reader import reread_rows_with

        return reread_rows_with(settings)

    def reread_fields_with(self, settings: ReadSettings) -> FieldsReader:
        from dedupe.sources.formats.sqlite.reader import reread_fields

        return reread_fields()

    def write_without(
        self, content: SeekableBytes, locators: Sequence[Locator], sink: Sink
    ) -> None:
        from dedupe.sources.formats.sqlite.removal import write_without_rows

        write_without_rows(content, locators, sink)


SQLITE = SqliteFormat("sqlite")
