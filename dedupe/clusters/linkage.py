"""The three linkages, which make clusters of verified pairs independent of the input's order."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.pairs import VerifiedPairs
from dedupe.model.settings import Linkage
from dedupe.sketch import load_kernels

Assignment = NDArray[np.int64]


def cluster_pairs(
    pairs: VerifiedPairs, order: NDArray[np.int64], linkage: Linkage, count: int
) -> Assignment:
    """The representative of each document: ``int64``, ``(count,)``; a lone document is its own.

    :param pairs: duplicate pairs over documents ``0 .. count - 1``
    :param order: the documents that are in pairs, the preferred first, for representatives
    :param linkage: ``star``: each document joins the first representative of which it is a
        duplicate, or becomes one; ``single``: connected components; ``complete``: clusters in
        which every two are duplicates, merged from the most similar pair downwards
    """
    position = np.full(count, -1, np.int64)
    position[order] = np.arange(len(order))
    left, right = position[pairs.left], position[pairs.right]
    ordered = OrderedPairs(
        np.minimum(left, right), np.maximum(left, right), pairs.jaccard, len(order)
    )
    representatives = np.arange(count)
    representatives[order] = order[_LINKAGES[linkage](ordered)]
    return representatives


class OrderedPairs(msgspec.Struct, frozen=True):
    """Duplicate pairs over documents that are numbered in the order of preference.

    :param first: ``int64``; ``first < second`` holds for every pair
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    count: int


def _link_star(pairs: OrderedPairs) -> Assignment:
    neighbours, offsets = _adjacency(pairs)
    # Most documents have one neighbour or two: plain loops over memory are the fastest.
    near, begins = neighbours.data, offsets.tolist()
    representative = [-1] * pairs.count
    for document in range(pairs.count):
        if representative[document] >= 0:
            continue
        # Its duplicates that come later in the order join it, unless they have joined another.
        representative[document] = document
        for other in near[begins[document] : begins[document + 1]]:
            if representative[other] < 0:
                representative[other] = document
    return np.array(representative, np.int64)


def _link_single(pairs: OrderedPairs) -> Assignment:
    first, second = pairs.first.astype(np.int32), pairs.second.astype(np.int32)
    return load_kernels().label_components(pairs.count, first, second)


def _link_complete(pairs: OrderedPairs) -> Assignment:
    """Greedy agglomeration; two clusters merge when every cross pair is a duplicate pair."""
    first, second = pairs.first, pairs.second
    members: dict[int, list[int]] = {i: [i] for i in range(pairs.count)}
    root = list(range(pairs.count))
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
    # The root of a merged cluster is its first member in the order.
    return np.array(root, np.int64)


def _merge_links(links: dict[int, dict[int, int]], one: int, other: int) -> None:
    """Add the counts of duplicate pairs of ``other`` with third clusters to those of ``one``."""
    for third, count in links.pop(other).items():
        del links[third][other]
        if third != one:
            links[one][third] = links[third][one] = links[one].get(third, 0) + count


_LINKAGES: dict[Linkage, Callable[[OrderedPairs], Assignment]] = {
    "star": _link_star,
    "single": _link_single,
    "complete": _link_complete,
}


def _adjacency(pairs: OrderedPairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The later neighbours of each document, and offsets (``(count + 1,)``)."""
    offsets = np.concatenate([[0], np.cumsum(np.bincount(pairs.first, minlength=pairs.count))])
    return pairs.second[np.argsort(pairs.first, kind="stable")], offsets.astype(np.int64)
