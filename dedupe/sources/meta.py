"""Metadata of a document in the few bytes in which it is kept until a report is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from dedupe.sources.text_encoding import replace_surrogates

META_FIELDS_FOUND = ("url", "date", "site")
"""What is carried without being asked for, where a record has it."""

MAX_VALUE_CHARACTERS = 2048
"""Longer values are cut: they are carried for every document of a corpus."""

_encode = msgspec.msgpack.Encoder().encode


def pack_meta(values: Mapping[str, str]) -> bytes:
    """Names and values as bytes (MessagePack); nothing where there are none."""
    return _encode(values) if values else b""


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
