"""Recodes files of records to UTF-8.

Readers of records work on UTF-8 bytes, so that files in UTF-16, or in an encoding of one or two
bytes a character, are recoded on the way to them. Locators of records count bytes of the recoded
content. So it must be the same each time, in whatever blocks the file is read.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from dedupe.model.encodings import UTF8, encoding_named, is_wide, known_encoding
from dedupe.sources.encoding.detection import guess_encoding, guess_undeclared
from dedupe.sources.encoding.escapes import escaped_encoding, has_escapes
from dedupe.sources.encoding.guess import NO_GUESS, Guess, describe_doubt, describe_misdeclared
from dedupe.sources.encoding.text_encoding import (
    UTF8_MARK,
    count_replaced,
    describe_utf8,
    encode_text,
    is_surely_utf8,
    wide_encoding,
)
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.sequential_file import SequentialFile

SAMPLE_BYTES = 1 << 18
"""How many bytes of a file's beginning decide on its encoding."""

_READ_BYTES = 1 << 18
_MAX_LINE_BYTES = 1 << 20
_ASCII = bytes(range(128))
_SEPARATORS = b' ",\t'
"""Bytes that are whole characters in UTF-8 and in every encoding that is detected here."""


class FileEncoding(NamedTuple):
    """The encoding of a file of records.

    :param name: the codec of Python; empty for UTF-8
    :param how: how it is known: ``mark``, ``chosen``, ``declared``, ``detected``; empty for UTF-8
    :param guess: the guess, if it is detected by one
    :param is_utf8: whether the settings chose another, though it is valid UTF-8
    :param misdeclared: the encoding that the file declares, if that is another
    """

    name: str = ""
    how: str = ""
    guess: Guess = NO_GUESS
    is_utf8: bool = False
    misdeclared: str = ""

    @property
    def label(self) -> str:
        """The encoding as a report counts it; empty for UTF-8."""
        return f"{self.name} ({self.how})" if self.name else ""

    @property
    def doubt(self) -> str:
        """A message that the file may be in another encoding; empty where that is not likely."""
        if self.is_utf8:
            return describe_utf8(self.name)
        if self.misdeclared:
            return describe_misdeclared(self.misdeclared, self.name)
        return describe_doubt(self.guess) if self.guess.is_doubtful else ""


def recognise_encoding(sample: bytes, declared: str = "", chosen: str = "") -> FileEncoding:
    """The encoding of a file of records, and how it is known.

    Only lines that are not UTF-8 are looked at, because a file may have lines of both.

    :param sample: the first ``SAMPLE_BYTES`` of the file, or all of a shorter one
    :param declared: the encoding that the file itself names
    :param chosen: the encoding of the settings, in Python's name; only a mark wins over it
    """
    wide, how = wide_encoding(sample)
    if how == "mark":
        return FileEncoding(wide, how)
    if chosen and not sample.startswith(UTF8_MARK):
        if chosen == UTF8:
            return FileEncoding()
        return FileEncoding(chosen, "chosen", is_utf8=is_surely_utf8(sample))
    if wide:
        return FileEncoding(wide, how)
    is_cut = len(sample) == SAMPLE_BYTES
    if sample.isascii() and (encoding := escaped_encoding(sample)):
        return FileEncoding(encoding, "detected")
    is_utf8 = _is_utf8(sample, is_cut)
    encoding = known_encoding(declared)
    is_ascii = is_cut and sample.isascii()
    if is_utf8 and not (is_ascii and encoding not in ("", UTF8)):
        return FileEncoding()
    bad = b"" if is_ascii else _lines_not_utf8(sample, is_cut)
    if encoding and (guess := guess_undeclared(bad, encoding)).encoding:
        return FileEncoding(guess.encoding, "detected", misdeclared=encoding)
    if encoding not in ("", UTF8):
        return FileEncoding(encoding, "declared")
    guess = guess_encoding(bad) if bad else NO_GUESS
    return FileEncoding(guess.encoding, "detected", guess) if guess.encoding else FileEncoding()


def _lines_not_utf8(sample: bytes, is_cut: bool) -> bytes:
    """The lines that are not UTF-8; the last may be cut."""
    *lines, last = sample.split(b"\n")
    bad = [line for line in lines if not _is_utf8(line)]
    return b"\n".join(bad + ([] if _is_utf8(last, is_cut) else [last]))


def _is_utf8(data: bytes, is_cut: bool = False) -> bool:
    """Whether data is valid UTF-8; if it is cut, its last character may be incomplete."""
    try:
        codecs.getincrementaldecoder(UTF8)().decode(data, not is_cut)
    except UnicodeDecodeError:
        return False
    return True


class Recoder:
    """Recodes one file to UTF-8.

    UTF-16, UTF-32 and ISO-2022-KR are decoded as a whole. Files in other encodings are often put
    together from several, so that a line is taken as UTF-8 if it is valid, and else as that
    encoding; but not where the settings chose the encoding.

    :ivar replaced_count: sequences of bytes that became U+FFFD so far
    :param is_chosen: whether the settings chose the encoding
    :raises LookupError: if there is no such encoding
    """

    def __init__(self, encoding: str, is_chosen: bool = False) -> None:
        self.replaced_count = 0
        self._encoding = codecs.lookup(encoding).name
        self._is_whole = is_wide(self._encoding) or self._encoding == "iso2022_kr"
        self._holds_ascii = not has_escapes(self._encoding) and (
            _ASCII.decode(self._encoding, "replace") == _ASCII.decode()
        )
        self._takes_utf8 = self._holds_ascii and not is_chosen

    def recode(self, blocks: Iterable[bytes], block_bytes: int) -> Iterator[bytes]:
        """The content in UTF-8, in blocks of at most ``block_bytes``."""
        for data in (self._recode_wide if self._is_whole else self._recode_lines)(blocks):
            for begin in range(0, len(data), block_bytes):
                yield data[begin : begin + block_bytes]

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """The content in parts that are recoded by themselves, each before and after recoding."""
        if not self._is_whole:
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
        if self._takes_utf8 or (self._holds_ascii and part.isascii()):
            try:
                part.decode()
                return part
            except UnicodeDecodeError:
                pass
        try:
            return encode_text(part.decode(self._encoding))
        except UnicodeDecodeError:
            text = part.decode(self._encoding, "replace")
        self.replaced_count += count_replaced(text, part, self._encoding)
        return text.encode()


def _cut_lines(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines of each block, and the line feeds between them; long lines are cut into parts."""
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
    """The first part of a long line, and the rest; cut after a separator, if there is one."""
    begin = line[:_MAX_LINE_BYTES]
    end = max(begin.rfind(bytes([byte])) for byte in _SEPARATORS) + 1
    return begin[: end or _MAX_LINE_BYTES], line[end or _MAX_LINE_BYTES :]


def recoded_file(file: SeekableBytes, encoding: str, is_chosen: bool = False) -> SeekableBytes:
    """The UTF-8 content of a file that was recoded when it was scanned.

    :param is_chosen: whether the settings chose the encoding
    :raises ValueError: if there is no such encoding; a saved report may name any
    """
    if encoding_named(encoding) in ("", UTF8):
        raise ValueError(f"there is no encoding {encoding!r}")

    def begin() -> Iterator[bytes]:
        file.seek(0)
        blocks = iter(lambda: file.read(_READ_BYTES), b"")
        return Recoder(encoding, is_chosen).recode(blocks, _READ_BYTES)

    return SequentialFile(begin)
