"""Hidden pairs: they met in capped buckets alone, and were not compared. A sample counts them.

A capped bucket compares its pivots with all, and says nothing of the pairs of two others. Some of
these are drawn, by the position of groups in their bucket: groups are ordered by a hash of their
tokens, so that it is as good as chance, and the same for every engine and order of reading. Those
that met nowhere else are verified like candidates. What they amount to is an unbiased estimate of
the duplicate pairs that were missed because of the limit, with its standard error.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.buckets import PIVOT_COUNT, Buckets
from dedupe.matching.matches import Matches
from dedupe.model.pairs import HiddenPairs, SampledPairs, VerifiedPairs
from dedupe.model.search_summary import NEAR_RANGE, CappedSearch
from dedupe.store.arrays import is_among

SAMPLED_PER_BAND: Final = 1 << 16
"""About the most pairs that are drawn in a band, which bounds memory and time."""

_FACTOR: Final = 0x9E3779B97F4A7C15


def sample_hidden(buckets: Buckets, keys: NDArray[np.uint64], group_count: int) -> SampledPairs:
    """A sample of the pairs that the capped buckets of one band do not compare.

    In a corpus of few groups each is drawn as often as it is compared with pivots, or twice.

    :param keys: a key for each group, as the buckets were made of
    :param group_count: all groups of the corpus
    """
    ends = buckets.begins[1:]
    samples = [SampledPairs.none()]
    for bucket in np.flatnonzero(ends - buckets.pivot_ends > 1).tolist():
        begin, end = int(buckets.pivot_ends[bucket]), int(ends[bucket])
        others, count = buckets.groups[begin:end], end - begin
        rate = min(PIVOT_COUNT * group_count, SAMPLED_PER_BAND) / group_count
        one, other = _draw_pairs(count, max(int(rate * count), 1), int(keys[others[0]]))
        weight = count * (count - 1) / 2 / len(one)
        is_asked = np.minimum(one, other) < buckets.other_reference_begins[bucket] - begin
        ends_of_pairs = others[one[is_asked]], others[other[is_asked]]
        left, right = np.minimum(*ends_of_pairs), np.maximum(*ends_of_pairs)
        samples.append(SampledPairs(left, right, np.full(len(left), weight)))
    return SampledPairs.concatenate(samples)


def _draw_pairs(count: int, wanted: int, key: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of ``count`` positions, each at most once: all, if no more are there than wanted.

    Each position is paired with those at a few distances behind it, in a circle. The distances
    depend on the key, so that groups that share two buckets make different pairs in each.

    :param wanted: at most ``PIVOT_COUNT * count``
    """
    if wanted >= count * (count - 1) // 2:
        return np.triu_indices(count, 1)
    distances, rounds = (count - 1) // 2, -(-wanted // count)
    start = (key * _FACTOR & 0xFFFFFFFFFFFFFFFF) >> 32
    number = np.arange(wanted)
    one = number % count
    distance = 1 + (start + number // count * (distances // rounds)) % distances
    return one, (one + distance) % count


def count_shared_bands(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.int64]:
    """In how many bands two groups met that were compared in none: in capped buckets, all of them.

    :param left: the keys of one group of each pair, ``(n, bands)``
    """
    counts: NDArray[np.int64] = ((left ^ right) <= 1).sum(axis=1, dtype=np.int64)
    return counts


def estimate_hidden(matches: Matches, threshold: float) -> CappedSearch | None:
    """How many duplicate pairs the capped buckets hide, and the share of all that was found.

    None if no bucket was capped.
    """
    hidden, found = matches.hidden, matches.pairs
    if hidden is None:
        return None
    is_near = hidden.pairs.jaccard < threshold + NEAR_RANGE
    near_count = int(np.count_nonzero(found.jaccard < threshold + NEAR_RANGE))
    missed, error = _estimate(hidden, np.ones(len(is_near), bool))
    share, share_error = _share(len(found.left), missed, error)
    near_share, near_error = _share(near_count, *_estimate(hidden, is_near))
    return CappedSearch(
        sampled_pair_count=hidden.sampled_count,
        hidden_pair_count=round(missed),
        hidden_pair_error=math.ceil(error),
        found_share=share,
        found_share_error=share_error,
        near_share=near_share,
        near_share_error=near_error,
    )


def leave_out_found(hidden: HiddenPairs, found: VerifiedPairs) -> HiddenPairs:
    """Without the pairs that something else than the bands found.

    :param found: pairs of the same groups, one at least; by left, then right
    """
    size = np.int64(max(found.right.max(), hidden.pairs.right.max(initial=0)) + 1)
    codes, asked = (each.left * size + each.right for each in (found, hidden.pairs))
    return hidden.select(~is_among(asked, codes))


def _estimate(hidden: HiddenPairs, chosen: NDArray[np.bool_]) -> tuple[float, float]:
    """The number of such pairs in all capped buckets, and its standard error.

    A pair may be drawn in each of the buckets that it is in, and counts as a part of one in each.
    One pair more is assumed where it would weigh most: so the error of few pairs, or of none, is
    not understated (with none, three errors are the usual bound at 95 %).
    """
    weights, parts = hidden.weights[chosen], 1 / hidden.shared_bands[chosen]
    greatest = hidden.greatest_weight
    # Sums that do not depend on the order, so that every engine gives the same.
    variance = math.fsum((weights * (weights - 1) * parts**2).tolist()) + greatest * (greatest - 1)
    return math.fsum((weights * parts).tolist()), math.sqrt(variance)


def _share(found: int, missed: float, error: float) -> tuple[float | None, float | None]:
    """The share of pairs that was found, and its standard error; none if there are no pairs."""
    if not found and not missed:
        return None, None
    every = found + missed
    return round(found / every, 6), round(min(found * error / every**2, 1.0), 6)
