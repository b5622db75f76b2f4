"""From integers back to ids: the clusters, pairs and bridges of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from dedupe.documents import Collapsed
from dedupe.model import Cluster, DuplicatePair, Member, Relation, VerifiedPairs, WeakestLink

_RELATIONS: tuple[Relation, ...] = ("identical", "normalised", "near")
_IDENTICAL, _NORMALISED, _NEAR = range(3)


@dataclass(frozen=True, slots=True)
class Clustering:
    """What the stages found, over distinct documents.

    :param pairs: verified duplicates
    :param links: members with a representative of which they are no duplicate
    :param representatives: ``int64``, ``(m,)``: of each distinct document
    :param shingle_counts: ``int64``, ``(m,)``: distinct shingles (of those that were needed)
    """

    collapsed: Collapsed
    pairs: VerifiedPairs
    links: VerifiedPairs
    representatives: NDArray[np.int64]
    shingle_counts: NDArray[np.int64]


def assemble_clusters(found: Clustering) -> tuple[tuple[Cluster, ...], tuple[DuplicatePair, ...]]:
    """The clusters, largest first, and the bridges, by left and right id."""
    listed = _list_pairs(found)
    bridges = tuple(_make_pairs(listed, np.flatnonzero(listed.owner < 0)))
    inside = np.flatnonzero(listed.owner >= 0)
    pairs = _make_pairs(listed, inside)
    owners, begins = np.unique(listed.owner[inside], return_index=True)
    ends = np.append(begins[1:], len(inside))[: len(begins)]
    pairs_of = {
        owner: tuple(pairs[begin:end])
        for owner, begin, end in zip(owners.tolist(), begins.tolist(), ends.tolist(), strict=True)
    }
    near = _shared_with_representative(found.pairs, found.representatives)
    linked = _shared_with_representative(found.links, found.representatives)
    clusters = [
        _make_cluster(found, representative, groups, pairs_of.get(representative, ()), near, linked)
        for representative, groups in _group_members(found).items()
    ]
    clusters.sort(key=lambda cluster: (-len(cluster.members), cluster.representative))
    return tuple(clusters), bridges


@dataclass(frozen=True, slots=True)
class _ListedPairs:
    """All duplicate pairs as columns, by owner, left id and right id.

    :param owner: the representative of the cluster that holds both ends, -1 for a bridge
    """

    left: Sequence[str]
    right: Sequence[str]
    owner: NDArray[np.int64]
    relation: NDArray[np.int64]
    shared_count: NDArray[np.int64]
    left_count: NDArray[np.int64]
    right_count: NDArray[np.int64]


def _list_pairs(found: Clustering) -> _ListedPairs:
    """The near pairs of leads, and the pair of each copy with its lead."""
    collapsed, pairs, owner = found.collapsed, found.pairs, found.representatives
    groups = np.repeat(
        np.array([*collapsed.copies], np.int64),
        np.array([len(copies) for copies in collapsed.copies.values()], np.int64),
    )
    copies = np.array([c for group in collapsed.copies.values() for c in group], np.int64)
    hashes = collapsed.documents.content_hashes
    equal = (hashes[copies] == hashes[collapsed.leads[groups]]).all(axis=1)
    counts = found.shingle_counts
    left = np.concatenate([collapsed.leads[pairs.left], collapsed.leads[groups]])
    right = np.concatenate([collapsed.leads[pairs.right], copies])
    joined = np.where(owner[pairs.left] == owner[pairs.right], owner[pairs.left], -1)
    columns: dict[str, NDArray[np.int64]] = {
        "owner": np.concatenate([joined, owner[groups]]),
        "relation": np.concatenate(
            [np.full(len(pairs.left), _NEAR), np.where(equal, _IDENTICAL, _NORMALISED)]
        ),
        "shared_count": np.concatenate([pairs.shared_count, counts[groups]]),
        "left_count": np.concatenate([pairs.left_count, counts[groups]]),
        "right_count": np.concatenate([pairs.right_count, counts[groups]]),
    }
    return _order_pairs(collapsed.documents.ids, left, right, columns)


def _order_pairs(
    all_ids: Sequence[str],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    columns: dict[str, NDArray[np.int64]],
) -> _ListedPairs:
    """Turn each pair so that its left id is the smaller, and order the pairs."""
    documents, positions = np.unique(np.concatenate([left, right]), return_inverse=True)
    ids = [all_ids[document] for document in documents.tolist()]
    by_id = sorted(range(len(ids)), key=ids.__getitem__)
    rank = np.empty(len(ids), np.int64)
    rank[by_id] = np.arange(len(ids))
    one, other = rank[positions[: len(left)]], rank[positions[len(left) :]]
    turned = one > other
    one, other = np.minimum(one, other), np.maximum(one, other)
    counts = columns["left_count"], columns["right_count"]
    columns["left_count"] = np.where(turned, counts[1], counts[0])
    columns["right_count"] = np.where(turned, counts[0], counts[1])
    order = np.lexsort((other, one, columns["owner"]))
    ordered = {name: column[order] for name, column in columns.items()}
    names = [ids[i] for i in by_id]
    return _ListedPairs(
        left=[names[i] for i in one[order].tolist()],
        right=[names[i] for i in other[order].tolist()],
        **ordered,
    )


def _make_pairs(listed: _ListedPairs, chosen: NDArray[np.int64]) -> list[DuplicatePair]:
    """Those pairs as they stand in a report; ``chosen`` is a run without gaps."""
    if len(chosen) == 0:
        return []
    run = slice(int(chosen[0]), int(chosen[-1]) + 1)
    shared, left, right = (
        column[run] for column in (listed.shared_count, listed.left_count, listed.right_count)
    )
    columns: tuple[Any, ...] = (shared, left, right, shared / (left + right - shared))
    relations = [_RELATIONS[i] for i in listed.relation[run].tolist()]
    numbers = (column.tolist() for column in columns)
    return list(map(DuplicatePair, listed.left[run], listed.right[run], relations, *numbers))


def _shared_with_representative(pairs: VerifiedPairs, owner: NDArray[np.int64]) -> dict[int, int]:
    """How many shingles a distinct member shares with its representative, of these pairs."""
    of_left, of_right = owner[pairs.right] == pairs.left, owner[pairs.left] == pairs.right
    members = np.concatenate([pairs.right[of_left], pairs.left[of_right]])
    counts = np.concatenate([pairs.shared_count[of_left], pairs.shared_count[of_right]])
    return dict(zip(members.tolist(), counts.tolist(), strict=True))


def _group_members(found: Clustering) -> dict[int, list[int]]:
    """The distinct documents of each cluster that has two documents or more, by representative."""
    owner = found.representatives
    joined = np.flatnonzero(owner != np.arange(len(owner)))
    involved = {*joined.tolist(), *owner[joined].tolist(), *found.collapsed.copies}
    members: dict[int, list[int]] = {}
    for group in sorted(involved):
        members.setdefault(int(owner[group]), []).append(group)
    return members


def _make_cluster(
    found: Clustering,
    representative: int,
    groups: list[int],
    pairs: tuple[DuplicatePair, ...],
    near: dict[int, int],
    linked: dict[int, int],
) -> Cluster:
    collapsed = found.collapsed
    representative_id = collapsed.documents.ids[collapsed.leads[representative]]
    members = [
        _make_member(found, document, group, representative, near, linked)
        for group in groups
        for document in (int(collapsed.leads[group]), *collapsed.copies.get(group, ()))
    ]
    members.sort(key=lambda member: (member.id != representative_id, member.id))
    weakest = min(members[1:], key=lambda member: (member.jaccard, member.id))
    ids = sorted(member.id for member in members)
    return Cluster(
        cluster_id=xxhash.xxh3_64_hexdigest("\0".join(ids).encode()),
        representative=representative_id,
        members=tuple(members),
        pairs=pairs,
        weakest_link=WeakestLink(weakest.id, weakest.jaccard),
    )


def _make_member(
    found: Clustering,
    document: int,
    group: int,
    representative: int,
    near: dict[int, int],
    linked: dict[int, int],
) -> Member:
    documents = found.collapsed.documents
    own, kept = int(found.shingle_counts[group]), int(found.shingle_counts[representative])
    if group == representative:
        lead = found.collapsed.leads[group]
        equal = (documents.content_hashes[document] == documents.content_hashes[lead]).all()
        relation: Relation = "identical" if equal else "normalised"
        count = kept
    else:
        relation = "near" if group in near else "linked"
        count = near[group] if group in near else linked[group]
    return Member(
        id=documents.ids[document],
        relation=relation,
        jaccard=count / (own + kept - count),
        representative_containment=count / kept,
        token_count=int(documents.token_counts[document]),
        content_hash=documents.content_hash(document),
        meta=documents.metas.values(document),
    )
