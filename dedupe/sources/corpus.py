"""A corpus: the documents below some paths as batches of texts, and remarks on all else there."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from itertools import chain
from typing import BinaryIO

import msgspec

from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo, TextBatch
from dedupe.model.encodings import UTF8
from dedupe.model.settings import ReadSettings
from dedupe.sources.discovery.finder import FoundSources, find_sources
from dedupe.sources.discovery.own_files import describe_output, open_outputs
from dedupe.sources.encoding.detection import describe_doubt
from dedupe.sources.encoding.folders import FolderEncodings, Settled
from dedupe.sources.encoding.recoding import SAMPLE_BYTES, FileEncoding, recognise_encoding
from dedupe.sources.encoding.text_content import chosen_start, text_problem
from dedupe.sources.encoding.text_encoding import describe_lost, describe_replaced
from dedupe.sources.files.file_system import LOCAL_DISK, FileSystem
from dedupe.sources.files.source import Source
from dedupe.sources.files.system_errors import describe_error, reason_of
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.recognition import Recognised, recognise_file
from dedupe.sources.formats.registry import format_named, has_page_records, missing_extra
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pages.stage import PageStage
from dedupe.sources.reasons import (
    CHANGED_WHILE_READ,
    ENCODING_DOUBTFUL,
    KNOWN_FORMAT,
    MISNAMED,
    MISSING_EXTRA,
    NESTED_ARCHIVE,
    NOT_COMPRESSED,
    NOT_KEPT,
    NOT_TEXT,
    OWN_OUTPUT,
    READER_FAILED,
    UNDECODABLE,
    UNDECODABLE_BYTES,
)
from dedupe.sources.records.batches import BatchPacker
from dedupe.sources.records.pieces import Chunk, OpenSource, Pages, Piece, SkippedRecord, Undecided
from dedupe.sources.unpack.archive_kinds import archive_of_content
from dedupe.sources.unpack.byte_blocks import ByteBlocks, ContentBlocks

_MAX_FAILURE_CHARACTERS = 300


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
        files: FileSystem = LOCAL_DISK,
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
        self.sources: list[Source] = []
        self.skipped_locators: dict[tuple[str, str], list[Locator]] = {}
        self.text_field_counts: Counter[str] = Counter()
        self._paths = paths
        self._settings = settings
        self._stdin = stdin
        self._limits = limits or ReadLimits.of_settings(settings)
        self._against = against
        self._files = files
        self.found: FoundSources | None = None
        self._read_bytes, self._total_bytes = 0, -1
        self._stream: BinaryIO | None = None
        self._outputs = open_outputs()
        self._folders = FolderEncodings()

    @property
    def input_bytes(self) -> tuple[int, int]:
        """Bytes read so far, and bytes of all files; both 0 where the latter is not known."""
        if self._total_bytes < 0:
            found = self._find()
            self._total_bytes = _size_of_all([*found.references, *found.sources])
        in_this_file = 0
        with suppress(OSError, ValueError):
            in_this_file = self._stream.tell() if self._stream is not None else 0
        read = self._read_bytes + in_this_file
        return (read, self._total_bytes) if self._total_bytes else (0, 0)

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
        packer = BatchPacker(self._limits)
        pages = PageStage(self._settings, self._workers, self.html_counts)
        try:
            for piece in pages.run(
                chain(chain.from_iterable(map(self._read_guarded, sources)), self._read_doubtful())
            ):
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
        finally:
            pages.close()
            self._folders.close()
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

    def _read_guarded(self, source: Source, settled: Settled | None = None) -> Iterator[Piece]:
        """The pieces of one source; if its reader fails unexpectedly, only this source is lost.

        :param settled: its content, where that was read and held until its encoding was settled
        """
        try:
            yield from self._read(source) if settled is None else self._read_settled(settled)
        except BaseException as error:
            if os.environ.get("DEDUPE_DEBUG") or not _is_failure(error):
                raise
            what = f"{type(error).__name__}: {error}"[:_MAX_FAILURE_CHARACTERS]
            detail = f"its reader failed ({what}); please report it"
            yield SkippedDocument(source.id, READER_FAILED, detail)

    def _read(self, source: Source) -> Iterator[Piece]:
        """The pieces of one source, and remarks on what could not be read of it."""
        self.sources.append(source)
        try:
            with source.open() as (stream, status):
                if status.key in self._outputs:
                    self.sources.pop()
                    detail = "this run writes to it"
                    yield SkippedDocument(source.id, OWN_OUTPUT, detail)
                    return
                self._stream = stream if source.spool is None else None
                size = status.size
                blocks = ByteBlocks(source, stream, self._limits, size=size)
                yield from self._read_open(source, blocks)
                now = source.files.status_of(stream).size if size else 0
                if size and (detail := _describe_change(size, now, blocks.is_cut)):
                    yield Notice(source.id, CHANGED_WHILE_READ, detail)
                self._stream = None
                self._read_bytes += size
        except OSError as error:
            yield SkippedDocument(source.id, reason_of(error), describe_error(error))
        if source.spool is not None and source.spool.problem:
            detail = f"its texts cannot be shown: {source.spool.problem}"
            yield Notice(source.id, NOT_KEPT, detail)

    def _read_open(self, source: Source, blocks: ByteBlocks) -> Iterator[Piece]:
        """The pieces of an open source, which is the last of ``self.sources``."""
        if blocks.fault is not None and not blocks.head:
            yield SkippedDocument(source.id, blocks.fault.reason, blocks.fault.detail)
        elif detail := describe_output(blocks.head):
            self.sources.pop()
            yield SkippedDocument(source.id, OWN_OUTPUT, detail)
        else:
            yield from self._read_recognised(source, blocks)

    def _read_recognised(self, source: Source, blocks: ByteBlocks) -> Iterator[Piece]:
        """The pieces of an open source by what it holds: an archive, documents, or neither."""
        found = recognise_file(source, blocks.head, self._settings.input_format)
        if problem := _why_unread(source, blocks, found):
            yield problem
            return
        if detail := _describe_misnamed(blocks, found):
            yield Notice(source.id, MISNAMED, detail)
        if found.archive:
            self.sources[-1] = archive = msgspec.structs.replace(source, format=found.archive)
            yield from self._read_archive(archive, blocks)
        else:
            yield from self._read_documents(source, blocks, found.format)

    def _read_archive(self, archive: Source, blocks: ByteBlocks) -> Iterator[Piece]:
        """The pieces of an archive; each member becomes a source of its own."""
        from dedupe.sources.discovery.archive_members import OpenMember, read_members

        for item in read_members(archive, blocks, self._settings, self._limits):
            if not isinstance(item, OpenMember):
                yield item
                continue
            self.sources.append(item.source)
            member = ByteBlocks(item.source, item.stream, self._limits, item.budget)
            yield from self._read_open(item.source, member)

    def _read_documents(self, source: Source, blocks: ByteBlocks, format: str) -> Iterator[Piece]:
        """The pieces of a source that is no archive, once its encoding is known."""
        wanted, chosen = self._settings.input_format, format_named(format)
        found = FileEncoding()
        if chosen.takes_utf8:
            sample = blocks.look(SAMPLE_BYTES)
            declared = chosen.declared(sample)
            found = recognise_encoding(sample, declared, self._settings.encoding)
        if found.name:
            self.sources[-1] = source = msgspec.structs.replace(source, encoding=found.name)
            blocks.recode(found.name, found.how == "chosen")
        chosen = format_named(chosen.read_as(blocks, self._settings))
        if chosen.name != source.format:
            self.sources[-1] = source = msgspec.structs.replace(source, format=chosen.name)
        head = blocks.head
        if chosen.holds_text:
            head = chosen_start(head, self._settings.encoding)
        if missing := missing_extra(chosen, self._settings):
            yield SkippedDocument(source.id, MISSING_EXTRA, missing)
        elif problem := chosen.problem(head, is_chosen=wanted == chosen.name):
            yield SkippedDocument(source.id, NOT_TEXT, problem)
        else:
            file = OpenSource(source, len(self.sources) - 1, blocks, self.text_field_counts)
            yield from self._read_format(chosen, file, self._settings, found.label)
            if found.doubt:
                yield Notice(source.id, ENCODING_DOUBTFUL, found.doubt)
        if blocks.recoder is not None and blocks.recoder.replaced_count:
            detail = describe_replaced(blocks.recoder.replaced_count)
            yield Notice(source.id, UNDECODABLE_BYTES, detail)

    def _read_format(
        self, chosen: Format, file: OpenSource, settings: ReadSettings, encoding: str
    ) -> Iterator[Piece]:
        """The pieces that the reader of a format makes of a file.

        :param encoding: from which encoding the file was recoded, and how that was known; empty
            where it was not recoded
        """
        has_pages = has_page_records(chosen, settings)
        for piece in chosen.read(file, settings, self._limits):
            chunk = piece.chunk if isinstance(piece, Pages) else piece
            if isinstance(chunk, Chunk):
                if chosen.holds_text and not encoding and chunk.encoding != UTF8:
                    size = sum(map(len, chunk.texts))
                    self._folders.count(file.source.folder, chunk.encoding, size)
                chunk.encoding = encoding or chunk.encoding
                yield Pages(chunk, file.source.id) if has_pages else piece
            elif isinstance(piece, Undecided):
                self._folders.hold(file.index, file.source.folder, piece.data, piece.guess)
            else:
                yield piece

    def _read_doubtful(self) -> Iterator[Piece]:
        """The documents of files whose encoding was doubtful, now that all others are known."""
        for settled in self._folders.release():
            yield from self._read_guarded(self.sources[settled.index], settled)

    def _read_settled(self, settled: Settled) -> Iterator[Piece]:
        """The document of a file that was held until its encoding was settled."""
        index, encoding = settled.index, settled.encoding
        source = self.sources[index]
        if settled.how == "folder":
            source = msgspec.structs.replace(source, encoding=encoding)
            self.sources[index] = source
        blocks = ContentBlocks(source, BytesIO(settled.data), self._limits)
        file = OpenSource(source, index, blocks, self.text_field_counts)
        settings = msgspec.structs.replace(self._settings, encoding=encoding)
        label = f"{encoding} ({settled.how})"
        yield from self._read_format(format_named(source.format), file, settings, label)
        if settled.is_doubtful:
            yield Notice(source.id, ENCODING_DOUBTFUL, describe_doubt(settled.guess, encoding))


def _is_failure(error: BaseException) -> bool:
    """Whether an error is a failure of a reader, and not one that ends the process (Ctrl-C).

    A panic of a library that is written in Rust is such a failure, though it is no ``Exception``.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _describe_change(size: int, now: int, is_cut: bool) -> str:
    """How a file changed while it was read, by its size; empty if that is as before."""
    if now == size:
        return ""
    if now > size and is_cut:
        return f"it grew while it was read; the {size} bytes that it had at first were compared"
    return "it changed while it was read; what was met of it was compared"


