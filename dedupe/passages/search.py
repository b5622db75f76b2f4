"""From shingles to what documents share without being duplicates: containment and passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.candidates import PAIRS_AT_ONCE
from dedupe.matching.collapse import Collapsed
from dedupe.matching.search import PAIR_BYTES, LeadShingles, verifier_of
from dedupe.matching.verification import PairJob, Verifier, run_pair_jobs, sort_pairs, verify_pairs
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.search_summary import SharedSearch
from dedupe.model.settings import MatchSettings
from dedupe.passages.candidates import TextPairs, pair_texts
from dedupe.passages.index import FingerprintIndex, index_fingerprints
from dedupe.passages.runs import Runs, find_runs, separate_runs
from dedupe.store.arrays import is_among
from dedupe.store.resources import Resources

SHARED_FINGERPRINTS: Final = 0.55
"""The share of a document's fingerprints that another has at least, in the mean, that contains it.

Of real pairs at a containment of 0.80 to 0.82 it is 0.74 to 0.78; see docs/architecture.md.
"""

DEVIATIONS: Final = 3
"""How many standard deviations below that mean a pair may be and is counted all the same."""


class SharedTexts(msgspec.Struct, frozen=True):
    """Pairs of groups that share text and are no duplicates.

    :param contained: the left group stands in the right one (``left`` may be above ``right``)
    :param contained_runs: the passages of these; ``pair`` is a position among them
    :param passages: pairs that share a passage only, with ``left < right``
    :param passage_runs: the passages of these
    :param figures: of the search; its counts of pairs are of groups
    """

    contained: VerifiedPairs
    contained_runs: Runs
    passages: VerifiedPairs
    passage_runs: Runs
    figures: SharedSearch


def find_shared_texts(
    collapsed: Collapsed, near: VerifiedPairs, settings: MatchSettings, resources: Resources
) -> tuple[SharedTexts, VerifiedPairs]:
    """Find documents that stand in others and, if that is asked for, shared passages.

    :param near: the duplicate pairs, by left, then right; they are left out
    :returns: what was found, and duplicate pairs that are not among ``near``: no band had them in
        one bucket
    """
    search = _Search.of(collapsed, near, settings, resources)
    try:
        found = [search.examine(*pairs) for pairs in search.candidates()]
    finally:
        search.index.close()
    none = VerifiedPairs(*(np.empty(0, np.int64) for _ in range(5)))
    found = [_Found(none, none, none), *found]
    contained = search.direct(sort_pairs([each.contained for each in found]))
    passages = sort_pairs([each.passages for each in found])
    index = search.index
    figures = SharedSearch(
        fingerprint_count=index.fingerprint_count,
        common_fingerprint_count=index.common_count,
        hidden_document_count=int(
            np.count_nonzero((index.counts > 0) & (index.counts == index.common_counts))
        ),
        candidate_pair_count=sum(each.candidate_count for each in found),
        contained_pair_count=len(contained.left),
        passage_pair_count=len(passages.left) if settings.looks_for_passages else None,
    )
    shared = SharedTexts(
        contained, search.runs_of(contained), passages, search.runs_of(passages), figures
    )
    return shared, sort_pairs([each.near for each in found])


class _Found(msgspec.Struct, frozen=True):
    """What some candidate pairs are."""

    contained: VerifiedPairs
    passages: VerifiedPairs
    near: VerifiedPairs
    candidate_count: int = 0


class _Search(msgspec.Struct, frozen=True):
    """The steps of :func:`find_shared_texts`, with the arguments that they share.

    :param groups: the group of each text of the index, ``int64``
    :param near_codes: the near pairs, ascending, each as one number
    """

    collapsed: Collapsed
    near_codes: NDArray[np.int64]
    settings: MatchSettings
    resources: Resources
    verifier: Verifier
    groups: NDArray[np.int64]
    index: FingerprintIndex

    @classmethod
    def of(
        cls,
        collapsed: Collapsed,
        near: VerifiedPairs,
        settings: MatchSettings,
        resources: Resources,
    ) -> _Search:
        # In the order of reading, in which their shingles lie in the store.
        groups = np.argsort(collapsed.leads)
        texts = LeadShingles(collapsed.documents, collapsed.leads[groups])
        index = index_fingerprints(
            texts, len(groups), window_of(settings), settings.max_bucket, resources
        )
        verifier = verifier_of(collapsed, resources, resources.run_all)
        codes = near.left * len(groups) + near.right
        return cls(collapsed, codes, settings, resources, verifier, groups, index)

    def candidates(
        self,
    ) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]]:
        """Pairs of groups (left, right) that may share text, and whether one may contain the other.

        They come in parts, of which each is verified at once.
        """
        most = self.resources.work.share(8, PAIR_BYTES * PAIRS_AT_ONCE) // PAIR_BYTES
        held: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]] = []
        for pairs in pair_texts(self.index, self.resources):
            held.append(self._select(pairs))
            if sum(len(each[0]) for each in held) >= most:
                yield _join(held)
                held = []
        if held:
            yield _join(held)

    def _select(
        self, pairs: TextPairs
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
        """The pairs that are to be counted, as groups."""
        one, other = self.groups[pairs.first], self.groups[pairs.second]
        left, right = np.minimum(one, other), np.maximum(one, other)
        kept = ~is_among(left * len(self.groups) + right, self.near_codes)
        if self.collapsed.documents.reference_count:
            is_reference = self.collapsed.is_reference_only
            kept &= ~(is_reference[left] & is_reference[right])
        may_contain = self._may_contain(pairs)
        if not self.settings.looks_for_passages:
            kept &= may_contain
        return left[kept].astype(np.int32), right[kept].astype(np.int32), may_contain[kept]

    def _may_contain(self, pairs: TextPairs) -> NDArray[np.bool_]:
        """Whether both texts have shingles enough, and one shares enough of its fingerprints.

        Of fingerprints that were set aside all may be shared. Below some 8 fingerprints one that
        is shared is enough.
        """
        counts, common = self.index.counts, self.index.common_counts
        first, second = pairs.first, pairs.second
        smaller = np.where(counts[first] <= counts[second], first, second)
        shared = pairs.shared + common[smaller]
        of_first, of_second = (
            self.verifier.counts[self.groups[each]] >= self.settings.min_passage
            for each in (first, second)
        )
        own = counts[smaller]
        needed = SHARED_FINGERPRINTS * own - DEVIATIONS * 0.5 * np.sqrt(own)
        return self._may_reach(pairs, (shared >= needed) & of_first & of_second)

    def _may_reach(self, pairs: TextPairs, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the pairs that are asked for are not ruled out by sizes and bitmaps.

        None is lost by that: what is needed is rounded down.
        """
        chosen = np.flatnonzero(asked)
        leads, settings = self.collapsed.leads, self.settings
        ends = (leads[self.groups[each[chosen]]] for each in (pairs.first, pairs.second))
        most, left, right = self.collapsed.documents.filters.most_shared(*ends)
        reaches = most >= np.floor(settings.containment * np.minimum(left, right))
        reaches |= most >= np.floor(settings.threshold * (left + right - most))
        asked[chosen] = reaches
        return asked

    def examine(
        self, left: NDArray[np.int32], right: NDArray[np.int32], may_contain: NDArray[np.bool_]
    ) -> _Found:
        """Count the shingles of candidate pairs, and look for passages in the others."""
        counted = verify_pairs(self.verifier, left[may_contain], right[may_contain], 0.0)
        is_near = counted.jaccard >= self.settings.threshold
        is_contained = are_contained(counted, self.settings) & ~is_near
        passages = counted.select(np.zeros(0, np.int64))
        if self.settings.looks_for_passages:
            passages = self._find_passages(left, right, counted.select(is_near | is_contained))
        return _Found(counted.select(is_contained), passages, counted.select(is_near), len(left))

    def _find_passages(
        self, left: NDArray[np.int32], right: NDArray[np.int32], known: VerifiedPairs
    ) -> VerifiedPairs:
        """The pairs that share a passage, without those that are more than that."""
        count = len(self.groups)
        known_codes = np.sort(known.left * count + known.right)
        rest = ~is_among(left.astype(np.int64) * count + right, known_codes)
        codes = np.concatenate(
            [np.empty(0, np.int64), *(codes for codes, _ in self._grow(left[rest], right[rest]))]
        )
        codes = np.sort(codes)
        codes = codes[np.flatnonzero(np.diff(codes, prepend=-1))]
        ends = (codes // count).astype(np.int32), (codes % count).astype(np.int32)
        return verify_pairs(self.verifier, *ends, 0.0)

    def _grow(
        self, left: NDArray[np.int32], right: NDArray[np.int32]
    ) -> Sequence[tuple[NDArray[np.int64], Runs]]:
        """The maximal runs of pairs with ``left < right``, and the pair of each as one number."""
        window, count = window_of(self.settings), len(self.groups)

        def run(job: PairJob) -> tuple[NDArray[np.int64], Runs]:
            kernels = self.resources.kernels
            runs = find_runs(kernels, job.hashes, job.offsets, job.one, job.other, window)
            one, other = (each.astype(np.int64)[runs.pair] for each in (job.first, job.second))
            is_swapped = one > other
            codes = np.minimum(one, other) * count + np.maximum(one, other)
            starts = np.where(is_swapped, [runs.right, runs.left], [runs.left, runs.right])
            return codes, msgspec.structs.replace(runs, left=starts[0], right=starts[1])

        return list(run_pair_jobs(self.verifier, left, right, run))

    def direct(self, pairs: VerifiedPairs) -> VerifiedPairs:
        """The pairs with the contained group as the left one: that of fewer shingles.

        Of two with equally many it is that of fewer tokens, then the first.
        """
        sizes = self.verifier.counts
        is_more = pairs.left_count > pairs.right_count
        is_equal = pairs.left_count == pairs.right_count
        is_turned = is_more | (is_equal & (sizes[pairs.left] > sizes[pairs.right]))
        left, right = np.where(is_turned, [pairs.right, pairs.left], [pairs.left, pairs.right])
        counts = [pairs.left_count, pairs.right_count]
        left_count, right_count = np.where(is_turned, counts[::-1], counts)
        return VerifiedPairs(left, right, pairs.shared_count, left_count, right_count)

    def runs_of(self, pairs: VerifiedPairs) -> Runs:
        """The passages of these pairs, without what a longer one covers in the left text."""
        count = len(self.groups)
        left, right = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
        codes = left * count + right
        order = np.argsort(codes)
        grown = self._grow(left.astype(np.int32), right.astype(np.int32))
        found = [Runs(order[np.searchsorted(codes[order], each)], runs.left, runs.right, runs.size)
                 for each, runs in grown]  # fmt: skip
        none = Runs(*(np.empty(0, np.int64) for _ in Runs.__struct_fields__))
        joined = Runs.concatenate([none, *found])
        is_turned = (pairs.left > pairs.right)[joined.pair]
        starts = np.where(is_turned, [joined.right, joined.left], [joined.left, joined.right])
        joined = Runs(joined.pair, starts[0], starts[1], joined.size)
        joined = joined.select(np.lexsort((joined.right, joined.left, joined.pair)))
        return separate_runs(joined, window_of(self.settings), self.settings.shingle_size - 1)


def are_contained(pairs: VerifiedPairs, settings: MatchSettings) -> NDArray[np.bool_]:
    """Whether one group of each pair has shingles enough, and enough of them are in the other."""
    smaller = np.minimum(pairs.left_count, pairs.right_count)
    result: NDArray[np.bool_] = pairs.shared_count / np.maximum(smaller, 1) >= settings.containment
    return result & (smaller >= settings.min_passage)


def window_of(settings: MatchSettings) -> int:
    """The shingles in a window of winnowing: as many as a passage of ``min_passage`` tokens has."""
    return max(settings.min_passage - settings.shingle_size + 1, 1)


def _join(
    held: Sequence[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    left, right, may_contain = zip(*held, strict=True)
    return np.concatenate(left), np.concatenate(right), np.concatenate(may_contain)
