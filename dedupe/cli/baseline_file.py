"""The file of a baseline: read before the scan, written after it where that was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from dedupe.cli.output import Outputs, is_same_file
from dedupe.cli.targets import Target
from dedupe.gate.baseline import (
    BASELINE_VERSION,
    COMPANION_ENDING,
    Baseline,
    format_baseline,
    format_companion,
    parse_baseline,
    parse_companion,
)
from dedupe.model.errors import BaselineError
from dedupe.model.settings import ScanSettings
from dedupe.store.presence import Presence


class BaselineFile:
    """A baseline by the name of its file, and its companion beside it.

    :ivar remark: what is to be said of it, if anything
    :param path: as it was named
    :param is_updated: whether it is to be written; then it need not exist
    :raises BaselineError: if it cannot be used
    """

    def __init__(self, path: str, is_updated: bool) -> None:
        self.name = _short_name(path)
        self._path = Path(path)
        self._companion = self._path.with_name(self._path.name + COMPANION_ENDING)
        self._is_updated = is_updated
        # Before the scan: what could not be written after it is told now, and what is no baseline
        # is never replaced, for it may be anything of the user's.
        files = (self._path, self._companion)
        targets = [Target("text", os.path.join(os.curdir, file)) for file in files]
        self._place = Outputs(targets) if is_updated else None
        self.known = self._read()
        self.remark = self._describe(self.known) if self.known is not None else ""

    def _read(self) -> Baseline | None:
        data = self._read_file(self._path, self.name)
        if data is None:
            if self._is_updated:
                return None
            raise BaselineError(
                f"{self.name}: there is no such baseline; --update-baseline writes it"
            )
        baseline = parse_baseline(data, self.name)
        name = self.name + COMPANION_ENDING
        listed = self._read_file(self._companion, name)
        seen = parse_companion(listed, name) if listed is not None else None
        return msgspec.structs.replace(baseline, seen=seen)

    def _read_file(self, path: Path, name: str) -> bytes | None:
        """What a file holds; none where there is none."""
        if self._is_updated and os.path.lexists(path) and not path.is_file():
            raise BaselineError(f"{name}: is not a regular file, and so cannot be updated")
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BaselineError(f"{name}: cannot be read: {error.strerror}") from error

    def _describe(self, known: Baseline) -> str:
        if known.version < BASELINE_VERSION:
            told = f"{self.name}: is a baseline of version {known.version}, "
            if self._is_updated:
                return told + f"and is written anew as version {BASELINE_VERSION}"
            return told + (
                "which does not list the documents that were there and unique; "
                f"--update-baseline writes version {BASELINE_VERSION}"
            )
        if known.seen is None and not self._is_updated:
            return (
                f"{self.name}{COMPANION_ENDING}: is missing, which lists the documents that were "
                "there and unique; restore it, or run --update-baseline"
            )
        return ""

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
        own = {os.path.realpath(path) for path in (self._path, self._companion)}
        for target in targets:
            if not target.is_standard_output and os.path.realpath(target.path) in own:
                raise BaselineError(f"{target.path}: is the baseline; name another --output")

    def patterns_below(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Patterns that leave it and its companion out where they stand below one of these
        folders: they are no documents.

        None where they are hidden, for hidden files are not read.
        """
        from dedupe.sources.discovery.patterns import escape_pattern
        from dedupe.sources.files.names import is_hidden_name, readable_id

        patterns: list[str] = []
        for path in paths:
            folder = os.path.join(os.path.realpath(path), "")
            for target in map(os.path.realpath, (self._path, self._companion)):
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
        data = format_baseline(baseline), format_companion(baseline.seen or Presence())
        files = self._path, self._companion
        if any(not f.exists() or f.read_bytes() != d for f, d in zip(files, data, strict=True)):
            self._place.refuse(lambda path: is_same_file(path, sources))
            written = dict(zip((target.path for target in self._place.targets), data, strict=True))
            self._place.write(lambda target: [written[target.path]])
        return len(baseline.entries - before), len(before - baseline.entries)


def _short_name(path: str) -> str:
    """Relative to the current folder where it is in it: a settings file gives absolute paths."""
    below = os.path.relpath(path)
    return path if not os.path.isabs(path) or below.startswith(os.pardir) else below
