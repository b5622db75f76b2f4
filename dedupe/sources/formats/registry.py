"""The formats that can be read: one reader each, in a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from dedupe.model.settings import ScanSettings
from dedupe.sources.formats.recognition import (
    any_content,
    odd_content_problem,
    text_problem,
    warc_problem,
)
from dedupe.sources.pages.page_rereading import reread_pages
from dedupe.sources.records.pieces import Reader, Rereader


class Format(NamedTuple):
    """How a format is checked and read.

    What reads it is named by module and function (of this package), and imported when a file of
    the format is met.

    :param reader: a :data:`Reader`
    :param rereader: makes a :data:`Rereader` for given settings
    :param problem: why content with this beginning is not of the format; nothing where it is
    :param missing_extra: what to say where what reads it is not installed
    :param holds_records: whether its documents are fields, which may hold HTML
    :param takes_utf8: whether its reader wants text in UTF-8, as which it is given files in other
        encodings (:mod:`dedupe.sources.encoding.recoding`)
    """

    reader: str
    rereader: str
    problem: Callable[[bytes], str]
    missing_extra: Callable[[ScanSettings], str] = lambda settings: ""
    holds_records: bool = False
    takes_utf8: bool = False

    @property
    def read(self) -> Reader:
        """Reads a file of the format."""
        reader: Reader = _load(self.reader)
        return reader

    def reread_with(self, settings: ScanSettings) -> Rereader:
        """Reads single documents again, as a scan under these settings read them."""
        rereader: Rereader = _load(self.rereader)(settings)
        return rereader


def _load(name: str) -> Any:
    """What is called ``module.name`` in this package."""
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(f"dedupe.sources.formats.{module}"), attribute)


def _missing_for_pages(settings: ScanSettings) -> str:
    from dedupe.sources.pages.requirements import missing_html_extra

    return missing_html_extra(settings.html)


def _missing_for_warc(settings: ScanSettings) -> str:
    from dedupe.sources.formats.warc import missing_warc_extra

    return missing_warc_extra(settings) or _missing_for_pages(settings)


def _of_records(reader: str, rereader: str = "json.json_lines.reread_records_with") -> Format:
    """A format of records that are written as text."""
    return Format(reader, rereader, odd_content_problem, holds_records=True, takes_utf8=True)


def _of_table(name: str) -> Format:
    """A format of columns."""
    reader, rereader = f"tables.arrow_rows.read_{name}", f"tables.arrow_rows.reread_{name}_with"
    return Format(reader, rereader, any_content, holds_records=True)


_TEXT = ("plain_text.read_text", "plain_text.reread_text_with")

FORMATS: dict[str, Format] = {
    "text": Format(*_TEXT, text_problem),
    "jsonl": _of_records("json.json_lines.read_json_lines"),
    "json": _of_records("json.json_file.read_json", "json.json_file.reread_json_with"),
    "csv": _of_records("csv.csv_file.read_csv", "csv.csv_file.reread_csv_with"),
    "tsv": _of_records("csv.csv_file.read_tsv", "csv.csv_file.reread_tsv_with"),
    "parquet": _of_table("parquet"),
    "arrow": _of_table("arrow"),
    "html": Format(
        "html_pages.read_html", "html_pages.reread_html_with", text_problem, _missing_for_pages
    ),
    "warc": Format("warc.read_warc", "warc.reread_warc_with", warc_problem, _missing_for_warc),
}

FORCED_TEXT = Format(*_TEXT, odd_content_problem)
"""Text because the settings say so: NUL bytes alone do not count against it."""


def has_page_records(chosen: Format, settings: ScanSettings) -> bool:
    """Whether the records of a format are to be read as pages."""
    return chosen.holds_records and settings.text_format == "html"


def missing_extra(chosen: Format, settings: ScanSettings) -> str:
    """What to say where a format cannot be read for want of an extra; else nothing."""
    if has_page_records(chosen, settings):
        return chosen.missing_extra(settings) or _missing_for_pages(settings)
    return chosen.missing_extra(settings)


def rereader_of(name: str, settings: ScanSettings) -> Rereader:
    """Reads single documents of a format again, as a scan under these settings read them."""
    chosen = FORMATS[name]
    reread = chosen.reread_with(settings)
    return reread_pages(reread, settings) if has_page_records(chosen, settings) else reread
