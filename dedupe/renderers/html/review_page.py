"""The page of ``dedupe review``: some clusters of a report, drawn as the HTML report draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from dedupe.model.documents import TextProvider
from dedupe.model.report import Cluster, Report
from dedupe.renderers.html.clusters import DIFFED_MEMBERS, LISTED_MEMBERS
from dedupe.renderers.html.differences import DifferenceWriter
from dedupe.renderers.html.environment import Assets, load_assets, load_environment
from dedupe.renderers.html.frames import FrameWriter
from dedupe.renderers.html.options import HtmlOptions
from dedupe.renderers.view.selection import Selection, select_members

PAGE_BYTES: Final = 4_000_000
"""Most bytes of the differences of one page; it says what was left out to stay below."""


class ReviewPage:
    """Writes pages of clusters.

    :param report: what the clusters are of; its own clusters are not looked at
    :param blind: whether scores, relations and what would be kept are left out
    :ivar assets: the style and script of all pages
    """

    def __init__(self, report: Report, blind: bool) -> None:
        self._options = HtmlOptions(links_files=False, blind=blind)
        environment = load_environment()
        self._frames = FrameWriter(report, environment, self._options)
        self._template = environment.get_template("review.html")
        self.assets: Assets = load_assets(is_served=True)

    def write(self, clusters: Sequence[Cluster], texts: TextProvider, **context: Any) -> bytes:
        """The page of these clusters.

        :param context: what else the template asks for
        """
        selections = [self._select(cluster) for cluster in clusters]
        readings = DifferenceWriter(texts, PAGE_BYTES).write(selections)
        filled = [
            self._frames.fill(self._frames.write(selection), reading).decode()
            for selection, reading in zip(selections, readings, strict=True)
        ]
        html = self._template.render(
            assets=self.assets, clusters=filled, blind=self._options.blind, **context
        )
        return html.encode("utf-8", "backslashreplace")

    def _select(self, cluster: Cluster) -> Selection:
        """The members that are shown; blind, their order tells nothing of how alike they are."""
        selection = select_members(cluster, True, LISTED_MEMBERS, DIFFED_MEMBERS)
        if not self._options.blind:
            return selection
        in_order = sorted(selection.listed, key=lambda member: (member.content_hash, member.id))
        return msgspec.structs.replace(selection, listed=tuple(in_order))
