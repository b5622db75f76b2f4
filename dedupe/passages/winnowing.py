"""Fingerprints of texts by winnowing: the least shingle hash of every window of shingles.

Two texts that share a run of as many shingles as a window has share the fingerprint of that window.
(Schleimer, Wilkerson, Aiken: Winnowing: Local Algorithms for Document Fingerprinting, 2003.)
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

WINDOWS_AT_ONCE: Final = 1 << 15
"""Windows whose least hashes are found together: so few that they stay in the processor's cache."""

MOST_SHINGLES: Final = 1 << 15
"""The longest window: with the windows of one block it has no more positions than 16 bits."""

_POSITION_BITS: Final = np.uint64(0xFFFF)


class Fingerprints(msgspec.Struct, frozen=True):
    """The fingerprints of some texts, in text order.

    :param keys: ``uint64``: the upper 48 bits of the least hash; the lower bits are 0
    :param texts: ``int64``: the text of each
    :param positions: ``int64``: where it stands among all the hashes; of equal ones in a window the
        last. So windows of equal shingles have their fingerprint at the same place
    """

    keys: NDArray[np.uint64]
    texts: NDArray[np.int64]
    positions: NDArray[np.int64]

    def distinct(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Keys and texts of the fingerprints, each key once for each text, text after text."""
        order = np.lexsort((self.keys, self.texts))
        keys, texts = self.keys[order], self.texts[order]
        is_first = np.ones(len(keys), bool)
        is_first[1:] = (keys[1:] != keys[:-1]) | (texts[1:] != texts[:-1])
        return keys[is_first], texts[is_first]


def winnow(hashes: NDArray[np.uint64], offsets: NDArray[np.int64], window: int) -> Fingerprints:
    """The fingerprints of texts; one of fewer shingles than a window has none.

    :param hashes: shingle hashes of all texts end to end, in text order, with repetitions
    :param offsets: ``(n + 1,)``: where each text begins, and where the last ends
    :param window: shingles in a window, from 1 to ``MOST_SHINGLES``
    """
    ends = np.repeat(offsets[1:], np.diff(offsets))
    count = len(hashes) - window + 1
    begins = range(0, max(count, 0), WINDOWS_AT_ONCE)
    found = [_winnow_block(hashes, ends, begin, min(begin + WINDOWS_AT_ONCE, count), window)
             for begin in begins]  # fmt: skip
    keys = np.concatenate([np.empty(0, np.uint64), *(each[0] for each in found)])
    positions = np.concatenate([np.empty(0, np.int64), *(each[1] for each in found)])
    # The least hashes of the windows of a text never go backwards; two blocks may have one twice.
    is_new = np.diff(positions, prepend=-1) != 0
    keys, positions = keys[is_new], positions[is_new]
    return Fingerprints(keys, np.searchsorted(offsets, positions, "right") - 1, positions)


def _winnow_block(
    hashes: NDArray[np.uint64], ends: NDArray[np.int64], begin: int, end: int, window: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Keys and positions of the fingerprints of the windows that begin at ``begin:end``.

    The lower bits of each hash make room for its position, counted backwards: so the least value
    of a window is that of the last of its least hashes.
    """
    packed = hashes[begin : end + window - 1] & ~_POSITION_BITS
    packed |= _POSITION_BITS - np.arange(len(packed), dtype=np.uint64)
    least = _slide_minimum(packed, window)
    starts = np.arange(begin, end)
    is_chosen = ends[begin:end] - starts >= window
    # The window before it may be of another text, and then its least hash is another as well.
    is_chosen[1:] &= (least[1:] != least[:-1]) | ~is_chosen[:-1]
    chosen = least[is_chosen]
    positions = begin + (_POSITION_BITS - (chosen & _POSITION_BITS)).astype(np.int64)
    return chosen & ~_POSITION_BITS, positions


def _slide_minimum(values: NDArray[np.uint64], window: int) -> NDArray[np.uint64]:
    """The least value of each window, ``(len(values) - window + 1,)``: windows are doubled."""
    width = 1
    while 2 * width <= window:
        values = np.minimum(values[:-width], values[width:])
        width *= 2
    rest = window - width
    return np.minimum(values[:-rest], values[rest:]) if rest else values
