"""Good positions to cut a text: at lines and sentences, never inside a written word."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.diff.words import Words
from dedupe.model.characters import LINE_SCORE, SENTENCE_SCORE, Break

_SENTENCE_ENDS: Final = frozenset(".!?…。！？｡।؟។။")
_CLAUSE_ENDS: Final = frozenset(",;:，；：、،")
_CLOSERS: Final = "\"'”’»)]」』）】› "
_JOINERS: Final = frozenset("'’ʼ-‐‑")
_CLOSER: Final = 0
_BEYOND: Final = 0xFFFF
"""Stands for all characters from it on, of which none ends a sentence."""

__all__ = ["SENTENCE_SCORE", "boundary_score", "score_cuts", "score_table", "splits_word"]


def score_cuts(text: str, starts: array[int], ends: array[int], breaks: Sequence[int]) -> bytes:
    """How natural a cut before each word and at the end is, from 0 (inside a word) to 4.

    1 is between words, 2 between clauses, 3 (``SENTENCE_SCORE``) between sentences, 4
    (``LINE_SCORE``) between lines.
    """
    scores = bytearray([LINE_SCORE]) * (len(breaks) + 1)
    for position in range(1, len(breaks)):
        if breaks[position] == Break.GLUED:
            scores[position] = 0
        elif breaks[position] != Break.LINE:
            scores[position] = _score_end(text[starts[position - 1] : ends[position - 1]])
    return bytes(scores)


@lru_cache(maxsize=1 << 14)
def _score_end(surface: str) -> int:
    """How natural a cut behind this word is, where white space follows."""
    end = surface.rstrip(_CLOSERS)[-1:]
    if end in _SENTENCE_ENDS:
        return SENTENCE_SCORE
    return 2 if end in _CLAUSE_ENDS else 1


@cache
def score_table() -> NDArray[np.uint8]:
    """For each character the score of a cut behind it; ``_CLOSER``: that of the one before it."""
    scores = np.ones(_BEYOND + 1, np.uint8)
    scores[[*map(ord, _SENTENCE_ENDS)]] = SENTENCE_SCORE
    scores[[*map(ord, _CLAUSE_ENDS)]] = 2
    scores[[*map(ord, _CLOSERS)]] = _CLOSER
    return scores


def boundary_score(words: Words, position: int) -> int:
    """The score of a cut before this word; see :func:`score_cuts`."""
    return words.scores[position]


def splits_word(words: Words, position: int) -> bool:
    """Whether a cut before this word would split a word as it is written."""
    if position == 0 or position == len(words):
        return False
    if words.starts[position] == words.ends[position]:
        return True
    if words.breaks[position] != Break.GLUED:
        return False
    last = words.surface(position - 1)[-1:]
    return last in _JOINERS or last.isalnum()
