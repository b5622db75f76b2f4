"""Words of texts as columns, and what finds them at once (for differences)."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dedupe.model.stretches import Arranged, ArrangeLimits

OPENERS: Final = frozenset("([{<«‹“‘„‚「『（《〈【〔［｛")
"""Brackets and quotes that belong to the word after them."""


SENTENCE_SCORE: Final = 3
"""The lowest score of a cut at the end of a sentence or a line."""

LINE_SCORE: Final = 4
"""The score of a cut at the end of a line: the highest."""


class Break(IntEnum):
    """The separator between a word and the one before it."""

    GLUED = 0
    """nothing, or punctuation that holds the two together"""
    JOINT = 1
    """nothing, in a script without spaces: a line may break here"""
    SPACE = 2
    LINE = 3


class Chunk(NamedTuple):
    """The words of a chunk, which is text without white space, as columns of equal length.

    :param lead: punctuation before the first word; all of the chunk where it has no word
    :param surfaces: each word as it is written; ``""`` for one that the surface before it made too
    :param breaks: the separator before each word but the first
    """

    lead: str
    keys: tuple[int, ...]
    surfaces: tuple[str, ...]
    breaks: tuple[Break, ...]


class WordColumns(NamedTuple):
    """Words in order: for the columns see :class:`dedupe.diff.words.Words`.

    :param scores: how natural a cut before each word and at the end is
    :param compiled: the words as the compiled loops over two texts take them
    """

    keys: array[int]
    text: str
    starts: array[int]
    ends: array[int]
    breaks: bytes
    scores: bytes
    compiled: WrittenWords


class AnchorLimits(NamedTuple):
    """What two texts are aligned at; see ``dedupe.diff.align``."""

    anchor_size: int
    max_depth: int
    max_cells: int


class Anchored(NamedTuple):
    """Two texts as they are aligned at their anchors.

    :param blocks: equal words: first word in one text, in the other, and their number; no order
    :param gaps: words to be aligned one by one: first and end in one text, and in the other
    :param coarse_count: the number of gaps that are too large for that
    """

    blocks: list[list[int]]
    gaps: list[list[int]]
    coarse_count: int


class WrittenWords(Protocol):
    """The words of a text for the compiled loops over two texts.

    The other text must be of the same class.
    """

    def find_faint(self, other: Any, blocks: NDArray[np.int64]) -> bytes:
        """A mark for each word of the other text: 1 if it is in a block and looks different.

        :param blocks: a row for each: its first word here, that in the other text, and its size
        """

    def find_anchors(self, other: Any, limits: AnchorLimits) -> Anchored | None:
        """The alignment with another text at shingles; none for texts that are too long."""

    def arrange(
        self, other: Any, blocks: Sequence[Sequence[int]], limits: ArrangeLimits
    ) -> Arranged:
        """Clean the equal blocks of this text and another, and cut both into stretches.

        :param blocks: ascending; of each its first word here, that in the other text, and its size
        """


class WordFinder(Protocol):
    """Finds the words of whole texts, by compiled loops."""

    def find(
        self, text: str, cut: Callable[[str], Chunk], scores: NDArray[np.uint8]
    ) -> WordColumns:
        """The words of a text.

        :param cut: cuts the chunks that hold a character whose tokens depend on its neighbours
        :param scores: that of a cut behind each character, the last of them for all beyond
        """
