"""Runs the command on a terminal of a given size, and gives what it shows there."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.support.command import clean_environment, dedupe_command


class Shown(NamedTuple):
    """What a command wrote to its terminal, and its exit code."""

    text: str
    code: int

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


def run_on_terminal(
    *arguments: object,
    cwd: Path,
    columns: int = 80,
    rows: int = 48,
    keys: Iterable[str] = (),
    stdin: bytes | None = None,
    **environment: str,
) -> Shown:
    """Run the command with standard output and standard error on a terminal.

    :param keys: typed one after the other, a moment apart, after a second
    :param stdin: what standard input, which is then a pipe, holds (none: it is the terminal)
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    chosen = {"TERM": "xterm", "NO_COLOR": "1", "PAGER": "cat"} | environment
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, *dedupe_command(), *map(str, arguments)],
        stdin=theirs if stdin is None else subprocess.PIPE,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env=clean_environment(**chosen),
        start_new_session=True,
    )
    os.close(theirs)
    if stdin is not None and process.stdin is not None:
        process.stdin.write(stdin)
        process.stdin.close()
    typing = threading.Thread(target=_type, args=(ours, tuple(keys)), daemon=True)
    typing.start()
    written = b""
    try:
        while block := os.read(ours, 65536):
            written += block
    except OSError:  # (Linux says so at the end.)
        pass
    code = process.wait(60)
    typing.join(10)
    os.close(ours)
    return Shown(written.decode().replace("\r\n", "\n"), code)


_RUN = """
import fcntl, os, sys, termios
fcntl.ioctl(1, termios.TIOCSCTTY, 0)  # as a shell does: the pager reads keys from /dev/tty
os.execv(sys.argv[1], sys.argv[1:])
"""


def _type(terminal: int, keys: tuple[str, ...]) -> None:
    for key in keys:
        time.sleep(1)
        try:
            os.write(terminal, key.encode())
        except OSError:
            return
