"""Values as documents have them: missing ones are ``None``, strings and integers are Python's."""

from __future__ import annotations

from typing import Any

from dedupe.sources.encoding.text_encoding import replace_surrogates

_MISSING_TYPES = ("NAType", "NaTType")
"""The types of the missing values of pandas, which is not imported to look for them."""


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: ``None``, NaN, or a missing value of pandas."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, float) and value != value


def clean_values(column: list[Any]) -> list[Any]:
    """A column with ``None`` for missing values, and strings of Python's own type."""
    if {*map(type, column)} <= {str}:
        return column
    return [None if is_missing(each) else _as_string(each) for each in column]


def clean_names(column: list[Any]) -> list[Any]:
    """As :func:`clean_values`, of strings that UTF-8 can hold: for ids and metadata."""
    return [
        replace_surrogates(each) if isinstance(each, str) and not each.isascii() else each
        for each in clean_values(column)
    ]


def clean_ids(column: list[Any]) -> list[Any]:
    """A column of ids, in which whole numbers are integers.

    A data frame makes floats of integers among which one is missing.
    """
    return [_as_integer(each) for each in clean_names(column)]


def _as_string(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _as_integer(value: Any) -> Any:
    if type(value) in (str, int, bool) or value is None:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    whole = getattr(value, "item", None)  # of a number of NumPy
    found = whole() if whole is not None else value
    return found if type(found) is int else value
