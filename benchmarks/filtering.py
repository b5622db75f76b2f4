"""Computes the report of a scan with ``--against`` from a scan of all documents together.

The pairs of the scan of all documents are taken over, except for pairs of two reference
documents. They are then clustered again, with the reference documents first. This is plain Python
over ids and shares no code with the program that it checks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import msgspec
import xxhash

from dedupe.model.report import BridgeEnd, Member, Report

CountShared = Callable[[str, str], tuple[int, int, int]]
"""A function from two ids to their number of shared shingles, and the number of each."""

Pair = tuple[int, int]

UNIT = 1 << 28
"""The content score that a copy gives."""


@dataclass
class Graph:
    """The documents of a report grouped by equal tokens, and the pairs between groups.

    :ivar groups: the ids of each group, the lead first
    :ivar near: numbers of shared shingles and of those of each, by two groups, the lower first
    :ivar cut: pairs of a document and its cut copy
    :ivar counts: the number of shingles of each group
    """

    described: dict[str, Member | BridgeEnd]
    references: Set[str]
    groups: list[list[str]] = field(default_factory=list)
    near: dict[Pair, tuple[int, int, int]] = field(default_factory=dict)
    cut: set[Pair] = field(default_factory=set)
    counts: dict[int, int] = field(default_factory=dict)

    def are_all_references(self, *groups: int) -> bool:
        """Whether these groups have only reference documents."""
        return self.references >= {id for group in groups for id in self.groups[group]}

    def leads_are_references(self, pair: Pair) -> bool:
        """Whether the leads of two groups are reference documents."""
        return all(self.groups[group][0] in self.references for group in pair)

    def jaccard(self, pair: Pair) -> float:
        shared, left, right = self.near[pair]
        return shared / (left + right - shared)


def filter_joint(
    report: Report, references: Collection[str], count_shared: CountShared
) -> dict[str, Any]:
    """Clusters, bridges and figures of the scan with ``--against``.

    :param report: the report of all documents together, with the same settings
    :param references: ids of the reference documents
    :param count_shared: used for members of single linkage that have no pair
    """
    graph = _read_graph(report, frozenset(references))
    owners = _link(graph, report.config.linkage, _order_groups(graph, report.config.keep))
    inside, reported = _count_links(graph, owners, count_shared, report.config.threshold)
    by_owner: dict[int, list[int]] = {}
    for group, owner in owners.items():
        by_owner.setdefault(owner, []).append(group)
    clusters = [
        _make_cluster(graph, owner, groups, inside, reported, report.config.threshold)
        for owner, groups in by_owner.items()
        if sum(len(graph.groups[group]) for group in groups) > 1
    ]
    clusters.sort(key=lambda cluster: (-len(cluster["members"]), cluster["representative"]))
    bridges = [
        _describe_pair(graph, pair) for pair in reported if owners[pair[0]] != owners[pair[1]]
    ]
    clustered = {member["id"] for cluster in clusters for member in cluster["members"]}
    ends = sorted({end for bridge in bridges for end in bridge[:2]} - clustered)
    surplus = [
        member
        for cluster in clusters
        for member in cluster["members"][1:]
        if not member["is_reference"]
    ]
    return {
        "clusters": clusters,
        "bridges": sorted(bridges),
        "bridge_ends": [(end, end in graph.references) for end in ends],
        "duplicate_count": len(surplus),
        "redundant_token_count": sum(member["token_count"] for member in surplus),
        "duplicate_pair_count": len(reported) + sum(len(group) - 1 for group in graph.groups),
    }


def outline(report: Report) -> dict[str, Any]:
    """The clusters, bridges and figures of a report, in the form of :func:`filter_joint`."""

    def describe(pair: Any) -> tuple[Any, ...]:
        counts = (pair.shared_count, pair.left_count, pair.right_count)
        return (pair.left, pair.right, pair.relation, *counts, pair.jaccard)

    clusters = [
        {
            "cluster_id": cluster.cluster_id,
            "representative": cluster.representative,
            "members": [msgspec.to_builtins(member) for member in cluster.members],
            "pairs": [describe(pair) for pair in cluster.pairs],
            "weakest_link": (cluster.weakest_link.id, cluster.weakest_link.jaccard),
        }
        for cluster in report.clusters
    ]
    return {
        "clusters": clusters,
        "bridges": [describe(pair) for pair in report.bridges],
        "bridge_ends": [(end.id, end.is_reference) for end in report.bridge_ends],
        "duplicate_count": report.corpus.duplicate_count,
        "redundant_token_count": report.corpus.redundant_token_count,
        "duplicate_pair_count": report.search.duplicate_pair_count,
    }


def _read_graph(report: Report, references: Set[str]) -> Graph:
    described: dict[str, Member | BridgeEnd] = {end.id: end for end in report.bridge_ends}
    described.update((m.id, m) for cluster in report.clusters for m in cluster.members)
    pairs = [pair for cluster in report.clusters for pair in cluster.pairs] + [*report.bridges]
    # Copies are paired only with their lead, so that one step from it reaches all of them.
    equal = [{pair.left, pair.right} for pair in pairs if pair.relation.has_equal_tokens]
    groups = [{id} for id in sorted(described.keys() - set().union(*equal))] + _unite(equal)
    graph = Graph(described, references)
    group_of: dict[str, int] = {}
    for ids in groups:
        ordered = sorted(ids, key=lambda id: _preference(graph, id, report.config.keep, 0))
        kept = [id for id in ordered[1:] if id not in references]
        group_of.update(dict.fromkeys(ids, len(graph.groups)))
        graph.groups.append([ordered[0], *kept])
    for pair in pairs:
        left, right = group_of[pair.left], group_of[pair.right]
        graph.counts[left], graph.counts[right] = pair.left_count, pair.right_count
        if pair.relation.is_near and not graph.are_all_references(left, right):
            counts = (pair.left_count, pair.right_count)
            if left > right:
                left, right, counts = right, left, counts[::-1]
            graph.near[left, right] = (pair.shared_count, *counts)
            if pair.is_cut:
                graph.cut.add((left, right))
    return graph


def _unite(sets: Iterable[set[str]]) -> list[set[str]]:
    united: list[set[str]] = []
    place: dict[str, int] = {}
    for ids in sets:
        places = {place[id] for id in ids if id in place}
        merged = ids.union(*(united[each] for each in places))
        united.append(merged)
        for each in places:
            united[each] = set()
        place.update(dict.fromkeys(merged, len(united) - 1))
    return [ids for ids in united if ids]


def _preference(
    graph: Graph, id: str, keep: Sequence[str], degree: int, score: int = 0
) -> tuple[Any, ...]:
    """The sort key of a document in the order of representatives; none has a date."""
    document = graph.described[id]
    rules: dict[str, tuple[Any, ...]] = {
        "content": (-score,),
        "earliest": (),
        "degree": (-degree,),
        "first": (id,),
        "longest": (-document.token_count, -document.byte_count),
        "shortest": (document.token_count, document.byte_count),
    }
    chosen = [rules[rule] for rule in (*keep, "degree")]
    content = document.content_hash[16:], document.content_hash[:16]
    return (id not in graph.references, *chosen, *content, id)


def _order_groups(graph: Graph, keep: Sequence[str]) -> list[int]:
    degrees = [len(group) - 1 for group in graph.groups]
    scores = [(len(group) - 1) * UNIT for group in graph.groups]
    for pair, (shared, *counts) in graph.near.items():
        for group, own, other in zip(pair, counts, reversed(counts), strict=True):
            degrees[group] += 1
            if pair in graph.cut:
                scores[group] += UNIT if own > other else -UNIT
            else:
                scores[group] += 4 * shared * UNIT // (4 * own + other - shared)

    def preference(group: int) -> tuple[Any, ...]:
        return _preference(graph, graph.groups[group][0], keep, degrees[group], scores[group])

    return sorted(range(len(graph.groups)), key=preference)


def _link(graph: Graph, linkage: str, order: Sequence[int]) -> dict[int, int]:
    """The group that represents each group."""
    place = {group: i for i, group in enumerate(order)}
    # New copies of two reference documents may be a pair; the two reference documents are not.
    linking = [p for p in graph.near if linkage == "single" or not graph.leads_are_references(p)]
    if linkage == "star":
        owners: dict[int, int] = {}
        neighbours: dict[int, list[int]] = {}
        for left, right in linking:
            neighbours.setdefault(left, []).append(right)
            neighbours.setdefault(right, []).append(left)
        for group in order:
            found = [each for each in neighbours.get(group, ()) if owners.get(each) == each]
            owners[group] = min(found, key=place.__getitem__, default=group)
        return owners
    clusters = {group: {group} for group in order}
    pairs = sorted(linking, key=lambda p: (-graph.jaccard(p), *sorted((place[p[0]], place[p[1]]))))
    linked = set(linking)
    for left, right in pairs:
        one, other = clusters[left], clusters[right]
        crossing = itertools.product(one, other)
        if one is other or (
            linkage == "complete" and not all((min(pair), max(pair)) in linked for pair in crossing)
        ):
            continue
        one |= other
        for group in other:
            clusters[group] = one
    return {group: min(cluster, key=place.__getitem__) for group, cluster in clusters.items()}


def _count_links(
    graph: Graph, owners: dict[int, int], count_shared: CountShared, threshold: float
) -> tuple[dict[Pair, tuple[int, int, int]], list[Pair]]:
    """The counts that relate members to representatives; and the pairs that are reported."""
    inside = dict(graph.near)
    reported = list(graph.near)
    for group, owner in owners.items():
        pair = min(group, owner), max(group, owner)
        if group == owner or pair in inside:
            continue
        leads = [graph.groups[each][0] for each in pair]
        inside[pair] = shared, left, right = count_shared(*leads)
        is_told = not graph.are_all_references(*pair)
        if is_told and shared / (left + right - shared) >= threshold:
            graph.near[pair] = inside[pair]
            reported.append(pair)
    return inside, reported


def _describe_pair(graph: Graph, pair: Pair) -> tuple[Any, ...]:
    # The lead of a group comes first; all other members are new.
    at = int(graph.leads_are_references(pair))
    one, other = ((graph.groups[group][at:] or graph.groups[group])[0] for group in pair)
    shared, left, right = graph.near[pair]
    if one > other:
        one, other, left, right = other, one, right, left
    return one, other, "near", shared, left, right, shared / (left + right - shared)


def _make_cluster(
    graph: Graph,
    owner: int,
    groups: Sequence[int],
    inside: dict[Pair, tuple[int, int, int]],
    reported: Sequence[Pair],
    threshold: float,
) -> dict[str, Any]:
    representative = graph.groups[owner][0]
    members: list[dict[str, Any]] = []
    pairs: list[tuple[Any, ...]] = []
    for group in groups:
        lead = graph.groups[group][0]
        relation, jaccard, containment = _relate(graph, group, owner, inside, threshold)
        for id in graph.groups[group]:
            own = relation or _equality(graph, representative, id)
            members.append(_describe_member(graph, id, own, jaccard, containment))
            if id != lead:
                left, right = sorted((lead, id))
                counts = (graph.counts[group],) * 3
                pairs.append((left, right, _equality(graph, lead, id), *counts, 1.0))
    within = set(groups)
    pairs += [_describe_pair(graph, pair) for pair in reported if within.issuperset(pair)]
    members.sort(key=lambda member: (member["id"] != representative, member["id"]))
    weakest = min(members[1:], key=lambda member: (member["jaccard"], member["id"]))
    ids = "\0".join(sorted(member["id"] for member in members))
    return {
        "cluster_id": xxhash.xxh3_64_hexdigest(ids.encode()),
        "representative": representative,
        "members": members,
        "pairs": sorted(pairs),
        "weakest_link": (weakest["id"], weakest["jaccard"]),
    }


def _relate(
    graph: Graph,
    group: int,
    owner: int,
    inside: dict[Pair, tuple[int, int, int]],
    threshold: float,
) -> tuple[str, float, float]:
    """Relation, Jaccard and containment of each document of a group to the representative."""
    if group == owner:
        return "", 1.0, 1.0
    pair = min(group, owner), max(group, owner)
    shared, left, right = inside[pair]
    jaccard = shared / (left + right - shared)
    kept = left if pair[0] == owner else right
    return "near" if jaccard >= threshold else "linked", jaccard, shared / kept


def _equality(graph: Graph, one: str, other: str) -> str:
    hashes = {graph.described[id].content_hash for id in (one, other)}
    return "identical" if len(hashes) == 1 else "normalised"


def _describe_member(
    graph: Graph, id: str, relation: str, jaccard: float, containment: float
) -> dict[str, Any]:
    document = graph.described[id]
    return {
        "id": id,
        "relation": relation,
        "jaccard": jaccard,
        "representative_containment": containment,
        "token_count": document.token_count,
        "content_hash": document.content_hash,
        "byte_count": document.byte_count,
        "meta": document.meta,
        "is_reference": id in graph.references,
    }
