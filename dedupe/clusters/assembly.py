"""From integers back to ids: the clusters, pairs and bridges of a report, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.clusters.assign import Clustering
from dedupe.matching.collapse import Collapsed
from dedupe.model.documents import Locator
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.relations import Relation, relation_of_equal
from dedupe.model.report import BridgeEnd, Cluster, DuplicatePair
from dedupe.report.rows import (
    BridgeEndColumns,
    ClusterColumns,
    LocatorTable,
    MemberColumns,
    PairColumns,
    ReportedDocuments,
    Rows,
    materialise_clusters,
)
from dedupe.store.arrays import sort_distinct
from dedupe.store.identities import Identities


class Assembled(msgspec.Struct, frozen=True):
    """What a report tells of the duplicates.

    :param clusters: largest first
    :param bridges: by left and right id
    :param bridge_ends: ends of bridges that are in no cluster, by id
    :param locators: where all documents stand that the report speaks of, by id, in order
    :param duplicate_count: members that are neither representatives nor reference documents
    :param redundant_token_count: the tokens of those
    """

    clusters: Sequence[Cluster]
    bridges: Sequence[DuplicatePair]
    bridge_ends: Sequence[BridgeEnd]
    locators: Mapping[str, Locator]
    duplicate_count: int
    redundant_token_count: int

    def materialise(self) -> Assembled:
        """The same in memory."""
        return msgspec.structs.replace(
            self,
            clusters=materialise_clusters(self.clusters),
            bridges=tuple(self.bridges),
            bridge_ends=tuple(self.bridge_ends),
            locators=dict(self.locators.items()),
        )


def assemble_clusters(found: Clustering, repeated: Sequence[NDArray[np.int64]] = ()) -> Assembled:
    """The clusters and bridges of a report, as columns still.

    :param repeated: documents of which the report speaks because their ids occurred twice
    """
    collapsed = found.collapsed
    table = _tabulate(found)
    bridged = found.representatives[found.pairs.left] != found.representatives[found.pairs.right]
    bridges = found.pairs.select(bridged)
    ends = collapsed.leads[sort_distinct(np.concatenate([bridges.left, bridges.right]))]
    labels = collapsed.documents.labels
    names = _Names.of(labels, np.concatenate([table.documents, ends, *repeated]))
    documents = _describe(collapsed, names)
    table = table.order(names, collapsed.leads)
    members = _list_members(found, table, names, documents)
    pairs, pair_begins = _list_pairs(found, table, names, documents)
    weakest = _find_weakest(members.jaccard, table.begins)
    clusters = ClusterColumns(members, pairs, table.begins, pair_begins, weakest)
    is_surplus = table.documents >= collapsed.documents.reference_count
    is_surplus[table.begins[:-1]] = False
    surplus = collapsed.documents.token_counts[table.documents[is_surplus]]
    return Assembled(
        clusters=clusters.rows(),
        bridges=Rows.of_range(pairs.make, 0, int(pair_begins[0])),
        bridge_ends=_list_bridge_ends(table, names, ends, documents),
        locators=LocatorTable(names.ids, labels.locators(names.documents)),
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
    def of(cls, labels: Identities, documents: NDArray[np.int64]) -> _Names:
        documents = sort_distinct(documents)
        ids = labels.ids(documents)
        order = sorted(range(len(ids)), key=ids.__getitem__)
        places = np.empty(int(documents.max(initial=-1)) + 1, np.int64)
        places[documents[order]] = np.arange(len(order))
        return cls([ids[i] for i in order], documents[order], places)

    def rank(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each of these documents among the ids."""
        return self.places[documents]


def _describe(collapsed: Collapsed, names: _Names) -> ReportedDocuments:
    """What a report tells of each document, without what stands in the work folder."""
    documents, chosen = collapsed.documents, names.documents
    metas, meta_begins = documents.labels.packed_metas(chosen)
    return ReportedDocuments(
        ids=names.ids,
        token_counts=documents.token_counts[chosen],
        content_hashes=documents.content_hashes[chosen],
        byte_counts=documents.byte_counts[chosen],
        metas=metas,
        meta_begins=meta_begins,
        are_references=chosen < documents.reference_count,
    )


# --- members ------------------------------------------------------------------------------


class _Table(msgspec.Struct, frozen=True):
    """All members of all clusters as columns.

    :param owner: the representative of the cluster, as a group
    :param begins: where each cluster begins, and the end; none yet where there is no order
    """

    documents: NDArray[np.int64]
    owner: NDArray[np.int64]
    group: NDArray[np.int64]
    begins: NDArray[np.int64]

    def order(self, names: _Names, leads: NDArray[np.int64]) -> _Table:
        """As in a report: the largest cluster first, then by the id of the representative, which
        is the first of its members; the others are by id."""
        ranks = names.rank(self.documents)
        order = np.lexsort((ranks, self.documents != leads[self.owner], self.owner))
        begins = np.flatnonzero(np.diff(self.owner[order], prepend=-1))
        sizes = np.diff(begins, append=len(order))
        clusters = np.lexsort((ranks[order[begins]], -sizes))
        sizes = sizes[clusters]
        order = order[_ranges(begins[clusters], sizes)]
        return _Table(
            self.documents[order],
            self.owner[order],
            self.group[order],
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        )


