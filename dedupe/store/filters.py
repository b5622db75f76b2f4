"""The filters of every document: they rule out pairs before shingle hashes are read."""

from __future__ import annotations

from copy import copy
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.model.sketches import BITMAP_WORDS, SetFilters
from dedupe.store.columns import Column, Store
from dedupe.store.work_folder import WorkFolder

LOW_BYTES_STORE_BYTES: Final = 512 << 20
"""Low bytes of signatures that are kept in memory: those of 4 million documents at the defaults."""

BITMAP_STORE_BYTES: Final = 256 << 20
"""Bitmaps that are kept in memory: those of 4 million documents.

Beyond these limits the filters move to files, from which only those of documents in buckets are
read again.
"""


class FilterStore:
    """The filters of all documents (see :class:`dedupe.model.sketches.SetFilters`)."""

    def __init__(self, work: WorkFolder, num_perm: int) -> None:
        self._low_bytes = Store(work, np.uint8, num_perm, work.share(10, LOW_BYTES_STORE_BYTES))
        self._bitmaps = Store(work, np.uint64, BITMAP_WORDS, work.share(20, BITMAP_STORE_BYTES))
        self._distinct_counts = Column(np.int32)
        self._rows: NDArray[np.int64] | None = None

    def append(self, filters: SetFilters) -> None:
        """Add the filters of the next documents."""
        self._low_bytes.append(filters.low_bytes)
        self._bitmaps.append(filters.bitmaps)
        self._distinct_counts.extend(filters.distinct_counts)

    def take(self, documents: NDArray[np.int64]) -> SetFilters:
        """The filters of these documents, in this order."""
        documents = documents if self._rows is None else self._rows[documents]
        return SetFilters(
            self._low_bytes.take(documents),
            self._bitmaps.take(documents),
            self._distinct_counts.view.take(documents),
        )

    def numbered(self, rows: NDArray[np.int64]) -> FilterStore:
        """The same store, in which document *i* has the filters of row ``rows[i]``."""
        view = copy(self)
        view._rows = rows
        return view

    def __len__(self) -> int:
        return self._distinct_counts.count

    def most_shared(
        self, left: NDArray[np.int64], right: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """How many shingles pairs of documents share at most, and how many each of both has.

        A bit that one of two documents has alone stands for a shingle at least that the other has
        not. All three are 0 if a document has more shingles than are counted.
        """
        one, other = self._bitmaps.take(left), self._bitmaps.take(right)
        counts = self._distinct_counts.view
        left_count, right_count = (counts.take(each).astype(np.int64) for each in (left, right))
        is_known = (left_count > 0) & (right_count > 0)
        left_alone, right_alone = _count_bits(one & ~other), _count_bits(other & ~one)
        shared = np.minimum(left_count - left_alone, right_count - right_alone)
        return shared * is_known, left_count * is_known, right_count * is_known

    def close(self, keeps_sets: bool = False) -> None:
        """Give memory and disk back.

        :param keeps_sets: whether bitmaps and counts stay
        """
        self._low_bytes.close()
        if not keeps_sets:
            self._bitmaps.close()
            self._distinct_counts = Column(np.int32)


_BITS: Final = np.array([number.bit_count() for number in range(1 << 8)], np.uint8)


def _count_bits(bitmaps: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The bits that are set in each row."""
    if hasattr(np, "bitwise_count"):  # (since NumPy 2, and ten times faster)
        counted: NDArray[np.int64] = np.bitwise_count(bitmaps).sum(axis=1, dtype=np.int64)
        return counted
    result: NDArray[np.int64] = _BITS[bitmaps.view(np.uint8)].sum(axis=1, dtype=np.int64)
    return result
