"""Reads sources one after another: it recognises what each one holds, and lets a format read it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import BinaryIO

import msgspec

from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.encodings import UTF8
from dedupe.model.formats import AUTO
from dedupe.model.settings import ReadSettings
from dedupe.model.urls import is_url
from dedupe.sources.discovery.own_files import WRITTEN_NOW, describe_output, open_outputs
from dedupe.sources.encoding.folders import FolderEncodings, Settled
from dedupe.sources.encoding.guess import describe_doubt
from dedupe.sources.encoding.recoding import SAMPLE_BYTES, FileEncoding, recognise_encoding
from dedupe.sources.encoding.text_content import chosen_start, text_problem
from dedupe.sources.encoding.text_encoding import describe_replaced
from dedupe.sources.files.remote_errors import hide_secrets
from dedupe.sources.files.source import Source
from dedupe.sources.files.system_errors import describe_error, reason_of
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.recognition import Recognised, doubt_text, recognise_file
from dedupe.sources.formats.registry import format_named, has_page_records, missing_extra
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import (
    CHANGED_WHILE_READ,
    ENCODING_DOUBTFUL,
    FETCH_DOUBTFUL,
    FORMAT_DOUBTFUL,
    KNOWN_FORMAT,
    MISNAMED,
    MISSING_EXTRA,
    NESTED_ARCHIVE,
    NOT_COMPRESSED,
    NOT_KEPT,
    NOT_TEXT,
    OWN_OUTPUT,
    READER_FAILED,
    UNDECODABLE_BYTES,
)
from dedupe.sources.records.pieces import Chunk, OpenSource, Pages, Piece, Undecided
from dedupe.sources.unpack.archive_kinds import archive_of_content
from dedupe.sources.unpack.byte_blocks import ByteBlocks, ContentBlocks

_MAX_FAILURE_CHARACTERS = 300


class SourceReader:
    """Turns sources into pieces; what cannot be read becomes a remark, never an exception.

    :ivar sources: the sources read so far, without files that the program itself wrote;
        ``Locator.source`` is an index into this list
    :ivar text_field_counts: the number of records by text field, where the user named no text field
    """

    def __init__(
        self, settings: ReadSettings, limits: ReadLimits, folders: FolderEncodings | None = None
    ) -> None:
        """Prepare to read.

        :param folders: what is known of the encodings of folders, if anything is
        """
        self.sources: list[Source] = []
        self.text_field_counts: Counter[str] = Counter()
        self._settings = settings
        self._limits = limits
        self._outputs = open_outputs()
        self._folders = folders or FolderEncodings()
        self._finished_bytes = 0
        self._stream: BinaryIO | None = None

    @property
    def read_bytes(self) -> int:
        """How many bytes of files were read so far."""
        in_this_file = 0
        with suppress(OSError, ValueError):
            in_this_file = self._stream.tell() if self._stream is not None else 0
        return self._finished_bytes + in_this_file

    def close(self) -> None:
        """Forget what is held back."""
        self._folders.close()

    def read(self, source: Source, settled: Settled | None = None) -> Iterator[Piece]:
        """The pieces of one source; if its reader fails unexpectedly, only this source is lost.

        :param settled: its content, where that was read and held until its encoding was settled
        """
        try:
            yield from self._read_source(source) if settled is None else self._read_settled(settled)
        except BaseException as error:
            if os.environ.get("DEDUPE_DEBUG") or not _is_failure(error):
                raise
            what = hide_secrets(f"{type(error).__name__}: {error}")[:_MAX_FAILURE_CHARACTERS]
            detail = f"its reader failed ({what}); please report it"
            yield SkippedDocument(source.id, READER_FAILED, detail)

    def _read_source(self, source: Source) -> Iterator[Piece]:
        """The pieces of one source, and remarks on what could not be read of it."""
        self.sources.append(source)
        try:
            with source.open() as (stream, status):
                if status.key in self._outputs:
                    self.sources.pop()
                    yield SkippedDocument(source.id, OWN_OUTPUT, WRITTEN_NOW)
                    return
                self._stream = stream if source.spool is None else None
                size = status.size
                blocks = ByteBlocks(source, stream, self._limits, size=size)
                for piece in self._read_open(source, blocks):
                    yield _blame_connection(piece, source, stream)
                end = source.files.status_of(stream) if size or is_url(source.path) else status
                if size and (detail := _describe_change(size, end.size, blocks.is_cut)):
                    yield Notice(source.id, CHANGED_WHILE_READ, detail)
                yield from (Notice(source.id, FETCH_DOUBTFUL, remark) for remark in end.remarks)
                self._stream = None
                self._finished_bytes += size
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
        if blocks.remark is not None:
            yield Notice(source.id, blocks.remark.reason, blocks.remark.detail)

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
            if chosen.name == "text" and wanted == AUTO and (doubt := doubt_text(blocks.head)):
                yield Notice(source.id, FORMAT_DOUBTFUL, doubt)
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
                    self._folders.count(file.source.folder, chunk.encoding, size, chunk.alike)
                chunk.encoding = encoding or chunk.encoding
                yield Pages(chunk, file.source.id) if has_pages else piece
            elif isinstance(piece, Undecided):
                self._folders.hold(file.index, file.source.folder, piece.data, piece.guess)
            else:
                yield piece

    def read_doubtful(self) -> Iterator[Piece]:
        """The documents of files whose encoding was doubtful, now that all others are known."""
        for settled in self._folders.release():
            yield from self.read(self.sources[settled.index], settled)

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


def _blame_connection(piece: Piece, source: Source, stream: BinaryIO) -> Piece:
    """The piece; where a file could not be fetched, that and not what its reader made of it."""
    problem: OSError | None = getattr(stream, "problem", None)
    if problem is None or not isinstance(piece, SkippedDocument) or piece.id != source.id:
        return piece
    return SkippedDocument(source.id, reason_of(problem), describe_error(problem))


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
