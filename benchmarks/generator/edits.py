"""Copies at a chosen distance: words replaced, inserted, deleted; ends cut off."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from generator.languages import Entries, Language

Edit = Literal["replace", "insert", "delete"]
EDITS: Final[tuple[Edit, ...]] = ("replace", "insert", "delete")
SHINGLE_SIZE: Final = 5


def count_edits(language: Language, word_count: int, edit: Edit, jaccard: float) -> int:
    """The number of edits, far from one another, that bring a text to about this Jaccard.

    One edit removes ``gone`` shingles and makes ``new`` ones. After *r* edits of a text of *n*
    shingles, the Jaccard is (n - r gone) / (n + r new).
    """
    inside = SHINGLE_SIZE - 1
    across = inside + language.tokens_per_word
    gone, new = {
        "replace": (across, across),
        "insert": (inside, across),
        "delete": (across, inside),
    }[edit]
    shingles = word_count * language.tokens_per_word
    return max(1, round(shingles * (1 - jaccard) / (gone + jaccard * new)))


def edit_words(
    language: Language, rng: np.random.Generator, text: Entries, edit: Edit, count: int
) -> Entries:
    """The text with ``count`` random words changed, one in each of as many equal stretches."""
    count = min(count, len(text) // 2)
    places = ((np.arange(count) + rng.random(count)) * (len(text) / max(count, 1))).astype(np.int64)
    if edit == "delete":
        kept = np.ones(len(text), bool)
        kept[places] = False
        return text[kept]
    words = language.draw_words(rng, count)
    if edit == "insert":
        return np.insert(text, places, words)
    changed = text.copy()
    changed[places] = words
    return changed


def cut_end(rng: np.random.Generator, text: Entries, least: float, most: float) -> Entries:
    """The text without its end: a random share between ``least`` and ``most`` is kept."""
    share = least + (most - least) * rng.random()
    return text[: max(5, int(len(text) * share))]
