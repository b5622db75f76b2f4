"""Lines as a format: a line of a file is a document, and nothing of it is anything else.

No content tells such a file from a text, whose lines are no documents. So only the settings do,
and an ending.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dedupe.model.documents import Locator, Notice, SkippedDocument
from dedupe.model.formats import name_record
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_encoding import replace_utf8
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.files.source import Source
from dedupe.sources.formats.format import Format
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import TOO_LARGE, UNDECODABLE_BYTES
from dedupe.sources.records.line_blocks import LineBlock, LineSplitter, LongLine
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, Rereader
from dedupe.sources.records.removal import ByteRange, find_lines


class LinesFormat(Format):
    """A line is a text."""

    endings = (".lines",)
    takes_utf8 = True

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        return _read_lines(file, limits)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        return _reread_line

    def find_ranges(self, content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
        return find_lines(content, locators)


LINES = LinesFormat("lines")


def _read_lines(file: OpenSource, limits: ReadLimits) -> Iterator[Piece]:
    """The lines of a file that are not blank, and what there is to say about them.

    Where compressed data breaks off or is wrong, nothing tells whether the line in which it does is
    all there: so it is left out.
    """
    source = file.source
    last_line = replaced_count = 0
    for block in LineSplitter(file.blocks, limits.line_bytes):
        if isinstance(block, LongLine):
            last_line = block.line
            detail = f"the line is longer than {limits.line_bytes} bytes (--max-line-bytes)"
            yield SkippedDocument(_name_line(source, last_line), TOO_LARGE, detail)
            continue
        if block.is_rest and file.blocks.fault is not None:
            break
        block = block.without_mark()
        texts, replaced_here = _texts_of(block)
        replaced_count += replaced_here
        last_line = block.first_line + len(block) - 1
        yield from _documents_of(block, texts, file, limits)
    if (fault := file.blocks.fault) is not None:
        yield SkippedDocument(source.id, fault.reason, f"{fault.detail}, after line {last_line}")
    if replaced_count:
        detail = f"lines that hold bytes that are not UTF-8 (replaced by U+FFFD): {replaced_count}"
        yield Notice(source.id, UNDECODABLE_BYTES, detail)


def _documents_of(
    block: LineBlock, texts: list[bytes], file: OpenSource, limits: ReadLimits
) -> Iterator[Piece]:
    """Those texts of a block that are not blank, unless they are too long."""
    max_bytes = limits.document_bytes
    kept: list[int] = []
    for i, text in enumerate(texts):
        if not text or text.isspace():
            continue
        if len(text) <= max_bytes:
            kept.append(i)
            continue
        detail = f"it is longer than {max_bytes} bytes (--max-document-bytes)"
        yield SkippedDocument(_name_line(file.source, block.first_line + i), TOO_LARGE, detail)
    if kept:
        ids = [_name_line(file.source, block.first_line + i) for i in kept]
        locators = block.locate(file.index)[np.array(kept)]
        yield Chunk(ids, [texts[i] for i in kept], locators)


def _texts_of(block: LineBlock) -> tuple[list[bytes], int]:
    """The text of each line, in UTF-8, and in how many bytes had to be replaced for that."""
    lines = block.lines
    try:
        block.data.decode()
    except UnicodeDecodeError:
        repaired = [replace_utf8(line) for line in lines]
        lines = [text for text, _ in repaired]
        return [*map(_without_return, lines)], sum(count > 0 for _, count in repaired)
    return [*map(_without_return, lines)] if b"\r" in block.data else lines, 0


def _without_return(line: bytes) -> bytes:
    """A line without the carriage return of its end, which is part of no text."""
    return line.removesuffix(b"\r")


def _reread_line(file: SeekableBytes, locator: Locator) -> str | None:
    raw = read_at(file, locator.offset, locator.length)
    return None if raw is None else replace_utf8(_without_return(raw))[0].decode()


def _name_line(source: Source, line: int) -> str:
    return name_record(source.id, source.format, line)
