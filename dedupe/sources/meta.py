"""Metadata of a document in the few bytes in which it is kept until a report is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from dedupe.sources.text_encoding import replace_surrogates

META_FIELDS_FOUND = ("url", "date", "site")
"""What is carried without being asked for, where a record has it."""

MAX_VALUE_CHARACTERS = 2048
"""Longer values are cut: they are carried for every document of a corpus."""

_encode = msgspec.msgpack.Encoder().encode
_NONE = _encode({})


def pack_meta_columns(columns: Mapping[str, Sequence[str]]) -> list[bytes]:
    """Of each document its names and values as bytes (MessagePack), from one column a name.

    Values that are empty are left out; nothing at all is given of no columns.
    """
    if not columns:
        return []
    columns = dict(sorted(columns.items()))
    packed = list(map(_encode, map(_row_maker(tuple(columns)), *columns.values())))
    return [b"" if each == _NONE else each for each in packed] if _NONE in packed else packed


def pack_meta(values: Mapping[str, str]) -> bytes:
    """Those of one document; nothing for no values."""
    return _encode(dict(sorted(values.items()))) if values else b""


@lru_cache(maxsize=16)
def _row_maker(names: tuple[str, ...]) -> Callable[..., Any]:
    """Makes of a document's values what is written as a mapping."""
    attributes = [f"v{number}" for number in range(len(names))]
    try:
        return msgspec.defstruct(
            "Meta",
            [(attribute, str, "") for attribute in attributes],
            rename=dict(zip(attributes, names, strict=True)),
            omit_defaults=True,
            gc=False,
        )
    except ValueError:  # a name that msgspec does not take
        return lambda *values: {n: v for n, v in zip(names, values, strict=True) if v}


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
