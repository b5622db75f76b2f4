"""The reports to write, from ``--output [FORMAT:]FILE`` and ``--format`` together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from dedupe.cli.settings import Settings
from dedupe.model.errors import ConfigError
from dedupe.model.urls import is_url, without_secrets
from dedupe.renderers.registry import FORMATS, format_of_name

STANDARD_OUTPUT: Final = "-"


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

    An output may begin with the name of a format and a colon; any other colon belongs to the
    file name (``C:\\report.json``). An output without such a prefix has the format of the flag
    ``--format``, else that of its file name ending, else that of the settings file.

    If there are outputs, standard output gets a report only if ``-`` is one of them, or if the
    flag ``--format`` is given and every output has a format prefix.

    :param outputs: the values of ``--output``
    :raises ConfigError: if two reports go to the same file, or one to a URL
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
            targets.append(Target(flagged or format_of_name(output) or usual, output))
    if not outputs or (flagged and not takes_flag):
        targets.append(Target(usual, STANDARD_OUTPUT))
    if far := next((target.path for target in targets if is_url(target.path)), ""):
        told = "is a URL; reports are written to files on this machine"
        raise ConfigError(f"--output {without_secrets(far)}: {told}")
    for destination in _duplicated_destinations(targets):
        raise ConfigError(
            f"two reports would go to {destination}; name another --output for one of them"
        )
    return targets


def _duplicated_destinations(targets: Sequence[Target]) -> Iterator[str]:
    seen: set[str] = set()
    for target in targets:
        destination = "-" if target.is_standard_output else os.path.realpath(target.path)
        if destination in seen:
            yield "standard output" if target.is_standard_output else target.path
        seen.add(destination)
