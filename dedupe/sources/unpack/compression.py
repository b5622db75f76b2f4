"""Decompresses gzip, bzip2, xz and zstd data, from files and from pipes.

It feeds the decompressors of the libraries block by block. Their file objects would not do: they do
not take a pipe whose beginning was read already, they lose data that they had decompressed before
an error, and a few bytes can make them take gigabytes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import msgspec

from dedupe.sources.files.file_system import SeekableBytes, read_start
from dedupe.sources.files.sequential_file import SequentialFile
from dedupe.sources.files.source import Source
from dedupe.sources.unpack.unpackers import (
    DEFAULT_ZSTD_WINDOW,
    MAX_ZSTD_WINDOW,
    CompressionError,
    OutsideError,
    Unpacker,
    WindowError,
    new_bzip2,
    new_gzip,
    new_xz,
    new_zstd,
)

__all__ = [
    "CODECS",
    "MAGIC_BYTES",
    "MAX_LAYERS",
    "Codec",
    "CompressionError",
    "OutsideError",
    "StreamUnpacker",
    "UnpackedFile",
    "WindowError",
    "codec_of",
    "codec_of_name",
    "codecs_around",
    "ending_of",
    "open_content",
    "uncompressed",
    "unpack",
    "without_compression",
]

MAGIC_BYTES = 4
"""How many bytes of the beginning show how data is compressed."""

MAX_LAYERS = 3
"""How often one content may be compressed, one compression inside the other."""

_VIEW_BLOCK_BYTES = 1 << 18
_HISTORY_BYTES = 1 << 16

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = tuple(bytes([0x50 + i, 0x2A, 0x4D, 0x18]) for i in range(16))


class Codec(msgspec.Struct, frozen=True):
    """A compression.

    :param ending: the ending of its files' names
    :param magics: the first bytes of its data: one of these
    :param new: makes a decompressor of one member (gzip), stream (xz) or frame (zstd), whose
        window (zstd) has at most so many bytes
    :param piece_bytes: compressed bytes to feed at once, which bounds the result of one call
    """

    name: str
    ending: str
    magics: tuple[bytes, ...]
    new: Callable[[int], Unpacker]
    piece_bytes: int


CODECS = (
    Codec("gzip", ".gz", (b"\x1f\x8b",), new_gzip, 1 << 19),
    Codec("bzip2", ".bz2", tuple(b"BZh%d" % level for level in range(1, 10)), new_bzip2, 1 << 16),
    Codec("xz", ".xz", (b"\xfd7zX",), new_xz, 1 << 16),
    Codec("zstd", ".zst", (_ZSTD_MAGIC, *_ZSTD_SKIPPABLE), new_zstd, 1 << 10),
)


_ALL_MAGICS = tuple(magic for codec in CODECS for magic in codec.magics)
_CODEC_OF_ENDING = {codec.ending: codec for codec in CODECS}


def codec_of(head: bytes) -> Codec | None:
    """The compression of data that begins with ``head``; ``None`` for other data."""
    if not head.startswith(_ALL_MAGICS):
        return None
    return next(codec for codec in CODECS if head.startswith(codec.magics))


def codec_of_name(name: str) -> Codec | None:
    """The compression that the ending of a name shows; ``None`` where it shows none."""
    return _CODEC_OF_ENDING.get(ending_of(name))


def ending_of(name: str) -> str:
    """The ending of a name from its last dot, in small letters; empty where there is no dot."""
    _, dot, ending = name.rpartition(".")
    return dot + ending.lower()


def without_compression(name: str) -> str:
    """A name without the endings of compressions."""
    for _ in range(MAX_LAYERS):
        if codec := codec_of_name(name):
            name = name[: -len(codec.ending)]
    return name


def unpack(
    blocks: Iterable[bytes],
    codec: Codec,
    block_bytes: int,
    max_window: int = DEFAULT_ZSTD_WINDOW,
) -> Iterator[bytes]:
    """The uncompressed data in blocks of at most ``block_bytes``.

    Several members, one after another, are one content; zeros after the last are padding.

    :raises EOFError: if the data ends early, after all that could be decompressed
    :raises CompressionError: if the data is damaged, after all that could be decompressed; or if
        other data follows it
    """
    unpacker = StreamUnpacker(codec, block_bytes, max_window)
    for block in blocks:
        yield from unpacker.feed(block)
    unpacker.finish()


class StreamUnpacker:
    """Decompresses data that the caller feeds in pieces; see :func:`unpack`."""

    def __init__(
        self, codec: Codec, block_bytes: int, max_window: int = DEFAULT_ZSTD_WINDOW
    ) -> None:
        self._codec = codec
        self._block_bytes = block_bytes
        self._max_window = max_window
        self._member = _Member(codec, block_bytes, max_window)
        self._held = b""  # what follows the last member, and is too short to be known

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The data that a block unpacks to, in blocks of at most ``block_bytes``.

        :raises CompressionError: if the data is damaged, after all that could be decompressed
        """
        for begin in range(0, len(block), self._codec.piece_bytes):
            data = block[begin : begin + self._codec.piece_bytes]
            while data:
                if self._member.is_over:
                    data = self._next_member(data)
                    if not data:
                        break
                yield from self._member.unpack(data)
                data = self._member.rest

    def finish(self) -> None:
        """Check, after the last block, that the data is complete.

        :raises EOFError: if it ends early
        :raises OutsideError: if other data follows it
        """
        if not self._member.is_over:
            raise EOFError
        rest = self._held.strip(b"\0\r\n")
        if rest and any(
            rest.startswith(each) or each.startswith(rest) for each in self._codec.magics
        ):
            raise EOFError
        if rest:
            raise OutsideError(self._codec.name)

    def _next_member(self, data: bytes) -> bytes:
        """What follows the end of a member: the beginning of the next one, or nothing.

        :raises OutsideError: if it is other data
        """
        data = self._held + data if self._held else data.lstrip(b"\0")
        if len(data) < MAGIC_BYTES:
            self._held = data
            return b""
        self._held = b""
        if codec_of(data) is not self._codec:
            raise OutsideError(self._codec.name)
        self._member = _Member(self._codec, self._block_bytes, self._max_window)
        return data


