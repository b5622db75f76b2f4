"""Where tokens stand in a text as it was written: exactly in ASCII, else between separators."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.sketch.plain.tokens import tokenize_text

SEPARATORS: Final = r"\s.,;:!?()«»‐-―‘-‟•…。，、！？；：（）"
"""Some characters that no token holds, as in a class of a regular expression.

Those that stand in much text besides ASCII are among them.
"""

_CHUNK: Final = re.compile(f"[^{SEPARATORS}]+")

_ASCII_TOKEN: Final = re.compile("[0-9A-Za-z_]+")
"""A token of a text that is ASCII alone, where no character changes the tokens around it."""

REMEMBERED_CHARACTERS: Final = 32
"""The longest word whose tokens are remembered."""


def find_tokens(text: str, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where tokens of a text stand, in characters.

    A text is cut at ``SEPARATORS`` into chunks. In a chunk of ASCII alone a token is a run of
    letters, digits and underscores; where the tokens of others stand must be looked for.

    :param tokens: numbers of tokens, ascending
    :returns: ``(n, 3)``, for each: its begin and end, and -1; or begin and end of its chunk, and
        which of the tokens of that it is. Three times -1 where the text has fewer tokens
    """
    places = np.full((len(tokens), 3), -1, np.int64)
    wanted, row, count = tokens.tolist(), 0, 0
    for chunk in _CHUNK.finditer(text):
        if row == len(wanted):
            break
        found = _find_in_chunk(*chunk.span(), chunk[0])
        while row < len(wanted) and wanted[row] < count + len(found):
            places[row] = found[wanted[row] - count]
            row += 1
        count += len(found)
    return places


def _find_in_chunk(begin: int, end: int, chunk: str) -> list[tuple[int, int, int]]:
    if chunk.isascii():
        spans = (each.span() for each in _ASCII_TOKEN.finditer(chunk))
        return [(begin + first, begin + behind, -1) for first, behind in spans]
    tokens = (
        _remember_tokens(chunk) if len(chunk) <= REMEMBERED_CHARACTERS else tokenize_text(chunk)
    )
    return [(begin, end, own) for own in range(len(tokens))]


@lru_cache(maxsize=1 << 14)
def _remember_tokens(chunk: str) -> list[str]:
    """The tokens of a word, most of which occur often."""
    return tokenize_text(chunk)
