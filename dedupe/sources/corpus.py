"""A corpus: everything that the paths hold, as batches of texts and as remarks."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from dedupe.config import ScanSettings
from dedupe.model import Locator, Notice, SkippedDocument, SourceInfo, TextBatch
from dedupe.sources.batches import BatchPacker
from dedupe.sources.byte_blocks import ByteBlocks
from dedupe.sources.discovery import find_sources
from dedupe.sources.formats import FORCED_TEXT, FORMATS
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pieces import Chunk, OpenSource, Piece, SkippedRecord
from dedupe.sources.reasons import NOT_KEPT, NOT_TEXT
from dedupe.sources.recognition import has_record_lines, recognise_content
from dedupe.sources.source import Source
from dedupe.sources.system_errors import describe_error, reason_of


class Corpus:
    """Iterate over it to read the sources, once.

    What cannot be read becomes a :class:`SkippedDocument`; no input makes it raise.

    :ivar sources: those read so far; ``Locator.source`` is an index into this list
    :ivar skipped_locators: where records stand that have an id of their own but no usable text
        (the id of every other skipped record is its place, ``path:line``)
    :ivar text_names: where no text field was named: records by the usual name that was taken
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        settings: ScanSettings,
        *,
        stdin: BinaryIO | None = None,
        limits: ReadLimits | None = None,
    ) -> None:
        """Nothing is read yet.

        :param paths: folders, files, ``-`` for standard input
        :param stdin: what stands for standard input, instead of the process's own
        """
        self.sources: list[Source] = []
        self.skipped_locators: dict[str, Locator] = {}
        self.text_names: Counter[str] = Counter()
        self._paths = paths
        self._settings = settings
        self._stdin = stdin
        self._limits = limits or ReadLimits()

    @property
    def source_infos(self) -> tuple[SourceInfo, ...]:
        """The sources as a report names them (``run.sources``)."""
        return tuple(SourceInfo(source.name, source.format) for source in self.sources)

    def __iter__(self) -> Iterator[TextBatch | SkippedDocument | Notice]:
        self.sources.clear()
        self.skipped_locators.clear()
        self.text_names.clear()
        found = find_sources(self._paths, self._settings, self._stdin)
        yield from found.remarks
        packer = BatchPacker(self._limits)
        for source in found.sources:
            for piece in self._read(source):
                if isinstance(piece, Chunk):
                    yield from packer.add(piece)
                elif isinstance(piece, TextBatch):
                    yield piece
                else:
                    yield self._note(piece)
        yield from packer.finish()

    def _note(self, piece: SkippedDocument | SkippedRecord | Notice) -> SkippedDocument | Notice:
        if not isinstance(piece, SkippedRecord):
            return piece
        self.skipped_locators.setdefault(piece.document.id, piece.locator)
        return piece.document

    def _read(self, source: Source) -> Iterator[Piece]:
        """All of one source; whatever fails about it stays with it."""
        self.sources.append(source)
        try:
            with source.open() as stream:
                blocks = ByteBlocks(source, stream, self._limits.read_bytes)
                index = len(self.sources) - 1
                yield from self._read_open(OpenSource(source, index, blocks, self.text_names))
        except OSError as error:
            yield SkippedDocument(source.id, reason_of(error), describe_error(error))
        if source.spool is not None and source.spool.problem:
            detail = f"its texts cannot be shown: {source.spool.problem}"
            yield Notice(source.id, NOT_KEPT, detail)

    def _recognise(self, name: str, head: bytes) -> str:
        """The format by name, else by content, of which JSON Lines in ``.json`` are a part."""
        if name == "auto":
            return recognise_content(head)
        is_free = self._settings.input_format == "auto"
        return "jsonl" if name == "json" and is_free and has_record_lines(head) else name

    def _read_open(self, file: OpenSource) -> Iterator[Piece]:
        head, fault = file.blocks.head, file.blocks.fault
        if fault is not None and not head:
            yield SkippedDocument(file.source.id, fault.reason, fault.detail)
            return
        name = self._recognise(file.source.format, head)
        self.sources[file.index] = replace(file.source, format=name)
        chosen = FORCED_TEXT if self._settings.input_format == "text" else FORMATS[name]
        problem = chosen.problem(head)
        if problem:
            yield SkippedDocument(file.source.id, NOT_TEXT, problem)
        else:
            yield from chosen.read(file, self._settings, self._limits)


def read_corpus(
    paths: Sequence[str | os.PathLike[str]],
    settings: ScanSettings,
    *,
    stdin: BinaryIO | None = None,
    limits: ReadLimits | None = None,
) -> Corpus:
    """Everything below ``paths``, to be iterated over; see :class:`Corpus`."""
    return Corpus(paths, settings, stdin=stdin, limits=limits)
