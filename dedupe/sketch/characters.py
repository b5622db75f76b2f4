"""What single characters become in tokens, from the token table."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe.model.characters import OPENERS
from dedupe.sketch.token_table import (
    CLASS_MASK,
    CODE_POINT_COUNT,
    CODE_POINT_MASK,
    COMBINES,
    DROPPED,
    MARK,
    MULTIPLE,
    SEPARATOR,
    UNSPACED,
    WORD,
    load_table,
)


class CharacterKind(IntEnum):
    """What a character is in words, if only itself decides that."""

    SEPARATOR = 0
    LETTER = 1
    """part of a token that may have several letters"""
    UNSPACED = 2
    """a token by itself, in a script without spaces"""
    OTHER = 3
    """what becomes of it depends on the characters around it, or it becomes several"""
    OPENER = 4
    """a separator that belongs to the word after it"""
    SPACE = 5
    """white space"""
    LINE = 6
    """white space that ends a line"""


class Characters(NamedTuple):
    """What every character is, by code point.

    :param kinds: numbers of :class:`CharacterKind`
    :param normalised: the code points that letters and unspaced characters become
    """

    kinds: NDArray[np.uint8]
    normalised: NDArray[np.uint32]


_KIND_OF_CLASS: Final = {
    SEPARATOR: CharacterKind.SEPARATOR,
    WORD: CharacterKind.LETTER,
    MARK: CharacterKind.OTHER,
    UNSPACED: CharacterKind.UNSPACED,
}
_HIGHEST_SPACE: Final = 0x3000


@cache
def load_characters() -> Characters:
    """The kinds of all characters, and what those become that are one character in tokens."""
    table = load_table()
    entries = table.expand("entries")
    by_class = np.array([_KIND_OF_CLASS[number] for number in range(4)], np.uint8)
    kinds = by_class[entries & np.uint32(CLASS_MASK)]
    flags = entries & np.uint32(COMBINES | DROPPED | MULTIPLE)
    kinds[flags != 0] = CharacterKind.OTHER
    several = np.flatnonzero(flags == MULTIPLE)
    kinds[several[_separate(entries[several], table.sections["pool"])]] = CharacterKind.SEPARATOR
    kinds[[*map(ord, OPENERS)]] = CharacterKind.OPENER
    for character in map(chr, range(_HIGHEST_SPACE + 1)):
        if character.isspace():
            ends_line = len(f"{character}a".splitlines()) > 1
            kinds[ord(character)] = CharacterKind.LINE if ends_line else CharacterKind.SPACE
    code_points = np.arange(CODE_POINT_COUNT, dtype=np.uint32)
    normalised = (code_points + (entries >> np.uint32(8))) & np.uint32(CODE_POINT_MASK)
    return Characters(kinds, normalised)


def _separate(entries: NDArray[np.uint32], pool: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether all that each of these characters becomes is separators (as of an ellipsis)."""
    others = np.cumsum(np.append(0, pool & np.uint32(CLASS_MASK) != SEPARATOR))
    starts, counts = entries >> np.uint32(16), entries >> np.uint32(8) & np.uint32(0xFF)
    return np.asarray(others[starts + counts] == others[starts])
