"""Reads JSON: a file is an array of records, several records one after another, or one record.

Each record is cut out and decoded by itself, like a line of JSON Lines. So a file may be of any
size, and a file that breaks off, or is wrong somewhere, gives the records before that.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dedupe.model.documents import Locator, SkippedDocument
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.json.cuts import Cut, JsonCutter
from dedupe.sources.formats.json.lines import reread_records_with
from dedupe.sources.formats.json.raw_records import RawRecords
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import NOT_A_RECORD, NOT_JSON, TOO_LARGE
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader
from dedupe.sources.unpack.byte_blocks import ByteBlocks

_GROUP_RECORDS = 1000
_MAX_OTHERS = 1000
"""After this many values without a record a file is other data, such as coordinates."""

_READ_BYTES = 1 << 18
_OUTSIDE = b" \t\r\n,[]"
"""The bytes that may surround a record that is all of its file."""

Group = list[tuple[int, int, bytes]]
"""Row, offset and bytes of records that are read together."""


def read_json(file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The documents of a file, and remarks on values that could not be used."""
    cutter = JsonCutter(file.blocks, limits.line_bytes)
    records = RawRecords(file, settings, limits)
    group: Group = []
    group_bytes = row = 0
    for row, cut in _number(cutter, file.blocks):
        if cut.raw is None:
            detail = f"the record is longer than {limits.line_bytes} bytes (--max-line-bytes)"
            yield SkippedDocument(records.name_record(row), TOO_LARGE, detail)
        else:
            group.append((row, cut.offset, cut.raw))
            group_bytes += len(cut.raw)
        is_full = len(group) == _GROUP_RECORDS or group_bytes >= limits.block_bytes
        if group and (is_full or row == _MAX_OTHERS):
            yield from _read_group(group, records, file.index)
            group, group_bytes = [], 0
        if row == _MAX_OTHERS and not records.has_records:
            detail = f"its first {row} values are no records; the rest was not looked at"
            yield SkippedDocument(file.source.id, NOT_A_RECORD, detail)
            return
    if group:
        yield from _read_group(group, records, file.index)
    if cutter.problem or file.blocks.fault:
        fault = file.blocks.fault
        reason, detail = (fault.reason, fault.detail) if fault else (NOT_JSON, cutter.problem)
        after = f", after record {row}" if row else ""
        yield SkippedDocument(file.source.id, reason, detail + after)
    yield from records.notices()


def reread_json_with(settings: ReadSettings) -> Rereader:
    """A function that reads single records again, by their locators.

    A record that was all of its file is read only if it still is.
    """
    reread_record = reread_records_with(settings)

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        is_all = locator.line == 0
        if is_all and (read_at(file, 0, locator.offset) or b"").strip(_OUTSIDE + UTF8_MARK):
            return None
        text = reread_record(file, locator)
        if is_all and text is not None:
            file.seek(locator.offset + locator.length)
            rest = iter(lambda: file.read(_READ_BYTES), b"")
            return None if any(part.strip(_OUTSIDE) for part in rest) else text
        return text

    return reread


def _read_group(group: Group, records: RawRecords, source_index: int) -> Iterator[Piece]:
    rows, offsets, raws = zip(*group, strict=True)
    lengths = np.fromiter(map(len, raws), np.int64, len(raws))
    locators = np.empty((len(raws), 4), np.int64)
    locators[:, 0] = source_index
    locators[:, 1], locators[:, 2], locators[:, 3] = offsets, lengths, rows
    ends = np.cumsum(lengths + 1) - 1
    return records.read(b"\n".join([*raws, b""]), ends - lengths, ends, locators)


def _number(cuts: JsonCutter, blocks: ByteBlocks) -> Iterator[tuple[int, Cut]]:
    """Values with their numbers, from 1; a value that is the whole file, in no array, has 0."""
    first: Cut | None = None
    for row, cut in enumerate(cuts, 1):
        if row == 1 and not cut.is_element:
            first = cut
            continue
        if first is not None:
            yield 1, first
            first = None
        yield row, cut
    if first is not None:
        yield 1 if cuts.problem or blocks.fault else 0, first