def _size_of_all(sources: Sequence[Source]) -> int:
    """Bytes of all these files; 0 where one is a stream, whose length is not known."""
    if any(source.spool is not None for source in sources):
        return 0
    total = 0
    for source in sources:
        with suppress(OSError):
            total += source.byte_count
    return total


def _why_unread(source: Source, blocks: ByteBlocks, found: Recognised) -> SkippedDocument | None:
    """Why a source is not read, now that it is known what it holds; ``None`` where it is."""
    codec = blocks.missing_codec
    if found.unread:
        return SkippedDocument(source.id, KNOWN_FORMAT, found.unread)
    if found.archive and source.member:
        detail = "it is an archive inside an archive; such are not opened"
        return SkippedDocument(source.id, NESTED_ARCHIVE, detail)
    if codec is None or found.misnamed or not text_problem(blocks.head):
        return None
    if found.archive and archive_of_content(blocks.head):
        return None
    if found.format and format_named(found.format).is_certain(blocks.head):
        return None
    detail = f"the file is not {codec.name} data, though its name ends in {codec.ending}"
    return SkippedDocument(source.id, NOT_COMPRESSED[codec.name], detail)


def _describe_misnamed(blocks: ByteBlocks, found: Recognised) -> str:
    """How the name of a source contradicts its content, in words; empty where it does not."""
    if blocks.missing_codec is None:
        return found.misnamed
    packed = f"its name ends in {blocks.missing_codec.ending}, but it is not compressed"
    return f"{packed}; {found.misnamed}" if found.misnamed else f"{packed}, and is read as it is"


def read_corpus(
    paths: Sequence[str | os.PathLike[str]],
    settings: ReadSettings,
    *,
    stdin: BinaryIO | None = None,
    limits: ReadLimits | None = None,
    workers: int = 1,
    against: Sequence[str | os.PathLike[str]] = (),
    files: FileSystem = LOCAL_DISK,
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
