"""Bands and rows: their numbers from threshold and recall, and the band keys of signatures."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.model.errors import ConfigError
from dedupe.model.settings import MatchSettings
from dedupe.model.sketches import Banding
from dedupe.store.columns import RowView, Store
from dedupe.store.sketches import Sketches
from dedupe.store.work_folder import WorkFolder

ESTIMATE_LOSS: Final = 1e-6
"""Accepted chance that the estimate from the whole signature loses a pair at the threshold."""

CAPPED_FLAG: Final = np.uint64(1)
"""The bit of a band key that says: this group was compared with the pivots of its bucket alone."""

_ROWS_AT_ONCE: Final = 1 << 12
"""Signatures whose keys are made together: they stay in the cache."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def choose_banding(threshold: float, num_perm: int, recall: float) -> Banding:
    """The banding with the most rows in a band that still reaches ``recall`` at the threshold.

    :raises ConfigError: if even bands of one row do not reach it
    """
    for rows in range(num_perm, 0, -1):
        bands = num_perm // rows
        if band_recall(threshold, bands, rows) >= recall:
            minimum_equal, loss = choose_minimum_equal(threshold, num_perm)
            expected = band_recall(threshold, bands, rows) * (1 - loss)
            return Banding(bands, rows, minimum_equal, expected)
    raise ConfigError(
        f"{num_perm} permutations cannot reach a recall of {recall} at threshold {threshold}: "
        "raise num_perm, or lower recall"
    )


def banding_of(settings: MatchSettings) -> Banding:
    """The banding for the threshold, permutations and recall of a scan.

    :raises ConfigError: if no banding reaches the recall
    """
    return choose_banding(settings.threshold, settings.num_perm, settings.recall)


def band_recall(jaccard: float, bands: int, rows: int) -> float:
    """The chance that two documents of this Jaccard share a bucket."""
    return float(1 - (1 - jaccard**rows) ** bands)


def choose_minimum_equal(threshold: float, num_perm: int) -> tuple[int, float]:
    """The number of equal signature values that a pair at the threshold nearly always has.

    Each value of two signatures is equal with a chance of the Jaccard, independently of the others
    (its low byte, which is what is compared, a little more often). So the number of equal values
    has a binomial distribution.

    :returns: the number, and the chance, below ``ESTIMATE_LOSS``, that a pair has fewer
    """
    if threshold >= 1:
        return num_perm, 0.0
    log_hit, log_miss = math.log(threshold), math.log1p(-threshold)
    below = 0.0
    for equal in range(num_perm):
        log_ways = (
            math.lgamma(num_perm + 1) - math.lgamma(equal + 1) - math.lgamma(num_perm - equal + 1)
        )
        chance = math.exp(log_ways + equal * log_hit + (num_perm - equal) * log_miss)
        if below + chance >= ESTIMATE_LOSS:
            return equal, below
        below += chance
    return num_perm, below


def make_band_keys(signatures: NDArray[np.uint32], banding: Banding) -> NDArray[np.uint64]:
    """One key a document and band, ``(n, bands)``; the bit of ``CAPPED_FLAG`` is left 0."""
    keys = np.zeros((len(signatures), banding.bands), np.uint64)
    used = banding.bands * banding.rows
    for row in range(banding.rows):
        keys ^= signatures[:, row : used : banding.rows]
        keys *= _FACTOR
        keys ^= keys >> np.uint64(29)
    keys &= ~CAPPED_FLAG
    return keys


def band_keys_of(sketches: Sketches, banding: Banding, work: WorkFolder) -> Store | RowView:
    """The band keys of sketches: kept, or made of whole signatures (``uint64``, rows of bands).

    :param work: holds the keys that are made, where memory is not to
    :raises ConfigError: if keys of another banding were kept in place of the signatures
    """
    kept, signatures = sketches.banding, sketches.documents.signatures
    if kept is None:
        keys = Store(work, np.uint64, banding.bands, signatures.limit)
        for begin in range(0, signatures.count, _ROWS_AT_ONCE):
            rows = np.arange(begin, min(begin + _ROWS_AT_ONCE, signatures.count))
            keys.append(make_band_keys(signatures.take(rows), banding))
        return keys
    if (kept.bands, kept.rows) != (banding.bands, banding.rows):
        raise ConfigError(
            f"these sketches keep {kept.bands} bands of {kept.rows} rows alone, but "
            f"{banding.bands} of {banding.rows} are asked for: sketch with whole signatures"
        )
    return signatures
