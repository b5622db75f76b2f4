"""Copies runs of bytes from arrays and files, for plain kernels and systems without ``pread``."""

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
    position = 0
    for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
        target[position : position + length] = values[begin : begin + length]
        position += length


def read_runs(
    file: int, begins: NDArray[np.int64], lengths: NDArray[np.int64], target: NDArray[np.uint8]
) -> None:
    """Fill ``target`` with runs of a file's bytes, end to end.

    :raises OSError: if the file cannot be read
    :raises EOFError: if it ends before a run does
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
