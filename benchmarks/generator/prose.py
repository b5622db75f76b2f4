"""Texts of random words in sentences and paragraphs, and their encoding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generator.languages import (
    CAPITAL,
    COMMA,
    PARAGRAPH,
    STOP,
    TEXT_END,
    WORD_COUNT,
    Entries,
    Language,
)

SENTENCE_WORDS: Final = (5, 30)
WORDS_AT_ONCE: Final = 1 << 20


def draw_lengths(
    rng: np.random.Generator, count: int, median: float, spread: float = 0.6
) -> NDArray[np.int64]:
    """The lengths of ``count`` texts in words: log-normal like those of articles, at least 8."""
    return np.maximum(8, median * np.exp(spread * rng.standard_normal(count))).astype(np.int64)


def write_prose(
    language: Language, rng: np.random.Generator, lengths: NDArray[np.int64]
) -> list[Entries]:
    """One text of running sentences for each of ``lengths``, in words."""
    total = int(lengths.sum())
    entries = language.draw_words(rng, total)
    text_ends = np.cumsum(lengths) - 1
    low, high = SENTENCE_WORDS
    ends = np.cumsum(rng.integers(low, high, total // low + 1)) - 1
    ends = ends[ends < total - 1]
    commas = rng.integers(0, total, total // 15)
    _set_form(entries, commas, COMMA)
    _set_form(entries, ends + 1, CAPITAL)
    _set_form(entries, ends, STOP)
    _set_form(entries, ends[::5], PARAGRAPH)
    _set_form(entries, text_ends[:-1] + 1, CAPITAL)
    _set_form(entries, text_ends, STOP)
    entries[:1] = entries[:1] % WORD_COUNT + CAPITAL * WORD_COUNT
    return np.split(entries, text_ends[:-1] + 1)


def _set_form(entries: Entries, places: NDArray[np.int64], form: int) -> None:
    entries[places] = entries[places] % WORD_COUNT + form * WORD_COUNT


def encode_texts(language: Language, texts: Sequence[Entries]) -> list[bytes]:
    """The UTF-8 of each text."""
    end = np.array([language.special(TEXT_END)], np.int32)
    joined = np.concatenate([part for text in texts for part in (text, end)])
    # Entries have one width, filled up with NUL: they are copied at once, then NULs are dropped.
    pieces = [
        language.entries.take(joined[begin : begin + WORDS_AT_ONCE])
        .tobytes()
        .translate(None, b"\0")
        for begin in range(0, len(joined), WORDS_AT_ONCE)
    ]
    return [text.rstrip() for text in b"".join(pieces).split(TEXT_END)[:-1]]
