"""Splits blocks of bytes into lines, without keeping a line that is too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.sources.encoding.text_encoding import UTF8_MARK

_LINE_FEED = ord("\n")


class LineBlock(msgspec.Struct, frozen=True):
    """Lines that follow one another.

    :param data: the lines, each with its line feed (but for ``is_rest``)
    :param begins: ``int64``: where each line begins in ``data``
    :param ends: ``int64``: where each line ends, not counting its line feed
    :param offset: the offset of the first line in the file, in bytes
    :param first_line: the number of the first line, from 1
    :param is_rest: whether this is the one line after the last line feed of the file
    """

    data: bytes
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    offset: int
    first_line: int
    is_rest: bool = False

    def __len__(self) -> int:
        return len(self.ends)

    @classmethod
    def of(cls, data: bytes, offset: int, first_line: int, is_rest: bool) -> LineBlock:
        """The lines of some bytes."""
        if is_rest:
            ends = np.array([len(data)])
        else:
            ends = (np.frombuffer(data, np.uint8) == _LINE_FEED).nonzero()[0]
        begins = np.zeros(len(ends), np.int64)
        begins[1:] = ends[:-1] + 1
        return cls(data, begins, ends, offset, first_line, is_rest)

    @property
    def lines(self) -> list[bytes]:
        """Each line without its line feed."""
        lines = self.data.split(b"\n")
        return lines if self.is_rest else lines[:-1]

    def without_mark(self) -> LineBlock:
        """The block without a byte order mark, if it is the first of the file and has one."""
        if self.offset or not self.data.startswith(UTF8_MARK):
            return self
        size = len(UTF8_MARK)
        return LineBlock.of(self.data[size:], size, self.first_line, self.is_rest)

    def locate(self, source_index: int) -> NDArray[np.int64]:
        """The locators of the lines of the block, ``int64``, ``(n, 4)``."""
        locators = np.empty((len(self), 4), np.int64)
        locators[:, 0] = source_index
        locators[:, 1] = self.offset + self.begins
        locators[:, 2] = self.ends - self.begins
        locators[:, 3] = np.arange(self.first_line, self.first_line + len(self))
        return locators


class LongLine(msgspec.Struct, frozen=True):
    """The number of a line that is longer than allowed; its content is not kept."""

    line: int


class LineSplitter:
    """An iterator over the lines in blocks of bytes.

    :param blocks: none longer than ``max_line_bytes``
    :param max_line_bytes: a longer line becomes a :class:`LongLine`
    :param offset: where the blocks begin in the file
    :param first_line: the number of their first line
    """

    def __init__(
        self, blocks: Iterable[bytes], max_line_bytes: int, offset: int = 0, first_line: int = 1
    ) -> None:
        self._blocks = blocks
        self._max_line_bytes = max_line_bytes
        self._offset = offset
        self._line = first_line
        self._open: list[bytes] = []
        self._open_bytes = 0

    def __iter__(self) -> Iterator[LineBlock | LongLine]:
        for block in self._blocks:
            cut = block.rfind(b"\n") + 1
            if cut:
                yield from self._close(block, cut)
            self._keep_open(block[cut:])
        if self._open_bytes:
            yield from self._close(b"", 0, is_rest=True)

    def _keep_open(self, part: bytes) -> None:
        """Keep a part of a line that has not ended yet."""
        self._open_bytes += len(part)
        if self._open_bytes > self._max_line_bytes:
            self._open.clear()
        elif part:
            self._open.append(part)

    def _close(
        self, block: bytes, cut: int, is_rest: bool = False
    ) -> Iterator[LineBlock | LongLine]:
        """The lines before ``cut``; the first of them completes the line that is open."""
        first_end = max(block.find(b"\n"), 0)
        first_bytes, begin = self._open_bytes + first_end, 0
        if first_bytes > self._max_line_bytes:
            yield LongLine(self._line)
            self._advance(first_bytes + 1, 1)
            self._open.clear()
            begin = first_end + 1
        data = b"".join([*self._open, memoryview(block)[begin:cut]])
        self._open.clear()
        self._open_bytes = 0
        if data:
            lines = LineBlock.of(data, self._offset, self._line, is_rest)
            yield lines
            self._advance(len(data), len(lines))

    def _advance(self, byte_count: int, line_count: int) -> None:
        self._offset += byte_count
        self._line += line_count
