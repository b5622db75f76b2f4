"""Bands and rows: how many the threshold and the recall ask for, and the keys of a signature."""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.errors import ConfigError

ESTIMATE_LOSS: Final = 1e-6
"""Accepted chance that the estimate from the whole signature loses a pair at the threshold."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)

_FLAG = np.uint64(1)


class Banding(msgspec.Struct, frozen=True):
    """How signatures are cut into bands.

    :param minimum_equal: signature values in which a pair must agree to be verified
    :param expected_recall: share of the pairs exactly at the threshold that is found
    """

    bands: int
    rows: int
    minimum_equal: int
    expected_recall: float


def choose_banding(threshold: float, num_perm: int, recall: float) -> Banding:
    """The most rows a band with which the bands still reach ``recall`` at the threshold.

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


def band_recall(jaccard: float, bands: int, rows: int) -> float:
    """The chance that two documents of this Jaccard share a bucket."""
    return float(1 - (1 - jaccard**rows) ** bands)


def choose_minimum_equal(threshold: float, num_perm: int) -> tuple[int, float]:
    """The agreeing values below which a pair at the threshold falls with < ``ESTIMATE_LOSS``.

    Signature values agree independently with a chance of the Jaccard at least (their low bytes,
    which are compared, a little more often). Returns also the chance itself.
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
    """One key a document and band, ``(n, bands)``; the lowest bit is left 0 as a flag."""
    keys = np.zeros((len(signatures), banding.bands), np.uint64)
    used = banding.bands * banding.rows
    for row in range(banding.rows):
        keys ^= signatures[:, row : used : banding.rows]
        keys *= _FACTOR
        keys ^= keys >> np.uint64(29)
    keys &= ~_FLAG
    return keys
