"""How far a scan is, for whoever wants to show it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from dedupe.model.kernels import RunAll
from dedupe.model.report import StageInfo


class Progress(msgspec.Struct):
    """What a caller may show while a scan runs; the listener is called in the calling thread.

    :ivar stage: ``reading``, ``comparing``, ``verifying``, ``reporting``, ``done``; the command
        line goes on with ``writing``
    :ivar byte_count: of the texts that were read, or of what was written
    :ivar input_bytes: what was read of the files, and how much that is in all: of compressed
        files before they are unpacked, and both 0 where that is not known
    :ivar steps: done and to be done in this stage, in any unit; both 0 where that is not known
    :ivar stages: those that are over
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
        """Begin the next stage; the time since the last call was the last stage's."""
        now = time.perf_counter()
        self.stages.append(StageInfo(self.stage, now - self.began, peak_memory()))
        self.began, self.stage, self.steps = now, stage, (0, 0)
        self.tell()

    def tell(self) -> None:
        if self.listener is not None:
            self.listener(self)

    @property
    def share(self) -> float:
        """How much of the stage is done, from 0 to 1; 0 where that is not known."""
        done, all = self.input_bytes() if self.stage == "reading" else self.steps
        return min(done / all, 1.0) if all else 0.0

    def reach(self, share: float) -> None:
        """So much of the stage is done."""
        self.steps = (share, 1)
        self.tell()

    def follow(self, run_all: RunAll) -> RunAll:
        """``run_all``, counting what it has done of the jobs of each call."""

        def run(function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
            listed = list(jobs)
            for number, result in enumerate(run_all(function, listed), 1):
                yield result
                self.reach(number / len(listed))

        return run


def peak_memory() -> int:
    """The most bytes of memory that this process has had; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
