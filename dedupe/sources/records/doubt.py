"""Tells where the text that has a usual name is hardly the text, since another field holds prose.

A field called ``document`` may hold the name of a file, and one called ``body`` a kind of car.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dedupe.sources.records.hints import (
    SAMPLE_RECORDS,
    count_prose,
    find_longest,
    quote_for_shell,
    quote_name,
)

_MIN_RECORDS = 3
"""The fewest records that show a field to be of another kind."""

_SHORT = 200
"""Where texts have this many characters or more, no other field is looked at."""

_MIN_LETTERS = 40
_TIMES_LONGER = 10


def doubt_usual_text(
    texts: Sequence[Any], fields_of: Callable[[int], Mapping[str, Any] | None]
) -> str:
    """Why the texts of some records may be in another field, in words; empty where they are not.

    :param texts: the first texts of a file, found under usual names
    :param fields_of: gives all fields of each of these records
    """
    found = [i for i, text in enumerate(texts[:SAMPLE_RECORDS]) if isinstance(text, str)]
    if len(found) < _MIN_RECORDS or sum(len(texts[i]) for i in found) >= _SHORT * len(found):
        return ""
    samples = [fields for i in found if (fields := fields_of(i))]
    longest, other = find_longest(samples)
    amounts = [count_prose(texts[i]) for i in found]
    is_prose = 2 * len([*filter(None, amounts)]) >= len(found)
    mean = sum(amounts) / len(found)
    if longest < max(_MIN_LETTERS, mean * (_TIMES_LONGER if is_prose else 1) + 1):
        return ""
    problem = "are much shorter than those in" if is_prose else "are hardly prose, unlike those in"
    option = f"--text-field {quote_for_shell(other)}"
    return f"the texts that were read {problem} {quote_name(other)}; if these are meant: {option}"
