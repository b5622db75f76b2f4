"""The command line of this process, without its outputs, to be suggested again."""

from __future__ import annotations

import re
import sys
from typing import Final

OUTPUT_OPTIONS: Final = ("--output", "--format", "--markdown-limit")
"""Options, each with a value, that only choose how and where something is written."""

_SHORT: Final = re.compile(r"-([A-Za-z0-9]*?)([of])(.*)", re.DOTALL)
"""Short options, of which one is an output: ``-o``, ``-qf``, ``-ofile``."""
_TAKES_VALUE: Final = frozenset("jt")


def repeat_command() -> tuple[str, ...]:
    """The words behind ``dedupe``, without options of outputs and their values."""
    kept: list[str] = []
    arguments = iter(sys.argv[1:])
    for argument in arguments:
        short = _SHORT.fullmatch(argument)
        if argument == "--":
            kept += [argument, *arguments]
        elif argument in OUTPUT_OPTIONS:
            next(arguments, None)
        elif short and not _TAKES_VALUE & {*short[1]}:
            kept += [f"-{short[1]}"] if short[1] else []
            if not short[3]:
                next(arguments, None)
        elif argument.partition("=")[0] not in OUTPUT_OPTIONS:
            kept.append(argument)
    return tuple(kept)
