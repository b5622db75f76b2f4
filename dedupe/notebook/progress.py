"""Progress: a bar on a terminal, a line in a notebook, plain lines elsewhere when asked for."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from dedupe.model.progress import Progress
    from dedupe.model.report import Report, StageInfo

LINE_INTERVAL_SECONDS = 60.0
DRAW_INTERVAL_SECONDS = 0.1
SHORT_SECONDS = 0.5
BAR_WIDTH = 24
LONG_STAGE_SECONDS = 2.0
TRUSTED_SECONDS, TRUSTED_SHARE = 1.0, 0.02
"""Time and share of a stage that must have passed before the remaining time is estimated."""

Listener = Callable[["Progress"], None]


@contextmanager
def show_progress(choice: bool | Literal["auto"], quiet: bool) -> Iterator[Listener | None]:
    """A listener that shows progress, or ``None`` if none is to be shown.

    :param choice: whether to show it; ``auto``: if standard error is a terminal
    """
    terminal = sys.stderr is not None and sys.stderr.isatty()
    if sys.stderr is None or quiet or choice is False or (choice == "auto" and not terminal):
        yield None
        return
    can_draw = terminal and os.environ.get("TERM", "") not in ("dumb", "unknown")
    display = _Bar() if can_draw else _Lines()
    try:
        yield display.update
    finally:
        display.close()


@contextmanager
def show_progress_of_api(choice: bool | None) -> Iterator[Listener | None]:
    """As :func:`show_progress`, for functions that people call in notebooks too.

    :param choice: whether to show it; none: in a notebook, and if standard error is a terminal
    """
    if choice is False or not _is_notebook():
        with show_progress("auto" if choice is None else choice, False) as listener:
            yield listener
        return
    display = _Cell()
    try:
        yield display.update
    finally:
        display.close()


def _is_notebook() -> bool:
    """Whether this process runs the cells of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


class _Cell:
    """Shows a line below a cell, beginning after half a second; it is empty at the end."""

    def __init__(self) -> None:
        self._drawn = time.perf_counter()
        self._handle: Any = None

    def update(self, progress: Progress) -> None:
        now = time.perf_counter()
        if now - self._drawn < SHORT_SECONDS or progress.stage == "done":
            return
        self._drawn = now
        self._show(f"dedupe: {progress.stage}: {_describe(progress, now - progress.began)}")

    def _show(self, text: str) -> None:
        display: Any = import_module("IPython.display")
        data = {"text/plain": text}
        if self._handle is None:
            self._handle = display.DisplayHandle()
            self._handle.display(data, raw=True)
        else:
            self._handle.update(data, raw=True)

    def close(self) -> None:
        if self._handle is not None:
            self._show("")


class _Lines:
    """Prints a line when a stage begins, and then once a minute."""

    def __init__(self) -> None:
        self._printed = 0.0
        self._stage = ""

    def update(self, progress: Progress) -> None:
        now = time.perf_counter()
        if progress.stage == self._stage and now - self._printed < LINE_INTERVAL_SECONDS:
            return
        self._stage, self._printed = progress.stage, now
        if progress.stage != "done":
            figures = _describe(progress, now - progress.began)
            sys.stderr.write(f"dedupe: {progress.stage}: {figures}\n")
            sys.stderr.flush()

    def close(self) -> None:
        """Nothing to undo."""


class _Bar:
    """Draws a bar on a terminal, beginning after half a second; it disappears at the end.

    A line remains for each stage that took long. rich draws the bar, because it knows the width
    of the terminal and terminals that cannot draw; it is imported when the bar is first shown.
    """

    def __init__(self) -> None:
        self._began = self._drawn = time.perf_counter()
        self._stage = ""
        self._bar: Any = None

    def update(self, progress: Progress) -> None:
        now = time.perf_counter()
        if self._bar is None:
            if now - self._began < SHORT_SECONDS or progress.stage == "done":
                return
            self._bar = _make_bar()
        elif progress.stage == self._stage and now - self._drawn < DRAW_INTERVAL_SECONDS:
            return
        if progress.stage != self._stage and progress.stages:
            self._print_finished(progress, progress.stages[-1])
        self._stage, self._drawn = progress.stage, now
        if progress.stage == "done":
            self.close()
            return
        share = progress.share
        self._bar.update(
            self._bar.task_ids[0],
            description=progress.stage,
            completed=share,
            total=1.0 if share else None,
            figures=_describe(progress, now - progress.began),
        )
        self._bar.start()
        self._bar.refresh()
        # Whoever kills the process finds a cursor in the terminal.
        self._bar.console.show_cursor(True)

    def _print_finished(self, progress: Progress, stage: StageInfo) -> None:
        """Print a line that remains, if the stage took long."""
        if stage.seconds > LONG_STAGE_SECONDS:
            done = ", ".join(_count(progress, stage.name, stage.seconds))
            self._bar.console.print(f"{stage.name}: {done}", markup=False, highlight=False)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def _make_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    bar = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=BAR_WIDTH),
        TextColumn("{task.fields[figures]}", markup=False),
        console=Console(stderr=True, no_color=True),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task("", total=None, figures="")
    return bar


def _describe(progress: Progress, seconds: float) -> str:
    """The progress of the current stage: counts, share, and the estimated time left.

    :param seconds: the time since the stage began
    """
    parts = _count(progress, progress.stage, seconds)
    if share := progress.share:
        parts.append(f"{share:.0%}")
        if seconds > TRUSTED_SECONDS and share > TRUSTED_SHARE:
            parts.append(f"about {_duration(seconds * (1 - share) / share)} left")
    return ", ".join(parts)


def _count(progress: Progress, stage: str, seconds: float) -> list[str]:
    """The documents (and megabytes) that a stage has handled in a time."""
    parts = [f"{progress.document_count:,} documents"]
    if stage in ("reading", "writing"):
        parts.append(f"{progress.byte_count / 1e6:,.1f} MB")
        parts.append(f"{progress.byte_count / 1e6 / max(seconds, 1e-9):,.0f} MB/s")
    return parts


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def describe_stages(report: Report, stages: Iterable[StageInfo]) -> str:
    """A table of the stages: time, throughput, and peak memory up to the end of each.

    Throughput counts the bytes of all texts, whatever a stage works on.
    """
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
