"""Maximal runs of shingles that two texts share: found at shared fingerprints, and grown."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.kernels import Kernels
from dedupe.passages.winnowing import Fingerprints, winnow
from dedupe.store.arrays import sort_distinct

MOST_OCCURRENCES: Final = 16
"""Places of one fingerprint in a text at which a run is looked for, the first ones."""

Row = tuple[int, int, int, int]
"""A run: pair, left, right, size."""

ANCHORS_AT_ONCE: Final = 1 << 16
"""About how many fingerprints are looked up together."""


class Runs(msgspec.Struct, frozen=True):
    """Runs of shingles that the texts of a pair share, by ``pair``, ``left``, ``right``; ``int64``.

    :param pair: position of the pair
    :param left: first shingle in the left text
    :param right: first shingle in the right text
    :param size: shingles
    """

    pair: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    size: NDArray[np.int64]

    @property
    def columns(self) -> tuple[NDArray[np.int64], ...]:
        return self.pair, self.left, self.right, self.size

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Runs:
        """Some of the runs."""
        return Runs(self.pair[chosen], self.left[chosen], self.right[chosen], self.size[chosen])

    @classmethod
    def concatenate(cls, parts: Sequence[Runs]) -> Runs:
        """The runs of all parts, in order; there must be one part at least."""
        names = cls.__struct_fields__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def find_runs(
    kernels: Kernels,
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    window: int,
) -> Runs:
    """Every maximal run of ``window`` shingles or more of each pair.

    Two windows of equal shingles have one fingerprint, at the same place. So at each run there is a
    shared fingerprint, from which it is grown in both directions, as far as the shingles are equal.

    :param hashes: shingle hashes of all texts end to end, in text order, with repetitions
    :param offsets: where each text begins, and where the last ends
    :param left: a text of each pair
    :param right: the other
    """
    fingerprints = winnow(kernels, hashes, offsets, window)
    found = [kernels.grow_runs(hashes, offsets, left, right, anchors, window)
             for anchors in _find_anchors(fingerprints, left, right)]  # fmt: skip
    rows = np.concatenate([np.empty((0, 4), np.int64), *found])
    rows = rows[np.lexsort(rows.T[::-1])]
    is_new = np.ones(len(rows), bool)
    is_new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return Runs(*np.ascontiguousarray(rows[is_new].T))


def _find_anchors(
    fingerprints: Fingerprints, left: NDArray[np.int32], right: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs with a place of one fingerprint in each of both texts, in parts of bounded size.

    The places of a pair ascend in the left text.
    """
    numbers, order = _number_occurrences(fingerprints)
    texts = fingerprints.texts
    codes = (texts << 32 | numbers)[order]
    kept = np.zeros(len(texts), bool)
    kept[order] = True
    numbers, positions = numbers[kept], fingerprints.positions[kept]
    begins = np.searchsorted(texts[kept], np.arange(len(fingerprints.offsets)))
    counts = np.diff(begins)
    cuts = np.cumsum(counts[left]) // ANCHORS_AT_ONCE
    for pairs in np.split(np.arange(len(left)), np.flatnonzero(np.diff(cuts)) + 1):
        own = counts[left[pairs]]
        here = _ranges(begins[left[pairs]], own)
        pair = np.repeat(pairs, own)
        wanted = right[pair].astype(np.int64) << 32 | numbers[here]
        first = np.searchsorted(codes, wanted)
        occurrences = np.searchsorted(codes, wanted, "right") - first
        there = fingerprints.positions[order[_ranges(first, occurrences)]]
        yield np.repeat(pair, occurrences), positions[np.repeat(here, occurrences)], there


def _number_occurrences(
    fingerprints: Fingerprints,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A number for each key; and the fingerprints by text, number and position.

    Of equal ones in a text the first ``MOST_OCCURRENCES`` are among these.
    """
    numbers = np.searchsorted(sort_distinct(fingerprints.keys), fingerprints.keys)
    codes = fingerprints.texts << 32 | numbers
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    begins = np.flatnonzero(np.diff(codes, prepend=-1))
    occurrence = np.arange(len(codes)) - np.repeat(begins, np.diff(begins, append=len(codes)))
    return numbers, order[occurrence < MOST_OCCURRENCES]


def _ranges(begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The integers ``begins[i]:begins[i] + sizes[i]`` for each *i*, concatenated."""
    ends = np.cumsum(sizes)
    return np.repeat(begins - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


def separate_runs(runs: Runs, least: int, overlap: int) -> Runs:
    """The runs without what a longer one of the same pair covers in the left text already.

    The longest is taken first. What is left of a run is kept where it has ``least`` shingles.

    :param runs: by pair, left, right; of ``least`` shingles or more
    :param overlap: shingles by which a run reaches into the tokens behind it: one less than tokens
        in a shingle
    """
    is_covered = np.zeros(len(runs.pair), bool)
    ends = runs.left + runs.size + overlap
    is_covered[1:] = (runs.pair[1:] == runs.pair[:-1]) & (ends[:-1] > runs.left[1:])
    starts = np.flatnonzero(np.diff(runs.pair, prepend=-1))
    sizes = np.diff(starts, append=len(runs.pair))
    # In most pairs no run reaches into the next.
    is_mixed = np.add.reduceat(is_covered, starts) > 0 if len(starts) else np.zeros(0, bool)
    rows = list(zip(*(each.tolist() for each in runs.columns), strict=True))
    kept = [row for start, size in zip(starts[is_mixed].tolist(), sizes[is_mixed].tolist(),
                                       strict=True)
            for row in _separate(rows[start : start + size], least, overlap)]  # fmt: skip
    apart = runs.select(~np.repeat(is_mixed, sizes))
    joined = Runs.concatenate([apart, Runs(*np.array(kept, np.int64).reshape(-1, 4).T)])
    return joined.select(np.lexsort((joined.right, joined.left, joined.pair)))


def _separate(rows: list[Row], least: int, overlap: int) -> Iterator[Row]:
    """The runs of one pair, separated."""
    taken: list[tuple[int, int]] = []
    rows.sort(key=lambda row: (-row[3], row[1], row[2]))
    for pair, left, right, size in rows:
        for begin, end in list(_uncovered(left, left + size + overlap, taken)):
            if end - begin - overlap >= least:
                yield pair, begin, right + begin - left, end - begin - overlap
                insort(taken, (begin, end))


def _uncovered(begin: int, end: int, taken: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The parts of ``begin:end`` that none of these spans, which ascend, covers."""
    for taken_begin, taken_end in taken:
        if taken_end <= begin or taken_begin >= end:
            continue
        if taken_begin > begin:
            yield begin, taken_begin
        begin = max(begin, taken_end)
    if begin < end:
        yield begin, end
