"""Progress on standard error: a live line on a terminal, plain lines elsewhere when asked for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dedupe.model.progress import Progress
    from dedupe.model.report import Report, StageInfo

LINE_INTERVAL_SECONDS = 60.0
LIVE_INTERVAL_SECONDS = 0.1
LONG_STAGE_SECONDS = 2.0
TRUSTED_SECONDS, TRUSTED_SHARE = 1.0, 0.02
"""What must have passed of a stage before a guess at the rest is shown."""

Listener = Callable[["Progress"], None]


@contextmanager
def show_progress(choice: bool | Literal["auto"], quiet: bool) -> Iterator[Listener | None]:
    """A listener for the scan's progress, or ``None`` where none is to be shown."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    if sys.stderr is None or quiet or choice is False or (choice == "auto" and not terminal):
        yield None
        return
    line = _ProgressLine(live=terminal)
    try:
        yield line.update
    finally:
        line.clear()


class _ProgressLine:
    """One line a stage; it stays where the stage took long enough to be missed."""

    def __init__(self, live: bool) -> None:
        self._live = live
        self._shown = 0.0
        self._stage = ""
        self._text = ""

    def update(self, progress: Progress) -> None:
        now = time.perf_counter()
        if progress.stage == self._stage:
            interval = LIVE_INTERVAL_SECONDS if self._live else LINE_INTERVAL_SECONDS
            if now - self._shown < interval:
                return
        elif self._live and progress.stages and progress.stages[-1].seconds > LONG_STAGE_SECONDS:
            sys.stderr.write(f"\r\x1b[K{self._text.partition(', about ')[0]}\n")
        self._stage, self._shown = progress.stage, now
        if progress.stage == "done":
            return
        self._text = _describe(progress, now - progress.began)
        sys.stderr.write(f"\r\x1b[K{self._text}" if self._live else f"dedupe: {self._text}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _describe(progress: Progress, seconds: float) -> str:
    parts = [f"{progress.stage}: {progress.document_count:,} documents"]
    if progress.stage in ("reading", "writing"):
        parts.append(f"{progress.byte_count / 1e6:,.1f} MB")
        parts.append(f"{progress.byte_count / 1e6 / max(seconds, 1e-9):,.0f} MB/s")
    if share := progress.share:
        parts.append(f"{share:.0%}")
        if seconds > TRUSTED_SECONDS and share > TRUSTED_SHARE:
            parts.append(f"about {_duration(seconds * (1 - share) / share)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def describe_stages(report: Report, stages: Iterable[StageInfo]) -> str:
    """A table of the stages: time, throughput (of the texts, whatever a stage does), and the most
    memory up to the end of each."""
    megabytes = report.run.byte_count / 1e6
    lines = [f"{'stage':<10} {'seconds':>9} {'documents/s':>12} {'MB/s':>8} {'peak MB':>8}"]
    for stage in stages:
        seconds = max(stage.seconds, 1e-9)
        lines.append(
            f"{stage.name:<10} {stage.seconds:>9.2f} "
            f"{report.corpus.document_count / seconds:>12,.0f} {megabytes / seconds:>8,.0f} "
            f"{stage.peak_bytes / 1e6:>8,.0f}"
        )
    return "\n".join(lines)
