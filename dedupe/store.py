"""Records of documents that may outgrow memory: appended in turn, read back by place.

A store keeps what it holds in memory up to a limit, and then goes on in a file of the work
folder. The file has no name from its first moment (where the system can do that), so that nothing
is left behind however the process ends. It is read with ``pread`` into buffers of ours: mapped
pages would count as this process's memory.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.errors import WorkFolderError

READ_BYTES: Final = 1 << 20
"""What is read from a file at once, at most, when rows lie close together."""

GAP_BYTES: Final = 1 << 14
"""Rows further apart than this are read separately."""

ROOM_BYTES: Final = 64 << 20
"""For so much there is room from the start, if a store may hold it."""

_SEEKING = threading.Lock()

CopyRuns = Callable[
    [NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]], None
]
ReadRuns = Callable[[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]], None]

GROWTH: Final = 8
"""A column grows by one part in this many: what it does not use yet is memory all the same."""


class Column:
    """An array that grows at its end.

    :param rows: for how many there is room at first; what is not written is no memory yet
    """

    def __init__(self, dtype: Any, width: int = 0, rows: int = 0) -> None:
        self._values: NDArray[Any] = np.empty((rows, width) if width else rows, dtype)
        self.count = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Append rows."""
        needed = self.count + len(values)
        if needed > len(self._values):
            rows = max(needed, len(self._values) + len(self._values) // GROWTH, 256)
            self._values.resize((rows, *self._values.shape[1:]), refcheck=False)
        self._values[self.count : needed] = values
        self.count = needed

    @property
    def view(self) -> NDArray[Any]:
        """All rows so far; not to be held over the next :meth:`extend`."""
        return self._values[: self.count]

    @property
    def byte_count(self) -> int:
        return self.view.nbytes


class Store:
    """Rows of one type, or, with ``width`` 0, a run of single values.

    :param limit: bytes kept in memory; 0 for no limit
    """

    def __init__(self, work: WorkFolder, dtype: Any, width: int = 0, limit: int = 0) -> None:
        self._work = work
        self._limit = limit
        self._file: int | None = None
        self._dtype = np.dtype(dtype)
        self._shape = (width,) if width else ()
        self._row_bytes = self._dtype.itemsize * max(width, 1)
        self._column = Column(dtype, width, min(limit, ROOM_BYTES) // self._row_bytes)
        self.count = 0

    def append(self, values: NDArray[Any]) -> None:
        """Add rows at the end.

        :raises WorkFolderError: if the file cannot be made, or its disk is full
        """
        self.count += len(values)
        size = self._column.byte_count + values.nbytes
        if self._file is None and (not self._limit or size <= self._limit):
            self._column.extend(values)
            return
        if self._file is None:
            self._file = self._work.create_file()
            self._work.write(self._file, self._column.view)
            self._column = Column(self._dtype, *self._shape)
        self._work.write(self._file, values)

    @property
    def is_in_memory(self) -> bool:
        return self._file is None

    def close(self) -> None:
        """Give memory and disk back."""
        self._column = Column(self._dtype, *self._shape)
        if self._file is not None:
            self._work.close_file(self._file)
            self._file = None
        self.count = 0

    def take(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """These rows, in this order."""
        if self._file is None:
            # (Three times as quick as indexing with an array.)
            return np.take(self._column.view, rows, axis=0)
        result = np.empty((len(rows), *self._shape), self._dtype)
        if len(rows) == 0:
            return result
        ascending = np.argsort(rows, kind="stable")
        ordered = rows[ascending]
        close = GAP_BYTES // self._row_bytes + 1
        far = np.diff(ordered, prepend=ordered[:1]) > close
        most = max(READ_BYTES // self._row_bytes, 1)
        # A new read begins where a gap is, and at least once in so many rows.
        reads = np.cumsum(far) * (self.count // most + 2) + (ordered // most)
        begins = np.flatnonzero(np.diff(reads, prepend=-1))
        for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(rows)], strict=True):
            first, last = int(ordered[begin]), int(ordered[end - 1])
            block = self._read(first, last + 1)
            result[ascending[begin:end]] = block[ordered[begin:end] - first]
        return result

    def columns(self, first: int, last: int) -> NDArray[Any]:
        """Columns ``first`` to ``last`` (exclusive) of all rows, ``(last - first, count)``."""
        if self._file is None:
            return np.ascontiguousarray(self._column.view[:, first:last].T)
        result = np.empty((last - first, self.count), self._dtype)
        step = max(READ_BYTES // self._row_bytes, 1)
        for begin in range(0, self.count, step):
            end = min(begin + step, self.count)
            result[:, begin:end] = self._read(begin, end)[:, first:last].T
        return result

    def segments(self, begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[Any]:
        """The runs ``begins[i]:begins[i] + lengths[i]``, end to end."""
        result = np.empty((int(lengths.sum()), *self._shape), self._dtype)
        begins, lengths = begins * self._row_bytes, lengths * self._row_bytes
        if self._file is None:
            values = self._column.view.reshape(-1).view(np.uint8)
            self._work.copy_runs(values, begins, lengths, result.reshape(-1).view(np.uint8))
        else:
            self._work.read_runs_into(self._file, begins, lengths, result)
        return result

    def runs(self, begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> Iterator[memoryview]:
        """The same runs one by one, of single values; not to be held over :meth:`append`."""
        if self._file is None:
            data = self._column.view.data
        else:
            data = self.segments(begins, lengths).data
            begins = np.cumsum(lengths) - lengths
        for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
            yield data[begin : begin + length]

    def _read(self, begin: int, end: int) -> NDArray[Any]:
        result = np.empty((end - begin, *self._shape), self._dtype)
        self._read_into(begin, result)
        return result

    def _read_into(self, begin: int, target: NDArray[Any]) -> None:
        assert self._file is not None
        self._work.read_into(self._file, begin * self._row_bytes, target)


def copy_runs(
    values: NDArray[np.uint8],
    begins: NDArray[np.int64],
    lengths: NDArray[np.int64],
    target: NDArray[np.uint8],
) -> None:
    """Fill ``target`` with the runs ``values[begins[i]:begins[i] + lengths[i]]``, end to end."""
    place = 0
    for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
        target[place : place + length] = values[begin : begin + length]
        place += length


def read_runs(
    file: int, begins: NDArray[np.int64], lengths: NDArray[np.int64], target: NDArray[np.uint8]
) -> None:
    """The same of a file's bytes.

    :raises OSError: if it cannot be read
    :raises EOFError: if it ends before
    """
    left = target.data
    for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
        end = begin + length
        while begin < end:
            count = _read_at(file, left[: end - begin], begin)
            if count == 0:
                raise EOFError
            begin += count
            left = left[count:]


class WorkFolder(msgspec.Struct):
    """Where stores go on when memory is not to hold them, and how much it may hold.

    :param path: an existing folder; empty for the system's temporary folder
    :param max_memory: bytes that a scan may use in all; 0 for no bound on what a document keeps
    :param copy_runs: as :class:`dedupe.model.Kernels` has it; and ``read_runs``
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

    def share(self, part: float, default: int) -> int:
        """One part in so many of the memory there is, at most the default (0: no bound)."""
        if not self.max_memory:
            return default
        share = max(int(self.max_memory / part), 1)
        return min(default, share) if default else share

    def check(self) -> None:
        """Fail at once where the folder cannot be written in.

        :raises WorkFolderError: if so
        """
        self.close_file(self.create_file())

    def create_file(self) -> int:
        """A new file without a name; its descriptor."""
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
        """Append to a file."""
        left = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        try:
            while left:
                written = os.write(file, left)
                self.written_bytes += written
                left = left[written:]
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            told = "has no space left" if full else f"cannot be written in: {error.strerror}"
            raise WorkFolderError(
                f"{self.name}: the work folder {told}, after {self.written_bytes / 1e6:,.0f} MB; "
                "free some, or name another with --work-dir"
            ) from error

    def read_into(self, file: int, offset: int, target: NDArray[Any]) -> None:
        """Fill an array from a place in a file."""
        begins, lengths = np.array([offset], np.int64), np.array([target.nbytes], np.int64)
        self.read_runs_into(file, begins, lengths, target)

    def read_runs_into(
        self, file: int, begins: NDArray[np.int64], lengths: NDArray[np.int64], target: NDArray[Any]
    ) -> None:
        """Fill an array from several places in a file, in bytes."""
        try:
            self.read_runs(file, begins, lengths, target.reshape(-1).view(np.uint8))
        except OSError as error:
            raise WorkFolderError(
                f"{self.name}: the work folder cannot be read: {error.strerror}"
            ) from error
        except EOFError as error:
            raise WorkFolderError(f"{self.name}: a file in the work folder was cut off") from error


def return_memory() -> None:
    """Give the system what was freed and the C library keeps for later, as glibc does in the holes
    between what is in use; elsewhere nothing."""
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


def _read_at(file: int, target: memoryview, offset: int) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(file, [target], offset)
    with _SEEKING:
        os.lseek(file, offset, os.SEEK_SET)
        data = os.read(file, len(target))
    target[: len(data)] = data
    return len(data)
