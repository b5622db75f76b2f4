"""How the rows of a CSV file fit its header, as its beginning shows.

Where a row has more or fewer fields than the header, a part of its text would be lost. So such a
row is skipped, unless all rows of the beginning differ from the header in one way, which has one
plain meaning. The beginning alone decides, so that a file can be read as a stream, and a single
row read again.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.formats.csv.dialect import SEPARATORS, Dialect, detect_dialect
from dedupe.sources.unpack.byte_blocks import HEAD_BYTES

LAYOUT_BYTES = 1 << 16
"""So much of a file, in UTF-8, tells how its rows are laid out."""

_NO_SEPARATOR = "\x1f"
_MIN_ROWS = 3
"""Fewer rows agree by chance."""

_MAX_RESTARTS = 20
_OTHERS = "rows that do not fit this are skipped"


class SampleRow(NamedTuple):
    """A row of the beginning.

    :param is_open: whether its last field begins with a quote behind spaces that is not closed
    """

    fields: list[str]
    is_open: bool


class Layout(NamedTuple):
    """How the rows of a file are read.

    :param has_row_names: whether each row begins with a field that the header does not name
    :param width: fields that a row has; 0 where the header tells
    :param notice: what is odd about the file, and how it is taken; nothing where nothing is
    """

    dialect: Dialect
    has_row_names: bool = False
    width: int = 0
    notice: str = ""

    def columns_of(self, header: Sequence[str]) -> list[str]:
        """The names of the columns."""
        return [""] * self.has_row_names + [name.strip() for name in header]

    def width_of(self, columns: Sequence[str]) -> int:
        """Fields that a row must have: up to the last column with a name."""
        return self.width or max((i + 1 for i, name in enumerate(columns) if name), default=0)


def find_layout(sample: bytes, is_tsv: bool) -> Layout:
    """The layout of a file.

    :param sample: the first ``LAYOUT_BYTES`` of a file, or all of one that is shorter
    """
    head = sample[:HEAD_BYTES].decode("utf-8", "replace")
    dialect = detect_dialect(head, is_tsv)
    lines = sample.removeprefix(UTF8_MARK).decode("utf-8", "replace").split("\n")
    is_cut = len(sample) >= LAYOUT_BYTES
    lines = [f"{line}\n" for line in (lines[:-1] if is_cut or not lines[-1] else lines)]
    header, rows = _read_sample(lines, dialect, is_cut)
    if len(header) == 1:
        return _layout_of_one_column(lines, dialect, is_cut)
    width = Layout(dialect).width_of(header)
    misfits = _count_misfits(rows, width)
    if not misfits:
        return Layout(dialect)
    spaced: Dialect = {**dialect, "skipinitialspace": True}
    if _count_misfits(_read_sample(lines, spaced, is_cut)[1], width) < misfits:
        told = "spaces stand between separators and quotes, which are taken as quotes"
        return Layout(spaced, notice=f"{told}; {_OTHERS}")
    return _layout_of_other_width(dialect, header, rows, width)


def fits(row: Sequence[str], width: int) -> bool:
    """Whether a row has all fields, and nothing beyond them."""
    return len(row) == width or (len(row) > width and not any(map(str.strip, row[width:])))


def ends_in_open_quote(row: Sequence[str], line: str, quote: str) -> bool:
    """Whether a row ends in a field whose quote, behind spaces, is closed in a later line.

    :func:`csv.reader` takes a quote behind spaces as a character like others.

    :param line: the one line of the row
    """
    last = row[-1]
    if last[:1] != " " or last.lstrip(" ")[:1] != quote:
        return False
    bare = last.strip()
    return (len(bare) == 1 or bare[-1] != quote) and line.rstrip("\r\n").endswith(last)


def _layout_of_one_column(lines: list[str], dialect: Dialect, is_cut: bool) -> Layout:
    """The row is the text, whatever separators stand in it, unless each has a name before it."""
    is_wide = False
    for separator in dict.fromkeys((dialect["delimiter"], *SEPARATORS)):
        parted: Dialect = {**dialect, "delimiter": separator}
        _, rows = _read_sample(lines, parted, is_cut)
        if all(row.fields[0].isdecimal() for row in rows) and _have_names(rows, 1):
            return Layout(parted, has_row_names=True, notice=_told_of_names())
        is_wide |= separator == dialect["delimiter"] and _count_misfits(rows, 1) > 0
    whole: Dialect = {**dialect, "delimiter": _NO_SEPARATOR}
    _, rows = _read_sample(lines, whole, is_cut)
    if any(row.is_open for row in rows):
        whole["skipinitialspace"] = True
    told = "the header names one column, and separators stand in rows; each row is one text"
    return Layout(whole, notice=told if is_wide else "")


def _layout_of_other_width(
    dialect: Dialect, header: list[str], rows: list[SampleRow], width: int
) -> Layout:
    if _have_names(rows, width):
        return Layout(dialect, has_row_names=True, notice=_told_of_names())
    widths = {len(row.fields) for row in rows}
    if len(rows) >= _MIN_ROWS and len(widths) == 1 and (found := widths.pop()) < width:
        told = f"no row has a field for the last columns, from {header[found]!r:.60} on"
        return Layout(dialect, width=found, notice=f"{told}; {_OTHERS}")
    return Layout(dialect)


def _told_of_names() -> str:
    told = "each row has one field more than the header; the first is taken as the row's name"
    return f"{told}; {_OTHERS}"


def _have_names(rows: list[SampleRow], width: int) -> bool:
    """Whether each row has just one field more, and it is the first that the header leaves out.

    A comma in running text is followed by a space, which no program writes after a separator.
    """
    names = {row.fields[0].strip() for row in rows}
    return (
        _MIN_ROWS <= len(rows) == len(names)
        and "" not in names
        and all(len(row.fields) == width + 1 for row in rows)
        and any(row.fields[-1].strip() for row in rows)
        and not any(field[:1] == " " for row in rows for field in row.fields)
    )


def _count_misfits(rows: list[SampleRow], width: int) -> int:
    return sum(row.is_open or not fits(row.fields, width) for row in rows)


def _read_sample(
    lines: list[str], dialect: Dialect, is_cut: bool
) -> tuple[list[str], list[SampleRow]]:
    """The header, and the rows as far as they are sound: a quote that is not closed is passed."""
    found: list[SampleRow] = []
    given, restarts = _Lines(lines), 0
    reader = csv.reader(given, strict=True, **dialect)
    while restarts <= _MAX_RESTARTS:
        begin = given.at
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            if given.at == len(lines) and is_cut:
                break
            if given.at > begin + 1:
                given.at, restarts = begin + 1, restarts + 1
                continue
            row = _read_loosely(lines[begin], dialect)
        if row:
            is_line = given.at == begin + 1
            is_open = is_line and ends_in_open_quote(row, lines[begin], dialect["quotechar"])
            found.append(SampleRow(row, is_open))
    return (found[0].fields if found else []), found[1:]


def _read_loosely(line: str, dialect: Dialect) -> list[str]:
    try:
        return next(csv.reader([line], **dialect), [])
    except csv.Error:
        return []


class _Lines:
    """Lines for a reader, which goes on wherever ``at`` is set."""

    def __init__(self, lines: list[str]) -> None:
        self.at = 0
        self._lines = lines

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.at == len(self._lines):
            raise StopIteration
        self.at += 1
        return self._lines[self.at - 1]
