"""Word-level alignment of two texts, made to be read.

A word here is a token with the punctuation around it, so what is equal in a diff is what is
equal to the sketch: white space, case, quotes and dashes never make a difference. The
alignment follows patience diff: shingles that occur once in both texts are anchors, and only
the gaps between them are aligned (rapidfuzz). Then it is made readable, as the clean-up of
diff-match-patch does it: changes slide to sentence boundaries, and a few equal words inside a
changed stretch belong to the change. https://github.com/google/diff-match-patch

Imported when first asked for: what only lays out lines needs no alignment.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedupe.diff.align import MAX_CELLS
    from dedupe.diff.compare import diff_texts, diff_words
    from dedupe.diff.fold import Fold, fold_equal
    from dedupe.diff.segments import Diff, Segment
    from dedupe.diff.words import Break, Vocabulary, Words

_HOMES = {
    "MAX_CELLS": "align",
    "Break": "words",
    "Diff": "segments",
    "Fold": "fold",
    "Segment": "segments",
    "Vocabulary": "words",
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
