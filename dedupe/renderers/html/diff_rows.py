"""A diff as rows that can be shown side by side; a row begins where both texts begin a line."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, Literal, NamedTuple

from dedupe.diff import Break, Diff, Fold, Segment, Words, fold_equal
from dedupe.diff.words import SEPARATORS
from dedupe.renderers.html.headlines import shorten_middle
from dedupe.renderers.view.differences import describe_origin
from dedupe.renderers.view.figures import format_count

LONG_ROW: Final = 60
"""Equal words after which a row ends at the next end of a sentence, in texts without lines."""

SHOWN_PLACES: Final = 400
SHOWN_CHANGE_WORDS: Final = 2000
WORD_SIZE: Final = 500
"""Limits on what is shown: places of change, words of a change, characters of a word.

Nobody reads more, and browsers would take minutes to lay it out.
"""


class Part(NamedTuple):
    """Consecutive words of one kind.

    :param before: the separator between them and the part before
    :param left: how the left text writes ``faint`` words
    :param note: where else in the texts the words of a change stand
    """

    kind: Literal["equal", "faint", "delete", "insert"]
    before: str
    text: str
    left: str = ""
    note: str = ""


Row = list[Part]


class FoldedRows(NamedTuple):
    """Rows without a change, which are folded away."""

    word_count: int
    rows: list[Row]


def arrange_rows(diff: Diff) -> Iterator[Row | FoldedRows]:
    """The rows of a diff in order, with long equal stretches folded.

    They end with the last place of change that is shown (``SHOWN_PLACES``).
    """
    for is_fold, group in groupby(_shown_parts(diff), lambda part: isinstance(part, Fold)):
        if is_fold:
            for fold in group:
                assert isinstance(fold, Fold)
                yield FoldedRows(fold.word_count, _rows_of(diff, fold.segments))
        else:
            yield from _rows_of(diff, [part for part in group if isinstance(part, Segment)])


def arrange_text(words: Words, span: range) -> list[Row]:
    """The rows of a part of one text, without changes."""
    segments = (Segment("equal", span, span),)
    return _rows_of(Diff(words, words, segments, 0), segments)


def _shown_parts(diff: Diff) -> Iterator[Segment | Fold]:
    """The parts of the first ``SHOWN_PLACES`` changes, and the equal words around them."""
    places = 0
    for changed, group in groupby(
        fold_equal(diff), lambda part: isinstance(part, Segment) and part.is_change
    ):
        places += changed
        if places > SHOWN_PLACES:
            return
        yield from group


def _rows_of(diff: Diff, segments: Iterable[Segment]) -> list[Row]:
    builder = _RowBuilder(diff)
    for changed, group in groupby(segments, lambda segment: segment.is_change):
        if changed:
            builder.add_change(list(group))
        else:
            for segment in group:
                builder.add_equal(segment)
    return builder.finish()


class _RowBuilder:
    """Collects parts into rows."""

    def __init__(self, diff: Diff) -> None:
        self._left = diff.left
        self._right = diff.right
        self._rows: list[Row] = []
        self._row: Row = []
        self._equal_count = 0

    def add_equal(self, segment: Segment) -> None:
        """Add words that both texts have, cut into rows."""
        start, stop = segment.right.start, segment.right.stop
        while (cut := self._next_row(start, stop)) < stop:
            self._add_words(segment, range(start, cut))
            self._end_row()
            start = cut
        self._add_words(segment, range(start, stop))

    def add_change(self, segments: Sequence[Segment]) -> None:
        """Add the deleted and inserted words of one place; they share a row."""
        spans = [self._own_words(segment) for segment in segments]
        if all(words.breaks[span.start] == Break.LINE for words, span in spans):
            self._end_row()
        for segment, (words, span) in zip(segments, spans, strict=True):
            shown = span[:SHOWN_CHANGE_WORDS]
            notes = [describe_origin(segment)]
            if len(span) > len(shown):
                notes.append(f"and {format_count(len(span) - len(shown), 'word')} more")
            note = ", ".join(filter(None, notes))
            self._row.append(
                Part(segment.kind, self._before(words, span), _text_of(words, shown), note=note)
            )

    def finish(self) -> list[Row]:
        self._end_row()
        return self._rows

    def _next_row(self, start: int, stop: int) -> int:
        """The first word after which a row begins: at a line, or a sentence where it is long."""
        first = start + (not self._row)
        try:
            line = self._right.breaks.index(Break.LINE, first, stop)
        except ValueError:
            line = stop
        least = max(first, start + LONG_ROW - self._equal_count)
        if least >= line:
            return line
        sentence = bisect_left(self._right.sentences, least)
        return min(line, self._right.sentences[sentence])

    def _own_words(self, segment: Segment) -> tuple[Words, range]:
        if segment.kind == "delete":
            return self._left, segment.left
        return self._right, segment.right

    def _add_words(self, segment: Segment, span: range) -> None:
        if not span:
            return
        shift = segment.left.start - segment.right.start
        left = range(span.start + shift, span.stop + shift)
        left_text = _text_of(self._left, left) if segment.kind == "faint" else ""
        before = self._before(self._right, span)
        self._row.append(Part(segment.kind, before, _text_of(self._right, span), left_text))
        self._equal_count += len(span)

    def _before(self, words: Words, span: range) -> str:
        return SEPARATORS[words.breaks[span.start]] if self._row else ""

    def _end_row(self) -> None:
        if self._row:
            self._rows.append(self._row)
        self._row = []
        self._equal_count = 0


def _text_of(words: Words, span: range) -> str:
    """The text of a range of words, with its line breaks."""
    if words.longest <= WORD_SIZE:
        return words.written(span)
    pairs = zip(words.surfaces(span), words.breaks[span.start : span.stop], strict=True)
    written = [(shorten_middle(word, WORD_SIZE), before) for word, before in pairs if word]
    parts = [SEPARATORS[before] + word for word, before in written]
    return "".join(parts)[len(SEPARATORS[written[0][1]]) :] if written else ""
