"""Verified pairs are made into clusters, and each cluster gets a representative."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.clusters.linkage import cluster_pairs
from dedupe.matching.collapse import Collapsed, arrange_groups, count_degrees
from dedupe.matching.content import score_content
from dedupe.matching.matches import Matches
from dedupe.matching.order import order_documents
from dedupe.matching.verification import unpaired_members
from dedupe.model.date_orders import NO_ORDERS, DateOrders
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.settings import ScanSettings


def cluster_matches(
    matches: Matches, settings: ScanSettings, date_orders: DateOrders = NO_ORDERS
) -> Clustering:
    """Order the documents by the ``keep`` rules and cluster them by the linkage.

    :param date_orders: how dates of three numbers are read (see :mod:`dedupe.matching.dates`)
    """
    collapsed = arrange_groups(matches.collapsed, settings.keep, date_orders)
    pairs = matches.pairs
    goes_by_content = "content" in settings.keep
    is_cut = matches.find_cut(pairs) if goes_by_content else np.zeros(len(pairs.left), bool)
    content = score_content(collapsed, pairs, is_cut) if goes_by_content else None
    order = _order_paired(collapsed, pairs, content, settings, date_orders)
    linking = pairs
    if settings.linkage != "single":
        linking = pairs.select(~_both_marked(collapsed.is_reference, pairs))
    representatives = cluster_pairs(linking, order, settings.linkage, len(collapsed))
    links = matches.count_pairs(*unpaired_members(pairs, representatives))
    # A link at or above the threshold is a pair like others, unless both are references.
    near = links.jaccard >= settings.threshold
    near &= ~_both_marked(collapsed.is_reference_only, links)
    shingle_counts = np.zeros(len(collapsed), np.int64)
    shingle_counts[collapsed.with_copies] = matches.count_distinct(collapsed.with_copies)
    for each in (pairs, links):
        shingle_counts[each.left] = each.left_count
        shingle_counts[each.right] = each.right_count
    return Clustering(
        collapsed=collapsed,
        pairs=VerifiedPairs.concatenate([pairs, links.select(near)]),
        is_cut=np.concatenate([is_cut, np.zeros(np.count_nonzero(near), bool)]),
        links=links.select(~near),
        representatives=representatives,
        shingle_counts=shingle_counts,
        threshold=settings.threshold,
    )


def _both_marked(marked: NDArray[np.bool_], pairs: VerifiedPairs) -> NDArray[np.bool_]:
    """Whether both groups of each pair are marked: ``bool``, one for each pair.

    Used for groups that hold reference documents. Two reference documents are never a pair. Their
    copies among the scanned documents can be one: it is a bridge between the clusters of the two,
    and joins them only with ``single`` linkage.
    """
    return marked[pairs.left] & marked[pairs.right]


def _order_paired(
    collapsed: Collapsed,
    pairs: VerifiedPairs,
    content: NDArray[np.int64] | None,
    settings: ScanSettings,
    date_orders: DateOrders,
) -> NDArray[np.int64]:
    """The groups that are in a pair, the preferred first."""
    degrees = count_degrees(collapsed, pairs)
    paired = np.zeros(len(collapsed), bool)
    paired[pairs.left] = paired[pairs.right] = True
    chosen = np.flatnonzero(paired)
    order = order_documents(
        collapsed.documents,
        collapsed.leads[chosen],
        settings.keep,
        degrees[chosen],
        None if content is None else content[chosen],
        date_orders,
    )
    return chosen[order]


class Clustering(msgspec.Struct, frozen=True):
    """The pairs and clusters of *m* groups of equal documents.

    :param pairs: verified duplicates, of which at least one document is no reference
    :param is_cut: whether the document of fewer shingles of each pair is a cut copy of the other,
        where a keep rule asks
    :param links: members and their representatives, if they are in none of ``pairs``
    :param representatives: ``int64``, ``(m,)``: the representative of each group's cluster
    :param shingle_counts: ``int64``, ``(m,)``: distinct shingles, known for groups in clusters
    """

    collapsed: Collapsed
    pairs: VerifiedPairs
    is_cut: NDArray[np.bool_]
    links: VerifiedPairs
    representatives: NDArray[np.int64]
    shingle_counts: NDArray[np.int64]
    threshold: float

    @property
    def clustered(self) -> NDArray[np.int64]:
        """The documents of all clusters of two or more."""
        collapsed, owner = self.collapsed, self.representatives
        joined = np.flatnonzero(owner != np.arange(len(owner)))
        is_in = collapsed.sizes > 1
        is_in[joined] = is_in[owner[joined]] = True
        return collapsed.members[np.repeat(is_in, collapsed.sizes)]
