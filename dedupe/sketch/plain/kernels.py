"""``model.kernels.Kernels`` in Python and NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import TextBatch
from dedupe.model.pairs import JobPlan
from dedupe.model.sketches import BITMAP_WORDS, COUNTED, HashSketches, SetFilters, SketchBatch
from dedupe.sketch.plain.shared_runs import grow_runs, winnow
from dedupe.sketch.plain.signatures import (
    hash_shingles,
    make_bitmap,
    shingle_tokens,
    sign_hashes,
)
from dedupe.sketch.plain.tokens import mask_numbers, tokenize_text
from dedupe.sketch.runs import copy_runs, read_runs


def _may_reach(
    filters: SetFilters, first: int, others: NDArray[np.int64], threshold: float
) -> NDArray[np.bool_]:
    """Whether each of the others may reach the threshold with the first, by sizes and bitmaps.

    A bit that only one of two sets has stands for a value at least that only this set has.
    """
    one, counts = filters.bitmaps[first], filters.distinct_counts.astype(np.int64)
    bits = [one & ~filters.bitmaps[others], filters.bitmaps[others] & ~one]
    alone, others_alone = (
        np.unpackbits(each.view(np.uint8), axis=1).sum(axis=1, dtype=np.int64) for each in bits
    )
    shared = np.minimum(counts[first] - alone, counts[others] - others_alone)
    united = np.maximum(counts[others] + alone, counts[first] + others_alone)
    found: NDArray[np.bool_] = shared / np.maximum(united, 1) >= threshold
    found |= (counts[others] == 0) | (counts[first] == 0)
    return found


def _count_distinct(
    documents: Sequence[NDArray[np.uint64]],
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """The bitmaps of documents, and how many different shingle hashes each has."""
    counts = [len(np.unique(each)) if len(each) <= COUNTED else 0 for each in documents]
    bitmaps = np.array([*map(make_bitmap, documents)], np.uint64).reshape(-1, BITMAP_WORDS)
    return bitmaps, np.array(counts, np.int32)


class PlainKernels:
    """``model.kernels.Kernels`` in Python and NumPy."""

    name = "plain"

    def sketch(
        self,
        batch: TextBatch,
        shingle_size: int,
        num_perm: int,
        seed: int,
        ignore_numbers: bool = False,
    ) -> SketchBatch:
        import xxhash

        count = len(batch)
        signatures = np.full((count, num_perm), 0xFFFFFFFF, np.uint32)
        token_counts = np.zeros(count, np.int64)
        digests: list[bytes] = []
        hashes: list[NDArray[np.uint64]] = []
        for i in range(count):
            encoded = batch.data[batch.offsets[i] : batch.offsets[i + 1]].tobytes()
            tokens = tokenize_text(encoded.decode("utf-8", "replace"))
            token_counts[i] = len(tokens)
            digests += [
                xxhash.xxh3_128_digest(encoded),
                xxhash.xxh3_128_digest(" ".join(tokens).encode()),
            ]
            if ignore_numbers:
                tokens = mask_numbers(tokens)
            hashes.append(hash_shingles(shingle_tokens(tokens, shingle_size)))
            if tokens:
                signatures[i] = sign_hashes(hashes[i], num_perm, seed)
        bitmaps, distinct_counts = _count_distinct(hashes)
        pairs = np.frombuffer(b"".join(digests), ">u8").astype(np.uint64).reshape(count, 2, 2)
        return SketchBatch(
            signatures=signatures,
            token_counts=token_counts,
            token_hashes=pairs[:, 1].copy(),
            content_hashes=pairs[:, 0].copy(),
            shingle_hashes=np.concatenate([np.empty(0, np.uint64), *hashes]),
            shingle_offsets=np.cumsum([0, *map(len, hashes)], dtype=np.int64),
            bitmaps=bitmaps,
            distinct_counts=distinct_counts,
        )

    def sign_hashes(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64], num_perm: int, seed: int
    ) -> HashSketches:
        ends = zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        segments = [hashes[begin:end] for begin, end in ends]
        signatures = np.full((len(segments), num_perm), 0xFFFFFFFF, np.uint32)
        for i, segment in enumerate(segments):
            if len(segment):
                signatures[i] = sign_hashes(segment, num_perm, seed)
        return HashSketches(signatures, *_count_distinct(segments))

    def sort_unique(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        segments = [
            np.unique(hashes[begin:end])
            for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        ]
        return (
            np.concatenate([np.empty(0, np.uint64), *segments]),
            np.cumsum([0, *map(len, segments)], dtype=np.int64),
        )

    def count_shared(
        self,
        hashes: NDArray[np.uint64],
        offsets: NDArray[np.int64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        threshold: float,
    ) -> NDArray[np.int64]:
        shared = np.empty(len(left), np.int64)
        for i, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
            both = np.concatenate(
                [
                    hashes[offsets[one] : offsets[one + 1]],
                    hashes[offsets[other] : offsets[other + 1]],
                ]
            )
            union = len(np.unique(both))
            common = len(both) - union
            shared[i] = common if common / union >= threshold else -1
        return shared

    def bucket_pairs(
        self,
        keys: NDArray[np.uint64],
        band: int,
        begins: NDArray[np.int64],
        first_ends: NDArray[np.int64],
        seconds: NDArray[np.int64],
        ends: NDArray[np.int64],
        filters: SetFilters,
        minimum_equal: int,
        threshold: float,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        lefts, rights, met = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
        buckets = zip(*(c.tolist() for c in (begins, first_ends, seconds, ends)), strict=True)
        for begin, first_end, second, end in buckets:
            # One group with all later ones at a time: memory stays linear in the bucket.
            for first in range(begin, min(first_end, end - 1)):
                others = np.arange(max(first + 1, second), end)
                one, other = keys[first, :band], keys[others, :band]
                met_before = ((one ^ other) <= 1) & ((one & other & np.uint64(1)) == 0)
                others = others[~met_before.any(axis=1)]
                met += len(others)
                low_bytes = filters.low_bytes
                equal = np.count_nonzero(low_bytes[others] == low_bytes[first], axis=1)
                others = others[equal >= minimum_equal]
                if not len(others):
                    continue
                others = others[_may_reach(filters, first, others, threshold)]
                lefts.append(np.full(len(others), first, np.int64))
                rights.append(others)
        return np.concatenate(lefts), np.concatenate(rights), met

    def plan_jobs(
        self,
        first: NDArray[np.int32],
        second: NDArray[np.int32],
        counts: NDArray[np.int64],
        max_pairs: int,
        max_hashes: int,
    ) -> JobPlan:
        cuts: list[int] = []
        group_cuts: list[int] = []
        groups: list[int] = []
        positions: dict[int, int] = {}
        pair_positions: list[tuple[int, int]] = []
        hashes = 0
        for pair, ends in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            cost = sum(int(counts[end]) for end in ends if end not in positions)
            if not cuts or pair - cuts[-1] >= max_pairs or hashes + cost > max_hashes:
                group_cuts.append(len(groups))
                cuts.append(pair)
                positions, hashes = {}, 0
                cost = int(counts[list(ends)].sum())
            hashes += cost
            for end in ends:
                if end not in positions:
                    positions[end] = len(positions)
                    groups.append(end)
            pair_positions.append((positions[ends[0]], positions[ends[1]]))
        columns = np.array(pair_positions, np.int32).reshape(-1, 2).T.copy()
        first_positions, second_positions = columns
        return JobPlan(
            np.array([*cuts, len(first)], np.int64),
            np.array([*group_cuts, len(groups)], np.int64),
            np.array(groups, np.int32),
            first_positions,
            second_positions,
        )

    def label_components(
        self, count: int, left: NDArray[np.int32], right: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        labels = np.arange(count)
        while True:
            one, other = labels[left], labels[right]
            if np.array_equal(one, other):
                return labels
            # Hang the larger root of each pair below the smaller, then each group below its root.
            np.minimum.at(labels, np.maximum(one, other), np.minimum(one, other))
            while not np.array_equal(above := labels[labels], labels):
                labels = above

    winnow = staticmethod(winnow)
    grow_runs = staticmethod(grow_runs)
    copy_runs = staticmethod(copy_runs)
    read_runs = staticmethod(read_runs)
