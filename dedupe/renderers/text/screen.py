"""As many clusters as a screen has room for, with the differences of some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from dedupe.model.documents import TextProvider
from dedupe.model.report import Cluster, Report
from dedupe.renderers.text.clusters import ClusterHeader, rest_line
from dedupe.renderers.view.members import MemberWriter
from dedupe.renderers.view.options import TextOptions
from dedupe.renderers.view.selection import Selection, order_clusters, select_members
from dedupe.renderers.view.signs import Signs
from dedupe.renderers.view.terminal import Canvas

SHOWN_MEMBERS: Final = 3
"""Members listed of a cluster, beside the representative."""
LEAST_LINES: Final = 4
"""Lines of the smallest cluster: its title, two members, and a blank line."""
LEAST_DIFF: Final = 5
"""Lines that are worth showing of a difference that has no room as a whole."""
USUAL_DIFF: Final = 9
REST_LINES: Final = 3
"""Lines that may be needed to count the clusters that are not shown."""


class Block(msgspec.Struct, frozen=True):
    """One cluster as it is printed.

    :param hidden: members that it only counts
    :param is_cut: whether its difference is not whole
    :param lacks_diffs: whether a difference is not shown, or not whole
    """

    text: str
    hidden: int
    is_cut: bool
    lacks_diffs: bool

    @property
    def lines(self) -> int:
        """Its lines, and the blank one behind them."""
        return self.text.count("\n") + 1


class ScreenWriter:
    """Writes the first clusters so that they fill a number of lines.

    Half of the lines are for titles and members. What these leave is for the differences of the
    most different members, and what those leave for further clusters.
    """

    def __init__(
        self, report: Report, provider: TextProvider, options: TextOptions, canvas: Canvas
    ) -> None:
        self._report = report
        self._provider = provider
        self._options = options
        self._canvas = canvas
        self._signs = Signs(report)
        self._header = ClusterHeader(report, canvas)

    def write(self, room: int) -> Iterator[str]:
        """One chunk for each cluster, and one that counts what is not shown.

        :param room: the lines to fill
        """
        clusters = order_clusters(self._report.clusters)
        some = clusters[: room // LEAST_LINES + 1]
        texts = self._read(some)
        bare = [self._block(number, cluster, texts) for number, cluster in enumerate(some, 1)]
        room -= REST_LINES
        count = max(1, _count_fitting(bare, room // 2)) if bare else 0
        shown = bare[:count]
        left = room - sum(block.lines for block in shown)
        if self._options.diff != "none":
            shown, left = self._add_differences(shown, some, texts, left)
        shown += bare[count : count + _count_fitting(bare[count:], left)]
        for block in shown:
            yield block.text + "\n"
        hidden = sum(block.hidden for block in shown)
        lacks_diffs = len(shown) < len(clusters) or any(block.lacks_diffs for block in shown)
        yield from rest_line(clusters[len(shown) :], hidden, lacks_diffs, self._canvas)

    def _add_differences(
        self,
        bare: Sequence[Block],
        clusters: Sequence[Cluster],
        texts: Mapping[str, str],
        left: int,
    ) -> tuple[list[Block], int]:
        """The blocks with the differences that have room, and the lines that are left."""
        shown = [*bare]
        with_diff = [at for at in range(len(bare)) if _select(clusters[at], True).diffed]
        for done, at in enumerate(with_diff):
            share = USUAL_DIFF
            if len(bare) == len(clusters):  # nothing else needs the room
                share = max(share, left // (len(with_diff) - done))
            block = self._block(at + 1, clusters[at], texts, min(share, left))
            added = block.lines - bare[at].lines
            if added <= left and (left >= LEAST_DIFF or not block.is_cut):
                left -= added
                shown[at] = block
        return shown, left

    def _block(
        self, number: int, cluster: Cluster, texts: Mapping[str, str], diff_lines: int = 0
    ) -> Block:
        """One cluster, with the difference of one member if there are lines for it."""
        selection = _select(cluster, diff_lines > 0)
        writer = MemberWriter(self._report, selection, self._options, self._canvas, self._signs)
        text = self._header.write(f"{number:>2}  ", selection, texts)
        text += writer.write_closely(texts if diff_lines else {}, self._provider, diff_lines)
        differing = len(select_members(cluster, True, None, None).diffed)
        lacks_diffs = writer.has_cut or differing > len(selection.diffed)
        return Block(text, len(selection.rest), writer.has_cut, lacks_diffs)

    def _read(self, clusters: Sequence[Cluster]) -> Mapping[str, str]:
        """The texts that titles and differences need."""
        ids: dict[str, None] = {}
        for cluster in clusters:
            selection = _select(cluster, self._options.diff != "none")
            ids |= dict.fromkeys([*self._signs.text_ids(selection), *selection.text_ids])
        return self._provider.read_texts(ids) if ids else {}


def _select(cluster: Cluster, diffs: bool) -> Selection:
    return select_members(cluster, diffs, SHOWN_MEMBERS, 1)


def _count_fitting(blocks: Sequence[Block], room: int) -> int:
    """How many of the blocks, from the first, have room together."""
    for count, block in enumerate(blocks):
        room -= block.lines
        if room < 0:
            return count
    return len(blocks)
