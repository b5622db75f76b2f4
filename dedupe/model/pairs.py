"""Pairs of groups: candidate pairs, the jobs that verify them, verified pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray


class CandidatePairs(msgspec.Struct, frozen=True):
    """Unverified pairs of groups that share a bucket, each once.

    :param left: ``int32``, numbers of groups; ``left < right`` holds for every pair
    :param right: ``int32``, numbers of groups
    :param met_count: pairs that shared a bucket, with those that estimate, sizes and bitmaps ruled
        out
    :param capped_bucket_count: buckets of more than ``max_bucket`` groups, which were compared with
        the pivots alone
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    met_count: int
    capped_bucket_count: int

    @classmethod
    def concatenate(cls, parts: Iterable[CandidatePairs]) -> CandidatePairs:
        """The pairs of all parts, in order; there must be one part at least."""
        listed = list(parts)
        return cls(
            np.concatenate([part.left for part in listed]),
            np.concatenate([part.right for part in listed]),
            sum(part.met_count for part in listed),
            sum(part.capped_bucket_count for part in listed),
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
