"""What was found in a corpus: the duplicate pairs, and what clusters are made of."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.collapse import Collapsed
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.sketches import Banding

CountPairs = Callable[[NDArray[np.int32], NDArray[np.int32]], VerifiedPairs]
"""Left and right (groups), to the same pairs with their exact counts, by left, then right."""

CountDistinct = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""Groups, to the distinct shingles of each."""


class Matches(msgspec.Struct, frozen=True):
    """Duplicate pairs among groups of documents of equal token sequence.

    :param pairs: by left, then right; one document at least of each is no reference
    :param banding: with which they were found
    :param candidate_pair_count: pairs that shared a bucket
    :param capped_bucket_count: buckets of more than ``max_bucket``, of which only a few groups
        (the pivots) were compared with all
    :param count_pairs: asked for pairs that no bucket brought together
    :param count_distinct: asked for groups that may be in no pair
    """

    collapsed: Collapsed
    pairs: VerifiedPairs
    banding: Banding
    candidate_pair_count: int
    capped_bucket_count: int
    count_pairs: CountPairs
    count_distinct: CountDistinct
