"""The distinct values of an array, without what NumPy imports for it."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Integer = TypeVar("Integer", np.int64, np.uint64)


def sort_distinct(values: NDArray[Integer]) -> NDArray[Integer]:
    """What ``numpy.unique`` gives, which first imports ``numpy.ma``: 8 ms of a small scan."""
    values = np.sort(values)
    is_first = np.ones(len(values), bool)
    is_first[1:] = values[1:] != values[:-1]
    return values[is_first]
