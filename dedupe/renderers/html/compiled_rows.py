"""The rows of a difference by compiled loops: the same as ``diff_rows.py`` and ``rows.py`` give."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import Final

from dedupe.diff import Diff, Segment
from dedupe.diff.fold import CONTEXT_SIZE, MIN_FOLD
from dedupe.model.rows import SEGMENT_KINDS, RowLimits, RowWriter, SegmentColumns
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

_LIMITS: Final = RowLimits(
    CONTEXT_SIZE, MIN_FOLD, LONG_ROW, SHOWN_PLACES, SHOWN_CHANGE_WORDS, WORD_SIZE
)
_NUMBERS: Final = {kind: number for number, kind in enumerate(SEGMENT_KINDS)}


def write_compiled(diff: Diff, fold_at: int = -1) -> list[tuple[int, str]] | None:
    """Stretches of rows: how many words are folded (0: they are shown), and the rows as HTML.

    :param fold_at: the segment from which on all is folded; -1 if what is far from changes is
    :returns: none where compiled loops cannot write them
    """
    left, right, writer = diff.left.compiled, diff.right.compiled, _writer()
    if left is None or right is None or writer is None:
        return None
    return writer.write(left, right, _columns(diff.segments, fold_at))


@cache
def _writer() -> RowWriter | None:
    return load_row_writer(character_marks(), _LIMITS)


def _columns(segments: Sequence[Segment], fold_at: int) -> SegmentColumns:
    spans = array("q")
    for each in segments:
        spans.extend((each.left.start, each.left.stop, each.right.start, each.right.stop))
    notes = [write_note(describe_change(each)).encode() for each in segments]
    return SegmentColumns(
        bytes([_NUMBERS[each.kind] for each in segments]),
        spans,
        b"".join(notes),
        array("q", accumulate(map(len, notes))),
        fold_at,
    )
