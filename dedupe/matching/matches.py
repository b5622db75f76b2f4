"""The result of matching: the duplicate pairs of a corpus, and all else that clusters need."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.collapse import Collapsed
from dedupe.matching.verification import ShingleSets
from dedupe.model.pairs import HiddenPairs, VerifiedPairs
from dedupe.model.sketches import Banding

CountPairs = Callable[[NDArray[np.int32], NDArray[np.int32]], VerifiedPairs]
"""Counts the shared shingles of pairs of groups (left, right); gives them by left, then right."""

FindCut = Callable[[VerifiedPairs], NDArray[np.bool_]]
"""Tells which pairs are of a document and its cut copy (see :mod:`dedupe.matching.cuts`)."""

CountDistinct = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""Counts the distinct shingles of groups."""


class Matches(msgspec.Struct, frozen=True):
    """The duplicate pairs among the groups of a corpus.

    :param pairs: by left, then right; none is of two groups of references alone
    :param banding: the banding that they were found with
    :param candidate_pair_count: pairs that shared a bucket
    :param capped_bucket_count: buckets of more than ``max_bucket`` groups, of which only a few (the
        pivots) were compared with all
    :param hidden: a sample of the duplicate pairs that capped buckets hide; none if none was capped
    :param count_pairs: for pairs that no bucket brought together
    :param count_distinct: for groups that may be in no pair
    :param find_cut: for the pairs
    :param shingles: those of all groups; none where they are not at hand any more
    """

    collapsed: Collapsed
    pairs: VerifiedPairs
    banding: Banding
    candidate_pair_count: int
    capped_bucket_count: int
    count_pairs: CountPairs
    count_distinct: CountDistinct
    find_cut: FindCut
    shingles: ShingleSets | None = None
    hidden: HiddenPairs | None = None
