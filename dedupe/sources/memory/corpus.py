"""Documents in memory as the items of a corpus, and their texts read again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any, Final

import msgspec
import numpy as np
import xxhash

from dedupe.model.documents import Item, Notice, SkippedDocument, TextBatch
from dedupe.model.errors import ConfigError, InputError
from dedupe.model.report import Report
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.files.source import Source
from dedupe.sources.limits import ReadLimits
from dedupe.sources.memory.data import Data, Part
from dedupe.sources.memory.missing import clean_ids, clean_names, clean_values
from dedupe.sources.memory.python_data import ID, TEXT
from dedupe.sources.records.batches import IN_MEMORY, BatchPacker
from dedupe.sources.records.chunks import ColumnRecords, DocumentMaker
from dedupe.sources.records.field_names import find_name
from dedupe.sources.records.fields import FieldPlan
from dedupe.sources.records.pieces import Chunk, OpenSource, Pages, Piece, SkippedRecord, Undecided
from dedupe.sources.source_texts import CHANGED
from dedupe.sources.unpack.byte_blocks import ContentBlocks

_NO_ID: Final = "\0"
"""Begins the id that a row gets from the reader of tables, where it has none of its own."""

_ROW: Final = re.compile(f"{_NO_ID}#([0-9]+)")


class MemoryCorpus:
    """The documents of rows in memory; iterating over it gives their items.

    :ivar data: the rows
    :ivar text_fields: the number of records by text field, where the user named none
    """

    def __init__(
        self, data: Data, settings: ReadSettings, prefix: str = "", asks_id: bool = False
    ) -> None:
        """Prepare to read; nothing is read yet.

        :param settings: they name the columns of texts and ids
        :param prefix: begins the ids of rows that have none of their own
        :param asks_id: whether the user named the column of ids, so that it must be there
        :raises ConfigError: if texts are pages
        :raises InputError: if a column is missing
        """
        if settings.text_format == "html":
            raise ConfigError("text_format is html, but texts in memory are read as they are")
        if not data.is_named:
            settings = msgspec.structs.replace(
                settings, text_field=(TEXT,), id_field=ID, meta_field=()
            )
        self.data = data
        self.text_fields: Counter[str] = Counter()
        self._plan = FieldPlan(settings)
        self._settings = settings
        self._limits = ReadLimits.of_settings(settings)
        self._check_columns(asks_id)
        self._names = [name for _, name in self._plan.match(data.names)]
        has_ids = data.has_ids or find_name(settings.id_field, data.names) is not None
        self._prefix = f"{prefix}#" if has_ids else prefix
        self._source = Source(_NO_ID, "", "parquet")

    def _check_columns(self, asks_id: bool) -> None:
        names, settings = self.data.names, self._settings
        asked = [("text", name) for name in settings.text_field]
        asked += [("id", settings.id_field)] if asks_id else []
        listed = ", ".join(map(repr, names)) or "none"
        for keyword, name in asked:
            if find_name(name, names) is None and find_name(name.partition(".")[0], names) is None:
                raise InputError(f"there is no column {name!r} ({keyword}=…); there are: {listed}")
        if names and not self._plan.could_find_text(dict.fromkeys(names, "")):
            raise InputError(
                f"no column is called 'text', or has another usual name of texts: name it with "
                f"text=…; there are: {listed}"
            )

    def __iter__(self) -> Iterator[Item]:
        packer = BatchPacker(self._limits)
        for piece in self._pieces():
            if isinstance(piece, Chunk):
                piece.locators[:, 2] = [*map(len, piece.texts)]
                yield from packer.add(piece)
            elif isinstance(piece, TextBatch):
                piece.locators[:, 2] = np.diff(piece.offsets)
                yield piece
            elif isinstance(piece, SkippedRecord):
                yield piece.document
            else:
                assert not isinstance(piece, (Pages, Undecided))
                yield piece
        yield from packer.finish()

    def _pieces(self) -> Iterator[Piece]:
        """The pieces of all parts, whose locators have the number of the row, from 1, as line."""
        maker = DocumentMaker(self._open(), self._plan, self._limits)
        begin = 0
        for part in self.data.parts(self._names):
            if isinstance(part, dict):
                count = _count_rows(part)
                yield from self._read_columns(part, begin, count, maker)
            else:
                count = part.num_rows
                yield from self._read_batch(part, begin)
            begin += count

    def _open(self) -> OpenSource:
        blocks = ContentBlocks(self._source, BytesIO(), self._limits)
        return OpenSource(self._source, IN_MEMORY, blocks, self.text_fields)

    def _read_columns(
        self, part: Mapping[str, list[Any]], begin: int, count: int, maker: DocumentMaker
    ) -> Iterator[Piece]:
        locators = np.zeros((count, 4), np.int64)
        locators[:, 0] = IN_MEMORY
        locators[:, 3] = np.arange(begin + 1, begin + count + 1)
        keys = [f"{self._prefix}{row}" for row in range(begin, begin + count)]
        columns = {name: clean_values(column) for name, column in part.items()}
        pieces = maker.make(
            self._as_records(part, count),
            locators,
            lambda row: {name: column[row] for name, column in columns.items()},
            keys,
        )
        yield from map(_name_notice, pieces)

    def _as_records(self, part: Mapping[str, list[Any]], count: int) -> ColumnRecords:
        plan = self._plan
        found = {}
        for index, name in plan.match(part.keys()):
            clean = clean_values if index in plan.text_indices else clean_names
            found[index] = (clean_ids if index == plan.id_index else clean)(part[name])
        return ColumnRecords(found, len(plan.names), count)

    def _read_batch(self, batch: Any, begin: int) -> Iterator[Piece]:
        from dedupe.sources.formats.tables.reader import read_record_batch

        for piece in read_record_batch(batch, self._open(), self._settings, self._limits):
            if isinstance(piece, Notice):
                if not begin:  # the same is told of each part
                    yield _name_notice(piece)
            elif isinstance(piece, (Chunk, TextBatch)):
                piece.locators[:, 3] += begin
                ids = [self._name_row(id, begin) for id in piece.ids]
                yield msgspec.structs.replace(piece, ids=ids)
            elif isinstance(piece, SkippedRecord):
                yield piece
            else:
                assert isinstance(piece, SkippedDocument)
                if piece.id == _NO_ID:
                    raise InputError(piece.detail)
                yield msgspec.structs.replace(piece, id=self._name_row(piece.id, begin))

    def _name_row(self, id: str, begin: int) -> str:
        found = _ROW.fullmatch(id) if id.startswith(_NO_ID) else None
        return f"{self._prefix}{begin + int(found[1]) - 1}" if found else id

    def read_again(self, rows: Iterable[int]) -> Iterator[tuple[int, str]]:
        """The texts of some rows, each with the number of its row; other rows are left out."""
        for row, part in self.data.rows(sorted({*rows}), self._names):
            for text in self._plan.find_texts(self._gather(part)):
                if type(text) is str:
                    yield row, encode_text(text).decode()

    def _gather(self, part: Part) -> ColumnRecords:
        if isinstance(part, dict):
            return self._as_records(part, _count_rows(part))
        from dedupe.sources.formats.tables.columns import Columns

        return Columns(self._plan, part.schema).gather(part)


def _count_rows(part: Mapping[str, list[Any]]) -> int:
    return len(next(iter(part.values()), ()))


def _name_notice(piece: Piece) -> Piece:
    """A notice on all rows under a name for people; any other piece as it is."""
    if isinstance(piece, Notice) and piece.id == _NO_ID:
        return msgspec.structs.replace(piece, id="the data")
    return piece


def take_rows(report: Report) -> tuple[Report, dict[str, int]]:
    """A report without rows in its locators, and the row of each document, from 0.

    Rows depend on the order of the data, and nothing in a report does.
    """
    located = report.run.locators
    rows = {id: locator.line - 1 for id, locator in located.items()}
    plain = {id: msgspec.structs.replace(each, line=0) for id, each in located.items()}
    run = msgspec.structs.replace(report.run, locators=plain)
    return msgspec.structs.replace(report, run=run), rows


class MemoryTexts:
    """A :class:`dedupe.model.documents.TextProvider` over the data that a scan was given."""

    def __init__(
        self,
        report: Report,
        rows: Mapping[str, int],
        documents: MemoryCorpus,
        references: MemoryCorpus | None,
        hashes: Mapping[str, str],
    ) -> None:
        """Take a report, and the row of each of its documents.

        :param rows: see :func:`take_rows`
        :param hashes: the content hash of each document that the report describes
        """
        self.documents = documents
        self.rows = rows
        self._references = references
        # A passage of furniture may stand in a document that the report does not describe.
        self._reference_ids = {each.id for each in report.documents() if each.is_reference}
        self._hashes = hashes
        self._problems: dict[str, str] = {}

    def iter_texts(self, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Ids with their texts one by one, in the order of their rows."""
        wanted = [id for id in dict.fromkeys(ids) if self._is_known(id)]
        for corpus in (self._references, self.documents):
            is_reference = corpus is self._references
            chosen = (id for id in wanted if (id in self._reference_ids) == is_reference)
            by_row = {self.rows[id]: id for id in chosen}
            for row, text in corpus.read_again(by_row) if corpus is not None else ():
                if self._is_unchanged(by_row[row], text):
                    yield by_row[row], text

    def _is_known(self, id: str) -> bool:
        self._problems.pop(id, None)
        is_known = id in self.rows
        if not is_known:
            self._problems[id] = "the report does not list it"
        return is_known

    def _is_unchanged(self, id: str, text: str) -> bool:
        known = self._hashes.get(id)
        if known is None:  # of references it would not be known which data its row is of
            return self._references is None
        is_same = xxhash.xxh3_128_hexdigest(text.encode()) == known
        if not is_same:
            self._problems[id] = CHANGED
        return is_same

    def read_texts(self, ids: Iterable[str]) -> dict[str, str]:
        """Texts by id, as far as they are still in the data."""
        wanted = [*dict.fromkeys(ids)]
        found = dict(self.iter_texts(wanted))
        for id in wanted:
            if id not in found:
                self._problems.setdefault(id, "it is no longer in the data")
        return {id: found[id] for id in wanted if id in found}

    def problem(self, id: str) -> str:
        """Why a text was left out; empty where it was not."""
        return self._problems.get(id, "")

    def corpora(self) -> Iterator[MemoryCorpus]:
        """The documents, then the reference documents, if there are any."""
        yield self.documents
        if self._references is not None:
            yield self._references
