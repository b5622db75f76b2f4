"""What one machine gives a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

import msgspec

from dedupe.model.kernels import Kernels, RunAll
from dedupe.model.progress import Progress
from dedupe.store.work_folder import WorkFolder


class Resources(msgspec.Struct, frozen=True):
    """What the stages of a run work with, none of which changes a result.

    :param pool: threads (none: everything runs in the calling thread)
    :param worker_count: how many of them there are
    """

    kernels: Kernels
    work: WorkFolder
    pool: Executor | None = None
    worker_count: int = 1
    progress: Progress = msgspec.field(default_factory=Progress)

    @property
    def run_all(self) -> RunAll:
        """Maps a function over jobs, and gives the results in their order."""
        return self.pool.map if self.pool else map

    def run_ahead(self, function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
        """The same of jobs that are read as they are needed: a bounded number is in flight."""
        if self.pool is None:
            yield from map(function, jobs)
            return
        in_flight: deque[Future[Any]] = deque()
        for job in jobs:
            in_flight.append(self.pool.submit(function, job))
            if len(in_flight) > 2 * self.worker_count:
                yield in_flight.popleft().result()
        while in_flight:
            yield in_flight.popleft().result()
