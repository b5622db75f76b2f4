"""Exact verification: every pair against its sets, however the pairs are cut into jobs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.matching.verification import Verifier, count_distinct, sort_pairs, verify_pairs
from dedupe.sketch import load_kernels
from dedupe.sketch.plain import PlainKernels

KERNELS = [load_kernels(), PlainKernels()]


class ListedShingles:
    """``ShingleSets`` of lists of hashes; remembers what was read."""

    def __init__(self, lists):
        self.lists = [np.array(each, np.uint64) for each in lists]
        self.read_count = 0

    def counts(self, documents):
        return np.array([len(self.lists[i]) for i in documents.tolist()], np.int64)

    def gather(self, documents):
        self.read_count += len(documents)
        counts = self.counts(documents)
        hashes = [np.empty(0, np.uint64), *(self.lists[i] for i in documents.tolist())]
        return np.concatenate(hashes), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


@settings(max_examples=150, deadline=None)
@given(
    lists=st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=12), min_size=2, max_size=14),
    chosen=st.randoms(use_true_random=False),
    kernels=st.sampled_from(KERNELS),
    threshold=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    hashes_per_job=st.sampled_from([1, 20, 1 << 20]),
)
def test_verified_pairs_are_those_at_the_threshold(
    lists, chosen, kernels, threshold, hashes_per_job
):
    pairs = [p for p in itertools.combinations(range(len(lists)), 2) if chosen.random() < 0.7]
    chosen.shuffle(pairs)
    left, right = np.array(pairs, np.int32).reshape(-1, 2).T.copy()
    shingles = ListedShingles(lists)
    verifier = Verifier(shingles, len(lists), kernels, hashes_per_job=hashes_per_job)
    found = sort_pairs([verify_pairs(verifier, left, right, threshold)])
    expected = []
    for one, other in sorted(pairs):
        sets = {*lists[one]}, {*lists[other]}
        shared = len(sets[0] & sets[1])
        if shared / len(sets[0] | sets[1]) >= threshold:
            expected.append((one, other, shared, len(sets[0]), len(sets[1])))
    columns = (found.left, found.right, found.shared_count, found.left_count, found.right_count)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected
    counts = count_distinct(verifier, np.arange(len(lists)))
    assert counts.tolist() == [len({*each}) for each in lists]


@pytest.mark.parametrize("kernels", KERNELS, ids=lambda kernels: kernels.name)
def test_what_many_pairs_have_in_common_is_not_read_for_each(kernels):
    """3,000 documents in 120,000 pairs, of which a job may read a third."""
    rng = np.random.default_rng(3)
    count = 3000
    lists = rng.integers(0, 2**63, (count, 8))
    pairs = np.unique(np.sort(rng.integers(0, count, (120_000, 2)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    shingles = ListedShingles(lists)
    verifier = Verifier(shingles, count, kernels, hashes_per_job=8 * count // 3 * 2)
    left, right = np.ascontiguousarray(pairs.T, np.int32)
    assert len(verify_pairs(verifier, left, right, 0.5).left) == 0
    # (In the order in which pairs are found nearly every pair would read a document.)
    assert shingles.read_count < len(pairs) / 4
