"""The order of documents as bytes, so that Spark can sort what no machine has together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.order import sort_columns
from dedupe.model.date_orders import DateOrders
from dedupe.model.natural_order import natural_key
from dedupe.store.documents import Documents

_SIGN = np.uint64(1 << 63)


def make_order_keys(
    documents: Documents,
    chosen: NDArray[np.int64],
    keep: Sequence[str],
    degrees: NDArray[np.int64],
    content: NDArray[np.int64] | None,
    date_orders: DateOrders,
) -> list[bytes]:
    """Keys that sort, byte by byte, as ``matching.order.order_documents`` orders documents."""
    columns: list[NDArray[Any]] = [chosen >= documents.reference_count]
    columns += sort_columns(documents, chosen, keep, degrees, content, date_orders, _encode_names)
    ids = documents.identities.ids(chosen)
    cells = [*map(_encode_column, columns), [id.encode("utf-8", "surrogatepass") for id in ids]]
    return [b"".join(row) for row in zip(*cells, strict=True)]


def _encode_column(column: NDArray[Any]) -> Sequence[bytes]:
    """Each value as bytes that sort as the values do."""
    if column.dtype == object:
        return [*column]
    if column.dtype.kind == "f":
        bits = (column.astype(np.float64) + 0.0).view(np.uint64)  # (-0.0 becomes 0.0)
        bits = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    elif column.dtype.kind == "u":
        bits = column.astype(np.uint64)
    else:
        bits = column.astype(np.int64).view(np.uint64) ^ _SIGN
    data = bits.astype(">u8").tobytes()
    return [data[begin : begin + 8] for begin in range(0, len(data), 8)]


def _encode_names(ids: list[str]) -> NDArray[Any]:
    encoded = np.empty(len(ids), object)
    encoded[:] = [encode_natural_key(id) for id in ids]
    return encoded


def encode_natural_key(id: str) -> bytes:
    """Bytes that sort as :func:`dedupe.model.natural_order.natural_key` does.

    None of them begins another, so that something can stand behind them.
    """
    parts = []
    for is_text, length, part in natural_key(id):
        data = part.encode("utf-8", "surrogatepass")
        if is_text:
            parts.append(data.replace(b"\0", b"\0\xff") + b"\0\x01")
        else:
            parts.append(b"\x01" + length.to_bytes(8, "big") + data)
    return b"".join(parts) + b"\0"
