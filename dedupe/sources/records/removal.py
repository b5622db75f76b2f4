"""Takes records out of files: types for all formats, and the way for records that are lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from dedupe.model.documents import Locator
from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.files.file_system import SeekableBytes, read_at

_BLOCK_BYTES = 1 << 18

MOVED = "its records are not where they were"


class CannotRewriteError(Exception):
    """A file cannot be written without some documents; the message says why."""


class ByteRange(NamedTuple):
    """Bytes ``begin:end`` of uncompressed content."""

    begin: int
    end: int


class Sink(Protocol):
    """A file that is being written."""

    def write(self, data: bytes, /) -> object: ...


def find_lines(content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
    """The bytes of records that are whole lines (one or several), with their line feeds.

    :raises CannotRewriteError: if a locator is not that of whole lines
    """
    ranges = []
    for locator in sorted(locators, key=lambda each: each.offset):
        begin, end = locator.offset, locator.offset + locator.length
        before = b"\n" if begin in (0, len(UTF8_MARK)) else read_at(content, begin - 1, 1)
        line = read_at(content, begin, locator.length)
        after = read_at(content, end, 1)
        if before != b"\n" or not line:
            raise CannotRewriteError(MOVED)
        if not line.endswith(b"\n") and after is not None:
            if after != b"\n":
                raise CannotRewriteError(MOVED)
            end += 1
        ranges.append(ByteRange(begin, end))
    return ranges


def read_blocks(content: SeekableBytes) -> Iterator[bytes]:
    """All of a file's content, from its beginning, in blocks."""
    content.seek(0)
    while block := content.read(_BLOCK_BYTES):
        yield block
