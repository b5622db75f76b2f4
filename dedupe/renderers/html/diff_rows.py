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
    diff: Diff
    segments: tuple[Segment, ...]

    @property
    def rows(self) -> list[Row]:
        """The rows, as others are."""
        return _rows_of(self.diff, self.segments)

    def lines(self) -> list[str] | None:
        """The text of each row; none where a row has more than one part, or long words."""
        words = self.diff.right
        if len(self.segments) > 1 or self.segments[0].kind != "equal" or words.longest > WORD_SIZE:
            return None
        lines, span = [], self.segments[0].right
        start = span.start
        while start < span.stop:
            cut = _next_row(words, start + 1, start + LONG_ROW, span.stop)
            lines.append(words.written(range(start, cut)))
            start = cut
        return lines


def arrange_rows(diff: Diff) -> Iterator[Row | FoldedRows]:
    """The rows of a diff in order, with long equal stretches folded.

    They end with the last place of change that is shown (``SHOWN_PLACES``).
    """
    for is_fold, group in groupby(_shown_parts(diff), lambda part: isinstance(part, Fold)):
        if is_fold:
            for fold in group:
                assert isinstance(fold, Fold)
                yield FoldedRows(fold.word_count, diff, fold.segments)
        else:
            yield from _rows_of(diff, [part for part in group if isinstance(part, Segment)])


def arrange_text(text: Diff) -> Iterator[Row | FoldedRows]:
    """The rows of a text without changes; those behind its first segment are folded."""
    yield from _rows_of(text, text.segments[:1])
    for segment in text.segments[1:]:
        yield FoldedRows(len(segment.right), text, (segment,))


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


def describe_change(segment: Segment) -> str:
    """Where else in the texts the words of a change stand, and how many are not shown."""
    hidden = len(segment.left) + len(segment.right) - SHOWN_CHANGE_WORDS
    if hidden <= 0 and not segment.origin:  # nearly all
        return ""
    notes = [describe_origin(segment)]
    if hidden > 0:
        notes.append(f"and {format_count(hidden, 'word')} more")
    return ", ".join(filter(None, notes))


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
        while True:
            first = start + (not self._row)
            cut = _next_row(self._right, first, start + LONG_ROW - self._equal_count, stop)
            if cut >= stop:
                break
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
            before, note = self._before(words, span), describe_change(segment)
            self._row.append(Part(segment.kind, before, _text_of(words, shown), note=note))

    def finish(self) -> list[Row]:
        self._end_row()
        return self._rows

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


def _next_row(words: Words, first: int, long: int, stop: int) -> int:
    """The first word of the next row: at a line, or a sentence where the row is long.

    :param first: the first that may be
    :param long: the first at which the row is long
    """
    line = words.breaks.find(Break.LINE, first, stop)
    if line < 0:
        line = stop
    least = max(first, long)
    if least >= line:
        return line
    return min(line, words.sentences[bisect_left(words.sentences, least)])


def _text_of(words: Words, span: range) -> str:
    """The text of a range of words, with its line breaks."""
    if words.longest <= WORD_SIZE:
        return words.written(span)
    pairs = zip(words.surfaces(span), words.breaks[span.start : span.stop], strict=True)
    written = [(shorten_middle(word, WORD_SIZE), before) for word, before in pairs if word]
    parts = [SEPARATORS[before] + word for word, before in written]
    return "".join(parts)[len(SEPARATORS[written[0][1]]) :] if written else ""
