"""The whole text report: its parts in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dedupe.model.documents import TextProvider
from dedupe.model.report import Report
from dedupe.renderers.text.clusters import ClusterWriter
from dedupe.renderers.text.screen import ScreenWriter
from dedupe.renderers.view.findings import (
    LISTED_BRIDGES,
    bridge_lines,
    notice_lines,
    skipped_lines,
)
from dedupe.renderers.view.hints import hint_lines
from dedupe.renderers.view.options import TextOptions
from dedupe.renderers.view.shared import shared_lines
from dedupe.renderers.view.signs import furniture_lines
from dedupe.renderers.view.summary import legend_lines, summary_lines
from dedupe.renderers.view.terminal import MIN_WIDTH, Canvas

LEAST_ROOM: Final = 18
"""Lines of a screen that clusters get even if much else is to be told."""
SCREEN_ENTRIES: Final = 3
"""Reasons and shared passages that a screen lists."""


def render_text(report: Report, texts: TextProvider, options: TextOptions) -> Iterator[str]:
    """The report as chunks of whole lines.

    :param texts: read for the titles and for the members whose diff is shown, some clusters at a
        time
    """
    canvas = Canvas(max(options.width, MIN_WIDTH), options.color)
    if options.lines is None:
        yield from ClusterWriter(report, texts, options, canvas).write()
        yield from _below(report, texts, options, canvas)
        return
    below = [*_below(report, texts, options, canvas)]
    room = options.lines - sum(chunk.count("\n") for chunk in below)
    yield from ScreenWriter(report, texts, options, canvas).write(max(room, LEAST_ROOM))
    yield from below


def _below(
    report: Report, texts: TextProvider, options: TextOptions, canvas: Canvas
) -> Iterator[str]:
    """What stands below the clusters."""
    is_screen = options.lines is not None
    top = SCREEN_ENTRIES if is_screen else options.top
    reasons = SCREEN_ENTRIES if is_screen else None
    yield from bridge_lines(report.bridges, canvas, 0 if is_screen else LISTED_BRIDGES)
    yield from shared_lines(report, texts, canvas, top)
    yield from furniture_lines(report, canvas)
    yield from skipped_lines(report, canvas, reasons)
    yield from notice_lines(report, canvas, most=reasons)
    yield from summary_lines(report, canvas)
    yield from legend_lines(report, canvas, options.diff in ("hunks", "full"))
    if options.hints:
        yield hint_lines(report, canvas, options.again)
