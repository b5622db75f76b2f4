"""The work folder: files for data that does not fit into memory.

Where the system can do that, these files never have a name, so that nothing is left behind however
the process ends. They are read with ``pread`` into buffers of the program, because mapped pages
would count as its memory.
"""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from types import TracebackType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.errors import WorkFolderError
from dedupe.sketch.runs import CopyRuns, ReadRuns, copy_runs, read_runs


class WorkFolder(msgspec.Struct):
    """The folder to which stores move when they reach their share of memory.

    :param path: an existing folder; empty for the system's temporary folder
    :param max_memory: bytes that a scan may use in all (0: no bound)
    :param copy_runs: the method of :class:`dedupe.model.kernels.Kernels`
    :param read_runs: the method of :class:`dedupe.model.kernels.Kernels`
    :ivar written_bytes: bytes written to all files so far
    """

    path: str = ""
    max_memory: int = 0
    copy_runs: CopyRuns = copy_runs
    read_runs: ReadRuns = read_runs
    written_bytes: int = 0
    _files: set[int] = msgspec.field(default_factory=set)

    def __enter__(self) -> WorkFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in list(self._files):
            self.close_file(file)

    @property
    def name(self) -> str:
        return self.path or tempfile.gettempdir()

    def share(self, divisor: float, default: int) -> int:
        """Bytes that one user of memory may take: ``max_memory / divisor``, at most ``default``.

        Without ``max_memory`` it is ``default``; a ``default`` of 0 is no limit.
        """
        if not self.max_memory:
            return default
        share = max(int(self.max_memory / divisor), 1)
        return min(default, share) if default else share

    def check(self) -> None:
        """Fail at once, not when memory is full.

        :raises WorkFolderError: if the folder cannot be written in
        """
        self.close_file(self.create_file())

    def create_file(self) -> int:
        """Make a file without a name; gives its descriptor.

        :raises WorkFolderError: if it cannot be made
        """
        try:
            file = _open_nameless(self.name)
        except OSError as error:
            raise WorkFolderError(
                f"{self.name}: no file can be made in the work folder: {error.strerror}; "
                "--work-dir names another"
            ) from error
        self._files.add(file)
        return file

    def close_file(self, file: int) -> None:
        self._files.discard(file)
        os.close(file)

    def write(self, file: int, values: NDArray[Any]) -> None:
        """Append to a file.

        :raises ValueError: if the file is closed
        :raises WorkFolderError: if it cannot be written in, or its disk is full
        """
        if file not in self._files:
            raise ValueError("a file of the work folder is written after it was closed")
        left = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        try:
            while left:
                written = os.write(file, left)
                self.written_bytes += written
                left = left[written:]
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            problem = "has no space left" if full else f"cannot be written in: {error.strerror}"
            megabytes = f"{self.written_bytes / 1e6:,.0f} MB"
            raise WorkFolderError(
                f"{self.name}: the work folder {problem}, after {megabytes}; "
                "free some, or name another with --work-dir"
            ) from error

    def read_into(self, file: int, offset: int, target: NDArray[Any]) -> None:
        """Fill an array with the bytes of a file from ``offset``.

        :raises WorkFolderError: if the file cannot be read or is too short
        """
        begins, lengths = np.array([offset], np.int64), np.array([target.nbytes], np.int64)
        self.read_runs_into(file, begins, lengths, target)

    def read_runs_into(
        self, file: int, begins: NDArray[np.int64], lengths: NDArray[np.int64], target: NDArray[Any]
    ) -> None:
        """Fill an array with runs of a file, end to end; ``begins`` and ``lengths`` are in bytes.

        :raises ValueError: if the file is closed: its number may be that of another by now
        :raises WorkFolderError: if the file cannot be read or is too short
        """
        if file not in self._files:
            raise ValueError("a file of the work folder is read after it was closed")
        try:
            self.read_runs(file, begins, lengths, target.reshape(-1).view(np.uint8))
        except OSError as error:
            raise WorkFolderError(
                f"{self.name}: the work folder cannot be read: {error.strerror}"
            ) from error
        except EOFError as error:
            raise WorkFolderError(f"{self.name}: a file in the work folder was cut off") from error


def return_memory() -> None:
    """Give the system the freed memory that glibc keeps for later; without glibc do nothing."""
    import ctypes

    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _open_nameless(folder: str) -> int:
    """A file that vanishes with its last descriptor."""
    if hasattr(os, "O_TMPFILE"):
        try:
            return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
                raise
    flags = getattr(os, "O_TEMPORARY", 0)  # Windows: removed when it is closed
    file, name = tempfile.mkstemp(prefix="dedupe-", dir=folder)
    if flags:
        os.close(file)
        return os.open(name, os.O_RDWR | os.O_BINARY | flags)  # type: ignore[attr-defined]
    os.unlink(name)
    return file
