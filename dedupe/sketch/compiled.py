"""The compiled kernels: arguments are checked and arrays made for ``_kernels``."""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import TextBatch
from dedupe.model.pairs import JobPlan
from dedupe.model.sketches import BITMAP_WORDS, HashSketches, SetFilters, SketchBatch
from dedupe.sketch import _kernels  # type: ignore[attr-defined]
from dedupe.sketch.contracts import (
    check_ascending,
    check_at_least,
    check_buckets,
    check_indices,
    check_inside,
    check_lengths,
    check_offsets,
    check_returned,
    check_runs,
    check_threshold,
)
from dedupe.sketch.numbers import DIGIT_ZEROS
from dedupe.sketch.permutations import make_permutations
from dedupe.sketch.runs import read_runs
from dedupe.sketch.token_table import CODE_POINT_COUNT, MARK_LIMIT, load_table

WINDOW_BYTES = 1 << 16
"""The most that ``read_runs`` reads at once where runs lie close together."""

PAIR_BLOCK = 1 << 18
"""The most pairs that ``bucket_pairs`` writes before it returns to Python."""

MOST_HASHES = 1 << 62
"""A document has fewer shingles than this: the sum of two such counts fits into 64 bits."""


class CompiledKernels:
    """``model.kernels.Kernels`` in compiled code; every method releases the GIL.

    :raises ValueError: if an argument breaks a contract (:mod:`dedupe.sketch.contracts`)
    :raises KernelsError: if a kernel returned an impossible count
    """

    name = "compiled"

    def sketch(
        self,
        batch: TextBatch,
        shingle_size: int,
        num_perm: int,
        seed: int,
        ignore_numbers: bool = False,
    ) -> SketchBatch:
        count = len(batch)
        check_offsets("offsets", batch.offsets, len(batch.data))
        check_lengths(ids=batch.ids, texts=batch.offsets[1:])
        check_at_least("shingle_size", shingle_size, 1)
        check_at_least("num_perm", num_perm, 1)
        a, b = make_permutations(num_perm, seed)
        longest = int(np.diff(batch.offsets).max(initial=0))
        text_bytes = int(batch.offsets[-1] - batch.offsets[0])
        room = np.empty(text_bytes // 2 + count, np.uint64)
        result = SketchBatch(
            signatures=np.full((count, num_perm), 0xFFFFFFFF, np.uint32),
            token_counts=np.zeros(count, np.int64),
            token_hashes=np.zeros((count, 2), np.uint64),
            content_hashes=np.zeros((count, 2), np.uint64),
            shingle_hashes=room,
            shingle_offsets=np.zeros(count + 1, np.int64),
            bitmaps=np.zeros((count, BITMAP_WORDS), np.uint64),
            distinct_counts=np.zeros(count, np.int32),
        )

        def run(room: NDArray[np.uint64]) -> int:
            used: int = _kernels.sketch(
                _tokenizer(longest),
                batch.data if len(batch.data) else np.zeros(1, np.uint8),
                batch.offsets,
                shingle_size,
                a,
                b,
                result.signatures,
                result.token_counts,
                result.token_hashes,
                result.content_hashes,
                room,
                result.shingle_offsets,
                result.bitmaps,
                result.distinct_counts,
                np.empty(_kernels.HASH_CHUNK_SIZE, np.uint32),
                np.empty(_kernels.COUNTED_SIZE, np.uint64),
                DIGIT_ZEROS[: len(DIGIT_ZEROS) if ignore_numbers else 0],
            )
            return used

        used = run(room)
        if used < 0:
            # Nearly all texts have two bytes a token or more; none has more than two tokens a byte.
            room = np.empty(2 * text_bytes + count, np.uint64)
            used = run(room)
        check_returned("shingles", used, len(room))
        return msgspec.structs.replace(result, shingle_hashes=room[:used])

    def sign_hashes(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64], num_perm: int, seed: int
    ) -> HashSketches:
        check_offsets("offsets", offsets, len(hashes))
        check_at_least("num_perm", num_perm, 1)
        a, b = make_permutations(num_perm, seed)
        count = len(offsets) - 1
        signed = HashSketches(
            signatures=np.full((count, num_perm), 0xFFFFFFFF, np.uint32),
            bitmaps=np.zeros((count, BITMAP_WORDS), np.uint64),
            distinct_counts=np.zeros(count, np.int32),
        )
        _kernels.sign_hashes(
            hashes, offsets, a, b, signed.signatures, signed.bitmaps, signed.distinct_counts,
            np.empty(_kernels.HASH_CHUNK_SIZE, np.uint32),
            np.empty(_kernels.COUNTED_SIZE, np.uint64),
        )  # fmt: skip
        return signed

    def sort_unique(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        check_offsets("offsets", offsets, len(hashes))
        output = np.empty(int(offsets[-1] - offsets[0]), np.uint64)
        output_offsets = np.empty(len(offsets), np.int64)
        longest = int(np.diff(offsets).max(initial=0))
        used = _kernels.sort_unique(
            hashes, offsets, output, output_offsets, np.empty(2 * longest, np.int64)
        )
        check_returned("values", used, len(output))
        return output[:used], output_offsets

    def count_shared(
        self,
        hashes: NDArray[np.uint64],
        offsets: NDArray[np.int64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        threshold: float,
    ) -> NDArray[np.int64]:
        check_offsets("offsets", offsets, len(hashes))
        check_lengths(left=left, right=right)
        check_indices("left", left, len(offsets) - 1)
        check_indices("right", right, len(offsets) - 1)
        check_threshold(threshold)
        shared = np.empty(len(left), np.int64)
        table = np.empty(_kernels.TABLE_SIZE, np.uint64)
        _kernels.count_shared(hashes, offsets, left, right, threshold, shared, table)
        return shared

    def plan_jobs(
        self,
        first: NDArray[np.int32],
        second: NDArray[np.int32],
        counts: NDArray[np.int64],
        max_pairs: int,
        max_hashes: int,
    ) -> JobPlan:
        check_lengths(first=first, second=second)
        check_indices("first", first, len(counts))
        check_indices("second", second, len(counts))
        check_indices("counts", counts, MOST_HASHES)
        count = len(first)
        # Sized for the worst case: pages that are never written take no memory.
        cuts, group_cuts = np.empty(count + 1, np.int64), np.empty(count + 1, np.int64)
        groups = np.empty(2 * count, np.int32)
        first_positions, second_positions = np.empty(count, np.int32), np.empty(count, np.int32)
        positions, jobs = np.empty(len(counts), np.int32), np.zeros(len(counts), np.int32)
        job_count = _kernels.plan_jobs(
            first, second, counts, max_pairs, max_hashes, positions, jobs, groups, first_positions,
            second_positions, cuts, group_cuts,
        )  # fmt: skip
        check_returned("jobs", job_count, count)
        used = job_count + 1
        check_returned("documents of jobs", int(group_cuts[job_count]), len(groups))
        cuts, group_cuts = cuts[:used].copy(), group_cuts[:used].copy()
        groups = groups[: group_cuts[-1]]
        return JobPlan(cuts, group_cuts, groups, first_positions, second_positions)

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
        check_buckets(begins, first_ends, seconds, ends, len(keys))
        check_lengths(
            keys=keys, low_bytes=filters.low_bytes, bitmaps=filters.bitmaps,
            distinct_counts=filters.distinct_counts,
        )  # fmt: skip
        check_indices("band", np.array([band]), keys.shape[1] + 1)
        check_at_least("minimum_equal", minimum_equal, 0)
        check_at_least("columns of low_bytes", filters.low_bytes.shape[1], 1)
        if filters.bitmaps.shape[1] != BITMAP_WORDS:
            raise ValueError(f"bitmaps have {filters.bitmaps.shape[1]} words, not {BITMAP_WORDS}")
        state = np.array([0, -1, 0, 0], np.int64)
        found = [(np.empty(0, np.int64), np.empty(0, np.int64))]
        while state[0] < len(begins):
            left, right = np.empty(PAIR_BLOCK, np.int64), np.empty(PAIR_BLOCK, np.int64)
            written = _kernels.bucket_pairs(
                keys, band, begins, first_ends, seconds, ends, filters.low_bytes, minimum_equal,
                filters.bitmaps, filters.distinct_counts, threshold, state, left, right,
            )  # fmt: skip
            check_returned("pairs", written, PAIR_BLOCK)
            found.append((left[:written].copy(), right[:written].copy()))
        left, right = (np.concatenate(column) for column in zip(*found, strict=True))
        return left, right, int(state[3])

    def label_components(
        self, count: int, left: NDArray[np.int32], right: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        check_lengths(left=left, right=right)
        check_indices("left", left, count)
        check_indices("right", right, count)
        labels = np.arange(count, dtype=np.int64)
        _kernels.label_components(labels, left, right)
        return labels

    def winnow(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64], window: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        check_offsets("offsets", offsets, len(hashes))
        check_at_least("window", window, 1)
        lengths = np.diff(offsets)
        positions = np.empty(int(np.maximum(lengths - window + 1, 0).sum()), np.int64)
        position_offsets = np.empty(len(offsets), np.int64)
        queue = np.empty(int(lengths.max(initial=0)), np.int64)
        written = _kernels.winnow(hashes, offsets, window, positions, position_offsets, queue)
        check_returned("positions", written, len(positions))
        return positions[:written].copy(), position_offsets

    def grow_runs(
        self,
        hashes: NDArray[np.uint64],
        offsets: NDArray[np.int64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        places: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
        least: int,
    ) -> NDArray[np.int64]:
        pairs, ones, others = places
        check_offsets("offsets", offsets, len(hashes))
        check_lengths(left=left, right=right)
        check_lengths(pairs=pairs, ones=ones, others=others)
        check_indices("left", left, len(offsets) - 1)
        check_indices("right", right, len(offsets) - 1)
        check_indices("pairs", pairs, len(left))
        check_inside("ones", ones, offsets, left[pairs])
        check_inside("others", others, offsets, right[pairs])
        known = np.full((_kernels.DIAGONAL_COUNT, 4), -1, np.int64)
        rows = np.empty((len(pairs), 4), np.int64)
        written = _kernels.grow_runs(
            hashes, offsets, left, right, pairs, ones, others, least, known, rows
        )
        check_returned("runs", written, len(rows))
        return rows[:written].copy()

    def copy_runs(
        self,
        values: NDArray[np.uint8],
        begins: NDArray[np.int64],
        lengths: NDArray[np.int64],
        target: NDArray[np.uint8],
    ) -> None:
        check_runs(begins, lengths, target, len(values))
        _kernels.copy_runs(values, begins, lengths, target)

    def read_runs(
        self,
        file: int,
        begins: NDArray[np.int64],
        lengths: NDArray[np.int64],
        target: NDArray[np.uint8],
    ) -> None:
        check_runs(begins, lengths, target, np.iinfo(np.int64).max)
        if _kernels.CAN_READ_AT:
            window = np.empty(WINDOW_BYTES, np.uint8)
            _kernels.read_runs(file, begins, lengths, target, window)
        else:
            read_runs(file, begins, lengths, target)


def tokenize_text(text: str) -> list[str]:
    """The tokens of a text: normalised, in order."""
    # A lone surrogate becomes ill-formed bytes, which separate tokens, as in the plain kernels.
    data = np.frombuffer(text.encode("utf-8", "surrogatepass") or b" ", np.uint8)
    tokens: list[str] = _kernels.tokenize(_tokenizer(len(data)), data)
    return tokens


def find_tokens(text: str, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """See :func:`dedupe.sketch.plain.find_tokens`."""
    check_ascending("tokens", tokens)
    data = np.frombuffer(text.encode("utf-8", "surrogatepass") or b" ", np.uint8)
    places = np.full((len(tokens), 3), -1, np.int64)
    _kernels.find_tokens(_tokenizer(len(data)), data, tokens, places)
    return places


def _tokenizer(longest: int) -> _kernels.Tokenizer:
    """A tokenizer with room for documents of up to ``longest`` bytes."""
    tables = _tables()
    return _kernels.Tokenizer(
        tables,
        np.empty(tables.expansion * longest + 8 + _kernels.SLACK, np.uint8),
        np.empty(2 * longest + 2, np.int64),
        np.empty(MARK_LIMIT, np.uint32),
        np.empty(MARK_LIMIT, np.uint32),
    )


@lru_cache(maxsize=1)
def _tables() -> _kernels.Tables:
    table = load_table()
    triples = table.sections["compose"].reshape(-1, 3)
    keys = triples[:, 0].astype(np.uint64) << np.uint64(32) | triples[:, 1]
    blocks = np.arange(0, CODE_POINT_COUNT + 1, _kernels.KEY_BLOCK)
    begins = {
        name: np.searchsorted(table.sections[f"{name}_keys"], blocks).astype(np.uint32)
        for name in ("canonical", "fold")
    }
    return _kernels.Tables(table.sections, begins, keys, np.ascontiguousarray(triples[:, 2]))
