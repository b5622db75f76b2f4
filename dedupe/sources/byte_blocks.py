"""The uncompressed content of an open source as blocks of bytes.

Nothing here raises because of what a file holds or how it fails: the blocks end early, and
``fault`` tells why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dedupe.sources.gzip_blocks import GZIP_MAGIC, GzipError, gunzip
from dedupe.sources.reasons import DAMAGED, NOT_GZIP, TRUNCATED, UNREADABLE
from dedupe.sources.source import Source

HEAD_BYTES = 8192
"""The beginning of a file that tells what it is."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file ended before its end: a reason, and what happened."""

    reason: str
    detail: str


class ByteBlocks:
    """The content of one source, to be gone through once.

    :ivar head: the first bytes (about 8 KB), which the blocks begin with too
    :ivar fault: what went wrong; known once the blocks have ended
    """

    def __init__(self, source: Source, stream: BinaryIO, block_bytes: int) -> None:
        self.fault: Fault | None = None
        self._source = source
        self._block_bytes = block_bytes
        self._blocks = self._guarded(stream)
        self._first: list[bytes] = []
        self.head = self._read_head()

    def __iter__(self) -> Iterator[bytes]:
        first, self._first = self._first, []
        yield from first
        yield from self._blocks

    def _read_head(self) -> bytes:
        size = 0
        while size < HEAD_BYTES and (block := next(self._blocks, b"")):
            self._first.append(block)
            size += len(block)
        return b"".join(self._first)[:HEAD_BYTES]

    def _guarded(self, stream: BinaryIO) -> Iterator[bytes]:
        """The blocks, kept in the spool where there is one, until they end or fail."""
        spool = self._source.spool
        try:
            for block in self._uncompressed(stream):
                if spool is not None:
                    spool.write(block)
                yield block
        except EOFError:
            self.fault = Fault(TRUNCATED, "the gzip data ends early")
        except GzipError as error:
            self.fault = Fault(DAMAGED, f"the gzip data is damaged ({error})")
        except (OSError, ValueError) as error:
            self.fault = Fault(UNREADABLE, getattr(error, "strerror", None) or str(error))

    def _uncompressed(self, stream: BinaryIO) -> Iterator[bytes]:
        first = stream.read(self._block_bytes) or b""
        if first.startswith(GZIP_MAGIC):
            yield from gunzip(_blocks(first, stream, self._block_bytes), self._block_bytes)
        elif self._source.is_gzip:
            what = "the file is not gzip data" if first else "the file is empty"
            self.fault = Fault(NOT_GZIP, f"{what}, though its name ends in .gz")
        else:
            yield from _blocks(first, stream, self._block_bytes)


def read_whole(blocks: ByteBlocks, max_bytes: int) -> bytes | None:
    """The content, or None where it is longer than allowed."""
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        size += len(block)
        if size > max_bytes:
            return None
        parts.append(block)
    return b"".join(parts)


def _blocks(first: bytes, stream: BinaryIO, block_bytes: int) -> Iterator[bytes]:
    block = first
    while block:
        yield block
        block = stream.read(block_bytes)
