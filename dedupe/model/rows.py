"""What a compiled writer of rows takes and gives (for differences in HTML)."""

from __future__ import annotations

from array import array
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dedupe.model.characters import WrittenWords

MARKUP: Final = 1
"""Marks of characters: it has a meaning in HTML, …"""
HIDDEN: Final = 2
"""… it cannot be seen and is labelled with its number, …"""
BLANK: Final = 4
"""… it cannot be seen, is frequent and gets a tick, …"""
COMBINING: Final = 8
"""… or it combines with the character before it, whatever else it is."""


class RowLimits(NamedTuple):
    """Limits on what is shown, and where it is folded and cut into rows."""

    context: int
    least_fold: int
    long_row: int
    shown_places: int
    shown_change_words: int
    word_size: int


class StretchColumns(NamedTuple):
    """The stretches of a difference, in order, with what is written at them.

    :param kinds: as those of :class:`~dedupe.model.stretches.Stretches`
    :param spans: likewise; of which the first four values of a row are used
    :param notes: HTML behind the words of changes, joined
    :param note_ends: of each the end of its note
    :param faint: a mark for each word of the right text: 1 if it looks different; may be empty
    :param fold_at: the stretch from which on all is folded; -1 if what is far from changes is
    """

    kinds: bytes
    spans: NDArray[np.int64]
    notes: bytes
    note_ends: array[int]
    faint: bytes
    fold_at: int = -1


class RowWriter(Protocol):
    """Writes the rows of differences as HTML, by compiled loops."""

    def write(
        self, left: WrittenWords, right: WrittenWords, stretches: StretchColumns
    ) -> list[tuple[int, bytes]]:
        """Rows: the number of words that are folded (0: they are shown), and their HTML.

        :param left: the words of the left text
        """


Marks = NDArray[np.uint8]
"""The marks of each character, by its code point."""
