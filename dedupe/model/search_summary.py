"""What a report says of the search: how candidates were found, and what may be missing."""

from __future__ import annotations

from typing import Final

import msgspec

from dedupe.model.numbers import Count, Share


class SharedSearch(msgspec.Struct, frozen=True):
    """How texts were looked for that stand in others, or share passages with them.

    :param fingerprint_count: different fingerprints of all documents
    :param common_fingerprint_count: those that were set aside, since more than ``max_bucket``
        documents have them
    :param hidden_document_count: documents all of whose fingerprints were set aside: what they
        share is not found
    :param candidate_pair_count: pairs of which the shared shingles were counted
    :param contained_pair_count: entries of ``contained``
    :param passage_pair_count: entries of ``passages``; none if they were not looked for
    """

    fingerprint_count: Count
    common_fingerprint_count: Count
    hidden_document_count: Count
    candidate_pair_count: Count
    contained_pair_count: Count
    passage_pair_count: Count | None


NEAR_RANGE: Final = 0.05
"""Pairs are near the threshold if their Jaccard is less than this above it."""


class CappedSearch(msgspec.Struct, frozen=True):
    """What capped buckets hide: duplicate pairs that met in no other bucket, by a sample.

    Every error is a standard error.

    :param sampled_pair_count: pairs that were drawn from those that capped buckets do not compare
    :param hidden_pair_count: the duplicate pairs that they hide, estimated
    :param found_share: of the duplicate pairs that share a bucket, those that were found; none if
        neither the search nor the sample has a pair
    :param near_share: the same of pairs near the threshold (see ``NEAR_RANGE``)
    """

    sampled_pair_count: Count
    hidden_pair_count: Count
    hidden_pair_error: Count
    found_share: Share | None
    found_share_error: Share | None
    near_share: Share | None
    near_share_error: Share | None

    @property
    def near_threshold_share(self) -> float:
        """By how much the pairs at the threshold are fewer than the bands would find."""
        known = (each for each in (self.near_share, self.found_share) if each is not None)
        return next(known, 1.0)


class SearchSummary(msgspec.Struct, frozen=True):
    """How candidates were found.

    :param expected_recall: expected share of the pairs exactly at the threshold that is found; what
        capped buckets hide of the pairs near it is taken off
    :param distinct_count: groups of documents with equal token sequences
    :param candidate_pair_count: pairs of groups that shared a bucket
    :param capped_bucket_count: buckets of which only a few groups were compared with all
    :param shared: the search for documents in others; none if they were not looked for
    :param capped: what capped buckets hide; none if no bucket was capped
    """

    bands: Count
    rows: Count
    expected_recall: Share
    distinct_count: Count
    candidate_pair_count: Count
    duplicate_pair_count: Count
    capped_bucket_count: Count
    shared: SharedSearch | None = None
    capped: CappedSearch | None = None
