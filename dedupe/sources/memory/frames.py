"""Data frames, Arrow tables and data sets as rows, a slice at a time.

No library is imported here that the value did not bring along, except pyarrow for those whose
slices are Arrow's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from dedupe.model.errors import InputError
from dedupe.sources.memory.data import BYTES_AT_ONCE, ROWS_AT_ONCE, Data, Part


class PandasFrame(Data):
    """A data frame of pandas.

    Its columns are read as lists of values: a column of objects may hold numbers beside texts,
    which Arrow refuses as a whole, and so pyarrow need not be installed.

    :param index_as: the name under which the index is a column; empty where it is not used
    """

    def __init__(self, frame: Any, index_as: str = "") -> None:
        names = [name for name in frame.columns if isinstance(name, str)]
        super().__init__([*names, index_as] if index_as else names)
        self._frame, self._index_as = frame, index_as
        self.has_ids = bool(index_as)

    def __len__(self) -> int:
        return len(self._frame)

    def part(self, begin: int, end: int, names: Collection[str]) -> dict[str, list[Any]]:
        found = {}
        for name in names:
            if name == self._index_as:
                found[name] = self._frame.index[begin:end].tolist()
                continue
            column = self._frame[name]
            if column.ndim != 1:
                raise InputError(f"several columns are called {name!r}; rename all but one")
            found[name] = column.iloc[begin:end].tolist()
        return found

    def without(self, rows: Sequence[int]) -> Any:
        return self._frame.iloc[self.kept(rows)]


def has_own_index(value: Any) -> bool:
    """Whether the index of a frame or series of pandas has ids, and does not merely count rows."""
    index = value.index
    if type(index).__name__ == "RangeIndex":
        return bool(len(index)) and (index.start != 0 or index.step != 1)
    return index.inferred_type in ("string", "integer", "mixed-integer") and index.nlevels == 1


class ArrowRows(Data):
    """A table of pyarrow.

    :param given: what the user gave, where it is something else that holds the same rows
    """

    def __init__(self, table: Any, given: Any = None) -> None:
        super().__init__(table.column_names)
        self._table, self._given = table, given

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def part(self, begin: int, end: int, names: Collection[str]) -> Part:
        positions = [i for i, name in enumerate(self._table.column_names) if name in names]
        return join_batches(self._table.select(positions).slice(begin, end - begin))

    def without(self, rows: Sequence[int]) -> Any:
        given = self._table if self._given is None else self._given
        return _leave_out(given, rows)


class PolarsFrame(Data):
    """A data frame of polars."""

    def __init__(self, frame: Any) -> None:
        super().__init__(frame.columns)
        self._frame = frame

    def __len__(self) -> int:
        return int(self._frame.height)

    def part(self, begin: int, end: int, names: Collection[str]) -> Part:
        chosen = [name for name in self._frame.columns if name in names]
        # Views of strings, polars' own form, would be read value by value.
        slice = self._frame.select(chosen).slice(begin, end - begin)
        return join_batches(_call_oldest(slice))

    def rows_at_once(self, names: Collection[str]) -> int:
        chosen = [name for name in self._frame.columns if name in names]
        size = self._frame.select(chosen).estimated_size() // max(1, len(self))
        return int(max(1, min(ROWS_AT_ONCE, BYTES_AT_ONCE // max(1, size))))

    def without(self, rows: Sequence[int]) -> Any:
        return self._frame[self.kept(rows)]


class DataSet(Data):
    """A data set of Hugging Face that knows its rows."""

    def __init__(self, data_set: Any) -> None:
        super().__init__(data_set.column_names)
        self._data_set = data_set

    def __len__(self) -> int:
        return len(self._data_set)

    def part(self, begin: int, end: int, names: Collection[str]) -> Part:
        return join_batches(self._chosen(names)[begin:end])

    def parts(self, names: Collection[str]) -> Iterator[Part]:
        chosen = self._chosen(names)
        for begin in range(0, len(self), ROWS_AT_ONCE):
            yield join_batches(chosen[begin : begin + ROWS_AT_ONCE])

    def _chosen(self, names: Collection[str]) -> Any:
        own = [name for name in self.names if name in names]
        return self._data_set.select_columns(own).with_format("arrow")

    def without(self, rows: Sequence[int]) -> Any:
        return self._data_set.select(self.kept(rows))


class StreamedDataSet(Data):
    """A data set of Hugging Face that is streamed: each time from its beginning."""

    def __init__(self, data_set: Any) -> None:
        names = data_set.column_names
        super().__init__(names or [*next(iter(data_set), {})])
        self._data_set = data_set

    def __len__(self) -> int:
        raise TypeError("the rows of a streamed data set are not counted")

    def parts(self, names: Collection[str]) -> Iterator[dict[str, list[Any]]]:
        rows = iter(self._data_set)
        while part := [*islice(rows, ROWS_AT_ONCE)]:
            yield {name: [row.get(name) for row in part] for name in names}

    def rows(self, wanted: Sequence[int], names: Collection[str]) -> Iterator[tuple[int, Part]]:
        left = iter(wanted)
        next_row = next(left, None)
        for number, row in enumerate(self._data_set):
            if next_row is None:
                return
            if number == next_row:
                yield number, {name: [row.get(name)] for name in names}
                next_row = next(left, None)

    def without(self, rows: Sequence[int]) -> Any:
        dropped = {*rows}
        return self._data_set.filter(lambda _, row: row not in dropped, with_indices=True)


def join_batches(table: Any) -> Any:
    """A small table as one record batch."""
    import pyarrow as pa

    batches = table.combine_chunks().to_batches()
    if len(batches) == 1:
        return batches[0]
    return pa.RecordBatch.from_pylist(table.to_pylist(), schema=table.schema)


def _call_oldest(frame: Any) -> Any:
    """A frame of polars as a table of the kinds that Arrow always had."""
    import polars

    return frame.to_arrow(compat_level=polars.CompatLevel.oldest())


def _leave_out(given: Any, rows: Sequence[int]) -> Any:
    """A table, batch or column of Arrow without some rows."""
    import pyarrow as pa

    mask = np.ones(len(given), bool)
    mask[[*rows]] = False
    try:
        return given.filter(pa.array(mask))
    except pa.ArrowNotImplementedError:  # as of views of strings; slices can be of any type
        begins = [0, *(row + 1 for row in rows)]
        ends = [*rows, len(given)]
        slices = [given.slice(b, e - b) for b, e in zip(begins, ends, strict=True)]
        return _concatenate(slices)


def _concatenate(slices: Sequence[Any]) -> Any:
    import pyarrow as pa

    first = slices[0]
    if isinstance(first, pa.Table):
        return pa.concat_tables(slices)
    if isinstance(first, pa.RecordBatch):
        return pa.concat_batches(slices)
    if isinstance(first, pa.ChunkedArray):
        chunks = [chunk for each in slices for chunk in each.chunks]
        return pa.chunked_array(chunks, first.type)
    return pa.concat_arrays(slices)
