"""From sketches to duplicate pairs: collapse, candidates, verification."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.banding import band_keys_of, banding_of
from dedupe.matching.candidates import COLUMN_BYTES, GROUPS_PER_JOB, PAIRS_AT_ONCE, find_candidates
from dedupe.matching.collapse import Collapsed, collapse_documents
from dedupe.matching.cuts import count_standing, find_cut_pairs, sample_groups
from dedupe.matching.matches import Matches
from dedupe.matching.verification import (
    HASHES_PER_JOB,
    Verifier,
    count_distinct,
    sort_pairs,
    verify_pairs,
)
from dedupe.model.errors import ConfigError
from dedupe.model.kernels import RunAll
from dedupe.model.pairs import CandidatePairs, HiddenPairs, UncomparedPairs, VerifiedPairs
from dedupe.model.settings import MatchSettings
from dedupe.model.sketches import BITMAP_WORDS, Banding, SetFilters
from dedupe.sketch.fingerprint import sketch_fingerprint
from dedupe.store.arrays import sort_distinct
from dedupe.store.columns import RowView, Store
from dedupe.store.documents import Documents
from dedupe.store.resources import Resources
from dedupe.store.sketches import Sketches

MOST_COLUMN_BYTES: Final = 512 << 20
"""The most that the keys of the bands in work take, for any number of documents and workers."""

PAIR_BYTES: Final = 64
"""About what a candidate pair takes until it is verified."""

HASH_BYTES: Final = 16
"""About what a shingle hash takes in a job of verification."""


def match_sketches(
    sketches: Sketches,
    settings: MatchSettings,
    resources: Resources,
    *,
    keeps_sketches: bool = True,
    known: VerifiedPairs | None = None,
) -> Matches:
    """Find every duplicate pair, and verify it exactly.

    :param keeps_sketches: whether the sketches will be matched again; if not, their parts give
        their memory back as soon as they are no longer needed
    :param known: pairs of the same sketches that were verified at a threshold at most as high, by
        left, then right; they are not counted again
    :raises ConfigError: if the sketches were made with other settings, or keep other bands
    """
    asked = sketch_fingerprint(settings)
    if asked != sketches.fingerprint:
        raise ConfigError(f"these sketches are {sketches.fingerprint}, not {asked}")
    banding = banding_of(settings)
    keys = band_keys_of(sketches, banding, resources.work)
    documents = sketches.documents
    collapsed = collapse_documents(documents)
    sampled = sample_groups(collapsed)
    if not keeps_sketches:
        documents.forget_token_hashes()
    search = _PairSearch(collapsed, keys, banding, settings, resources)
    run_all, progress = resources.run_all, resources.progress
    quiet, followed = search.verifier(run_all), search.verifier(progress.follow(run_all))
    found: list[VerifiedPairs] = []
    met_count = capped_count = 0
    hidden: HiddenPairs | None = None
    candidates = search.find_candidates()
    part: CandidatePairs | None = next(candidates)
    while part is not None:
        following = next(candidates, None)
        if following is None:
            # Most corpora have one part only. So verifying the last part is shown as a stage.
            if not keeps_sketches:
                documents.forget_signatures(keeps_sets=settings.looks_inside)
            if keys is not documents.signatures:
                keys.close()
            progress.enter("verifying")
        verifier = followed if following is None else quiet
        found += _verify_unknown(verifier, part, known, settings.threshold)
        met_count += part.met_count
        capped_count += part.capped_bucket_count
        if part.uncompared is not None:
            hidden = _verify_uncompared(quiet, part.uncompared, settings.threshold)
        part = following
    return Matches(
        collapsed=collapsed,
        pairs=sort_pairs(found),
        banding=banding,
        candidate_pair_count=met_count,
        capped_bucket_count=capped_count,
        hidden=hidden,
        count_pairs=lambda left, right: sort_pairs([verify_pairs(followed, left, right, 0.0)]),
        count_distinct=lambda groups: count_distinct(followed, groups),
        find_cut=lambda pairs: find_cut_pairs(
            quiet, pairs, partial(count_standing, followed.shingles, sampled)
        ),
        shingles=followed.shingles,
    )


def _verify_unknown(
    verifier: Verifier, part: CandidatePairs, known: VerifiedPairs | None, threshold: float
) -> Iterator[VerifiedPairs]:
    """The pairs of a part that reach the threshold: those that are known, and the others."""
    left, right = part.left, part.right
    if known is not None and len(known.left):
        count = np.int64(verifier.group_count)
        codes = left.astype(np.int64) * count + right
        known_codes = known.left * count + known.right
        at = np.minimum(known_codes.searchsorted(codes), len(known_codes) - 1)
        is_known = known_codes[at] == codes
        pairs = known.select(at[is_known])
        yield pairs.select(pairs.jaccard >= threshold)
        left, right = left[~is_known], right[~is_known]
    yield verify_pairs(verifier, left, right, threshold)


def _verify_uncompared(
    verifier: Verifier, uncompared: UncomparedPairs, threshold: float
) -> HiddenPairs:
    """Those of the sampled pairs that are duplicates."""
    codes = uncompared.sample.left * verifier.group_count + uncompared.sample.right
    left, right = np.divmod(sort_distinct(codes), verifier.group_count)
    verified = verify_pairs(verifier, left.astype(np.int32), right.astype(np.int32), threshold)
    return HiddenPairs.of_verified(uncompared, sort_pairs([verified]), verifier.group_count)


def verifier_of(collapsed: Collapsed, resources: Resources, run_all: RunAll) -> Verifier:
    """A verifier of the groups of a corpus, in the memory that the work folder allows.

    :param run_all: runs its jobs
    """
    share = resources.work.share(8 * resources.worker_count, HASH_BYTES * HASHES_PER_JOB)
    shingles = LeadShingles(collapsed.documents, collapsed.leads)
    return Verifier(
        shingles, len(collapsed), resources.kernels, run_all, resources.run_all,
        hashes_per_job=max(share // HASH_BYTES, 1),
    )  # fmt: skip


class _PairSearch(msgspec.Struct, frozen=True):
    """The two steps of :func:`match_sketches`, with the arguments that they share."""

    collapsed: Collapsed
    keys: Store | RowView
    banding: Banding
    settings: MatchSettings
    resources: Resources

    def verifier(self, run_all: RunAll) -> Verifier:
        """A verifier that runs its jobs with ``run_all``."""
        return verifier_of(self.collapsed, self.resources, run_all)

    def find_candidates(self) -> Iterator[CandidatePairs]:
        """The candidate pairs, with the memory that the work folder allows."""
        banding, resources, collapsed = self.banding, self.resources, self.collapsed
        work, workers = resources.work, resources.worker_count
        group_bytes = 8 * banding.bands + self.settings.num_perm + 8 * BITMAP_WORDS
        # The keys of one band for each worker, so that all of them sort, with many groups too.
        column_bytes = min(max(COLUMN_BYTES, 16 * workers * len(collapsed)), MOST_COLUMN_BYTES)
        return find_candidates(
            LeadKeys(collapsed.documents, collapsed.leads, self.keys),
            banding,
            self.settings,
            resources.kernels,
            resources.run_all,
            lambda bands: resources.progress.reach(bands / banding.bands),
            column_bytes=work.share(8, column_bytes),
            pairs_at_once=work.share(8, PAIR_BYTES * PAIRS_AT_ONCE) // PAIR_BYTES,
            groups_per_job=work.share(8 * workers * group_bytes, GROUPS_PER_JOB),
            is_reference=self._reference_groups(),
        )

    def _reference_groups(self) -> NDArray[np.bool_] | None:
        """Whether each group has references alone; ``None`` where there are no references."""
        collapsed = self.collapsed
        return collapsed.is_reference_only if collapsed.documents.reference_count else None


class LeadKeys(msgspec.Struct, frozen=True):
    """``GroupKeys`` of the leads, read from the stores of all documents."""

    documents: Documents
    leads: NDArray[np.int64]
    band_keys: Store | RowView

    def __len__(self) -> int:
        return len(self.leads)

    def columns(self, first: int, last: int) -> NDArray[np.uint64]:
        return np.stack([column.take(self.leads) for column in self.band_keys.columns(first, last)])

    def take(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.uint64], SetFilters]:
        rows = self.leads[groups]
        return self.band_keys.take(rows), self.documents.filters.take(rows)


class LeadShingles(msgspec.Struct, frozen=True):
    """``ShingleSets`` of the leads, read from the store of all documents."""

    documents: Documents
    leads: NDArray[np.int64]

    def counts(self, groups: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.documents.shingles.counts(self.leads[groups])

    def gather(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        return self.documents.shingles.gather(self.leads[groups])
