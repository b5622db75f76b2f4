"""Figures that say how two texts differ: at which end, and in how many numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from dedupe.diff import Diff, Words

_MAYBE_DIGIT: Final = re.compile(
    "[\\d\xb2\xb3\xb9\u1369-\u1371\u19da\u2070-\u2089\u2460-\u24ff\u2776-\u2793"
    "\U00010a40-\U00010a43\U00010e60-\U00010e68\U00011052-\U0001105a\U0001f100-\U0001f10a]"
)
"""All characters that ``str.isdigit`` takes as digits, and a few more."""


def describe_ends(diff: Diff) -> str:
    """Where a text differs from the other, if not inside alone: with the words of each part."""
    counts = _count_parts(diff)
    told = [f"{name}{_signed(*count)}" for name, count in counts.items() if any(count)]
    if not told or (len(told) == 1 and any(counts["inside"])):
        return ""
    if len(told) == 1:
        return ", at the start" if any(counts["start"]) else ", at the end"
    return f": {', '.join(told)}"


def _count_parts(diff: Diff) -> dict[str, tuple[int, int]]:
    """The words inserted and deleted before all equal words, between them, and behind them."""
    kinds, places = diff.columns.kinds, diff.places
    if 0 not in kinds:
        places = []
    first = 1 if places and kinds[0] else 0
    last = len(places) - (1 if places and kinds[-1] else 0)
    parts = {"start": places[:first], "inside": places[first:last], "end": places[last:]}
    return {
        name: (sum([p.inserted_count for p in part]), sum([p.deleted_count for p in part]))
        for name, part in parts.items()
    }


def _signed(inserted: int, deleted: int) -> str:
    signs = (("+", inserted), ("\N{MINUS SIGN}", deleted))
    return "".join(f"\u00a0{sign}{count:,}" for sign, count in signs if count)


def count_numbers(diff: Diff) -> int:
    """How many words with digits of one text stand where the other has other words with digits."""
    total = 0
    for place in diff.places:
        if place.deleted_count and place.inserted_count:
            left, right = diff.own_spans(place)
            if (one := _numbers(diff.left, left)) and (other := _numbers(diff.right, right)):
                left_count, right_count = Counter(one), Counter(other)
                total += min((left_count - right_count).total(), (right_count - left_count).total())
    return total


def _numbers(words: Words, spans: Sequence[range]) -> list[str]:
    """The words with digits; in most spans there is none."""
    found: list[str] = []
    for span in spans:
        if _MAYBE_DIGIT.search(words.text, words.starts[span.start], words.ends[span.stop - 1]):
            found += [each for each in words.surfaces(span) if any(map(str.isdigit, each))]
    return found
