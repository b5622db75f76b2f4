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
from dedupe.sources.json_file import read_json
from dedupe.sources.json_lines import read_json_lines, reread_records_with
from dedupe.sources.pieces import Reader, Rereader
from dedupe.sources.plain_text import read_text, reread_text_with
from dedupe.sources.recognition import any_content, lines_problem, odd_content_problem, text_problem


class Format(NamedTuple):
    """How a format is checked and read.

    :param problem: why content with this beginning is not of the format; nothing where it is
    :param reread_with: how to read single documents again under given settings
    """

    read: Reader
    problem: Callable[[bytes], str]
    reread_with: Callable[[ScanSettings], Rereader]


FORMATS: dict[str, Format] = {
    "text": Format(read_text, text_problem, reread_text_with),
    "jsonl": Format(read_json_lines, lines_problem, reread_records_with),
    "json": Format(read_json, lines_problem, reread_records_with),
    "csv": Format(read_csv, lines_problem, reread_csv_with),
    "tsv": Format(read_tsv, lines_problem, reread_tsv_with),
    "parquet": Format(read_parquet, any_content, reread_parquet_with),
    "arrow": Format(read_arrow, any_content, reread_arrow_with),
}

FORCED_TEXT = Format(read_text, odd_content_problem, reread_text_with)
"""Text because the settings say so: NUL bytes alone do not count against it."""
