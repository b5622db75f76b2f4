"""The rows of a difference by compiled loops: the same as ``diff_rows.py`` and ``rows.py`` give."""

from __future__ import annotations

from array import array
from functools import cache
from itertools import accumulate
from typing import Final

import numpy as np

from dedupe.diff import Diff
from dedupe.diff.fold import CONTEXT_SIZE, MIN_FOLD
from dedupe.model.rows import RowLimits, RowWriter, StretchColumns
from dedupe.model.stretches import Stretches
from dedupe.renderers.html.diff_rows import (
    LONG_ROW,
    SHOWN_CHANGE_WORDS,
    SHOWN_PLACES,
    WORD_SIZE,
    describe_change,
)
from dedupe.renderers.html.rows import write_note
from dedupe.renderers.html.visible import character_marks
from dedupe.sketch import load_row_writer

LIMITS: Final = RowLimits(
    CONTEXT_SIZE, MIN_FOLD, LONG_ROW, SHOWN_PLACES, SHOWN_CHANGE_WORDS, WORD_SIZE
)


def write_compiled(diff: Diff, fold_at: int = -1) -> list[tuple[int, str]] | None:
    """Items of rows: how many words are folded (0: the rows are shown), and the rows as HTML.

    :param fold_at: the stretch from which on all is folded; -1 if what is far from changes is
    :returns: none where compiled loops cannot write them
    """
    left, right, writer = diff.left.compiled, diff.right.compiled, _writer()
    if left is None or right is None or writer is None:
        return None
    return writer.write(left, right, _columns(diff, fold_at))


@cache
def _writer() -> RowWriter | None:
    return load_row_writer(character_marks(), LIMITS)


def _columns(diff: Diff, fold_at: int) -> StretchColumns:
    kinds, spans = diff.columns
    notes = [b""] * len(kinds)
    for number in _noted(diff.columns):
        notes[number] = write_note(describe_change(diff.stretch(number))).encode()
    return StretchColumns(
        kinds,
        spans,
        b"".join(notes),
        array("q", accumulate(map(len, notes))),
        diff.faint,
        fold_at,
    )


def _noted(columns: Stretches) -> list[int]:
    """The changes that have notes."""
    spans = columns.spans
    is_long = spans[:, 1] - spans[:, 0] + spans[:, 3] - spans[:, 2] > SHOWN_CHANGE_WORDS
    has_note = (spans[:, 4] > 0) | (is_long & (np.frombuffer(columns.kinds, np.uint8) > 0))
    numbers: list[int] = np.flatnonzero(has_note).tolist()
    return numbers
