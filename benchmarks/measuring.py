"""Run a command to its end and measure time, memory of all its processes, and temporary files."""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import platform
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1_000_000
SAMPLE_SECONDS: Final = 0.05
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
PROCESSES: Final = Path("/proc")
LAUNCHER: Final = Path(__file__).with_name("launch.py")


class BenchmarkError(Exception):
    """A benchmark cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The time, memory and disk space that one command used.

    :param cpu_seconds: CPU time of the process and of the children that it waited for
    :param peak_bytes: the largest resident set of a single process, as the system counts it
    :param tree_bytes: the largest sum of resident sets of all its processes, sampled; pages of
        mapped files count, pages that two share count twice; 0 where there is no ``/proc``
    :param mapped_bytes: most pages of files (program and libraries included) and shared memory
    :param spool_bytes: most bytes in its temporary folder at one time, deleted files included
    :param stopped: why it was ended early: ``time`` or ``memory``; else empty
    """

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    tree_bytes: int = 0
    mapped_bytes: int = 0
    spool_bytes: int = 0
    stopped: str = ""

    @property
    def memory_bytes(self) -> int:
        """The best known peak memory of all processes together."""
        return max(self.peak_bytes, self.tree_bytes)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits beyond which a command is ended, so that one of quadratic cost does no harm."""

    seconds: float = float("inf")
    memory_bytes: float = float("inf")


@dataclass(slots=True)
class _Watch:
    """Samples the processes of a command until it is stopped.

    :param launcher: the process that started the command, and leads its process group
    """

    launcher: int
    folder: Path
    limits: Limits
    tree_bytes: int = 0
    mapped_bytes: int = 0
    spool_bytes: int = 0
    stopped: str = ""
    _done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def _run(self) -> None:
        began = time.perf_counter()
        while not self._done.wait(SAMPLE_SECONDS):
            self._sample()
            if time.perf_counter() - began > self.limits.seconds:
                self._stop("time")
            if self.tree_bytes > self.limits.memory_bytes:
                self._stop("memory")

    def _sample(self) -> None:
        pids = list(_descendants(self.launcher))
        counts = [_resident_pages(pid) for pid in pids]
        resident, mapped = (sum(count[i] for count in counts) for i in (0, 1))
        self.tree_bytes = max(self.tree_bytes, resident * PAGE_BYTES)
        self.mapped_bytes = max(self.mapped_bytes, mapped * PAGE_BYTES)
        self.spool_bytes = max(self.spool_bytes, _count_spool(self.folder, pids))

    def _stop(self, reason: str) -> None:
        self.stopped = self.stopped or reason
        with suppress(ProcessLookupError):
            os.killpg(self.launcher, signal.SIGKILL)


def _descendants(pid: int) -> Iterator[int]:
    """The processes that a process started, directly or not."""
    with suppress(OSError):
        for task in (PROCESSES / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _descendants(int(child))


def _resident_pages(pid: int) -> tuple[int, int]:
    """The number of resident pages of a process, and how many of them are mapped or shared."""
    try:
        _, resident, shared, *_ = (PROCESSES / str(pid) / "statm").read_text().split()
    except (OSError, ValueError):
        return 0, 0
    return int(resident), int(shared)


def _count_spool(folder: Path, pids: Sequence[int]) -> int:
    """Bytes on disk of the files in a folder, and of deleted files that a process holds open."""
    links = [link for pid in pids for link in _open_files(pid) if _leads_into(link, folder)]
    sizes: dict[tuple[int, int], int] = {}
    for path in [*folder.rglob("*"), *links]:
        with suppress(OSError):
            status = path.stat()
            sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())


def _open_files(pid: int) -> list[Path]:
    try:
        return list((PROCESSES / str(pid) / "fd").iterdir())
    except OSError:
        return []


def _leads_into(link: Path, folder: Path) -> bool:
    try:
        return os.readlink(link).startswith(f"{folder}{os.sep}")
    except OSError:
        return False


def run_measured(
    command: Sequence[str],
    stdout: Path,
    limits: Limits | None = None,
    environment: Mapping[str, str] | None = None,
) -> Usage:
    """Run a command to its end, with a temporary folder of its own, and return what it used.

    :param stdout: the file for its standard output
    :raises BenchmarkError: if it cannot be started, or fails without having been stopped
    """
    limits = limits or Limits()
    with (
        tempfile.TemporaryDirectory(prefix="dedupe-benchmark-") as folder,
        tempfile.NamedTemporaryFile(prefix="dedupe-usage-") as usage,
        stdout.open("wb") as output,
        stdout.with_suffix(".stderr").open("w+b") as errors,
    ):
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), usage.name, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, "TMPDIR": folder, **(environment or {})},
            start_new_session=True,
        )
        watch = _Watch(process.pid, Path(folder).resolve(), limits)
        with watch.watching():
            process.wait()
        seconds = time.perf_counter() - began
        sampled = (watch.tree_bytes, watch.mapped_bytes, watch.spool_bytes)
        if watch.stopped:
            return Usage(seconds, math.nan, 0, *sampled, stopped=watch.stopped)
        used = json.loads(usage.read() or "{}")
        exit_code = used.get("exit_code", process.returncode)
        if exit_code:
            errors.seek(0)
            raise BenchmarkError(_describe_failure(command, exit_code, errors.read()))
    return Usage(used["wall_seconds"], used["cpu_seconds"], used["peak_bytes"], *sampled)


def _describe_failure(command: Sequence[str], exit_code: int, stderr: bytes) -> str:
    how = f"exited with {exit_code}" if exit_code > 0 else f"was killed by signal {-exit_code}"
    output = stderr.decode(errors="replace").strip() or "(nothing on standard error)"
    return f"{Path(command[0]).name} {how}\n$ {shlex.join(command)}\n{output}"


# --- the machine ----------------------------------------------------------------------------


def describe_machine() -> str:
    """The processor, its cores, memory and system, as one phrase."""
    memory = os.sysconf("SC_PHYS_PAGES") * PAGE_BYTES / 2**30
    return (
        f"{_cpu_model()}, {usable_core_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release().partition('-')[0]}"
    )


def describe_python() -> str:
    """The interpreter and its version."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_core_count() -> int:
    """The number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def package_version(name: str) -> str:
    """The installed version of a package, or a remark that it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
