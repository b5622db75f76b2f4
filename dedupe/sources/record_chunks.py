"""Records to documents, for the formats that take one record at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from dedupe.model import Locator, SkippedDocument, pack_locators
from dedupe.sources.fields import FieldPlan, Values
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pieces import Chunk, OpenSource, SkippedRecord
from dedupe.sources.reasons import TOO_LARGE
from dedupe.sources.text_encoding import encode_text

AllFields = Callable[[], Mapping[str, Any] | None]


class RecordTaker:
    """Gathers the documents of one source.

    :ivar row: of the record that was taken last, from 1; 0 before the first
    """

    def __init__(self, file: OpenSource, plan: FieldPlan, limits: ReadLimits) -> None:
        self.row = 0
        self._file = file
        self._plan = plan
        self._limits = limits
        self._begin()

    @property
    def is_full(self) -> bool:
        """Whether what was gathered should be handed on."""
        limits = self._limits
        return len(self._ids) >= limits.batch_documents or self._text_bytes >= limits.batch_bytes

    def place(self) -> str:
        """Where the record stands that was taken last."""
        return f"{self._file.source.id}#{self.row}" if self.row else self._file.source.id

    def take(
        self, values: Values, locator: Locator, fields: AllFields
    ) -> SkippedDocument | SkippedRecord | None:
        """Take one record; gives why it cannot be used, if so.

        :param locator: its ``line`` is the row
        :param fields: gives all fields, to tell of them
        """
        self.row = locator.line
        own_id = self._plan.find_id(values)
        text = self._plan.find_text(values, self._file.text_names)
        if type(text) is not str:
            reason, detail = self._plan.explain(text, fields)
            return self._skip(own_id, locator, reason, detail)
        data = encode_text(text)
        if len(data) > (max_bytes := self._limits.document_bytes):
            detail = f"its text is longer than {max_bytes} bytes (--max-document-bytes)"
            return self._skip(own_id, locator, TOO_LARGE, detail)
        self._ids.append(own_id or self.place())
        self._texts.append(data)
        self._locators.append(locator)
        self._metas.append(self._plan.find_meta(values))
        self._text_bytes += len(data)
        return None

    def flush(self) -> Chunk:
        """What was gathered since the last time."""
        chunk = Chunk(self._ids, self._texts, pack_locators(self._locators), metas=self._metas)
        self._begin()
        return chunk

    def _begin(self) -> None:
        self._ids: list[str] = []
        self._texts: list[bytes] = []
        self._locators: list[Locator] = []
        self._metas: list[bytes] = []
        self._text_bytes = 0

    def _skip(
        self, own_id: str, locator: Locator, reason: str, detail: str
    ) -> SkippedDocument | SkippedRecord:
        document = SkippedDocument(own_id or self.place(), reason, sys.intern(detail))
        return SkippedRecord(document, locator) if own_id else document
