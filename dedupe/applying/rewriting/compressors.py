"""Compression in the ways that can be read, at each program's usual level."""

from __future__ import annotations

import zlib
from typing import Protocol

from dedupe.sources.records.removal import Sink
from dedupe.sources.unpack.compression import Codec

_GZIP_WINDOW = 31


class Compressor(Protocol):
    """Makes one member (gzip), stream (bzip2, xz) or frame (zstd)."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def new_compressor(codec: Codec) -> Compressor:
    """A compressor for what this codec reads."""
    if codec.name == "gzip":
        return zlib.compressobj(6, wbits=_GZIP_WINDOW)
    if codec.name == "bzip2":
        import bz2

        return bz2.BZ2Compressor()
    if codec.name == "xz":
        import lzma

        return lzma.LZMACompressor(lzma.FORMAT_XZ)
    import zstandard

    return zstandard.ZstdCompressor(write_checksum=True).compressobj()


class CompressingSink:
    """Compresses what is written into another sink; as a file it can be written once."""

    closed = False

    def __init__(self, sink: Sink, codec: Codec | None) -> None:
        self._sink = sink
        self._compressor = None if codec is None else new_compressor(codec)
        self._position = 0

    def write(self, data: bytes | memoryview) -> int:
        data = bytes(data)
        self._sink.write(self._compressor.compress(data) if self._compressor else data)
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        """Bytes written so far, before they were compressed."""
        return self._position

    def flush(self) -> None:
        """Nothing is held back but by the compressor."""

    def close(self) -> None:
        """Write what the compressor holds. The other sink stays open."""
        if not self.closed and self._compressor:
            self._sink.write(self._compressor.flush())
        self.closed = True
