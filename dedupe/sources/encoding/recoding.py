"""Files of records in another encoding than UTF-8, as if they were in UTF-8.

Readers of records work on UTF-8 bytes. So what is in UTF-16, or in an encoding of one or two bytes
a character, is recoded before it reaches them. Where a record stands is then told in bytes of
the recoded content, which must come out alike each time: whatever the blocks it came in.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from dedupe.sources.encoding.decoding import UTF8, detect_encoding, known_encoding
from dedupe.sources.encoding.text_encoding import count_replaced, wide_encoding
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.sequential_file import SequentialFile

SAMPLE_BYTES = 1 << 18
"""So much of a file's beginning tells its encoding."""

_READ_BYTES = 1 << 18
_MAX_LINE_BYTES = 1 << 20
_SEPARATORS = b' ",\t'
"""Bytes that are a character of their own in every encoding here, and in UTF-8."""


def recognise_encoding(sample: bytes) -> tuple[str, str]:
    """The encoding of a file of records, and how it was told; nothing where it is UTF-8.

    Lines that are UTF-8 tell nothing of an encoding that others may be in.

    :param sample: the beginning, of ``SAMPLE_BYTES`` where the file is longer
    """
    wide, how = wide_encoding(sample)
    if wide:
        return wide, how
    is_cut = len(sample) == SAMPLE_BYTES
    if _is_utf8(sample, is_cut):
        return "", ""
    *lines, last = sample.split(b"\n")
    bad = [line for line in lines if not _is_utf8(line)]
    bad += [] if _is_utf8(last, is_cut) else [last]
    encoding = detect_encoding(b"\n".join(bad)) if bad else ""
    return (encoding, "detected") if encoding else ("", "")


def _is_utf8(data: bytes, is_cut: bool = False) -> bool:
    """Whether it can be UTF-8, of which the end may be missing."""
    try:
        codecs.getincrementaldecoder(UTF8)().decode(data, not is_cut)
    except UnicodeDecodeError:
        return False
    return True


class Recoder:
    """Makes UTF-8 of one file.

    UTF-16 and UTF-32 are decoded as a whole. Other encodings are met in collections that were
    put together from several: so each line is UTF-8 if it can be, and else in that encoding.

    :ivar replaced_count: sequences of bytes that became U+FFFD so far
    :raises LookupError: if there is no such encoding
    """

    def __init__(self, encoding: str) -> None:
        self.replaced_count = 0
        self._encoding = codecs.lookup(encoding).name
        self._is_wide = self._encoding.startswith(("utf-16", "utf-32"))

    def recode(self, blocks: Iterable[bytes], block_bytes: int) -> Iterator[bytes]:
        """The content in UTF-8, in blocks of at most ``block_bytes``."""
        for data in (self._recode_wide if self._is_wide else self._recode_lines)(blocks):
            for begin in range(0, len(data), block_bytes):
                yield data[begin : begin + block_bytes]

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """The content in stretches that are recoded by themselves: as they stand, and in UTF-8."""
        if not self._is_wide:
            for parts in _cut_lines(blocks):
                yield from ((part, self._recode_part(part)) for part in parts)
            return
        decoder, held = codecs.getincrementaldecoder(self._encoding)(), b""
        for block in chain(blocks, (b"",)):
            recoded = self._decode_on(decoder, block, final=not block)
            rest, _ = decoder.getstate()
            raw = held + block
            yield raw[: len(raw) - len(rest)], recoded
            held = rest

    def _recode_wide(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self._encoding)()
        for block in blocks:
            yield self._decode_on(decoder, block, final=False)
        yield self._decode_on(decoder, b"", final=True)

    def _decode_on(self, decoder: codecs.IncrementalDecoder, block: bytes, final: bool) -> bytes:
        state = decoder.getstate()
        try:
            return decoder.decode(block, final).encode()
        except UnicodeDecodeError:
            decoder.setstate(state)
        decoder.errors = "replace"
        text = decoder.decode(block, final)
        decoder.errors = "strict"
        self.replaced_count += count_replaced(text, state[0] + block, self._encoding)
        return text.encode()

    def _recode_lines(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for parts in _cut_lines(blocks):
            yield b"".join(map(self._recode_part, parts))

    def _recode_part(self, part: bytes) -> bytes:
        try:
            part.decode()
            return part
        except UnicodeDecodeError:
            pass
        try:
            return part.decode(self._encoding).encode()
        except UnicodeDecodeError:
            text = part.decode(self._encoding, "replace")
        self.replaced_count += count_replaced(text, part, self._encoding)
        return text.encode()


def _cut_lines(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lines and the line feeds between them, block by block; long lines in parts."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        parts = [part for line in lines for part in (*_cut_line(line), b"\n")]
        while len(rest) >= _MAX_LINE_BYTES:
            part, rest = _cut(rest)
            parts.append(part)
        yield parts
    yield [*_cut_line(rest)]


def _cut_line(line: bytes) -> Iterator[bytes]:
    while len(line) >= _MAX_LINE_BYTES:
        part, line = _cut(line)
        yield part
    yield line


def _cut(line: bytes) -> tuple[bytes, bytes]:
    """A part of a long line, up to where no character can be cut, and the rest."""
    begin = line[:_MAX_LINE_BYTES]
    place = max(begin.rfind(bytes([byte])) for byte in _SEPARATORS) + 1
    return begin[: place or _MAX_LINE_BYTES], line[place or _MAX_LINE_BYTES :]


def recoded_file(file: SeekableBytes, encoding: str) -> SeekableBytes:
    """A file that was recoded when it was scanned, opened again.

    :raises ValueError: if there is no such encoding, as a saved report may say
    """
    if not encoding.startswith(("utf-16-", "utf-32-")) and known_encoding(encoding) in ("", UTF8):
        raise ValueError(f"there is no encoding {encoding!r}")

    def begin() -> Iterator[bytes]:
        file.seek(0)
        blocks = iter(lambda: file.read(_READ_BYTES), b"")
        return Recoder(encoding).recode(blocks, _READ_BYTES)

    return SequentialFile(begin)
