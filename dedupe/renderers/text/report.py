"""The whole text report: its parts in order."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.model.documents import TextProvider
from dedupe.model.report import Report
from dedupe.renderers.text.clusters import ClusterWriter
from dedupe.renderers.view.findings import bridge_lines, notice_lines, skipped_lines
from dedupe.renderers.view.options import TextOptions
from dedupe.renderers.view.shared import shared_lines
from dedupe.renderers.view.signs import furniture_lines
from dedupe.renderers.view.summary import hint_lines, summary_lines
from dedupe.renderers.view.terminal import MIN_WIDTH, Canvas


def render_text(report: Report, texts: TextProvider, options: TextOptions) -> Iterator[str]:
    """The report as chunks of whole lines.

    :param texts: read for the members whose diff is shown, some clusters at a time
    """
    canvas = Canvas(max(options.width, MIN_WIDTH), options.color)
    yield from ClusterWriter(report, texts, options, canvas).write()
    yield from bridge_lines(report.bridges, canvas)
    yield from shared_lines(report, texts, canvas, options.top)
    yield from furniture_lines(report, canvas)
    yield from skipped_lines(report, canvas)
    yield from notice_lines(report, canvas)
    yield from summary_lines(report, canvas)
    if options.hints:
        yield hint_lines(report, canvas)
