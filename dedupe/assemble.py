"""From integers back to ids: the clusters, pairs and figures of a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xxhash
from numpy.typing import NDArray

from dedupe.documents import Collapsed
from dedupe.model import Cluster, DuplicatePair, Member, Relation, VerifiedPairs, WeakestLink


@dataclass(frozen=True, slots=True)
class Clustering:
    """What the stages found, over distinct documents.

    :param pairs: verified duplicates
    :param representatives: ``int64``, ``(m,)``: of each distinct document
    :param shingle_counts: ``int64``, ``(m,)``: distinct shingles (of those that were needed)
    :param links: shared shingles of members and representatives that are no duplicate pair
    """

    collapsed: Collapsed
    pairs: VerifiedPairs
    representatives: NDArray[np.int64]
    shingle_counts: NDArray[np.int64]
    links: dict[tuple[int, int], int]


def assemble_clusters(found: Clustering) -> tuple[tuple[Cluster, ...], tuple[DuplicatePair, ...]]:
    """The clusters, largest first, and the bridges, both in an order of their own."""
    inside: dict[int, list[DuplicatePair]] = defaultdict(list)
    bridges: list[DuplicatePair] = []
    shared: dict[tuple[int, int], int] = dict(found.links)
    columns = (found.pairs.left, found.pairs.right, found.pairs.shared_count)
    owner = found.representatives.tolist()
    for left, right, count in zip(*(column.tolist() for column in columns), strict=True):
        shared[left, right] = count
        pair = _near_pair(found, left, right, count)
        if owner[left] == owner[right]:
            inside[owner[left]].append(pair)
        else:
            bridges.append(pair)
    for group in found.collapsed.copies:
        inside[owner[group]] += _copy_pairs(found, group)
    clusters = [
        _make_cluster(found, representative, groups, inside[representative], shared)
        for representative, groups in _group_members(found).items()
    ]
    clusters.sort(key=lambda cluster: (-len(cluster.members), cluster.representative))
    return tuple(clusters), tuple(sorted(bridges, key=_pair_key))


def _group_members(found: Clustering) -> dict[int, list[int]]:
    """The distinct documents of each cluster that has two documents or more, by representative."""
    owner = found.representatives
    joined = np.flatnonzero(owner != np.arange(len(owner)))
    groups: dict[int, list[int]] = {group: [group] for group in found.collapsed.copies}
    members: dict[int, list[int]] = defaultdict(list)
    for group in sorted({*joined.tolist(), *owner[joined].tolist(), *groups}):
        members[int(owner[group])].append(group)
    return members


def _make_cluster(
    found: Clustering,
    representative: int,
    groups: Iterable[int],
    pairs: list[DuplicatePair],
    shared: dict[tuple[int, int], int],
) -> Cluster:
    lead = int(found.collapsed.leads[representative])
    members: list[Member] = []
    for group in groups:
        documents = [int(found.collapsed.leads[group]), *found.collapsed.copies.get(group, ())]
        key = (min(group, representative), max(group, representative))
        count = None if group == representative else shared[key]
        is_pair = count is None or key not in found.links
        for document in documents:
            members.append(
                _make_member(found, document, group, lead, representative, count, is_pair)
            )
    representative_id = found.collapsed.documents.ids[lead]
    members.sort(key=lambda member: (member.id != representative_id, member.id))
    weakest = min(members[1:], key=lambda member: (member.jaccard, member.id))
    ids = sorted(member.id for member in members)
    return Cluster(
        cluster_id=xxhash.xxh3_64_hexdigest("\0".join(ids).encode()),
        representative=representative_id,
        members=tuple(members),
        pairs=tuple(sorted(pairs, key=_pair_key)),
        weakest_link=WeakestLink(weakest.id, weakest.jaccard),
    )


def _make_member(
    found: Clustering,
    document: int,
    group: int,
    lead: int,
    representative: int,
    shared_count: int | None,
    is_pair: bool,
) -> Member:
    documents = found.collapsed.documents
    relation: Relation
    if shared_count is None:
        relation, jaccard, containment = _copy_relation(found, document, lead), 1.0, 1.0
    else:
        relation = "near" if is_pair else "linked"
        own, kept = int(found.shingle_counts[group]), int(found.shingle_counts[representative])
        jaccard = shared_count / (own + kept - shared_count)
        containment = shared_count / kept
    return Member(
        id=documents.ids[document],
        relation=relation,
        jaccard=jaccard,
        representative_containment=containment,
        token_count=int(documents.token_counts[document]),
        content_hash=documents.content_hash(document),
    )


def _copy_relation(found: Clustering, document: int, lead: int) -> Relation:
    hashes = found.collapsed.documents.content_hashes
    return "identical" if (hashes[document] == hashes[lead]).all() else "normalised"


def _near_pair(found: Clustering, left: int, right: int, shared_count: int) -> DuplicatePair:
    ids, leads = found.collapsed.documents.ids, found.collapsed.leads
    ends = [(ids[leads[end]], int(found.shingle_counts[end])) for end in (left, right)]
    return _make_pair(ends, "near", shared_count)


def _copy_pairs(found: Clustering, group: int) -> list[DuplicatePair]:
    ids = found.collapsed.documents.ids
    lead = int(found.collapsed.leads[group])
    count = int(found.shingle_counts[group])
    return [
        _make_pair(
            [(ids[lead], count), (ids[copy], count)], _copy_relation(found, copy, lead), count
        )
        for copy in found.collapsed.copies[group]
    ]


def _make_pair(ends: list[tuple[str, int]], relation: Relation, shared_count: int) -> DuplicatePair:
    (left, left_count), (right, right_count) = sorted(ends)
    union = left_count + right_count - shared_count
    return DuplicatePair(
        left, right, relation, shared_count, left_count, right_count, shared_count / union
    )


def _pair_key(pair: DuplicatePair) -> tuple[str, str]:
    return pair.left, pair.right
