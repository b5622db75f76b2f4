"""What rules out pairs of documents without their shingle hashes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.model.sketches import BITMAP_WORDS, SetFilters
from dedupe.store.columns import Column, Store
from dedupe.store.work_folder import WorkFolder

BYTE_STORE_BYTES: Final = 512 << 20

BITMAP_STORE_BYTES: Final = 256 << 20
"""What is kept in memory of shingle hashes, low bytes of signatures, and bitmaps.

More goes into files: at the default settings filters of over 4 million documents, which only the
documents in buckets are asked for.
"""


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
