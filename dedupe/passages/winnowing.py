"""Fingerprints of texts by winnowing: the least shingle hash of every window of shingles.

Two texts that share a run of as many shingles as a window has share the fingerprint of that window.
(Schleimer, Wilkerson, Aiken: Winnowing: Local Algorithms for Document Fingerprinting, 2003.)
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.kernels import Kernels

_KEY_BITS: Final = np.uint64(0xFFFFFFFFFFFF0000)


class Fingerprints(msgspec.Struct, frozen=True):
    """The fingerprints of some texts, in text order.

    :param keys: ``uint64``: the upper 48 bits of the least hash; the lower bits are 0
    :param positions: ``int64``: where it stands among all the hashes; of equal ones in a window the
        last. So windows of equal shingles have their fingerprint at the same place
    :param offsets: ``(n + 1,)``: where those of each text begin, and where the last end
    """

    keys: NDArray[np.uint64]
    positions: NDArray[np.int64]
    offsets: NDArray[np.int64]

    @property
    def texts(self) -> NDArray[np.int64]:
        """``int64``: the text of each."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def distinct(self, kernels: Kernels) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The keys, each once for each text, text after text; and how many each text has."""
        keys, offsets = kernels.sort_unique(self.keys, self.offsets)
        return keys, np.diff(offsets)


def winnow(
    kernels: Kernels, hashes: NDArray[np.uint64], offsets: NDArray[np.int64], window: int
) -> Fingerprints:
    """The fingerprints of texts; one of fewer shingles than a window has none.

    :param hashes: shingle hashes of all texts end to end, in text order, with repetitions
    :param offsets: ``(n + 1,)``: where each text begins, and where the last ends
    :param window: shingles in a window, at least 1
    """
    positions, position_offsets = kernels.winnow(hashes, offsets, window)
    return Fingerprints(hashes[positions] & _KEY_BITS, positions, position_offsets)
