"""From band keys to candidate pairs: each part of a band makes the pairs of its buckets.

A pair that meets in several bands is made in each, and counted once when the pairs of all bands
come together. That gives the pairs of :mod:`dedupe.matching.candidates`, before its filters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.frames import (
    Addresses,
    Outbox,
    gather_parts,
    make_rows,
    range_of,
    read_blobs,
)
from dedupe.engines.spark.groups import GroupNumbers, pack_numbers, unpack_numbers
from dedupe.engines.spark.sketching import read_columns
from dedupe.matching.banding import CAPPED_FLAG
from dedupe.matching.buckets import BucketPart, cut_buckets, find_buckets
from dedupe.matching.candidates import GROUPS_PER_JOB
from dedupe.matching.hidden import sample_hidden
from dedupe.model.kernels import Kernels
from dedupe.model.sketches import BITMAP_WORDS, SetFilters
from dedupe.sketch import load_kernels

if TYPE_CHECKING:
    import pyarrow as pa

REFERENCE_FLAG: Final = CAPPED_FLAG
"""The bit of a key that says, on its way to its part, that the document is a reference."""

PAIRS_AT_ONCE: Final = 1 << 21
"""Pairs that wait until those that occur twice among them are dropped."""

PAIRS_PER_ROW: Final = 1 << 20

_FACTORS: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)


class KeyParts(msgspec.Struct, frozen=True):
    """The parts that keys are sent to: each band in ranges of its keys."""

    bands: int
    ranges: int

    def __len__(self) -> int:
        return self.bands * self.ranges


def send_keys(
    batches: Iterator[pa.RecordBatch],
    numbers: GroupNumbers,
    parts: KeyParts,
    addresses: Addresses,
) -> Iterator[pa.RecordBatch]:
    """Send the key of each document in each band, with the number of its group."""
    outbox = Outbox(addresses)
    for row in read_columns(batches, ("is_reference", "halves", "lows", "keys")):
        high, low = (np.frombuffer(row[name], np.uint64) for name in ("halves", "lows"))
        packed = pack_numbers(numbers.width, numbers.number(high, low))
        columns = np.frombuffer(row["keys"], np.uint64).reshape(parts.bands, -1)
        for band, keys in enumerate(columns):
            flagged = keys | REFERENCE_FLAG if row["is_reference"] else keys
            rows = np.concatenate([flagged.view(np.uint8).reshape(-1, 8), packed], axis=1)
            if parts.ranges == 1:
                outbox.put(band, rows.tobytes())
            else:
                outbox.scatter(band * parts.ranges + range_of(keys, parts.ranges), rows)
        yield from outbox.flush_full()
    yield from outbox.flush()


def pair_up(
    batches: Iterator[pa.RecordBatch],
    max_bucket: int,
    has_references: bool,
    width: int,
    addresses: Addresses,
    group_count: int,
) -> Iterator[pa.RecordBatch]:
    """Send each pair of groups that share a bucket to its part.

    The last part but one gets the number of capped buckets, the last a sample of the pairs that
    these do not compare.
    """
    kernels = load_kernels()
    outbox, pair_parts = Outbox(addresses), len(addresses) - 2
    for _, rows in gather_parts(batches, 8 + width):
        groups, keys, is_reference = _collapse_keys(
            unpack_numbers(width, rows[:, 8:])[:, 0], rows[:, :8].copy().view(np.uint64)[:, 0]
        )
        buckets = find_buckets(keys, max_bucket, is_reference if has_references else None)
        capped_count = int(np.count_nonzero(buckets.pivot_ends < buckets.begins[1:]))
        if capped_count:
            sample = sample_hidden(buckets, keys, group_count)
            ends = groups[sample.left], groups[sample.right]
            outbox.put(pair_parts, np.array([capped_count], np.int64).tobytes())
            outbox.put(
                pair_parts + 1, np.stack([*ends, sample.weights.view(np.uint64)], 1).tobytes()
            )
        for part in cut_buckets(buckets, GROUPS_PER_JOB):
            one, other = (groups[part.groups[each]] for each in _meet(part, kernels))
            left, right = np.minimum(one, other), np.maximum(one, other)
            parts = _part_of_pairs(left, right, pair_parts)
            outbox.scatter(parts, pack_numbers(width, left, right))
            yield from outbox.flush_full()
    yield from outbox.flush()


def _collapse_keys(
    groups: NDArray[np.uint64], keys: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.bool_]]:
    """Keys and groups of documents as groups, ascending, with the key of each.

    :returns: groups, keys, and whether each group has references alone
    """
    order = np.argsort(groups)
    keys, groups = keys[order], groups[order]
    begins = np.flatnonzero(np.append(True, groups[1:] != groups[:-1])) if len(groups) else order
    flags = keys & REFERENCE_FLAG
    is_reference = np.minimum.reduceat(flags, begins) > 0 if len(groups) else flags > 0
    return groups[begins], keys[begins] & ~REFERENCE_FLAG, is_reference


def _meet(part: BucketPart, kernels: Kernels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of some buckets, as positions among their groups."""
    count = len(part.groups)
    none = SetFilters(
        np.zeros((count, 1), np.uint8),
        np.zeros((count, BITMAP_WORDS), np.uint64),
        np.zeros(count, np.int32),
    )
    left, right, _ = kernels.bucket_pairs(
        np.zeros((count, 1), np.uint64), 0, part.firsts, part.first_ends, part.seconds, part.ends,
        none, 0, 0.0,
    )  # fmt: skip
    return left, right


