"""The relations between two documents of a report, as one table.

A new relation is a row of :class:`Relation`. All other code asks its properties and never compares
its word, so that clusters, gate, ``apply`` and renderers do what is safe with a relation that they
do not know. (``tests/model/test_relations.py`` adds a row and shows it.)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table: see the properties of :class:`Relation`."""

    heading: str
    meaning: str
    has_equal_text: bool = False
    has_equal_tokens: bool = False
    is_duplicate: bool = False
    may_drop: bool = False
    is_directed: bool = False
    is_indirect: bool = False


class Relation(StrEnum):
    """How one document relates to another, the strongest relation first; its value is JSON's word.

    In a pair it is the relation of the left document to the right one; of a member of a cluster it
    is its relation to the representative. Where several hold, a report gives the strongest.
    """

    IDENTICAL = (
        "identical",
        _Row(
            heading="Identical document",
            meaning="The decoded text is that of another document, character for character.",
            has_equal_text=True,
            has_equal_tokens=True,
            is_duplicate=True,
            may_drop=True,
        ),
    )
    NORMALISED = (
        "normalised",
        _Row(
            heading="Same words",
            meaning="The words are those of another document; case, punctuation or spacing differ.",
            has_equal_tokens=True,
            is_duplicate=True,
            may_drop=True,
        ),
    )
    NEAR = (
        "near",
        _Row(
            heading="Near-duplicate",
            meaning=(
                "The exact Jaccard of the shingles of this document and of another is at or above "
                "the threshold."
            ),
            is_duplicate=True,
            may_drop=True,
        ),
    )
    LINKED = (
        "linked",
        _Row(
            heading="Linked document",
            meaning=(
                "The document is in one cluster with another by way of others (single linkage), "
                "but is no duplicate of it."
            ),
            is_indirect=True,
        ),
    )
    CONTAINED = (
        "contained",
        _Row(
            heading="Contained document",
            meaning="Most of the document stands in another one, which has more besides.",
            may_drop=True,
            is_directed=True,
        ),
    )
    PASSAGE = (
        "passage",
        _Row(
            heading="Shared passage",
            meaning="The document shares a passage with another one, and no more.",
        ),
    )
    # (The end of the table.)

    _row: _Row
    _rank: int

    def __new__(cls, word: str, row: _Row) -> Relation:
        relation = str.__new__(cls, word)
        relation._value_ = word
        relation._row = row
        relation._rank = len(cls.__members__)
        return relation

    @property
    def rank(self) -> int:
        """Its row in the table, from 0, the strongest. Columns hold relations as this number."""
        return self._rank

    @property
    def heading(self) -> str:
        """A title for documents of this relation."""
        return self._row.heading

    @property
    def meaning(self) -> str:
        """What the relation means, as a sentence about a document."""
        return self._row.meaning

    @property
    def has_equal_text(self) -> bool:
        """Whether the decoded texts are equal."""
        return self._row.has_equal_text

    @property
    def has_equal_tokens(self) -> bool:
        """Whether the tokens are equal; such documents are one group in matching."""
        return self._row.has_equal_tokens

    @property
    def is_duplicate(self) -> bool:
        """Whether either document is a verified duplicate of the other.

        Clusters are made of such pairs only, and a gate counts no others.
        """
        return self._row.is_duplicate

    @property
    def is_near(self) -> bool:
        """Whether the documents are duplicates by their Jaccard, with different tokens."""
        return self.is_duplicate and not self.has_equal_tokens

    @property
    def may_drop(self) -> bool:
        """Whether ``apply`` may drop a document that has this relation to one that is kept."""
        return self._row.may_drop

    @property
    def is_directed(self) -> bool:
        """Whether the relation holds in one direction only: of A to B, but not of B to A."""
        return self._row.is_directed

    @property
    def is_indirect(self) -> bool:
        """Whether a member is linked to its representative only through other documents.

        It is no duplicate of the representative, but a chain of duplicate pairs leads to it.
        """
        return self._row.is_indirect


RELATIONS: Final = tuple(Relation)
"""The table, strongest first."""

DROPPED_IF_ASKED: Final = tuple(
    each.value for each in RELATIONS if each.may_drop and not each.is_duplicate
)
"""The relations, besides those of duplicates, whose documents ``apply`` drops if a user says so."""


def relation_of_equal(has_equal_text: bool) -> Relation:
    """The relation of two documents whose tokens are equal."""
    return Relation.IDENTICAL if has_equal_text else Relation.NORMALISED
