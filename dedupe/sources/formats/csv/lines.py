"""The lines of a CSV file for :func:`csv.reader`, which can go back to lines of a broken row.

A quote that is never closed makes one field of all lines that follow. So the lines of the row that
is being read are kept, and can be given again as rows of their own.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.formats.csv.line_ends import (
    exchange_blocks,
    hide_cr,
    holds_lone_cr,
)
from dedupe.sources.records.line_blocks import LineSplitter, LongLine
from dedupe.sources.unpack.byte_blocks import ByteBlocks

_MAX_RETURNED_ROWS = 4
"""How many rows of the largest size are given again in one file, at most.

A hostile file asks for that at every line. After that each line is a row.
"""


class RowTooLongError(Exception):
    """A row is longer than allowed."""


class CsvLines:
    """An iterator over lines, from which :func:`csv.reader` takes those of one row at a time.

    :ivar bad_count: lines in which bytes were replaced
    :ivar first_line: the number of the first line of the current row, from 1
    :ivar is_last: whether the current row ends without a line feed, at the end of the file
    :ivar is_open: whether the current row ended inside quotes, because there are no more lines
    :ivar hides_cr: whether a CR is hidden in some line so far (see :mod:`.line_ends`)
    """

    def __init__(self, blocks: ByteBlocks, max_row_bytes: int, is_exchanged: bool = False) -> None:
        """:param is_exchanged: whether lines end in CR, so that CR and LF are exchanged"""
        self._offset = 0
        self.bad_count = 0
        self.first_line = 0
        self.is_last = False
        self.is_open = False
        self.hides_cr = False
        self._line = 0
        self._max_row_bytes = max_row_bytes
        self._row = bytearray()
        self._first_bytes = 0
        self._returnable_bytes = _MAX_RETURNED_ROWS * max_row_bytes
        splitter = LineSplitter(exchange_blocks(blocks) if is_exchanged else blocks, max_row_bytes)
        self._lines: list[Iterator[bytes]] = [self._split(splitter)]

    @property
    def has_swallowed(self) -> bool:
        """Whether the current row took more than one line."""
        return len(self._row) > self._first_bytes

    @property
    def swallowed(self) -> bytes:
        """All lines of the current row but the first."""
        return bytes(memoryview(self._row)[self._first_bytes :])

    def holds_below(self, part: bytes) -> bool:
        """Whether the lines of the current row after the first hold these bytes."""
        return self._row.find(part, self._first_bytes) >= 0

    @property
    def row_extent(self) -> tuple[int, int]:
        """Offset and length of the current row, in bytes."""
        return self._offset - len(self._row), len(self._row)

    @property
    def row(self) -> Iterator[str]:
        """The lines of the current row."""
        is_first = True
        for line in io.BytesIO(self._row):
            text = line.decode("utf-8", "replace")
            yield hide_cr(text, is_first) if self.hides_cr else text
            is_first = False

    def begin_row(self) -> None:
        """Begin a row with the next line."""
        self.first_line = self._line + 1
        self.is_open = False
        self._row = bytearray()
        self._first_bytes = 0

    def go_back(self) -> None:
        """Give all lines of the current row but the first once more, as rows."""
        rest = self.swallowed
        self._lines.append(io.BytesIO(rest))
        self.bad_count -= sum(map(_is_bad, io.BytesIO(rest)))
        self._offset -= len(rest)
        self._line = self.first_line
        self._returnable_bytes -= len(rest)

    def __iter__(self) -> CsvLines:
        return self

    def __next__(self) -> str:
        line = None if self._is_full else self._next_line()
        if line is None:
            self.is_open = bool(self._row)
            raise StopIteration
        self._line += 1
        if not line:
            raise RowTooLongError
        self._row += line
        self._first_bytes = self._first_bytes or len(line)
        self._offset += len(line)
        if len(self._row) > self._max_row_bytes:
            raise RowTooLongError
        try:
            text = line.decode()
        except UnicodeDecodeError:
            self.bad_count += 1
            text = line.decode("utf-8", "replace")
        if self.hides_cr:
            text = hide_cr(text, begins_row=self._first_bytes == len(self._row))
        if text.endswith("\n"):
            return text
        self.is_last = True
        return f"{text}\n"

    @property
    def _is_full(self) -> bool:
        """Whether the current row may have no more lines."""
        return self._returnable_bytes < 0 and bool(self._row)

    def _next_line(self) -> bytes | None:
        """The next line; lines to be given again come first."""
        while self._lines:
            line = next(self._lines[-1], None)
            if line is not None:
                return line
            self._lines.pop()
        return None

    def _split(self, blocks: LineSplitter) -> Iterator[bytes]:
        """Each line with its line feed; empty bytes for a line that is too long."""
        for block in blocks:
            if isinstance(block, LongLine):
                yield b""
                continue
            self._offset = block.offset
            self.hides_cr = self.hides_cr or holds_lone_cr(block.data)
            lines, last = block.lines, len(block.lines) - 1
            if block.offset == 0 and lines[0].startswith(UTF8_MARK):
                self._offset = len(UTF8_MARK)
                lines = [lines[0].removeprefix(UTF8_MARK), *lines[1:]]
            for i, line in enumerate(lines):
                yield line if block.is_rest and i == last else line + b"\n"


def _is_bad(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False
