"""Rows of differences as HTML by the compiled kernels: what ``renderers/html`` writes in Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.model.rows import RowLimits, StretchColumns
from dedupe.sketch import _kernels  # type: ignore[attr-defined]
from dedupe.sketch.contracts import check_returned

_BYTES_OF_WORD = 32


class CompiledRowWriter:
    """:class:`~dedupe.model.rows.RowWriter` by the compiled kernels."""

    def __init__(self, marks: NDArray[np.uint8], limits: RowLimits) -> None:
        self._writer = _kernels.RowWriter(marks, *limits)

    def write(self, left: Any, right: Any, stretches: StretchColumns) -> list[tuple[int, bytes]]:
        left, right = left.words, right.words
        items = np.empty((2 * len(stretches.kinds) + 1, 2), np.int64)
        output = np.empty(_BYTES_OF_WORD * (left.count + right.count), np.uint8)
        count, size = self._writer.write(left, right, *stretches, output, items)
        if size > len(output):
            output = np.empty(size, np.uint8)
            count, size = self._writer.write(left, right, *stretches, output, items)
        check_returned("bytes of rows", size, len(output))
        check_returned("items", count, len(items))
        return [*_cut_items(items[:count].tolist(), output[:size].tobytes())]


def _cut_items(items: list[list[int]], output: bytes) -> Iterator[tuple[int, bytes]]:
    begin = 0
    for word_count, end in items:
        yield word_count, output[begin:end]
        begin = end
