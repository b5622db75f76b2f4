"""Documents of equal tokens as groups, which few bytes name on the way through Spark.

The number of a group is made of the upper bits of its token hash, so many that few groups share
theirs. Those that do are found before numbers are used, and the later one, by its whole hash, gets
the next number that is free. So numbers are in the order of the token hashes, as the groups of a
local scan are.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.frames import Addresses, Outbox, gather_parts, make_rows, range_of
from dedupe.engines.spark.sketching import read_columns
from dedupe.store.arrays import is_among, sort_distinct

if TYPE_CHECKING:
    import pyarrow as pa


MOST_BITS: Final = 63
"""The bits of the largest numbers, which a bit more can hold when they are moved."""

MOST_MOVED: Final = 1000
"""About how many groups may share the upper bits of their token hash with another."""


class GroupNumbers(msgspec.Struct, frozen=True):
    """A function from token hashes to numbers of groups.

    :param bits: upper bits of the token hash that make a number, 1 to 63
    :param moved: numbers that were free and are not made of these bits, by the whole hash
    """

    bits: int
    moved: dict[tuple[int, int], int] = {}

    @classmethod
    def for_documents(cls, count: int) -> GroupNumbers:
        """Numbers of so few bytes that about a thousand groups at most share theirs."""
        width = 1
        while width < 8 and count * count >> 8 * width > MOST_MOVED:
            width += 1
        return cls(8 * width - 1)

    @property
    def width(self) -> int:
        """The bytes of a number: there is a bit more than is used, for numbers that are moved."""
        return self.bits // 8 + 1

    def cut(self, high: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The numbers of groups that share their upper bits with no other group."""
        return high >> np.uint64(64 - self.bits)

    def number(self, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The number of the group of each document."""
        numbers = self.cut(high)
        if self.moved:
            halves = np.array([key[0] for key in self.moved], np.uint64)
            suspects = is_among(high, sort_distinct(halves))
            for i in np.flatnonzero(suspects).tolist():
                key = int(high[i]), int(low[i])
                numbers[i] = self.moved.get(key, int(numbers[i]))
        return numbers


class FoundRepeats(msgspec.Struct):
    """What one part of all hashes shows: groups of one number, groups with copies, repeated ids.

    :param moved: see :class:`GroupNumbers`
    :param copied: numbers of groups with more than one document
    :param repeated: hashes of ids that occur more than once
    :param overflows: whether a number was moved out of the range of its part, and may be in use
    """

    group_count: int
    moved: dict[tuple[int, int], int]
    copied: NDArray[np.uint64]
    repeated: NDArray[np.uint64]
    overflows: bool = False

    @classmethod
    def join(cls, parts: Sequence[FoundRepeats]) -> FoundRepeats:
        """What all parts show, in ascending order."""
        none = [np.empty(0, np.uint64)]
        return cls(
            sum(part.group_count for part in parts),
            {key: number for part in parts for key, number in part.moved.items()},
            np.sort(np.concatenate(none + [part.copied for part in parts])),
            np.sort(np.concatenate(none + [part.repeated for part in parts])),
            any(part.overflows for part in parts),
        )


def send_hashes(
    batches: Iterator[pa.RecordBatch],
    numbers: GroupNumbers,
    addresses: Addresses,
) -> Iterator[pa.RecordBatch]:
    """Send each half of a token hash, and each hash of an id, to the part of its range.

    The first half of the parts is for token hashes, the second for ids.
    """
    count = len(addresses) // 2
    outbox = Outbox(addresses)
    for row in read_columns(batches, ("halves", "lows", "id_hashes")):
        high, low, ids = (np.frombuffer(row[name], np.uint64) for name in row)
        outbox.scatter(range_of(numbers.cut(high), count, numbers.bits), _rows(high, low))
        outbox.scatter(count + range_of(ids, count), _rows(ids))
        yield from outbox.flush_full()
    yield from outbox.flush()


def find_repeats(
    batches: Iterator[pa.RecordBatch], numbers: GroupNumbers, part_count: int
) -> Iterator[pa.RecordBatch]:
    """Look for what occurs more than once in a part; a pickled :class:`FoundRepeats` for each."""
    none = np.empty(0, np.uint64)
    for part, rows in gather_parts(batches, 8):
        values = rows.view(np.uint64)
        if part < part_count // 2:
            found = find_copies(values.reshape(-1, 2), numbers)
            moved = np.array([*found.moved.values()], np.uint64)
            places = range_of(moved, part_count // 2, numbers.bits)
            found.overflows = bool((places != part).any())
        else:
            ids = np.sort(values[:, 0])
            found = FoundRepeats(0, {}, none, sort_distinct(ids[1:][ids[1:] == ids[:-1]]))
        yield make_rows([part], [pickle.dumps(found)])


def find_copies(hashes: NDArray[np.uint64], numbers: GroupNumbers) -> FoundRepeats:
    """Number the groups of some token hashes (``(n, 2)``, high and low)."""
    high, low = hashes.T
    order = np.lexsort((low, high))
    high, low = high[order], low[order]
    is_first = np.ones(len(high), bool)
    is_first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    sizes = np.diff(np.append(np.flatnonzero(is_first), len(high)))
    high, low = high[is_first], low[is_first]
    alike = numbers.cut(high)
    spread = spread_numbers(alike)
    moved = {
        (int(high[i]), int(low[i])): int(spread[i])
        for i in np.flatnonzero(spread != alike).tolist()
    }
    return FoundRepeats(len(high), moved, spread[sizes > 1], np.empty(0, np.uint64))


def spread_numbers(alike: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Ascending numbers made strictly ascending: each as it is, or the next one that is free."""
    numbers = alike.copy()
    for i in (np.flatnonzero(alike[1:] == alike[:-1]) + 1).tolist():
        while i < len(numbers) and numbers[i] <= numbers[i - 1]:
            numbers[i] = numbers[i - 1] + np.uint64(1)
            i += 1
    return numbers


def pack_numbers(width: int, *columns: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Numbers of ``width`` bytes as rows of bytes, one of each column in a row."""
    whole = (column.astype(">u8").view(np.uint8).reshape(-1, 8) for column in columns)
    return np.concatenate([each[:, 8 - width :] for each in whole], axis=1)


def unpack_numbers(width: int, rows: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The numbers of such rows, ``(n, columns)``."""
    numbers = np.zeros((len(rows), rows.shape[1] // width, 8), np.uint8)
    numbers[:, :, 8 - width :] = rows.reshape(len(rows), -1, width)
    return numbers.view(">u8")[:, :, 0].astype(np.uint64)


def _rows(*columns: NDArray[np.uint64]) -> NDArray[np.uint8]:
    return np.stack(columns, axis=1).view(np.uint8)
