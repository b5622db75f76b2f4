"""From integers back to ids: the clusters, pairs and bridges of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from dedupe.distinct import sort_distinct
from dedupe.documents import Collapsed
from dedupe.labels import Labels
from dedupe.model import (
    BridgeEnd,
    Cluster,
    DuplicatePair,
    Locator,
    Member,
    Relation,
    VerifiedPairs,
    WeakestLink,
)

_RELATIONS: tuple[Relation, ...] = ("identical", "normalised", "near", "linked")
_IDENTICAL, _NORMALISED, _NEAR, _LINKED = range(4)

ROWS_AT_ONCE = 1 << 14
"""Members or pairs that are made together: their columns as lists are large."""


class Clustering(msgspec.Struct, frozen=True):
    """What the stages found, over groups of equal documents.

    :param pairs: verified duplicates, of which one document at least is no reference
    :param links: members with a representative with which they are in none of those pairs
    :param representatives: ``int64``, ``(m,)``: of each group
    :param shingle_counts: ``int64``, ``(m,)``: distinct shingles, of the groups in clusters
    """

    collapsed: Collapsed
    pairs: VerifiedPairs
    links: VerifiedPairs
    representatives: NDArray[np.int64]
    shingle_counts: NDArray[np.int64]
    threshold: float


class Assembled(msgspec.Struct, frozen=True):
    """What a report tells of the duplicates.

    :param clusters: largest first
    :param bridges: by left and right id
    :param bridge_ends: ends of bridges that are in no cluster, by id
    :param locators: where all documents stand that the report speaks of, by id, in order
    :param duplicate_count: members that are neither representatives nor reference documents
    :param redundant_token_count: the tokens of those
    """

    clusters: tuple[Cluster, ...]
    bridges: tuple[DuplicatePair, ...]
    bridge_ends: tuple[BridgeEnd, ...]
    locators: dict[str, Locator]
    duplicate_count: int
    redundant_token_count: int


def assemble_clusters(found: Clustering, repeated: Sequence[NDArray[np.int64]] = ()) -> Assembled:
    """The clusters and bridges of a report.

    :param repeated: documents of which the report speaks because their ids occurred twice
    """
    collapsed = found.collapsed
    table = _tabulate(found)
    bridged = found.representatives[found.pairs.left] != found.representatives[found.pairs.right]
    bridges = found.pairs.select(bridged)
    ends = collapsed.leads[sort_distinct(np.concatenate([bridges.left, bridges.right]))]
    labels = collapsed.documents.labels
    names = _Names.of(labels, np.concatenate([table.documents, ends, *repeated]))
    table = table.order(names, collapsed.leads)
    pairs = _list_pairs(found, names)
    clusters = _make_clusters(found, table, names, pairs)
    is_surplus = ~table.is_first & (table.documents >= collapsed.documents.reference_count)
    surplus = collapsed.documents.token_counts[table.documents[is_surplus]]
    return Assembled(
        clusters=clusters,
        bridges=pairs.of_owners(names, np.array([-1]))[0],
        bridge_ends=_make_bridge_ends(found, table, names, ends),
        locators=labels.locate(names.ids, names.documents),
        duplicate_count=len(surplus),
        redundant_token_count=int(surplus.sum(dtype=np.int64)),
    )


class _Names(msgspec.Struct, frozen=True):
    """The documents that a report speaks of, in the order of their ids.

    :param ids: in that order
    :param documents: ``int64``, in that order
    :param places: ``int64``, by document: its place in that order, of those that are in it
    """

    ids: list[str]
    documents: NDArray[np.int64]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, labels: Labels, documents: NDArray[np.int64]) -> _Names:
        documents = sort_distinct(documents)
        ids = labels.ids(documents)
        order = sorted(range(len(ids)), key=ids.__getitem__)
        places = np.empty(int(documents.max(initial=-1)) + 1, np.int64)
        places[documents[order]] = np.arange(len(order))
        return cls([ids[i] for i in order], documents[order], places)

    def rank(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each of these documents among the ids."""
        return self.places[documents]


# --- members ------------------------------------------------------------------------------


class _Table(msgspec.Struct, frozen=True):
    """All members of all clusters as columns.

    :param owner: the representative of the cluster, as a group
    :param is_first: whether it is the representative itself
    """

    documents: NDArray[np.int64]
    owner: NDArray[np.int64]
    group: NDArray[np.int64]
    is_first: NDArray[np.bool_]

    def order(self, names: _Names, leads: NDArray[np.int64]) -> _Table:
        """Cluster after cluster; in each the representative first, the others by id."""
        ranks = names.rank(self.documents)
        order = np.lexsort((ranks, self.documents != leads[self.owner], self.owner))
        owner = self.owner[order]
        is_first = np.ones(len(owner), bool)
        is_first[1:] = owner[1:] != owner[:-1]
        return _Table(self.documents[order], owner, self.group[order], is_first)


