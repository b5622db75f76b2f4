"""Good positions to cut a text: at lines and sentences, never inside a written word."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from dedupe.diff.words import Break, Words

SENTENCE_SCORE: Final = 3
"""The lowest :func:`boundary_score` of a cut at the end of a sentence or a line."""

_SENTENCE_ENDS: Final = frozenset(".!?…。！？｡।؟។။")
_CLAUSE_ENDS: Final = frozenset(",;:，；：、،")
_CLOSERS: Final = "\"'”’»)]」』）】› "
_JOINERS: Final = frozenset("'’ʼ-‐‑")


def boundary_score(words: Words, position: int) -> int:
    """How natural a cut before this word is, from 0 (inside a word) to 4 (between lines).

    1 is between words, 2 between clauses, 3 (``SENTENCE_SCORE``) between sentences.
    """
    if position == 0 or position == len(words) or words.breaks[position] is Break.LINE:
        return 4
    if words.breaks[position] is Break.GLUED:
        return 0
    return _score_end(words.surfaces[position - 1])


@lru_cache(maxsize=1 << 14)
def _score_end(surface: str) -> int:
    """How natural a cut behind this word is, where white space follows."""
    end = surface.rstrip(_CLOSERS)[-1:]
    if end in _SENTENCE_ENDS:
        return SENTENCE_SCORE
    return 2 if end in _CLAUSE_ENDS else 1


def splits_word(words: Words, position: int) -> bool:
    """Whether a cut before this word would split a word as it is written."""
    if position == 0 or position == len(words):
        return False
    if not words.surfaces[position]:
        return True
    last = words.surfaces[position - 1][-1:]
    return words.breaks[position] is Break.GLUED and (last in _JOINERS or last.isalnum())
