"""Messages and questions on standard error, and the choice of colour."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Final, Literal

SHOWN_MESSAGES: Final = 5
LEAST_WIDTH: Final = 30

Level = Literal["error", "warning", "note"]
ColorChoice = Literal["auto", "always", "never"]

_STYLES: dict[Level, str] = {"error": "\x1b[1;31m", "warning": "\x1b[33m", "note": "\x1b[2m"}


def say(level: Level, message: str) -> None:
    """Print a message on standard error, escaped.

    Only errors may have several lines. Notes and warnings contain ids and titles of documents,
    which must not be able to begin a line that looks like another message.
    """
    from dedupe.renderers.view.terminal import disarm_line, escape_text

    if sys.stderr is None:
        return
    head = f"{level}:"
    if use_color(sys.stderr, "auto", os.environ):
        head = f"{_STYLES[level]}{head}\x1b[0m"
    parts = message.split("\n") if level == "error" else [message]
    lines = [disarm_line(line) for part in parts for line in _wrap(escape_text(part))]
    # A closed standard error is no reason to fail.
    with suppress(OSError):
        print(f"dedupe: {head} " + "\n".join(lines), file=sys.stderr, flush=True)


def _wrap(line: str) -> list[str]:
    """The line, broken at words if standard error is a terminal that it is too long for.

    Lines behind the first are indented, so that none looks like another message.
    """
    if not sys.stderr.isatty():
        return [line]
    import textwrap

    width = max(LEAST_WIDTH, shutil.get_terminal_size().columns - 1)
    head = " " * len("dedupe: warning: ")
    wrapped = textwrap.wrap(
        head + line,
        width,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [wrapped[0].removeprefix(head), *wrapped[1:]] if wrapped else [line]


def say_some(level: Level, messages: Sequence[str], kind: str) -> None:
    """Print the first few messages, and how many more there are.

    :param kind: what the others are called, as in "… and 3 more KIND"
    """
    for message in messages[:SHOWN_MESSAGES]:
        say(level, message)
    if len(messages) > SHOWN_MESSAGES:
        say(level, f"… and {len(messages) - SHOWN_MESSAGES} more {kind}")


def ask(question: str) -> bool:
    """Ask a yes-or-no question on the terminal; anything but a clear yes is no."""
    from dedupe.renderers.view.terminal import disarm_line, escape_text

    prompt = f"dedupe: {disarm_line(escape_text(question))} [y/N] "
    print(prompt, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def can_ask() -> bool:
    """Whether a question can be asked: standard input and standard error are terminals."""
    streams = (sys.stdin, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams)


def use_color(stream: IO[str], choice: ColorChoice, environment: Mapping[str, str]) -> bool:
    """Whether to write colours to a stream.

    A choice on the command line comes first, then NO_COLOR (no-color.org), CLICOLOR_FORCE and
    FORCE_COLOR, CLICOLOR (bixense.com/clicolors), then whether the stream is a terminal.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    for name in ("CLICOLOR_FORCE", "FORCE_COLOR"):
        if environment.get(name, "0") not in ("", "0"):
            return True
    if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()
