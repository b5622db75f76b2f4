"""One interface for the decompressors of all libraries: that of :mod:`bz2` and :mod:`lzma`."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from zstandard import ZstdDecompressionObj

_GZIP_WINDOW = 31
_ZSTD_HEADER_BYTES = 18
DEFAULT_ZSTD_WINDOW = 1 << 27
"""The longest window of zstd data that is read unless the settings say more; zstd's own limit."""

MAX_ZSTD_WINDOW = 1 << 31
"""The longest window that zstd can write (``--long=31``)."""

_XZ_MEMORY_BYTES = 256 << 20
"""The most memory of an xz stream: ``xz -9`` takes 65 MiB, a hostile header asks for 4 GiB."""


class CompressionError(Exception):
    """Data cannot be decompressed: it is damaged, or of another compression."""


class WindowError(CompressionError):
    """Data needs a longer window, and so more memory, than is allowed."""


class OutsideError(CompressionError):
    """Other data follows compressed data that is whole."""


class Unpacker(Protocol):
    """Decompresses one member.

    :ivar eof: whether the member has ended
    :ivar needs_input: whether all input has been used
    :ivar unused_data: the input after the end of the member
    """

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """The next bytes, at most ``max_length``.

        :raises CompressionError: if the data is damaged
        """

    def copy(self) -> Unpacker | None:
        """A copy in the same state; ``None`` where the library cannot make one."""


class InflateUnpacker:
    """An ``Unpacker`` of zlib's formats: gzip, zlib or raw deflate."""

    def __init__(self, inflater: zlib._Decompress) -> None:
        self._inflater = inflater

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        tail = self._inflater.unconsumed_tail
        try:
            return self._inflater.decompress(tail + data if tail else data, max_length)
        except zlib.error as error:
            raise CompressionError(str(error)) from None

    def copy(self) -> Unpacker | None:
        return None if self._inflater.eof else InflateUnpacker(self._inflater.copy())


class _LibraryUnpacker:
    """An ``Unpacker`` over :class:`bz2.BZ2Decompressor` or :class:`lzma.LZMADecompressor`."""

    def __init__(self, decompressor: Any, error: type[Exception]) -> None:
        self._decompressor = decompressor
        self._error = error

    @property
    def eof(self) -> bool:
        return bool(self._decompressor.eof)

    @property
    def needs_input(self) -> bool:
        return bool(self._decompressor.needs_input)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._decompressor.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        try:
            return bytes(self._decompressor.decompress(data, max_length))
        except (self._error, ValueError, MemoryError) as error:
            raise CompressionError(str(error) or "it asks for too much memory") from None

    def copy(self) -> Unpacker | None:
        return None


class _ZstdUnpacker:
    """An ``Unpacker`` of a zstd frame.

    Its library unpacks all of a piece at once, so that pieces must be small.
    """

    def __init__(
        self, decompressor: ZstdDecompressionObj, error: type[Exception], max_window: int
    ) -> None:
        self._decompressor = decompressor
        self._error = error
        self._max_window = max_window
        self._begin = b""
        self._held = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._decompressor.eof and not self._held

    @property
    def needs_input(self) -> bool:
        return not self._held

    @property
    def unused_data(self) -> bytes:
        return self._decompressor.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if not self._held and not self._decompressor.eof:
            if len(self._begin) < _ZSTD_HEADER_BYTES:
                self._begin += data[:_ZSTD_HEADER_BYTES]
            try:
                self._held = memoryview(self._decompressor.decompress(data))
            except self._error as error:
                if (window := _window_of(self._begin)) > self._max_window:
                    raise WindowError(_describe_window(window, self._max_window)) from None
                text = str(error).removeprefix("zstd decompressor error: ")
                raise CompressionError(text) from None
        out = bytes(self._held[:max_length])
        self._held = self._held[max_length:]
        return out

    def copy(self) -> Unpacker | None:
        return None


def _window_of(frame: bytes) -> int:
    """The bytes of data that a zstd frame refers back to; 0 where its header is no such."""
    import zstandard

    try:
        return int(zstandard.get_frame_parameters(frame).window_size)
    except (zstandard.ZstdError, ValueError):
        return 0


def _describe_window(window: int, most: int) -> str:
    """Why a window is too long, in words, with the ways in which the data can be read."""
    bits = max(window - 1, 1).bit_length()
    told = f"its zstd data has a window of {window >> 20} MiB, and the limit is {most >> 20} MiB: "
    if window <= MAX_ZSTD_WINDOW:
        told += f"--max-window {-(-window >> 20)}MiB reads it, with so much more memory; or "
    return f"{told}pipe it: zstd -dc --long={bits} FILE | dedupe scan -"


def new_gzip(max_window: int = 0) -> Unpacker:
    return InflateUnpacker(zlib.decompressobj(_GZIP_WINDOW))


def new_bzip2(max_window: int = 0) -> Unpacker:
    import bz2

    return _LibraryUnpacker(bz2.BZ2Decompressor(), OSError)


def new_xz(max_window: int = 0) -> Unpacker:
    import lzma

    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)
    return _LibraryUnpacker(decompressor, lzma.LZMAError)


def new_zstd(max_window: int = DEFAULT_ZSTD_WINDOW) -> Unpacker:
    """:param max_window: the longest window that a frame may have, in bytes"""
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=max_window).decompressobj()
    return _ZstdUnpacker(decompressor, zstandard.ZstdError, max_window)
