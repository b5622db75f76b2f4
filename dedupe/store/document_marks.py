"""Marks of documents: 64 bits by which a gate knows which documents were there before.

A mark has 48 bits of the content hash, and 16 bits of a hash of the id, which distinguish documents
of one text. Texts that differ only in how their lines end (LF, CRLF, CR) have one mark, because a
version control system may check out either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from dedupe.model.documents import TextBatch
from dedupe.store.identities import Identities

MARK_DIGITS: Final = 16
"""Hexadecimal digits of a mark."""

TEXT_DIGITS: Final = 12
"""The upper digits of a mark, from the content hash; the rest is from the hash of the id."""

ID_BITS: Final = 4 * (MARK_DIGITS - TEXT_DIGITS)
_ID_MASK: Final = (1 << ID_BITS) - 1
_CR: Final = 13
_IDS_AT_ONCE: Final = 1 << 16


class DocumentMarks:
    """The documents that were there at some time, as a sorted set of marks (``uint64``).

    :ivar ids: ids of documents that may have another text now, where these are known
    """

    def __init__(
        self, marks: NDArray[np.uint64] | Sequence[int] = (), ids: Iterable[str] = ()
    ) -> None:
        self.ids = frozenset(ids)
        self.marks: NDArray[np.uint64] = np.unique(np.asarray(marks, np.uint64))

    def __len__(self) -> int:
        return len(self.marks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DocumentMarks) and np.array_equal(self.marks, other.marks)

    __hash__ = None  # type: ignore[assignment]

    def ids_of(self, text_hash: str) -> set[int]:
        """The id parts of all marks of a text, one for each document that had it."""
        first = int(text_hash[:TEXT_DIGITS], 16) << ID_BITS
        begin = self.marks.searchsorted(np.uint64(first))
        end = self.marks.searchsorted(np.uint64(first | _ID_MASK), "right")
        return {mark & _ID_MASK for mark in self.marks[begin:end].tolist()}


def mark_id(id: str) -> int:
    """The part of a mark that distinguishes documents of one text."""
    return xxhash.xxh3_64_intdigest(id.encode("utf-8", "surrogatepass")) & _ID_MASK


def make_mark(text_hash: str, id: str) -> int:
    """The mark of a document.

    :param text_hash: XXH3-128 of its text with every line end as LF, hexadecimal
    """
    return int(text_hash[:TEXT_DIGITS], 16) << ID_BITS | mark_id(id)


def mark_documents(hashes: NDArray[np.uint64], ids: Sequence[str]) -> NDArray[np.uint64]:
    """The marks of *n* documents, ``uint64``, ``(n,)``.

    :param hashes: XXH3-128 of their texts with every line end as LF, ``uint64``, ``(n, 2)``: high
        half, low half
    """
    id_marks = np.fromiter(map(mark_id, ids), np.uint64, len(ids))
    marks: NDArray[np.uint64] = (hashes[:, 0] & ~np.uint64(_ID_MASK)) | id_marks
    return marks


def fold_line_ends(batch: TextBatch) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The texts that hold a CR, and XXH3-128 of each with every line end as LF.

    :returns: indices of the documents, ascending, and ``uint64``, ``(k, 2)``: high half, low half
    """
    data, offsets = batch.data, batch.offsets
    returns = np.flatnonzero(data == _CR)
    rows: NDArray[np.int64] = np.unique(offsets.searchsorted(returns, "right") - 1)
    hashes = np.empty((len(rows), 2), np.uint64)
    for i, row in enumerate(rows.tolist()):
        text = data[offsets[row] : offsets[row + 1]].tobytes()
        folded = xxhash.xxh3_128_digest(text.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        hashes[i] = np.frombuffer(folded, ">u8")
    return rows, hashes


class FoldedTexts:
    """Content hashes of the texts that hold a CR, as they are and with every line end as LF.

    :param raw: hashes of the texts as they are, ``uint64``, ``(k, 2)``
    :param folded: hashes with every line end as LF, ``uint64``, ``(k, 2)``
    """

    def __init__(self, raw: NDArray[np.uint64], folded: NDArray[np.uint64]) -> None:
        self._raw, self._folded = raw, folded

    def find(self, content_hashes: Collection[str]) -> dict[str, str]:
        """The folded hash for each of these content hashes (hexadecimal) whose text holds a CR."""
        rows = zip(self._raw.tolist(), self._folded.tolist(), strict=True)
        pairs = ((_hexadecimal(raw), _hexadecimal(folded)) for raw, folded in rows)
        wanted = {*content_hashes}
        return {raw: folded for raw, folded in pairs if raw in wanted}


class ScannedTexts:
    """The marks and files of all documents of a scan, for a gate: a report has duplicates only.

    A gate gives an empty one to a scan, which fills it. Reference documents are left out.

    :ivar marks: ``uint64``, ``(n,)``
    :ivar sources: the file of each document, an index into ``run.sources``, ``(n,)``
    :ivar folded: the texts that hold a CR
    """

    def __init__(self) -> None:
        self.marks = np.empty(0, np.uint64)
        self.sources = np.empty(0, np.int32)
        self.folded = FoldedTexts(np.empty((0, 2), np.uint64), np.empty((0, 2), np.uint64))

    def fill(
        self,
        hashes: NDArray[np.uint64],
        identities: Identities,
        rows: NDArray[np.int64],
        folded: NDArray[np.uint64],
        reference_count: int,
    ) -> None:
        """Take in all documents, once their ids are unique.

        :param hashes: XXH3-128 of their texts, ``(n, 2)``
        :param rows: documents whose texts hold a CR, ``(k,)``
        :param folded: the hashes of these with every line end as LF, ``(k, 2)``
        :param reference_count: documents at the beginning that are left out
        """
        self.folded = FoldedTexts(hashes[rows], folded.copy())
        hashes = hashes.copy()
        hashes[rows] = folded
        count = len(hashes) - reference_count
        self.marks = np.empty(count, np.uint64)
        self.sources = np.empty(count, np.int32)
        for begin in range(0, count, _IDS_AT_ONCE):
            part = np.arange(begin, min(begin + _IDS_AT_ONCE, count))
            documents = reference_count + part
            self.marks[part] = mark_documents(hashes[documents], identities.ids(documents))
            self.sources[part] = identities.locators(documents)[:, 0]

    def without(self, marks: Iterable[int]) -> DocumentMarks:
        """The marks of all documents but these."""
        return DocumentMarks(np.setdiff1d(self.marks, np.fromiter(marks, np.uint64)))


def _hexadecimal(halves: Sequence[int]) -> str:
    return f"{halves[0]:016x}{halves[1]:016x}"
