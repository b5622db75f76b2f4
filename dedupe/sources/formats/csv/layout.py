"""The layout of a CSV file: how its rows fit its header, as the beginning of the file shows.

Where a row has more or fewer fields than the header, a part of its text would be lost. So such a
row is skipped, unless all rows at the beginning differ from the header in the same way, and that
has one clear meaning. Only the beginning decides, so that a file can be read as a stream, and a
single row can be read again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.formats.csv.dialect import (
    NO_SEPARATOR,
    SEPARATORS,
    Dialect,
    detect_dialect,
    detect_dialect_of_rows,
    separator_of_line,
    split_header,
)
from dedupe.sources.formats.csv.line_ends import (
    HIDDEN_CR,
    ends_lines_in_cr,
    exchange,
    hide_cr_in_rows,
    show_cr,
)
from dedupe.sources.unpack.byte_blocks import HEAD_BYTES

LAYOUT_BYTES = 1 << 16
"""How many bytes of a file's beginning, in UTF-8, decide on its layout."""

_MAX_PREAMBLE = 20
_MAX_EXAMPLES = 20
_MIN_ROWS = 3
"""The fewest rows whose agreement shows a layout: fewer agree by chance."""

_MAX_RESTARTS = 20
_SPACED = "spaces stand between separators and quotes, which are taken as quotes"
_BARE = "quotes at the beginning of fields are signs of the text, since nothing is quoted"
_OTHERS = "rows that do not fit this are skipped"


class SampleRow(NamedTuple):
    """A row at the beginning of a file.

    :param is_open: whether its last field begins with spaces and a quote that is not closed
    """

    fields: list[str]
    is_open: bool


class Layout(NamedTuple):
    """How the rows of a file are read.

    :param has_row_names: whether each row begins with a field that the header does not name
    :param width: the fields of a row; 0 where it has those of the header
    :param notice: what is odd about the file, and how it is read; empty where nothing is odd
    :param is_exchanged: whether lines end in CR, and CR and LF are exchanged for reading
    :param preamble: the lines before the header, or before the first row
    :param has_header: whether a row names the columns; if not, they are called 1, 2, 3, …
    :param examples: some of the first rows, the header not among them
    """

    dialect: Dialect
    has_row_names: bool = False
    width: int = 0
    notice: str = ""
    is_exchanged: bool = False
    preamble: int = 0
    has_header: bool = True
    examples: Sequence[Sequence[str]] = ()

    def columns_of(self, header: Sequence[str]) -> list[str]:
        """The names of the columns."""
        if not self.has_header:
            return [str(number) for number in range(1, self.width + 1)]
        return [""] * self.has_row_names + [name.strip().lstrip("\ufeff") for name in header]

    def width_of(self, columns: Sequence[str]) -> int:
        """The fields that a row must have: up to the last column with a name."""
        return self.width or max((i + 1 for i, name in enumerate(columns) if name), default=0)


class Expected(NamedTuple):
    """What is known of a file before it is looked at.

    :param is_tsv: whether tabs separate, if there are any
    :param has_header: whether a row names the columns
    :param has_text: tells whether one of some columns can be the text
    """

    is_tsv: bool
    has_header: bool
    has_text: Callable[[Sequence[str]], bool]


def find_layout(sample: bytes, expected: Expected) -> Layout:
    """The layout of a file.

    :param sample: the first ``LAYOUT_BYTES`` of a file, or all of one that is shorter
    """
    is_exchanged = ends_lines_in_cr(sample)
    text = (exchange(sample) if is_exchanged else sample).removeprefix(UTF8_MARK)
    lines = text.decode("utf-8", "replace").split("\n")
    is_cut = len(sample) >= LAYOUT_BYTES
    if is_cut and len(lines) == 1:  # the header is longer
        return Layout(detect_dialect(lines[0], "\t" * expected.is_tsv), is_exchanged=is_exchanged)
    lines = [f"{line}\n" for line in (lines[:-1] if is_cut or not lines[-1] else lines)]
    lines = hide_cr_in_rows(lines)
    separator = separator_of_line(lines[0]) if lines else ""
    if b"\t" not in sample:
        expected = expected._replace(is_tsv=False)
    if not expected.has_header:
        preamble = int(bool(separator))
        known = separator or "\t" * expected.is_tsv
        layout, width, rows = _layout_without_header(lines[preamble:], known, is_cut)
    else:
        preamble, dialect = _find_header(lines, separator, expected)
        layout, width, rows = _layout_below(lines[preamble:], dialect, is_cut)
        remarks = filter(str.strip, lines[bool(separator) : preamble])
        layout = _tell_preamble(layout, len([*remarks]))
    return layout._replace(
        notice=_join(layout.notice, _describe_lone_cr(rows, width, is_exchanged)),
        preamble=preamble,
        is_exchanged=is_exchanged,
        examples=[show_cr(row.fields, is_exchanged) for row in rows[:_MAX_EXAMPLES]],
    )


