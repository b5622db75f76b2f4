"""What a reader of a format is given, and what it gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, Notice, SkippedDocument, TextBatch
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.source import Source
from dedupe.sources.limits import ReadLimits
from dedupe.sources.unpack.byte_blocks import ByteBlocks


class OpenSource(msgspec.Struct, frozen=True):
    """A source that is being read.

    :param index: its place in the corpus's list of sources, for locators
    :param blocks: its uncompressed content
    :param text_names: counts the records by the usual name under which their text was found
    """

    source: Source
    index: int
    blocks: ByteBlocks
    text_names: Counter[str] = msgspec.field(default_factory=Counter)


class Chunk(msgspec.Struct):
    """Some documents: columns of equal length, the texts in UTF-8.

    :param locators: ``int64``, ``(n, 4)``: the fields of :class:`dedupe.model.documents.Locator`
    :param encoding: how the texts were decoded (see :mod:`dedupe.sources.encoding.decoding`)
    :param metas: packed metadata (see :mod:`dedupe.model.metadata`); may be empty, where no
        document has any
    """

    ids: list[str]
    texts: list[bytes]
    locators: NDArray[np.int64]
    encoding: str = "utf-8"
    metas: list[bytes] = msgspec.field(default_factory=list)

    def select(self, chosen: list[int]) -> Chunk:
        """Some of the documents, with all that is held of them."""
        if len(chosen) == len(self.ids):
            return self
        return Chunk(
            [self.ids[i] for i in chosen],
            [self.texts[i] for i in chosen],
            self.locators[chosen],
            self.encoding,
            [self.metas[i] for i in chosen] if self.metas else [],
        )


class SkippedRecord(msgspec.Struct, frozen=True):
    """A skipped document whose id does not tell where it stands; the locator does."""

    document: SkippedDocument
    locator: Locator


class Pages(msgspec.Struct, frozen=True):
    """Documents whose texts are HTML, to be read as pages.

    :param source_id: of the file that holds them
    """

    chunk: Chunk
    source_id: str


Piece = Chunk | Pages | TextBatch | SkippedDocument | SkippedRecord | Notice

Rereader = Callable[[SeekableBytes, Locator], str | None]
"""Reads one document again; nothing where its place holds something else."""

Reader = Callable[[OpenSource, ReadSettings, ReadLimits], Iterator[Piece]]
"""Reads one format. Never raises for what a file holds: that becomes a skipped document."""
