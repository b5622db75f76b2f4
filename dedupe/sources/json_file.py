"""JSON: a file is an array of records, or one record.

The records are only cut apart here; each is decoded by itself, as a line of JSON Lines is. An
array that breaks off, or is wrong somewhere, gives the records before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import msgspec

from dedupe.config import ScanSettings
from dedupe.model import Locator, Notice, SkippedDocument
from dedupe.sources.byte_blocks import read_whole
from dedupe.sources.json_depth import has_too_many_values, is_too_deep
from dedupe.sources.json_record import NotARecord, RecordDecoder, explain_json, parse_fields
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pieces import OpenSource, Piece
from dedupe.sources.reasons import (
    LONE_SURROGATES,
    NOT_JSON,
    TOO_DEEP,
    TOO_LARGE,
    UNDECODABLE_BYTES,
)
from dedupe.sources.record_chunks import RecordTaker
from dedupe.sources.text_encoding import UTF8_MARK

_GAP = re.compile(r"[\s,]*")
_SPACE = b" \t\r\n"


def read_json(file: OpenSource, settings: ScanSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The records of a JSON file, which is held in memory as a whole."""
    data, problem = read_whole(file.blocks, limits.document_bytes), ""
    if data is None:
        problem = f"it is longer than {limits.document_bytes} bytes (--max-document-bytes)"
    elif has_too_many_values(data, limits.values):
        problem = f"it holds more than {limits.values} values (--max-values)"
    if data is None or problem:
        detail = f"{problem}, and a JSON file is read as a whole: write it as JSON Lines"
        yield SkippedDocument(file.source.id, TOO_LARGE, detail)
        return
    yield from _JsonReader(file, settings, limits, data).read()


class _JsonReader:
    def __init__(
        self, file: OpenSource, settings: ScanSettings, limits: ReadLimits, data: bytes
    ) -> None:
        self._file = file
        self._data = data
        self._max_depth = limits.depth
        self._decoder = RecordDecoder(settings)
        self._taker = RecordTaker(file, self._decoder.plan, limits)
        self._bad_bytes_count = 0
        self._surrogates_count = 0

    def read(self) -> Iterator[Piece]:
        begin = len(UTF8_MARK) if self._data.startswith(UTF8_MARK) else 0
        is_array = self._data[begin:].lstrip(_SPACE).startswith(b"[")
        cut = _Cutter(self._data, begin, is_array)
        yield from self._read_records(cut)
        yield self._taker.flush()
        yield from self._conclude(cut.problem)

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

    def _read_records(self, cut: _Cutter) -> Iterator[Piece]:
        for row, (offset, length) in enumerate(cut, 1):
            locator = Locator(self._file.index, offset, length, row if cut.has_several else 0)
            yield from self._read_record(self._data[offset : offset + length], locator)

    def _read_record(self, raw: bytes, locator: Locator) -> Iterator[Piece]:
        self._taker.row = locator.line
        if is_too_deep(raw, self._max_depth):
            detail = f"it is nested deeper than {self._max_depth} (--max-depth)"
            yield SkippedDocument(self._taker.place(), TOO_DEEP, detail)
            return
        try:
            record = self._decoder.decode(raw)
        except (ValueError, RecursionError):
            try:
                lenient = self._decoder.decode_leniently(raw)
            except NotARecord as problem:
                yield SkippedDocument(self._taker.place(), problem.reason, problem.detail)
                return
            record = lenient.record
            self._bad_bytes_count += lenient.has_bad_bytes
            self._surrogates_count += lenient.has_surrogates
        values = self._decoder.values(record)
        skipped = self._taker.take(values, locator, lambda: parse_fields(raw)[0])
        if skipped is not None:
            yield skipped
        if self._taker.is_full:
            yield self._taker.flush()


class _Cutter:
    """The place of each record: offset and length.

    :ivar problem: why they end before the end; known once they have ended
    :ivar has_several: whether this is an array, or records follow one another without one
    """

    def __init__(self, data: bytes, begin: int, is_array: bool) -> None:
        self.problem = ""
        self.has_several = is_array
        self._data = data
        self._begin = begin
        self._is_array = is_array

    def __iter__(self) -> Iterator[tuple[int, int]]:
        data, begin = self._data, self._begin
        try:
            if self._is_array:
                yield from self._cut_array(msgspec.json.decode(data[begin:], type=_RAW_LIST))
            else:
                msgspec.json.decode(data[begin:], type=msgspec.Raw)
                yield begin, len(data) - begin
        except (ValueError, RecursionError):
            yield from self._cut_leniently()

    def _cut_array(self, records: list[msgspec.Raw]) -> Iterator[tuple[int, int]]:
        position = self._begin
        for raw in records:
            record = bytes(raw)
            position = self._data.index(record, position)  # after white space and commas alone
            yield position, len(record)
            position += len(record)

    def _cut_leniently(self) -> Iterator[tuple[int, int]]:
        """One value after another, as far as they are whole.

        Bytes are taken as Latin-1: only where a value ends is asked, and that ASCII tells.
        """
        text = self._data.decode("latin-1")
        scan = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode
        position = _skip_gap(text, self._begin)
        if self._is_array:
            position = _skip_gap(text, position + 1)
        while position < len(text) and text[position] != "]":
            try:
                _, end = scan(text, position)
            except (ValueError, RecursionError):
                self.problem = explain_json(self._data[position:])
                return
            following = _skip_gap(text, end)
            self.has_several |= following < len(text)
            yield position, end - position
            position = following
        if self._is_array and position >= len(text):
            self.problem = "the array is not closed"


_RAW_LIST = list[msgspec.Raw]


def _skip_gap(text: str, position: int) -> int:
    found = _GAP.match(text, position)
    return found.end() if found else position
