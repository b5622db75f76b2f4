"""Compression by each codec that can be read, at the usual level of its own program."""

from __future__ import annotations

import zlib
from typing import Protocol

from dedupe.sources.records.removal import Sink
from dedupe.sources.unpack.compression import Codec

_GZIP_WINDOW = 31


class Compressor(Protocol):
    """Compresses data to one member (gzip), stream (bzip2, xz) or frame (zstd)."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def new_compressor(codec: Codec) -> Compressor:
    """A compressor whose output this codec reads."""
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
    """A sink that compresses into another sink; usable as a file that is written once."""

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
        """Do nothing: only the compressor holds data back, until :meth:`close`."""

    def close(self) -> None:
        """Write the data that the compressor holds. The other sink stays open."""
        if not self.closed and self._compressor:
            self._sink.write(self._compressor.flush())
        self.closed = True
