"""Checks how deep JSON is nested, and how many values it has, without parsing it.

Parsers give up at depths of their own, which change with Python's version.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

_STRING = re.compile(rb'"[^"]*"?')
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = np.zeros(256, np.int64)
_OPENING[list(b"[{")] = 1
_OPENING[list(b"]}")] = -1
_STEP = 1 << 20
_BRACKETS_DIFFER = ord("[") ^ ord("{")


def has_too_many_values(raw: bytes, max_values: int) -> bool:
    """Whether a record may have more lists, objects and items than allowed.

    Each takes up to 80 bytes once it is parsed. Commas and brackets in strings are counted too.
    """
    if len(raw) <= max_values:
        return False
    return raw.count(b"[") + raw.count(b"{") + raw.count(b",") > max_values


def has_deep_object(data: bytes, begins: NDArray[np.int64], max_depth: int) -> bool:
    """Whether one of several objects may be nested deeper than allowed.

    Only opening brackets are counted: an object that is nested deeper has more than ``max_depth``.

    :param data: the objects, one after another
    :param begins: where each object begins
    """
    opening = (np.frombuffer(data, np.uint8) | _BRACKETS_DIFFER) == ord("{")
    if np.count_nonzero(opening) < len(begins) + max_depth:  # every object has one
        return False
    return int(np.add.reduceat(opening, begins, dtype=np.int64).max()) > max_depth


def may_be_too_deep(raw: bytes, max_depth: int) -> bool:
    """Whether a record has so many brackets that it could be nested deeper than allowed."""
    return len(raw) > max_depth and raw.count(b"[") + raw.count(b"{") > max_depth


def is_too_deep(raw: bytes, max_depth: int) -> bool:
    """Whether lists and objects of a record are nested deeper than allowed."""
    if not may_be_too_deep(raw, max_depth):
        return False
    without_escapes = raw.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in raw else raw
    brackets = _STRING.sub(b"", without_escapes).translate(None, _NOT_BRACKETS)
    depth = 0
    for begin in range(0, len(brackets), _STEP):
        steps = _OPENING[np.frombuffer(brackets[begin : begin + _STEP], np.uint8)]
        depths = np.cumsum(steps) + depth
        if depths.max() > max_depth:
            return True
        depth = int(depths[-1])
    return False