def _ranges(begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The integers ``begins[i]:begins[i] + sizes[i]``, end to end."""
    ends = np.cumsum(sizes)
    return np.repeat(begins - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


def _tabulate(found: Clustering) -> _Table:
    """The documents of each cluster that has two or more."""
    collapsed, owner = found.collapsed, found.representatives
    joined = np.flatnonzero(owner != np.arange(len(owner)))
    groups = sort_distinct(np.concatenate([joined, owner[joined], collapsed.repeated]))
    sizes = collapsed.sizes[groups]
    group = np.repeat(groups, sizes)
    documents = collapsed.members[_ranges(collapsed.begins[groups], sizes)]
    return _Table(documents, owner[group], group, np.empty(0, np.int64))


def _list_members(
    found: Clustering, table: _Table, names: _Names, documents: ReportedDocuments
) -> MemberColumns:
    relations, shared = _relate(found, table)
    own, kept = found.shingle_counts[table.group], found.shingle_counts[table.owner]
    return MemberColumns(
        documents=documents,
        ranks=names.rank(table.documents),
        relations=relations.astype(np.int8),
        jaccard=shared / (own + kept - shared),
        containment=shared / kept,
    )


def _find_weakest(jaccard: NDArray[np.float64], begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each cluster the other member of lowest Jaccard, the first by id where several are."""
    jaccard, sizes = jaccard.copy(), np.diff(begins)
    jaccard[begins[:-1]] = np.inf  # the representative
    lowest = np.minimum.reduceat(jaccard, begins[:-1]) if len(sizes) else jaccard
    places = np.flatnonzero(jaccard == np.repeat(lowest, sizes))
    return places[np.searchsorted(places, begins[:-1])]


def _list_bridge_ends(
    table: _Table, names: _Names, ends: NDArray[np.int64], documents: ReportedDocuments
) -> Rows[BridgeEnd]:
    """Of the ends of bridges the documents that are in no cluster."""
    is_alone = np.zeros(len(names.documents), bool)
    is_alone[names.rank(ends)] = True
    is_alone[names.rank(table.documents)] = False
    columns = BridgeEndColumns(documents, np.flatnonzero(is_alone))
    return Rows.of_range(columns.make, 0, len(columns.ranks))


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
    relation = np.where(is_near, Relation.NEAR.rank, Relation.LINKED.rank)
    return np.where(same, _ranks_of_equal(equal), relation), shared


def _shared_with_representative(
    pairs: VerifiedPairs, owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many shingles a group shares with its representative, of these pairs; else -1."""
    shared = np.full(len(owner), -1, np.int64)
    of_left, of_right = owner[pairs.right] == pairs.left, owner[pairs.left] == pairs.right
    shared[pairs.right[of_left]] = pairs.shared_count[of_left]
    shared[pairs.left[of_right]] = pairs.shared_count[of_right]
    return shared


# --- pairs --------------------------------------------------------------------------------


def _list_pairs(
    found: Clustering, table: _Table, names: _Names, documents: ReportedDocuments
) -> tuple[PairColumns, NDArray[np.int64]]:
    """The near pairs of groups and the pair of each copy with its lead, and where those of each
    cluster begin. Bridges come first; each part is ordered by left id and right id."""
    collapsed, near, owner = found.collapsed, found.pairs, found.representatives
    groups, copies, kinds = _list_copies(collapsed)
    cluster_count = len(table.begins) - 1
    numbers = np.full(len(owner), -1, np.int64)
    numbers[table.owner[table.begins[:-1]]] = np.arange(cluster_count)
    together = owner[near.left] == owner[near.right]
    of_near = np.where(together, numbers[owner[near.left]], -1)
    clusters = np.concatenate([of_near, numbers[owner[groups]]])
    left, right = collapsed.ends_of_pairs(near.left, near.right)
    one = names.rank(np.concatenate([left, collapsed.leads[groups]]))
    other = names.rank(np.concatenate([right, copies]))
    lower, higher = np.minimum(one, other), np.maximum(one, other)
    # (Ranks are below 2³¹: two in one integer are sorted in one pass.)
    order = np.lexsort((lower << 32 | higher, clusters))
    turned, counts = (one > other)[order], found.shingle_counts[groups]

    def column(of_near: NDArray[Any], of_copies: NDArray[Any]) -> NDArray[np.int32]:
        return np.concatenate([of_near, of_copies])[order].astype(np.int32)

    one_counts, other_counts = column(near.left_count, counts), column(near.right_count, counts)
    columns = PairColumns(
        documents=documents,
        left=lower[order].astype(np.int32),
        right=higher[order].astype(np.int32),
        relations=column(np.full(len(near.left), Relation.NEAR.rank), kinds).astype(np.int8),
        shared_counts=column(near.shared_count, counts),
        left_counts=np.where(turned, other_counts, one_counts),
        right_counts=np.where(turned, one_counts, other_counts),
    )
    return columns, np.searchsorted(clusters[order], np.arange(cluster_count + 1))


def _list_copies(
    collapsed: Collapsed,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Groups of more than one document, once a copy; the copies; how these relate to the lead."""
    others = collapsed.sizes[collapsed.repeated] - 1
    groups = np.repeat(collapsed.repeated, others)
    copies = collapsed.members[_ranges(collapsed.begins[collapsed.repeated] + 1, others)]
    hashes = collapsed.documents.content_hashes
    equal = (hashes[copies] == hashes[collapsed.leads[groups]]).all(axis=1)
    return groups, copies, _ranks_of_equal(equal)


def _ranks_of_equal(have_equal_text: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How documents relate whose tokens are equal, as numbers."""
    same_text, same_tokens = relation_of_equal(True), relation_of_equal(False)
    return np.where(have_equal_text, same_text.rank, same_tokens.rank)
