"""A document to drop, and the one that stays instead."""

from __future__ import annotations

import msgspec

from dedupe.model.relations import Relation


class Drop(msgspec.Struct, frozen=True):
    """A document to drop.

    :param keeper: id of the document that stays instead
    :param relation: to the keeper
    :param jaccard: to the keeper
    :param containment: of a contained document: the share of its shingles that the keeper has
    """

    id: str
    keeper: str
    relation: Relation
    jaccard: float
    token_count: int
    containment: float | None = None
