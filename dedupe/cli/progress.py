"""Progress on standard error: a live line on a terminal, plain lines elsewhere when asked for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dedupe.pipeline import Progress

LINE_INTERVAL_SECONDS = 60.0
LIVE_INTERVAL_SECONDS = 0.1

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
    def __init__(self, live: bool) -> None:
        self._live = live
        self._began = time.monotonic()
        self._shown = 0.0
        self._stage = ""

    def update(self, progress: Progress) -> None:
        now = time.monotonic()
        interval = LIVE_INTERVAL_SECONDS if self._live else LINE_INTERVAL_SECONDS
        if progress.stage == self._stage and now - self._shown < interval:
            return
        self._stage, self._shown = progress.stage, now
        speed = progress.byte_count / 1e6 / max(now - self._began, 1e-9)
        text = (
            f"{progress.stage}: {progress.document_count:,} documents, "
            f"{progress.byte_count / 1e6:,.1f} MB, {speed:,.0f} MB/s"
        )
        sys.stderr.write(f"\r\x1b[K{text}" if self._live else f"dedupe: {text}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
