"""The shingle hashes of every document."""

from __future__ import annotations

from copy import copy
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.store.columns import Column, Store
from dedupe.store.work_folder import WorkFolder

SHINGLE_STORE_BYTES: Final = 64 << 20
"""Shingle hashes that are kept in memory; with more they move to a file."""


class ShingleStore:
    """The shingle hashes of all documents, in text order and with repetitions."""

    def __init__(self, work: WorkFolder) -> None:
        self._hashes = Store(work, np.uint64, limit=work.share(16, SHINGLE_STORE_BYTES))
        self._begins, self._counts = Column(np.int64), Column(np.int32)

    def append(self, hashes: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
        """Add the hashes of the next documents, which stand end to end."""
        self._begins.extend(self._hashes.count + np.cumsum(counts) - counts)
        self._counts.extend(counts)
        self._hashes.append(hashes)

    def counts(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many hashes each of these documents has."""
        return self._counts.view[documents].astype(np.int64)

    def gather(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The hashes of these documents end to end, and their offsets (``(len + 1,)``)."""
        counts = self.counts(documents)
        hashes = self._hashes.gather(self._begins.view[documents], counts)
        return hashes, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def replaced(
        self, documents: NDArray[np.int64], hashes: NDArray[np.uint64], counts: NDArray[np.int64]
    ) -> ShingleStore:
        """A store in which these documents have these hashes; both keep them in one place."""
        changed = copy(self)
        begins, all_counts = self._begins.view.copy(), self._counts.view.copy()
        begins[documents] = self._hashes.count + np.cumsum(counts) - counts
        all_counts[documents] = counts
        self._hashes.append(hashes)
        changed._begins, changed._counts = Column(np.int64), Column(np.int32)
        changed._begins.extend(begins)
        changed._counts.extend(all_counts)
        return changed

    def close(self) -> None:
        """Give memory and disk back."""
        self._hashes.close()
        self._begins, self._counts = Column(np.int64), Column(np.int32)
