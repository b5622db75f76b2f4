"""Makes documents of records, many at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, Notice, SkippedDocument
from dedupe.model.formats import name_record
from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import FIELD_DOUBTFUL, NO_ID, TOO_LARGE
from dedupe.sources.records.doubt import doubt_usual_text
from dedupe.sources.records.field_names import UNSET
from dedupe.sources.records.fields import FieldPlan, Records, Values
from dedupe.sources.records.hints import FileHints, describe_no_id
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, SkippedRecord

_WITH_PLACES = ("json", "jsonl")
"""The formats of which ``--records`` can name the place of records."""

FieldsOf = Callable[[int], Mapping[str, Any] | None]
"""Gives all fields of a record by its position among the records; ``None`` if that fails."""


class ColumnRecords:
    """Records in columns, as a :class:`dedupe.sources.records.fields.Records`."""

    def __init__(self, columns: Mapping[int, list[Any]], name_count: int, count: int) -> None:
        """Take columns.

        :param columns: by the index of their name in the plan
        :param name_count: the number of names in the plan
        :param count: the number of records
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
        """The values of all records under one of the present names."""
        return self._columns[index]


class DocumentMaker:
    """Makes documents of the records of one source."""

    def __init__(self, file: OpenSource, plan: FieldPlan, limits: ReadLimits) -> None:
        self._file = file
        self._plan = plan
        self._max_bytes = limits.document_bytes
        self._hints = FileHints(file.source.format in _WITH_PLACES)
        self._is_first = plan.is_automatic
        self._named_id = plan.named_id

    def name_record(self, row: int) -> str:
        """The id of a record that has none of its own: ``file:line`` or ``file#row``.

        :param row: its number, from 1; 0 where the record is all of its file
        """
        source = self._file.source
        return name_record(source.id, source.format, row) if row else source.id

    def make(
        self,
        records: Records,
        locators: NDArray[np.int64],
        fields: FieldsOf,
        keys: Sequence[str] | None = None,
    ) -> Iterator[Piece]:
        """The documents of some records, and remarks on records that give none.

        :param locators: ``(n, 4)``, as in :class:`dedupe.model.documents.TextBatch`
        :param fields: called for records without a usable text, to explain that
        :param keys: the ids of records that have none of their own, if they are known
        """
        texts = self._plan.find_texts(records, self._file.text_field_counts)
        if self._is_first and texts:
            self._is_first = False
            yield from self.doubt(texts, fields)
        own_ids = self._plan.find_ids(records)
        if self._named_id:
            yield from self.check_ids(own_ids, fields)
        if keys is not None:
            own_ids = [own or key for own, key in zip(own_ids, keys, strict=True)]
        ids = self._name(own_ids, locators)
        metas = self._plan.find_metas(records)
        chunk = Chunk(ids, encode_texts(texts), locators, metas=metas)
        if max(map(len, chunk.texts), default=0) > self._max_bytes or not all_strings(texts):
            usable = [
                type(text) is str and len(data) <= self._max_bytes
                for text, data in zip(texts, chunk.texts, strict=True)
            ]
            yield from self._skip_all(texts, usable, own_ids, locators, fields)
            chunk = chunk.select(np.flatnonzero(usable).tolist())
        yield chunk

    def doubt(self, texts: Sequence[Any], fields: FieldsOf) -> Iterator[Notice]:
        """A notice where the first texts of the file are hardly its texts."""
        if detail := doubt_usual_text(texts, fields):
            yield Notice(self._file.source.id, FIELD_DOUBTFUL, detail)

    def check_ids(self, own_ids: Sequence[str], fields: FieldsOf) -> Iterator[Notice]:
        """A notice where the field that the user named for ids has none in the first records."""
        name = self._named_id
        if own_ids:
            self._named_id = ""  # it is told once
        if name and own_ids and not any(own_ids):
            yield Notice(self._file.source.id, NO_ID, describe_no_id(name, fields(0)))

    def _name(self, ids: list[str], locators: NDArray[np.int64]) -> list[str]:
        """The id of each record: its own, or its file and line."""
        if all(ids):
            return ids
        names = map(self.name_record, locators[:, 3].tolist())
        return [own or name for own, name in zip(ids, names, strict=True)]

    def _skip_all(
        self,
        texts: list[Any],
        usable: list[bool],
        own_ids: list[str],
        locators: NDArray[np.int64],
        fields: FieldsOf,
    ) -> Iterator[SkippedDocument | SkippedRecord]:
        """Remarks on the records that are not usable."""
        left_out = [i for i, is_usable in enumerate(usable) if not is_usable]
        self._hints.learn(fields(i) for i in left_out if type(texts[i]) is not str)
        for i in left_out:
            if type(texts[i]) is str:
                most = f"{self._max_bytes} bytes (--max-document-bytes)"
                reason, detail = TOO_LARGE, f"its text is longer than {most}"
            else:
                found = fields(i)
                reason, detail = self._plan.explain(texts[i], found, self._hints.find(found))
            yield self._skip(own_ids[i], Locator(*locators[i].tolist()), reason, detail)

    def _skip(
        self, own_id: str, locator: Locator, reason: str, detail: str
    ) -> SkippedDocument | SkippedRecord:
        id = own_id or self.name_record(locator.line)
        document = SkippedDocument(id, reason, sys.intern(detail))
        return SkippedRecord(document, locator) if own_id else document


def all_strings(values: list[Any]) -> bool:
    """Whether each value is a ``str``, and not of a subclass."""
    return set(map(type, values)) <= {str}


def encode_texts(texts: list[Any]) -> list[bytes]:
    """Each text in UTF-8; empty bytes for a value that is no string."""
    try:
        return list(map(str.encode, texts))
    except (UnicodeEncodeError, TypeError):
        return [encode_text(text) if type(text) is str else b"" for text in texts]
