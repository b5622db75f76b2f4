"""Documents of equal tokens as groups, which 64 bits name on the way through Spark.

The number of a group is the upper half of its token hash. Two groups of one half are found before
numbers are used, and the later one, by its whole hash, gets the next number that is free. So
numbers are in the order of the token hashes, as the groups of a local scan are.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.frames import Addresses, Outbox, gather_parts, make_rows, range_of
from dedupe.engines.spark.sketching import read_columns
from dedupe.store.arrays import is_among, sort_distinct

if TYPE_CHECKING:
    import pyarrow as pa


class GroupNumbers(msgspec.Struct, frozen=True):
    """A function from token hashes to numbers of groups.

    :param moved: numbers that are not the upper half of the token hash, by the whole hash
    :param bits: of the upper half, how many are used; fewer make tests of equal halves possible
    """

    moved: dict[tuple[int, int], int] = {}
    bits: int = 64

    def halve(self, high: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The numbers of groups that share their half with no other group."""
        unused = np.uint64(64 - self.bits)
        return high >> unused << unused if self.bits < 64 else high

    def number(self, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The number of the group of each document."""
        numbers = self.halve(high)
        if self.moved:
            numbers = numbers.copy()
            halves = np.array([key[0] for key in self.moved], np.uint64)
            suspects = is_among(high, sort_distinct(halves))
            for i in np.flatnonzero(suspects).tolist():
                key = int(high[i]), int(low[i])
                numbers[i] = self.moved.get(key, int(numbers[i]))
        return numbers


class FoundRepeats(msgspec.Struct):
    """What one part of all hashes shows: groups of one half, groups with copies, repeated ids.

    :param moved: see :class:`GroupNumbers`
    :param copied: numbers of groups with more than one document
    :param repeated: hashes of ids that occur more than once
    """

    group_count: int
    moved: dict[tuple[int, int], int]
    copied: NDArray[np.uint64]
    repeated: NDArray[np.uint64]

    @classmethod
    def join(cls, parts: Sequence[FoundRepeats]) -> FoundRepeats:
        """What all parts show, in ascending order."""
        none = [np.empty(0, np.uint64)]
        return cls(
            sum(part.group_count for part in parts),
            {key: number for part in parts for key, number in part.moved.items()},
            np.sort(np.concatenate(none + [part.copied for part in parts])),
            np.sort(np.concatenate(none + [part.repeated for part in parts])),
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
        outbox.scatter(range_of(numbers.halve(high), count), np.stack([high, low], axis=1))
        outbox.scatter(count + range_of(ids, count), ids)
        yield from outbox.flush_full()
    yield from outbox.flush()


def find_repeats(
    batches: Iterator[pa.RecordBatch], numbers: GroupNumbers, part_count: int
) -> Iterator[pa.RecordBatch]:
    """Look for what occurs more than once in a part; a pickled :class:`FoundRepeats` for each."""
    none = np.empty(0, np.uint64)
    for part, values in gather_parts(batches, 1):
        if part < part_count // 2:
            found = find_copies(values.reshape(-1, 2), numbers)
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
    halves = numbers.halve(high)
    spread = spread_numbers(halves)
    moved = {
        (int(high[i]), int(low[i])): int(spread[i])
        for i in np.flatnonzero(spread != halves).tolist()
    }
    return FoundRepeats(len(high), moved, spread[sizes > 1], np.empty(0, np.uint64))


def spread_numbers(halves: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Ascending numbers made strictly ascending: each as it is, or the next one that is free.

    :raises OverflowError: if the last numbers there are do not suffice
    """
    numbers = halves.copy()
    for i in (np.flatnonzero(halves[1:] == halves[:-1]) + 1).tolist():
        while i < len(numbers) and numbers[i] <= numbers[i - 1]:
            following = int(numbers[i - 1]) + 1
            if following >> 64:
                raise OverflowError("token hashes at the end of their range are equal by half")
            numbers[i] = following
            i += 1
    return numbers
