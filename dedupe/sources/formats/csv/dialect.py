"""The dialect of a CSV file: which character separates, and which one quotes.

The header usually decides, because names of columns hold no separators. Only where it does not,
:class:`csv.Sniffer` looks at the beginning of the file; running text easily misleads it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

Dialect = dict[str, Any]
"""The options for :func:`csv.reader`."""

SEPARATORS = ",;\t|"
_ESCAPED_QUOTE = '\\"'
_DOUBLED_QUOTE = '""'


def detect_dialect(head: str, is_tsv: bool) -> Dialect:
    """The dialect of a file.

    :param head: the beginning of the file
    :param is_tsv: whether tabs separate, whatever the file holds
    """
    head = head.removeprefix("\ufeff")
    header = next(filter(str.strip, head.splitlines()), "")
    quote = "'" if header.startswith("'") and '"' not in header else '"'
    separator = "\t" if is_tsv else _detect_separator(header, head, quote)
    dialect: Dialect = {"delimiter": separator, "quotechar": quote}
    if _ESCAPED_QUOTE in head and _DOUBLED_QUOTE not in head.replace(f"{separator}{2 * quote}", ""):
        dialect.update(escapechar="\\", doublequote=False)
    return dialect


def split_header(header: str, dialect: Dialect) -> list[str]:
    """The names of the columns; none where the header is no CSV in this dialect."""
    try:
        return next(csv.reader([header], **dialect), [])
    except csv.Error:
        return []


def _detect_separator(header: str, head: str, quote: str) -> str:
    counts = {
        separator: len(split_header(header, {"delimiter": separator, "quotechar": quote}))
        for separator in SEPARATORS
    }
    several = [separator for separator in SEPARATORS if counts[separator] > 1]
    if len(several) == 1:
        return several[0]
    try:
        found = csv.Sniffer().sniff(head, SEPARATORS).delimiter
    except csv.Error:
        found = ""
    return found if found in several else _most_columns(several, counts)


def _most_columns(several: Sequence[str], counts: dict[str, int]) -> str:
    return max(several, key=lambda separator: counts[separator], default=",")
