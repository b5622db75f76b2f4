"""The file of a baseline: read before the scan, written after it where that was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from dedupe.baseline import Baseline, format_baseline, parse_baseline
from dedupe.cli.output import Outputs, is_same_file
from dedupe.cli.targets import Target
from dedupe.config import ScanSettings
from dedupe.errors import BaselineError


class BaselineFile:
    """A baseline by the name of its file.

    :param path: as it was named
    :param is_updated: whether it is to be written; then it need not exist
    :raises BaselineError: if it cannot be used
    """

    def __init__(self, path: str, is_updated: bool) -> None:
        self.name = _short_name(path)
        self._path = Path(path)
        self._is_updated = is_updated
        # Before the scan: what could not be written after it is told now, and what is no baseline
        # is never replaced, for it may be anything of the user's.
        target = Target("text", os.path.join(os.curdir, path))
        self._place = Outputs([target]) if is_updated else None
        self.known = self._read()

    def _read(self) -> Baseline | None:
        if self._is_updated and not os.path.lexists(self._path):
            return None
        if self._is_updated and not self._path.is_file():
            raise BaselineError(f"{self.name}: is not a regular file, and so cannot be updated")
        try:
            return parse_baseline(self._path.read_bytes(), self.name)
        except FileNotFoundError:
            raise BaselineError(
                f"{self.name}: there is no such baseline; --update-baseline writes it"
            ) from None
        except OSError as error:
            raise BaselineError(f"{self.name}: cannot be read: {error.strerror}") from error

    def check_settings(self, config: ScanSettings) -> None:
        """Compare only what was found alike.

        :raises BaselineError: if other settings would now find other duplicates
        """
        if self.known is None or self._is_updated:
            return
        if different := self.known.different_settings(config):
            told = ", ".join(
                f"{name} {old!r}, now {new!r}" for name, (old, new) in different.items()
            )
            raise BaselineError(
                f"{self.name}: was made with other settings: {told}; scan with those, or run "
                "--update-baseline"
            )

    def refuse_outputs(self, targets: Iterable[Target]) -> None:
        """Let nothing else be written over it.

        :raises BaselineError: if an output goes to its file
        """
        own = os.path.realpath(self._path)
        for target in targets:
            if not target.is_standard_output and os.path.realpath(target.path) == own:
                raise BaselineError(f"{target.path}: is the baseline; name another --output")

    def patterns_below(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Patterns that leave it out where it stands below one of these folders: it is no document.

        None where it is hidden, for hidden files are not read.
        """
        from dedupe.sources.names import is_hidden_name, readable_id
        from dedupe.sources.patterns import escape_pattern

        patterns: list[str] = []
        target = os.path.realpath(self._path)
        for path in paths:
            folder = os.path.join(os.path.realpath(path), "")
            if path == "-" or not target.startswith(folder):
                continue
            below = target.removeprefix(folder)
            if not any(map(is_hidden_name, below.split(os.sep))):
                patterns.append(escape_pattern(readable_id(below).replace(os.sep, "/")))
        return tuple(dict.fromkeys(patterns))

    def write(self, baseline: Baseline, sources: Sequence[str]) -> tuple[int, int] | None:
        """Replace it in one step, where it is to be updated and changes.

        :param sources: files that were scanned, which it must not be
        :returns: how many documents it gained and lost; none where it is only read
        """
        if self._place is None:
            return None
        before = self.known.entries if self.known is not None else frozenset()
        data = format_baseline(baseline)
        if not self._path.exists() or self._path.read_bytes() != data:
            self._place.refuse(lambda path: is_same_file(path, sources))
            self._place.write(lambda _: [data])
        return len(baseline.entries - before), len(before - baseline.entries)


def _short_name(path: str) -> str:
    """Relative to the current folder where it is in it: a settings file gives absolute paths."""
    below = os.path.relpath(path)
    return path if not os.path.isabs(path) or below.startswith(os.pardir) else below
