"""Which documents a report says to drop, and which kept one each of them is a duplicate of.

Pure: nothing is read but the report. A document is dropped only for a *keeper*: one that stays,
and of which it is a verified duplicate. That is its representative, but for the linked members of
a single-linkage cluster, which are no duplicates of theirs: see :func:`_place_linked`. A member of
a relation by which nothing may be dropped stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from dedupe.model.errors import ReportError
from dedupe.model.relations import Relation, relation_of_equal
from dedupe.model.report import Cluster, DuplicatePair, Member, Report
from dedupe.sources.files.patterns import PatternSet


class Drop(msgspec.Struct, frozen=True):
    """A document to drop.

    :param keeper: id of the document that stays in its place
    :param relation: to the keeper, as is the Jaccard
    """

    id: str
    keeper: str
    relation: Relation
    jaccard: float
    token_count: int


class Plan(msgspec.Struct, frozen=True):
    """What is to be done.

    :param drops: in the order of the report
    :param protected: ids of documents that would be dropped if they were not protected
    :param alone: ids of documents that stay because nothing that stays is a duplicate of theirs
    """

    drops: tuple[Drop, ...]
    protected: tuple[str, ...]
    alone: tuple[str, ...]


def plan_drops(report: Report, protect: Sequence[str] = ()) -> Plan:
    """What applying a report means.

    :param protect: patterns (:mod:`dedupe.sources.files.patterns`) of ids and files that stay
    :raises ReportError: if the report contradicts itself, so that a keeper might be dropped
    """
    _refuse_contradictions(report)
    patterns = PatternSet(protect)
    drops: list[Drop] = []
    protected: list[str] = []
    alone: list[str] = []
    for cluster in report.clusters:
        members = [member for member in cluster.members[1:] if not member.is_reference]
        spared = {m.id for m in members if _is_protected(report, m.id, patterns)}
        protected += sorted(spared)
        spared |= {member.id for member in cluster.members if member.is_reference}
        found = {drop.id: drop for drop in _choose_keepers(cluster, spared)}
        drops += found.values()
        stays = spared | {cluster.representative} | found.keys()
        alone += [member.id for member in cluster.members if member.id not in stays]
    return Plan(tuple(drops), tuple(protected), tuple(alone))


def _is_protected(report: Report, id: str, patterns: PatternSet) -> bool:
    if not patterns:
        return False
    locator = report.run.locators.get(id)
    known = locator is not None and 0 <= locator.source < len(report.run.sources)
    name = report.run.sources[locator.source].name if locator and known else id
    return patterns.matches_file(id) or patterns.matches_file(name)


def _refuse_contradictions(report: Report) -> None:
    """What no scan writes and could make a keeper a victim elsewhere."""
    seen: set[str] = set()
    for cluster in report.clusters:
        ids = [member.id for member in cluster.members]
        if not ids or ids[0] != cluster.representative:
            raise ReportError(f"cluster {cluster.cluster_id}: its first member is not the kept one")
        for id in ids:
            if id in seen:
                raise ReportError(f"{id}: is in more than one place of the clusters")
            seen.add(id)
        for member in cluster.members:
            if member.relation.is_near and member.jaccard < report.config.threshold:
                raise ReportError(f"{member.id}: is no duplicate, its Jaccard is too low")
        _refuse_denied(cluster)


def _refuse_denied(cluster: Cluster) -> None:
    """A member may be dropped by its relation, but not by its pair with the representative."""
    relations = {member.id: member.relation for member in cluster.members}
    for pair in cluster.pairs:
        if cluster.representative in (pair.left, pair.right) and not pair.relation.may_drop:
            id = pair.left if pair.right == cluster.representative else pair.right
            if id in relations and relations[id].may_drop:
                told = f"is {relations[id]} as a member, but {pair.relation} in its pair"
                raise ReportError(f"{id}: {told} with the kept one")


def _choose_keepers(cluster: Cluster, spared: set[str]) -> Iterator[Drop]:
    linked: list[Member] = []
    for member in cluster.members[1:]:
        if member.id in spared:
            continue
        if member.relation.may_drop:
            kept, jaccard = cluster.representative, member.jaccard
            yield Drop(member.id, kept, member.relation, jaccard, member.token_count)
        elif member.relation.is_indirect:
            linked.append(member)
    if linked:
        yield from _place_linked(cluster, linked, {cluster.representative, *spared})


def _place_linked(cluster: Cluster, linked: list[Member], stays: set[str]) -> Iterator[Drop]:
    """Drop linked members of which something that stays is a duplicate; let the others stay.

    Star clustering once more, among the linked alone: the most connected first. So afterwards no
    two documents that stay are duplicates, and nobody is dropped through a chain. Pairs name only
    the lead of documents with equal tokens, so the *sets* of such documents are what is ordered.
    """
    equal = _EqualSets(cluster.pairs)
    near = _find_keepers(cluster.pairs, equal)
    kept = {equal.name(id): id for id in sorted(stays, reverse=True)}
    sets: dict[str, list[Member]] = {}
    for member in linked:
        sets.setdefault(equal.name(member.id), []).append(member)
    for name in sorted(sets, key=lambda name: (-len(near.get(name, ())), name)):
        around = near.get(name, {})
        found = [
            (-pair.jaccard, kept[other], pair.relation)
            for other, pair in around.items()
            if other in kept
        ]
        if name in kept or not found:
            keeper = kept.setdefault(name, equal.lead([member.id for member in sets[name]]))
            jaccard, relation = -1.0, None
        else:
            jaccard, keeper, relation = min(found)
        for member in sets[name]:
            if member.id != keeper:
                told = relation or _relation_of_equal(cluster, member.id, keeper)
                yield Drop(member.id, keeper, told, -jaccard, member.token_count)


def _find_keepers(
    pairs: Sequence[DuplicatePair], equal: _EqualSets
) -> dict[str, dict[str, DuplicatePair]]:
    """For each set of equal documents those in favour of which it may be dropped."""
    keepers: dict[str, dict[str, DuplicatePair]] = {}
    for pair in pairs:
        if pair.relation.may_drop and not pair.relation.has_equal_tokens:
            left, right = equal.name(pair.left), equal.name(pair.right)
            keepers.setdefault(left, {})[right] = pair
            if not pair.relation.is_directed:
                keepers.setdefault(right, {})[left] = pair
    return keepers


def _relation_of_equal(cluster: Cluster, id: str, other: str) -> Relation:
    hashes = {m.content_hash for m in cluster.members if m.id in (id, other)}
    return relation_of_equal(len(hashes) == 1)


class _EqualSets:
    """Documents of equal token sequence, of which pairs tell one by one with their lead."""

    def __init__(self, pairs: Sequence[DuplicatePair]) -> None:
        self._names: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        for pair in pairs:
            self._counts.update((pair.left, pair.right))
            if pair.relation.has_equal_tokens:
                left, right = self.name(pair.left), self.name(pair.right)
                self._names[max(left, right)] = min(left, right)

    def name(self, id: str) -> str:
        """The smallest id of a document's set."""
        while id in self._names and self._names[id] != id:
            id = self._names[id]
        return id

    def lead(self, ids: Sequence[str]) -> str:
        """The one that is in most pairs, then the smallest id."""
        return min(ids, key=lambda id: (-self._counts[id], id))
