"""For each document that arrives, the document most like it among the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dedupe.model.relations import Relation, relation_of_equal
from dedupe.report.graph import DuplicateGraph


class Nearest(NamedTuple):
    """The document most like a given one, and how the two relate.

    :param containment: share of the given document's shingles that this one has too
    :param id: of this document
    """

    relation: Relation
    jaccard: float
    containment: float
    id: str


def find_nearest(
    documents: DuplicateGraph, present: Iterable[str], arriving: Iterable[str]
) -> dict[str, Nearest]:
    """For each arriving document, the one most like it among those present or arrived before it.

    If two equal documents arrive, the second is a copy of the first. A document may be like none
    of these, if it only chains to them; it is then compared with all, also those that arrive later.

    :param present: ids; of several that are equally alike, the earlier here is chosen
    :param arriving: ids, in the order in which they arrive
    """
    arriving = list(arriving)
    present_documents = _PresentDocuments(documents)
    for id in present:
        present_documents.add(id)
    found: dict[str, Nearest] = {}
    late: list[str] = []
    for id in arriving:
        nearest = present_documents.nearest(id)
        if nearest is None:
            late.append(id)
        else:
            found[id] = nearest
        present_documents.add(id)
    for id in late:
        if nearest := present_documents.nearest(id):
            found[id] = nearest
    return found


class _PresentDocuments:
    """The first present document of each text, and of each group of equal tokens."""

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
