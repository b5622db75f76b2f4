"""The formats that can be read: one reader each, in a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dedupe.config import ScanSettings
from dedupe.sources.arrow_rows import (
    read_arrow,
    read_parquet,
    reread_arrow_with,
    reread_parquet_with,
)
from dedupe.sources.csv_file import read_csv, read_tsv, reread_csv_with, reread_tsv_with
from dedupe.sources.html_pages import read_html, reread_html_with
from dedupe.sources.json_file import read_json
from dedupe.sources.json_lines import read_json_lines, reread_records_with
from dedupe.sources.page_rereading import reread_pages
from dedupe.sources.pieces import Reader, Rereader
from dedupe.sources.plain_text import read_text, reread_text_with
from dedupe.sources.recognition import (
    any_content,
    odd_content_problem,
    text_problem,
    warc_problem,
)
from dedupe.sources.warc import missing_warc_extra, read_warc, reread_warc_with


class Format(NamedTuple):
    """How a format is checked and read.

    :param problem: why content with this beginning is not of the format; nothing where it is
    :param reread_with: how to read single documents again under given settings
    :param missing_extra: what to say where what reads it is not installed
    :param holds_records: whether its documents are fields, which may hold HTML
    :param takes_utf8: whether its reader wants text in UTF-8, as which it is given files in other
        encodings (:mod:`dedupe.sources.recoding`)
    """

    read: Reader
    problem: Callable[[bytes], str]
    reread_with: Callable[[ScanSettings], Rereader]
    missing_extra: Callable[[ScanSettings], str] = lambda settings: ""
    holds_records: bool = False
    takes_utf8: bool = False


def _missing_for_pages(settings: ScanSettings) -> str:
    from dedupe.extraction.requirements import missing_html_extra

    return missing_html_extra(settings.html)


def _missing_for_warc(settings: ScanSettings) -> str:
    return missing_warc_extra(settings) or _missing_for_pages(settings)


def _of_records(read: Reader, reread_with: Callable[[ScanSettings], Rereader]) -> Format:
    """A format of records that are written as text."""
    return Format(read, odd_content_problem, reread_with, holds_records=True, takes_utf8=True)


FORMATS: dict[str, Format] = {
    "text": Format(read_text, text_problem, reread_text_with),
    "jsonl": _of_records(read_json_lines, reread_records_with),
    "json": _of_records(read_json, reread_records_with),
    "csv": _of_records(read_csv, reread_csv_with),
    "tsv": _of_records(read_tsv, reread_tsv_with),
    "parquet": Format(read_parquet, any_content, reread_parquet_with, holds_records=True),
    "arrow": Format(read_arrow, any_content, reread_arrow_with, holds_records=True),
    "html": Format(read_html, text_problem, reread_html_with, _missing_for_pages),
    "warc": Format(read_warc, warc_problem, reread_warc_with, _missing_for_warc),
}

FORCED_TEXT = Format(read_text, odd_content_problem, reread_text_with)
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