def _find_header(lines: list[str], separator: str, expected: Expected) -> tuple[int, Dialect]:
    """The number of lines before the header, and the dialect.

    Lines before it are a line that names the separator, and lines that are no rows: titles,
    comments, blank lines. These are passed over only where a line after them names a text, or none
    does and they cannot be a header.
    """
    first = int(bool(separator))
    known = separator or "\t" * expected.is_tsv
    may_be_header = False
    for begin in range(first, min(len(lines), first + _MAX_PREAMBLE)):
        line = lines[begin].strip()
        dialect = _detect(lines[begin:], known)
        names = [name.strip() for name in split_header(lines[begin], dialect)]
        is_plain = begin == first or len(names) > 1 or lines[begin - 1].startswith("#")
        if is_plain and expected.has_text(names):
            return begin, dialect
        if not line.startswith("#") and sum(map(bool, names)) > 1:
            return (first, _detect(lines[first:], known)) if may_be_header else (begin, dialect)
        may_be_header |= len(names) == 1 and line != "" and " " not in line and line[0] != "#"
    return first, _detect(lines[first:], known)


def _detect(lines: list[str], separator: str) -> Dialect:
    head, size = [], 0
    for line in lines:
        head.append(line)
        size += len(line)
        if size > HEAD_BYTES:
            break
    return detect_dialect("".join(head)[:HEAD_BYTES], separator)


def _layout_below(
    lines: list[str], dialect: Dialect, is_cut: bool
) -> tuple[Layout, int, list[SampleRow]]:
    """The layout of a file that begins with its header, the fields of a row, and some rows."""
    header, rows = _read_sample(lines, dialect, is_cut)
    layout = _choose_layout(lines, dialect, is_cut, header, rows)
    if layout.dialect != dialect:
        header, rows = _read_sample(lines, layout.dialect, is_cut)
    return layout, layout.width_of(layout.columns_of(header)), rows


def _choose_layout(
    lines: list[str], dialect: Dialect, is_cut: bool, header: list[str], rows: list[SampleRow]
) -> Layout:
    if len(header) == 1:
        return _layout_of_one_column(lines, dialect, is_cut)
    width = Layout(dialect).width_of(header)
    if _has_bare_quotes(lines, dialect, width):
        return Layout({**dialect, "quoting": csv.QUOTE_NONE}, notice=f"{_BARE}; {_OTHERS}")
    misfits = _count_misfits(rows, width)
    if not misfits:
        return Layout(dialect)
    spaced: Dialect = {**dialect, "skipinitialspace": True}
    if _count_misfits(_read_sample(lines, spaced, is_cut)[1], width) < misfits:
        return Layout(spaced, notice=f"{_SPACED}; {_OTHERS}")
    single: Dialect = {**dialect, "quotechar": "'"}
    if not any('"' in line for line in lines) and not _count_misfits(
        _read_sample(lines, single, is_cut)[1], width
    ):
        return Layout(single, notice=f"single quotes are taken as quotes; {_OTHERS}")
    return _layout_of_other_width(dialect, header, rows, width)


def _has_bare_quotes(lines: list[str], dialect: Dialect, width: int) -> bool:
    """Whether a double quote at the beginning of a field is a sign like any other.

    So it is in many TSV files, which quote nothing: each line has all fields although quotes are
    left open, or go on behind their end. Between commas such a file would not be read at all.
    """
    separator, quote = dialect["delimiter"], dialect["quotechar"]
    if separator not in "\t|" or not any(f"{separator}{quote}" in line for line in lines):
        return False
    rows = [line.rstrip("\r\n").split(separator) for line in lines if line.strip()]
    are_whole = len(rows) > _MIN_ROWS and all(fits(row, width) for row in rows)
    return are_whole and any(_is_bare(field, quote) for row in rows[1:] for field in row)


def _is_bare(field: str, quote: str) -> bool:
    """Whether a field begins with a quote that does not end just where the field does."""
    if not field.startswith(quote) or field == quote * 2:
        return False
    inner = field[1:-1]
    is_closed = len(field) > 1 and field.endswith(quote)
    return not is_closed or quote in inner.replace(quote * 2, "").replace(f"\\{quote}", "")


def _layout_without_header(
    lines: list[str], separator: str, is_cut: bool
) -> tuple[Layout, int, list[SampleRow]]:
    """The layout of a file whose first row is data, the fields of a row, and some rows."""
    dialect, width = detect_dialect_of_rows("".join(lines).removesuffix("\n"), separator)
    notice = ""
    if dialect["delimiter"] == NO_SEPARATOR and any(map("".join(lines).count, SEPARATORS)):
        notice = "no separator parts most rows into equally many fields; each row is one text"
    elif dialect.get("skipinitialspace"):
        notice = f"{_SPACED}; {_OTHERS}"
    layout = Layout(dialect, width=width, notice=notice, has_header=False)
    return layout, width, _read_rows(lines, dialect, is_cut)


def _tell_preamble(layout: Layout, count: int) -> Layout:
    if not count:
        return layout
    lines = "1 line stands" if count == 1 else f"{count} lines stand"
    return layout._replace(notice=_join(f"{lines} before the header", layout.notice))


