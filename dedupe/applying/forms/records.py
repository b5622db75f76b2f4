"""The documents of a corpus that stay, one by one, each with all its fields.

The corpus is read again as the scan read it. A record is then read whole at its locator. A document
that is no record of fields becomes one: its id, its text as it was compared, and its metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import msgspec

from dedupe.applying.check import CurrentDocuments
from dedupe.applying.drops import Drop
from dedupe.applying.streams import view_stream
from dedupe.model.documents import Locator, SourceInfo, TextBatch
from dedupe.model.errors import ApplyError
from dedupe.model.formats import FORMATS
from dedupe.model.metadata import read_meta
from dedupe.model.report import Report
from dedupe.model.settings import ScanSettings
from dedupe.model.urls import file_name_of, is_url
from dedupe.sources import Source, find_sources, read_sources
from dedupe.sources.encoding.recoding import recoded_file
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.spool import Spool
from dedupe.sources.formats.recognition import recognise_source
from dedupe.sources.formats.registry import format_named
from dedupe.sources.records.pieces import FieldsReader
from dedupe.sources.unpack.compression import uncompressed

_DIGITS = re.compile(r"(\d+)")

Fields = bytes | dict[str, Any]
"""The fields of a record: the bytes of a JSON object, or values by name."""


class Record(NamedTuple):
    """A document that stays.

    :param name: the document for people
    """

    name: str
    fields: Fields


class KeptRecords:
    """The documents that stay, in the natural order of their files; may be read several times.

    :param drops: the documents that do not stay
    """

    def __init__(self, report: Report, documents: CurrentDocuments, drops: Sequence[Drop]) -> None:
        self._documents = documents
        self._sources = list_sources(report, documents)
        self._settings = report.config
        if all(holds_fields(source, report.config) for source in self._sources):
            # Texts are not used, so no article needs to be extracted from pages.
            self._settings = msgspec.structs.replace(report.config, html="raw")
        located = [documents.locate(drop.id) for drop in drops]
        self._dropped = {_place_of(*each) for each in located if each is not None}

    def __iter__(self) -> Iterator[Record]:
        chosen = self._settings.input_format
        sources = [open_anew(source, self._documents, chosen) for source in self._sources]
        corpus = read_sources(sources, self._settings)
        with ExitStack() as stack:
            opened: dict[int, _OpenRecords] = {}
            for batch in corpus:
                if not isinstance(batch, TextBatch):
                    continue
                for row, locator in enumerate(Locator(*each) for each in batch.locators.tolist()):
                    source = corpus.sources[locator.source]
                    info = SourceInfo(source.name, source.format, source.member)
                    if _place_of(info, locator) in self._dropped:
                        continue
                    if locator.source not in opened:
                        stack.close()
                        file = _OpenRecords(source, self._documents, self._settings, stack)
                        opened = {locator.source: file}
                    fields = opened[locator.source].read(locator)
                    yield Record(batch.ids[row], _text_of(batch, row) if fields is None else fields)


def list_sources(report: Report, documents: CurrentDocuments) -> list[Source]:
    """The files and streams of a report that hold documents of the corpus, in natural order.

    :raises ApplyError: if one is gone
    """
    infos = report.run.sources
    wanted = {documents.source(index).path for index in range(len(infos))}
    wanted = {path for path in wanted if not documents.scanned_paths.is_reference(path)}
    found = find_sources(documents.scanned_paths.named, report.config).sources
    if gone := wanted - {source.path for source in found}:
        raise ApplyError(f"{min(gone)}: is gone; scan again")
    for source in found:
        if source.spool is not None and source.path not in documents.scanned_paths.streams:
            raise ApplyError(f"{source.name}: is a stream, which cannot be read again; scan a file")
    formats = {info.path: info.format for info in infos if not info.member}
    encodings = {info.path: info.encoding for info in infos if not info.member}
    sources = [
        msgspec.structs.replace(
            each, format=formats.get(each.name, each.format), encoding=encodings.get(each.name, "")
        )
        for each in found
        if each.path in wanted
    ]
    return sorted(sources, key=lambda source: _natural_order(source.id))


def _natural_order(name: str) -> list[tuple[int, str]]:
    """A key by which ``part2`` comes before ``part10``."""
    parts = _DIGITS.split(name)
    return [(int(part), part) if part.isdecimal() else (-1, part) for part in parts]


def holds_fields(source: Source, settings: ScanSettings) -> bool:
    """Whether the documents of a source are records whose fields can be read."""
    if source.member or source.format not in FORMATS:
        return False
    return format_named(source.format).reread_fields_with(settings) is not None


class _OpenRecords:
    """Reads whole records of one source, which stays open until the stack is closed."""

    def __init__(
        self,
        source: Source,
        documents: CurrentDocuments,
        settings: ScanSettings,
        stack: ExitStack,
    ) -> None:
        chosen = format_named(source.format)
        self._reread: FieldsReader | None = None
        self._file: SeekableBytes | None = None
        if not holds_fields(source, settings):
            return
        self._reread = chosen.reread_fields_with(settings)
        file = stack.enter_context(documents.scanned_paths.open(source.path))
        content = uncompressed(file)
        if source.encoding and chosen.takes_utf8:
            is_chosen = source.encoding == settings.encoding
            content = recoded_file(content, source.encoding, is_chosen)
        self._file = content

    def read(self, locator: Locator) -> Fields | None:
        """The fields of a record; ``None`` where documents have none.

        :raises ApplyError: if the record is not where it was
        """
        if self._reread is None or self._file is None:
            return None
        fields = self._reread(self._file, locator)
        if fields is None:
            raise ApplyError("a record is not where it was a moment ago; run it again")
        return fields


def open_anew(source: Source, documents: CurrentDocuments, input_format: str) -> Source:
    """A source to be read once more from its beginning, as a scan reads it."""
    format = recognise_source(file_name_of(source.path), input_format)
    source = msgspec.structs.replace(source, format=format, encoding="")
    kept = documents.scanned_paths.streams.get(source.path)
    if kept is not None:
        stream = view_stream(kept)
        return msgspec.structs.replace(source, spool=Spool(False), stream=stream)
    return source if is_url(source.path) else msgspec.structs.replace(source, files=documents.files)


def _text_of(batch: TextBatch, row: int) -> dict[str, str]:
    """A document that is no record: its id, its text and its metadata."""
    begin, end = batch.offsets[row], batch.offsets[row + 1]
    meta = read_meta(batch.metas[row]) if len(batch.metas) else {}
    text = batch.data[begin:end].tobytes().decode()
    return {**meta, "id": batch.ids[row], "text": text}


def _place_of(info: SourceInfo, locator: Locator) -> tuple[str, str, int, int]:
    return info.path, info.member, locator.offset, locator.line
