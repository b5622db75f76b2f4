"""The uncompressed content of an open source in blocks of bytes.

Nothing here raises because of the content of a file, or because reading it fails: the blocks end
early, and ``fault`` says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

import msgspec

from dedupe.sources.encoding.recoding import SAMPLE_BYTES, Recoder
from dedupe.sources.files.source import Source
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import BOMB, DAMAGED, NOT_COMPRESSED, TOO_LARGE, TRUNCATED, UNREADABLE
from dedupe.sources.unpack.budget import BombError, UnpackBudget
from dedupe.sources.unpack.compression import (
    MAGIC_BYTES,
    MAX_LAYERS,
    Codec,
    CompressionError,
    StreamUnpacker,
    codec_of,
    codec_of_name,
)
from dedupe.sources.unpack.unpackers import OutsideError, WindowError

HEAD_BYTES = 8192
"""How many bytes of a file's beginning are used to recognise it."""

_PIECE_BYTES = 1 << 16


class Fault(msgspec.Struct, frozen=True):
    """Why the blocks of a file end early: a reason and the detail."""

    reason: str
    detail: str


class ByteBlocks:
    """The content of one source, to be iterated over once.

    :ivar head: the first bytes (about 8 KB); the blocks begin with them too
    :ivar budget: bounds what the stream unpacks to
    :ivar recoder: recodes the content to UTF-8; ``None`` where it is not recoded
    :ivar missing_codec: the compression that the name shows, but the content does not have
    :ivar is_cut: whether the blocks end where the file ended when it was opened
    :ivar fault: what went wrong, if anything did; known once the blocks have ended
    :ivar remark: what else there is to tell, though the content is whole; known then too
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

        :param budget: the budget of a member of an archive, with that of the archive as its outer
        :param size: the size of the stream, after which no more is read unless it is compressed; 0
            where that is not known
        """
        self.fault: Fault | None = None
        self.remark: Fault | None = None
        self.recoder: Recoder | None = None
        self._encoding, self._is_chosen = "", False
        self._source = source
        self._block_bytes = limits.read_bytes
        self._max_window = limits.window_bytes
        self.budget = budget or UnpackBudget(limits)
        self._size = size
        self.is_cut = False
        self.missing_codec: Codec | None = None
        self._what = "data"
        # Whether each block can be judged at once, since the input that it comes from is used up.
        self._is_settled = False
        # Whether the blocks before the next one can be judged; set when input is read.
        self._is_past_settled = False
        self._blocks = self._keep_and_guard(stream)
        self._first: list[bytes] = []
        self.head = self.look(HEAD_BYTES)

    def __iter__(self) -> Iterator[bytes]:
        blocks = self._raw_blocks()
        yield from self.recoder.recode(blocks, self._block_bytes) if self.recoder else blocks

    def look(self, byte_count: int) -> bytes:
        """The first bytes before recoding; the blocks begin with them too."""
        size = sum(map(len, self._first))
        while size < byte_count and (block := next(self._blocks, b"")):
            self._first.append(block)
            size += len(block)
        return b"".join(self._first)[:byte_count]

    def look_recoded(self, byte_count: int) -> bytes:
        """The first bytes after recoding."""
        if self.recoder is None:
            return self.look(byte_count)
        sample = self.look(max(SAMPLE_BYTES, 4 * byte_count))  # a character has 4 bytes at most
        recoded = Recoder(self._encoding, self._is_chosen).recode([sample], byte_count)
        return b"".join(recoded)[:byte_count]

    def recode(self, encoding: str, is_chosen: bool) -> None:
        """Recode the content from this encoding to UTF-8, the head too."""
        self._encoding, self._is_chosen = encoding, is_chosen
        self.recoder = Recoder(encoding, is_chosen)
        self.head = self.look_recoded(HEAD_BYTES)

    def _raw_blocks(self) -> Iterator[bytes]:
        """All blocks before recoding."""
        first, self._first = self._first, []
        yield from first
        yield from self._blocks

    def _keep_and_guard(self, stream: BinaryIO) -> Iterator[bytes]:
        """The blocks, copied to the spool if there is one; a failure becomes a fault."""
        spool = self._source.spool
        try:
            for block in self._hold_suspects(self._uncompressed(stream)):
                if spool is not None:
                    spool.write(block)
                yield block
        except EOFError:
            self.fault = Fault(TRUNCATED, f"the {self._what} ends early")
        except WindowError as error:
            self.fault = Fault(TOO_LARGE, str(error))
        except OutsideError:
            what = f"what stands behind the end of its {self._what} is other data, and is not read"
            self.remark = Fault(DAMAGED, what)
        except CompressionError as error:
            self.fault = Fault(DAMAGED, f"the {self._what} is damaged ({error})")
        except BombError as error:
            self.fault = Fault(BOMB, str(error))
        except (OSError, ValueError) as error:
            self.fault = Fault(UNREADABLE, getattr(error, "strerror", None) or str(error))

    def _hold_suspects(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks, each held back until it is known not to come from a bomb.

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
        """The blocks of a stream, unpacked if its first bytes show a compression."""
        first = stream.read(min(self._block_bytes, self._size or self._block_bytes)) or b""
        codec, named = codec_of(first), codec_of_name(self._source.file_name)
        if codec is not None:
            self._what = f"{codec.name} data"
            packed = self._count_packed(_blocks(first, stream, self._block_bytes))
            yield from self._unpacked(packed, codec)
        elif named is not None and not first:
            detail = f"the file is empty, though its name ends in {named.ending}"
            self.fault = Fault(NOT_COMPRESSED[named.name], detail)
        else:
            self.missing_codec = named
            self._is_settled = True
            self.is_cut = self._size > 0
            for block in _blocks(first, stream, self._block_bytes, self._size):
                self.budget.add_packed(len(block))  # a member in it may be compressed
                yield block

    def _unpacked(self, pieces: Iterator[bytes], codec: Codec, layer: int = 1) -> Iterator[bytes]:
        """The data that the pieces unpack to; what is compressed once more in it is unpacked too.

        What comes out of each layer counts as unpacked, and only the outermost goes in as packed.
        """
        if self._source.spool is not None:
            self._source.spool.codecs.append(codec.name)
        unpacked = self._unpack(pieces, codec)
        first = b""
        while len(first) < MAGIC_BYTES and (block := next(unpacked, b"")):
            first += block
        inner = codec_of(first) if layer < MAX_LAYERS else None
        blocks = chain([first] if first else [], unpacked)
        yield from self._unpacked(blocks, inner, layer + 1) if inner else blocks

    def _unpack(self, pieces: Iterator[bytes], codec: Codec) -> Iterator[bytes]:
        unpacker = StreamUnpacker(codec, self._block_bytes, self._max_window)
        for piece in pieces:
            yield from _join_small(self._count_unpacked(unpacker.feed(piece)), self._block_bytes)
        unpacker.finish()

    def _count_unpacked(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The unpacked blocks, counted in the budget."""
        for block in blocks:
            self.budget.add_unpacked(len(block))
            yield block

    def _count_packed(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The packed blocks, counted in the budget, in pieces that are too small for a bomb."""
        for block in blocks:
            for begin in range(0, len(block), _PIECE_BYTES):
                piece = block[begin : begin + _PIECE_BYTES]
                self._is_past_settled = not self.budget.is_exceeded
                self.budget.add_packed(len(piece))
                yield piece


class ContentBlocks(ByteBlocks):
    """Content that was read and unpacked before, as blocks."""

    def _uncompressed(self, stream: BinaryIO) -> Iterator[bytes]:
        self._is_settled = True
        yield from iter(lambda: stream.read(self._block_bytes), b"")


def read_whole(blocks: ByteBlocks, max_bytes: int) -> bytes | None:
    """The whole content; ``None`` where it is longer than ``max_bytes``."""
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        size += len(block)
        if size > max_bytes:
            return None
        parts.append(block)
    return b"".join(parts)


def _blocks(first: bytes, stream: BinaryIO, block_bytes: int, size: int = 0) -> Iterator[bytes]:
    """The blocks of a stream, up to its ``size`` if that is known; the first was read before."""
    block, left = first, size
    while block:
        yield block
        left -= len(block)
        if left == 0:
            return
        block = stream.read(min(block_bytes, left) if left > 0 else block_bytes)


def _join_small(blocks: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    """The blocks, with small ones joined up to ``max_bytes``.

    Many crawls compress every record by itself, and libraries give each as a small block.
    """
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
