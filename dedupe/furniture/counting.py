"""In how many units each window stands: counted by sorting, in parts of bounded memory."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.furniture.windows import WindowSet, WindowShape, hash_windows
from dedupe.matching.verification import ShingleSets
from dedupe.store.columns import Store
from dedupe.store.resources import Resources

MIN_UNITS: Final = 11
"""A window that stands in fewer units is no furniture.

A unit is a connected component of duplicates: a story that 200 papers print is in one. Five would
make furniture of what five extractors took from one page.
"""

HASHES_PER_JOB: Final = 1 << 19
"""The most shingle hashes of a job, but for a unit that has more."""

PART_BYTES: Final = 32 << 20
"""About how many bytes of windows are sorted together."""

STORE_BYTES: Final = 128 << 20
"""Windows that are kept in memory until they are counted; with more they move to files."""

_SLOT_BITS: Final = 21
"""Windows are counted roughly by so many bits; a table of them takes 16 MB."""


def count_windows(
    shape: WindowShape,
    shingles: ShingleSets,
    units: NDArray[np.int64],
    resources: Resources,
    sites: NDArray[np.uint64] | None = None,
) -> WindowSet:
    """The windows that stand in ``MIN_UNITS`` units or more.

    :param units: ``int64``: the unit of each group
    :param sites: the key of each group's site (0: unknown): counts are then of one site each
    """
    groups = np.argsort(units, kind="stable")
    if sites is not None:
        groups = groups[sites[groups] != 0]
    counts = shingles.counts(groups)
    part_bits = max(int(8 * counts.sum()) // PART_BYTES, 1).bit_length() - 1
    bounds = np.arange(1, 1 << part_bits, dtype=np.uint64) << np.uint64(64 - (part_bits or 1))

    def count_in_units(job: slice) -> list[NDArray[np.uint64]]:
        chosen = groups[job]
        hashes, offsets = shingles.gather(chosen)
        windows, whole = hash_windows(shape, hashes, offsets)
        if sites is not None:
            windows ^= np.repeat(sites[chosen], np.diff(offsets))
        # Offsets of units among the whole windows, so that each unit has a window once.
        firsts = np.flatnonzero(np.diff(units[chosen], prepend=-1))
        ends = np.searchsorted(whole, np.append(offsets[firsts], len(hashes)))
        distinct, _ = resources.kernels.sort_unique(windows[whole], ends.astype(np.int64))
        if part_bits:  # (they are sorted again where they are counted)
            distinct.sort()
        return np.split(distinct, np.searchsorted(distinct, bounds))

    limit = resources.work.share(8, STORE_BYTES) >> part_bits
    stores = [Store(resources.work, np.uint64, limit=max(limit, 1)) for _ in range(1 << part_bits)]
    jobs = _cut(units[groups], counts, HASHES_PER_JOB)
    for parts in resources.run_ahead(count_in_units, jobs):
        for store, part in zip(stores, parts, strict=True):
            store.append(part)

    def find_frequent(store: Store) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        whole = np.array([0]), np.array([store.count])
        windows: NDArray[np.uint64] = store.gather(*whole)
        store.close()
        windows = _drop_rare(windows)
        windows.sort()
        firsts = np.flatnonzero(np.diff(windows, prepend=~windows[:1]))
        found = np.diff(firsts, append=len(windows))
        chosen = found >= MIN_UNITS
        return windows[firsts[chosen]], found[chosen]

    frequent = list(resources.run_ahead(find_frequent, stores))
    keys, unit_counts = (np.concatenate(column) for column in zip(*frequent, strict=True))
    return WindowSet(keys, unit_counts, np.full(len(keys), sites is not None))


def _drop_rare(windows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The windows without most of those that occur less than ``MIN_UNITS`` times.

    They are counted by some of their bits, which is quicker than to sort them.
    """
    # (The leading bits are alike in a part.)
    slots = (windows >> np.uint64(8)).astype(np.int64) & ((1 << _SLOT_BITS) - 1)
    is_likely = np.bincount(slots, minlength=1 << _SLOT_BITS) >= MIN_UNITS
    kept: NDArray[np.uint64] = windows[is_likely[slots]]
    return kept


def _cut(units: NDArray[np.int64], counts: NDArray[np.int64], most: int) -> list[slice]:
    """The groups in jobs of about ``most`` hashes; no unit is in two jobs.

    :param units: ascending
    """
    before = np.cumsum(counts) - counts
    is_first = np.ones(len(units), bool)
    is_first[1:] = units[1:] != units[:-1]
    firsts = np.flatnonzero(is_first)
    begins = firsts[np.flatnonzero(np.diff(before[firsts] // most, prepend=-1))].tolist()
    return list(map(slice, begins, [*begins[1:], len(units)]))
