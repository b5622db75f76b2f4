"""The values of columns: texts without a copy where that can be, and anything as Python values."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.sources.encoding.text_encoding import REPLACEMENT
from dedupe.sources.formats.tables.files import table_errors


def buffers_of(column: Any, max_bytes: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    """The bytes and offsets of a column of strings, without a copy; ``None`` if it needs one."""
    import pyarrow.types as kinds

    column = _view_as_text(column)
    is_large = kinds.is_large_string(column.type)
    if column.null_count or not (is_large or kinds.is_string(column.type)):
        return None
    try:
        column.validate(full=True)  # a string of Parquet may hold bytes that are not UTF-8
    except table_errors():
        return None
    _, offset_buffer, data = column.buffers()
    dtype = np.dtype(np.int64 if is_large else np.int32)
    raw_offsets = np.frombuffer(
        offset_buffer, dtype, len(column) + 1, column.offset * dtype.itemsize
    )
    offsets = raw_offsets.astype(np.int64)
    begin, end = int(offsets[0]), int(offsets[-1])
    if data is None or int(np.diff(offsets).max()) > max_bytes:
        return None
    texts = np.frombuffer(data, np.uint8)[begin:end]
    if _holds_replacement(texts):
        return None  # some texts may have too many U+FFFD to be compared
    return texts, offsets - begin


def _view_as_text(column: Any) -> Any:
    """A column of bytes as one of strings, without a copy; any other column as it is."""
    import pyarrow
    import pyarrow.types as kinds

    if kinds.is_binary(column.type):
        return column.view(pyarrow.string())
    return column.view(pyarrow.large_string()) if kinds.is_large_binary(column.type) else column


def holds_blank(column: Any, offsets: NDArray[np.int64]) -> bool:
    """Whether some text of a column is empty, or white space alone."""
    import pyarrow.compute

    if not np.diff(offsets).all():
        return True
    return bool(pyarrow.compute.any(pyarrow.compute.utf8_is_space(_view_as_text(column))).as_py())


def _holds_replacement(texts: NDArray[np.uint8]) -> bool:
    """Whether texts in UTF-8 hold U+FFFD, found without a copy."""
    first, *others = REPLACEMENT.encode()
    positions = np.flatnonzero(texts == first)
    for distance, byte in enumerate(others, 1):
        positions = positions[texts[positions + distance] == byte]
    return len(positions) > 0


def as_values(column: Any) -> list[Any]:
    """A column as Python values; times in ISO 8601, undecodable bytes as U+FFFD."""
    import pyarrow
    import pyarrow.types as kinds

    try:
        if not kinds.is_timestamp(column.type):
            values = list(column.to_pylist())
            return list(map(_decode_bytes, values)) if _holds_bytes(column.type) else values
        zone = "+00:00" if column.type.tz else ""
        plain = column.cast(pyarrow.timestamp("s"), safe=False)
        values = np.datetime_as_string(plain.to_numpy(zero_copy_only=False))
        return [f"{value}{zone}" if column[i].is_valid else None for i, value in enumerate(values)]
    except table_errors():
        return [_decode_bytes(_as_value(value)) for value in column]


def _holds_bytes(kind: Any) -> bool:
    """Whether a column of this type holds bytes of any length, as it is or inside."""
    return bool(re.search(r"(?<!fixed_size_)binary", str(kind)))


def _decode_bytes(value: Any) -> Any:
    """A value whose bytes are strings, where they are valid UTF-8."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, list):
        return list(map(_decode_bytes, value))
    if isinstance(value, dict):
        return {name: _decode_bytes(each) for name, each in value.items()}
    return value


def _as_value(scalar: Any) -> Any:
    """One value of a column; ``None`` for a value that Python cannot hold."""
    import pyarrow

    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        try:
            return scalar.cast(pyarrow.large_binary()).as_py().decode("utf-8", "replace")
        except table_errors():
            return None
    except table_errors():
        return None


def example_of(kind: Any) -> Any:
    """A value of a column's type: a string where it may be text, else a number or an object."""
    import pyarrow.types as kinds

    if kinds.is_struct(kind):
        return {field.name: example_of(field.type) for field in kind}
    if may_be_text(kind):
        return ""
    return [example_of(kind.value_type)] if is_list_of_structs(kind) else 0


def is_list_of_structs(kind: Any) -> bool:
    """Whether the values of a column's type are lists of objects."""
    import pyarrow.types as kinds

    lists = (kinds.is_list, kinds.is_large_list, kinds.is_fixed_size_list)
    return any(is_list(kind) for is_list in lists) and bool(kinds.is_struct(kind.value_type))


def may_be_text(kind: Any) -> bool:
    """Whether values of a column's type may be texts: strings, bytes, or lists of them."""
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        kind = kind.value_type
    lists = (kinds.is_list, kinds.is_large_list, kinds.is_fixed_size_list)
    if any(is_list(kind) for is_list in lists) or "list_view" in str(kind):
        kind = kind.value_type
    return bool(re.fullmatch(r"(large_)?(string|binary)(_view)?", str(kind)))