class _Member:
    """One member that is being decompressed, with what is needed to recover data before an error.

    A library that finds an error in a piece drops all that the piece unpacked to. So the piece is
    then fed again byte by byte: to a new decompressor after the whole data before it, if that is
    short, else to a copy of the decompressor before the piece, if the library can copy it (zlib).
    """

    def __init__(self, codec: Codec, block_bytes: int, max_window: int) -> None:
        self._new = partial(codec.new, max_window)
        self._block_bytes = block_bytes
        self._unpacker = self._new()
        self._history: bytes | None = b""
        self._given_bytes = 0

    @property
    def is_over(self) -> bool:
        return self._unpacker.eof

    @property
    def rest(self) -> bytes:
        """The bytes of the last piece after the end of the member."""
        return self._unpacker.unused_data

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """The data that ``data`` unpacks to.

        :raises CompressionError: if it is damaged, after all that could be decompressed
        """
        before = self._unpacker.copy() if self._history is None else None
        given_before = self._given_bytes
        try:
            yield from self._inflate(self._unpacker, data)
        except CompressionError:
            if before is not None:
                yield from self._salvage(before, data, self._given_bytes - given_before)
            elif self._history is not None:
                yield from self._salvage(self._new(), self._history + data, self._given_bytes)
            raise
        if self._history is not None and not self.is_over:
            short = len(self._history) + len(data) <= _HISTORY_BYTES
            self._history = self._history + data if short else None

    def _inflate(self, unpacker: Unpacker, data: bytes) -> Iterator[bytes]:
        while True:
            out = unpacker.decompress(data, self._block_bytes)
            self._given_bytes += len(out)
            if out:
                yield out
            data = b""
            if unpacker.eof or not out or (unpacker.needs_input and len(out) < self._block_bytes):
                return

    def _salvage(self, unpacker: Unpacker, data: bytes, skip: int) -> Iterator[bytes]:
        """The data that ``data`` unpacks to before its error, without the first ``skip`` bytes."""
        try:
            for position in range(len(data)):
                for out in self._inflate(unpacker, data[position : position + 1]):
                    if out[skip:]:
                        yield out[skip:]
                    skip = max(0, skip - len(out))
        except CompressionError:
            return


class UnpackedFile(SequentialFile):
    """The uncompressed content of a compressed file, in one pass if no seek goes far back.

    Where data breaks off or is damaged the content ends without an error, as in a scan. A window
    may be as long as there are: the scan that named the file had to allow it.
    """

    def __init__(self, file: SeekableBytes, codec: Codec) -> None:
        def begin() -> Iterator[bytes]:
            file.seek(0)
            raw_blocks = iter(lambda: file.read(_VIEW_BLOCK_BYTES), b"")
            with suppress(EOFError, CompressionError):
                yield from unpack(raw_blocks, codec, _VIEW_BLOCK_BYTES, MAX_ZSTD_WINDOW)

        super().__init__(begin)


def codecs_around(file: SeekableBytes) -> list[Codec]:
    """The compressions of a file, the outermost first; none where it is not compressed."""
    found: list[Codec] = []
    while len(found) < MAX_LAYERS and (codec := codec_of(read_start(file, MAGIC_BYTES))):
        found.append(codec)
        file = UnpackedFile(file, codec)
    return found


def uncompressed(file: SeekableBytes) -> SeekableBytes:
    """A file over the uncompressed content of a file, which may be compressed, even twice."""
    for _ in range(MAX_LAYERS):
        codec = codec_of(read_start(file, MAGIC_BYTES))
        file.seek(0)
        if codec is None:
            break
        file = UnpackedFile(file, codec)
    return file


@contextmanager
def open_content(source: Source) -> Iterator[SeekableBytes]:
    """The uncompressed content of a source once more, seekable.

    :raises OSError: if it cannot be opened, or is a stream that was not kept
    """
    with source.open_again() as file:
        yield file if source.spool is not None else uncompressed(file)
