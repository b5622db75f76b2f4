"""Records to documents, many at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, SkippedDocument
from dedupe.model.formats import name_record
from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import TOO_LARGE
from dedupe.sources.records.fields import UNSET, FieldPlan, Records, Values
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, SkippedRecord

FieldsOf = Callable[[int], Mapping[str, Any] | None]
"""Gives all fields of a record, by its number among those that were taken with it."""


class ColumnRecords:
    """Records as columns: a :class:`dedupe.sources.records.fields.Records`."""

    def __init__(self, columns: Mapping[int, list[Any]], name_count: int, count: int) -> None:
        """Take columns of ``count`` values each.

        :param columns: by the index of the name in the plan, which has ``name_count`` of them
        """
        self.present = frozenset(columns)
        self._columns = columns
        self._name_count = name_count
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Values]:
        absent = [UNSET] * self._count
        indices = range(self._name_count)
        return zip(*(self._columns.get(index, absent) for index in indices), strict=True)

    def column(self, index: int) -> list[Any]:
        """The values of all under one of the names that are present."""
        return self._columns[index]


class RecordTaker:
    """Makes documents of the records of one source."""

    def __init__(self, file: OpenSource, plan: FieldPlan, limits: ReadLimits) -> None:
        self._file = file
        self._plan = plan
        self._max_bytes = limits.document_bytes

    def place(self, row: int) -> str:
        """The id of a record that has none of its own; 0 is the row of one that is all there is."""
        source = self._file.source
        return name_record(source.id, source.format, row) if row else source.id

    def take(
        self, records: Records, locators: NDArray[np.int64], fields: FieldsOf
    ) -> Iterator[Piece]:
        """Their documents, and what there is to say of those that give none.

        :param locators: of each record (see :class:`dedupe.model.documents.TextBatch`), with its
            row
        """
        texts = self._plan.find_texts(records, self._file.text_names)
        ids = self._name(records, locators)
        metas = self._plan.find_metas(records)
        chunk = Chunk(ids, encode_texts(texts), locators, metas=metas)
        if max(map(len, chunk.texts), default=0) > self._max_bytes or not all_strings(texts):
            usable = [
                type(text) is str and len(data) <= self._max_bytes
                for text, data in zip(texts, chunk.texts, strict=True)
            ]
            own_ids = self._plan.find_ids(records)
            for i in np.flatnonzero(~np.array(usable, bool)).tolist():
                locator = Locator(*locators[i].tolist())
                yield self._skip(own_ids[i], locator, *self._explain(texts[i], partial(fields, i)))
            chunk = chunk.select(np.flatnonzero(usable).tolist())
        yield chunk

    def _name(self, records: Records, locators: NDArray[np.int64]) -> list[str]:
        """Their ids: their own, or their places."""
        ids = self._plan.find_ids(records)
        if all(ids):
            return ids
        places = map(self.place, locators[:, 3].tolist())
        return [own or place for own, place in zip(ids, places, strict=True)]

    def _explain(
        self, text: Any, fields: Callable[[], Mapping[str, Any] | None]
    ) -> tuple[str, str]:
        if type(text) is str:
            return (
                TOO_LARGE,
                f"its text is longer than {self._max_bytes} bytes (--max-document-bytes)",
            )
        return self._plan.explain(text, fields)

    def _skip(
        self, own_id: str, locator: Locator, reason: str, detail: str
    ) -> SkippedDocument | SkippedRecord:
        id = own_id or self.place(locator.line)
        document = SkippedDocument(id, reason, sys.intern(detail))
        return SkippedRecord(document, locator) if own_id else document


def all_strings(values: list[Any]) -> bool:
    """Whether each is a string, and not of a subclass."""
    return set(map(type, values)) <= {str}


def encode_texts(texts: list[Any]) -> list[bytes]:
    """Each in UTF-8; empty in the place of what is no string."""
    try:
        return list(map(str.encode, texts))
    except (UnicodeEncodeError, TypeError):
        return [encode_text(text) if type(text) is str else b"" for text in texts]
