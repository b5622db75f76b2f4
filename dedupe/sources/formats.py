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
    lines_problem,
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
    """

    read: Reader
    problem: Callable[[bytes], str]
    reread_with: Callable[[ScanSettings], Rereader]
    missing_extra: Callable[[ScanSettings], str] = lambda settings: ""
    holds_records: bool = False


def _missing_for_pages(settings: ScanSettings) -> str:
    from dedupe.extraction.requirements import missing_html_extra

    return missing_html_extra(settings.html)


def _missing_for_warc(settings: ScanSettings) -> str:
    return missing_warc_extra(settings) or _missing_for_pages(settings)


FORMATS: dict[str, Format] = {
    "text": Format(read_text, text_problem, reread_text_with),
    "jsonl": Format(read_json_lines, lines_problem, reread_records_with, holds_records=True),
    "json": Format(read_json, lines_problem, reread_records_with, holds_records=True),
    "csv": Format(read_csv, lines_problem, reread_csv_with, holds_records=True),
    "tsv": Format(read_tsv, lines_problem, reread_tsv_with, holds_records=True),
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
