"""Reads JSON: a file is an array of records, several records one after another, or one record.

Or its records are in a list or object inside it (:mod:`dedupe.sources.formats.json.places`).

Each record is cut out and decoded by itself, like a line of JSON Lines. So a file may be of any
size, and a file that breaks off, or is wrong somewhere, gives the records before that.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dedupe.model.documents import Locator, Notice, SkippedDocument
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.json.cuts import Cut, JsonCutter
from dedupe.sources.formats.json.lines import reread_records_with
from dedupe.sources.formats.json.places import (
    PLACE_BYTES,
    Place,
    explain_list_on_the_way,
    find_place,
)
from dedupe.sources.formats.json.raw_records import RawRecords
from dedupe.sources.formats.json.record import record_decoder
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import NO_RECORDS, NOT_A_RECORD, NOT_JSON, ODD_LAYOUT, TOO_LARGE
from dedupe.sources.records.hints import quote_for_shell
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader
from dedupe.sources.unpack.byte_blocks import ByteBlocks

_GROUP_RECORDS = 1000
_MAX_OTHERS = 1000
"""After this many values without a record a file is other data, such as coordinates."""

_MAX_NAMED = 20
_READ_BYTES = 1 << 18
_OUTSIDE = b" \t\r\n,[]"
"""The bytes that may surround a record that is all of its file."""

Group = list[tuple[int, int, bytes, str]]
"""Row, offset, bytes and key of records that are read together."""


def read_json(file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The documents of a file, and remarks on values that could not be used."""
    place, is_guess = Place(settings.records), False
    if not settings.records:
        sample = file.blocks.look_recoded(PLACE_BYTES)
        decoder = record_decoder(settings)
        is_inside = any("." in each for each in settings.text_field)
        is_record = not is_inside and decoder.is_record_with_text(sample)
        place = Place() if is_record else find_place(sample, decoder.plan)
        if is_inside and not place.path:
            problem = explain_list_on_the_way(sample, settings.text_field)
            place = Place(problem=place.problem or problem)
        is_guess = len(sample) == PLACE_BYTES
    if place.problem:
        yield SkippedDocument(file.source.id, NO_RECORDS, place.problem)
        return
    reader = _JsonReader(file, settings, limits, place.path)
    yield from reader.read()
    if is_guess and (behind := reader.name_passed()):
        detail = f"read are the records in {quote_for_shell(place.path)}; not those in {behind}, "
        yield Notice(file.source.id, ODD_LAYOUT, detail + "which follow (--records)")


class _JsonReader:
    """Reads the records at one place of a file.

    :ivar _row: the number of the current record, from 1
    """

    def __init__(
        self, file: OpenSource, settings: ReadSettings, limits: ReadLimits, path: str
    ) -> None:
        self._file = file
        self._limits = limits
        self._path = path
        self._cutter = JsonCutter(file.blocks, limits.line_bytes, path)
        self._records = RawRecords(file, settings, limits)
        self._row = 0
        self._group: Group = []
        self._group_bytes = 0

    def read(self) -> Iterator[Piece]:
        records, id = self._records, self._file.source.id
        for row, cut in _number(self._cutter, self._file.blocks):
            self._row = row
            yield from self._take(cut)
            if self._row == _MAX_OTHERS and not records.has_records:
                detail = f"its first {self._row} values are no records; the rest was not looked at"
                yield SkippedDocument(id, NOT_A_RECORD, detail)
                return
        yield from self._read_group()
        yield from self._conclude()
        yield from records.notices()

    def name_passed(self) -> str:
        """The lists beside the place of the records, for people; empty where there are none."""
        names = dict.fromkeys(self._cutter.passed)
        return ", ".join(map(quote_for_shell, list(names)[:_MAX_NAMED]))

    def _take(self, cut: Cut) -> Iterator[Piece]:
        """Add a value to the group, and read the group once it is large enough."""
        if cut.raw is None:
            most = self._limits.line_bytes
            detail = f"the record is longer than {most} bytes (--max-line-bytes)"
            yield SkippedDocument(self._records.name_record(self._row), TOO_LARGE, detail)
        else:
            self._group.append((self._row, cut.offset, cut.raw, self._cutter.key))
            self._group_bytes += len(cut.raw)
        is_full = len(self._group) == _GROUP_RECORDS
        is_full |= self._group_bytes >= self._limits.block_bytes
        if is_full or self._row == _MAX_OTHERS:
            yield from self._read_group()

    def _read_group(self) -> Iterator[Piece]:
        if not self._group:
            return
        rows, offsets, raws, keys = zip(*self._group, strict=True)
        self._group, self._group_bytes = [], 0
        lengths = np.fromiter(map(len, raws), np.int64, len(raws))
        locators = np.empty((len(raws), 4), np.int64)
        locators[:, 0] = self._file.index
        locators[:, 1], locators[:, 2], locators[:, 3] = offsets, lengths, rows
        ends = np.cumsum(lengths + 1) - 1
        data = b"\n".join([*raws, b""])
        names = keys if any(keys) else None
        yield from self._records.read(data, ends - lengths, ends, locators, names)

    def _conclude(self) -> Iterator[Piece]:
        """What there is to say at the end of the file."""
        cutter, fault, id = self._cutter, self._file.blocks.fault, self._file.source.id
        place = quote_for_shell(self._path)
        if cutter.problem or fault:
            reason, detail = (fault.reason, fault.detail) if fault else (NOT_JSON, cutter.problem)
            after = f", after record {self._row}" if self._row else ""
            yield SkippedDocument(id, reason, detail + after)
        elif not cutter.has_place:
            lists = self.name_passed()
            others = f"; the lists that it passes are {lists}" if lists else ""
            detail = f"it has no list or object at {place} (--records){others}"
            yield SkippedDocument(id, NO_RECORDS, detail)
        elif self._path and not self._row:
            yield SkippedDocument(id, NO_RECORDS, f"there are no records in {place} (--records)")


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
