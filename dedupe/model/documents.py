"""Documents on their way from the sources: locators, batches of texts, skipped documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.formats import name_record


class Locator(msgspec.Struct, frozen=True, gc=False):
    """Where a document's text can be read again.

    :param source: index into the report's ``run.sources``
    :param offset: first byte in the (uncompressed) file
    :param length: bytes
    :param line: line or row number of the record, from 1; 0 where the file is one document
    """

    source: int
    offset: int
    length: int
    line: int = 0


def pack_locators(locators: Iterable[Locator]) -> NDArray[np.int64]:
    """Locators as :class:`TextBatch` holds them: ``int64``, ``(n, 4)``, a column a field."""
    rows = [(each.source, each.offset, each.length, each.line) for each in locators]
    return np.array(rows, np.int64) if rows else np.empty((0, 4), np.int64)


class SourceInfo(msgspec.Struct, frozen=True, gc=False):
    """A file that was read.

    :param path: the path as the user gave it, or a path below a folder that the user gave
    :param format: the name of the format in which it was read
    :param member: its name inside the archive at ``path``; empty where ``path`` is no archive
    :param encoding: the encoding of a file of records (a codec of Python); empty for UTF-8
    """

    path: str
    format: str
    member: str = ""
    encoding: str = ""

    @property
    def name(self) -> str:
        """The path for people; the path of a member is that of the archive and its own."""
        return f"{self.path}/{self.member.removeprefix('./')}" if self.member else self.path

    def name_record(self, line: int) -> str:
        """A record of the file for people: ``path:line``, or ``path#row`` if records are rows."""
        return name_record(self.name, self.format, line)


class SkippedDocument(msgspec.Struct, frozen=True, gc=False):
    """A document, record or file that was found but could not be compared.

    :param id: the document's id, or ``path:line``, or the path
    :param reason: a stable word: ``not_json``, ``field_missing``, ``no_tokens``, …
    :param detail: what happened, for people
    """

    id: str
    reason: str
    detail: str = ""


class TextBatch(msgspec.Struct, frozen=True, dict=True):
    """The texts of *n* documents as one UTF-8 buffer, in Arrow's layout of strings.

    :param ids: one a document, not yet made unique
    :param pieces: the buffer, in one piece or more
    :param offsets: ``int64``, ``(n + 1,)``; text *i* is ``data[offsets[i]:offsets[i + 1]]``
    :param locators: ``int64``, ``(n, 4)``: the fields of each document's :class:`Locator`
    :param metas: metadata, one a document, each a mapping of strings packed as MessagePack, ordered
        by name, or empty bytes; an empty sequence where no document has any
    """

    ids: Sequence[str]
    pieces: Sequence[bytes | memoryview]
    offsets: NDArray[np.int64]
    locators: NDArray[np.int64]
    metas: Sequence[bytes] = ()

    @cached_property
    def data(self) -> NDArray[np.uint8]:
        """The buffer of the texts (``uint8``), end to end.

        It is joined when it is first asked for, by a thread that sketches: all threads wait for the
        one that reads.
        """
        whole = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
        return np.frombuffer(whole, np.uint8)

    def __len__(self) -> int:
        return len(self.ids)

    def locator(self, document: int) -> Locator:
        """The locator of one document."""
        return Locator(*self.locators[document].tolist())


class Notice(msgspec.Struct, frozen=True, gc=False):
    """A fact that a user should know although nothing was lost, such as an id that occurs twice."""

    id: str
    reason: str
    detail: str


Item = TextBatch | SkippedDocument | Notice
"""What reading a corpus yields: documents, and remarks on what could not be read or looks odd."""


class CorpusItems(msgspec.Struct, frozen=True):
    """The items of a corpus as they are read; each iterable can be gone through once.

    :param documents: items of the documents that are to be deduplicated
    :param references: items of the reference documents; they are read first, and compared with the
        documents, but not with one another
    """

    documents: Iterable[Item]
    references: Iterable[Item] = ()


class TextProvider(Protocol):
    """Reads the texts of reported documents again, for diffs."""

    def read_texts(self, ids: Iterable[str]) -> dict[str, str]:
        """Texts by id; ids are left out whose texts have changed or can no longer be read."""

    def problem(self, id: str) -> str:
        """Why ``read_texts`` left this id out: changed, gone, …"""
