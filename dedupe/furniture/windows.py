"""Windows: the passages of fixed length of which furniture is made, as hashes."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

WINDOW_TOKENS: Final = 15
"""The least tokens of a passage that counts as furniture.

Measured: at 10 tokens every Chinese news item has such a passage (phrases of its language), and 4
of 10 press releases have one; at 15 it is 6 of 10 of the former and 15 % of the latter.
"""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)

_TABLE_BITS: Final = 20


class WindowShape(msgspec.Struct, frozen=True):
    """How many tokens a window has, and which shingles cover it.

    :param steps: where these shingles begin, counted from the first token of the window
    """

    shingle_size: int
    token_count: int
    steps: tuple[int, ...]

    @classmethod
    def of(cls, shingle_size: int) -> WindowShape:
        """The shape for shingles of this size: a window is no shorter than a shingle."""
        last = max(WINDOW_TOKENS - shingle_size, 0)
        return cls(shingle_size, last + shingle_size, (*range(0, last, shingle_size), last))


def hash_windows(
    shape: WindowShape, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The window that begins at each shingle, and the positions of those that are whole.

    :param hashes: shingle hashes of documents, end to end, in text order
    :param offsets: where each document begins among them, ``(n + 1,)``
    """
    windows = np.zeros(len(hashes), np.uint64)
    for step in shape.steps:
        windows[: max(len(hashes) - step, 0)] ^= hashes[step:]
        windows *= _FACTOR
        windows ^= windows >> np.uint64(29)
    is_whole = np.ones(len(hashes), bool)
    # The last shingles of a document begin no window; nor do any of a document of few tokens.
    counts = np.diff(offsets)
    cut = np.minimum(counts, shape.steps[-1])
    is_whole[_ranges(offsets[1:] - cut, cut)] = False
    return windows, np.flatnonzero(is_whole)


def _ranges(begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    ends = np.cumsum(sizes)
    return np.repeat(begins - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


class WindowSet(msgspec.Struct, frozen=True, dict=True):
    """Windows that are furniture.

    :param keys: ascending: a window's hash, or, for one of a site, that mixed with the site's key
    :param unit_counts: ``int64``: in how many units (clusters and single documents) each stands
    :param of_site: ``bool``: whether it is furniture of one site only
    """

    keys: NDArray[np.uint64]
    unit_counts: NDArray[np.int64]
    of_site: NDArray[np.bool_]

    def __post_init__(self) -> None:
        table = np.zeros(1 << _TABLE_BITS, bool)
        table[self.keys >> np.uint64(64 - _TABLE_BITS)] = True
        self.__dict__["_table"] = table

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def empty(cls) -> WindowSet:
        return cls(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, bool))

    def joined(self, other: WindowSet) -> WindowSet:
        """The windows of both."""
        keys = np.concatenate([self.keys, other.keys])
        order = np.argsort(keys, kind="stable")
        counts = np.concatenate([self.unit_counts, other.unit_counts])
        of_site = np.concatenate([self.of_site, other.of_site])
        return WindowSet(keys[order], counts[order], of_site[order])

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The number of each window in this set; -1 where it is not in it."""
        found = np.full(len(keys), -1, np.int64)
        # Nearly all windows are ruled out by a table of their leading bits.
        table: NDArray[np.bool_] = self.__dict__["_table"]
        likely = np.flatnonzero(table[keys >> np.uint64(64 - _TABLE_BITS)])
        if len(likely):
            at = np.minimum(np.searchsorted(self.keys, keys[likely]), len(self.keys) - 1)
            is_found = self.keys[at] == keys[likely]
            found[likely[is_found]] = at[is_found]
        return found