def _part_of_pairs(
    left: NDArray[np.uint64], right: NDArray[np.uint64], part_count: int
) -> NDArray[np.int64]:
    return range_of(left * _FACTORS[0] + right * _FACTORS[1], part_count)


def distinct_pairs(
    batches: Iterator[pa.RecordBatch], pair_parts: int, width: int
) -> Iterator[pa.RecordBatch]:
    """The pairs of a part, each once; for each part a row of counts, then rows of pairs.

    The rows of counts are those of part ``COUNTS``: pairs and capped buckets. Sampled pairs go on
    as they are, as part ``SAMPLES``.
    """
    pending: dict[int, list[NDArray[np.uint64]]] = {}
    waiting = capped_count = 0
    for part, blob in read_blobs(batches):
        if part == pair_parts:
            capped_count += int(np.frombuffer(blob, np.int64).sum())
            continue
        if part == pair_parts + 1:
            yield make_rows([SAMPLES], [bytes(blob)])
            continue
        rows = unpack_numbers(width, np.frombuffer(blob, np.uint8).reshape(-1, 2 * width))
        pending.setdefault(part, []).append(rows)
        waiting += len(rows)
        if waiting >= PAIRS_AT_ONCE:
            pending = {each: [_sort_distinct_pairs(found)] for each, found in pending.items()}
            waiting = 0
    yield make_rows([COUNTS], [np.array([0, capped_count], np.int64).tobytes()])
    while pending:
        part, found = pending.popitem()
        pairs = _sort_distinct_pairs(found)
        yield make_rows([COUNTS], [np.array([len(pairs), 0], np.int64).tobytes()])
        for begin in range(0, len(pairs), PAIRS_PER_ROW):
            yield make_rows([part], [pairs[begin : begin + PAIRS_PER_ROW].tobytes()])


COUNTS: Final = -1
"""The part of rows that hold counts and no pairs."""

SAMPLES: Final = -2
"""The part of rows that hold sampled pairs: two numbers of groups and a weight, 24 bytes each."""


def _sort_distinct_pairs(found: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    pairs = found[0] if len(found) == 1 else np.concatenate(found)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    is_first = np.ones(len(pairs), bool)
    is_first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    return pairs[is_first]
