"""The reports to write, from ``--output [FORMAT:]FILE`` and ``--format`` together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from dedupe.cli.settings import Settings
from dedupe.model.errors import ConfigError
from dedupe.model.nearest import did_you_mean
from dedupe.model.urls import is_url, without_secrets
from dedupe.renderers.registry import FORMATS, format_of_name

STANDARD_OUTPUT: Final = "-"

_PREFIX: Final = re.compile(r"([A-Za-z][\w-]+):")
"""A word before a colon, as a format stands; one letter is a drive."""


class Target(msgspec.Struct, frozen=True):
    """One report to write: its format and its file.

    :param path: ``-`` for standard output
    """

    format: str
    path: str

    @property
    def is_standard_output(self) -> bool:
        return self.path == STANDARD_OUTPUT


def choose_targets(outputs: Sequence[str], settings: Settings) -> list[Target]:
    """The reports that the user asked for, including the one on standard output.

    An output may begin with the name of a format and a colon; a drive or a folder before the
    colon belongs to the file name (``C:\\report.json``, ``./a:b``). An output without such a prefix
    has the format of the flag ``--format``, else that of its file name ending, else that of the
    settings file.

    If there are outputs, standard output gets a report only if ``-`` is one of them, or if the
    flag ``--format`` is given and every output has a format prefix.

    :param outputs: the values of ``--output``
    :raises ConfigError: if two reports go to the same file, or one to a URL, or if a prefix or an
        ending names no format
    """
    usual = settings.output["format"]
    flagged = usual if settings.origins["format"] == "command line" else ""
    targets: list[Target] = []
    takes_flag = False
    for output in outputs:
        name, colon, path = output.partition(":")
        if colon and name in FORMATS:
            if not path:
                raise ConfigError(f"--output {output} names no file; {output}- is standard output")
            targets.append(Target(name, path))
        else:
            takes_flag = True
            if not is_url(output):
                _check_prefix(output)
            targets.append(Target(flagged or format_of_name(output) or "", output))
    if not outputs or (flagged and not takes_flag):
        targets.append(Target(usual, STANDARD_OUTPUT))
    is_chosen = settings.origins["format"] != "default"
    targets = [_with_format(target, usual, is_chosen) for target in targets]
    if far := next((target.path for target in targets if is_url(target.path)), ""):
        told = "is a URL; reports are written to files on this machine"
        raise ConfigError(f"--output {without_secrets(far)}: {told}")
    for destination in _duplicated_destinations(targets):
        raise ConfigError(
            f"two reports would go to {destination}; name another --output for one of them"
        )
    return targets


def _check_prefix(output: str) -> None:
    """:raises ConfigError: if an output begins with a word and a colon, as if it were a format"""
    if found := _PREFIX.match(output):
        named = format_of_name(f".{found[1]}")  # md: is markdown:
        meant = f"; did you mean {named}?" if named else did_you_mean(found[1], FORMATS) or ";"
        told = f"there is no format {found[1]}{meant} ./{output} is a file of this name"
        raise ConfigError(f"--output {output}: {told}. {_describe_formats()}")


def _with_format(target: Target, usual: str, is_chosen: bool) -> Target:
    """The target with the usual format if it has none.

    :param is_chosen: whether the user chose that format; a strange ending is then no mistake
    :raises ConfigError: if it is not, and the file has an ending that no format has
    """
    if target.format:
        return target
    ending = os.path.splitext(target.path)[1]
    is_file = not os.path.exists(target.path) or os.path.isfile(target.path)
    if ending and is_file and not is_chosen and not is_url(target.path):
        told = f"no format has the ending {ending}; write FORMAT:{target.path}"
        raise ConfigError(f"--output {target.path}: {told}. {_describe_formats()}")
    return Target(usual, target.path)


def _describe_formats() -> str:
    shown = (
        f"{name} ({', '.join(each.endings)})" if each.endings else name
        for name, each in FORMATS.items()
    )
    return f"The formats, with their endings: {', '.join(shown)}"


def _duplicated_destinations(targets: Sequence[Target]) -> Iterator[str]:
    seen: set[str] = set()
    for target in targets:
        destination = "-" if target.is_standard_output else os.path.realpath(target.path)
        if destination in seen:
            yield "standard output" if target.is_standard_output else target.path
        seen.add(destination)
