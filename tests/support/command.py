"""Ways to run the command: in a process of its own, in this one, in a shell, measured; and git."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from dedupe.cli import main

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

COLOR_VARIABLES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")

RunDedupe = Callable[..., "subprocess.CompletedProcess[bytes]"]


def dedupe_command() -> list[str]:
    """The installed command, or the module where the package is only on the path."""
    script = Path(sys.executable).with_name("dedupe")
    return [str(script)] if script.exists() else [sys.executable, "-m", "dedupe"]


def sure(*arguments: object) -> list[str]:
    """The arguments of a command, with ``--yes`` added where ``apply`` changes files.

    For tests with short texts, or that drop most of a file, where ``apply`` would ask first."""
    words = [*map(str, arguments)]
    acts = words[:1] == ["apply"] and not {"--output", "--move-to", "--delete"}.isdisjoint(words)
    return [*words, "--yes"] if acts else words


class Measured(NamedTuple):
    """A finished process: its output, its running time, and its peak memory in KB."""

    code: int
    stdout: bytes
    stderr: bytes
    seconds: float
    peak_kilobytes: int


_MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
with open(sys.argv[1], "w") as file:
    file.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")
"""


def run_measured(*arguments: object, cwd: Path, seconds: float = 300) -> Measured:
    """Run the command and measure its process together with those that it started.

    A small process starts it: the peak of a process begins with what its parent holds, and that of
    the tests may be a gigabyte.
    """
    with (
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
        tempfile.NamedTemporaryFile("r") as measured,
    ):
        command = [*dedupe_command(), *map(str, arguments)]
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-c", _MEASURE, measured.name, *command],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=cwd,
            env=clean_environment(),
            start_new_session=True,
        )
        timer = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        process.wait()
        timer.cancel()
        stdout.seek(0)
        stderr.seek(0)
        took = time.monotonic() - began
        code, peak = map(int, measured.read().split())
        return Measured(code, stdout.read(), stderr.read(), took, peak)


def clean_environment(**changes: str) -> dict[str, str]:
    """The environment without variables that would colour or widen the output."""
    names = (*COLOR_VARIABLES, "COLUMNS", "LINES")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    return {**environment, "PYTHONUTF8": "1", **changes}


def git_environment(**changes: str) -> dict[str, str]:
    """The environment without the repository and settings of git that this process has."""
    own = {name: v for name, v in clean_environment().items() if not name.startswith("GIT_")}
    return {**own, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **changes}


def run_git(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, as an author with a made-up name and address."""
    return subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=git_environment(**environment),
        timeout=600,
    )


def run_command(
    *arguments: object, cwd: Path, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own and return its result, whatever its exit code."""
    return subprocess.run(
        [*dedupe_command(), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=clean_environment(**environment),
        timeout=120,
        check=False,
    )


def shell(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a pipeline in bash, with ``dedupe`` on the path."""
    binaries = str(Path(sys.executable).parent)
    path = os.pathsep.join([binaries, os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        cwd=folder,
        env=clean_environment(PATH=path, **environment),
        timeout=120,
        check=False,
    )


def run_process(arguments, folder: Path, stdin: bytes) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a process of its own."""
    result = run_command(*arguments, cwd=folder, stdin=stdin, COLUMNS="100")
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def run_main(
    *arguments: object, cwd: Path, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """As :func:`run_command`, but in this process, which is quicker."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), "utf-8") for name in ("stdout", "stderr")}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        for name in {*os.environ} - {*clean_environment()}:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["dedupe", *map(str, arguments)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as left:
            main()
    written = [stream.buffer.getvalue() for stream in streams.values() if not stream.flush()]
    return subprocess.CompletedProcess(arguments, left.value.code or 0, *written)


def run_here(arguments, folder: Path, stdin: bytes) -> tuple[int, str, str]:
    """Exit code, standard output and standard error in this process."""
    result = run_main(*arguments, cwd=folder, stdin=stdin, COLUMNS="100")
    return result.returncode, result.stdout.decode(), result.stderr.decode()
