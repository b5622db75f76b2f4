"""The clusters, pairs and bridges of a report, made as columns from a clustering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.clusters.assign import Clustering
from dedupe.clusters.shared import SharedDocuments
from dedupe.matching.collapse import Collapsed
from dedupe.model.documents import Locator
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.relations import Relation, relation_of_equal
from dedupe.model.report import SHORT_TOKENS, BridgeEnd, Cluster, DuplicatePair, SharedText
from dedupe.passages.search import SharedTexts
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
    """The parts of a report that describe duplicates.

    :param clusters: largest first
    :param bridges: ordered by left and right id
    :param bridge_ends: ends of bridges that are in no cluster, ordered by id
    :param contained: documents that stand in others
    :param passages: pairs that share passages only
    :param shared_ends: the documents of these lists that are in no cluster or bridge, ordered by id
    :param locators: of all documents in the report, by id, in the order of the ids
    :param duplicate_count: members that are neither representatives nor reference documents
    :param redundant_token_count: the tokens of these members
    :param short_duplicate_count: those of fewer than ``SHORT_TOKENS`` tokens
    """

    clusters: Sequence[Cluster]
    bridges: Sequence[DuplicatePair]
    bridge_ends: Sequence[BridgeEnd]
    contained: Sequence[SharedText]
    passages: Sequence[SharedText]
    shared_ends: Sequence[BridgeEnd]
    locators: Mapping[str, Locator]
    duplicate_count: int
    redundant_token_count: int
    short_duplicate_count: int

    def materialise(self) -> Assembled:
        """These parts with all rows in memory, as tuples and a dictionary."""
        return msgspec.structs.replace(
            self,
            clusters=materialise_clusters(self.clusters),
            bridges=tuple(self.bridges),
            bridge_ends=tuple(self.bridge_ends),
            shared_ends=tuple(self.shared_ends),
            locators=dict(self.locators.items()),
        )


def assemble_clusters(
    clustering: Clustering,
    repeated: Sequence[NDArray[np.int64]] = (),
    shared: SharedTexts | None = None,
    shingle_size: int = 1,
) -> Assembled:
    """Make the clusters and bridges of a report, as lazy rows over columns.

    :param repeated: further documents to locate in the report, since their ids occurred twice
    :param shared: documents that stand in others, and shared passages
    :param shingle_size: tokens in a shingle, by which the runs of ``shared`` become passages
    """
    collapsed = clustering.collapsed
    table = _tabulate(clustering)
    bridged = (
        clustering.representatives[clustering.pairs.left]
        != clustering.representatives[clustering.pairs.right]
    )
    bridges = clustering.pairs.select(bridged)
    ends = collapsed.leads[sort_distinct(np.concatenate([bridges.left, bridges.right]))]
    identities = collapsed.documents.identities
    sharing = SharedDocuments.of(shared, collapsed) if shared else None
    inside = sharing.documents if sharing else np.empty(0, np.int64)
    id_order = _IdOrder.of(identities, np.concatenate([table.documents, ends, inside, *repeated]))
    documents = _describe_documents(collapsed, id_order)
    table = table.order(id_order, collapsed.leads)
    members = _list_members(clustering, table, id_order, documents)
    pairs, pair_begins = _list_pairs(clustering, table, id_order, documents)
    weakest = _find_weakest(members.jaccard, table.begins)
    clusters = ClusterColumns(members, pairs, table.begins, pair_begins, weakest)
    named = id_order.rank, id_order.ids, shingle_size
    is_surplus = table.documents >= collapsed.documents.reference_count
    is_surplus[table.begins[:-1]] = False
    surplus = collapsed.documents.token_counts[table.documents[is_surplus]]
    return Assembled(
        clusters=clusters.rows(),
        bridges=Rows.of_range(pairs.make, 0, int(pair_begins[0])),
        bridge_ends=_list_ends(id_order, ends, table.documents, documents),
        contained=tuple(sharing.list_contained(*named)) if sharing else (),
        passages=tuple(sharing.list_passages(*named)) if sharing else (),
        shared_ends=_list_ends(
            id_order, inside, np.concatenate([table.documents, ends]), documents
        ),
        locators=LocatorTable(
            id_order.ids, identities.locators(id_order.documents), documents.content_hashes
        ),
        duplicate_count=len(surplus),
        redundant_token_count=int(surplus.sum(dtype=np.int64)),
        short_duplicate_count=int(np.count_nonzero(surplus < SHORT_TOKENS)),
    )


class _IdOrder(msgspec.Struct, frozen=True):
    """The documents in a report, in the order of their ids.

    :param ids: ascending
    :param documents: ``int64``, in the order of ``ids``
    :param ranks: ``int64``, by document: its position in that order; undefined for other documents
    """

    ids: list[str]
    documents: NDArray[np.int64]
    ranks: NDArray[np.int64]

    @classmethod
    def of(cls, identities: Identities, documents: NDArray[np.int64]) -> _IdOrder:
        documents = sort_distinct(documents)
        ids = identities.ids(documents)
        order = sorted(range(len(ids)), key=ids.__getitem__)
        ranks = np.empty(int(documents.max(initial=-1)) + 1, np.int64)
        ranks[documents[order]] = np.arange(len(order))
        return cls([ids[i] for i in order], documents[order], ranks)

    def rank(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """The position of each of these documents in the order of the ids."""
        return self.ranks[documents]


def _describe_documents(collapsed: Collapsed, id_order: _IdOrder) -> ReportedDocuments:
    """The description of each document in a report, independent of the work folder."""
    documents, chosen = collapsed.documents, id_order.documents
    metas, meta_begins = documents.identities.packed_metas(chosen)
    return ReportedDocuments(
        ids=id_order.ids,
        token_counts=documents.token_counts[chosen],
        content_hashes=documents.content_hashes[chosen],
        byte_counts=documents.byte_counts[chosen],
        metas=metas,
        meta_begins=meta_begins,
        are_references=chosen < documents.reference_count,
    )


# --- members ------------------------------------------------------------------------------


class _MemberTable(msgspec.Struct, frozen=True):
    """All members of all clusters, one row for each.

    :param owner: the representative of the member's cluster, as a group
    :param group: the member's own group
    :param begins: the first row of each cluster, then the end; empty before :meth:`order`
    """

    documents: NDArray[np.int64]
    owner: NDArray[np.int64]
    group: NDArray[np.int64]
    begins: NDArray[np.int64]

    def order(self, id_order: _IdOrder, leads: NDArray[np.int64]) -> _MemberTable:
        """The rows in the order of a report.

        The largest cluster is first; clusters of equal size are ordered by the id of their
        representative. In a cluster the representative is first, then the others by id.
        """
        ranks = id_order.rank(self.documents)
        order = np.lexsort((ranks, self.documents != leads[self.owner], self.owner))
        begins = np.flatnonzero(np.diff(self.owner[order], prepend=-1))
        sizes = np.diff(begins, append=len(order))
        clusters = np.lexsort((ranks[order[begins]], -sizes))
        sizes = sizes[clusters]
        order = order[_ranges(begins[clusters], sizes)]
        return _MemberTable(
            self.documents[order],
            self.owner[order],
            self.group[order],
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        )


def _ranges(begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The integers ``begins[i]:begins[i] + sizes[i]`` for each *i*, concatenated."""
    ends = np.cumsum(sizes)
    return np.repeat(begins - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


def _tabulate(clustering: Clustering) -> _MemberTable:
    """The documents of all clusters of two or more, not ordered yet."""
    collapsed, owner = clustering.collapsed, clustering.representatives
    joined = np.flatnonzero(owner != np.arange(len(owner)))
    groups = sort_distinct(np.concatenate([joined, owner[joined], collapsed.with_copies]))
    sizes = collapsed.sizes[groups]
    group = np.repeat(groups, sizes)
    documents = collapsed.members[_ranges(collapsed.begins[groups], sizes)]
    return _MemberTable(documents, owner[group], group, np.empty(0, np.int64))


def _list_members(
    clustering: Clustering, table: _MemberTable, id_order: _IdOrder, documents: ReportedDocuments
) -> MemberColumns:
    relations, shared = _relate_members(clustering, table)
    own, kept = clustering.shingle_counts[table.group], clustering.shingle_counts[table.owner]
    return MemberColumns(
        documents=documents,
        ranks=id_order.rank(table.documents),
        relations=relations.astype(np.int8),
        jaccard=shared / (own + kept - shared),
        containment=shared / kept,
    )


def _find_weakest(jaccard: NDArray[np.float64], begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """The member of lowest Jaccard in each cluster (the first by id), representatives aside."""
    jaccard, sizes = jaccard.copy(), np.diff(begins)
    jaccard[begins[:-1]] = np.inf  # the representative
    lowest = np.minimum.reduceat(jaccard, begins[:-1]) if len(sizes) else jaccard
    positions = np.flatnonzero(jaccard == np.repeat(lowest, sizes))
    return positions[np.searchsorted(positions, begins[:-1])]


def _list_ends(
    id_order: _IdOrder,
    ends: NDArray[np.int64],
    listed: NDArray[np.int64],
    documents: ReportedDocuments,
) -> Rows[BridgeEnd]:
    """The ends of bridges, or of other pairs, that are not listed elsewhere."""
    is_alone = np.zeros(len(id_order.documents), bool)
    is_alone[id_order.rank(ends)] = True
    is_alone[id_order.rank(listed)] = False
    columns = BridgeEndColumns(documents, np.flatnonzero(is_alone))
    return Rows.of_range(columns.make, 0, len(columns.ranks))


def _relate_members(
    clustering: Clustering, table: _MemberTable
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The relation of each member to its representative, and the number of shared shingles."""
    hashes = clustering.collapsed.documents.content_hashes
    leads = clustering.collapsed.leads[table.owner]
    equal = (hashes[table.documents] == hashes[leads]).all(axis=1)
    near = _shared_with_representative(clustering.pairs, clustering.representatives)[table.group]
    linked = _shared_with_representative(clustering.links, clustering.representatives)[table.group]
    same = table.group == table.owner
    shared = np.where(near >= 0, near, linked)
    shared = np.where(same, clustering.shingle_counts[table.group], shared)
    own, kept = clustering.shingle_counts[table.group], clustering.shingle_counts[table.owner]
    # A link may be near too: two groups of reference documents are near, but not listed as a pair.
    is_near = shared / (own + kept - shared) >= clustering.threshold
    relation = np.where(is_near, Relation.NEAR.rank, Relation.LINKED.rank)
    return np.where(same, _ranks_of_equal(equal), relation), shared


def _shared_with_representative(
    pairs: VerifiedPairs, owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The number of shingles that each group shares with its representative.

    -1 if the two are in none of these pairs.
    """
    shared = np.full(len(owner), -1, np.int64)
    of_left, of_right = owner[pairs.right] == pairs.left, owner[pairs.left] == pairs.right
    shared[pairs.right[of_left]] = pairs.shared_count[of_left]
    shared[pairs.left[of_right]] = pairs.shared_count[of_right]
    return shared


# --- pairs --------------------------------------------------------------------------------


def _list_pairs(
    clustering: Clustering, table: _MemberTable, id_order: _IdOrder, documents: ReportedDocuments
) -> tuple[PairColumns, NDArray[np.int64]]:
    """All pairs of the report, and the position of the first pair of each cluster.

    These are the near pairs of groups (by their leads), and each copy with the lead of its group.
    Bridges come first; then come the pairs of each cluster. Each part is ordered by left and
    right id.
    """
    collapsed, near, owner = clustering.collapsed, clustering.pairs, clustering.representatives
    groups, copies, kinds = _list_copies_of_groups(collapsed)
    cluster_count = len(table.begins) - 1
    numbers = np.full(len(owner), -1, np.int64)
    numbers[table.owner[table.begins[:-1]]] = np.arange(cluster_count)
    together = owner[near.left] == owner[near.right]
    of_near = np.where(together, numbers[owner[near.left]], -1)
    clusters = np.concatenate([of_near, numbers[owner[groups]]])
    left, right = collapsed.ends_of_pairs(near.left, near.right)
    one = id_order.rank(np.concatenate([left, collapsed.leads[groups]]))
    other = id_order.rank(np.concatenate([right, copies]))
    lower, higher = np.minimum(one, other), np.maximum(one, other)
    # (Ranks are below 2³¹: two in one integer are sorted in one pass.)
    order = np.lexsort((lower << 32 | higher, clusters))
    turned, counts = (one > other)[order], clustering.shingle_counts[groups]

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
        are_cut=column(clustering.is_cut, np.zeros(len(copies))).astype(bool),
    )
    return columns, np.searchsorted(clusters[order], np.arange(cluster_count + 1))


def _list_copies_of_groups(
    collapsed: Collapsed,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """All copies: the group of each, the document, and the rank of its relation to the lead."""
    others = collapsed.sizes[collapsed.with_copies] - 1
    groups = np.repeat(collapsed.with_copies, others)
    copies = collapsed.members[_ranges(collapsed.begins[collapsed.with_copies] + 1, others)]
    hashes = collapsed.documents.content_hashes
    equal = (hashes[copies] == hashes[collapsed.leads[groups]]).all(axis=1)
    return groups, copies, _ranks_of_equal(equal)


def _ranks_of_equal(have_equal_text: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rank of the relation of documents with equal tokens, by whether their texts are equal."""
    same_text, same_tokens = relation_of_equal(True), relation_of_equal(False)
    return np.where(have_equal_text, same_text.rank, same_tokens.rank)
