"""Records as JSON to documents: what the readers of JSON Lines and of JSON have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.settings import ReadSettings
from dedupe.sources.formats.json.depth import has_too_many_values, may_be_too_deep
from dedupe.sources.formats.json.layout import LayoutDecoder
from dedupe.sources.formats.json.record import (
    CarefulDecoder,
    NotARecord,
    parse_fields,
    record_decoder,
)
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.chunks import RecordTaker
from dedupe.sources.records.pieces import OpenSource, Piece

_Places = NDArray[np.int64]


class RawRecords:
    """Reads the records of one source, many at a time, since a scan's reading goes by here.

    :ivar has_records: whether there was a record so far, with a text or without
    """

    def __init__(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> None:
        self.has_records = False
        self._path_id = file.source.id
        self._max_depth, self._max_values = limits.depth, limits.values
        self._decoder = record_decoder(settings)
        self._layout = LayoutDecoder(self._decoder.plan.names, limits.depth, limits.values)
        self._careful = CarefulDecoder(self._decoder, limits.depth, limits.values)
        self._taker = RecordTaker(file, self._decoder.plan, limits)

    def place(self, row: int) -> str:
        """Where a record stands."""
        return self._taker.place(row)

    def read(
        self, data: bytes, begins: _Places, ends: _Places, locators: _Places
    ) -> Iterator[Piece]:
        """The documents of some records, and what there is to say of those that give none.

        :param data: holds the records, one after another, each with a line feed after it
        :param begins: where in it each begins
        :param ends: and ends
        :param locators: of each (see :class:`dedupe.model.documents.TextBatch`)
        """
        rows = self._layout.decode(data, begins, ends)
        present = self._layout.present
        if rows is None:
            raws = [data[b:e] for b, e in zip(begins.tolist(), ends.tolist(), strict=True)]
            rows, problems = self._decode_each(raws, locators[:, 3].tolist())
            yield from problems
            kept = [i for i, row in enumerate(rows) if row is not None]
            rows = [rows[i] for i in kept]
            begins, ends, locators = begins[kept], ends[kept], locators[kept]
            present = self._decoder.find_present(rows)
        self.has_records |= bool(rows)
        records = self._decoder.gather(rows, present)
        yield from self._taker.take(
            records, locators, lambda i: _all_fields(data[begins[i] : ends[i]])
        )

    def notices(self) -> Iterator[Notice]:
        """What had to be replaced in records, in all."""
        return self._careful.notices(self._path_id)

    def _decode_each(
        self, raws: list[bytes], numbers: list[int]
    ) -> tuple[list[Any], list[SkippedDocument]]:
        """Each record, or nothing where there is none; and why, where it is not blank."""
        problems: list[SkippedDocument] = []
        if not any(map(self._is_suspect, raws)):
            with suppress(ValueError, RecursionError):
                return list(map(self._decoder.decode, raws)), problems
        rows: list[Any] = []
        for raw, number in zip(raws, numbers, strict=True):
            try:
                rows.append(self._careful.decode(raw))
            except NotARecord as problem:
                rows.append(None)
                if raw and not raw.isspace():
                    place = self._taker.place(number)
                    problems.append(SkippedDocument(place, problem.reason, problem.detail))
        return rows, problems

    def _is_suspect(self, raw: bytes) -> bool:
        return may_be_too_deep(raw, self._max_depth) or has_too_many_values(raw, self._max_values)


def _all_fields(raw: bytes) -> dict[str, Any] | None:
    try:
        return parse_fields(raw)[0]
    except NotARecord:
        return None
