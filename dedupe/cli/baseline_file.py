"""The file of a baseline: read before the scan, written after it with ``--update-baseline``."""

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
from dedupe.sources.encoding.text_encoding import without_mark
from dedupe.store.document_marks import DocumentMarks


class BaselineFile:
    """The file of a baseline, and the companion file beside it.

    The companion lists the documents that were there and had no duplicate.

    :ivar name: the path, relative to the current folder if the file is in it
    :ivar known: the baseline that was read; none if there was no file
    :ivar remark: a note for the user on its version or a missing companion; may be empty
    :param path: as the user named it
    :param is_updated: whether it will be written; then it need not exist
    :raises BaselineError: if it cannot be used
    """

    def __init__(self, path: str, is_updated: bool) -> None:
        self.name = _short_name(path)
        self._path = Path(path)
        self._companion = self._path.with_name(self._path.name + COMPANION_ENDING)
        self._is_updated = is_updated
        # Checked before the scan: whether the file can be written, and that an existing file is a
        # baseline. Any other file may be the user's own and is never replaced.
        files = (self._path, self._companion)
        targets = [Target("text", os.path.join(os.curdir, file)) for file in files]
        self._outputs = Outputs(targets) if is_updated else None
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
        """The content of a file; none if it does not exist."""
        if self._is_updated and os.path.lexists(path) and not path.is_file():
            raise BaselineError(f"{name}: is not a regular file, and so cannot be updated")
        try:
            return without_mark(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BaselineError(f"{name}: cannot be read: {error.strerror}") from error

    def _describe(self, known: Baseline) -> str:
        if known.version < BASELINE_VERSION:
            text = f"{self.name}: is a baseline of version {known.version}, "
            if self._is_updated:
                return text + f"and is written anew as version {BASELINE_VERSION}"
            return text + (
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
        """Check that the baseline was made with the settings of this scan.

        :raises BaselineError: if a setting that changes which duplicates are found is different
        """
        if self.known is None or self._is_updated:
            return
        if different := self.known.different_settings(config):
            text = ", ".join(
                f"{name} {old!r}, now {new!r}" for name, (old, new) in different.items()
            )
            raise BaselineError(
                f"{self.name}: was made with other settings: {text}; scan with those, or run "
                "--update-baseline"
            )

    def refuse_outputs(self, targets: Iterable[Target]) -> None:
        """Check that no output would overwrite the baseline or its companion.

        :raises BaselineError: if one would
        """
        own = {os.path.realpath(path) for path in (self._path, self._companion)}
        for target in targets:
            if not target.is_standard_output and os.path.realpath(target.path) in own:
                raise BaselineError(f"{target.path}: is the baseline; name another --output")

    def patterns_below(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Exclude patterns for the baseline and its companion, if they are in a scanned folder.

        They are no documents. Hidden files need no pattern, since they are not read.
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
        """Replace both files in one step, if they are to be updated and their content changes.

        :param sources: the files that were scanned, which must not be overwritten
        :returns: how many documents the baseline gained and lost; none if it is only read
        """
        if self._outputs is None:
            return None
        before = self.known.entries if self.known is not None else frozenset()
        data = format_baseline(baseline), format_companion(baseline.seen or DocumentMarks())
        files = self._path, self._companion
        if any(not f.exists() or f.read_bytes() != d for f, d in zip(files, data, strict=True)):
            self._outputs.refuse(lambda path: is_same_file(path, sources))
            written = dict(
                zip((target.path for target in self._outputs.targets), data, strict=True)
            )
            self._outputs.write(lambda target: [written[target.path]])
        return len(baseline.entries - before), len(before - baseline.entries)


def _short_name(path: str) -> str:
    """A path relative to the current folder, if it is in it; settings files give absolute paths."""
    below = os.path.relpath(path)
    return path if not os.path.isabs(path) or below.startswith(os.pardir) else below
