"""The interface of the kernels, which are compiled or plain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import TextBatch
from dedupe.model.pairs import JobPlan
from dedupe.model.sketches import HashSketches, SetFilters, SketchBatch

RunAll = Callable[..., Iterable[Any]]
"""Maps a function over jobs, like an executor's ``map``: results come in the order of the jobs."""


class Kernels(Protocol):
    """One implementation of the loops over bytes, hashes and pairs."""

    name: str

    def sketch(
        self,
        batch: TextBatch,
        shingle_size: int,
        num_perm: int,
        seed: int,
        ignore_numbers: bool = False,
    ) -> SketchBatch:
        """Tokens, shingle hashes and signatures of a batch.

        :param ignore_numbers: whether tokens of digits alone are masked in shingles
        """

    def sign_hashes(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64], num_perm: int, seed: int
    ) -> HashSketches:
        """Signatures and filters of segments of shingle hashes, as a sketch has them."""

    def sort_unique(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The segments, each sorted and without repetitions, end to end; and their offsets."""

    def count_shared(
        self,
        hashes: NDArray[np.uint64],
        offsets: NDArray[np.int64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        threshold: float,
    ) -> NDArray[np.int64]:
        """The size of the intersection of each pair of sorted segments; -1 below the threshold.

        It is quicker where pairs with the same left segment follow one another.

        :param threshold: a Jaccard, from 0 to 1
        """

    def plan_jobs(
        self,
        first: NDArray[np.int32],
        second: NDArray[np.int32],
        counts: NDArray[np.int64],
        max_pairs: int,
        max_hashes: int,
    ) -> JobPlan:
        """Cut pairs, in their order, into jobs of bounded size.

        :param first: one group of each pair
        :param second: the other group of each pair
        :param counts: the number of shingle hashes of each group
        :param max_pairs: pairs in a job
        :param max_hashes: shingle hashes that a job reads; a job of one pair may read more
        """

    def winnow(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64], window: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the least hash of each window of a segment stands, each place once, in order.

        Hashes are compared by their upper 48 bits; of equal ones in a window the last is taken. So
        windows of equal hashes have it at the same place. A segment of fewer hashes than a window
        has none.

        :param window: hashes in a window, at least 1
        :returns: positions in ``hashes``, and which are those of each segment (``(n + 1,)``)
        """

    def grow_runs(
        self,
        hashes: NDArray[np.uint64],
        offsets: NDArray[np.int64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        places: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
        least: int,
    ) -> NDArray[np.int64]:
        """The maximal runs of equal hashes of two segments at places where both have one hash.

        It is quicker where the places of a pair ascend.

        :param left: a segment of each pair
        :param right: the other
        :param places: number of the pair, position in the left segment, and in the right one
        :param least: hashes of the shortest run
        :returns: rows of pair, first hash in the left segment, first hash in the right one, and
            hashes; a run may occur several times
        """

    def copy_runs(
        self,
        values: NDArray[np.uint8],
        begins: NDArray[np.int64],
        lengths: NDArray[np.int64],
        target: NDArray[np.uint8],
    ) -> None:
        """Fill ``target`` with the runs ``values[begins[i]:begins[i] + lengths[i]]``."""

    def read_runs(
        self,
        file: int,
        begins: NDArray[np.int64],
        lengths: NDArray[np.int64],
        target: NDArray[np.uint8],
    ) -> None:
        """Fill ``target`` with the runs of a file that begin at ``begins[i]``.

        :raises OSError: if the file cannot be read
        :raises EOFError: if it ends before a run does
        """

    def bucket_pairs(
        self,
        keys: NDArray[np.uint64],
        band: int,
        begins: NDArray[np.int64],
        first_ends: NDArray[np.int64],
        seconds: NDArray[np.int64],
        ends: NDArray[np.int64],
        filters: SetFilters,
        minimum_equal: int,
        threshold: float,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """The candidate pairs of the buckets ``begins[i]:ends[i]`` that met in no earlier band.

        One position of each pair is before ``first_ends[i]``, the other is ``seconds[i]`` or later.
        Two groups met in a band if their keys there are equal but for the lowest bit, and that bit
        is not set in both (see ``matching.banding.CAPPED_FLAG``).

        :param keys: one key a group and band, ``(n, bands)``
        :param band: the band of the buckets; those before it are the earlier ones
        :param minimum_equal: pairs with fewer equal low bytes are left out
        :param threshold: pairs whose sizes and bitmaps rule out this Jaccard are left out
        :returns: left and right (positions, ``left < right``), and how many pairs met before the
            filters
        """

    def label_components(
        self, count: int, left: NDArray[np.int32], right: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        """The connected component of each of ``count`` groups, named by its smallest group."""
