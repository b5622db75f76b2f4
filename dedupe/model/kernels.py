"""What the stages ask of the kernels, compiled or plain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import TextBatch
from dedupe.model.pairs import JobPlan
from dedupe.model.sketches import SetFilters, SketchBatch

# --- what stages ask of one another -------------------------------------------------------

RunAll = Callable[..., Iterable[Any]]
"""Maps a function over jobs and gives the results in their order, such as an executor's ``map``."""


class Kernels(Protocol):
    """One implementation of the loops over bytes, hashes and pairs."""

    name: str

    def sketch(self, batch: TextBatch, shingle_size: int, num_perm: int, seed: int) -> SketchBatch:
        """Tokens, shingle hashes and signatures of a batch."""

    def sort_unique(
        self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Each segment sorted and without repetitions, and the new offsets."""

    def count_shared(
        self,
        hashes: NDArray[np.uint64],
        offsets: NDArray[np.int64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        threshold: float,
    ) -> NDArray[np.int64]:
        """For each pair of sorted segments its exact intersection; -1 below the threshold.

        Quicker where pairs with the same left segment follow one another.
        """

    def plan_jobs(
        self,
        first: NDArray[np.int32],
        second: NDArray[np.int32],
        counts: NDArray[np.int64],
        max_pairs: int,
        max_hashes: int,
    ) -> JobPlan:
        """Cut pairs, in their order, into jobs that read no more than so many shingle hashes.

        A job of one pair may exceed that.

        :param first: one end of each pair, and ``second`` the other
        :param counts: shingle hashes of each document
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
        """The same of the bytes of a file.

        :raises OSError: if it cannot be read
        :raises EOFError: if it ends before
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
        """Pairs in the buckets ``begins[i]:ends[i]`` that did not meet in an earlier band.

        One of each pair stands before ``first_ends[i]``, the other not before ``seconds[i]``. Two
        documents met in a band if their keys agree there but for the lowest bit, and not both
        have that bit.

        :param keys: one key a document and band, ``(n, bands)``
        :param minimum_equal: pairs that agree in fewer low bytes are left out
        :param threshold: so are those whose sizes and bitmaps tell that their Jaccard is below
        :returns: left and right with ``left < right``, and how many pairs met before the filters
        """

    def label_components(
        self, count: int, left: NDArray[np.int32], right: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        """The connected component of each of ``count`` documents: its smallest document."""
