"""The formats JSON Lines and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_content import plain_start
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.format import RecordFormat
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import FieldsReader, OpenSource, Piece, Rereader
from dedupe.sources.records.removal import ByteRange, find_lines
from dedupe.sources.unpack.byte_blocks import ByteBlocks

_ARRAY_OF_RECORDS = re.compile(rb'\[\s*\{\s*"[^"]{1,200}"\s*:')
_RECORD = re.compile(rb'\{\s*"[^"]{1,200}"\s*:')
_INDENTED_RECORD = re.compile(rb'\[?\s*\{[ \t\r]*\n\s*"[^"]{1,200}"\s*:')
_LINE_THAT_OPENS = re.compile(rb"\[\s*\n")


class JsonLinesFormat(RecordFormat):
    """JSON Lines: each line is a record."""

    endings = (".jsonl", ".ndjson")

    def resembles(self, start: bytes) -> bool:
        is_record = _RECORD.match(start) is not None
        return is_record and (b"\n" not in start.strip() or _are_lines(start))

    def read_as(self, blocks: ByteBlocks, settings: ReadSettings) -> str:
        """JSON where the records are no lines: they are inside a line, or have several lines."""
        start = plain_start(blocks.head)
        if settings.records or _are_no_lines(start):
            return JSON.name
        if b"\n" in start.strip() or not start.startswith(b"{"):
            return self.name
        from dedupe.sources.formats.json.places import PLACE_BYTES, holds_one_object
        from dedupe.sources.formats.json.record import record_decoder

        start = plain_start(blocks.look_recoded(PLACE_BYTES))
        plan = record_decoder(settings).plan
        is_json = _are_no_lines(start) or holds_one_object(start, plan)
        return JSON.name if is_json else self.name

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.json.lines import read_json_lines

        return read_json_lines(file, settings, limits)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.json.lines import reread_records_with

        return reread_records_with(settings)

    def reread_fields_with(self, settings: ReadSettings) -> FieldsReader:
        return _reread_raw

    def find_ranges(self, content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
        return find_lines(content, locators)


class JsonFormat(RecordFormat):
    """JSON: a file is an array of records, several records one after another, or one record."""

    endings = (".json",)

    def resembles(self, start: bytes) -> bool:
        if _ARRAY_OF_RECORDS.match(start):
            return True
        return _RECORD.match(start) is not None and not JSON_LINES.resembles(start)

    def refine(self, head: bytes) -> str:
        """JSON Lines where the content is lines: many dumps of JSON Lines are named ``.json``."""
        return JSON_LINES.name if _are_lines(plain_start(head)) else self.name

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.json.reader import read_json

        return read_json(file, settings, limits)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.json.reader import reread_json_with

        return reread_json_with(settings)

    def reread_fields_with(self, settings: ReadSettings) -> FieldsReader:
        return _reread_raw

    def is_whole_file(self, locator: Locator) -> bool:
        return locator.line == 0

    def find_ranges(self, content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
        from dedupe.sources.formats.json.removal import find_elements

        return find_elements(content, locators)


def _reread_raw(file: SeekableBytes, locator: Locator) -> bytes | None:
    """The bytes of one record."""
    return read_at(file, locator.offset, locator.length)


def _are_lines(start: bytes) -> bool:
    """Whether the first line is a record, and more lines follow.

    The first line may be broken, if the next begins like a record too.
    """
    line, _, following = start.partition(b"\n")
    if not line.startswith(b"{") or not following.strip():
        return False
    if _RECORD.match(line) and _RECORD.match(following):
        return True
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return False
    return True


def _are_no_lines(start: bytes) -> bool:
    """Whether what is called JSON Lines is JSON: an array, indented, or lines with commas."""
    if _ARRAY_OF_RECORDS.match(start) or _INDENTED_RECORD.match(start):
        return True
    if _LINE_THAT_OPENS.match(start):
        return True
    line, _, following = start.partition(b"\n")
    return line.rstrip().endswith(b"},") and (not following or following.startswith(b"{"))


JSON_LINES = JsonLinesFormat("jsonl")
JSON = JsonFormat("json")
