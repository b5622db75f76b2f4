"""What there is, or was, of a corpus: each document as a mark of 64 bits.

A mark tells the text (48 bits), and which of several documents of one text it is (16 bits of a
hash of the id). Texts that differ only in how their lines end (LF, CRLF, CR) count as one, for a
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
"""Hexadecimal digits of a mark: so many of the hash of the text, and the rest of that of the id."""

TEXT_DIGITS: Final = 12
ID_BITS: Final = 4 * (MARK_DIGITS - TEXT_DIGITS)
_ID_MASK: Final = (1 << ID_BITS) - 1
_CR: Final = 13
_IDS_AT_ONCE: Final = 1 << 16


class Presence:
    """Documents that were there at some time, by their marks (``uint64``).

    :ivar ids: of documents that may have another text by now, where such are known
    """

    def __init__(
        self, marks: NDArray[np.uint64] | Sequence[int] = (), ids: Iterable[str] = ()
    ) -> None:
        self.ids = frozenset(ids)
        self.marks: NDArray[np.uint64] = np.unique(np.asarray(marks, np.uint64))

    def __len__(self) -> int:
        return len(self.marks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Presence) and np.array_equal(self.marks, other.marks)

    __hash__ = None  # type: ignore[assignment]

    def ids_of(self, text_hash: str) -> set[int]:
        """The marks of the ids that a text had; their number is how often it was there."""
        first = int(text_hash[:TEXT_DIGITS], 16) << ID_BITS
        begin = self.marks.searchsorted(np.uint64(first))
        end = self.marks.searchsorted(np.uint64(first | _ID_MASK), "right")
        return {mark & _ID_MASK for mark in self.marks[begin:end].tolist()}


def mark_id(id: str) -> int:
    """What tells apart the documents of one text."""
    return xxhash.xxh3_64_intdigest(id.encode("utf-8", "surrogatepass")) & _ID_MASK


def make_mark(text_hash: str, id: str) -> int:
    """The mark of a document."""
    return int(text_hash[:TEXT_DIGITS], 16) << ID_BITS | mark_id(id)


def mark_documents(hashes: NDArray[np.uint64], ids: Sequence[str]) -> NDArray[np.uint64]:
    """The marks of documents.

    :param hashes: ``uint64``, ``(n, 2)``: high half, low half
    """
    id_marks = np.fromiter(map(mark_id, ids), np.uint64, len(ids))
    marks: NDArray[np.uint64] = (hashes[:, 0] & ~np.uint64(_ID_MASK)) | id_marks
    return marks


def fold_line_ends(batch: TextBatch) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The texts that hold a CR, and XXH3-128 of what they are with LF alone.

    :returns: indices of the documents, ascending, and ``uint64``, ``(k, 2)``: high half, low half
    """
    data, offsets = batch.data, batch.offsets
    returns = np.flatnonzero(data == _CR)
    rows: NDArray[np.int64] = np.unique(offsets.searchsorted(returns, "right") - 1)
    hashes = np.empty((len(rows), 2), np.uint64)
    for place, row in enumerate(rows.tolist()):
        text = data[offsets[row] : offsets[row + 1]].tobytes()
        folded = xxhash.xxh3_128_digest(text.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        hashes[place] = np.frombuffer(folded, ">u8")
    return rows, hashes


class FoldedTexts:
    """Documents whose texts hold a CR: their content hashes, and the same with LF alone.

    :param raw: ``uint64``, ``(k, 2)``
    :param folded: ``uint64``, ``(k, 2)``
    """

    def __init__(self, raw: NDArray[np.uint64], folded: NDArray[np.uint64]) -> None:
        self._raw, self._folded = raw, folded

    def find(self, content_hashes: Collection[str]) -> dict[str, str]:
        """For those of these hashes (hexadecimal) whose texts hold a CR, the others."""
        rows = zip(self._raw.tolist(), self._folded.tolist(), strict=True)
        pairs = ((_hexadecimal(raw), _hexadecimal(folded)) for raw, folded in rows)
        wanted = {*content_hashes}
        return {raw: folded for raw, folded in pairs if raw in wanted}


class ScannedTexts:
    """What a gate needs to know of all documents of a scan, not only of the duplicates.

    Filled by the scan that it is given to. Reference documents are left out.

    :ivar marks: ``uint64``, ``(n,)``
    :ivar sources: of each the file that it came from, an index into ``run.sources``, ``(n,)``
    :ivar folded: those whose texts hold a CR
    """

    def __init__(self) -> None:
        self.marks = np.empty(0, np.uint64)
        self.sources = np.empty(0, np.int32)
        self.folded = FoldedTexts(np.empty((0, 2), np.uint64), np.empty((0, 2), np.uint64))

    def take(
        self,
        hashes: NDArray[np.uint64],
        labels: Identities,
        rows: NDArray[np.int64],
        folded: NDArray[np.uint64],
        reference_count: int,
    ) -> None:
        """All documents, once their ids are unique.

        :param hashes: XXH3-128 of their texts, ``(n, 2)``
        :param rows: documents whose texts hold a CR
        :param folded: the hashes of these with LF alone
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
            self.marks[part] = mark_documents(hashes[documents], labels.ids(documents))
            self.sources[part] = labels.locators(documents)[:, 0]

    def beside(self, marks: Iterable[int]) -> Presence:
        """All but the documents of these marks."""
        return Presence(np.setdiff1d(self.marks, np.fromiter(marks, np.uint64)))


def _hexadecimal(halves: Sequence[int]) -> str:
    return f"{halves[0]:016x}{halves[1]:016x}"
