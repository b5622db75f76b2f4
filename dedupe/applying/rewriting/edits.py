"""Edits: spans of a file's content are left out or replaced, all other bytes stay the same.

A compressed file may have several members (in gzip files of a crawl one for each page; ``cat`` and
``pigz`` make several too). Members without edits are copied; only the others are compressed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from dedupe.applying.rewriting.compressors import CompressingSink, new_compressor
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.spool import Spool
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.removal import CannotRewriteError, Sink
from dedupe.sources.unpack.budget import BombError, UnpackBudget
from dedupe.sources.unpack.compression import (
    Codec,
    CompressionError,
    UnpackedFile,
    codecs_around,
)
from dedupe.sources.unpack.random_access import seekable_again
from dedupe.sources.unpack.unpackers import MAX_ZSTD_WINDOW

_BLOCK_BYTES = 1 << 20
_OUT_BYTES = 1 << 18


class Edit(NamedTuple):
    """Bytes ``begin:end`` of the (uncompressed) content to leave out or replace.

    :param replacement: the new bytes, if any
    """

    begin: int
    end: int
    replacement: Spool | None = None


def write_edited(file: BinaryIO, edits: Sequence[Edit], sink: Sink, limits: ReadLimits) -> None:
    """Write a file with edits applied.

    :param file: compressed or not, which its first bytes say
    :param edits: of its uncompressed content
    :param limits: of the size of unpacked data
    :raises CannotRewriteError: if edits overlap or are beyond the content, or compressed data is
        damaged
    """
    codecs = codecs_around(file)
    if len(codecs) > 1:
        _write_layers(file, codecs[0], edits, sink, limits)
        return
    editor = _Editor(edits)
    if not codecs:
        for block in _blocks(file, 0, None):
            for part in editor.feed(block):
                sink.write(part)
    else:
        _write_members(file, codecs[0], editor, sink, limits)
    editor.finish()


def edited_blocks(blocks: Iterable[bytes], edits: Sequence[Edit]) -> Iterator[bytes]:
    """The content with edits applied, in blocks.

    :raises CannotRewriteError: if edits overlap or are beyond the content
    """
    editor = _Editor(edits)
    for block in blocks:
        yield from editor.feed(block)
    editor.finish()


class _Editor:
    """Applies edits to content that comes block by block."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = sorted(edits, key=lambda edit: edit[:2])
        self._position = 0
        for before, after in zip([Edit(0, 0), *self._edits], self._edits, strict=False):
            if not before.end <= after.begin < after.end:
                raise CannotRewriteError("the places of its documents overlap")
        self._edits.reverse()

    def touches(self, size: int) -> bool:
        """Whether an edit touches the next ``size`` bytes."""
        return bool(self._edits) and self._edits[-1].begin < self._position + size

    def skip(self, size: int) -> None:
        """Pass over ``size`` bytes that no edit touches."""
        self._position += size

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The next block with edits applied, in parts."""
        end = self._position + len(block)
        while self._edits and self._edits[-1].begin < end:
            edit = self._edits[-1]
            if edit.begin > self._position:
                yield block[: edit.begin - self._position]
            if edit.begin >= self._position and edit.replacement is not None:
                yield from _blocks(edit.replacement.reopen(), 0, None)
            if edit.end > end:
                self._position = end
                return
            block = block[edit.end - self._position :]
            self._position = edit.end
            self._edits.pop()
        self._position = end
        if block:
            yield block

    def finish(self) -> None:
        """End the content.

        :raises CannotRewriteError: if edits are beyond it
        """
        if self._edits:
            raise CannotRewriteError("it is shorter than the places of its documents")


class _Member(NamedTuple):
    """The bytes ``begin:end`` of a compressed member, and the size of its content."""

    begin: int
    end: int
    size: int


def _write_layers(
    file: BinaryIO, outer: Codec, edits: Sequence[Edit], sink: Sink, limits: ReadLimits
) -> None:
    """Write a file that is compressed twice: its outer compression is made anew."""
    for _ in _find_members(file, outer, limits):
        pass  # it is whole, and within the limits
    inner, _held = seekable_again(UnpackedFile(file, outer))
    compressing = CompressingSink(sink, outer)
    write_edited(inner, edits, compressing, limits)
    compressing.close()


def _write_members(
    file: BinaryIO, codec: Codec, editor: _Editor, sink: Sink, limits: ReadLimits
) -> None:
    position, is_empty = 0, True
    for member in list(_find_members(file, codec, limits)):
        for block in _blocks(file, position, member.begin):
            sink.write(block)  # zeros between members
        position = member.end
        if editor.touches(member.size):
            is_empty &= not _write_member(file, member, codec, editor, sink)
            continue
        editor.skip(member.size)
        for block in _blocks(file, member.begin, member.end):
            sink.write(block)
        is_empty = False
    if is_empty:
        sink.write(new_compressor(codec).flush())
    for block in _blocks(file, position, None):
        sink.write(block)


def _write_member(
    file: BinaryIO, member: _Member, codec: Codec, editor: _Editor, sink: Sink
) -> bool:
    """Write a member with edits applied; nothing, and false, if no content stays."""
    compressor, is_written = new_compressor(codec), False
    for block in _unpack_member(file, member.begin, codec):
        for part in editor.feed(block):
            sink.write(compressor.compress(part))
            is_written = True
    if is_written:
        sink.write(compressor.flush())
    return is_written


def _find_members(file: BinaryIO, codec: Codec, limits: ReadLimits) -> Iterator[_Member]:
    """All members, in order.

    :raises CannotRewriteError: if one is damaged or incomplete
    """
    budget = UnpackBudget(limits)
    budget.add_packed(file.seek(0, 2))
    begin = 0
    while (begin := _skip_zeros(file, begin)) >= 0:
        size, member = 0, _MemberReader(file, begin, codec)
        try:
            for block in member:
                size += len(block)
                budget.add_unpacked(len(block))
        except BombError as error:
            raise CannotRewriteError(str(error)) from None
        yield _Member(begin, member.end, size)
        begin = member.end


def _unpack_member(file: BinaryIO, begin: int, codec: Codec) -> Iterator[bytes]:
    return iter(_MemberReader(file, begin, codec))


class _MemberReader:
    """The content of one member, in blocks.

    :ivar end: the end of the member in the file; valid after the last block
    """

    def __init__(self, file: BinaryIO, begin: int, codec: Codec) -> None:
        self.end = begin
        self._file = file
        self._codec = codec

    def __iter__(self) -> Iterator[bytes]:
        unpacker, position = self._codec.new(MAX_ZSTD_WINDOW), self.end
        while not unpacker.eof:
            data = _read_from(self._file, position, self._codec.piece_bytes)
            if not data:
                raise CannotRewriteError(f"its {self._codec.name} data breaks off")
            position += len(data)
            try:
                while out := unpacker.decompress(data, _OUT_BYTES):
                    yield out
                    data = b""
                    if unpacker.eof or (unpacker.needs_input and len(out) < _OUT_BYTES):
                        break
            except CompressionError as error:
                told = f"its {self._codec.name} data is damaged ({error})"
                raise CannotRewriteError(told) from None
        self.end = position - len(unpacker.unused_data)


def _skip_zeros(file: BinaryIO, begin: int) -> int:
    """The position of the next byte that is not zero; -1 if there is none."""
    while data := _read_from(file, begin, _BLOCK_BYTES):
        rest = data.lstrip(b"\0")
        begin += len(data) - len(rest)
        if rest:
            return begin
    return -1


def _read_from(file: SeekableBytes, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)


def _blocks(file: SeekableBytes, begin: int, end: int | None) -> Iterator[bytes]:
    """The bytes ``begin:end`` of a file in blocks, at most to its end."""
    while end is None or begin < end:
        size = _BLOCK_BYTES if end is None else min(_BLOCK_BYTES, end - begin)
        block = _read_from(file, begin, size)
        if not block:
            return
        yield block
        begin += len(block)
