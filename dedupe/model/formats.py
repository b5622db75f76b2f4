"""The formats that a corpus may be in: all that is known of one without reading a file.

A new format is a line in :data:`FORMATS`. All else about it stands in the one value that the line
names, a :class:`dedupe.sources.formats.format.Format`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

AUTO = "auto"
"""Stands for a format where each file's ending and content are to tell it."""


class RegisteredFormat(NamedTuple):
    """Where a format is described.

    :param home: the module and the name of its ``Format``, which is imported when a file is met
    :param counted_in: how people count its records, and so what the number of one means; nothing
        where its documents are whole files, or have names of their own
    """

    home: str
    counted_in: Literal["", "lines", "rows"] = ""


_PACKAGE = "dedupe.sources.formats"

FORMATS: dict[str, RegisteredFormat] = {
    "text": RegisteredFormat(f"{_PACKAGE}.plain_text:TEXT"),
    "jsonl": RegisteredFormat(f"{_PACKAGE}.json.format:JSON_LINES", "lines"),
    "json": RegisteredFormat(f"{_PACKAGE}.json.format:JSON", "rows"),
    "csv": RegisteredFormat(f"{_PACKAGE}.csv.format:CSV", "rows"),
    "tsv": RegisteredFormat(f"{_PACKAGE}.csv.format:TSV", "rows"),
    "parquet": RegisteredFormat(f"{_PACKAGE}.tables.format:PARQUET", "rows"),
    "arrow": RegisteredFormat(f"{_PACKAGE}.tables.format:ARROW", "rows"),
    "html": RegisteredFormat(f"{_PACKAGE}.html.format:HTML"),
    "warc": RegisteredFormat(f"{_PACKAGE}.warc.format:WARC"),
}
"""By name, in the order in which they are listed for people."""


def input_formats() -> tuple[str, ...]:
    """What ``input_format`` may be."""
    return (AUTO, *FORMATS)


def counts_lines(name: str) -> bool:
    """Whether the number of a record is that of its line."""
    return name in FORMATS and FORMATS[name].counted_in == "lines"


def counts_rows(name: str) -> bool:
    """Whether the number of a record is that of its row, which is no line of its file."""
    return name in FORMATS and FORMATS[name].counted_in == "rows"


def record_place(file: str, format: str, number: int) -> str:
    """A record by its place: ``file:line`` or ``file#row``."""
    return f"{file}{'#' if counts_rows(format) else ':'}{number}"
