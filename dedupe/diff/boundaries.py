"""Where a text is cut well: at its lines, its sentences, and never inside a written word."""

from __future__ import annotations

from typing import Final

from dedupe.diff.words import Break, Words

SENTENCE_SCORE: Final = 3
"""The least :func:`boundary_score` of a cut at the end of a sentence or of a line."""

_SENTENCE_ENDS: Final = frozenset(".!?…。！？｡।؟។။")
_CLAUSE_ENDS: Final = frozenset(",;:，；：、،")
_CLOSERS: Final = "\"'”’»)]」』）】› "
_JOINERS: Final = frozenset("'’ʼ-‐‑")


def boundary_score(words: Words, position: int) -> int:
    """How natural a cut before this word is: 0 inside a word, 3 between sentences, 4 lines."""
    if position == 0 or position == len(words) or words.breaks[position] is Break.LINE:
        return 4
    if words.breaks[position] is Break.GLUED:
        return 0
    end = words.surfaces[position - 1].rstrip(_CLOSERS)[-1:]
    if end in _SENTENCE_ENDS:
        return SENTENCE_SCORE
    return 2 if end in _CLAUSE_ENDS else 1


def splits_word(words: Words, position: int) -> bool:
    """Whether a cut before this word would split what is written as one."""
    if position == 0 or position == len(words):
        return False
    if not words.surfaces[position]:
        return True
    last = words.surfaces[position - 1][-1:]
    return words.breaks[position] is Break.GLUED and (last in _JOINERS or last.isalnum())
