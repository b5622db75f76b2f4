"""JSON Lines: a line is a record, some of whose fields are its text, its id and its metadata."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.config import ScanSettings
from dedupe.model import Locator, Notice, SkippedDocument
from dedupe.sources.json_depth import has_too_many_values, is_too_deep
from dedupe.sources.json_record import JsonRecords, NotARecord, Record, parse_fields, record_decoder
from dedupe.sources.limits import ReadLimits
from dedupe.sources.line_blocks import LineBlock, LineSplitter, LongLine
from dedupe.sources.pieces import Chunk, OpenSource, Piece, Rereader, SkippedRecord
from dedupe.sources.reasons import (
    LONE_SURROGATES,
    NOT_JSON,
    TOO_DEEP,
    TOO_LARGE,
    UNDECODABLE_BYTES,
)
from dedupe.sources.record_layout import LayoutDecoder
from dedupe.sources.source import SeekableBytes, read_at
from dedupe.sources.text_encoding import UTF8_MARK, encode_text


def read_json_lines(
    file: OpenSource, settings: ScanSettings, limits: ReadLimits
) -> Iterator[Piece]:
    """The records of a file, and what there is to say about those that could not be used."""
    yield from _LinesReader(file, settings, limits).read()


def reread_records_with(settings: ScanSettings) -> Rereader:
    """Reads single lines again."""
    decoder = record_decoder(settings)

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        raw = read_at(file, locator.offset, locator.length)
        return None if raw is None else decoder.read_text(raw)

    return reread


class _LinesReader:
    """Reads one file; counts what is told once at its end."""

    def __init__(self, file: OpenSource, settings: ScanSettings, limits: ReadLimits) -> None:
        self._file = file
        self._path_id = file.source.id
        self._decoder = record_decoder(settings)
        self._plan = self._decoder.plan
        self._layout = LayoutDecoder(self._plan.names, limits.depth, limits.values)
        self._limits = limits
        self._problems: list[SkippedDocument | SkippedRecord] = []
        self._bad_bytes_count = 0
        self._surrogates_count = 0
        self._last_line = 0

    def read(self) -> Iterator[Piece]:
        for block in LineSplitter(self._file.blocks, self._limits.line_bytes):
            if isinstance(block, LongLine):
                yield self._skip_long_line(block.line)
                self._last_line = block.line
                continue
            chunk = self._read_block(_without_mark(block))
            yield from self._take_problems(block.is_rest)
            yield chunk
            if not block.is_rest:
                self._last_line = block.first_line + len(block) - 1
        yield from self._conclude()

    def _read_block(self, block: LineBlock) -> Chunk:
        """The documents of some lines: in bulk, since this is where a scan's reading goes by."""
        records = self._decode_block(block)
        locators = _locate(block, self._file.index)
        texts = self._plan.find_texts(records, self._file.text_names)
        if set(map(type, texts)) != {str}:
            places = (Locator(*row) for row in locators.tolist())
            usable = list(map(self._is_usable, records.rows, texts, block.lines, places))
            records, locators = records.select(usable), locators[usable]
            texts = list(compress(texts, usable))
        ids = self._plan.find_ids(records)
        if not all(ids):
            places_of = map(self._place, locators[:, 3].tolist())
            ids = [own or place for own, place in zip(ids, places_of, strict=True)]
        return Chunk(ids, _encode_texts(texts), locators, metas=self._plan.find_metas(records))

    def _decode_block(self, block: LineBlock) -> JsonRecords:
        rows = self._layout.decode(block)
        if rows is not None:
            return self._decoder.gather(rows, self._layout.present)
        try:
            self._refuse_deep(block.lines)
            rows = list(map(self._decoder.decode, block.lines))
        except (ValueError, RecursionError):
            rows = [self._decode(*line) for line in enumerate(block.lines, block.first_line)]
        return self._decoder.gather(rows)

    def _refuse_deep(self, lines: list[bytes]) -> None:
        """Send lines the slow way that may be nested too deep: it judges each by itself."""
        for raw in lines:
            nested = raw.count(b"[") + raw.count(b"{") > self._limits.depth
            if nested or has_too_many_values(raw, self._limits.values):
                raise ValueError("deep")

    def _decode(self, line: int, raw: bytes) -> Record:
        """One record, or ``nothing`` where the line is blank, or was skipped."""
        if is_too_deep(raw, self._limits.depth):
            detail = f"it is nested deeper than {self._limits.depth} (--max-depth)"
            self._problems.append(SkippedDocument(self._place(line), TOO_DEEP, detail))
            return self._decoder.nothing
        if has_too_many_values(raw, self._limits.values):
            detail = f"it holds more than {self._limits.values} values (--max-values)"
            self._problems.append(SkippedDocument(self._place(line), TOO_LARGE, detail))
            return self._decoder.nothing
        try:
            return self._decoder.decode(raw)
        except (ValueError, RecursionError):
            return self._decode_leniently(line, raw)

    def _decode_leniently(self, line: int, raw: bytes) -> Record:
        if not raw or raw.isspace():
            return self._decoder.nothing
        try:
            lenient = self._decoder.decode_leniently(raw)
        except NotARecord as problem:
            document = SkippedDocument(self._place(line), problem.reason, problem.detail)
            self._problems.append(document)
            return self._decoder.nothing
        self._bad_bytes_count += lenient.has_bad_bytes
        self._surrogates_count += lenient.has_surrogates
        return lenient.record

    def _is_usable(self, record: Record, text: Any, raw: bytes, locator: Locator) -> bool:
        """Whether there is a text; notes a record that has none."""
        if type(text) is str:
            return True
        if record is not self._decoder.nothing:
            self._skip_record(record, text, raw, locator)
        return False

    def _skip_record(self, record: Record, text: Any, raw: bytes, locator: Locator) -> None:
        """Note a record without a text."""
        reason, detail = self._plan.explain(text, lambda: _all_fields(raw))
        own_id = self._plan.find_id(self._decoder.values(record))
        document = SkippedDocument(own_id or self._place(locator.line), reason, sys.intern(detail))
        self._problems.append(SkippedRecord(document, locator) if own_id else document)

    def _skip_long_line(self, line: int) -> SkippedDocument:
        detail = f"the line is longer than {self._limits.line_bytes} bytes (--max-line-bytes)"
        return SkippedDocument(self._place(line), TOO_LARGE, detail)

    def _take_problems(self, is_rest: bool) -> Iterator[SkippedDocument | SkippedRecord]:
        """What was noted; not that a line is broken where the file itself breaks off in it."""
        problems, self._problems = self._problems, []
        broken_off = is_rest and self._file.blocks.fault is not None
        for problem in problems:
            is_line = isinstance(problem, SkippedDocument) and problem.reason == NOT_JSON
            if not (broken_off and is_line):
                yield problem

    def _conclude(self) -> Iterator[Piece]:
        fault = self._file.blocks.fault
        if fault is not None:
            detail = f"{fault.detail}, after line {self._last_line}"
            yield SkippedDocument(self._path_id, fault.reason, detail)
        if self._bad_bytes_count:
            detail = "hold bytes that are not UTF-8 (replaced by U+FFFD)"
            detail = f"records that {detail}: {self._bad_bytes_count}"
            yield Notice(self._path_id, UNDECODABLE_BYTES, detail)
        if self._surrogates_count:
            detail = "hold lone surrogates (replaced by U+FFFD)"
            detail = f"records that {detail}: {self._surrogates_count}"
            yield Notice(self._path_id, LONE_SURROGATES, detail)

    def _place(self, line: int) -> str:
        return f"{self._path_id}:{line}"


def _locate(block: LineBlock, source_index: int) -> NDArray[np.int64]:
    """Where each line stands: the locators of all."""
    locators = np.empty((len(block), 4), np.int64)
    locators[:, 0] = source_index
    locators[:, 1] = block.offset + block.begins
    locators[:, 2] = block.ends - block.begins
    locators[:, 3] = np.arange(block.first_line, block.first_line + len(block))
    return locators


def _without_mark(block: LineBlock) -> LineBlock:
    """The block without a byte order mark at the beginning of the file."""
    has_mark = block.offset == 0 and block.data.startswith(UTF8_MARK)
    return block.without_start(len(UTF8_MARK)) if has_mark else block


def _encode_texts(texts: list[str]) -> list[bytes]:
    try:
        return list(map(str.encode, texts))
    except UnicodeEncodeError:
        return list(map(encode_text, texts))


def _all_fields(raw: bytes) -> dict[str, Any] | None:
    try:
        return parse_fields(raw)[0]
    except NotARecord:
        return None
