"""The contracts of the compiled kernels: checks of their arguments before each call.

The kernels index with the values in their arguments and check no bounds. A broken contract is a
fault of the program, never of a document: a ``ValueError`` names the argument. All checks are
vectorised; Cython checks types and contiguity.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.model.errors import KernelsError


def check_offsets(name: str, offsets: NDArray[np.int64], size: int) -> None:
    """Check that offsets ascend, and lie from 0 to ``size``."""
    if len(offsets) == 0:
        raise ValueError(f"{name} are empty; they have one entry more than there are segments")
    if offsets[0] < 0 or offsets[-1] > size:
        raise ValueError(f"{name} go from {offsets[0]} to {offsets[-1]}, the data from 0 to {size}")
    if (offsets[1:] < offsets[:-1]).any():
        raise ValueError(f"{name} do not ascend")


def check_ascending(name: str, numbers: NDArray[np.int64]) -> None:
    """Check that numbers ascend, and are not below 0."""
    if len(numbers) and (numbers[0] < 0 or (numbers[1:] < numbers[:-1]).any()):
        raise ValueError(f"{name} do not ascend from 0 or above")


def check_indices(name: str, indices: NDArray[Any], count: int) -> None:
    """Check that indices lie from 0 to ``count - 1``."""
    if len(indices) and not 0 <= indices.min() <= indices.max() < count:
        raise ValueError(
            f"{name} go from {indices.min()} to {indices.max()}, but there are {count} places"
        )


def check_inside(
    name: str,
    positions: NDArray[np.int64],
    offsets: NDArray[np.int64],
    segments: NDArray[np.int32],
) -> None:
    """Check that each position lies in its segment."""
    if ((positions < offsets[segments]) | (positions >= offsets[segments + 1])).any():
        raise ValueError(f"{name} are not all inside their segments")


def check_lengths(**columns: Sized) -> None:
    """Check that the arrays all have the same number of rows."""
    if len({len(column) for column in columns.values()}) > 1:
        lengths = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
        raise ValueError(f"arrays of one length have different ones: {lengths}")


def check_at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"{name} is {value}, and must be {least} or more")


def check_threshold(threshold: float) -> None:
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold is {threshold}, and must lie between 0 and 1")


def check_runs(
    begins: NDArray[np.int64],
    lengths: NDArray[np.int64],
    target: NDArray[np.uint8],
    size: int,
) -> None:
    """Check that runs lie within ``size`` bytes, and together fill the target."""
    check_lengths(begins=begins, lengths=lengths)
    if len(begins) and (begins.min() < 0 or lengths.min() < 0):
        raise ValueError(f"a run begins at {begins.min()}, or is {lengths.min()} long")
    # The lengths are bounded first, so that their sum cannot overflow.
    if (lengths > len(target)).any() or int(lengths.sum()) != len(target):
        raise ValueError(f"runs do not fill the {len(target)} bytes of their target")
    if (begins > size - lengths).any():
        raise ValueError(f"a run ends behind the {size} bytes that there are")


def check_buckets(
    begins: NDArray[np.int64],
    first_ends: NDArray[np.int64],
    seconds: NDArray[np.int64],
    ends: NDArray[np.int64],
    count: int,
) -> None:
    """Check that buckets hold positions from 0 to ``count``, the end of the groups."""
    columns = {"begins": begins, "first_ends": first_ends, "seconds": seconds, "ends": ends}
    check_lengths(**columns)
    for name, column in columns.items():
        check_indices(name, column, count + 1)


def check_returned(what: str, count: int, room: int) -> None:
    """Check that a count that a kernel returned lies within the array that it wrote to.

    :raises KernelsError: if it does not: memory may be damaged
    """
    if not 0 <= count <= room:
        raise KernelsError(
            f"the compiled kernels are at fault: {count} {what}, in room for {room}; nothing of "
            "this run can be trusted. Please report it, and scan with --kernels plain"
        )
