"""Rows that may outgrow memory: appended one after another, read back by position.

A store keeps its rows in memory up to a limit, and then moves them to a file in the work folder
(see ``store.work_folder``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dedupe.store.work_folder import WorkFolder

READ_BYTES: Final = 1 << 20
"""The most that is read from a file at once."""

ROOM_BYTES: Final = 64 << 20
"""The most address space that a store reserves at its start."""

GROWTH: Final = 8
"""A full column grows by an eighth: room that is not used yet takes memory too."""


class Column:
    """An array that grows at its end.

    :param rows: how many there is room for at first; rows that are not written take no memory yet
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
        """All rows so far; not valid any more after the next :meth:`extend`."""
        return self._values[: self.count]

    @property
    def byte_count(self) -> int:
        return self.view.nbytes


class Store:
    """Rows of ``width`` values (0: single values), in memory or in a file of the work folder.

    :param limit: bytes kept in memory; 0 for no limit
    """

    def __init__(self, work: WorkFolder, dtype: Any, width: int = 0, limit: int = 0) -> None:
        self._work = work
        self.limit = limit
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
        if self._file is None and (not self.limit or size <= self.limit):
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
        ascending = np.argsort(rows, kind="stable")
        result[ascending] = self.gather(rows[ascending], np.ones(len(rows), np.int64))
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

    def gather(self, begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[Any]:
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
        """The runs that :meth:`gather` joins, one by one; for stores of single values.

        A run is not valid any more after the next :meth:`append`.
        """
        if self._file is None:
            data = self._column.view.data
        else:
            data = self.gather(begins, lengths).data
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


class RowView:
    """The rows of a store under other numbers: row *i* is its row ``rows[i]``."""

    def __init__(self, store: Store, rows: NDArray[np.int64]) -> None:
        self._store, self._rows = store, rows
        self.limit, self.count = store.limit, len(rows)

    def take(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """These rows, in this order."""
        return self._store.take(self._rows[rows])

    def columns(self, first: int, last: int) -> NDArray[Any]:
        """Columns ``first`` to ``last`` (exclusive) of all rows, ``(last - first, count)``."""
        return self._store.columns(first, last)[:, self._rows]

    def close(self) -> None:
        """Give memory and disk back, those of the whole store."""
        self._store.close()
