"""The differences of a report as HTML, as many as fit into the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from dedupe.diff import Diff, Vocabulary, Words, diff_words
from dedupe.diff.boundaries import SENTENCE_SCORE, boundary_score
from dedupe.model.documents import TextProvider
from dedupe.model.report import Member
from dedupe.renderers.html.diff_rows import (
    SHOWN_PLACES,
    FoldedRows,
    Row,
    arrange_rows,
    arrange_text,
)
from dedupe.renderers.html.headlines import find_headline
from dedupe.renderers.view.selection import Selection
from dedupe.sketch import tokenize_text

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

BATCH_TOKENS: Final = 3_000_000
"""Tokens of the texts that are read at once; many, so that compressed files are read few times."""

HEADLINE_BYTES: Final = 120
"""Bytes that each cluster may use for its headline, apart from those for differences."""

FIRST_BYTES: Final = 700
"""Assumed size of the first difference of a cluster, until some have been measured."""

SHOWN_TEXT_WORDS: Final = 80
MAX_TEXT_WORDS: Final = 120
MARKUP_BYTES: Final = 330
ITEM_BYTES: Final = 70
"""Most bytes of the markup around a difference, and around the rows of one of its items."""


class Item(msgspec.Struct):
    """Consecutive rows of a difference as HTML, all shown or all folded.

    :param word_count: the number of words in folded rows; 0 for rows that are shown
    :param html: the rows; empty if folded rows were left out to keep the file small
    """

    word_count: int
    html: Markup | Literal[""]


class Difference(msgspec.Struct, frozen=True):
    """How a member differs from its representative.

    :param diff: the diff, for its figures; none if the items are just a text
    """

    diff: Diff | None
    items: tuple[Item, ...]

    @property
    def hidden_places(self) -> int:
        """The number of places of change that are not shown."""
        return max(0, self.diff.place_count - SHOWN_PLACES) if self.diff else 0

    @property
    def shown_size(self) -> int:
        """Bytes of the difference without its folded rows."""
        shown = sum(len(each.html.encode()) for each in self.items if not each.word_count)
        rare = self.diff is not None and (self.diff.coarse_count or self.diff.moved_count)
        return shown + ITEM_BYTES * len(self.items) + MARKUP_BYTES // (1 if rare else 2)


class Reading(msgspec.Struct):
    """The headline and the differences of one cluster, read from its texts.

    :param headline: the beginning of the representative's text
    :param differences: differences by the member's id; if no member has one, the text of the
        representative by its id
    :param problems: reasons why differences cannot be shown, by the member's id
    :param left_out: ids of members whose difference does not fit into the file
    """

    headline: str = ""
    differences: dict[str, Difference] = msgspec.field(default_factory=dict)
    problems: dict[str, str] = msgspec.field(default_factory=dict)
    left_out: set[str] = msgspec.field(default_factory=set)


class DifferenceWriter:
    """Reads texts and writes differences, in the order of the clusters, while there is room.

    Room is reserved for the first difference of each later cluster, so that large clusters at
    the beginning do not use it all up. Folded rows get the room that is left at the end.

    :param room: bytes for all differences together
    """

    def __init__(self, texts: TextProvider, template: Template, room: int) -> None:
        self.texts = texts
        self._template = template
        self._room = room
        self._reserved = 0
        self._first_sizes = _Mean(FIRST_BYTES)
        self._most_room = room
        self._folded_size = 0
        self._folded: list[tuple[int, Item]] = []

    def write(self, selections: Sequence[Selection]) -> list[Reading]:
        """The reading of each cluster, in order."""
        readings: list[Reading] = []
        for batch in _batches(selections):
            ids = dict.fromkeys(id for selection in batch for id in _text_ids(selection))
            found = self.texts.read_texts(ids)
            vocabulary = Vocabulary(tokenize_text)
            for selection in batch:
                self._reserved = (len(selections) - len(readings) - 1) * self._first_sizes.mean
                readings.append(_ClusterReader(self, selection, found, vocabulary).read())
        self._drop_folded()
        return readings

    def write_difference(self, diff: Diff | None, rows: Iterable[Row | FoldedRows]) -> Difference:
        """A difference with its rows as HTML; consecutive shown rows make one item."""
        items: list[Item] = []
        shown: list[Row] = []
        for each in rows:
            if not isinstance(each, FoldedRows):
                shown.append(each)
                continue
            items += self._items(0, shown) + self._items(each.word_count, each.rows)
            shown = []
        return Difference(diff, (*items, *self._items(0, shown)))

    def _items(self, word_count: int, rows: list[Row]) -> list[Item]:
        """A list of one item with these rows; an empty list if there are no rows."""
        from markupsafe import Markup

        return [Item(word_count, Markup(self._template.render(rows=rows)))] if rows else []

    def has_room(self, is_first: bool) -> bool:
        """Whether there is room for a difference at all, before it is made.

        :param is_first: whether it is the first difference of its cluster
        """
        return self._room > MARKUP_BYTES + (0 if is_first else self._reserved)

    def take(self, difference: Difference, is_first: bool) -> bool:
        """Use up room for a difference, if there is enough; return whether there was.

        :param is_first: whether it is the first of its cluster, and may use the reserved room
        """
        size = difference.shown_size
        if is_first:
            self._first_sizes.add(size)
        if size > self._room - (0 if is_first else self._reserved):
            return False
        self._room -= size
        for item in difference.items:
            if item.word_count:
                self._keep_folded(item)
        return True

    def _keep_folded(self, item: Item) -> None:
        """Keep folded rows until the end shows whether there is room; too many are dropped."""
        size = len(item.html.encode())
        self._folded_size += size
        if self._folded_size > self._most_room:
            item.html = ""
        else:
            self._folded.append((size, item))

    def take_headline(self, headline: str) -> str:
        """Use up room for a headline; returns it, or an empty string if there is no room."""
        more = len(escape(headline).encode()) - HEADLINE_BYTES
        if more > max(0, self._room):
            return ""
        self._room -= more
        return headline

    def _drop_folded(self) -> None:
        """Drop the folded rows that do not fit into the room that is left."""
        for size, item in self._folded:
            if size <= self._room:
                self._room -= size
            else:
                item.html = ""


class _Mean(msgspec.Struct):
    """The mean of the sizes added so far, rounded down; at first an assumed value."""

    mean: int
    count: int = 0
    total: int = 0

    def add(self, size: int) -> None:
        self.count += 1
        self.total += size
        self.mean = self.total // self.count


class _ClusterReader(msgspec.Struct, frozen=True):
    """Writes the differences of one cluster."""

    writer: DifferenceWriter
    selection: Selection
    texts: Mapping[str, str]
    vocabulary: Vocabulary

    def read(self) -> Reading:
        representative = self.selection.representative
        reading = Reading()
        text = self.texts.get(representative.id)
        if text is None:
            reading.problems[representative.id] = self._problem(representative)
            return reading
        reading.headline = self.writer.take_headline(find_headline(text))
        words = self.vocabulary.split(text) if self.writer.has_room(is_first=True) else None
        for member in self.selection.diffed or (representative,):
            is_first = not reading.differences
            if member.id not in self.texts:
                reading.problems[member.id] = self._problem(member)
            elif words is None or not self.writer.has_room(is_first):
                reading.left_out.add(member.id)
            else:
                difference = self._compare(words, member)
                if self.writer.take(difference, is_first):
                    reading.differences[member.id] = difference
                else:
                    reading.left_out.add(member.id)
        return reading

    def _compare(self, words: Words, member: Member) -> Difference:
        """The difference of a member to the representative, or the representative's own text.

        :param words: the text of the representative
        """
        if member is self.selection.representative:
            return self.writer.write_difference(None, _fold_text(words))
        diff = diff_words(words, self.vocabulary.split(self.texts[member.id]))
        return self.writer.write_difference(diff, arrange_rows(diff))

    def _problem(self, member: Member) -> str:
        return self.writer.texts.problem(member.id) or "its text cannot be read"


def _fold_text(words: Words) -> Iterator[Row | FoldedRows]:
    """The rows of a text: its beginning, and the rest folded."""
    cut = len(words)
    if cut > MAX_TEXT_WORDS:
        ends = range(SHOWN_TEXT_WORDS, MAX_TEXT_WORDS)
        sentence_ends = (end for end in ends if boundary_score(words, end) >= SENTENCE_SCORE)
        cut = next(sentence_ends, SHOWN_TEXT_WORDS)
    yield from arrange_text(words, range(cut))
    if cut < len(words):
        yield FoldedRows(len(words) - cut, arrange_text(words, range(cut, len(words))))


def _text_ids(selection: Selection) -> list[str]:
    return selection.text_ids or [selection.representative.id]


def _batches(selections: Iterable[Selection]) -> Iterator[list[Selection]]:
    """The clusters in batches whose texts are read at once."""
    batch: list[Selection] = []
    count = 0
    for selection in selections:
        batch.append(selection)
        count += sum(m.token_count for m in (selection.representative, *selection.diffed))
        if count >= BATCH_TOKENS:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch
