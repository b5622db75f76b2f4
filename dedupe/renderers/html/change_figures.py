"""Figures that say how two texts differ: at which end, and in how many numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from dedupe.diff import Diff, Words
from dedupe.diff.segments import Place

_MAYBE_DIGIT: Final = re.compile(
    "[\\d\xb2\xb3\xb9\u1369-\u1371\u19da\u2070-\u2089\u2460-\u24ff\u2776-\u2793"
    "\U00010a40-\U00010a43\U00010e60-\U00010e68\U00011052-\U0001105a\U0001f100-\U0001f10a]"
)
"""All characters that ``str.isdigit`` takes as digits, and a few more."""


def describe_ends(diff: Diff) -> str:
    """Where a text differs from the other, if not inside alone: with the words of each part."""
    parts = _parts(diff)
    told = [f"{name}{_count(places)}" for name, places in parts.items() if _has_words(places)]
    if told in ([], [f"inside{_count(parts['inside'])}"]):
        return ""
    if len(told) == 1:
        return ", at the start" if _has_words(parts["start"]) else ", at the end"
    return f": {', '.join(told)}"


def _parts(diff: Diff) -> dict[str, list[Place]]:
    """The changes before all equal words, between them, and behind all of them."""
    kinds, places = diff.columns.kinds, diff.places
    if not any(kind == 0 for kind in kinds):
        return {"start": [], "inside": [], "end": []}
    first, last = bool(kinds[0]), len(places) - bool(kinds[-1])
    return {"start": places[:first], "inside": places[first:last], "end": places[last:]}


def _has_words(places: Iterable[Place]) -> bool:
    return any(place.deleted or place.inserted for place in places)


def _count(places: Iterable[Place]) -> str:
    inserted = sum(place.inserted_count for place in places)
    deleted = sum(place.deleted_count for place in places)
    signs = (("+", inserted), ("\N{MINUS SIGN}", deleted))
    return "".join(f"\u00a0{sign}{count:,}" for sign, count in signs if count)


def count_numbers(diff: Diff) -> int:
    """How many words with digits of one text stand where the other has other words with digits."""
    total = 0
    for place in diff.places:
        if place.deleted and place.inserted:
            left = _numbers(diff.left, place.deleted)
            right = _numbers(diff.right, place.inserted) if left else left
            total += min((left - right).total(), (right - left).total())
    return total


def _numbers(words: Words, spans: Iterable[tuple[int, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for start, stop in spans:
        if _MAYBE_DIGIT.search(words.text, words.starts[start], words.ends[stop - 1]):
            surfaces = words.surfaces(range(start, stop))
            found.update(surface for surface in surfaces if any(map(str.isdigit, surface)))
    return found
