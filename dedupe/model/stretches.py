"""A difference of two texts as columns: its stretches, and what arranges equal blocks as them."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

STRETCH_KINDS: Final = ("equal", "delete", "insert")
"""The kinds of stretches of a difference, by their numbers in columns."""

ORIGINS: Final = ("", "moved_down", "moved_up", "repeated")
"""Where the words of a change come from, by their numbers in columns."""


class Stretches(NamedTuple):
    """The stretches of a difference, in order.

    :param kinds: of each a number, the index in ``STRETCH_KINDS``
    :param spans: a row for each: its words in the left text and in the right one (first, end,
        first, end), the index of its origin in ``ORIGINS``, its period, its copies, and 1 if its
        words stand elsewhere too (see :class:`dedupe.diff.segments.Segment`)
    """

    kinds: bytes
    spans: NDArray[np.int64]


class ArrangeLimits(NamedTuple):
    """How equal blocks are cleaned, and what counts as moved or repeated text.

    See ``dedupe.diff.cleanup`` and ``dedupe.diff.moves``.
    """

    island_size: int
    slide_size: int
    snap_size: int
    gram_size: int
    repeated_size: int
    long_copy_size: int


class Arranged(NamedTuple):
    """Two texts as stretches.

    :param faint: a mark for each word of the right text: 1 if it looks different
    """

    stretches: Stretches
    faint: bytes
