"""A text as words: tokens with the punctuation around them.

Two words have equal keys exactly if their tokens are equal, so a diff agrees with the sketch.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.model.characters import SENTENCE_SCORE, Break, WordColumns, WrittenWords

__all__ = ["SEPARATORS", "Break", "Words"]

SEPARATORS: Final = ("", "", " ", "\n")
"""What is written before a word, by the numbers of :class:`Break`."""


class Words:
    """A text as *n* words, one for each token.

    :ivar keys: equal numbers are equal tokens, also across texts of one :class:`Vocabulary`
    :ivar text: all words as they are written, with ``SEPARATORS`` between them. If one character
        makes several tokens (½), the first of them is written as it, the others are empty.
    :ivar starts: where each word starts in ``text``
    :ivar ends: where each word ends in ``text``
    :ivar breaks: the separator before each word, as a number of :class:`Break`
    :ivar scores: how natural a cut before each word, and at the end, is (``boundaries.py``)
    :ivar compiled: the same for the compiled loops over two texts; none if there are none, or if
        the text is short
    """

    def __init__(
        self,
        keys: array[int],
        text: str,
        starts: array[int],
        ends: array[int],
        breaks: bytes,
        scores: bytes,
        compiled: WrittenWords | None = None,
    ) -> None:
        self.keys = keys
        self.text = text
        self.starts = starts
        self.ends = ends
        self.breaks = breaks
        self.scores = scores
        self.compiled = compiled

    @classmethod
    def of_columns(cls, found: WordColumns) -> Words:
        """The words that a finder found."""
        return cls(*found)

    def _lengths(self) -> NDArray[np.int64]:
        return np.frombuffer(self.ends, np.int64) - np.frombuffer(self.starts, np.int64)

    def __len__(self) -> int:
        return len(self.keys)

    def surface(self, index: int) -> str:
        """The word at this position as it is written, without white space around it."""
        return self.text[self.starts[index] : self.ends[index]]

    def surfaces(self, span: range) -> list[str]:
        """These words as they are written."""
        part = slice(span.start, span.stop)
        bounds = zip(self.starts[part], self.ends[part], strict=True)
        return [self.text[start:end] for start, end in bounds]

    def written(self, span: range) -> str:
        """These words with the separators between them."""
        if not span:
            return ""
        text = self.text[self.starts[span.start] : self.ends[span.stop - 1]]
        return text.lstrip(" \n")  # which stands behind words without a surface

    @cached_property
    def longest(self) -> int:
        """The characters of the longest word."""
        return int(self._lengths().max(initial=0))

    @cached_property
    def empty(self) -> list[int]:
        """The words that are written as nothing, ascending."""
        positions: list[int] = np.flatnonzero(self._lengths() == 0).tolist()
        return positions

    def has_empty(self, start: int, stop: int) -> bool:
        """Whether one of these words is written as nothing."""
        if not self.empty:
            return False
        return bisect_left(self.empty, start) < bisect_left(self.empty, stop)

    @cached_property
    def sentences(self) -> list[int]:
        """The words before which a sentence ends or a line, and the end."""
        scores = np.frombuffer(self.scores, np.uint8)
        positions: list[int] = np.flatnonzero(scores >= SENTENCE_SCORE).tolist()
        return positions

    @cached_property
    def flat(self) -> str:
        """The text with spaces in place of line feeds."""
        return self.text.replace("\n", " ")
