"""Runs of bytes copied out of an array or a file: what the plain kernels do, and what systems
without ``pread`` need.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_SEEKING = threading.Lock()

CopyRuns = Callable[
    [NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]], None
]

ReadRuns = Callable[[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]], None]


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


def _read_at(file: int, target: memoryview, offset: int) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(file, [target], offset)
    with _SEEKING:
        os.lseek(file, offset, os.SEEK_SET)
        data = os.read(file, len(target))
    target[: len(data)] = data
    return len(data)
