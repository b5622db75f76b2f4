"""The words of a text for the compiled loops over two texts, which differences are made of."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dedupe.model.characters import Anchored, AnchorLimits
from dedupe.model.stretches import Arranged, ArrangeLimits, Stretches
from dedupe.sketch import _kernels  # type: ignore[attr-defined]
from dedupe.sketch.contracts import check_returned

MOST_WORDS: Final = 1 << 17
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
        self.words: Any = _kernels.WrittenWords(keys, code_points, starts, ends, breaks, scores)
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

    def arrange(
        self, other: CompiledWords, blocks: Sequence[Sequence[int]], limits: ArrangeLimits
    ) -> Arranged:
        left, right = self.words.count, other.words.count
        room, words = max(left, right) + 1, left + right
        rows = np.empty((len(blocks) + 4, 3), np.int64)
        if blocks:
            rows[2:-2] = blocks
        hashes, places = np.empty((4, room), np.uint64), np.empty((5, room), np.int64)
        marks, taken = np.empty((2, room, 4), np.int64), np.empty(right, np.uint8)
        kinds, spans = np.empty(words, np.uint8), np.empty((words, 8), np.int64)
        faint = bytearray(right)
        count = _kernels.Arranger(*limits).arrange(
            self.words, other.words, rows, hashes, places, marks, taken, kinds, spans, faint
        )
        check_returned("stretches", count, words)
        return Arranged(Stretches(kinds[:count].tobytes(), spans[:count].copy()), bytes(faint))
