"""The uncompressed content of an open source as blocks of bytes.

Nothing here raises because of what a file holds or how it fails: the blocks end early, and
``fault`` tells why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from dedupe.sources.encoding.recoding import SAMPLE_BYTES, Recoder
from dedupe.sources.files.source import Source
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import BOMB, DAMAGED, NOT_COMPRESSED, TRUNCATED, UNREADABLE
from dedupe.sources.unpack.budget import BombError, UnpackBudget
from dedupe.sources.unpack.compression import (
    Codec,
    CompressionError,
    StreamUnpacker,
    codec_of,
    codec_of_name,
)

HEAD_BYTES = 8192
"""The beginning of a file that tells what it is."""

_PIECE_BYTES = 1 << 16


class Fault(msgspec.Struct, frozen=True):
    """Why a file ended before its end: a reason, and what happened."""

    reason: str
    detail: str


class ByteBlocks:
    """The content of one source, to be gone through once.

    :ivar head: the first bytes (about 8 KB), which the blocks begin with too
    :ivar budget: counts what the stream is unpacked to
    :ivar recoder: makes UTF-8 of the content, where it is something else
    :ivar is_cut: whether they end where the file ended when it was opened
    :ivar fault: what went wrong; known once the blocks have ended
    """

    def __init__(
        self,
        source: Source,
        stream: BinaryIO,
        limits: ReadLimits,
        budget: UnpackBudget | None = None,
        size: int = 0,
    ) -> None:
        """Read the head.

        :param size: bytes of the stream, after which it is not read on unless they are compressed;
            0 where they are not known
        :param budget: that of a member of an archive, which knows the archive's
        """
        self.fault: Fault | None = None
        self.recoder: Recoder | None = None
        self._encoding = ""
        self._source = source
        self._block_bytes = limits.read_bytes
        self.budget = budget or UnpackBudget(limits)
        self._size = size
        self.is_cut = False
        self._what = "data"
        self._is_settled = False  # all that the last block was made of is used up
        self._is_past_settled = False  # the same of those before it
        self._blocks = self._guarded(stream)
        self._first: list[bytes] = []
        self.head = self.look(HEAD_BYTES)

    def __iter__(self) -> Iterator[bytes]:
        blocks = self._as_they_stand()
        yield from self.recoder.recode(blocks, self._block_bytes) if self.recoder else blocks

    def look(self, byte_count: int) -> bytes:
        """The first bytes as they stand, which the blocks begin with too."""
        size = sum(map(len, self._first))
        while size < byte_count and (block := next(self._blocks, b"")):
            self._first.append(block)
            size += len(block)
        return b"".join(self._first)[:byte_count]

    def look_recoded(self, byte_count: int) -> bytes:
        """The first bytes as the blocks give them, of at most a quarter of ``SAMPLE_BYTES``."""
        if self.recoder is None:
            return self.look(byte_count)
        recoded = Recoder(self._encoding).recode([self.look(SAMPLE_BYTES)], byte_count)
        return b"".join(recoded)[:byte_count]

    def recode(self, encoding: str) -> None:
        """Give the content in UTF-8 from here on, the head too."""
        self._encoding = encoding
        self.recoder = Recoder(encoding)
        self.head = self.look_recoded(HEAD_BYTES)

    def _as_they_stand(self) -> Iterator[bytes]:
        first, self._first = self._first, []
        yield from first
        yield from self._blocks

    def _guarded(self, stream: BinaryIO) -> Iterator[bytes]:
        """The blocks, kept in the spool where there is one, until they end or fail."""
        spool = self._source.spool
        try:
            for block in self._trusted(self._uncompressed(stream)):
                if spool is not None:
                    spool.write(block)
                yield block
        except EOFError:
            self.fault = Fault(TRUNCATED, f"the {self._what} ends early")
        except CompressionError as error:
            self.fault = Fault(DAMAGED, f"the {self._what} is damaged ({error})")
        except BombError as error:
            self.fault = Fault(BOMB, str(error))
        except (OSError, ValueError) as error:
            self.fault = Fault(UNREADABLE, getattr(error, "strerror", None) or str(error))

    def _trusted(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks, each held back until it is clear that it does not come from a bomb.

        So a bomb gives no documents, however many it claims to hold.
        """
        held: list[bytes] = []
        try:
            for block in blocks:
                if self._is_past_settled:
                    self._is_past_settled = False
                    yield from held
                    held.clear()
                held.append(block)
                if self._is_settled and not self.budget.is_exceeded:
                    yield from held
                    held.clear()
        except (EOFError, CompressionError, OSError, ValueError):
            yield from held
            raise
        yield from held

    def _uncompressed(self, stream: BinaryIO) -> Iterator[bytes]:
        first = stream.read(min(self._block_bytes, self._size or self._block_bytes)) or b""
        codec, named = codec_of(first), codec_of_name(self._source.file_name)
        if codec is not None:
            self._what = f"{codec.name} data"
            yield from self._unpacked(_blocks(first, stream, self._block_bytes), codec)
        elif named is not None:
            what = f"the file is not {named.name} data" if first else "the file is empty"
            detail = f"{what}, though its name ends in {named.ending}"
            self.fault = Fault(NOT_COMPRESSED[named.name], detail)
        else:
            self._is_settled = True
            self.is_cut = self._size > 0
            for block in _blocks(first, stream, self._block_bytes, self._size):
                self.budget.add_packed(len(block))  # what it holds may be compressed
                yield block

    def _unpacked(self, blocks: Iterator[bytes], codec: Codec) -> Iterator[bytes]:
        unpacker = StreamUnpacker(codec, self._block_bytes)
        for piece in self._counted(blocks):
            yield from _gathered(self._spent(unpacker.feed(piece)), self._block_bytes)
        unpacker.finish()

    def _spent(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.budget.add_unpacked(len(block))
            yield block

    def _counted(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks in pieces, none of which can become much before it is noticed."""
        for block in blocks:
            for begin in range(0, len(block), _PIECE_BYTES):
                piece = block[begin : begin + _PIECE_BYTES]
                self._is_past_settled = not self.budget.is_exceeded
                self.budget.add_packed(len(piece))
                yield piece


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


def _blocks(first: bytes, stream: BinaryIO, block_bytes: int, size: int = 0) -> Iterator[bytes]:
    """The blocks of a stream, up to its ``size`` if given; the first was read before."""
    block, left = first, size
    while block:
        yield block
        left -= len(block)
        if left == 0:
            return
        block = stream.read(min(block_bytes, left) if left > 0 else block_bytes)


def _gathered(blocks: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    """The same in larger blocks: libraries give what they have, and many crawls compress every
    record by itself."""
    held: list[bytes] = []
    size = 0
    try:
        for block in blocks:
            if held and size + len(block) > max_bytes:
                yield b"".join(held)
                held, size = [], 0
            held.append(block)
            size += len(block)
    except (EOFError, CompressionError):
        if held:
            yield b"".join(held)
        raise
    if held:
        yield b"".join(held)
