"""The clusters of the text report: a header, the members, and how they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dedupe.model.documents import TextProvider
from dedupe.model.report import Cluster, Report
from dedupe.renderers.view.figures import format_count
from dedupe.renderers.view.members import MemberWriter
from dedupe.renderers.view.options import TextOptions
from dedupe.renderers.view.selection import (
    Selection,
    describe_likeness,
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

CLUSTER_ID_CELLS: Final = 20


class ClusterWriter:
    """Writes the clusters, the largest first."""

    def __init__(
        self, report: Report, texts: TextProvider, options: TextOptions, canvas: Canvas
    ) -> None:
        self._report = report
        self._texts = texts
        self._options = options
        self._canvas = canvas
        self._signs = Signs(report)
        self._id_size = _distinct_size([c.cluster_id for c in report.clusters])

    def write(self) -> Iterator[str]:
        """One chunk for each cluster, and one that counts the clusters not shown."""
        clusters = sorted(self._report.clusters, key=lambda c: (-len(c.members), c.representative))
        top = self._options.top
        shown = clusters if top is None else clusters[: max(0, top)]
        number_width = max(2, len(str(len(shown))))
        diffs = self._options.diff != "none"
        selections = (select_members(cluster, diffs) for cluster in shown)
        for number, (selection, texts) in enumerate(read_with_texts(selections, self._texts), 1):
            blocks = [self._header(f"{number:>{number_width}}  ", selection)]
            writer = MemberWriter(self._report, selection, self._options, self._canvas, self._signs)
            blocks += writer.write(texts, self._texts)
            yield "\n".join(blocks) + "\n"
        yield from self._rest_line(clusters[len(shown) :])

    def _header(self, label: str, selection: Selection) -> str:
        cluster = selection.cluster
        facts = [
            format_count(len(cluster.members), "document"),
            format_count(count_surplus(cluster), "duplicate"),
            describe_likeness([*selection.listed, *selection.rest]),
        ]
        sentence = " · ".join(facts)
        id = escape_text(cluster.cluster_id)[: self._id_size]
        name = f"cluster{NO_BREAK}{shorten_middle(id, CLUSTER_ID_CELLS)}"
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

    def _rest_line(self, rest: Sequence[Cluster]) -> Iterator[str]:
        if rest:
            documents = format_count(sum(len(c.members) for c in rest), "document")
            text = f"⋯ {format_count(len(rest), 'cluster')} more with {documents}"
            yield self._canvas.flow(prose(text, "dim"), 1) + "\n"


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
