"""What candidate pairs are compared by: shingle hashes, and what rules pairs out without them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.model import BITMAP_WORDS, SetFilters
from dedupe.store import Column, Store, WorkFolder

SHINGLE_STORE_BYTES: Final = 64 << 20
BYTE_STORE_BYTES: Final = 512 << 20
BITMAP_STORE_BYTES: Final = 256 << 20
"""What is kept in memory of shingle hashes, low bytes of signatures, and bitmaps.

More goes into files: at the default settings filters of over 4 million documents, which only the
documents in buckets are asked for.
"""


class ShingleStore:
    """The shingle hashes of all documents, in text order and with repetitions."""

    def __init__(self, work: WorkFolder) -> None:
        self._hashes = Store(work, np.uint64, limit=work.share(16, SHINGLE_STORE_BYTES))
        self._begins, self._counts = Column(np.int64), Column(np.int32)

    def append(self, hashes: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
        """Add those of the next documents, end to end."""
        self._begins.extend(self._hashes.count + np.cumsum(counts) - counts)
        self._counts.extend(counts)
        self._hashes.append(hashes)

    def counts(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many each of these documents has."""
        return self._counts.view[documents].astype(np.int64)

    def gather(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The hashes of these documents end to end, and their offsets (``(len + 1,)``)."""
        counts = self.counts(documents)
        hashes = self._hashes.segments(self._begins.view[documents], counts)
        return hashes, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def close(self) -> None:
        """Give memory and disk back."""
        self._hashes.close()
        self._begins, self._counts = Column(np.int64), Column(np.int32)


class FilterStore:
    """What rules out pairs of documents before their shingles are read."""

    def __init__(self, work: WorkFolder, num_perm: int) -> None:
        self._low_bytes = Store(work, np.uint8, num_perm, work.share(10, BYTE_STORE_BYTES))
        self._bitmaps = Store(work, np.uint64, BITMAP_WORDS, work.share(20, BITMAP_STORE_BYTES))
        self._distinct_counts = Column(np.int32)

    def append(self, filters: SetFilters) -> None:
        """Add those of the next documents."""
        self._low_bytes.append(filters.low_bytes)
        self._bitmaps.append(filters.bitmaps)
        self._distinct_counts.extend(filters.distinct_counts)

    def take(self, documents: NDArray[np.int64]) -> SetFilters:
        """Those of these documents."""
        return SetFilters(
            self._low_bytes.take(documents),
            self._bitmaps.take(documents),
            self._distinct_counts.view.take(documents),
        )

    def close(self) -> None:
        """Give memory and disk back."""
        self._low_bytes.close()
        self._bitmaps.close()
        self._distinct_counts = Column(np.int32)
