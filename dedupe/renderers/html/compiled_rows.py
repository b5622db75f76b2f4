"""The rows of a difference by compiled loops: the same as ``diff_rows.py`` and ``rows.py`` give."""

from __future__ import annotations

from array import array
from functools import cache
from itertools import accumulate
from typing import Final

from dedupe.diff import Diff
from dedupe.diff.fold import CONTEXT_SIZE, MIN_FOLD
from dedupe.model.rows import RowLimits, RowWriter, StretchColumns
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


def write_compiled(diff: Diff, fold_at: int = -1) -> list[tuple[int, bytes]] | None:
    """Items of rows: how many words are folded (0: they are shown), and the rows as HTML.

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
    noted = _noted(diff)
    notes = [b""] * len(kinds) if noted else []
    for number in noted:
        notes[number] = write_note(describe_change(diff.stretch(number))).encode()
    ends = array("q", accumulate(map(len, notes))) if notes else array("q", bytes(8 * len(kinds)))
    return StretchColumns(
        kinds,
        spans,
        b"".join(notes),
        ends,
        diff.faint,
        fold_at,
    )


def _noted(diff: Diff) -> list[int]:
    """The changes that have notes."""
    return [
        number
        for place in diff.places
        for number, row in enumerate(diff.rows[place.start : place.stop], place.start)
        if row[4] or row[1] - row[0] + row[3] - row[2] > SHOWN_CHANGE_WORDS
    ]
