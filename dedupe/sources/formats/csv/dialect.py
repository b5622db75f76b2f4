"""The dialect of a CSV file: which character separates, and which one quotes.

The header usually decides, because names of columns hold no separators. Only where it does not,
:class:`csv.Sniffer` looks at the beginning of the file; running text easily misleads it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

Dialect = dict[str, Any]
"""The options for :func:`csv.reader`."""

SEPARATORS = ",;\t|"
NO_SEPARATOR = "\x1f"
"""A separator for files in which nothing separates."""

_ESCAPED_QUOTE = '\\"'
_DOUBLED_QUOTE = '""'


_SEPARATOR_LINE = re.compile(r"""(["']?)sep=([^\w\s"']|\t)\2*\1\2*\s*""", re.IGNORECASE)
_MIN_FITTING_SHARE = 0.5
"""The least share of rows without a header that a separator parts into equally many fields."""


def separator_of_line(line: str) -> str:
    """The separator that a first line such as ``sep=;`` names, as Excel writes and reads it."""
    found = _SEPARATOR_LINE.fullmatch(line)
    return found[2] if found else ""


def detect_dialect(head: str, separator: str = "") -> Dialect:
    """The dialect of a file.

    :param head: the beginning of the file, from its header on
    :param separator: the separator, where it is known
    """
    header = next(filter(str.strip, head.split("\n")), "")
    quote = "'" if header.startswith("'") and '"' not in header else '"'
    separator = separator or _detect_separator(header, head, quote)
    return _complete_dialect(head, separator, quote)


def detect_dialect_of_rows(head: str, separator: str = "") -> tuple[Dialect, int]:
    """The dialect of a file without a header, and how many fields most of its rows have.

    It is the one that parts the most rows into equally many fields. Where that is no majority,
    nothing separates, and each row is one field.

    :param separator: the separator, where it is known
    """
    lines = head.split("\n")
    quote = "'" if lines[0].startswith("'") and '"' not in lines[0] else '"'
    best, best_fit = _complete_dialect(head, separator or NO_SEPARATOR, quote), (0.0, 1)
    for each in separator or SEPARATORS:
        dialect = _complete_dialect(head, each, quote)
        if f"{each} {quote}" in head:
            dialect["skipinitialspace"] = True
        share, width = _fit_rows(lines, dialect)
        if separator or (width > 1 and share > _MIN_FITTING_SHARE and (share, width) > best_fit):
            best, best_fit = dialect, (share, width)
    return best, best_fit[1]


def _fit_rows(lines: Sequence[str], dialect: Dialect) -> tuple[float, int]:
    """How many fields most rows have, after the share of the rows that have so many.

    A row in which a space follows a separator does not count: so it does in running text.
    """
    rows = _rows_of(lines, dialect)
    widths = Counter(len(row) for row in rows if not any(field[:1] == " " for field in row[1:]))
    share = max(widths.values(), default=0) / max(len(rows), 1)
    widths = widths or Counter(map(len, rows))
    return share, max(widths, key=lambda width: (widths[width], width), default=1)


def _rows_of(lines: Sequence[str], dialect: Dialect) -> list[list[str]]:
    """The rows of some lines, as far as they can be read."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(filter(None, csv.reader((f"{line}\n" for line in lines), **dialect)))
    return rows


def _complete_dialect(head: str, separator: str, quote: str) -> Dialect:
    dialect: Dialect = {"delimiter": separator, "quotechar": quote}
    if _ESCAPED_QUOTE in head and _DOUBLED_QUOTE not in head.replace(f"{separator}{2 * quote}", ""):
        dialect.update(escapechar="\\", doublequote=False)
    return dialect


def split_header(header: str, dialect: Dialect, strict: bool = False) -> list[str]:
    """The names of the columns; none where the header is no CSV in this dialect."""
    try:
        return next(csv.reader([header], **dialect, strict=strict), [])
    except csv.Error:
        return []


def _detect_separator(header: str, head: str, quote: str) -> str:
    counts = _count_columns(header, quote, strict=True)
    if max(counts.values()) < 2:
        counts = _count_columns(header, quote, strict=False)
    several = [separator for separator in SEPARATORS if counts[separator] > 1]
    if len(several) == 1:
        return several[0]
    try:
        found = csv.Sniffer().sniff(head, SEPARATORS).delimiter
    except csv.Error:
        found = ""
    return found if found in several else _most_columns(several, counts)


def _count_columns(header: str, quote: str, strict: bool) -> dict[str, int]:
    """The number of columns by separator; with ``strict``, text behind a quote separates none."""
    return {
        separator: len(split_header(header, {"delimiter": separator, "quotechar": quote}, strict))
        for separator in SEPARATORS
    }


def _most_columns(several: Sequence[str], counts: dict[str, int]) -> str:
    return max(several, key=lambda separator: counts[separator], default=",")
