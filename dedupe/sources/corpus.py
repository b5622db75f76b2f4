"""A corpus: the documents below some paths as batches of texts, and remarks on all else there."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import BinaryIO

from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo, TextBatch
from dedupe.model.settings import ReadSettings
from dedupe.model.urls import is_url
from dedupe.sources.discovery.finder import FoundSources, find_sources
from dedupe.sources.encoding.text_encoding import describe_lost
from dedupe.sources.files.all_files import ALL_FILES
from dedupe.sources.files.file_system import FileSystem
from dedupe.sources.files.source import Source
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pages.stage import PageStage
from dedupe.sources.reasons import (
    UNDECODABLE,
)
from dedupe.sources.records.batches import BatchPacker
from dedupe.sources.records.pieces import Chunk, Pages, Piece, SkippedRecord, Undecided
from dedupe.sources.source_reader import SourceReader


class Corpus:
    """The documents of some paths; iterating over it, which is possible once, reads them.

    A file or record that cannot be read becomes a :class:`SkippedDocument`; no input makes the
    iteration raise.

    :ivar found: the sources to read; none until they are first needed
    :ivar sources: the sources read so far, without files that the program itself wrote;
        ``Locator.source`` is an index into this list
    :ivar skipped_locators: by id and reason, the locators of skipped records that have an id of
        their own (the id of every other skipped record names its file and line)
    :ivar encoding_counts: the number of documents by encoding
    :ivar format_counts: the number of documents by format
    :ivar html_counts: the number of pages by the way in which their text was found
    :ivar text_field_counts: the number of records by text field, where the user named no text field
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        settings: ReadSettings,
        *,
        stdin: BinaryIO | None = None,
        limits: ReadLimits | None = None,
        workers: int = 1,
        against: Sequence[str | os.PathLike[str]] = (),
        files: FileSystem = ALL_FILES,
    ) -> None:
        """Prepare a corpus; nothing is read yet.

        :param paths: folders, files, ``-`` for standard input
        :param against: the paths of reference documents, which :meth:`references` reads
        :param stdin: a stream to read as standard input in place of the process's own
        :param workers: processes that read pages, if there are pages
        :param files: the file system that the paths are in
        """
        self.encoding_counts: Counter[str] = Counter()
        self.html_counts: Counter[str] = Counter()
        self.format_counts: Counter[str] = Counter()
        self._workers = workers
        self.skipped_locators: dict[tuple[str, str], list[Locator]] = {}
        self._paths = paths
        self._settings = settings
        self._stdin = stdin
        self._limits = limits or ReadLimits.of_settings(settings)
        self._reader = SourceReader(settings, self._limits)
        self.sources = self._reader.sources
        self.text_field_counts = self._reader.text_field_counts
        self._against = against
        self._files = files
        self.found: FoundSources | None = None
        self._total_bytes = -1

    @property
    def input_bytes(self) -> tuple[int, int]:
        """Bytes read so far, and bytes of all files; both 0 where the latter is not known."""
        if self._total_bytes < 0:
            found = self._find()
            self._total_bytes = _size_of_all([*found.references, *found.sources])
        return (self._reader.read_bytes, self._total_bytes) if self._total_bytes else (0, 0)

    @property
    def source_infos(self) -> tuple[SourceInfo, ...]:
        """The sources as a report names them (``run.sources``)."""
        return tuple(
            SourceInfo(source.name, source.format, source.member, source.encoding)
            for source in self.sources
        )

    def references(self) -> Iterator[TextBatch | SkippedDocument | Notice]:
        """Read the reference documents, if there are any; to be iterated once, before the rest."""
        yield from self._find().remarks
        yield from self._read_all(self._find().references)

    def __iter__(self) -> Iterator[TextBatch | SkippedDocument | Notice]:
        if not self._against:
            yield from self._find().remarks
        yield from self._read_all(self._find().sources)

    def _find(self) -> FoundSources:
        if self.found is None:
            self.found = find_sources(
                self._paths, self._settings, self._stdin, self._against, self._files
            )
        return self.found

    def _read_all(
        self, sources: Sequence[Source]
    ) -> Iterator[TextBatch | SkippedDocument | Notice]:
        pages = PageStage(self._settings, self._workers, self.html_counts)
        pieces = chain.from_iterable(map(self._reader.read, sources))
        try:
            yield from self._pack(pages.run(chain(pieces, self._reader.read_doubtful())))
        finally:
            pages.close()
            self._reader.close()

    def _pack(self, pieces: Iterable[Piece]) -> Iterator[TextBatch | SkippedDocument | Notice]:
        """The documents among pieces in batches, counted, and remarks."""
        packer = BatchPacker(self._limits)
        for piece in pieces:
            if isinstance(piece, Chunk):
                chunk, lost = self._drop_lost(piece)
                yield from map(self._note, lost)
                if chunk.ids:
                    self.encoding_counts[chunk.encoding] += len(chunk.ids)
                    self._count_format(chunk)
                yield from packer.add(chunk)
            elif isinstance(piece, TextBatch):
                self.encoding_counts["utf-8"] += len(piece)
                self._count_format(piece)
                yield piece
            else:
                yield self._note(piece)
        yield from packer.finish()

    def _count_format(self, piece: Chunk | TextBatch) -> None:
        """Count the documents of a piece, which are all of one source, by its format."""
        if len(piece.ids):
            source = self.sources[int(piece.locators[0, 0])]
            self.format_counts[source.format] += len(piece.ids)

    def _drop_lost(self, chunk: Chunk) -> tuple[Chunk, list[Piece]]:
        """The documents without those whose texts were lost in decoding, which are skipped."""
        details = [*map(describe_lost, chunk.texts)]
        if not any(details):
            return chunk, []
        skipped: list[Piece] = []
        for number, detail in enumerate(details):
            if not detail:
                continue
            id, locator = chunk.ids[number], Locator(*chunk.locators[number].tolist())
            path = self.sources[locator.source].id
            if id.startswith(path):
                skipped.append(SkippedDocument(id, UNDECODABLE, detail))
                continue
            place = f"line {locator.line}" if locator.line else f"byte {locator.offset}"
            document = SkippedDocument(id, UNDECODABLE, f"{detail}; at {place} of {path}")
            skipped.append(SkippedRecord(document, locator) if locator.line else document)
        return chunk.select([i for i, detail in enumerate(details) if not detail]), skipped

    def _note(self, piece: Piece) -> SkippedDocument | Notice:
        """A remark as the corpus yields it; the locator of a skipped record is kept."""
        assert not isinstance(piece, (Chunk, Pages, TextBatch, Undecided))
        if not isinstance(piece, SkippedRecord):
            return piece
        key = piece.document.id, piece.document.reason
        self.skipped_locators.setdefault(key, []).append(piece.locator)
        return piece.document


def _size_of_all(sources: Sequence[Source]) -> int:
    """Bytes of all these files; 0 where one is a stream or remote, whose size takes a request."""
    if any(source.spool is not None or is_url(source.path) for source in sources):
        return 0
    total = 0
    for source in sources:
        with suppress(OSError):
            total += source.byte_count
    return total


def read_corpus(
    paths: Sequence[str | os.PathLike[str]],
    settings: ReadSettings,
    *,
    stdin: BinaryIO | None = None,
    limits: ReadLimits | None = None,
    workers: int = 1,
    against: Sequence[str | os.PathLike[str]] = (),
    files: FileSystem = ALL_FILES,
) -> Corpus:
    """The corpus of some paths, to be iterated over; see :class:`Corpus`."""
    return Corpus(
        paths,
        settings,
        stdin=stdin,
        limits=limits,
        workers=workers,
        against=against,
        files=files,
    )


def read_sources(sources: Sequence[Source], settings: ReadSettings, workers: int = 1) -> Corpus:
    """The corpus of just these sources; no folder is searched."""
    corpus = Corpus((), settings, workers=workers)
    corpus.found = FoundSources([*sources], [], [])
    return corpus
