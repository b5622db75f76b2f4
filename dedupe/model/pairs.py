"""Pairs of groups: candidate pairs, the jobs that verify them, verified pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray


class SampledPairs(msgspec.Struct, frozen=True):
    """Some of the pairs that capped buckets do not compare; a pair may be drawn in several bands.

    :param left: ``int64``, numbers of groups; ``left < right`` holds for every pair
    :param right: ``int64``, numbers of groups
    :param weights: ``float64``: the pairs of its bucket that each stands for
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    weights: NDArray[np.float64]

    @classmethod
    def none(cls) -> SampledPairs:
        """No pairs."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | slice) -> SampledPairs:
        """Some of the pairs."""
        return SampledPairs(self.left[chosen], self.right[chosen], self.weights[chosen])

    @classmethod
    def concatenate(cls, parts: Iterable[SampledPairs]) -> SampledPairs:
        """The pairs of all parts, in order; there must be one part at least."""
        columns = zip(*((each.left, each.right, each.weights) for each in parts), strict=True)
        return cls(*map(np.concatenate, columns))


class UncomparedPairs(msgspec.Struct, frozen=True):
    """Sampled pairs that met in capped buckets alone, and may reach the threshold.

    :param shared_bands: ``int64``: in how many bands the two groups of each met
    :param sampled_count: pairs that were drawn, with those that met elsewhere or were ruled out
    :param greatest_weight: of all pairs that were drawn
    """

    sample: SampledPairs
    shared_bands: NDArray[np.int64]
    sampled_count: int
    greatest_weight: float


class CandidatePairs(msgspec.Struct, frozen=True):
    """Unverified pairs of groups that share a bucket, each once.

    :param left: ``int32``, numbers of groups; ``left < right`` holds for every pair
    :param right: ``int32``, numbers of groups
    :param met_count: pairs that shared a bucket, with those that estimate, sizes and bitmaps ruled
        out
    :param capped_bucket_count: buckets of more than ``max_bucket`` groups, which were compared with
        the pivots alone
    :param uncompared: of all bands, with the last part; none if no bucket was capped
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    met_count: int
    capped_bucket_count: int
    uncompared: UncomparedPairs | None = None

    @classmethod
    def concatenate(cls, parts: Iterable[CandidatePairs]) -> CandidatePairs:
        """The pairs of all parts, in order; there must be one part at least."""
        listed = list(parts)
        return cls(
            np.concatenate([part.left for part in listed]),
            np.concatenate([part.right for part in listed]),
            sum(part.met_count for part in listed),
            sum(part.capped_bucket_count for part in listed),
            listed[-1].uncompared,
        )


class JobPlan(msgspec.Struct, frozen=True):
    """Pairs cut into jobs; job *i* has the pairs ``cuts[i]:cuts[i + 1]``.

    Its groups are ``groups[group_cuts[i]:group_cuts[i + 1]]``.

    :param cuts: ``int64``: where each job begins among the pairs, and where the last ends
    :param group_cuts: ``int64``: where each job begins in ``groups``, and where the last ends
    :param groups: ``int32``: the groups of each job, each once
    :param first_positions: ``int32``: the position of each pair's first group among the groups of
        its job
    :param second_positions: ``int32``: the position of each pair's second group among them
    """

    cuts: NDArray[np.int64]
    group_cuts: NDArray[np.int64]
    groups: NDArray[np.int32]
    first_positions: NDArray[np.int32]
    second_positions: NDArray[np.int32]


class VerifiedPairs(msgspec.Struct, frozen=True):
    """Pairs of groups with the exact sizes of their shingle sets and of the intersection.

    All columns are ``int64``, one value a pair.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    shared_count: NDArray[np.int64]
    left_count: NDArray[np.int64]
    right_count: NDArray[np.int64]

    @property
    def jaccard(self) -> NDArray[np.float64]:
        """The exact Jaccard: one correctly rounded division a pair."""
        return self.shared_count / (self.left_count + self.right_count - self.shared_count)

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> VerifiedPairs:
        """Some of the pairs.

        :param chosen: whether to take each pair, or the positions of the pairs to take
        """
        return VerifiedPairs(*(column[chosen] for column in self._columns()))

    @classmethod
    def concatenate(cls, parts: Sequence[VerifiedPairs]) -> VerifiedPairs:
        """The pairs of all parts, in order; there must be one part at least."""
        columns = zip(*(part._columns() for part in parts), strict=True)
        return cls(*map(np.concatenate, columns))

    def _columns(self) -> tuple[NDArray[np.int64], ...]:
        return self.left, self.right, self.shared_count, self.left_count, self.right_count


class HiddenPairs(msgspec.Struct, frozen=True):
    """Sampled duplicate pairs that met in capped buckets alone, so that they were not found.

    :param pairs: a pair that was drawn in several bands is there several times
    :param weights: ``float64``: the pairs of its bucket that each stands for
    :param shared_bands: ``int64``: in how many bands the two groups of each met
    :param sampled_count: all pairs that were drawn
    :param greatest_weight: of all pairs that were drawn
    """

    pairs: VerifiedPairs
    weights: NDArray[np.float64]
    shared_bands: NDArray[np.int64]
    sampled_count: int
    greatest_weight: float

    def select(self, chosen: NDArray[np.bool_]) -> HiddenPairs:
        """Some of the duplicate pairs, of the same sample."""
        return msgspec.structs.replace(
            self,
            pairs=self.pairs.select(chosen),
            weights=self.weights[chosen],
            shared_bands=self.shared_bands[chosen],
        )

    @classmethod
    def of_verified(
        cls, uncompared: UncomparedPairs, verified: VerifiedPairs, group_count: int
    ) -> HiddenPairs:
        """Those of a sample that turned out to be duplicates.

        :param verified: by left, then right
        """
        sample = uncompared.sample
        codes = verified.left * group_count + verified.right
        asked = sample.left * group_count + sample.right
        at = np.searchsorted(codes, asked)
        is_duplicate = np.append(codes, -1)[at] == asked
        return cls(
            verified.select(at[is_duplicate]),
            sample.weights[is_duplicate],
            uncompared.shared_bands[is_duplicate],
            uncompared.sampled_count,
            uncompared.greatest_weight,
        )
