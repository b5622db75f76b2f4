"""A field's value as metadata: one line of text, or nothing."""

from __future__ import annotations

import math
from typing import Any

from dedupe.sources.encoding.text_encoding import replace_surrogates

MAX_VALUE_CHARACTERS = 2048
"""Longer values are cut: they are carried for every document of a corpus."""


def as_meta_value(value: Any) -> str:
    """A field's value as metadata; nothing for what is none: null, a list, an object."""
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
    """Many values as metadata, those of one field."""
    if set(map(type, values)) == {str}:
        stripped = list(map(str.strip, values))
        if max(map(len, stripped)) <= MAX_VALUE_CHARACTERS and all(map(str.isascii, stripped)):
            return stripped
    return list(map(as_meta_value, values))
