"""Processes that read pages, and that are killed when a page takes too long."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from dedupe.model.messages import read_frame, write_frame
from dedupe.sources.pages.outcome import PageLimits, PageOutcome, PageRequest, Way

_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]);from dedupe.sources.pages.worker import main; main()"
)
_TRIES = 2
"""How often a page is tried, since a process may die for reasons other than its page."""

_WATCH_SECONDS = 0.1
"""How often one thread looks for pages that take too long; a timer a page is a thread a page."""

_DIED = "reading it ended the process that read it"


class PagePool:
    """Reads pages in up to ``workers`` processes, each started when there is a page for it.

    A thread of this process talks to each. Outcomes do not depend on which process reads a page,
    because a process keeps nothing from one page to the next.
    """

    def __init__(self, workers: int, limits: PageLimits) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(workers, "pages")
        self._shared = _WorkerSet()
        self._close = weakref.finalize(self, _close, self._threads, self._shared)

    def submit(self, html: bytes, way: Way) -> Future[PageOutcome]:
        """Read a page (UTF-8), or a PDF, as soon as a process is free."""
        request = PageRequest(html, way, self._limits)
        return self._threads.submit(_read, self._shared, request)

    def close(self) -> None:
        """End all processes, even those that are reading a page."""
        self._close()


class _WorkerSet:
    """The processes that are alive, and which of them are idle."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._alive: set[_Worker] = set()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._expire_workers, name="watch", daemon=True)

    def take(self) -> _Worker:
        """An idle process, or a new one.

        :raises OSError: if the pool is closed
        """
        with self._lock:
            if self._closed.is_set():
                raise OSError("the pool is closed")
            if self._idle:
                return self._idle.pop()
            worker = _Worker()
            self._alive.add(worker)
            if not self._watch.is_alive():
                self._watch.start()
            return worker

    def give_back(self, worker: _Worker) -> None:
        """Make a process idle again."""
        with self._lock:
            self._idle.append(worker)

    def discard(self, worker: _Worker) -> None:
        """End a process that died, or did not answer in time."""
        with self._lock:
            self._alive.discard(worker)
        worker.kill()

    def close(self) -> None:
        with self._lock:
            self._closed.set()
            alive, self._alive = self._alive, set()
        for worker in alive:
            worker.kill()

    def _expire_workers(self) -> None:
        """Kill processes that take too long, until the pool is closed."""
        while not self._closed.wait(_WATCH_SECONDS):
            with self._lock:
                alive = list(self._alive)
            for worker in alive:
                worker.expire(time.monotonic())


class _Worker:
    """One process.

    :ivar is_expired: whether it was killed because a page took too long
    """

    def __init__(self) -> None:
        self.is_expired = False
        self._deadline = math.inf
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._outcomes = cast(BinaryIO, self._process.stdout)

    def read(self, request: PageRequest) -> PageOutcome | None:
        """The outcome of a page; ``None`` where the process died or was killed."""
        self._deadline = time.monotonic() + request.limits.max_seconds
        try:
            write_frame(self._requests, request)
            frame = read_frame(self._outcomes)
            return None if frame is None else msgspec.msgpack.decode(frame, type=PageOutcome)
        except (OSError, ValueError, msgspec.DecodeError):
            return None
        finally:
            with self._lock:
                self._deadline = math.inf

    def expire(self, now: float) -> None:
        """Kill the process if its page is past the deadline."""
        with self._lock:
            if now > self._deadline:
                self.is_expired = True
                self._process.kill()

    def kill(self) -> None:
        """End the process and wait for its end, so that no zombie is left."""
        self._process.kill()
        self._process.wait()
        for stream in (self._requests, self._outcomes):
            with suppress(OSError):
                stream.close()


def _read(workers: _WorkerSet, request: PageRequest) -> PageOutcome:
    """Read a page in the way of the request; if that fails, strip its tags; else give no text."""
    outcome = _try(workers, request)
    if isinstance(outcome, PageOutcome):
        return outcome
    if request.way == "pdf":
        return PageOutcome(b"", "unread", outcome)
    cheaper = _try(workers, msgspec.structs.replace(request, way="stripped"))
    if isinstance(cheaper, PageOutcome):
        return msgspec.structs.replace(cheaper, exceeded=outcome)
    return PageOutcome(b"", "unread", outcome)


def _try(workers: _WorkerSet, request: PageRequest) -> PageOutcome | str:
    """The outcome of a page, or why there is none, in words."""
    for _ in range(_TRIES):
        worker = workers.take()
        outcome = worker.read(request)
        if worker.is_expired or outcome is None:
            workers.discard(worker)
        else:
            workers.give_back(worker)
        if outcome is not None:
            return outcome
        if worker.is_expired:
            seconds = request.limits.max_seconds
            return f"reading it took longer than {seconds:g} seconds (--html-max-seconds)"
    return _DIED


def _close(threads: ThreadPoolExecutor, workers: _WorkerSet) -> None:
    threads.shutdown(wait=False, cancel_futures=True)
    workers.close()
