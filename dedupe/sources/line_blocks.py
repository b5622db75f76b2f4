"""Blocks of bytes to lines, with the place of each, and without reading one that is too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Lines that follow one another, without their line feeds.

    :param offset: of the first byte of the first line
    :param first_line: its number, from 1
    :param is_rest: whether this is what stood after the last line feed
    """

    lines: list[bytes]
    offset: int
    first_line: int
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line that is longer than allowed; its content was not kept."""

    line: int


class LineSplitter:
    """Cuts blocks at line feeds.

    :param max_line_bytes: a longer line becomes a :class:`LongLine`; no block may be longer
    """

    def __init__(self, blocks: Iterable[bytes], max_line_bytes: int) -> None:
        self._blocks = blocks
        self._max_line_bytes = max_line_bytes
        self._offset = 0
        self._line = 1
        self._open: list[bytes] = []
        self._open_bytes = 0

    def __iter__(self) -> Iterator[LineBlock | LongLine]:
        for block in self._blocks:
            lines = block.split(b"\n")
            if len(lines) > 1:
                rest = lines.pop()
                yield from self._close(lines)
                self._keep_open(rest)
            else:
                self._keep_open(block)
        if self._open_bytes:
            yield from self._close([b""], is_rest=True)

    def _keep_open(self, part: bytes) -> None:
        """Put by the beginning (or more) of a line whose end is yet to come."""
        self._open_bytes += len(part)
        if self._open_bytes > self._max_line_bytes:
            self._open.clear()
        elif part:
            self._open.append(part)

    def _close(self, lines: list[bytes], is_rest: bool = False) -> Iterator[LineBlock | LongLine]:
        """These lines, the first of which ends the line that is open."""
        first_bytes = self._open_bytes + len(lines[0])
        if first_bytes > self._max_line_bytes:
            yield LongLine(self._line)
            self._advance(first_bytes + 1, 1)
            del lines[0]
        elif self._open:
            lines[0] = b"".join([*self._open, lines[0]])
        self._open.clear()
        self._open_bytes = 0
        if lines:
            yield LineBlock(lines, self._offset, self._line, is_rest)
            self._advance(sum(map(len, lines)) + len(lines), len(lines))

    def _advance(self, byte_count: int, line_count: int) -> None:
        self._offset += byte_count
        self._line += line_count
