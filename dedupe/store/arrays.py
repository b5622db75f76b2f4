"""Set operations on arrays, without the import of ``numpy.ma`` (8 ms) that NumPy's own need."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Integer = TypeVar("Integer", np.int64, np.uint64)


def sort_distinct(values: NDArray[Integer]) -> NDArray[Integer]:
    """The distinct values, ascending, as ``numpy.unique`` gives them."""
    values = np.sort(values)
    is_first = np.ones(len(values), bool)
    is_first[1:] = values[1:] != values[:-1]
    return values[is_first]


def is_among(values: NDArray[Integer], ascending: NDArray[Integer]) -> NDArray[np.bool_]:
    """Whether each value occurs in a sorted array, as ``numpy.isin`` does for any array."""
    if len(ascending) == 0:
        return np.zeros(len(values), bool)
    positions = np.searchsorted(ascending, values)
    found: NDArray[np.bool_] = ascending[np.minimum(positions, len(ascending) - 1)] == values
    return found
