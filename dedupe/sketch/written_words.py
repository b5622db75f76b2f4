"""The words of a text for the compiled loops over two texts, which differences are made of."""

from __future__ import annotations

from array import array
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dedupe.model.characters import Anchored, AnchorLimits
from dedupe.sketch import _kernels  # type: ignore[attr-defined]
from dedupe.sketch.contracts import check_returned

MOST_WORDS: Final = 1 << 15
"""Words of two texts up to which their shingles are sorted here; NumPy is as quick for more."""


class CompiledWords:
    """:class:`~dedupe.model.characters.WrittenWords` by the compiled kernels.

    :ivar words: what the kernels take
    """

    def __init__(
        self,
        keys: array[int],
        code_points: NDArray[np.uint32],
        starts: array[int],
        ends: array[int],
        breaks: bytes,
        scores: bytes,
    ) -> None:
        self.words: Any = _kernels.WrittenWords(code_points, starts, ends, breaks, scores)
        self._keys = keys

    def find_faint(self, other: CompiledWords, blocks: NDArray[np.int64]) -> bytes:
        faint = bytearray(other.words.count)
        self.words.find_faint(other.words, blocks, faint)
        return bytes(faint)

    def find_anchors(self, other: CompiledWords, limits: AnchorLimits) -> Anchored | None:
        size = len(self._keys) + len(other._keys)
        if size > MOST_WORDS:
            return None
        aligner = _kernels.Aligner(self._keys, other._keys, *limits)
        hashes = np.empty((4, size + 1), np.uint64)
        places, waiting = np.empty((5, size + 1), np.int64), np.empty((size + 1, 5), np.int64)
        blocks, gaps = np.empty((size + 1, 3), np.int64), np.empty((size + 1, 4), np.int64)
        block_count, gap_count, coarse = aligner.align(hashes, places, waiting, blocks, gaps)
        check_returned("blocks", block_count, size)
        check_returned("gaps", gap_count, size)
        return Anchored(blocks[:block_count].tolist(), gaps[:gap_count].tolist(), coarse)
