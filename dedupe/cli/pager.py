"""Long output on a terminal goes through a pager, as that of git does."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from subprocess import Popen

DEFAULT_PAGER: Final = "less"
SETTINGS: Final = {"LESS": "FRX", "LV": "-c"}
"""Settings of pagers, unless the user has others: colours, and leave what was shown."""

_ESCAPES: Final = rb"\x1b\[[\d;]*m|\x1b\]8;;[^\x1b]*\x1b\\"


def write_paged(chunks: Iterable[bytes], pages: bool = True) -> None:
    """Write to standard output; if it is a terminal and this is longer, through a pager.

    What fits the terminal starts no pager. One that cannot be started is no error: everything is
    then written to the terminal. Neither is one that the user leaves before the end.

    :param pages: whether a pager may be started at all
    """
    command = find_pager(os.environ) if pages and sys.stdout.isatty() else []
    chunks = iter(chunks)
    if command:
        held, is_longer = _hold_screen(chunks)
        chunks = chain(held, chunks)
        if is_longer and (pager := _start(command)) is not None:
            _feed(pager, chunks)
            return
    for chunk in chunks:
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def find_pager(environment: Mapping[str, str]) -> list[str]:
    """The pager as words of a command; none if there is to be none.

    It is the first that is set of ``DEDUPE_PAGER``, ``PAGER`` and less; an empty value and ``cat``
    mean none.
    """
    if environment.get("TERM") == "dumb":
        return []
    names = ("DEDUPE_PAGER", "PAGER")
    chosen = next((environment[name] for name in names if name in environment), DEFAULT_PAGER)
    try:
        command = shlex.split(chosen)
    except ValueError:  # a quotation that does not end
        return []
    return [] if command == ["cat"] else command


def _hold_screen(chunks: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """The chunks that fill the terminal, and whether they are more than it shows."""
    size = shutil.get_terminal_size()
    held: list[bytes] = []
    rows = 0
    for chunk in chunks:
        held.append(chunk)
        rows += sum(
            1 + max(0, len(line.decode(errors="replace")) - 1) // max(1, size.columns)
            for line in re.sub(_ESCAPES, b"", chunk).splitlines()
        )
        if rows >= size.lines:
            return held, True
    return held, False


def _start(command: list[str]) -> Popen[bytes] | None:
    from subprocess import PIPE, Popen  # late, because few outputs are paged

    try:
        return Popen(command, stdin=PIPE, env={**SETTINGS, **os.environ})
    except OSError:
        return None


def _feed(pager: Popen[bytes], chunks: Iterable[bytes]) -> None:
    """Write to the pager until the user leaves it, and wait for that."""
    assert pager.stdin is not None
    with _closing(pager, pager.stdin) as stream, suppress(BrokenPipeError):
        for chunk in chunks:
            stream.write(chunk)
        stream.flush()


@contextmanager
def _closing(pager: Popen[bytes], stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """End the input of the pager, and wait; an interrupt is then for the pager alone."""
    try:
        yield stream
    finally:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with suppress(OSError):
                stream.close()
            pager.wait()
        finally:
            signal.signal(signal.SIGINT, before)
