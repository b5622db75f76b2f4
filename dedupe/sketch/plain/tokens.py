"""Tokens of a text, by regular expressions over the classes of the token table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.sketch.numbers import DIGIT_ZEROS, NUMBER_TOKEN
from dedupe.sketch.plain.composition import normalise_sequence
from dedupe.sketch.token_table import (
    CLASS_MASK,
    CODE_POINT_MASK,
    COMBINES,
    DROPPED,
    MARK,
    MARK_LIMIT,
    MULTIPLE,
    UNSPACED,
    WORD,
    Decompositions,
    load_table,
)


def tokenize_text(text: str) -> list[str]:
    """The tokens of a text: normalised, in order."""
    normalised = _normalise(text)
    patterns = _patterns_for(normalised)
    return patterns.token.findall(patterns.mark_run.sub(r"\1", normalised))


def mask_numbers(tokens: Sequence[str]) -> list[str]:
    """The tokens with ``NUMBER_TOKEN`` in the place of each one of digits alone."""
    return [NUMBER_TOKEN if _digits().issuperset(token) else token for token in tokens]


@cache
def _digits() -> frozenset[str]:
    return frozenset(chr(zero + value) for zero in DIGIT_ZEROS.tolist() for value in range(10))


def _normalise(text: str) -> str:
    translation, tables = _translation(), _decompositions()
    patterns = _patterns_for(text)
    if not patterns.combining.search(text):
        return text.translate(translation)
    parts = patterns.sequence.split(text)
    parts[::2] = [part.translate(translation) for part in parts[::2]]
    for i in range(1, len(parts), 2):
        parts[i] = "".join(map(chr, normalise_sequence(map(ord, parts[i]), tables)))
    return "".join(parts)


class _Patterns(msgspec.Struct, frozen=True):
    """The classes of the token table as regular expressions.

    :param combining: a character that may combine with the one before it
    :param sequence: a base, the combining characters after it, and dropped ones between these
    :param token: a token of normalised text
    :param mark_run: a run of more than ``MARK_LIMIT`` marks; its group is the marks that are kept
    """

    combining: re.Pattern[str]
    sequence: re.Pattern[str]
    token: re.Pattern[str]
    mark_run: re.Pattern[str]


_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def _patterns_for(text: str) -> _Patterns:
    """The patterns for a text: with characters beyond U+FFFF only where the text has some.

    ``re`` keeps a set as a bitmap up to U+FFFF. It compares each character that is not in the
    bitmap with every range beyond, which takes up to fifty times as long.
    """
    return _patterns(0x110000 if _ASTRAL.search(text) else 0x10000)


@cache
def _patterns(limit: int) -> _Patterns:
    """The patterns for texts whose characters are all below ``limit``."""
    table = load_table()
    entries = table.expand("entries")[:limit]
    own_class = table.expand("own")[:limit] & np.uint32(CLASS_MASK)
    combines = _character_set(entries & np.uint32(COMBINES) != 0)
    dropped = _character_set(entries & np.uint32(DROPPED) != 0)
    marks = _character_set(own_class == MARK)
    words = _character_set(own_class == WORD)
    unspaced = _character_set(own_class == UNSPACED)
    return _Patterns(
        combining=re.compile(f"[{combines}]"),
        # A sequence without a base may not begin after a dropped character: otherwise a run of
        # dropped characters would be searched again from each of its positions.
        sequence=re.compile(
            f"((?:[^{combines}{dropped}]|(?<![{dropped}]))(?:[{dropped}]*+[{combines}])+)"
        ),
        token=re.compile(f"[{unspaced}][{marks}]*|[{words}][{words}{marks}]*"),
        mark_run=re.compile(f"([{marks}]{{{MARK_LIMIT}}})[{marks}]+"),
    )


@cache
def _decompositions() -> Decompositions:
    return load_table().decompositions()


@cache
def _translation() -> dict[int, str | None]:
    """For ``str.translate``: what each character that changes becomes when nothing combines."""
    table = load_table()
    entries = table.expand("entries")
    changed = np.flatnonzero(
        ((entries >> np.uint32(8)) != 0) | (entries & np.uint32(DROPPED | MULTIPLE) != 0)
    ).tolist()
    targets = (table.sections["pool"] >> np.uint32(8)).tolist()
    translation: dict[int, str | None] = {}
    for code_point in changed:
        entry = int(entries[code_point])
        if entry & DROPPED:
            translation[code_point] = None
        elif entry & MULTIPLE:
            start, count = entry >> 16, entry >> 8 & 0xFF
            translation[code_point] = "".join(map(chr, targets[start : start + count]))
        else:
            translation[code_point] = chr((code_point + (entry >> 8)) & CODE_POINT_MASK)
    return translation


def _character_set(members: NDArray[np.bool_]) -> str:
    """The inside of a regular expression's ``[...]`` for the code points that are members."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], members, [False]]))).tolist()
    ranges = zip(edges[::2], edges[1::2], strict=True)
    return "".join(f"\\U{first:08x}-\\U{end - 1:08x}" for first, end in ranges)
