"""The input and output of the readers of formats: open sources, and pieces of a corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, Notice, SkippedDocument, TextBatch
from dedupe.sources.encoding.guess import Guess
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.source import Source
from dedupe.sources.unpack.byte_blocks import ByteBlocks


class OpenSource(msgspec.Struct, frozen=True):
    """A source that is being read.

    :param index: its position in the corpus's list of sources, for locators
    :param blocks: its uncompressed content
    :param text_field_counts: counts records by the usual name under which their text is found
    """

    source: Source
    index: int
    blocks: ByteBlocks
    text_field_counts: Counter[str] = msgspec.field(default_factory=Counter)


class Chunk(msgspec.Struct):
    """Some documents of one file, in columns of equal length.

    :param texts: the texts in UTF-8
    :param locators: ``int64``, ``(n, 4)``: the fields of :class:`dedupe.model.documents.Locator`
    :param encoding: how the texts were decoded (see :mod:`dedupe.sources.encoding.decoding`)
    :param metas: packed metadata (see :mod:`dedupe.model.metadata`); an empty list where no
        document has any
    :param alike: encodings in which the texts have the same letters, if theirs was guessed
    """

    ids: list[str]
    texts: list[bytes]
    locators: NDArray[np.int64]
    encoding: str = "utf-8"
    metas: list[bytes] = msgspec.field(default_factory=list)
    alike: tuple[str, ...] = ()

    def select(self, chosen: list[int]) -> Chunk:
        """The chunk with these of its documents only."""
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
    """A skipped document with its locator, because its id does not name its file and line."""

    document: SkippedDocument
    locator: Locator


class Pages(msgspec.Struct, frozen=True):
    """Documents whose texts are still HTML, to be read as pages; or still PDF.

    :param source_id: the id of their file
    """

    chunk: Chunk
    source_id: str
    is_pdf: bool = False


class Undecided(msgspec.Struct, frozen=True):
    """A file that is one document, whose encoding is doubtful: other files may show it."""

    data: bytes
    guess: Guess


Piece = Chunk | Pages | Undecided | TextBatch | SkippedDocument | SkippedRecord | Notice
"""One item that a reader yields: documents, or a remark."""

Rereader = Callable[[SeekableBytes, Locator], str | None]
"""Reads the text of one document again; ``None`` where its locator leads to something else."""

FieldsReader = Callable[[SeekableBytes, Locator], "bytes | dict[str, Any] | None"]
"""Reads all fields of one record again, as the bytes of a JSON object or by name.

It gives ``None`` where the locator leads to something else.
"""
