"""Helper processes that compare the texts of clusters, for reports with many differences."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, Final, cast

import msgspec

from dedupe.model.messages import read_frame, write_frame
from dedupe.renderers.html.comparing import ClusterTexts, Difference
from dedupe.renderers.html.helper import Job, Results, run_job

JOB_CHARACTERS: Final = 200_000
"""Characters of the texts of one job, about: some tenths of a second of work."""

_ROOT = str(Path(__file__).resolve().parent.parent.parent.parent)
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]);from dedupe.renderers.html.helper import main; main()"
)


class HelperPool:
    """Runs jobs in helper processes; what they give does not depend on which runs a job.

    A job whose helper dies is run here.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers, "differences")
        self._idle: SimpleQueue[_Helper] = SimpleQueue()
        self._helpers = [_Helper() for _ in range(workers)]
        for helper in self._helpers:
            self._idle.put(helper)

    def compare(self, clusters: Iterable[ClusterTexts]) -> Iterator[tuple[Difference, ...]]:
        """The differences of each cluster, in order; a bounded number of jobs runs ahead."""
        running: deque[Future[Results]] = deque()
        for job in _cut_jobs(clusters):
            running.append(self._threads.submit(self._run, job))
            if len(running) > self._workers + 1:
                yield from running.popleft().result().differences
        while running:
            yield from running.popleft().result().differences

    def close(self) -> None:
        """End the helpers, even those at work."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for helper in self._helpers:
            helper.kill()

    def _run(self, job: Job) -> Results:
        helper = self._idle.get()
        try:
            return helper.run(job) or run_job(job)
        finally:
            self._idle.put(helper)


class _Helper:
    """One process; once it is dead, it gives no results."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._jobs = cast(BinaryIO, self._process.stdin)
        self._results = cast(BinaryIO, self._process.stdout)

    def run(self, job: Job) -> Results | None:
        try:
            write_frame(self._jobs, job)
            frame = read_frame(self._results)
            return None if frame is None else msgspec.msgpack.decode(frame, type=Results)
        except (OSError, ValueError, msgspec.DecodeError):
            return None

    def kill(self) -> None:
        """End the process and wait for its end, so that no zombie is left."""
        self._process.kill()
        self._process.wait()
        for stream in (self._jobs, self._results):
            with suppress(OSError):
                stream.close()


def _cut_jobs(clusters: Iterable[ClusterTexts]) -> Iterator[Job]:
    held: list[ClusterTexts] = []
    size = 0
    for cluster in clusters:
        held.append(cluster)
        size += len(cluster.kept) + sum(map(len, cluster.others))
        if size >= JOB_CHARACTERS:
            yield Job(tuple(held))
            held, size = [], 0
    if held:
        yield Job(tuple(held))
