"""Rows in parts of bounded size, in memory or in the work folder."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.store.columns import Store
from dedupe.store.work_folder import WorkFolder

MOST_PARTS: Final = 128
"""The most parts of one table: each may be a file."""


class PartedRows:
    """A table of two columns (``uint64``) whose rows are appended to parts, and taken part by part.

    :param row_count: how many rows there will be, about
    :param part_bytes: how many bytes a part should have
    :param limit: bytes that all parts together keep in memory
    """

    def __init__(self, work: WorkFolder, row_count: int, part_bytes: int, limit: int) -> None:
        self.part_count = min(16 * row_count // max(part_bytes, 1) + 1, MOST_PARTS)
        least = max(limit // self.part_count, 1)
        self._stores = [Store(work, np.uint64, 2, least) for _ in range(self.part_count)]

    def append(self, parts: NDArray[np.int64], rows: NDArray[np.uint64]) -> None:
        """Add rows, each to its part; in a part they stay in the order of adding."""
        if self.part_count == 1:
            self._stores[0].append(rows)
            return
        # (Small numbers are sorted many times faster.)
        order = np.argsort(parts.astype(np.uint8), kind="stable")
        cuts = np.cumsum([0, *np.bincount(parts, minlength=self.part_count)]).tolist()
        for part in range(self.part_count):
            if cuts[part] < cuts[part + 1]:
                self._stores[part].append(rows[order[cuts[part] : cuts[part + 1]]])

    def take(self, part: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """The two columns of a part, which is given up by that."""
        first, second = self._stores[part].columns(0, 2)
        self._stores[part].close()
        return first, second

    def close(self) -> None:
        """Give memory and disk back."""
        for store in self._stores:
            store.close()
