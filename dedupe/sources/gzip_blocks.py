"""Decompression of gzip data, from files and from pipes alike.

Done with :mod:`zlib` rather than :class:`gzip.GzipFile`: a pipe whose beginning was looked at
cannot be given to that, and it loses what it had decompressed when the data turns out wrong.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

GZIP_MAGIC = b"\x1f\x8b"

_GZIP_WINDOW = 31
_VIEW_BLOCK_BYTES = 1 << 18


class GzipError(Exception):
    """The data is not gzip, is wrong, or is followed by something else."""


def gunzip(blocks: Iterable[bytes], block_bytes: int) -> Iterator[bytes]:
    """The uncompressed data in blocks of at most ``block_bytes``.

    Several members, one after another, are one content; zeros after the last are padding.

    :raises EOFError: after all that could be decompressed, if the data ends early
    :raises GzipError: the same, if the data is wrong
    """
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    for block in blocks:
        data = block
        while data:
            if inflater.eof:
                data = data.lstrip(b"\0")
                if not data:
                    break
                inflater = zlib.decompressobj(_GZIP_WINDOW)
            yield from _inflate(inflater, data, block_bytes)
            data = inflater.unused_data
    if not inflater.eof:
        raise EOFError


class GunzippedFile:
    """A compressed file as if it were not: one pass as long as no seek goes back.

    Data that breaks off or is wrong ends it quietly, where a scan also ends.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._position = 0
        self._held = memoryview(b"")
        self._blocks = self._begin()

    def seek(self, offset: int) -> int:
        """Go to a byte of the uncompressed content, or to its end where it is shorter."""
        if offset < self._position:
            self._position = 0
            self._held = memoryview(b"")
            self._blocks = self._begin()
        while self._position < offset and self.read(
            min(offset - self._position, _VIEW_BLOCK_BYTES)
        ):
            pass
        return self._position

    def read(self, size: int) -> bytes:
        """Some bytes, at most ``size``; none at the end."""
        if not self._held:
            self._held = memoryview(self._next_block())
        part = bytes(self._held[:size])
        self._held = self._held[size:]
        self._position += len(part)
        return part

    def _begin(self) -> Iterator[bytes]:
        self._file.seek(0)
        raw_blocks = iter(lambda: self._file.read(_VIEW_BLOCK_BYTES), b"")
        return gunzip(raw_blocks, _VIEW_BLOCK_BYTES)

    def _next_block(self) -> bytes:
        try:
            return next(self._blocks, b"")
        except (EOFError, GzipError):
            return b""


def _inflate(inflater: zlib._Decompress, data: bytes, block_bytes: int) -> Iterator[bytes]:
    """All that one member makes of ``data``."""
    while True:
        before = inflater.copy()
        try:
            out = inflater.decompress(data, block_bytes)
        except zlib.error as error:
            yield from _salvage(before, data)
            raise GzipError(str(error)) from None
        if out:
            yield out
        data = inflater.unconsumed_tail
        if inflater.eof or (not data and len(out) < block_bytes):
            return


def _salvage(inflater: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """What stands before the error in ``data``, byte by byte: zlib itself would drop it."""
    for position in range(len(data)):
        try:
            out = inflater.decompress(data[position : position + 1])
        except zlib.error:
            return
        if out:
            yield out
