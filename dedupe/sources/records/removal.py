"""Taking records out of files: what formats tell of it, and the way of those that are lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from dedupe.model.documents import Locator
from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.files.file_system import SeekableBytes, read_at

_BLOCK_BYTES = 1 << 18

MOVED = "its records are not where they were"


class CannotRewriteError(Exception):
    """A file cannot be written again without losing something; the text says why."""


class Stretch(NamedTuple):
    """Bytes ``begin:end`` of uncompressed content."""

    begin: int
    end: int


class Sink(Protocol):
    """Takes the bytes of a new file."""

    def write(self, data: bytes, /) -> object: ...


def find_lines(content: SeekableBytes, locators: Sequence[Locator]) -> list[Stretch]:
    """Records that are lines, with their line feeds; one may be several lines.

    :raises CannotRewriteError: if a place is not that of whole lines
    """
    stretches = []
    for locator in sorted(locators, key=lambda at: at.offset):
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
        stretches.append(Stretch(begin, end))
    return stretches


def read_blocks(content: SeekableBytes) -> Iterator[bytes]:
    """All of a file's content, from its beginning."""
    content.seek(0)
    while block := content.read(_BLOCK_BYTES):
        yield block
