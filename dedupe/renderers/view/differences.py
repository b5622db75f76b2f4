"""The difference of two texts in words: as one line, as folded hunks, or whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Final, Literal, NamedTuple

from dedupe.diff import Break, Diff, Fold, Segment, Words, fold_equal
from dedupe.renderers.view.figures import format_count
from dedupe.renderers.view.layout import DIFF_INDENT
from dedupe.renderers.view.terminal import (
    NO_BREAK,
    Canvas,
    Piece,
    Style,
    escape_word,
    prose,
    shorten_middle,
)

SHOWN_PLACES: Final = 20
CHANGE_LIMIT: Final = 60
CHANGE_HEAD: Final = 40
MOVED_HEAD: Final = 6
WORD_CELLS: Final = 60

_MARKS: Final = {"delete": ("[-", "-]"), "insert": ("{+", "+}")}


class Change(NamedTuple):
    """One change: words that only the left text has, then words that only the right text has."""

    deleted: list[Piece]
    inserted: list[Piece]


class DiffWriter:
    """Writes one diff.

    :param full: whether the whole text is written with its line breaks; otherwise equal text is
        folded and long changes are cut
    """

    def __init__(self, diff: Diff, full: bool, canvas: Canvas) -> None:
        self._diff = diff
        self._full = full
        self._canvas = canvas

    def summary(self) -> str:
        """How many words differ, in one line."""
        pieces = [*_count_changes(self._diff), *self._coarse_note()]
        return self._canvas.flow(pieces, DIFF_INDENT)

    def body(self) -> str:
        """The text with its changes."""
        lines = ""
        stretch: list[Piece] = []
        for item in self._items():
            if isinstance(item, Piece):
                stretch.append(item)
            else:
                lines += self._canvas.flow(stretch, DIFF_INDENT)
                lines += self._canvas.flow(prose(item, "dim"), DIFF_INDENT)
                stretch = []
        lines += self._canvas.flow(stretch, DIFF_INDENT)
        note = self._coarse_note()
        if not self._diff.place_count:
            note = [*_count_changes(self._diff), *note]
        return lines + self._canvas.flow(note, DIFF_INDENT)

    def parts(self) -> Iterator[list[Piece] | Change | str]:
        """The parts to show, in order: equal words, changes, and lines for text left out."""
        parts = iter(self._diff.segments) if self._full else fold_equal(self._diff)
        hidden = 0 if self._full else self._diff.place_count - SHOWN_PLACES
        places = 0
        for kind, group in groupby(parts, _part_kind):
            if hidden > 0 and places == SHOWN_PLACES and kind != "equal":
                yield f"⋯ {format_count(hidden, 'place')} more"
                return
            if kind == "change":
                places += 1
                yield self._change([part for part in group if isinstance(part, Segment)])
            else:
                yield from map(self._unchanged, group)

    def _items(self) -> Iterator[Piece | str]:
        """The parts as pieces; deleted and inserted words are marked, or coloured."""
        for part in self.parts():
            if isinstance(part, str):
                yield part
            elif isinstance(part, Change) and not self._canvas.color:
                deleted, inserted = part
                if deleted and inserted:
                    inserted = [inserted[0]._replace(before=Break.JOINT), *inserted[1:]]
                yield from _enclosed(deleted, *_MARKS["delete"])
                yield from _enclosed(inserted, *_MARKS["insert"])
            else:
                yield from chain(*part) if isinstance(part, Change) else part

    def _unchanged(self, part: Segment | Fold) -> list[Piece] | str:
        if isinstance(part, Fold):
            return f"⋯ {format_count(part.word_count, 'word')} the same"
        style: Style = "dim" if part.kind == "faint" else ""
        return list(self._words(self._diff.right, part.right, style))

    def _change(self, segments: Sequence[Segment]) -> Change:
        return Change(
            self._side(segments, "delete", self._diff.left),
            self._side(segments, "insert", self._diff.right),
        )

    def _side(
        self, segments: Iterable[Segment], kind: Literal["delete", "insert"], words: Words
    ) -> list[Piece]:
        pieces: list[Piece] = []
        for segment in segments:
            if segment.kind == kind:
                span = segment.left if kind == "delete" else segment.right
                shown = span if self._full else _shown_part(segment, span, words)
                pieces += self._words(words, shown, kind)
                label = _change_label(segment, len(span), len(span) - len(shown))
                if label:
                    pieces.append(Piece(label.replace(NO_BREAK, " "), "dim"))
        return pieces

    def _words(self, words: Words, span: range, style: Style) -> Iterator[Piece]:
        last_break = Break.LINE if self._full else Break.SPACE
        for index in span:
            if surface := words.surface(index):
                before = Break(min(words.breaks[index], last_break))
                yield Piece(self._word_text(surface), style, before)

    def _word_text(self, surface: str) -> str:
        text = escape_word(surface)
        if not self._full:
            if len(text) > 4 * WORD_CELLS:
                text = text[: 2 * WORD_CELLS] + "…" + text[-2 * WORD_CELLS :]
            text = shorten_middle(text, WORD_CELLS)
        if not self._canvas.color:
            for pair in _MARKS.values():
                for mark in pair:
                    text = text.replace(mark, f"{mark[0]}\\{mark[1]}")
        return text

    def _coarse_note(self) -> list[Piece]:
        count = self._diff.coarse_count
        if not count:
            return []
        subject = "one stretch is" if count == 1 else f"{count:,} stretches are"
        return list(prose(f"({subject} too long to align: shown as replaced whole)", "warn"))


def _count_changes(diff: Diff) -> Iterator[Piece]:
    """How many words differ, and in how many places."""
    if not diff.place_count:
        yield from prose("no word differs", "dim")
        return
    if diff.inserted_count:
        yield from prose(f"+{format_count(diff.inserted_count, 'word')}", "insert")
    if diff.deleted_count:
        yield from prose(f"−{format_count(diff.deleted_count, 'word')}", "removed")
    if diff.moved_count:
        yield from prose(f"{format_count(diff.moved_count, 'word')} moved")
    yield from prose(f"in {format_count(diff.place_count, 'place')}")


def _part_kind(part: Segment | Fold) -> Literal["fold", "change", "equal"]:
    if isinstance(part, Fold):
        return "fold"
    return "change" if part.is_change else "equal"


def _enclosed(pieces: Sequence[Piece], opening: str, closing: str) -> Iterator[Piece]:
    """The pieces with an opening mark before the first and a closing mark behind the last."""
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        text = (opening if index == 0 else "") + piece.text + (closing if index == last else "")
        yield piece._replace(text=text)


def _shown_part(segment: Segment, span: range, words: Words) -> range:
    """The words of a change that are printed; the others are only counted."""
    limit = len(span)
    if segment.origin == "repeated":
        limit = segment.period
    elif segment.kind == "delete" and segment.is_moved:
        limit = MOVED_HEAD
    if limit > CHANGE_LIMIT:
        limit = CHANGE_HEAD
    stop = min(span.start + limit, span.stop)
    while stop < span.stop and words.breaks[stop] == Break.GLUED and stop < span.start + 2 * limit:
        stop += 1
    return range(span.start, stop)


def _change_label(segment: Segment, count: int, hidden: int) -> str:
    """The remark behind the words of a change: moved, repeated, or cut; may be empty."""
    if segment.origin == "repeated":
        cut = "… " if hidden else ""
        return f"{cut}({describe_origin(segment)})"
    if segment.is_moved:
        direction = describe_origin(segment)
        return f"… ({format_count(count, 'word')} {direction})" if hidden else f"({direction})"
    return f"… {format_count(hidden, 'word')} more" if hidden else ""


def describe_origin(segment: Segment) -> str:
    """Where else in the texts the words of a change stand: moved, repeated, or nowhere (empty)."""
    if segment.origin != "repeated":
        return segment.origin.replace("_", NO_BREAK)
    if segment.elsewhere:
        if segment.copies == 1:
            return "repeated"
        return f"repeated {_times(segment.copies)}"
    return f"{_times(segment.copies - 1)} more"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,}{NO_BREAK}times")
