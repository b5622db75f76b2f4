"""The clusters of the text report: a header, the members, and how they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dedupe.model.documents import TextProvider
from dedupe.model.report import Cluster, Report
from dedupe.renderers.view.figures import format_count
from dedupe.renderers.view.layout import MEMBER_INDENT
from dedupe.renderers.view.members import MemberWriter
from dedupe.renderers.view.options import TextOptions
from dedupe.renderers.view.selection import (
    Selection,
    describe_likeness,
    order_clusters,
    read_with_texts,
    select_members,
)
from dedupe.renderers.view.signs import Signs
from dedupe.renderers.view.terminal import (
    NO_BREAK,
    Canvas,
    Piece,
    Styled,
    cell_width,
    escape_text,
    prose,
    shorten_middle,
)
from dedupe.renderers.view.titles import find_title, shorten_title

CLUSTER_ID_CELLS: Final = 20
MIN_TITLE_CELLS: Final = 24


class ClusterWriter:
    """Writes the clusters, those with the most redundant words first."""

    def __init__(
        self, report: Report, texts: TextProvider, options: TextOptions, canvas: Canvas
    ) -> None:
        self._report = report
        self._texts = texts
        self._options = options
        self._canvas = canvas
        self._signs = Signs(report)
        self._header = ClusterHeader(report, canvas)

    def write(self) -> Iterator[str]:
        """One chunk for each cluster, and one that counts the clusters not shown."""
        clusters = order_clusters(self._report.clusters)
        options = self._options
        shown = clusters if options.top is None else clusters[: max(0, options.top)]
        number_width = max(2, len(str(len(shown))))
        diffs = options.diff != "none"
        selections = (
            select_members(cluster, diffs, options.members, options.diffed) for cluster in shown
        )
        found = read_with_texts(selections, self._texts, self._signs.text_ids)
        hidden = 0
        for number, (selection, texts) in enumerate(found, 1):
            blocks = [self._header.write(f"{number:>{number_width}}  ", selection, texts)]
            writer = MemberWriter(self._report, selection, options, self._canvas, self._signs)
            blocks += writer.write(texts, self._texts)
            yield "\n".join(blocks) + "\n"
            hidden += len(selection.rest)
        yield from rest_line(clusters[len(shown) :], hidden, options.diffed == 1, self._canvas)


class ClusterHeader:
    """Writes the first line of a cluster: its number, its title, its size, and its id."""

    def __init__(self, report: Report, canvas: Canvas) -> None:
        self._canvas = canvas
        self._id_size = _distinct_size([c.cluster_id for c in report.clusters])

    def write(self, label: str, selection: Selection, texts: Mapping[str, str]) -> str:
        """The line; without a title, or on a narrow terminal, what else is known of the cluster.

        :param texts: texts by id; the title stands in that of the representative
        """
        kept = selection.representative
        title = find_title(kept, texts.get(kept.id, ""))
        if not title:
            return self._untitled(label, selection)
        size = format_count(len(selection.cluster.members), "document").replace(NO_BREAK, " ")
        told = f"{size} · {self._name(selection)}".replace(NO_BREAK, " ")
        room = self._canvas.width - cell_width(label + told) - 3
        if room < MIN_TITLE_CELLS:
            line = shorten_title(title, self._canvas.width - cell_width(label))
            first = self._canvas.line([Styled(label + line, "strong")])
            return first + self._canvas.flow(prose(told, "dim"), MEMBER_INDENT)
        shown = shorten_title(title, room)
        padding = " " * (room + 3 - cell_width(shown))
        return self._canvas.line(
            [Styled(label + shown, "strong"), Styled(padding), Styled(told, "dim")]
        )

    def _name(self, selection: Selection) -> str:
        id = escape_text(selection.cluster.cluster_id)[: self._id_size]
        return f"cluster{NO_BREAK}{shorten_middle(id, CLUSTER_ID_CELLS)}"

    def _untitled(self, label: str, selection: Selection) -> str:
        cluster = selection.cluster
        facts = [
            format_count(len(cluster.members), "document"),
            format_count(count_surplus(cluster), "duplicate"),
            describe_likeness([*selection.listed, *selection.rest]),
        ]
        sentence = " · ".join(facts)
        name = self._name(selection)
        padding = self._canvas.width - cell_width(label + sentence + name)
        if padding < 2:
            pieces = [Piece(label.strip(), "strong"), *prose(f"{sentence} · {name}")]
            return self._canvas.flow(pieces, 1, len(label) - 1)
        parts = [
            Styled(label, "strong"),
            Styled(sentence.replace(NO_BREAK, " "), "strong"),
            Styled(" " * padding),
            Styled(name.replace(NO_BREAK, " "), "dim"),
        ]
        return self._canvas.line(parts)


def rest_line(
    rest: Sequence[Cluster], hidden: int, lacks_diffs: bool, canvas: Canvas
) -> Iterator[str]:
    """A line that counts what is not shown, and says how to see it; none if there is nothing.

    :param rest: the clusters that are not shown
    :param hidden: members that are not listed of the clusters that are shown
    :param lacks_diffs: whether there are differences that are not shown, or not whole
    """
    counts = []
    if rest:
        documents = format_count(sum(len(c.members) for c in rest), "document")
        counts.append(f"{format_count(len(rest), 'cluster')} more with {documents}")
    if hidden:
        counts.append(f"{format_count(hidden, 'member')} more above")
    told = []
    if counts:
        how = f"--top{NO_BREAK}N shows N of each, --top{NO_BREAK}0 all"
        told.append(f"{', '.join(counts)}: {how}")
    if lacks_diffs:
        told.append("--diff shows all differences")
    if told:
        yield canvas.flow(prose(f"⋯ {f'{NO_BREAK}· '.join(told)}", "dim"), 1) + "\n"


def count_surplus(cluster: Cluster) -> int:
    """The number of members that could go: neither the representative nor references."""
    return sum(not (m.is_reference or m.id == cluster.representative) for m in cluster.members)


def _distinct_size(cluster_ids: Sequence[str]) -> int:
    """How many characters of the ids are needed to keep them distinct, at least six."""
    longest = max(map(len, cluster_ids), default=6)
    for size in range(6, longest):
        if len({cluster_id[:size] for cluster_id in cluster_ids}) == len(cluster_ids):
            return size
    return longest
