"""Makes documents of JSON records, for the readers of JSON Lines and of JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from dedupe.sources.records.chunks import DocumentMaker
from dedupe.sources.records.pieces import OpenSource, Piece

_Positions = NDArray[np.int64]

_BLANK = b" \t\r\n\v\f\x1a"
"""White space, and the SUB that ends files of DOS."""


class RawRecords:
    """Reads the records of one source; many at a time, because speed matters here.

    :ivar has_records: whether there was a record so far, with a text or without
    """

    def __init__(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> None:
        self.has_records = False
        self._path_id = file.source.id
        self._max_depth, self._max_values = limits.depth, limits.values
        self._decoder = record_decoder(settings)
        self._layout = LayoutDecoder(self._decoder.plan.names, limits.depth, limits.values)
        self._careful = CarefulDecoder(self._decoder, limits.depth, limits.values)
        self._maker = DocumentMaker(file, self._decoder.plan, limits)

    def name_record(self, row: int) -> str:
        """The name of a record for people: ``file:line`` or ``file#row``."""
        return self._maker.name_record(row)

    def read(
        self,
        data: bytes,
        begins: _Positions,
        ends: _Positions,
        locators: NDArray[np.int64],
        keys: Sequence[str] | None = None,
    ) -> Iterator[Piece]:
        """The documents of some records, and remarks on records that give none.

        :param data: the records, one after another, each with a line feed after it
        :param begins: where each record begins in ``data``
        :param ends: where each record ends, not counting its line feed
        :param locators: ``(n, 4)``, as in :class:`dedupe.model.documents.TextBatch`
        :param keys: the names of the records in the object that holds them, if one does
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
            keys = None if keys is None else [keys[i] for i in kept]
            present = self._decoder.find_present(rows)
        self.has_records |= bool(rows)
        records = self._decoder.gather(rows, present)
        yield from self._maker.make(
            records, locators, lambda i: _all_fields(data[begins[i] : ends[i]]), keys
        )

    def notices(self) -> Iterator[Notice]:
        """Notices of how much had to be replaced in all records."""
        return self._careful.notices(self._path_id)

    def _decode_each(
        self, raws: list[bytes], numbers: list[int]
    ) -> tuple[list[Any], list[SkippedDocument]]:
        """Each record, or ``None`` where it cannot be decoded, and why (but for blank lines)."""
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
                if raw.strip(_BLANK):
                    name = self._maker.name_record(number)
                    problems.append(SkippedDocument(name, problem.reason, problem.detail))
        return rows, problems

    def _is_suspect(self, raw: bytes) -> bool:
        return may_be_too_deep(raw, self._max_depth) or has_too_many_values(raw, self._max_values)


def _all_fields(raw: bytes) -> dict[str, Any] | None:
    try:
        return parse_fields(raw)[0]
    except NotARecord:
        return None
