"""Converts values of fields to metadata, which is text."""

from __future__ import annotations

import math
from typing import Any

from dedupe.sources.encoding.text_encoding import replace_surrogates

MAX_VALUE_CHARACTERS = 2048
"""The longest value that is not cut, since values are kept for every document of a corpus."""


_MAX_WRAPPERS = 3
_WRAPPERS = frozenset(("$oid", "$date", "$numberLong", "$numberInt", "$numberDouble"))
"""The names under which exports of MongoDB give single values (Extended JSON)."""


def unwrap(value: Any) -> Any:
    """The single value in a list of one, as scrapers write it, or in an object of MongoDB."""
    for _ in range(_MAX_WRAPPERS):
        if type(value) is list and len(value) == 1:
            value = value[0]
        elif type(value) is dict and len(value) == 1 and not _WRAPPERS.isdisjoint(value):
            [value] = value.values()
        else:
            break
    return value


def as_meta_value(value: Any) -> str:
    """A value as metadata; empty for null, lists and objects (but see :func:`unwrap`)."""
    if type(value) in (list, dict):
        value = unwrap(value)
    if type(value) is str:
        text = value.strip()
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, (int, float)):
        text = str(value) if math.isfinite(value) else ""
    elif hasattr(value, "isoformat"):
        text = value.isoformat()
    else:
        return ""
    if len(text) > MAX_VALUE_CHARACTERS:
        text = text[:MAX_VALUE_CHARACTERS] + "…"
    return text if text.isascii() else replace_surrogates(text)


def as_meta_column(values: list[Any]) -> list[str]:
    """The values of one field of many records as metadata (see :func:`as_meta_value`)."""
    if set(map(type, values)) == {str}:
        stripped = list(map(str.strip, values))
        if max(map(len, stripped)) <= MAX_VALUE_CHARACTERS and all(map(str.isascii, stripped)):
            return stripped
    return list(map(as_meta_value, values))
