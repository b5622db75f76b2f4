"""Finds out what a value in memory is, by the name of its type, and opens it as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MappingView, Sequence, Set
from importlib.util import find_spec
from typing import Any, Final

from dedupe.model.errors import InputError
from dedupe.sources.memory.data import Data
from dedupe.sources.memory.frames import (
    ArrowRows,
    DataSet,
    PandasFrame,
    PolarsFrame,
    StreamedDataSet,
    has_own_index,
)
from dedupe.sources.memory.python_data import TEXT, open_python, open_values

TAKEN: Final = (
    "texts are taken as a list of strings, of (id, text) pairs or of records (dictionaries); a "
    "mapping from id to text; a frame or series of pandas or polars; a table or column of Arrow; a "
    "NumPy array of strings; a data set of Hugging Face"
)
"""What is taken, for messages."""


def open_data(value: Any, id_name: str) -> Data:
    """A value as rows.

    :param id_name: the column of ids, as which the index of a data frame is used that has none
    :raises TypeError: if it is of no type that is taken
    """
    open_it = _find_opener(value)
    opened: Data | str
    if open_it is not None:
        opened = open_it(value, id_name)
    elif isinstance(value, (str, bytes)):
        opened = "texts must be several strings, not one"
    elif _has_arrow(value):
        opened = _open_arrow(value, id_name)
    elif isinstance(value, (Mapping, Sequence, Set, MappingView, Iterator)):
        opened = open_python(value)
    else:
        opened = "it is of no such type; list(…) makes a list of what has strings one by one"
    if isinstance(opened, str):
        raise TypeError(f"{_name_type(value)}: {opened}. {TAKEN}")
    return opened


def is_data(value: Any) -> bool:
    """Whether a value is a frame, table, column or data set, which is never a list of paths."""
    return _find_opener(value) is not None or _has_arrow(value)


Opener = Callable[[Any, str], "Data | str"]


def _find_opener(value: Any) -> Opener | None:
    """The function that opens a value of a known library; types derived from it are known too."""
    for kind in type(value).__mro__:
        found = _OPENERS.get((kind.__module__.partition(".")[0], kind.__name__))
        if found is not None:
            return found
    return None


def _has_arrow(value: Any) -> bool:
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__")


def _name_type(value: Any) -> str:
    kind = type(value)
    module = kind.__module__.partition(".")[0]
    return kind.__name__ if module == "builtins" else f"{module}.{kind.__name__}"


def _open_pandas(frame: Any, id_name: str) -> Data | str:
    if len(frame) and not any(isinstance(name, str) for name in frame.columns):
        return "none of its columns has a string as its name: name them by frame.columns = […]"
    frame = frame.copy(deep=False)  # it may be sorted in place before rows are left out of it
    uses_index = id_name not in frame.columns and has_own_index(frame)
    return PandasFrame(frame, id_name if uses_index else "")


def _open_series(series: Any, id_name: str) -> Data | str:
    series = series.copy(deep=False)
    return open_values(series, series.array, series.index if has_own_index(series) else None)


def _open_values(values: Any, id_name: str) -> Data | str:
    return open_values(values, values, None)


def _open_array(array: Any, id_name: str) -> Data | str:
    if array.ndim != 1:
        return f"an array of {array.ndim} dimensions is no list of texts"
    array = array.copy()  # it may be sorted in place before rows are left out of it
    return open_values(array, array, None)


def _open_polars_series(series: Any, id_name: str) -> Data | str:
    return _open_values(series.clone(), id_name)


def _open_polars(frame: Any, id_name: str) -> Data | str:
    _check_pyarrow(frame)
    return PolarsFrame(frame.clone())


def _open_arrow(value: Any, id_name: str) -> Data | str:
    """A table, a column, or anything that gives itself through Arrow's C interface."""
    _check_pyarrow(value)
    import pyarrow as pa

    if isinstance(value, (pa.Array, pa.ChunkedArray)):
        return _arrow_column(value, value)
    if isinstance(value, pa.Table):
        return ArrowRows(value)
    if isinstance(value, pa.RecordBatch):
        return ArrowRows(pa.table(value), value)
    try:
        return ArrowRows(pa.table(value))
    except (pa.ArrowException, TypeError, ValueError):
        pass
    try:
        make = pa.chunked_array if hasattr(value, "__arrow_c_stream__") else pa.array
        return _arrow_column(make(value), None)
    except (pa.ArrowException, TypeError, ValueError) as error:
        return f"its rows cannot be read through Arrow ({error})"


def _arrow_column(column: Any, given: Any) -> Data | str:
    """A column of texts as a table."""
    import pyarrow as pa

    from dedupe.sources.formats.tables.values import may_be_text

    if not may_be_text(column.type) and column.null_count < len(column):
        return f"its values are of type {column.type}, not strings"
    opened = ArrowRows(pa.table({TEXT: column}), column if given is None else given)
    opened.is_named = False
    return opened


def _open_data_set(data_set: Any, id_name: str) -> Data | str:
    return DataSet(data_set)


def _open_stream(data_set: Any, id_name: str) -> Data | str:
    return StreamedDataSet(data_set)


def _refuse(advice: str) -> Opener:
    return lambda value, id_name: advice


def _check_pyarrow(value: Any) -> None:
    """:raises InputError: if pyarrow is not installed, which reads the rows of this value"""
    if find_spec("pyarrow") is None:
        raise InputError(
            f"{_name_type(value)}: its rows are read with pyarrow: pip install pyarrow"
        )


_OPENERS: Final[dict[tuple[str, str], Opener]] = {
    ("pandas", "DataFrame"): _open_pandas,
    ("pandas", "Series"): _open_series,
    ("pandas", "Index"): _open_values,
    ("pandas", "ExtensionArray"): _open_values,
    ("polars", "DataFrame"): _open_polars,
    ("polars", "LazyFrame"): _refuse("a lazy frame has no rows yet: give frame.collect()"),
    ("polars", "Series"): _open_polars_series,
    ("numpy", "ndarray"): _open_array,
    ("datasets", "Dataset"): _open_data_set,
    ("datasets", "IterableDataset"): _open_stream,
    ("datasets", "Column"): _open_values,
    ("datasets", "DatasetDict"): _refuse("it holds several splits: give one, as in data['train']"),
    ("datasets", "IterableDatasetDict"): _refuse("it holds several splits: give one of them"),
    ("pyspark", "DataFrame"): _refuse("dedupe.spark.scan_dataframe takes a data frame of Spark"),
}
"""How a value is opened, by the package and the name of its type."""
