"""The line ends of CSV: LF or CR LF in most files, CR alone in files of old or Mac programs.

All code that reads rows takes LF for the line end. So the content of a file whose lines end in CR
is read with the two exchanged, byte for byte, which leaves every offset as it is. Fields have them
exchanged back.

:func:`csv.reader` takes no CR inside a field without quotes. So inside a line it is hidden: another
character stands for it, which no decoded text holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.files.file_system import SeekableBytes

HIDDEN_CR = "\udc0d"
"""What stands for a CR inside a line; decoding gives no such half of a pair of surrogates."""

_EXCHANGE = bytes.maketrans(b"\r\n", b"\n\r")
_FIELD = rb'(?: *"(?:[^"\\]|""|\\[\s\S])*+"[^,;\t|\r\n]*+|[^,;\t|\r\n]*+)'
_FIRST_LINE = re.compile(rb"%s(?:[,;\t|]%s)*" % (_FIELD, _FIELD))
_CR_ALONE = re.compile(rb"\r+(?!\r*\n)")
"""CR that is no part of CR LF, nor of CR CR LF, which some programs write in its place."""


def ends_lines_in_cr(sample: bytes) -> bool:
    """Whether CR alone ends the lines of a file: the end of its first line decides.

    :param sample: the beginning of the file
    """
    if not holds_lone_cr(sample):
        return False
    text = sample.removeprefix(UTF8_MARK).lstrip(b"\r\n")
    found = _FIRST_LINE.match(text)
    return _CR_ALONE.match(text, found.end() if found else 0) is not None


def holds_lone_cr(data: bytes) -> bool:
    """Whether some CR is not followed by LF."""
    count = data.count(b"\r")
    return count > 0 and count != data.count(b"\r\n")


def exchange(data: bytes) -> bytes:
    """The bytes with each CR as LF, and each LF as CR."""
    return data.translate(_EXCHANGE)


def exchange_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks with each CR as LF, and each LF as CR."""
    return map(exchange, blocks)


class ExchangedFile:
    """A file that gives each CR of another as LF, and each LF as CR."""

    def __init__(self, file: SeekableBytes) -> None:
        self._file = file

    def seek(self, offset: int, /) -> int:
        """Go to a byte."""
        return self._file.seek(offset)

    def read(self, size: int, /) -> bytes:
        """Some bytes, at most ``size``; none at the end."""
        return exchange(self._file.read(size))


def hide_cr(line: str, begins_row: bool) -> str:
    """A line with each CR inside it hidden; those at its end, or before a row, end a line."""
    if begins_row and line[:1] == "\r":
        line = line.lstrip("\r")
    inner = len(line.rstrip("\r\n"))
    return line[:inner].replace("\r", HIDDEN_CR) + line[inner:]


def hide_cr_in_row(lines: Iterable[str]) -> Iterator[str]:
    """The lines of one row, with each CR inside a line hidden."""
    begins_row = True
    for line in lines:
        yield hide_cr(line, begins_row) if "\r" in line else line
        begins_row = False


def hide_cr_in_rows(lines: Iterable[str]) -> list[str]:
    """Lines of which each may begin a row, with each CR inside a line hidden."""
    return [hide_cr(line, begins_row=True) if "\r" in line else line for line in lines]


_AS_IT_WAS = str.maketrans({HIDDEN_CR: "\r"})
_AS_IT_WAS_EXCHANGED = str.maketrans({HIDDEN_CR: "\n", "\r": "\n", "\n": "\r"})


def show_cr(row: Sequence[str], is_exchanged: bool) -> list[str]:
    """The fields of a row with their line ends as the file has them."""
    table = _AS_IT_WAS_EXCHANGED if is_exchanged else _AS_IT_WAS
    return [field.translate(table) for field in row]
