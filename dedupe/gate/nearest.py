"""For each document that comes to others: which of those it is most alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dedupe.model.relations import Relation, relation_of_equal
from dedupe.report.graph import DuplicateGraph


class Nearest(NamedTuple):
    """The document that another one is most alike, and how.

    :param containment: share of this document's shingles that the other one has too
    """

    relation: Relation
    jaccard: float
    containment: float
    id: str


def find_nearest(
    documents: DuplicateGraph, present: Iterable[str], arriving: Iterable[str]
) -> dict[str, Nearest]:
    """What each arriving document is most alike: of those present, or that arrived before it.

    So of two equal documents that arrive, the second is a copy of the first. A document that is
    alike none of these (it can be: one that only chains to them) takes the most alike of all.

    :param present: ids, those to be named first where several are alike equally
    :param arriving: ids, in the order in which they arrive
    """
    arriving = list(arriving)
    there = _Present(documents)
    for id in present:
        there.add(id)
    found: dict[str, Nearest] = {}
    late: list[str] = []
    for id in arriving:
        nearest = there.nearest(id)
        if nearest is None:
            late.append(id)
        else:
            found[id] = nearest
        there.add(id)
    for id in late:
        if nearest := there.nearest(id):
            found[id] = nearest
    return found


class _Present:
    """Documents that are there: the first of each text, and of each group of equal tokens."""

    def __init__(self, documents: DuplicateGraph) -> None:
        self._documents = documents
        self._by_hash: dict[str, str] = {}
        self._by_group: dict[str, str] = {}

    def add(self, id: str) -> None:
        self._by_hash.setdefault(self._documents.hashes[id], id)
        self._by_group.setdefault(self._documents.group_of[id], id)

    def nearest(self, id: str) -> Nearest | None:
        group = self._documents.group_of[id]
        other = self._by_hash.get(self._documents.hashes[id], id)
        if other != id:
            return Nearest(relation_of_equal(True), 1.0, 1.0, other)
        other = self._by_group.get(group, id)
        if other != id:
            return Nearest(relation_of_equal(False), 1.0, 1.0, other)
        for near in self._documents.near.get(group, ()):
            if near.group in self._by_group:
                found = self._by_group[near.group]
                return Nearest(near.relation, near.jaccard, near.containment, found)
        return None
