"""The keep rule ``content`` for tables alone: scores are sums over pairs, made on the executors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.engines.spark.corpora import SketchedCorpus
from dedupe.engines.spark.frames import run_stage
from dedupe.engines.spark.search import Search, large_arrow_batches
from dedupe.engines.spark.shingles import HASHES_PER_JOB, SparkShingles, count_standing
from dedupe.engines.spark.staging import StagedFrames
from dedupe.engines.spark.verifying import EDGES, find_leads_of
from dedupe.matching.content import score_pairs
from dedupe.matching.cuts import MIN_REST, find_cut_pairs, sample_mask
from dedupe.matching.verification import Verifier
from dedupe.model.pairs import VerifiedPairs

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

NESTED_AT_ONCE: Final = 1 << 17
"""The pairs of which the driver tells at once whether one is a cut copy: it fetches the shingles of
both, so many at a time as for the forms of a report."""

SCORE_ROWS: Final = "group long, pair_count long, score long"


class CutFinder(msgspec.Struct, frozen=True):
    """Finds the cut copies among verified pairs, as :mod:`dedupe.matching.cuts` does.

    :param group_count: all groups of the corpus
    """

    search: Search
    sketched: SketchedCorpus
    group_count: int

    def find(self, edges: DataFrame) -> Iterator[pa.Table]:
        """The pairs of a document and its cut copy, ``left`` and ``right``, in parts.

        :param edges: rows of ``EDGES``, so few as the driver can hold
        """
        import pyarrow as pa

        self.search.describe("find cut copies")
        with large_arrow_batches(self.search.session):
            found = edges.where(_NESTED).toArrow()
        for begin in range(0, found.num_rows, NESTED_AT_ONCE):
            part = found.slice(begin, NESTED_AT_ONCE)
            columns = [part[name].to_numpy() for name in EDGES]
            left, right = self._find_cut(*columns)
            if len(left):
                yield pa.table([pa.array(left), pa.array(right)], ["left", "right"])

    def _find_cut(
        self, left: NDArray[np.int64], right: NDArray[np.int64], *counts: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        groups = np.unique(np.concatenate([left, right]))
        order = np.lexsort((right, left))
        ends = (np.searchsorted(groups, end[order]) for end in (left, right))
        pairs = VerifiedPairs(*ends, *(count[order] for count in counts))
        sketches, numbers = self.sketched.sketches, self.search.numbers
        leads = find_leads_of(self.sketched.records, numbers, groups.view(np.uint64))
        verifier = Verifier(
            SparkShingles(sketches, numbers, leads),
            len(groups),
            self.search.kernels,
            hashes_per_job=HASHES_PER_JOB,
        )
        standing = partial(count_standing, sketches, numbers, sample_mask(self.group_count))
        is_cut = find_cut_pairs(verifier, pairs, standing)
        return left[order][is_cut], right[order][is_cut]


_NESTED: Final = (
    "shared_count >= least(left_count, right_count) - 1 "
    f"and abs(left_count - right_count) >= {MIN_REST}"
)
"""What holds for each pair of a document and its cut copy, and for few others."""


def sum_scores(
    search: Search, edges: DataFrame, cuts: DataFrame, staged: StagedFrames
) -> DataFrame:
    """Groups in pairs, how many these are, and what they add to the score: ``SCORE_ROWS``.

    :param edges: rows of ``EDGES``
    :param cuts: ``left`` and ``right`` of the pairs of which one document is a cut copy
    """
    from pyspark.sql.functions import col

    marked = cuts.selectExpr("left as cut_left", "right as cut_right", "true as is_cut")
    is_same = (col("left") == col("cut_left")) & (col("right") == col("cut_right"))
    columns = edges.join(marked, is_same, "left").select(*EDGES, "is_cut")
    with large_arrow_batches(search.session):
        scored = run_stage(columns, list_scores, SCORE_ROWS)
        summed = scored.groupBy("group").sum("pair_count", "score")
        return staged.keep("scores", summed.toDF("group", "pair_count", "score"))


def list_scores(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What each pair adds to the scores of its groups, as ``SCORE_ROWS``."""
    import pyarrow as pa

    for batch in batches:
        left, right, shared, *counts = (batch.column(name).to_numpy() for name in EDGES)
        is_cut = batch.column("is_cut").is_valid().to_numpy(zero_copy_only=False)
        added = score_pairs(shared, counts[0], counts[1], is_cut)
        for groups, scores in zip((left, right), added, strict=True):
            columns = [groups, np.ones(len(groups), np.int64), scores]
            yield pa.RecordBatch.from_arrays(
                [pa.array(column) for column in columns], ["group", "pair_count", "score"]
            )
