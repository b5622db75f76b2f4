"""How two documents of a report are related: one table, and what may follow from each row of it.

A new relation is a row of :class:`Relation`. Everybody else asks its properties, and nobody
compares its word: so clusters, gate, ``apply`` and renderers do what is safe with a relation that
they have never met. (``tests/model/test_relations.py`` adds a row and shows it.)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table: see the properties of :class:`Relation`. What is not said is not so."""

    heading: str
    meaning: str
    has_equal_text: bool = False
    has_equal_tokens: bool = False
    is_duplicate: bool = False
    may_drop: bool = False
    is_directed: bool = False
    is_indirect: bool = False


class Relation(StrEnum):
    """How one document relates to another, the strongest first; the word is that of the JSON.

    In a pair it is said of the left document to the right one, of a member of a cluster to the
    representative. Where several hold, the strongest is given.
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
        """Its place in the table, from 0: the lower, the stronger. Columns hold it as a number."""
        return self._rank

    @property
    def heading(self) -> str:
        """What a document of this relation is called, as a title."""
        return self._row.heading

    @property
    def meaning(self) -> str:
        """What it says of a document, as a sentence."""
        return self._row.meaning

    @property
    def has_equal_text(self) -> bool:
        """Whether the decoded texts are equal."""
        return self._row.has_equal_text

    @property
    def has_equal_tokens(self) -> bool:
        """Whether the tokens are equal: such documents are compared with others as one."""
        return self._row.has_equal_tokens

    @property
    def is_duplicate(self) -> bool:
        """Whether either document is a verified duplicate of the other: only on such pairs a
        cluster may rest, and only such a gate counts."""
        return self._row.is_duplicate

    @property
    def is_near(self) -> bool:
        """Whether they are duplicates whose tokens differ, by their Jaccard."""
        return self.is_duplicate and not self.has_equal_tokens

    @property
    def may_drop(self) -> bool:
        """Whether ``apply`` may drop the document of which it is said in favour of the other one
        (or either of them, where it is not directed)."""
        return self._row.may_drop

    @property
    def is_directed(self) -> bool:
        """Whether it holds in one direction only."""
        return self._row.is_directed

    @property
    def is_indirect(self) -> bool:
        """Whether it is said of a member that duplicate pairs lead to from the representative,
        one after another, without being a duplicate of it."""
        return self._row.is_indirect


RELATIONS: Final = tuple(Relation)
"""The table, strongest first."""


def relation_of_equal(has_equal_text: bool) -> Relation:
    """How two documents relate whose tokens are equal."""
    return Relation.IDENTICAL if has_equal_text else Relation.NORMALISED
