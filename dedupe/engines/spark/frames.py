"""Data frames of blobs: how the stages hand arrays to one another through Spark.

Every stage is a function from record batches to record batches, run by ``mapInArrow``. What it
hands on is rows of a *part* (which bucket, range or job the row is for) and a blob. Spark moves the
rows so that each partition gets all rows of its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

BLOBS: Final = "target int, part int, blob binary"
"""The schema of rows on their way; ``target`` makes Spark send them where their part is."""

OUTBOX_BYTES: Final = 16 << 20
"""About the bytes that a task holds before it hands rows on."""

Blob = bytes | memoryview
Stage = Callable[[Iterator["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]


class Addresses(msgspec.Struct, frozen=True):
    """To which of Spark's partitions the rows of each part go.

    :param targets: for each part, a number that Spark's hash partitioning sends to its partition
    """

    targets: NDArray[np.int32]
    partition_count: int

    @classmethod
    def of_parts(cls, part_count: int, partition_count: int = 0) -> Addresses:
        """Parts dealt out to partitions in turn (0: each has one of its own)."""
        count = min(partition_count or part_count, part_count)
        return cls(find_targets(count)[np.arange(part_count) % count], count)

    def __len__(self) -> int:
        """How many parts there are."""
        return len(self.targets)


def find_targets(partition_count: int) -> NDArray[np.int32]:
    """For each partition a number that Spark's hash partitioning sends there."""
    targets = np.full(partition_count, -1, np.int32)
    begin = 0
    while (missing := np.flatnonzero(targets < 0)).size:
        numbers = np.arange(begin, begin + max(4 * partition_count, 256), dtype=np.int32)
        partitions = hash_numbers(numbers).astype(np.int64) % partition_count
        # The first number of each partition stays.
        first = np.full(partition_count, -1, np.int32)
        first[partitions[::-1]] = numbers[::-1]
        targets[missing] = first[missing]
        begin += len(numbers)
    return targets


def hash_numbers(numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """The hash by which Spark partitions rows by an ``int``: MurmurHash3 (32 bits) with seed 42."""
    mixed = _rotate(numbers.view(np.uint32) * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)
    state = _rotate(np.uint32(42) ^ mixed, 13) * np.uint32(5) + np.uint32(0xE6546B64)
    state ^= np.uint32(4)
    state ^= state >> np.uint32(16)
    state *= np.uint32(0x85EBCA6B)
    state ^= state >> np.uint32(13)
    state *= np.uint32(0xC2B2AE35)
    state ^= state >> np.uint32(16)
    return state.view(np.int32)


def _rotate(values: NDArray[np.uint32], bits: int) -> NDArray[np.uint32]:
    rotated: NDArray[np.uint32] = values << np.uint32(bits) | values >> np.uint32(32 - bits)
    return rotated


def run_stage(frame: DataFrame, stage: Stage, schema: str = BLOBS) -> DataFrame:
    """The rows that a stage makes of a frame."""
    return frame.mapInArrow(stage, schema)


def move_rows(frame: DataFrame, addresses: Addresses) -> DataFrame:
    """The rows of :data:`BLOBS`, all rows of a part in one partition."""
    return frame.repartition(addresses.partition_count, "target")


class Outbox:
    """Rows that a task hands on, collected so that each is worth its overhead.

    :param addresses: none where rows go to the driver
    """

    def __init__(self, addresses: Addresses | None = None) -> None:
        self._addresses = addresses
        self._blobs: dict[int, list[Blob]] = {}
        self._byte_count = 0

    def put(self, part: int, blob: Blob) -> None:
        """Add bytes for a part; those of one part are joined."""
        self._blobs.setdefault(part, []).append(blob)
        self._byte_count += len(blob)

    def scatter(self, parts: NDArray[np.int64], rows: NDArray[np.uint8]) -> None:
        """Add rows of bytes, each for its part."""
        order = np.argsort(parts, kind="stable")
        ordered = parts[order]
        begins = np.flatnonzero(np.diff(ordered, prepend=-1))
        rows = rows.take(order, axis=0)
        ends = [*begins[1:].tolist(), len(rows)]
        for begin, end in zip(begins.tolist(), ends, strict=True):
            self.put(int(ordered[begin]), rows[begin:end].tobytes())

    def flush_full(self) -> Iterator[pa.RecordBatch]:
        """The rows so far, if they are enough."""
        if self._byte_count >= OUTBOX_BYTES:
            yield from self.flush()

    def flush(self) -> Iterator[pa.RecordBatch]:
        """All rows so far."""
        if self._blobs:
            parts = [*self._blobs]
            yield make_rows(parts, [b"".join(self._blobs[each]) for each in parts], self._addresses)
        self._blobs, self._byte_count = {}, 0


def make_rows(
    parts: list[int], blobs: list[Any], addresses: Addresses | None = None
) -> pa.RecordBatch:
    """Rows of :data:`BLOBS`."""
    import pyarrow as pa

    numbers = np.array(parts, np.int32)
    columns = [
        pa.array(numbers if addresses is None else addresses.targets[numbers], pa.int32()),
        pa.array(numbers, pa.int32()),
        pa.array(blobs, pa.binary()),
    ]
    return pa.RecordBatch.from_arrays(columns, ["target", "part", "blob"])


def read_blobs(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, memoryview]]:
    """The part and the blob of each row."""
    for batch in batches:
        column = batch.column("blob")
        for number, part in enumerate(batch.column("part").to_pylist()):
            yield part, memoryview(column[number].as_buffer())


def gather_parts(
    batches: Iterable[pa.RecordBatch], width: int
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Each part with all its rows of ``width`` bytes, in no certain order."""
    found: dict[int, list[Blob]] = {}
    for part, blob in read_blobs(batches):
        found.setdefault(part, []).append(bytes(blob))
    while found:
        part, blobs = found.popitem()
        yield part, np.frombuffer(b"".join(blobs), np.uint8).reshape(-1, width)


def collect_blobs(frame: DataFrame) -> Iterator[tuple[int, memoryview]]:
    """The part and the blob of each row, on the driver."""
    return read_blobs(frame.toArrow().to_batches())


def range_of(values: NDArray[np.uint64], count: int, bits: int = 64) -> NDArray[np.int64]:
    """In which of ``count`` equal ranges of so many bits each value lies."""
    upper = values >> np.uint64(bits - 32) if bits > 32 else values
    return (upper * np.uint64(count) >> np.uint64(min(bits, 32))).astype(np.int64)
