"""The list of the formats that a corpus may be in, for those who read no files.

A new format is a line in :data:`FORMATS`. The line names a value that holds all else about the
format, a :class:`dedupe.sources.formats.format.Format`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

AUTO = "auto"
"""The value of ``input_format`` by which ending and content of each file decide on its format."""


class RegisteredFormat(NamedTuple):
    """One line of the list of formats.

    :param import_path: ``module:name`` of its ``Format``, imported when the first such file is met
    :param counted_in: whether the number of a record is that of its line or of its row; empty
        where documents are whole files, or have names of their own
    """

    import_path: str
    counted_in: Literal["", "lines", "rows"] = ""


_PACKAGE = "dedupe.sources.formats"

FORMATS: dict[str, RegisteredFormat] = {
    "text": RegisteredFormat(f"{_PACKAGE}.plain_text:TEXT"),
    "lines": RegisteredFormat(f"{_PACKAGE}.lines:LINES", "lines"),
    "jsonl": RegisteredFormat(f"{_PACKAGE}.json.format:JSON_LINES", "lines"),
    "json": RegisteredFormat(f"{_PACKAGE}.json.format:JSON", "rows"),
    "csv": RegisteredFormat(f"{_PACKAGE}.csv.format:CSV", "rows"),
    "tsv": RegisteredFormat(f"{_PACKAGE}.csv.format:TSV", "rows"),
    "parquet": RegisteredFormat(f"{_PACKAGE}.tables.format:PARQUET", "rows"),
    "arrow": RegisteredFormat(f"{_PACKAGE}.tables.format:ARROW", "rows"),
    "html": RegisteredFormat(f"{_PACKAGE}.html.format:HTML"),
    "xml": RegisteredFormat(f"{_PACKAGE}.xml.format:XML", "rows"),
    "pdf": RegisteredFormat(f"{_PACKAGE}.pdf.format:PDF"),
    "warc": RegisteredFormat(f"{_PACKAGE}.warc.format:WARC"),
    "epub": RegisteredFormat(f"{_PACKAGE}.epub.format:EPUB"),
    "sqlite": RegisteredFormat(f"{_PACKAGE}.sqlite.format:SQLITE", "rows"),
    "eml": RegisteredFormat(f"{_PACKAGE}.mail.format:EML"),
    "mbox": RegisteredFormat(f"{_PACKAGE}.mail.format:MBOX", "rows"),
}
"""The formats by name, in the order in which they are listed for people."""


def input_formats() -> tuple[str, ...]:
    """The valid values of the setting ``input_format``."""
    return (AUTO, *FORMATS)


def counts_lines(name: str) -> bool:
    """Whether the number of a record in this format is that of its line."""
    return name in FORMATS and FORMATS[name].counted_in == "lines"


def counts_rows(name: str) -> bool:
    """Whether the number of a record in this format is that of its row, which may span lines."""
    return name in FORMATS and FORMATS[name].counted_in == "rows"


def name_record(file: str, format: str, number: int) -> str:
    """A record for people: ``file:line``, or ``file#row`` where the format counts rows."""
    return f"{file}{'#' if counts_rows(format) else ':'}{number}"
