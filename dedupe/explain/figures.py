"""The figures of two documents: integer counts, and quotients of these."""

from __future__ import annotations

import msgspec

from dedupe.model.relations import Relation


class DocumentFigures(msgspec.Struct, frozen=True):
    """The counts of one document.

    :param shingle_count: distinct shingles
    :param content_hash: XXH3-128 of the decoded text, hexadecimal
    """

    token_count: int
    shingle_count: int
    byte_count: int
    character_count: int
    content_hash: str


class PairFigures(msgspec.Struct, frozen=True):
    """The overlap of two documents; the counts are of distinct shingles.

    :param relation: none if they are not related
    """

    relation: Relation | None
    shared_count: int
    left_count: int
    right_count: int

    @property
    def is_duplicate(self) -> bool:
        return self.relation is not None and self.relation.is_duplicate

    @property
    def union_count(self) -> int:
        return self.left_count + self.right_count - self.shared_count

    @property
    def jaccard(self) -> float:
        """Exact Jaccard, by one division of integers; 0 if neither has a shingle."""
        return self.shared_count / self.union_count if self.union_count else 0.0

    @property
    def left_containment(self) -> float:
        """Share of the left document's shingles that the right one has too."""
        return self.shared_count / self.left_count if self.left_count else 0.0

    @property
    def right_containment(self) -> float:
        """Share of the right document's shingles that the left one has too."""
        return self.shared_count / self.right_count if self.right_count else 0.0


class SearchFigures(msgspec.Struct, frozen=True):
    """The chances that LSH finds two documents as a candidate pair.

    :param met_bands: numbers (from 1) of the bands in which they share a bucket
    :param probability: that two documents of their Jaccard share a bucket in any band
    :param equal_count: number of equal signature values
    :param num_perm: number of signature values
    :param low_byte_count: number of values with equal lowest bytes, which a scan compares
    :param minimum_equal: equal lowest bytes needed for a pair to be verified; 0 if not known
    """

    bands: int
    rows: int
    met_bands: tuple[int, ...]
    probability: float
    equal_count: int
    num_perm: int
    low_byte_count: int
    minimum_equal: int

    @property
    def estimated_jaccard(self) -> float:
        return self.equal_count / self.num_perm

    @property
    def is_candidate(self) -> bool:
        """Whether a scan verifies the pair (unless a bucket is capped).

        The filters by size and bitmap are not modelled: they only rule out pairs that are certainly
        below the threshold.
        """
        return bool(self.met_bands) and self.low_byte_count >= self.minimum_equal
