"""The end of every search: from verified pairs to clusters with their representatives."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.clusters.linkage import cluster_pairs
from dedupe.matching.collapse import Collapsed, arrange_groups, count_degrees
from dedupe.matching.matches import Matches
from dedupe.matching.order import order_documents
from dedupe.matching.verification import unpaired_members
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.settings import ScanSettings


def cluster_matches(matches: Matches, settings: ScanSettings) -> Clustering:
    """Order the documents by the ``keep`` rules, and cluster them by the linkage."""
    collapsed = arrange_groups(matches.collapsed, settings.keep)
    pairs = matches.pairs
    order = _order_paired(collapsed, pairs, settings)
    linking = pairs
    if settings.linkage != "single":
        linking = pairs.select(~_both(collapsed.is_reference, pairs))
    representatives = cluster_pairs(linking, order, settings.linkage, len(collapsed))
    links = matches.count_pairs(*unpaired_members(pairs, representatives))
    # What no bucket had brought together is a pair like others, unless both are references.
    near = links.jaccard >= settings.threshold
    near &= ~_both(collapsed.is_reference_only, links)
    shingle_counts = np.zeros(len(collapsed), np.int64)
    shingle_counts[collapsed.repeated] = matches.count_distinct(collapsed.repeated)
    for each in (pairs, links):
        shingle_counts[each.left] = each.left_count
        shingle_counts[each.right] = each.right_count
    return Clustering(
        collapsed=collapsed,
        pairs=VerifiedPairs.concatenate([pairs, links.select(near)]),
        links=links.select(~near),
        representatives=representatives,
        shingle_counts=shingle_counts,
        threshold=settings.threshold,
    )


def _both(marked: NDArray[np.bool_], pairs: VerifiedPairs) -> NDArray[np.bool_]:
    """Of which pairs both groups are marked.

    Two reference documents are no pair, but copies of them among the new documents are one. It
    leads from one cluster to the other, and joins them where linkage is ``single``.
    """
    return marked[pairs.left] & marked[pairs.right]


def _order_paired(
    collapsed: Collapsed, pairs: VerifiedPairs, settings: ScanSettings
) -> NDArray[np.int64]:
    """The groups that are in a pair, in the order of preference."""
    degrees = count_degrees(collapsed, pairs)
    paired = np.zeros(len(collapsed), bool)
    paired[pairs.left] = paired[pairs.right] = True
    chosen = np.flatnonzero(paired)
    order = order_documents(
        collapsed.documents, collapsed.leads[chosen], settings.keep, degrees[chosen]
    )
    return chosen[order]


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
