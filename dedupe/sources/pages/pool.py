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

from dedupe.sources.pages.frames import read_frame, write_frame
from dedupe.sources.pages.outcome import PageLimits, PageOutcome, PageRequest, Way

_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]);from dedupe.sources.pages.worker import main; main()"
)
_TRIES = 2
"""A process that died without being killed may have died of an earlier page, or of the machine."""

_WATCH_SECONDS = 0.1
"""So often is looked whether a page has taken too long. (A timer for each page would be a thread
for each page.)"""

_DIED = "reading it ended the process that read it"


class PagePool:
    """Reads pages in up to ``workers`` processes, each started when there is a page for it.

    Each has a thread here that speaks with it. Outcomes do not depend on which one reads a page:
    a process keeps nothing from page to page.
    """

    def __init__(self, workers: int, limits: PageLimits) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(workers, "pages")
        self._shared = _SharedWorkers()
        self._close = weakref.finalize(self, _close, self._threads, self._shared)

    def submit(self, html: bytes, way: Way) -> Future[PageOutcome]:
        """Read a page (UTF-8) as soon as a process is free."""
        request = PageRequest(html, way, self._limits)
        return self._threads.submit(_read, self._shared, request)

    def close(self) -> None:
        """End all processes, whatever they are at."""
        self._close()


class _SharedWorkers:
    """The processes that are at nobody's disposal now, and all that live."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._alive: set[_Worker] = set()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._expire_workers, name="watch", daemon=True)

    def take(self) -> _Worker:
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
        with self._lock:
            self._idle.append(worker)

    def bury(self, worker: _Worker) -> None:
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
        """Kill those that take too long, until the pool is closed."""
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
        """The outcome; None where the process died, or took too long and was killed."""
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
        """Kill it if its page takes too long, unless it finished in this very moment."""
        with self._lock:
            if now > self._deadline:
                self.is_expired = True
                self._process.kill()

    def kill(self) -> None:
        """End it now and wait for its end, so that no zombie stays."""
        self._process.kill()
        self._process.wait()
        for stream in (self._requests, self._outcomes):
            with suppress(OSError):
                stream.close()


def _read(workers: _SharedWorkers, request: PageRequest) -> PageOutcome:
    """A page in the way asked for, else in the cheaper one, else not at all."""
    outcome = _try(workers, request)
    if isinstance(outcome, PageOutcome):
        return outcome
    cheaper = _try(workers, msgspec.structs.replace(request, way="stripped"))
    if isinstance(cheaper, PageOutcome):
        return msgspec.structs.replace(cheaper, exceeded=outcome)
    return PageOutcome(b"", "unread", outcome)


def _try(workers: _SharedWorkers, request: PageRequest) -> PageOutcome | str:
    """The outcome, or why there is none."""
    for _ in range(_TRIES):
        worker = workers.take()
        outcome = worker.read(request)
        if worker.is_expired or outcome is None:
            workers.bury(worker)
        else:
            workers.give_back(worker)
        if outcome is not None:
            return outcome
        if worker.is_expired:
            seconds = request.limits.max_seconds
            return f"reading it took longer than {seconds:g} seconds (--html-max-seconds)"
    return _DIED


def _close(threads: ThreadPoolExecutor, workers: _SharedWorkers) -> None:
    threads.shutdown(wait=False, cancel_futures=True)
    workers.close()
