"""JSON: a file is an array of records, or one record.

Each record is cut out and decoded by itself, as a line of JSON Lines is. So a file may be of any
size, and one that breaks off, or is wrong somewhere, gives the records before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dedupe.config import ScanSettings
from dedupe.model import Locator, Notice, SkippedDocument
from dedupe.sources.json_cuts import Cut, JsonCutter
from dedupe.sources.json_depth import MAX_VALUES, has_too_many_values, is_too_deep
from dedupe.sources.json_record import NotARecord, Record, RecordDecoder, parse_fields
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pieces import OpenSource, Piece
from dedupe.sources.reasons import (
    LONE_SURROGATES,
    NOT_A_RECORD,
    NOT_JSON,
    TOO_DEEP,
    TOO_LARGE,
    UNDECODABLE_BYTES,
)
from dedupe.sources.record_chunks import RecordTaker

_MAX_OTHERS = 1000
"""So many values without a record among them are data of another kind, such as coordinates."""


def read_json(file: OpenSource, settings: ScanSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The records of a JSON file."""
    yield from _JsonReader(file, settings, limits).read()


class _JsonReader:
    def __init__(self, file: OpenSource, settings: ScanSettings, limits: ReadLimits) -> None:
        self._file = file
        self._limits = limits
        self._decoder = RecordDecoder(settings)
        self._taker = RecordTaker(file, self._decoder.plan, limits)
        self._has_records = False
        self._bad_bytes_count = 0
        self._surrogates_count = 0

    def read(self) -> Iterator[Piece]:
        cutter = JsonCutter(self._file.blocks, self._limits.line_bytes)
        for row, cut in _number(cutter):
            self._taker.row = row
            yield from self._read_record(cut)
            if self._taker.is_full:
                yield self._taker.flush()
            if row == _MAX_OTHERS and not self._has_records:
                detail = f"its first {row} values are no records; the rest was not looked at"
                yield SkippedDocument(self._file.source.id, NOT_A_RECORD, detail)
                return
        yield self._taker.flush()
        yield from self._conclude(cutter.problem)

    def _conclude(self, problem: str) -> Iterator[Piece]:
        fault = self._file.blocks.fault
        if problem or fault:
            reason, detail = (fault.reason, fault.detail) if fault else (NOT_JSON, problem)
            after = f", after record {self._taker.row}" if self._taker.row else ""
            yield SkippedDocument(self._file.source.id, reason, detail + after)
        for count, reason, what in (
            (self._bad_bytes_count, UNDECODABLE_BYTES, "bytes that are not UTF-8"),
            (self._surrogates_count, LONE_SURROGATES, "lone surrogates"),
        ):
            if count:
                detail = f"records that hold {what} (replaced by U+FFFD): {count}"
                yield Notice(self._file.source.id, reason, detail)

    def _read_record(self, cut: Cut) -> Iterator[Piece]:
        try:
            raw = self._check(cut.raw)
            record = self._decode(raw)
            self._has_records = True
        except NotARecord as problem:
            yield SkippedDocument(self._taker.place(), problem.reason, problem.detail)
            return
        locator = Locator(self._file.index, cut.offset, len(raw), self._taker.row)
        values = self._decoder.values(record)
        skipped = self._taker.take(values, locator, lambda: parse_fields(raw)[0])
        if skipped is not None:
            yield skipped

    def _check(self, raw: bytes | None) -> bytes:
        """The record, if it is within the limits.

        :raises NotARecord: if it is not
        """
        if raw is None:
            detail = f"the record is longer than {self._limits.line_bytes} bytes (--max-line-bytes)"
            raise NotARecord(TOO_LARGE, detail)
        if is_too_deep(raw, self._limits.depth):
            detail = f"it is nested deeper than {self._limits.depth} (--max-depth)"
            raise NotARecord(TOO_DEEP, detail)
        if has_too_many_values(raw):
            detail = f"it holds more than {MAX_VALUES} values (a fixed limit)"
            raise NotARecord(TOO_LARGE, detail)
        return raw

    def _decode(self, raw: bytes) -> Record:
        try:
            return self._decoder.decode(raw)
        except (ValueError, RecursionError):
            lenient = self._decoder.decode_leniently(raw)
        self._bad_bytes_count += lenient.has_bad_bytes
        self._surrogates_count += lenient.has_surrogates
        return lenient.record


def _number(cuts: Iterable[Cut]) -> Iterator[tuple[int, Cut]]:
    """Values with their numbers, from 1; one that is all there is, and in no array, is 0."""
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
        yield 0, first
