"""The formats Parquet and Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from dedupe.model.documents import Locator
from dedupe.model.installation import install_command
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.format import RecordFormat
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import FieldsReader, OpenSource, Piece, Rereader
from dedupe.sources.records.removal import Sink

_STREAM_MARK = b"\xff\xff\xff\xff"


class TableFormat(RecordFormat):
    """Parquet and Arrow: a file is a table whose rows are records."""

    takes_utf8 = False
    is_written_anew = True

    def __init__(self, name: str, endings: tuple[str, ...], magics: tuple[bytes, ...]) -> None:
        super().__init__(name)
        self.endings = endings
        self.magics = magics

    def problem(self, head: bytes, is_chosen: bool) -> str:
        """Empty: pyarrow finds problems when it opens the file."""
        return ""

    def missing_package(self) -> str:
        is_missing = find_spec("pyarrow") is None
        return f"reading {self.name} files takes pyarrow: {install_command('parquet')}" * is_missing

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.tables.reader import read_table

        return read_table(self.name, file, settings, limits)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.tables.reader import reread_rows_with

        return reread_rows_with(self.name, settings)

    def reread_fields_with(self, settings: ReadSettings) -> FieldsReader:
        from dedupe.sources.formats.tables.fields import reread_fields_with

        return reread_fields_with(self.name)

    def write_without(
        self, content: SeekableBytes, locators: Sequence[Locator], sink: Sink
    ) -> None:
        from dedupe.sources.formats.tables.rewriting import write_rows

        write_rows(self.name, content, {locator.line - 1 for locator in locators}, sink)


PARQUET = TableFormat("parquet", (".parquet",), (b"PAR1",))
ARROW = TableFormat("arrow", (".arrow", ".feather", ".ipc"), (b"ARROW1", b"FEA1", _STREAM_MARK))
