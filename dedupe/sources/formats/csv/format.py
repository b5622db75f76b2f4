"""CSV and TSV as formats."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.csv.dialect import SEPARATORS, separator_of_line
from dedupe.sources.formats.format import RecordFormat
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import FieldsReader, OpenSource, Piece, Rereader
from dedupe.sources.records.removal import ByteRange, find_lines
from dedupe.sources.records.usual_names import TEXT_NAMES

_COLUMN = re.compile(r"[\w.\- ]{1,40}")
_LINE_END = re.compile(rb"[\r\n]")
_TEXTS = frozenset([*TEXT_NAMES, *map(str.lower, TEXT_NAMES)])


class CsvFormat(RecordFormat):
    """CSV: a header names the columns, and each row after it is a record."""

    endings: tuple[str, ...] = (".csv",)
    _is_tsv = False

    def resembles(self, start: bytes) -> bool:
        """Whether the first line names the separator, or columns, one by a usual name of texts.

        Names in capitals are taken only where no space is in the line, as there is in prose.
        """
        line = _LINE_END.split(start, maxsplit=1)[0].decode("utf-8", "replace").strip()
        if separator_of_line(line):
            return True
        line = line if " " in line else line.lower()
        for separator in SEPARATORS:
            names = [name.strip().strip("\"'") for name in line.split(separator)]
            are_names = len(names) > 1 and all(map(_COLUMN.fullmatch, names))
            if are_names and not _TEXTS.isdisjoint(names):
                return True
        return False

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.csv.reader import read_csv

        return read_csv(file, settings, limits, self._is_tsv)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.csv.rereading import reread_csv_with

        return reread_csv_with(settings, self._is_tsv)

    def reread_fields_with(self, settings: ReadSettings) -> FieldsReader:
        from dedupe.sources.formats.csv.rereading import reread_fields_with

        return reread_fields_with(settings, self._is_tsv)

    def find_ranges(self, content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
        from dedupe.sources.formats.csv.rereading import with_lf_ends

        return find_lines(with_lf_ends(content), locators)


class TsvFormat(CsvFormat):
    """TSV: CSV in which tabs separate, whatever the file holds."""

    endings = (".tsv", ".tab")
    _is_tsv = True

    def resembles(self, start: bytes) -> bool:
        """False: content shows only that a file is CSV, whose reader finds the separator."""
        return False


CSV = CsvFormat("csv")
TSV = TsvFormat("tsv")
