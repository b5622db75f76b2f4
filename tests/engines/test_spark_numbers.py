"""The pieces of the engine on Spark that need no Spark: numbers of groups, sizes, addresses."""

from __future__ import annotations

import numpy as np
import pytest

from dedupe.engines.spark.frames import Addresses, hash_numbers, range_of
from dedupe.engines.spark.groups import (
    GroupNumbers,
    find_copies,
    pack_numbers,
    spread_numbers,
    unpack_numbers,
)
from dedupe.engines.spark.memory import available_memory, parse_size


def test_groups_of_one_number_get_the_next_free_numbers_in_the_order_of_their_hashes() -> None:
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 1 << 64, (3000, 2), np.uint64)
    hashes = np.concatenate([hashes, hashes[:500], hashes[:100]])
    numbers = GroupNumbers(14)
    found = find_copies(hashes, numbers)
    assert found.group_count == 3000 and len(found.copied) == 500 and len(found.moved) > 100
    numbers = GroupNumbers(14, found.moved)
    given = numbers.number(*hashes.T).tolist()
    order = np.lexsort(hashes[:3000].T[::-1]).tolist()
    assert [given[i] for i in order] == sorted(set(given))
    assert given[3000:3500] == given[:500]
    assert set(found.copied.tolist()) == set(given[:500])


def test_numbers_are_moved_no_further_than_they_must() -> None:
    numbers = np.array([3, 3, 4, 4, 4, 9, 20, 20], np.uint64)
    assert spread_numbers(numbers).tolist() == [3, 4, 5, 6, 7, 9, 20, 21]


@pytest.mark.parametrize(
    ("documents", "width"), [(0, 1), (1000, 2), (50_000, 3), (1_000_000, 4), (10**9, 7)]
)
def test_more_documents_have_longer_numbers(documents: int, width: int) -> None:
    assert GroupNumbers.for_documents(documents).width == width
    assert GroupNumbers.for_documents(10**14).bits <= 63


@pytest.mark.parametrize("width", [1, 3, 8])
def test_packed_numbers_are_read_back(width: int) -> None:
    largest = (1 << 8 * width) - 1
    columns = np.array([0, 1, largest], np.uint64), np.array([largest, 7, 0], np.uint64)
    rows = pack_numbers(width, *columns)
    assert rows.shape == (3, 2 * width)
    assert np.array_equal(unpack_numbers(width, rows).T, columns)


def test_ranges_are_equal_and_in_order() -> None:
    values = np.array([0, (1 << 62) - 1, 1 << 62, 1 << 63, (1 << 64) - 1], np.uint64)
    assert range_of(values, 4).tolist() == [0, 0, 1, 2, 3]
    assert range_of(np.array([0, 7, 8, 31], np.uint64), 4, 5).tolist() == [0, 0, 1, 3]
    assert range_of(np.array([32], np.uint64), 4, 5).tolist() == [4]  # moved out of all ranges


def test_parts_are_dealt_out_to_partitions_in_turn() -> None:
    addresses = Addresses.of_parts(30, 7)
    partitions = hash_numbers(addresses.targets).astype(np.int64) % 7
    assert partitions.tolist() == [part % 7 for part in range(30)]
    assert Addresses.of_parts(3, 50).partition_count == 3


def test_sizes_are_read_as_spark_writes_them() -> None:
    assert [parse_size(text) for text in ("1g", "512m", "2048", "1KB", "0", "what")] == [
        1 << 30, 512 << 20, 2048, 1024, 0, 0,
    ]  # fmt: skip
    assert available_memory() > 1 << 20