def _describe_lone_cr(rows: list[SampleRow], width: int, is_exchanged: bool) -> str:
    """A notice where a CR inside a line may be the end of a row; empty where it is not."""
    with_cr = [row.fields for row in rows if any(HIDDEN_CR in field for field in row.fields)]
    if not with_cr or (width > 1 and all(fits(fields, width) for fields in with_cr)):
        return ""
    ends, others = ("CR", "LF") if is_exchanged else ("LF", "CR alone")
    return f"lines end in {ends}, as the first does; {others} inside a row is part of its text"


def _join(*notices: str) -> str:
    return "; ".join(filter(None, notices))


def fits(row: Sequence[str], width: int) -> bool:
    """Whether a row has ``width`` fields, and after them only blank ones."""
    return len(row) == width or (len(row) > width and not any(map(str.strip, row[width:])))


def ends_in_open_quote(row: Sequence[str], line: str, quote: str) -> bool:
    """Whether a row ends in a field that begins with spaces and a quote that it does not close.

    :func:`csv.reader` takes a quote after spaces as an ordinary character, so that it ends the row
    at the line feed, although the field goes on in later lines.

    :param line: the only line of the row
    """
    last = row[-1]
    if last[:1] != " " or last.lstrip(" ")[:1] != quote:
        return False
    bare = last.strip()
    return (len(bare) == 1 or bare[-1] != quote) and line.rstrip("\r\n").endswith(last)


def _layout_of_one_column(lines: list[str], dialect: Dialect, is_cut: bool) -> Layout:
    """The layout under a header with one column: each row is one text, with its separators.

    But where each row begins with a number that distinguishes it, that is the row's name.
    """
    is_wide = False
    for separator in dict.fromkeys((dialect["delimiter"], *SEPARATORS)):
        parted: Dialect = {**dialect, "delimiter": separator}
        _, rows = _read_sample(lines, parted, is_cut)
        if all(row.fields[0].isdecimal() for row in rows) and _have_names(rows, 1):
            return Layout(parted, has_row_names=True, notice=_describe_row_names())
        is_wide |= separator == dialect["delimiter"] and _count_misfits(rows, 1) > 0
    whole: Dialect = {**dialect, "delimiter": NO_SEPARATOR}
    _, rows = _read_sample(lines, whole, is_cut)
    if any(row.is_open for row in rows):
        whole["skipinitialspace"] = True
    notice = "the header names one column, and separators stand in rows; each row is one text"
    return Layout(whole, notice=notice if is_wide else "")


def _layout_of_other_width(
    dialect: Dialect, header: list[str], rows: list[SampleRow], width: int
) -> Layout:
    """The layout of rows that do not have the fields of the header."""
    if _have_names(rows, width):
        return Layout(dialect, has_row_names=True, notice=_describe_row_names())
    widths = {len(row.fields) for row in rows}
    if len(rows) >= _MIN_ROWS and len(widths) == 1 and (found := widths.pop()) < width:
        notice = f"no row has a field for the last columns, from {header[found]!r:.60} on"
        return Layout(dialect, width=found, notice=f"{notice}; {_OTHERS}")
    return Layout(dialect)


def _describe_row_names() -> str:
    notice = "each row has one field more than the header; the first is taken as the row's name"
    return f"{notice}; {_OTHERS}"


def _have_names(rows: list[SampleRow], width: int) -> bool:
    """Whether each row has one field more than the header, and the first is the name of the row.

    Names are distinct and not empty. No field may begin with a space: that follows a comma in
    running text, but no program writes it after a separator.
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
    """The header and the rows of a sample."""
    rows = _read_rows(lines, dialect, is_cut)
    return (rows[0].fields if rows else []), rows[1:]


def _read_rows(lines: list[str], dialect: Dialect, is_cut: bool) -> list[SampleRow]:
    """The rows of a sample.

    Where a quote is not closed, the line in which it begins is left out, and the lines after it are
    read as rows.
    """
    found: list[SampleRow] = []
    given, restarts = _Lines(lines), 0
    reader = csv.reader(given, strict=True, **dialect)
    while restarts <= _MAX_RESTARTS:
        begin = given.position
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            if given.position == len(lines) and is_cut:
                break
            if given.position > begin + 1:
                given.position, restarts = begin + 1, restarts + 1
                continue
            row = _read_loosely(lines[begin], dialect)
        if row:
            is_line = given.position == begin + 1
            is_open = is_line and ends_in_open_quote(row, lines[begin], dialect["quotechar"])
            found.append(SampleRow(row, is_open))
    return found


def _read_loosely(line: str, dialect: Dialect) -> list[str]:
    try:
        return next(csv.reader([line], **dialect), [])
    except csv.Error:
        return []


class _Lines:
    """Lines for :func:`csv.reader`, from a position that can be changed."""

    def __init__(self, lines: list[str]) -> None:
        self.position = 0
        self._lines = lines

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.position == len(self._lines):
            raise StopIteration
        self.position += 1
        return self._lines[self.position - 1]
