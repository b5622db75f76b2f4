"""The differences of one cluster, made of nothing but its texts: here, or in a helper process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap
from typing import Final

import msgspec

from dedupe.diff import Diff, Segment, Vocabulary, Words, diff_words
from dedupe.diff.boundaries import SENTENCE_SCORE, boundary_score
from dedupe.renderers.html.change_figures import count_numbers, describe_ends
from dedupe.renderers.html.compiled_rows import write_compiled
from dedupe.renderers.html.diff_rows import (
    SHOWN_PLACES,
    FoldedRows,
    Row,
    arrange_rows,
    arrange_text,
)
from dedupe.renderers.html.rows import write_lines, write_rows

SHOWN_TEXT_WORDS: Final = 80
MAX_TEXT_WORDS: Final = 120
MARKUP_BYTES: Final = 450
ITEM_BYTES: Final = 70
"""Most bytes of the markup around a difference, and around the rows of one of its items."""


class Item(msgspec.Struct):
    """Consecutive rows of a difference as HTML, all shown or all folded.

    :param word_count: the number of words in folded rows; 0 for rows that are shown
    :param html: the rows, in UTF-8; empty if folded rows were left out to keep the file small
    """

    word_count: int
    html: bytes


class DiffFigures(msgspec.Struct, frozen=True):
    """The figures of a diff, by the names that :class:`dedupe.diff.Diff` has for them.

    :param where: at which end of the text it differs, in words; empty if inside alone
    :param number_count: how many numbers of the kept text have another in their place
    """

    inserted_count: int
    deleted_count: int
    moved_count: int
    place_count: int
    coarse_count: int
    where: str
    number_count: int

    @classmethod
    def of_diff(cls, diff: Diff) -> DiffFigures:
        return cls(
            diff.inserted_count,
            diff.deleted_count,
            diff.moved_count,
            diff.place_count,
            diff.coarse_count,
            describe_ends(diff),
            count_numbers(diff),
        )


class Difference(msgspec.Struct, frozen=True):
    """How a member differs from its representative.

    :param diff: the figures of the diff; none if the items are just a text
    """

    diff: DiffFigures | None
    items: tuple[Item, ...]

    @property
    def hidden_places(self) -> int:
        """The number of places of change that are not shown."""
        return max(0, self.diff.place_count - SHOWN_PLACES) if self.diff else 0

    @property
    def shown_size(self) -> int:
        """Bytes of the difference without its folded rows."""
        shown = sum([len(each.html) for each in self.items if not each.word_count])
        rare = self.diff is not None and (self.diff.coarse_count or self.diff.moved_count)
        return shown + ITEM_BYTES * len(self.items) + MARKUP_BYTES // (1 if rare else 2)


class ClusterTexts(msgspec.Struct, frozen=True):
    """The texts of a cluster: the kept one, and those whose differences to it are shown.

    :param others: none if the kept text is shown by itself
    """

    kept: str
    others: tuple[str, ...]

    def first(self) -> ClusterTexts:
        """The cluster with the first of its other texts alone."""
        return ClusterTexts(self.kept, self.others[:1])


def compare_texts(cluster: ClusterTexts, vocabulary: Vocabulary) -> Iterator[Difference]:
    """The difference of each text to the kept one, or the kept text itself; made one by one.

    :param vocabulary: may have split other texts before; what is made does not depend on it
    """
    words = vocabulary.split(cluster.kept)
    for text in cluster.others:
        diff = diff_words(words, vocabulary.split(text))
        yield Difference(DiffFigures.of_diff(diff), _write_diff(diff))
    if not cluster.others:
        yield Difference(None, _write_text(words))


def _write_diff(diff: Diff) -> tuple[Item, ...]:
    """The rows of a diff as HTML."""
    written = write_compiled(diff)
    if written is None:
        return write_plain(arrange_rows(diff))
    return tuple(starmap(Item, written))


def _write_text(words: Words) -> tuple[Item, ...]:
    """The rows of a text as HTML: its beginning, and the rest folded."""
    cut = _cut_of(words)
    spans = [span for span in (range(cut), range(cut, len(words))) if span]
    text = Diff.of_stretches(words, words, (Segment("equal", span, span) for span in spans))
    written = write_compiled(text, fold_at=1)
    if written is None:
        return write_plain(arrange_text(text))
    return tuple(starmap(Item, written))


def write_plain(rows: Iterable[Row | FoldedRows]) -> tuple[Item, ...]:
    """Rows as HTML; consecutive shown rows make one item."""
    items: list[Item] = []
    shown: list[Row] = []
    for each in rows:
        if not isinstance(each, FoldedRows):
            shown.append(each)
            continue
        items += _items(0, shown)
        lines = each.lines()
        html = write_rows(each.rows) if lines is None else write_lines(lines)
        items.append(Item(each.word_count, html.encode()))
        shown = []
    return (*items, *_items(0, shown))


def _items(word_count: int, rows: Sequence[Row]) -> list[Item]:
    """A list of one item with these rows; an empty list if there are no rows."""
    return [Item(word_count, write_rows(rows).encode())] if rows else []


def _cut_of(words: Words) -> int:
    """Where the beginning of a text ends, which is shown."""
    cut = len(words)
    if cut > MAX_TEXT_WORDS:
        ends = range(SHOWN_TEXT_WORDS, MAX_TEXT_WORDS)
        sentence_ends = (end for end in ends if boundary_score(words, end) >= SENTENCE_SCORE)
        cut = next(sentence_ends, SHOWN_TEXT_WORDS)
    return cut
