"""Chooses the encoding of text in Latin letters with few accents, which scores alone cannot tell.

Most such text is Western. So it is ``cp1252``, unless it reads oddly in that, or another reading is
much likelier.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dedupe.sources.encoding.guess import Guess
from dedupe.sources.encoding.plausibility import is_latin, letters_of, oddness

WESTERN = "cp1252"

_WEIGHTS = {
    **dict.fromkeys((WESTERN, "iso8859-15", "cp1250", "iso8859-2", "cp1254"), 1.0),
    **dict.fromkeys(("cp1257", "iso8859-13"), 0.75),
    **dict.fromkeys(("cp1258", "cp850", "cp437", "cp852", "cp857"), 0.5),
    **dict.fromkeys(("mac-roman", "mac-latin2", "mac-turkish"), 0.5),
}
"""Encodings of Latin letters, and how usual they are."""

_LETTER = r"[^\W\d_]"
_ODD_SIGNS = re.compile(
    f"(?<={_LETTER})(?:[^\\w\0-\x7f\u0300-\u036f’”“»›…–—®©™°\xa0\xad]|(?<!m)[¹³¼½¾])"
    f"|[^\\w\0-\x7f\u0300-\u036f‘’“”„‚«»‹›…–—¿¡©•·\xa0\xad](?={_LETTER})"
    f"|(?<={_LETTER})[^\\w\0-\x7f\u0300-\u036f’–—\xa0\xad](?={_LETTER})"
    r"|¿(?=\w[^?]*\Z)"
    "|(?<=[A-ZÀ-ÖØ-Þ])[À-ÖØ-ÞŒŠŸŽ](?=[a-z])"
)
"""Signs that touch a letter on a side where writing has none, and capitals within a word."""

_DOUBTFUL_LETTERS, _DOUBTFUL_FACTOR = re.compile("[ŠšŽžŸƒ]"), 4.0
_RARE_LETTERS, _RARE_FACTOR = re.compile("[ÐÝÞðýþ]"), 1.6
"""Letters of cp1252 that no large Western language uses, but what others are misread as: those of
DOS and of the Mac, and Turkish; and how much likelier they make another reading."""

_DOUBTED, _OVERRULED = 1.14, 1.9
"""How much likelier than the Western reading another is that is doubted, and that is taken."""

_SURE_SHARE, _MIN_SCORE, _WEAK, _FEW = 0.6, 0.05, 0.02, 3


class _Reading(NamedTuple):
    """Encodings that give the same letters.

    :param names: the encodings, the best first
    :param weight: how likely they are, beside others
    """

    names: list[str]
    weight: float
    oddness: int


def choose_reading(texts: dict[str, str], scores: dict[str, float]) -> Guess:
    """The encoding of a text with few accents.

    :param texts: what each candidate makes of the bytes, the most usual first
    :param scores: how well each reads them
    """
    western, *others = _find_readings(texts, scores)
    others.sort(key=lambda each: (each.oddness, -each.weight))
    if not others:
        return Guess(WESTERN, alike=tuple(western.names[1:]))
    best, *rest = others
    if western.oddness <= best.oddness:
        rivalry = max(
            (each.weight for each in others if each.oddness == western.oddness), default=0
        )
        rivalry *= _RARE_FACTOR if _RARE_LETTERS.search(texts[WESTERN]) else 1
        if rivalry <= _OVERRULED * western.weight or rivalry < _MIN_SCORE:
            rivalry *= _DOUBTFUL_FACTOR if _DOUBTFUL_LETTERS.search(texts[WESTERN]) else 1
            return _as_guess(western, others, rivalry > _DOUBTED * western.weight)
    is_even = any(
        each.oddness <= best.oddness and each.weight > _SURE_SHARE * best.weight for each in rest
    )
    is_bare = western.oddness < best.oddness + 2 and best.weight < _DOUBTED * western.weight
    is_short = western.oddness <= best.oddness and _count_accents(texts[best.names[0]]) < _FEW
    is_weak = best.weight < _WEAK
    is_doubtful = is_even or is_bare or is_short or is_weak
    return _as_guess(best, [western, *rest], is_doubtful)


def _count_accents(text: str) -> int:
    return sum(not each.isascii() for each in text)


def _as_guess(chosen: _Reading, others: list[_Reading], is_doubtful: bool) -> Guess:
    ordered = sorted(others, key=lambda each: (each.oddness, -each.weight))
    rivals = tuple(name for each in ordered for name in each.names)
    return Guess(chosen.names[0], rivals, is_doubtful, tuple(chosen.names[1:]))


def _find_readings(texts: dict[str, str], scores: dict[str, float]) -> list[_Reading]:
    """The readings in Latin letters, the Western one first."""
    grouped: dict[str, list[str]] = {letters_of(texts[WESTERN]): [WESTERN]}
    for name, text in texts.items():
        if name in _WEIGHTS and name != WESTERN and is_latin(text):
            grouped.setdefault(letters_of(text), []).append(name)
    return [_make_reading(names, texts, scores) for names in grouped.values()]


def _make_reading(names: list[str], texts: dict[str, str], scores: dict[str, float]) -> _Reading:
    """The reading of some encodings, judged by the signs of the most usual of them."""
    most = max(_WEIGHTS[name] for name in names)
    odd_counts = [
        oddness(texts[name]) + len(_ODD_SIGNS.findall(texts[name]))
        for name in names
        if _WEIGHTS[name] == most
    ]
    weight = max(_WEIGHTS[name] * scores.get(name, 0.0) for name in names)
    return _Reading(names, weight, min(odd_counts))
