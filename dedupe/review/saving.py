"""The file of decisions of a review: every change replaces it whole, before it is told as saved."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dedupe.model.errors import InputError
from dedupe.report.decision_file import (
    AnyDecision,
    Decisions,
    format_decisions,
    gather_decisions,
    read_decisions,
)

Signature = tuple[int, int, int]


class Change(msgspec.Struct, frozen=True):
    """A decision that is made anew, in the place of an earlier one; or one that is taken back.

    :param key: what it is about (:attr:`Decision.key`)
    :param made: none: it is taken back
    """

    key: tuple[str, ...]
    made: AnyDecision | None


class DecisionStore:
    """The decisions of a file, which may not be there yet.

    The file is the only state: it is read again when somebody else has changed it, as a merge by
    git does. It is written under another name, flushed to the disk, and then takes its place.

    :param path: the file; one that is there is continued
    :raises InputError: if it is there, and is no file of decisions
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._signature: Signature | None = None
        self._decisions = gather_decisions(())
        self.read()
        folder = os.path.dirname(os.path.realpath(path))
        if not os.access(folder, os.W_OK):
            raise InputError(f"{path}: cannot be written: its folder is not there or read-only")

    def read(self) -> Decisions:
        """The decisions as the file has them now."""
        with self._lock:
            return self._read()

    def change(self, changes: Sequence[Change]) -> int:
        """Save changes; they are on the disk when this returns.

        :return: the number of decisions
        :raises InputError: if the file cannot be read or written; it is then as before
        """
        with self._lock:
            before = self._read()
            made = {each.key: each for each in before.everything}
            for change in changes:
                if change.made is None:
                    made.pop(change.key, None)
                else:
                    made[change.key] = change.made
            write_durably(self.path, format_decisions(made.values()))
            self._decisions = gather_decisions(made.values())
            self._signature = _sign(self.path)
            return len(made)

    def _read(self) -> Decisions:
        signature = _sign(self.path)
        if signature != self._signature:
            self._decisions = gather_decisions(())
            if signature is not None:
                self._decisions = gather_decisions(read_decisions(self.path).everything)
            self._signature = signature
        return self._decisions


def now() -> str:
    """The present second, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_durably(path: str, data: bytes) -> None:
    """Replace a file by one that is on the disk: after a kill it is the old one or the new one.

    :raises InputError: if it cannot be written; the old one is then still there
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    temporary = ""
    try:
        mode = stat.S_IMODE(os.stat(target).st_mode) if os.path.exists(target) else 0o600
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".dedupe-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, target)
        temporary = ""
        _flush_folder(folder)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _flush_folder(folder: str) -> None:
    """Flush the names in a folder to the disk, where the system can."""
    with suppress(OSError):  # Windows opens no folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sign(path: str) -> Signature | None:
    """What changes when somebody writes the file; none where there is no file."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    return found.st_ino, found.st_size, found.st_mtime_ns
