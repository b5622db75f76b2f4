"""Word-level alignment of two texts, made to be read.

A word here is a token with the punctuation around it. Words are equal in a diff exactly where
their tokens are, as for the sketch: white space, case, quotes and dashes make no difference.

The alignment follows patience diff: shingles that occur once in both texts are anchors, and only
the gaps between them are aligned exactly (rapidfuzz). A clean-up then makes it readable, as
diff-match-patch does (https://github.com/google/diff-match-patch): changes slide to sentence
boundaries, and a few equal words inside a change become part of it.

The modules are imported on first use, because code that only lays out a page needs no alignment.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedupe.diff.align import MAX_CELLS
    from dedupe.diff.compare import diff_texts, diff_words
    from dedupe.diff.fold import Fold, fold_equal
    from dedupe.diff.segments import Diff, Segment
    from dedupe.diff.vocabulary import Vocabulary
    from dedupe.diff.words import Break, Words

_HOMES = {
    "MAX_CELLS": "align",
    "Break": "words",
    "Diff": "segments",
    "Fold": "fold",
    "Segment": "segments",
    "Vocabulary": "vocabulary",
    "Words": "words",
    "diff_texts": "compare",
    "diff_words": "compare",
    "fold_equal": "fold",
}

__all__ = [
    "MAX_CELLS",
    "Break",
    "Diff",
    "Fold",
    "Segment",
    "Vocabulary",
    "Words",
    "diff_texts",
    "diff_words",
    "fold_equal",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
