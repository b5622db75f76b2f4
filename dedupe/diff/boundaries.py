"""Good positions to cut a text: at lines and sentences, never inside a written word."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.diff.words import Words
from dedupe.model.characters import LINE_SCORE, Break

SENTENCE_SCORE: Final = 3
"""The lowest score of a cut at the end of a sentence or a line."""

_SENTENCE_ENDS: Final = frozenset(".!?…。！？｡।؟។။")
_CLAUSE_ENDS: Final = frozenset(",;:，；：、،")
_CLOSERS: Final = "\"'”’»)]」』）】› "
_JOINERS: Final = frozenset("'’ʼ-‐‑")
_CLOSER: Final = 0
_BEYOND: Final = 0xFFFF
"""Stands for all characters from it on, of which none ends a sentence."""


def score_cuts(words: Words) -> bytes:
    """How natural a cut before each word and at the end is, from 0 (inside a word) to 4.

    1 is between words, 2 between clauses, 3 (``SENTENCE_SCORE``) between sentences, 4
    (``LINE_SCORE``) between lines.
    """
    breaks = np.frombuffer(words.breaks, np.uint8)
    scores = np.full(len(breaks) + 1, LINE_SCORE, np.uint8)
    if len(breaks) > 1:
        inner = _score_ends(words)[:-1]
        inner[breaks[1:] == Break.LINE] = LINE_SCORE
        inner[breaks[1:] == Break.GLUED] = 0
        scores[1:-1] = inner
    return scores.tobytes()


def _score_ends(words: Words) -> NDArray[np.uint8]:
    """How natural a cut behind each word is, where white space follows."""
    text = np.frombuffer(words.text.encode("utf-32-le", "surrogatepass"), "<u4")
    scores = score_table()[np.minimum(text, _BEYOND)]
    starts, ends = np.frombuffer(words.starts, np.int64), np.frombuffer(words.ends, np.int64)
    found = scores[ends - 1]
    closed = np.flatnonzero((found == _CLOSER) | (starts == ends))
    if len(closed):
        others = np.where(scores == _CLOSER, -1, np.arange(len(scores)))
        last = np.maximum.accumulate(others)[ends[closed] - 1]
        found[closed] = np.where(last >= starts[closed], scores[last], 1)
    return found


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
