"""A report without the pairs that a person judged to be different texts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from dedupe.model.relations import Relation, relation_of_equal
from dedupe.model.report import (
    SHORT_TOKENS,
    Cluster,
    DuplicatePair,
    Member,
    Report,
    SharedText,
    WeakestLink,
)
from dedupe.report.decision_file import HashPair, hash_pair
from dedupe.report.graph import name_components
from dedupe.report.remaining import relist_ends, remaining_forms, remaining_furniture
from dedupe.report.rows import name_cluster


def part_different(report: Report, different: Collection[HashPair]) -> Report:
    """The report as if the pairs judged different had not been found to be duplicates.

    What is judged of two texts holds for all of the same words. Clusters fall apart where nothing
    else connects them: the part with the representative keeps it, and of another part the first
    document (a reference document, if there is one) represents it. Members of a part that are no
    duplicates of its representative are linked ones.

    :param different: by content hashes, the smaller one first
    """
    if not different:
        return report
    opposed: dict[str, set[str]] = {}
    for left, right in different:
        opposed.setdefault(left, set()).add(right)
        opposed.setdefault(right, set()).add(left)
    clusters = tuple(part for each in report.clusters for part in _part(each, opposed))
    hashes = report.content_hashes()

    def is_left(pair: DuplicatePair | SharedText) -> bool:
        ends = hashes.get(pair.left, ""), hashes.get(pair.right, "")
        return hash_pair(*ends) not in different

    parted = msgspec.structs.replace(
        report,
        clusters=clusters,
        bridges=tuple(filter(is_left, report.bridges)),
        contained=tuple(filter(is_left, report.contained)),
        furniture=remaining_furniture(report, clusters),
        forms=remaining_forms(report, clusters),
    )
    parted = relist_ends(parted, report)
    gone = [member for member in parted.others() if not member.is_reference]
    corpus = msgspec.structs.replace(
        report.corpus,
        cluster_count=len(clusters),
        duplicate_count=len(gone),
        redundant_token_count=sum(member.token_count for member in gone),
        short_duplicate_count=sum(member.token_count < SHORT_TOKENS for member in gone),
    )
    pair_count = len(parted.bridges) + sum(len(cluster.pairs) for cluster in clusters)
    shared = report.search.shared
    if shared is not None:
        shared = msgspec.structs.replace(shared, contained_pair_count=len(parted.contained))
    search = msgspec.structs.replace(report.search, duplicate_pair_count=pair_count, shared=shared)
    return msgspec.structs.replace(parted, corpus=corpus, search=search)


class _Judged:
    """What was judged different, as far as it is about the documents of one cluster.

    :param opposed: the texts from which each text is different, by hash
    """

    def __init__(self, cluster: Cluster, opposed: Mapping[str, Collection[str]]) -> None:
        self._hashes = {member.id: member.content_hash for member in cluster.members}
        by_hash = {hash: id for id, hash in self._hashes.items()}
        self._apart = {
            (hash, other) for hash in by_hash for other in opposed.get(hash, ()) if other in by_hash
        }
        if not self._apart:
            return
        ids = self._hashes.keys() | {id for pair in cluster.pairs for id in (pair.left, pair.right)}
        equal = [(p.left, p.right) for p in cluster.pairs if p.relation.has_equal_tokens]
        self.group_of = name_components(ids, equal)
        groups = ([self.group_of[by_hash[hash]] for hash in pair] for pair in self._apart)
        self._groups_apart = {(one, other) for one, other in groups if one != other}

    def __bool__(self) -> bool:
        return bool(self._apart)

    def are_apart(self, one: str, other: str) -> bool:
        """Whether two documents are different, or others of the same words are."""
        groups = self.group_of[one], self.group_of[other]
        hashes = self._hashes.get(one, ""), self._hashes.get(other, "")
        return groups in self._groups_apart or hashes in self._apart


def _part(cluster: Cluster, opposed: Mapping[str, Collection[str]]) -> Iterator[Cluster]:
    """A cluster, or the parts into which it falls."""
    judged = _Judged(cluster, opposed)
    if not judged:
        yield cluster
        return
    pairs = [pair for pair in cluster.pairs if not judged.are_apart(pair.left, pair.right)]
    duplicates = [(pair.left, pair.right) for pair in pairs if pair.relation.is_duplicate]
    part_of = name_components(judged.group_of.keys(), duplicates)
    parts: dict[str, list[Member]] = {}
    for member in cluster.members:
        parts.setdefault(part_of[member.id], []).append(member)
    for name, members in parts.items():
        if len(members) == 1:
            continue
        own = tuple(pair for pair in pairs if part_of[pair.left] == name)
        if members[0].id == cluster.representative:
            yield _make_part(members[0], _relink(members, judged), own)
        else:
            first = next((each for each in members if each.is_reference), members[0])
            yield _make_part(first, _represent(first, members, own, judged), own)


def _make_part(
    first: Member, others: Iterable[Member], pairs: tuple[DuplicatePair, ...]
) -> Cluster:
    members = tuple(others)
    ids = sorted([first.id, *(each.id for each in members)])
    weakest = min(members, key=lambda each: (each.jaccard, each.id))
    link = WeakestLink(weakest.id, weakest.jaccard)
    return Cluster(name_cluster(ids), first.id, (first, *members), pairs, link)


def _relink(members: Sequence[Member], judged: _Judged) -> Iterator[Member]:
    """The other members of a part whose representative stays."""
    first, *others = members
    for each in others:
        is_apart = judged.are_apart(first.id, each.id)
        yield msgspec.structs.replace(each, relation=Relation.LINKED) if is_apart else each


def _represent(
    first: Member, members: Sequence[Member], pairs: Iterable[DuplicatePair], judged: _Judged
) -> Iterator[Member]:
    """The other members of a part, as they are to the new representative.

    That has Jaccard 1 to itself, and so has every document of the same words.
    """
    near: dict[str, tuple[Relation, float, float]] = {}
    own = judged.group_of[first.id]
    for pair in pairs:
        left, right = judged.group_of[pair.left], judged.group_of[pair.right]
        if left == own != right:
            near[right] = pair.relation, pair.jaccard, pair.left_containment
        elif right == own != left:
            near[left] = pair.relation, pair.jaccard, pair.right_containment
    for each in members:
        if each.id == first.id:
            continue
        group = judged.group_of[each.id]
        equal = relation_of_equal(each.content_hash == first.content_hash), 1.0, 1.0
        found = equal if group == own else near.get(group, (Relation.LINKED, 0.0, 0.0))
        relation, jaccard, containment = found
        yield msgspec.structs.replace(
            each, relation=relation, jaccard=jaccard, representative_containment=containment
        )
