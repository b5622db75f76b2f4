"""The resources that one machine gives a run: kernels, threads, the work folder, progress."""

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
    """The resources that the stages of a run share; none of them changes a result.

    :param pool: threads (none: everything runs in the calling thread)
    :param worker_count: threads in the pool
    """

    kernels: Kernels
    work: WorkFolder
    pool: Executor | None = None
    worker_count: int = 1
    progress: Progress = msgspec.field(default_factory=Progress)

    @property
    def run_all(self) -> RunAll:
        """A function that maps another over jobs and gives the results in the order of the jobs."""
        return self.pool.map if self.pool else map

    def run_ahead(self, function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
        """Map a function over jobs that are made on the way, a bounded number ahead of the results.

        Results come in the order of the jobs.
        """
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
