"""Maximal runs of shingles that two texts share: found at shared fingerprints, and grown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.passages.winnowing import Fingerprints, winnow
from dedupe.store.arrays import sort_distinct

MOST_OCCURRENCES: Final = 16
"""Places of one fingerprint in a text at which a run is looked for, the first ones."""

ANCHORS_AT_ONCE: Final = 1 << 16
"""About how many fingerprints are looked up together."""

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number, whose powers weigh the hashes of a run in its sum."""


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

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Runs:
        """Some of the runs."""
        return Runs(self.pair[chosen], self.left[chosen], self.right[chosen], self.size[chosen])

    @classmethod
    def concatenate(cls, parts: Sequence[Runs]) -> Runs:
        """The runs of all parts, in order; there must be one part at least."""
        names = cls.__struct_fields__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def find_runs(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
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
    sums = _WeighedSums.of(hashes)
    fingerprints = winnow(hashes, offsets, window)
    anchors = _find_anchors(fingerprints, offsets, left, right)
    found = [_grow(sums, offsets, left, right, *each) for each in anchors]
    none = np.empty((0, 4), np.int64)
    rows = np.concatenate([none, *(each[each[:, 3] >= window] for each in found)])
    rows = rows[np.lexsort(rows.T[::-1])]
    is_new = np.ones(len(rows), bool)
    is_new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return Runs(*np.ascontiguousarray(rows[is_new].T))


def _find_anchors(
    fingerprints: Fingerprints,
    offsets: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs with a place of one fingerprint in each of both texts, in parts of bounded size."""
    keys, texts, positions = _first_occurrences(fingerprints)
    numbers = np.searchsorted(sort_distinct(keys), keys)
    codes = texts << 32 | numbers
    begins = np.searchsorted(texts, np.arange(len(offsets)))
    counts = np.diff(begins)
    cuts = np.cumsum(counts[left]) // ANCHORS_AT_ONCE
    for pairs in np.split(np.arange(len(left)), np.flatnonzero(np.diff(cuts)) + 1):
        own = counts[left[pairs]]
        here = _ranges(begins[left[pairs]], own)
        pair = np.repeat(pairs, own)
        wanted = right[pair] << 32 | numbers[here]
        first = np.searchsorted(codes, wanted)
        occurrences = np.searchsorted(codes, wanted, "right") - first
        there = _ranges(first, occurrences)
        repeated = np.repeat(here, occurrences)
        yield np.repeat(pair, occurrences), positions[repeated], positions[there]


def _first_occurrences(
    fingerprints: Fingerprints,
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Keys, texts and positions, by text, key, position; of equal keys in a text the first ones."""
    keys, texts, positions = fingerprints.keys, fingerprints.texts, fingerprints.positions
    order = np.lexsort((positions, keys, texts))
    keys, texts, positions = keys[order], texts[order], positions[order]
    is_first = np.ones(len(keys), bool)
    is_first[1:] = (keys[1:] != keys[:-1]) | (texts[1:] != texts[:-1])
    begins = np.flatnonzero(is_first)
    occurrence = np.arange(len(keys)) - np.repeat(begins, np.diff(begins, append=len(keys)))
    kept = occurrence < MOST_OCCURRENCES
    return keys[kept], texts[kept], positions[kept]


def _ranges(begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The integers ``begins[i]:begins[i] + sizes[i]`` for each *i*, concatenated."""
    ends = np.cumsum(sizes)
    return np.repeat(begins - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


class _WeighedSums(msgspec.Struct, frozen=True):
    """Tells in one step whether two runs are equal, with a chance of error below one in 2⁴⁰.

    :param hashes: all hashes
    :param sums: ``(n + 1,)``: of the hashes before each position, each times its power
    :param powers: ``(n + 1,)`` of ``_FACTOR``, modulo 2⁶⁴
    """

    hashes: NDArray[np.uint64]
    sums: NDArray[np.uint64]
    powers: NDArray[np.uint64]

    @classmethod
    def of(cls, hashes: NDArray[np.uint64]) -> _WeighedSums:
        powers = np.full(len(hashes) + 1, _FACTOR)
        powers[0] = 1
        np.multiply.accumulate(powers, out=powers)
        sums = np.zeros(len(hashes) + 1, np.uint64)
        np.cumsum(hashes * powers[:-1], out=sums[1:])
        return cls(hashes, sums, powers)

    def are_equal(
        self, one: NDArray[np.int64], other: NDArray[np.int64], size: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Whether the ``size`` hashes from ``one`` on are those from ``other`` on."""
        ones = (self.sums[one + size] - self.sums[one]) * self.powers[other]
        others = (self.sums[other + size] - self.sums[other]) * self.powers[one]
        result: NDArray[np.bool_] = ones == others
        return result


def _grow(
    sums: _WeighedSums,
    offsets: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    pair: NDArray[np.int64],
    one: NDArray[np.int64],
    other: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Rows of a run (pair, left, right, size) for the places of each fingerprint in both texts."""
    left_begins, right_begins = offsets[left[pair]], offsets[right[pair]]
    left_ends, right_ends = offsets[left[pair] + 1], offsets[right[pair] + 1]
    before = _lengthen(sums, one, other, np.minimum(one - left_begins, other - right_begins), -1)
    behind = _lengthen(sums, one, other, np.minimum(left_ends - one, right_ends - other), 1)
    rows = [pair, one - before - left_begins, other - before - right_begins, before + behind]
    return np.stack(rows, axis=1)


def _lengthen(
    sums: _WeighedSums,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    most: NDArray[np.int64],
    direction: int,
) -> NDArray[np.int64]:
    """How many hashes are equal from two places on, or before them: found by halving steps."""
    size = np.zeros(len(one), np.int64)
    step = 1 << int(most.max(initial=0)).bit_length()
    while step:
        longer = np.minimum(size + step, most)
        back = longer if direction < 0 else 0
        size = np.where(sums.are_equal(one - back, other - back, longer), longer, size)
        step >>= 1
    return _check(sums, one, other, size, direction)


def _check(
    sums: _WeighedSums,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    size: NDArray[np.int64],
    direction: int,
) -> NDArray[np.int64]:
    """The sizes, each no longer than the hashes are equal one by one."""
    back = size if direction < 0 else np.zeros_like(size)
    is_wrong = np.zeros(len(size), bool)
    bounds = np.cumsum(size) // ANCHORS_AT_ONCE
    for part in np.split(np.arange(len(size)), np.flatnonzero(np.diff(bounds)) + 1):
        ones = sums.hashes[_ranges((one - back)[part], size[part])]
        differ = ones != sums.hashes[_ranges((other - back)[part], size[part])]
        is_wrong[np.repeat(part, size[part])[differ]] = True
    for i in np.flatnonzero(is_wrong).tolist():
        steps = direction * np.arange(size[i]) - (direction < 0)
        differ = sums.hashes[one[i] + steps] != sums.hashes[other[i] + steps]
        size[i] = int(np.argmax(differ))
    return size


def separate_runs(runs: Runs, least: int, overlap: int) -> Runs:
    """The runs without what a longer one of the same pair covers in the left text already.

    The longest is taken first. What is left of a run is kept where it has ``least`` shingles.

    :param overlap: shingles by which a run reaches into the tokens behind it: one less than tokens
        in a shingle
    """
    starts = np.flatnonzero(np.diff(runs.pair, prepend=-1))
    sizes = np.diff(starts, append=len(runs.pair))
    is_alone = np.repeat(sizes == 1, sizes)
    rows = [runs.select(is_alone)]
    for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        rows.append(_separate(runs.select(np.arange(start, start + size)), least, overlap))
    joined = Runs.concatenate(rows)
    return joined.select(np.lexsort((joined.right, joined.left, joined.pair)))


def _separate(runs: Runs, least: int, overlap: int) -> Runs:
    """The runs of one pair, separated."""
    taken: list[tuple[int, int]] = []
    kept: list[tuple[int, int, int, int]] = []
    order = np.lexsort((runs.right, runs.left, -runs.size)).tolist()
    columns = [column.tolist() for column in (runs.left, runs.right, runs.size)]
    pair = int(runs.pair[0])
    for i in order:
        left, right, size = (column[i] for column in columns)
        for begin, end in _uncovered(left, left + size + overlap, taken):
            if end - begin - overlap >= least:
                kept.append((pair, begin, right + begin - left, end - begin - overlap))
                taken.append((begin, end))
        taken.sort()
    return Runs(*np.array(kept, np.int64).reshape(-1, 4).T)


def _uncovered(begin: int, end: int, taken: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The parts of ``begin:end`` that none of these spans, which ascend, covers."""
    for taken_begin, taken_end in list(taken):
        if taken_end <= begin or taken_begin >= end:
            continue
        if taken_begin > begin:
            yield begin, taken_begin
        begin = max(begin, taken_end)
    if begin < end:
        yield begin, end
