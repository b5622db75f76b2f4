"""The laws of the linkages, over arbitrary graphs of duplicates."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedupe.clusters.linkage import cluster_pairs
from dedupe.model.pairs import VerifiedPairs

COUNT = 9
EDGES = st.sets(st.sampled_from(list(itertools.combinations(range(COUNT), 2))))
ORDERS = st.permutations(range(COUNT))


def make_pairs(edges):
    ordered = sorted(edges)
    left, right = np.array(ordered, np.int64).reshape(-1, 2).T.copy()
    shared = np.array([50 + (i * 7 + j * 3) % 50 for i, j in ordered], np.int64)
    full = np.full(len(ordered), 100, np.int64)
    return VerifiedPairs(left, right, shared, full, full)


def adjacent(edges, one, other):
    return (min(one, other), max(one, other)) in edges


def cluster(edges, order, linkage):
    return cluster_pairs(make_pairs(edges), np.array(order, np.int64), linkage, COUNT).tolist()


@given(EDGES, ORDERS)
def test_star_cannot_chain(edges, order):
    representatives = cluster(edges, order, "star")
    chosen = [d for d in order if representatives[d] == d]
    for document in order:
        if representatives[document] != document:
            near = [r for r in chosen if adjacent(edges, r, document)]
            assert representatives[document] == near[0], "the first representative that is near"
    for one, other in itertools.combinations(chosen, 2):
        assert not adjacent(edges, one, other)


@given(EDGES, ORDERS)
def test_single_is_connected_components(edges, order):
    representatives = cluster(edges, order, "single")
    component = list(range(COUNT))
    for _ in range(COUNT):
        for one, other in edges:
            component[one] = component[other] = min(component[one], component[other])
    for one, other in itertools.combinations(range(COUNT), 2):
        together = representatives[one] == representatives[other]
        assert together == (component[one] == component[other])
    for members in _members(representatives).values():
        assert representatives[members[0]] == min(members, key=order.index)


@given(EDGES, ORDERS)
def test_complete_wants_every_pair_and_leaves_none_to_merge(edges, order):
    representatives = cluster(edges, order, "complete")
    clusters = list(_members(representatives).values())
    for members in clusters:
        assert all(adjacent(edges, *pair) for pair in itertools.combinations(members, 2))
        assert representatives[members[0]] == min(members, key=order.index)
    for one, other in itertools.combinations(clusters, 2):
        assert not all(adjacent(edges, a, b) for a in one for b in other)


def test_a_chain_stays_two_clusters_unless_single():
    chain, order = {(0, 1), (1, 2)}, list(range(COUNT))
    assert cluster(chain, order, "star")[:3] == [0, 0, 2]
    assert cluster(chain, [1, 0, *range(2, COUNT)], "star")[:3] == [1, 1, 1]
    assert cluster(chain, order, "single")[:3] == [0, 0, 0]
    assert len(set(cluster(chain, order, "complete")[:3])) == 2


def _members(representatives):
    members = {}
    for document, representative in enumerate(representatives):
        members.setdefault(representative, []).append(document)
    return members
