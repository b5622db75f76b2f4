"""A ``dedupe review`` in a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.command import clean_environment, dedupe_command


class Reviewing:
    """A running review.

    :ivar address: of its page
    """

    def __init__(self, folder: Path, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [*dedupe_command(), "review", *map(str, arguments)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            # (What runs in the background of a shell begins with interrupts ignored.)
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert self.process.stderr is not None
        line = self.process.stderr.readline().decode()
        found = re.search(r"http://\S+", line)
        assert found, line + self.process.stderr.read().decode()
        self.address = found[0]

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def route(self) -> str:
        return urlsplit(self.address).path

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def interrupt(self) -> tuple[int, str]:
        """Its exit code after Ctrl-C, and what it then said."""
        self.process.send_signal(signal.SIGINT)
        stdout, stderr = self.process.communicate(timeout=30)
        assert stdout == b""
        return self.process.returncode, stderr.decode()


@contextmanager
def reviewing(folder: Path, *arguments: object) -> Iterator[Reviewing]:
    """A review that is ended at the end."""
    running = Reviewing(folder, *arguments)
    try:
        yield running
    finally:
        running.kill()
