"""Documents on their way in: where each stands, its text among those of a batch, and what is told
of those that are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.formats import record_place

# --- what flows from the sources to the clusters ------------------------------------------


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
    rows = [(at.source, at.offset, at.length, at.line) for at in locators]
    return np.array(rows, np.int64) if rows else np.empty((0, 4), np.int64)


class SourceInfo(msgspec.Struct, frozen=True, gc=False):
    """A file that was read.

    :param path: as it was named, or below a folder that was named
    :param format: as what it was read
    :param member: its name inside the archive at ``path``; nothing where that is no archive
    :param encoding: that of a file of records (a codec of Python), where it is not UTF-8
    """

    path: str
    format: str
    member: str = ""
    encoding: str = ""

    @property
    def name(self) -> str:
        """The path, for people: that of a member goes on inside the archive."""
        return f"{self.path}/{self.member.removeprefix('./')}" if self.member else self.path

    def place(self, line: int) -> str:
        """A record of it: ``path:line``, or ``path#row`` where records are not lines."""
        return record_place(self.name, self.format, line)


class SkippedDocument(msgspec.Struct, frozen=True, gc=False):
    """Something that was met but could not be compared.

    :param id: the document's id, or ``path:line``, or the path
    :param reason: a stable word: ``not_json``, ``field_missing``, ``no_tokens``, …
    :param detail: what happened, for people
    """

    id: str
    reason: str
    detail: str = ""


class TextBatch(msgspec.Struct, frozen=True, dict=True):
    """Documents as one UTF-8 buffer: Arrow's layout of strings.

    :param ids: one a document, not yet made unique
    :param pieces: the texts, end to end, in one piece or more
    :param offsets: ``int64``, shape ``(len(ids) + 1,)``; text *i* is
        ``data[offsets[i]:offsets[i + 1]]``
    :param locators: ``int64``, ``(len(ids), 4)``: the fields of each document's :class:`Locator`
    :param metas: metadata, one a document, each a packed mapping of strings (MessagePack), in the
        order of names, or empty; none at all where no document has any
    """

    ids: Sequence[str]
    pieces: Sequence[bytes | memoryview]
    offsets: NDArray[np.int64]
    locators: NDArray[np.int64]
    metas: Sequence[bytes] = ()

    @cached_property
    def data(self) -> NDArray[np.uint8]:
        """The texts, end to end (``uint8``), put together by the thread that first asks: one that
        sketches, since the one that reads is what the others wait for."""
        whole = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
        return np.frombuffer(whole, np.uint8)

    def __len__(self) -> int:
        return len(self.ids)

    def locator(self, document: int) -> Locator:
        """Where one document stands."""
        return Locator(*self.locators[document].tolist())


class Notice(msgspec.Struct, frozen=True, gc=False):
    """Something that a user should know and that lost nothing, such as an id that occurs twice."""

    id: str
    reason: str
    detail: str


Item = TextBatch | SkippedDocument | Notice


class CorpusItems(msgspec.Struct, frozen=True):
    """A corpus on its way in; each part can be gone through once.

    :param documents: batches of texts, and what there is to say of what could not be read
    :param references: the same of reference documents, read first: they are compared with the
        documents, but not with one another
    """

    documents: Iterable[Item]
    references: Iterable[Item] = ()


class TextProvider(Protocol):
    """Reads texts of reported documents again, for diffs."""

    def read_texts(self, ids: Iterable[str]) -> dict[str, str]:
        """The texts of those of ``ids`` that can still be read and have not changed."""

    def problem(self, id: str) -> str:
        """Why ``read_texts`` left this id out: changed, gone, …"""
