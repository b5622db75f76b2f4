"""The differences of a report as HTML, as many as fit into the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

import msgspec

from dedupe.diff import Vocabulary
from dedupe.model.documents import TextProvider
from dedupe.model.report import Member
from dedupe.renderers.html.comparing import (
    MARKUP_BYTES,
    ClusterTexts,
    Difference,
    Item,
    compare_texts,
)
from dedupe.renderers.html.headlines import find_headline
from dedupe.renderers.view.selection import Selection
from dedupe.sketch import load_word_finder, tokenize_text

if TYPE_CHECKING:
    from dedupe.renderers.html.helpers import HelperPool

BATCH_TOKENS: Final = 6_000_000
"""Tokens of the texts that are read at once; many, so that compressed files are read few times."""

HEADLINE_BYTES: Final = 120
"""Bytes that each cluster may use for its headline, apart from those for differences."""

FIRST_BYTES: Final = 700
"""Assumed size of the first difference of a cluster, until some have been measured."""

HELPED_TOKENS: Final = 6_000_000
"""Tokens of all differences from which on helper processes are worth their start.

(The start of one takes as much CPU as a million tokens.)
"""

_NOTHING = ClusterTexts("", ())
"""What is compared ahead of a cluster for which no room is."""


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
    :param workers: how many processes may compare texts; what is written does not depend on it
    :param tell: is told the share of the clusters that are done
    """

    def __init__(
        self,
        texts: TextProvider,
        room: int,
        workers: int = 1,
        tell: Callable[[float], None] = lambda share: None,
    ) -> None:
        self.texts = texts
        self._workers = workers
        self._tell = tell
        self._room = room
        self._reserved = 0
        self._first_sizes = _Mean(FIRST_BYTES)
        self._most_room = room
        self._folded_size = 0
        self._folded: list[Item] = []

    def write(self, selections: Sequence[Selection]) -> list[Reading]:
        """The reading of each cluster, in order."""
        readings: list[Reading] = []
        pool = self._start_helpers(selections)
        try:
            for batch in _batches(selections):
                ids = dict.fromkeys(id for selection in batch for id in _text_ids(selection))
                found = self.texts.read_texts(ids)
                made = self._compare(batch, found, pool)
                for selection in batch:
                    self._reserved = (len(selections) - len(readings) - 1) * self._first_sizes.mean
                    readings.append(_ClusterReader(self, selection, found, next(made)).read())
                    self._tell(len(readings) / len(selections))
        finally:
            if pool is not None:
                pool.close()
        self._drop_folded()
        return readings

    def _start_helpers(self, selections: Sequence[Selection]) -> HelperPool | None:
        """Helper processes, where there is work for them."""
        if self._workers < 2 or sum(map(_token_count, selections)) < HELPED_TOKENS:
            return None
        from dedupe.renderers.html.helpers import HelperPool

        return HelperPool(self._workers)

    def _compare(
        self, batch: Sequence[Selection], found: Mapping[str, str], pool: HelperPool | None
    ) -> Iterator[Iterator[Difference]]:
        """The differences of each cluster, in the order of its members whose texts were found."""
        clusters = [_cluster_texts(selection, found) for selection in batch]
        vocabulary = Vocabulary(tokenize_text, load_word_finder())
        if pool is None:
            yield from (compare_texts(cluster, vocabulary) for cluster in clusters)
            return
        asked: deque[ClusterTexts] = deque()

        def cut(cluster: ClusterTexts) -> ClusterTexts:
            asked.append(self._cut_to_room(cluster))
            return asked[-1]

        for cluster, made in zip(clusters, pool.compare(map(cut, clusters)), strict=True):
            ahead = () if asked.popleft() is _NOTHING else made
            rest = islice(compare_texts(cluster, vocabulary), len(ahead), None)
            yield chain(ahead, rest)

    def _cut_to_room(self, cluster: ClusterTexts) -> ClusterTexts:
        """What of a cluster to compare ahead, so that little is compared for which no room is.

        Short headlines may give room back until the cluster is read.
        """
        if not self.has_room(is_first=True):
            return _NOTHING
        return cluster if self.has_room(is_first=False) else cluster.first()

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
        self._folded_size += len(item.html)
        if self._folded_size > self._most_room:
            item.html = b""
        else:
            self._folded.append(item)

    def take_headline(self, headline: str) -> str:
        """Use up room for a headline; returns it, or an empty string if there is no room."""
        more = len(escape(headline).encode()) - HEADLINE_BYTES
        if more > max(0, self._room):
            return ""
        self._room -= more
        return headline

    def _drop_folded(self) -> None:
        """Drop the folded rows that do not fit into the room that is left."""
        for item in self._folded:
            if len(item.html) <= self._room:
                self._room -= len(item.html)
            else:
                item.html = b""


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
    """Takes the differences of one cluster, as many as there is room for.

    :param made: makes the difference of each member whose text was found, in order
    """

    writer: DifferenceWriter
    selection: Selection
    texts: Mapping[str, str]
    made: Iterator[Difference]

    def read(self) -> Reading:
        representative = self.selection.representative
        reading = Reading()
        text = self.texts.get(representative.id)
        if text is None:
            reading.problems[representative.id] = self._problem(representative)
            return reading
        reading.headline = self.writer.take_headline(find_headline(text))
        has_room = self.writer.has_room(is_first=True)
        for member in self.selection.diffed or (representative,):
            is_first = not reading.differences
            if member.id not in self.texts:
                reading.problems[member.id] = self._problem(member)
            elif not has_room or not self.writer.has_room(is_first):
                has_room = False  # for what follows is made in order
                reading.left_out.add(member.id)
            elif self.writer.take(difference := next(self.made), is_first):
                reading.differences[member.id] = difference
            else:
                reading.left_out.add(member.id)
        return reading

    def _problem(self, member: Member) -> str:
        return self.writer.texts.problem(member.id) or "its text cannot be read"


def _cluster_texts(selection: Selection, found: Mapping[str, str]) -> ClusterTexts:
    """The texts of a cluster that were found; where the kept one was not, nothing is compared."""
    kept = found.get(selection.representative.id)
    if kept is None:
        return ClusterTexts("", ())
    return ClusterTexts(kept, tuple(found[m.id] for m in selection.diffed if m.id in found))


def _token_count(selection: Selection) -> int:
    return sum(member.token_count for member in (selection.representative, *selection.diffed))


def _text_ids(selection: Selection) -> list[str]:
    return selection.text_ids or [selection.representative.id]


def _batches(selections: Iterable[Selection]) -> Iterator[list[Selection]]:
    """The clusters in batches whose texts are read at once."""
    batch: list[Selection] = []
    count = 0
    for selection in selections:
        batch.append(selection)
        count += _token_count(selection)
        if count >= BATCH_TOKENS:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch
