"""The progress of a scan, for callers that show it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from dedupe.model.kernels import RunAll
from dedupe.model.report import StageInfo


class Progress(msgspec.Struct):
    """The progress of a scan; the listener is called, in the calling thread, when it changes.

    :ivar stage: ``reading``, ``comparing``, ``verifying``, ``reporting``, ``done``; the command
        line goes on with ``writing``
    :ivar document_count: documents that were read
    :ivar byte_count: bytes of the texts that were read, or of the output that was written
    :ivar input_bytes: gives how many bytes of the files were read, and how many there are; of
        compressed files before they are unpacked; both 0 where that is not known
    :ivar steps: how much of this stage is done, and how much there is, in any unit; both 0 where
        that is not known
    :ivar stages: the stages that are over
    :ivar began: when the stage began, by ``time.perf_counter``
    """

    listener: Callable[[Progress], None] | None = None
    stage: str = "reading"
    document_count: int = 0
    byte_count: int = 0
    input_bytes: Callable[[], tuple[int, int]] = lambda: (0, 0)
    steps: tuple[float, float] = (0, 0)
    stages: list[StageInfo] = msgspec.field(default_factory=list)
    began: float = msgspec.field(default_factory=time.perf_counter)

    def enter(self, stage: str) -> None:
        """End the current stage, and begin the next."""
        now = time.perf_counter()
        self.stages.append(StageInfo(self.stage, now - self.began, peak_memory()))
        self.began, self.stage, self.steps = now, stage, (0, 0)
        self.tell()

    def tell(self) -> None:
        """Call the listener, if there is one."""
        if self.listener is not None:
            self.listener(self)

    @property
    def share(self) -> float:
        """How much of the stage is done, from 0 to 1; 0 where that is not known."""
        done, total = self.input_bytes() if self.stage == "reading" else self.steps
        return min(done / total, 1.0) if total else 0.0

    def reach(self, share: float) -> None:
        """Set how much of the stage is done, from 0 to 1, and call the listener."""
        self.steps = (share, 1)
        self.tell()

    def follow(self, run_all: RunAll) -> RunAll:
        """``run_all`` with progress: after each job the share of its call that is done."""

        def run(function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
            listed = list(jobs)
            for number, result in enumerate(run_all(function, listed), 1):
                yield result
                self.reach(number / len(listed))

        return run


def peak_memory() -> int:
    """The most memory that this process has taken so far, in bytes; 0 where that is not known."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