def _tabulate(found: Clustering) -> _Table:
    """The documents of each cluster that has two or more."""
    collapsed, owner = found.collapsed, found.representatives
    joined = np.flatnonzero(owner != np.arange(len(owner)))
    groups = sort_distinct(np.concatenate([joined, owner[joined], collapsed.repeated]))
    sizes = collapsed.sizes[groups]
    group = np.repeat(groups, sizes)
    within = np.arange(len(group)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    documents = collapsed.members[collapsed.begins[group] + within]
    return _Table(documents, owner[group], group, np.zeros(len(group), bool))


def _make_clusters(
    found: Clustering, table: _Table, names: _Names, pairs: _ListedPairs
) -> tuple[Cluster, ...]:
    ranks, owner = names.rank(table.documents), table.owner
    begins = np.flatnonzero(table.is_first)
    sizes = np.diff(begins, append=len(owner))
    relation, shared = _relate(found, table)
    own, kept = found.shingle_counts[table.group], found.shingle_counts[owner]
    jaccard = shared / (own + kept - shared)
    ids = [names.ids[rank] for rank in ranks.tolist()]
    members = _make_members(found, table, ids, relation, jaccard, shared / kept)
    # Of each cluster the other member of lowest Jaccard, by id where several are.
    weakest = np.lexsort((ranks, jaccard, table.is_first, owner))[begins]
    in_order = [ids[i] for i in np.lexsort((ranks, owner)).tolist()]
    columns = (begins, begins + sizes, weakest)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    within = pairs.of_owners(names, owner[begins])

    def make(cluster: int) -> Cluster:
        begin, end, at_weakest = rows[cluster]
        link = members[at_weakest]
        return Cluster(
            cluster_id=_name_cluster(in_order[begin:end]),
            representative=ids[begin],
            members=tuple(members[begin:end]),
            pairs=within[cluster],
            weakest_link=WeakestLink(link.id, link.jaccard),
        )

    # Largest first, then by the id of the representative.
    return tuple(map(make, np.lexsort((ranks[begins], -sizes)).tolist()))


def _name_cluster(ids: Sequence[str]) -> str:
    """The id of a cluster of these documents, which are in order."""
    return xxhash.xxh3_64_hexdigest("\0".join(ids).encode("utf-8", "surrogatepass"))


def _make_members(
    found: Clustering,
    table: _Table,
    ids: Sequence[str],
    relation: NDArray[np.int64],
    jaccard: NDArray[np.float64],
    containment: NDArray[np.float64],
) -> list[Member]:
    documents = found.collapsed.documents
    members: list[Member] = []
    for begin in range(0, len(ids), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        chosen = table.documents[part]
        columns: tuple[Any, ...] = (
            ids[part],
            map(_RELATIONS.__getitem__, relation[part].tolist()),
            jaccard[part].tolist(),
            containment[part].tolist(),
            documents.token_counts[chosen].tolist(),
            _hexadecimal(documents.content_hashes[chosen]),
            documents.byte_counts[chosen].tolist(),
            documents.labels.metas(chosen),
            (chosen < documents.reference_count).tolist(),
        )
        members += map(Member, *columns)
    return members


def _make_bridge_ends(
    found: Clustering, table: _Table, names: _Names, ends: NDArray[np.int64]
) -> tuple[BridgeEnd, ...]:
    """Of the ends of bridges the documents that are in no cluster."""
    documents = found.collapsed.documents
    is_alone = np.zeros(len(names.documents), bool)
    is_alone[names.rank(ends)] = True
    is_alone[names.rank(table.documents)] = False
    ranks = np.flatnonzero(is_alone)
    chosen = names.documents[ranks]
    columns: tuple[Any, ...] = (
        [names.ids[rank] for rank in ranks.tolist()],
        documents.token_counts[chosen].tolist(),
        _hexadecimal(documents.content_hashes[chosen]),
        documents.byte_counts[chosen].tolist(),
        documents.labels.metas(chosen),
        (chosen < documents.reference_count).tolist(),
    )
    return tuple(map(BridgeEnd, *columns))


def _relate(found: Clustering, table: _Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How each member relates to its representative, and how many shingles they share."""
    hashes = found.collapsed.documents.content_hashes
    leads = found.collapsed.leads[table.owner]
    equal = (hashes[table.documents] == hashes[leads]).all(axis=1)
    near = _shared_with_representative(found.pairs, found.representatives)[table.group]
    linked = _shared_with_representative(found.links, found.representatives)[table.group]
    same = table.group == table.owner
    shared = np.where(near >= 0, near, linked)
    shared = np.where(same, found.shingle_counts[table.group], shared)
    own, kept = found.shingle_counts[table.group], found.shingle_counts[table.owner]
    # A link may be near too: between two groups of the archive, whose pair is not told.
    is_near = shared / (own + kept - shared) >= found.threshold
    relation = np.where(is_near, _NEAR, _LINKED)
    return np.where(same, np.where(equal, _IDENTICAL, _NORMALISED), relation), shared


def _shared_with_representative(
    pairs: VerifiedPairs, owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many shingles a group shares with its representative, of these pairs; else -1."""
    shared = np.full(len(owner), -1, np.int64)
    of_left, of_right = owner[pairs.right] == pairs.left, owner[pairs.left] == pairs.right
    shared[pairs.right[of_left]] = pairs.shared_count[of_left]
    shared[pairs.left[of_right]] = pairs.shared_count[of_right]
    return shared


def _hexadecimal(hashes: NDArray[np.uint64]) -> list[str]:
    text = hashes.astype(">u8").tobytes().hex()
    return [text[i : i + 32] for i in range(0, len(text), 32)]


# --- pairs --------------------------------------------------------------------------------


class _ListedPairs(msgspec.Struct, frozen=True):
    """All duplicate pairs as columns, by owner, left id and right id.

    :param owner: the representative of the cluster that holds both ends, -1 for a bridge
    :param left: rank of the left id
    :param right: rank of the right id
    """

    owner: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    relation: NDArray[np.int64]
    shared_count: NDArray[np.int64]
    left_count: NDArray[np.int64]
    right_count: NDArray[np.int64]

    def of_owners(
        self, names: _Names, owners: NDArray[np.int64]
    ) -> list[tuple[DuplicatePair, ...]]:
        """The pairs of each owner as they stand in a report; ``owners`` ascend."""
        begins = np.searchsorted(self.owner, owners).tolist()
        ends = np.searchsorted(self.owner, owners, side="right").tolist()
        pairs: list[DuplicatePair] = []
        base = begins[0] if begins else 0
        for begin in range(base, ends[-1] if ends else 0, ROWS_AT_ONCE):
            pairs += self._make(names, slice(begin, min(begin + ROWS_AT_ONCE, ends[-1])))
        return [
            tuple(pairs[begin - base : end - base]) for begin, end in zip(begins, ends, strict=True)
        ]

    def _make(self, names: _Names, run: slice) -> Iterator[DuplicatePair]:
        shared, left, right = self.shared_count[run], self.left_count[run], self.right_count[run]
        columns: tuple[Any, ...] = (
            map(names.ids.__getitem__, self.left[run].tolist()),
            map(names.ids.__getitem__, self.right[run].tolist()),
            map(_RELATIONS.__getitem__, self.relation[run].tolist()),
            shared.tolist(),
            left.tolist(),
            right.tolist(),
            (shared / (left + right - shared)).tolist(),
        )
        return map(DuplicatePair, *columns)


def _list_pairs(found: Clustering, names: _Names) -> _ListedPairs:
    """The near pairs of groups, and the pair of each copy with its lead."""
    collapsed, pairs, owner = found.collapsed, found.pairs, found.representatives
    sizes = collapsed.sizes[collapsed.repeated]
    groups = np.repeat(collapsed.repeated, sizes - 1)
    within = np.arange(len(groups)) - np.repeat(np.cumsum(sizes - 1) - (sizes - 1), sizes - 1)
    copies = collapsed.members[collapsed.begins[groups] + within + 1]
    hashes = collapsed.documents.content_hashes
    equal = (hashes[copies] == hashes[collapsed.leads[groups]]).all(axis=1)
    counts = found.shingle_counts[groups]
    left, right = collapsed.ends_of_pairs(pairs.left, pairs.right)
    one = names.rank(np.concatenate([left, collapsed.leads[groups]]))
    other = names.rank(np.concatenate([right, copies]))
    joined = np.where(owner[pairs.left] == owner[pairs.right], owner[pairs.left], -1)
    one_count = np.concatenate([pairs.left_count, counts])
    other_count = np.concatenate([pairs.right_count, counts])
    turned = one > other
    owners = np.concatenate([joined, owner[groups]])
    # (Ranks are below 2³¹: two in one integer are sorted in one pass.)
    order = np.lexsort((np.minimum(one, other) << 32 | np.maximum(one, other), owners))
    kinds = np.concatenate(
        [np.full(len(pairs.left), _NEAR), np.where(equal, _IDENTICAL, _NORMALISED)]
    )
    columns = (
        owners,
        np.minimum(one, other),
        np.maximum(one, other),
        kinds,
        np.concatenate([pairs.shared_count, counts]),
        np.where(turned, other_count, one_count),
        np.where(turned, one_count, other_count),
    )
    return _ListedPairs(*(column[order] for column in columns))
