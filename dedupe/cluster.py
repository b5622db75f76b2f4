"""Clusters of verified pairs, independent of the order of the input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dedupe.config import Linkage
from dedupe.model import VerifiedPairs

Assignment = NDArray[np.int64]


def cluster_pairs(pairs: VerifiedPairs, order: NDArray[np.int64], linkage: Linkage) -> Assignment:
    """The representative of each document: ``int64``, ``(n,)``, itself where it stands alone.

    :param pairs: duplicate pairs over documents ``0 .. n - 1``
    :param order: all documents, the preferred first; representatives are chosen in this order
    :param linkage: ``star``: each document joins the first representative of which it is a
        duplicate, or becomes one; ``single``: connected components; ``complete``: clusters in
        which every two are duplicates, merged from the most similar pair downwards
    """
    return _LINKAGES[linkage](pairs, order)


def _link_star(pairs: VerifiedPairs, order: NDArray[np.int64]) -> Assignment:
    neighbours, offsets = _adjacency(pairs, len(order))
    representative = np.full(len(order), -1, np.int64)
    for document in order.tolist():
        if representative[document] >= 0:
            continue
        # Whoever comes later in the order and is a duplicate of this one finds it first.
        representative[document] = document
        near = neighbours[offsets[document] : offsets[document + 1]]
        representative[near[representative[near] < 0]] = document
    return representative


def _link_single(pairs: VerifiedPairs, order: NDArray[np.int64]) -> Assignment:
    parent = list(range(len(order)))

    def find(document: int) -> int:
        while parent[document] != document:
            parent[document] = parent[parent[document]]
            document = parent[document]
        return document

    for left, right in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        parent[find(left)] = find(right)
    roots = np.array([find(document) for document in range(len(order))], np.int64)
    return _elect(roots, order)


def _link_complete(pairs: VerifiedPairs, order: NDArray[np.int64]) -> Assignment:
    """Greedy agglomeration; two clusters merge when every cross pair is a duplicate pair."""
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    first = np.minimum(rank[pairs.left], rank[pairs.right])
    second = np.maximum(rank[pairs.left], rank[pairs.right])
    members: dict[int, list[int]] = {i: [i] for i in range(len(order))}
    root = list(range(len(order)))
    links: dict[int, dict[int, int]] = {}
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        links.setdefault(one, {})[other] = 1
        links.setdefault(other, {})[one] = 1
    for pair in np.lexsort((second, first, -pairs.jaccard)).tolist():
        one, other = sorted((root[int(first[pair])], root[int(second[pair])]))
        if one == other or links[one][other] != len(members[one]) * len(members[other]):
            continue
        for member in members[other]:
            root[member] = one
        members[one] += members.pop(other)
        _merge_links(links, one, other)
    # Ranks ascend with the order, so the root of a merged cluster is its first member.
    return order[np.array(root, np.int64)][rank]


def _merge_links(links: dict[int, dict[int, int]], one: int, other: int) -> None:
    """Let ``one`` stand for both clusters in the counts of duplicate pairs between clusters."""
    for third, count in links.pop(other).items():
        del links[third][other]
        if third != one:
            links[one][third] = links[third][one] = links[one].get(third, 0) + count


_LINKAGES: dict[Linkage, Callable[[VerifiedPairs, NDArray[np.int64]], Assignment]] = {
    "star": _link_star,
    "single": _link_single,
    "complete": _link_complete,
}


def _adjacency(pairs: VerifiedPairs, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both directions of every pair as neighbours and offsets (``(count + 1,)``)."""
    source = np.concatenate([pairs.left, pairs.right])
    target = np.concatenate([pairs.right, pairs.left])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=count))])
    return target[np.argsort(source, kind="stable")], offsets.astype(np.int64)


def _elect(roots: NDArray[np.int64], order: NDArray[np.int64]) -> Assignment:
    """Name each component after the first of its members in the order."""
    chosen = np.full(len(order), -1, np.int64)
    for document in order.tolist():
        if chosen[roots[document]] < 0:
            chosen[roots[document]] = document
    return chosen[roots]
