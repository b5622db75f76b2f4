"""The duplicate pairs of a report as a graph, and its connected components.

Components depend on the texts alone, while clusters also depend on the choice of representatives:
one document more or less can only join components or split them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from dedupe.model.relations import Relation
from dedupe.model.report import Report
from dedupe.sketch import load_kernels


class Neighbour(NamedTuple):
    """A group whose documents are near-duplicates of those of another group.

    :param group: its name in :class:`DuplicateGraph`
    :param relation: of the pair of the two groups
    :param containment: share of this group's shingles that the other group has too
    """

    group: str
    relation: Relation
    jaccard: float
    containment: float


class DuplicateGraph(msgspec.Struct, frozen=True):
    """All documents that are in a duplicate pair, in groups of equal tokens.

    :param hashes: the content hash of each document, by id
    :param group_of: the group of each document, by id; a group is named by one of its documents
    :param groups: the documents of each group, ordered by id
    :param near: the neighbours of each group, the nearest first
    :param references: the ids of reference documents
    """

    hashes: dict[str, str]
    group_of: dict[str, str]
    groups: dict[str, list[str]]
    near: dict[str, list[Neighbour]]
    references: frozenset[str]

    def components(self, within: Collection[str] | None = None) -> Iterator[list[str]]:
        """The documents of each connected component.

        :param within: ids; if given, only these documents and the paths through them count
        """
        chosen = self.hashes.keys() if within is None else within
        of_group: dict[str, list[str]] = {}
        for id in sorted(chosen):
            of_group.setdefault(self.group_of[id], []).append(id)
        seen: set[str] = set()
        for first in of_group:
            if first in seen:
                continue
            seen.add(first)
            reached = [first]
            for group in reached:  # grows while it is walked
                for other in self.near.get(group, ()):
                    if other.group in of_group and other.group not in seen:
                        seen.add(other.group)
                        reached.append(other.group)
            yield [id for group in reached for id in of_group[group]]


def connect_documents(report: Report) -> DuplicateGraph:
    """The graph of all duplicate pairs of a report, in clusters and bridges."""
    pairs = [pair for pair in report.pairs() if pair.relation.is_duplicate]
    paired = {id for pair in pairs for id in (pair.left, pair.right)}
    documents = [document for document in report.documents() if document.id in paired]
    hashes = {document.id: document.content_hash for document in documents}
    # A copy is paired only with the lead of its group.
    equal = [(pair.left, pair.right) for pair in pairs if pair.relation.has_equal_tokens]
    group_of = name_components(hashes, equal)
    groups: dict[str, list[str]] = {}
    for id in sorted(hashes):
        groups.setdefault(group_of[id], []).append(id)
    near: dict[str, list[Neighbour]] = {}
    for pair in pairs:
        if pair.relation.is_near:
            left, right = group_of[pair.left], group_of[pair.right]
            alike = pair.relation, pair.jaccard
            near.setdefault(left, []).append(Neighbour(right, *alike, pair.right_containment))
            near.setdefault(right, []).append(Neighbour(left, *alike, pair.left_containment))
    for found in near.values():
        found.sort(key=lambda each: (-each.jaccard, each.group))
    references = frozenset(document.id for document in documents if document.is_reference)
    return DuplicateGraph(hashes, group_of, groups, near, references)


def name_components(ids: Iterable[str], equal: Collection[tuple[str, str]]) -> dict[str, str]:
    """The name of each id's connected component: its smallest id.

    :param equal: the edges
    """
    names = sorted(ids)
    if not equal:
        return dict(zip(names, names, strict=True))
    number = {id: i for i, id in enumerate(names)}
    left = np.fromiter((number[one] for one, _ in equal), np.int32, len(equal))
    right = np.fromiter((number[other] for _, other in equal), np.int32, len(equal))
    labels = load_kernels().label_components(len(names), left, right)
    return dict(zip(names, map(names.__getitem__, labels.tolist()), strict=True))
