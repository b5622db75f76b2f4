"""Pairs that capped buckets do not compare, on Spark: the sample of them is judged on the driver.

They are verified together with the candidates, and parted from these again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.frames import Outbox, collect_blobs, run_stage
from dedupe.engines.spark.groups import GroupNumbers
from dedupe.engines.spark.sketching import read_columns
from dedupe.engines.spark.verifying import find_groups
from dedupe.matching.hidden import count_shared_bands
from dedupe.model.pairs import HiddenPairs, SampledPairs, UncomparedPairs, VerifiedPairs
from dedupe.store.arrays import is_among, sort_distinct

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


class SampledNumbers(msgspec.Struct, frozen=True):
    """Sampled pairs as numbers of groups, ``(n, 2)``, and the weight of each."""

    pairs: NDArray[np.uint64]
    weights: NDArray[np.float64]

    @classmethod
    def read(cls, blobs: list[bytes]) -> SampledNumbers:
        """The pairs of the rows of part ``SAMPLES``."""
        rows = np.frombuffer(b"".join(blobs), np.uint64).reshape(-1, 3)
        return cls(rows[:, :2].copy(), rows[:, 2].copy().view(np.float64))

    def leave_out(self, candidates: NDArray[np.uint64]) -> SampledNumbers:
        """Without those that are candidates, since they met in another bucket."""
        groups = sort_distinct(np.concatenate([candidates, self.pairs]).reshape(-1))
        known = np.sort(_codes(groups, candidates))
        is_kept = ~is_among(_codes(groups, self.pairs), known)
        return SampledNumbers(self.pairs[is_kept], self.weights[is_kept])

    def join(self, candidates: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The candidates, and behind them these pairs, each once."""
        groups = sort_distinct(self.pairs.reshape(-1))
        left, right = np.divmod(sort_distinct(_codes(groups, self.pairs)), max(len(groups), 1))
        return np.concatenate([candidates, np.stack([groups[left], groups[right]], axis=1)])


def _codes(groups: NDArray[np.uint64], pairs: NDArray[np.uint64]) -> NDArray[np.int64]:
    """One integer for each pair of some groups, which ascend."""
    left, right = (np.searchsorted(groups, pairs[:, side]) for side in (0, 1))
    return left.astype(np.int64) * len(groups) + right


def part_hidden(
    sampled: SampledNumbers,
    uncompared: SampledNumbers,
    groups: NDArray[np.uint64],
    verified: VerifiedPairs,
    records: DataFrame,
    numbers: GroupNumbers,
) -> tuple[VerifiedPairs, HiddenPairs]:
    """The duplicate pairs among the candidates, and those among the uncompared pairs.

    :param sampled: all pairs that were drawn
    :param uncompared: those of them that are no candidates
    :param verified: the duplicates of both, by left, then right, over positions in ``groups``
    """
    count = len(groups)
    codes = verified.left * count + verified.right
    asked = _codes(groups, uncompared.pairs)
    is_hidden = is_among(codes, np.sort(asked))
    duplicates = np.flatnonzero(is_among(asked, codes))
    left, right = (np.searchsorted(groups, uncompared.pairs[duplicates, side]) for side in (0, 1))
    ends = sort_distinct(np.concatenate([left, right]).astype(np.int64))
    keys = _fetch_keys(records, numbers, groups[ends])
    shared_bands = count_shared_bands(
        keys[np.searchsorted(ends, left)], keys[np.searchsorted(ends, right)]
    )
    found = UncomparedPairs(
        SampledPairs(left, right, uncompared.weights[duplicates]),
        shared_bands,
        sampled_count=len(sampled.pairs),
        greatest_weight=float(sampled.weights.max(initial=1)),
    )
    hidden = HiddenPairs.of_verified(found, verified.select(is_hidden), count)
    return verified.select(~is_hidden), hidden


def _fetch_keys(
    records: DataFrame, numbers: GroupNumbers, groups: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """The band keys of each group, ``(n, bands)``."""
    if not len(groups):
        return np.empty((0, 1), np.uint64)
    send = partial(list_keys, numbers=numbers, groups=groups)
    blobs = collect_blobs(run_stage(records.select("halves", "lows", "keys"), send))
    rows = [np.frombuffer(blob, np.uint64).reshape(-1, bands + 1) for bands, blob in blobs]
    found = np.concatenate(rows)
    first = np.searchsorted(found[:, 0], groups, sorter=(order := np.argsort(found[:, 0])))
    return found[order[first], 1:]


def list_keys(
    batches: Iterator[pa.RecordBatch], numbers: GroupNumbers, groups: NDArray[np.uint64]
) -> Iterator[pa.RecordBatch]:
    """The group and the keys of each document in some groups; the part is the number of bands."""
    outbox = Outbox()
    for row in read_columns(batches, ("halves", "lows", "keys")):
        found, chosen = find_groups(row, numbers, groups)
        count = len(np.frombuffer(row["halves"], np.uint64))
        keys = np.frombuffer(row["keys"], np.uint64).reshape(-1, count)
        rows = np.concatenate([groups[found][None], keys[:, chosen]]).T
        outbox.put(len(keys), rows.tobytes())
        yield from outbox.flush_full()
    yield from outbox.flush()
