"""Reads JSON Lines: each line is a record with fields for its text, its id and its metadata."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.model.documents import Locator, SkippedDocument
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.files.source import FilePart, Source
from dedupe.sources.formats.json.raw_records import RawRecords
from dedupe.sources.formats.json.record import record_decoder
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import NOT_JSON, TOO_LARGE
from dedupe.sources.records.line_blocks import LineBlock, LineSplitter, LongLine
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader


def read_json_lines(
    file: OpenSource, settings: ReadSettings, limits: ReadLimits
) -> Iterator[Piece]:
    """The documents of a file, and remarks on lines that could not be used."""
    records = RawRecords(file, settings, limits)
    last_line, part = 0, file.source.part
    lines = LineSplitter(file.blocks, limits.line_bytes)
    if part is not None:
        blocks = _read_part(file.source, part, limits.read_bytes)
        lines = LineSplitter(blocks, limits.line_bytes, part.begin, part.first_row)
    for block in lines:
        if isinstance(block, LongLine):
            detail = f"the line is longer than {limits.line_bytes} bytes (--max-line-bytes)"
            yield SkippedDocument(records.name_record(block.line), TOO_LARGE, detail)
            last_line = block.line
            continue
        pieces = _read_block(block.without_mark(), records, file.index)
        if block.is_rest and file.blocks.fault is not None:
            pieces = filter(_is_not_broken_json, pieces)
        yield from pieces
        if not block.is_rest:
            last_line = block.first_line + len(block) - 1
    if file.blocks.fault is not None:
        fault = file.blocks.fault
        yield SkippedDocument(
            file.source.id, fault.reason, f"{fault.detail}, after line {last_line}"
        )
    yield from records.notices()


def _read_part(source: Source, part: FilePart, block_bytes: int) -> Iterator[bytes]:
    """The bytes of a part of a file that is neither packed nor recoded."""
    left = part.end - part.begin
    with source.files.open(source.path) as stream:
        stream.seek(part.begin)
        while left > 0 and (block := stream.read(min(block_bytes, left))):
            yield block
            left -= len(block)


def reread_records_with(settings: ReadSettings) -> Rereader:
    """A function that reads single records again, by their locators."""
    decoder = record_decoder(settings)

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        raw = read_at(file, locator.offset, locator.length)
        return None if raw is None else decoder.read_text(raw)

    return reread


def _read_block(block: LineBlock, records: RawRecords, source_index: int) -> Iterator[Piece]:
    return records.read(block.data, block.begins, block.ends, block.locate(source_index))


def _is_not_broken_json(piece: Piece) -> bool:
    """Whether a piece is no remark on broken JSON: a line that is cut off is broken anyway."""
    return not (isinstance(piece, SkippedDocument) and piece.reason == NOT_JSON)
