"""The stages from collapsed documents to clusters, composed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.clusters.assign import Clustering, cluster_documents
from dedupe.matching.banding import Banding
from dedupe.matching.candidates import COLUMN_BYTES, PAIRS_AT_ONCE, ROWS_PER_JOB, find_candidates
from dedupe.matching.collapse import Collapsed
from dedupe.matching.verification import (
    HASHES_PER_JOB,
    Verifier,
    count_distinct,
    sort_pairs,
    verify_pairs,
)
from dedupe.model.kernels import Kernels, RunAll
from dedupe.model.pairs import CandidatePairs, VerifiedPairs
from dedupe.model.progress import Progress
from dedupe.model.settings import Config
from dedupe.model.sketches import BITMAP_WORDS, SetFilters
from dedupe.store.documents import Documents
from dedupe.store.work_folder import WorkFolder

MOST_COLUMN_BYTES: Final = 512 << 20
"""What the keys of the bands in work may take, however many documents and workers there are."""

PAIR_BYTES: Final = 64

HASH_BYTES: Final = 16
"""What a candidate pair takes until it is verified, and a shingle hash of a job, about."""


class DistinctRows(msgspec.Struct, frozen=True):
    """The band keys and filters of the leads, read from the stores of all documents."""

    documents: Documents
    leads: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.leads)

    def columns(self, first: int, last: int) -> NDArray[np.uint64]:
        return np.stack(
            [column.take(self.leads) for column in self.documents.band_keys.columns(first, last)]
        )

    def take(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], SetFilters]:
        rows = self.leads[documents]
        return self.documents.band_keys.take(rows), self.documents.filters.take(rows)


class _DistinctShingles(msgspec.Struct, frozen=True):
    """The shingle hashes of the leads."""

    documents: Documents
    leads: NDArray[np.int64]

    def counts(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.documents.shingles.counts(self.leads[documents])

    def gather(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        return self.documents.shingles.gather(self.leads[documents])


class _Totals(msgspec.Struct, frozen=True):
    """What is left of candidate pairs once they are verified: see :class:`CandidatePairs`."""

    met_count: int
    capped_bucket_count: int


class Search(msgspec.Struct, frozen=True, dict=True):
    """The stages from collapsed documents to clusters."""

    collapsed: Collapsed
    config: Config
    banding: Banding
    kernels: Kernels
    progress: Progress
    run_all: RunAll

    @cached_property
    def verifier(self) -> Verifier:
        shingles = _DistinctShingles(self.collapsed.documents, self.collapsed.leads)
        steps = self.progress.follow(self.run_all)
        return Verifier(shingles, len(self.collapsed), self.kernels, steps, self.run_all)

    def find_clusters(self, work: WorkFolder) -> tuple[Clustering, _Totals]:
        """The duplicate pairs among the groups, and the clusters that these make."""
        pairs, totals = self.find_pairs(work)
        return self.cluster(pairs), totals

    def find_pairs(self, work: WorkFolder) -> tuple[VerifiedPairs, _Totals]:
        """All duplicate pairs among the groups, by left, then right.

        Candidates are verified when there are enough, and so never are in memory all together;
        those that are left over, in most corpora all of them, are the stage ``verifying``.
        """
        documents = self.collapsed.documents
        found: list[VerifiedPairs] = []
        met_count = capped_count = 0
        hashes = work.share(8 * self.config.worker_count, HASH_BYTES * HASHES_PER_JOB) // HASH_BYTES
        followed = msgspec.structs.replace(self.verifier, hashes_per_job=hashes)
        verifier = msgspec.structs.replace(followed, run_all=self.run_all)
        candidates = self._find_candidates(work)
        part: CandidatePairs | None = next(candidates)
        while part is not None:
            following = next(candidates, None)
            if following is None:
                documents.band_keys.close()
                documents.filters.close()
                self.progress.enter("verifying")
                verifier = followed
            found.append(verify_pairs(verifier, part.left, part.right, self.config.threshold))
            met_count += part.met_count
            capped_count += part.capped_bucket_count
            part = following
        return sort_pairs(found), _Totals(met_count, capped_count)

    def _find_candidates(self, work: WorkFolder) -> Iterator[CandidatePairs]:
        config, banding, documents = self.config, self.banding, self.collapsed.documents
        row_bytes = 8 * banding.bands + config.num_perm + 8 * BITMAP_WORDS
        # With many documents too, each worker has a band to sort.
        columns = max(COLUMN_BYTES, 16 * config.worker_count * len(self.collapsed))
        columns = min(columns, MOST_COLUMN_BYTES)
        return find_candidates(
            DistinctRows(documents, self.collapsed.leads),
            banding,
            config.threshold,
            config.max_bucket,
            self.kernels,
            self.run_all,
            lambda bands: self.progress.reach(bands / banding.bands),
            column_bytes=work.share(8, columns),
            pairs_at_once=work.share(8, PAIR_BYTES * PAIRS_AT_ONCE) // PAIR_BYTES,
            job_rows=work.share(8 * config.worker_count * row_bytes, ROWS_PER_JOB),
            is_reference=self.collapsed.is_archived if documents.reference_count else None,
        )

    def cluster(self, pairs: VerifiedPairs) -> Clustering:
        """The clusters of the groups."""
        verifier = self.verifier
        return cluster_documents(
            self.collapsed,
            pairs,
            self.config.settings,
            count_distinct(verifier, self.collapsed.repeated),
            lambda left, right: sort_pairs([verify_pairs(verifier, left, right, 0.0)]),
        )
