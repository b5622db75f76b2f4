"""Words of whole texts by the compiled kernels: what ``dedupe.diff`` finds chunk by chunk."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dedupe.model.characters import LINE_SCORE, Break, Chunk, WordColumns
from dedupe.sketch import _kernels  # type: ignore[attr-defined]
from dedupe.sketch.characters import load_characters
from dedupe.sketch.contracts import check_returned
from dedupe.sketch.written_words import CompiledWords

_CODEC: Final = f"utf-32-{sys.byteorder[0]}e"

_SPACE: Final = int(Break.SPACE)  # NumPy compares with a plain number much faster

# Positions in the state of the kernel.
_AT, _LENGTH, _COUNT, _BEFORE, _LEAD, _LEAD_BREAK, _CHUNK, _CHUNK_BREAK = range(8)


class CompiledWordFinder:
    """:class:`~dedupe.model.characters.WordFinder` by the compiled kernels."""

    def find(
        self, text: str, cut: Callable[[str], Chunk], scores: NDArray[np.uint8]
    ) -> WordColumns:
        search = _Search(text)
        while search.go_on():
            search.add_chunk(cut(search.chunk()))
        return search.result(scores)


class _Search:
    """One run of the kernel over one text, which stops at chunks that the caller cuts."""

    def __init__(self, text: str) -> None:
        self._text = _code_points(text)
        size = len(self._text)
        self._output = np.empty(size, np.uint32)
        self._spelled = np.empty(size, np.uint32)
        self._starts = np.empty(size, np.int64)
        self._breaks = np.empty(size, np.uint8)
        self._keys = np.empty(size, np.uint64)
        self._state = np.array([0, 0, 0, 0, -1, 0, 0, 0], np.int64)
        self._empty: list[int] = []

    def go_on(self) -> bool:
        """Find words up to the next chunk that is to be cut; return whether there is one."""
        kinds, normalised = load_characters()
        stopped: bool = _kernels.find_words(
            self._text, kinds, normalised, self._state, self._output, self._spelled,
            self._starts, self._breaks, self._keys,
        )  # fmt: skip
        check_returned("characters", int(self._state[_LENGTH]), len(self._output))
        check_returned("words", int(self._state[_COUNT]), len(self._starts))
        return stopped

    def chunk(self) -> str:
        return _decode(self._output[self._state[_CHUNK] : self._state[_LENGTH]])

    def add_chunk(self, chunk: Chunk) -> None:
        """Add the words of the chunk at which the kernel stopped."""
        state = self._state
        count, size = int(state[_COUNT]), len(chunk.keys)
        if not size:
            if state[_LEAD] < 0 and (state[_CHUNK_BREAK] == Break.LINE or count == 0):
                state[_LEAD], state[_LEAD_BREAK] = state[_CHUNK], state[_CHUNK_BREAK]
            return
        self._make_room(count + size + len(self._text) - int(state[_AT]))
        surfaces = [chunk.lead + chunk.surfaces[0], *chunk.surfaces[1:]]
        words = slice(count, count + size)
        self._starts[words] = state[_CHUNK] + np.cumsum([0, *map(len, surfaces[:-1])])
        self._breaks[words] = (state[_CHUNK_BREAK], *chunk.breaks)
        self._keys[words] = chunk.keys
        if state[_LEAD] >= 0:
            self._starts[count], self._breaks[count] = state[_LEAD], state[_LEAD_BREAK]
            state[_LEAD] = -1
        self._empty += [count + at for at, surface in enumerate(surfaces) if not surface]
        state[_COUNT] += size

    def _make_room(self, size: int) -> None:
        """Let the columns have room for so many words: a character may make several."""
        if size > len(self._starts):
            columns = (self._starts, self._breaks, self._keys)
            more = 2 * size - len(self._starts)
            self._starts, self._breaks, self._keys = (
                np.concatenate([column, np.empty(more, column.dtype)]) for column in columns
            )

    def result(self, scores: NDArray[np.uint8]) -> WordColumns:
        count, length = int(self._state[_COUNT]), int(self._state[_LENGTH])
        starts, breaks = self._starts[:count], self._breaks[:count]
        ends = np.empty(count, np.int64)
        np.subtract(starts[1:], breaks[1:] >= _SPACE, out=ends[:-1])
        ends[-1:] = length
        for index in reversed(self._empty):  # they stand behind what belongs to the word before
            starts[index] = ends[index - 1] = ends[index]
        found = np.empty(count + 1, np.uint8)
        found[0] = found[-1] = LINE_SCORE
        _kernels.score_cuts(self._output, scores, starts, ends, breaks, found)
        code_points = self._output[: length if count else 0]
        columns = (
            _array("q", starts), _array("q", ends), breaks.tobytes(), found.tobytes()
        )  # fmt: skip
        keys = _array("Q", self._keys[:count])
        compiled = CompiledWords(keys, code_points, *columns)
        return WordColumns(keys, _decode(code_points), *columns, compiled)


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode(_CODEC, "surrogatepass"), np.uint32)


def _array(typecode: Literal["q", "Q"], values: NDArray[Any]) -> array[int]:
    column = array(typecode)
    column.frombytes(values.tobytes())
    return column


def _decode(code_points: NDArray[np.uint32]) -> str:
    return code_points.tobytes().decode(_CODEC, "surrogatepass")
