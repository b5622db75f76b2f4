"""Banding, buckets and what a capped bucket costs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.matching.banding import (
    ESTIMATE_LOSS,
    band_recall,
    choose_banding,
    choose_minimum_equal,
    make_band_keys,
)
from dedupe.matching.buckets import PIVOT_COUNT, sort_band
from dedupe.matching.candidates import find_candidates
from dedupe.model.errors import ConfigError
from dedupe.model.pairs import CandidatePairs
from dedupe.model.settings import MatchSettings
from dedupe.model.sketches import BITMAP_WORDS, Banding, SetFilters
from dedupe.sketch import load_kernels
from dedupe.sketch.plain import PlainKernels

KERNELS = [load_kernels(), PlainKernels()]


class ArrayKeys:
    """``GroupKeys`` of signatures in memory."""

    def __init__(self, signatures, banding):
        self.keys = make_band_keys(signatures, banding)
        self.low_bytes = signatures.astype(np.uint8)

    def __len__(self):
        return len(self.keys)

    def columns(self, first, last):
        return np.ascontiguousarray(self.keys[:, first:last].T)

    def take(self, documents):
        none = np.zeros((len(documents), BITMAP_WORDS), np.uint64)
        counts = np.zeros(len(documents), np.int32)  # of sets that are not known
        return self.keys[documents], SetFilters(self.low_bytes[documents], none, counts)


def ignore(bands):
    """Nobody is told of progress."""


def find_all(*arguments, **options):
    return CandidatePairs.concatenate(find_candidates(*arguments, **options))


@given(st.lists(st.one_of(st.integers(0, 6), st.integers(0, 2**63 - 1)), max_size=30))
def test_buckets_are_the_runs_of_equal_keys(values):
    # Small keys differ only in bits that the first sort leaves out.
    keys = np.array(values, np.uint64) * np.uint64(2)
    documents, begins = sort_band(keys)
    expected = {}
    for document, value in enumerate(values):
        expected.setdefault(value, []).append(document)
    spans = itertools.pairwise(begins.tolist())
    found = [documents[begin:end].tolist() for begin, end in spans]
    assert found == [expected[value] for value in sorted(expected) if len(expected[value]) > 1]


def test_the_default_is_25_bands_of_5_rows():
    banding = choose_banding(0.7, 128, 0.98)
    assert (banding.bands, banding.rows) == (25, 5)
    assert banding.expected_recall == pytest.approx(0.98995, abs=1e-5)
    assert choose_banding(0.7, 128, 0.99).rows == 4


@given(st.floats(0.05, 1), st.integers(1, 300), st.floats(0.5, 0.999))
def test_rows_are_the_most_that_reach_the_recall(threshold, num_perm, recall):
    try:
        banding = choose_banding(threshold, num_perm, recall)
    except ConfigError:
        assert band_recall(threshold, num_perm, 1) < recall
        return
    assert banding.bands == num_perm // banding.rows
    assert band_recall(threshold, banding.bands, banding.rows) >= recall
    for rows in range(banding.rows + 1, num_perm + 1):
        assert band_recall(threshold, num_perm // rows, rows) < recall


def test_the_estimate_loses_less_than_one_pair_in_a_million():
    minimum, loss = choose_minimum_equal(0.7, 128)
    assert loss < ESTIMATE_LOSS
    assert 0.45 < minimum / 128 < 0.55
    # By simulation, far from the bound: agreeing values of pairs at the threshold.
    agreeing = np.random.default_rng(0).binomial(128, 0.7, 2_000_000)
    assert np.count_nonzero(agreeing < minimum) <= 12
    assert choose_minimum_equal(1.0, 64) == (64, 0.0)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), max_size=14),
    st.sampled_from(KERNELS),
    st.sampled_from([1, 1 << 20]),
    st.integers(1, 20),
)
def test_candidates_are_the_pairs_that_share_a_band(rows, kernels, column_bytes, groups_per_job):
    signatures = np.array(rows, np.uint32).reshape(-1, 4)
    banding = Banding(bands=2, rows=2, minimum_equal=3, expected_recall=0.0)
    found = find_all(
        ArrayKeys(signatures, banding),
        banding,
        MatchSettings(max_bucket=100),
        kernels,
        map,
        ignore,
        column_bytes,
        groups_per_job,
    )
    expected, met = set(), 0
    for i, j in itertools.combinations(range(len(rows)), 2):
        if rows[i][:2] == rows[j][:2] or rows[i][2:] == rows[j][2:]:
            met += 1
            if sum(a == b for a, b in zip(rows[i], rows[j], strict=True)) >= 3:
                expected.add((i, j))
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == expected
    assert found.met_count == met
    assert found.capped_bucket_count == 0


@pytest.mark.parametrize("kernels", KERNELS, ids=lambda kernels: kernels.name)
@pytest.mark.parametrize("groups_per_job", [1, 9, 20, 1000])
def test_a_capped_bucket_compares_with_its_pivots_alone(kernels, groups_per_job):
    count = 60
    signatures = np.zeros((count, 4), np.uint32)
    # In the second band every two neighbours share a bucket of their own.
    signatures[:, 2:] = (np.arange(count) // 2)[:, None]
    banding = Banding(bands=2, rows=2, minimum_equal=0, expected_recall=0.0)
    rows = ArrayKeys(signatures, banding)
    settings = MatchSettings(max_bucket=50)
    found = find_all(rows, banding, settings, kernels, groups_per_job=groups_per_job)
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    with_pivots = {(i, j) for i in range(PIVOT_COUNT) for j in range(i + 1, count)}
    neighbours = {(i, i + 1) for i in range(0, count, 2)}
    assert pairs == with_pivots | neighbours
    assert len(found.left) == len(pairs)
    assert found.capped_bucket_count == 1


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 2), min_size=4, max_size=4), st.booleans()), max_size=16
    ),
    st.sampled_from(KERNELS),
    st.sampled_from([1, 1 << 20]),
    st.integers(1, 20),
    st.sampled_from([2, 5, 100]),
)
def test_with_references_the_pairs_between_them_alone_are_missing(
    documents, kernels, column_bytes, groups_per_job, max_bucket
):
    """Also where buckets are capped, whichever of their leads are references."""
    signatures = np.array([row for row, _ in documents], np.uint32).reshape(-1, 4)
    is_reference = np.array([flag for _, flag in documents], bool)
    banding = Banding(bands=2, rows=2, minimum_equal=3, expected_recall=0.0)
    rows = ArrayKeys(signatures, banding)
    rest = (
        banding,
        MatchSettings(max_bucket=max_bucket),
        kernels,
        map,
        ignore,
        column_bytes,
        groups_per_job,
    )
    joint = find_all(rows, *rest)
    found = find_all(rows, *rest, is_reference)
    together = zip(joint.left.tolist(), joint.right.tolist(), strict=True)
    expected = {p for p in together if not (is_reference[p[0]] and is_reference[p[1]])}
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == expected
    assert found.met_count <= joint.met_count
    assert found.capped_bucket_count <= joint.capped_bucket_count


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 1), min_size=4, max_size=4), max_size=20),
    st.integers(1, 30),
    st.integers(1, 30),
    st.sampled_from([3, 100]),
)
def test_parts_are_bounded_and_together_all(rows, pairs_at_once, pairs_per_part, max_bucket):
    signatures = np.array(rows, np.uint32).reshape(-1, 4)
    banding = Banding(bands=2, rows=2, minimum_equal=2, expected_recall=0.0)
    arguments = (
        ArrayKeys(signatures, banding),
        banding,
        MatchSettings(max_bucket=max_bucket),
        KERNELS[0],
    )
    whole = find_all(*arguments)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedupe.matching.buckets.PAIRS_PER_PART", pairs_per_part)
        parts = list(find_candidates(*arguments, pairs_at_once=pairs_at_once))
    joined = CandidatePairs.concatenate(parts)
    pairs = list(zip(joined.left.tolist(), joined.right.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == set(zip(whole.left.tolist(), whole.right.tolist(), strict=True))
    assert (joined.met_count, joined.capped_bucket_count) == (
        whole.met_count,
        whole.capped_bucket_count,
    )
    # What is given at once is enough pairs, and at most what one bucket more makes.
    largest = min(len(rows), max_bucket) ** 2 + PIVOT_COUNT * len(rows)
    for part in parts[:-1]:
        assert pairs_at_once <= len(part.left) < 2 * pairs_at_once + largest


@pytest.mark.parametrize("column_bytes", [1, 1 << 20])
def test_progress_goes_from_nothing_to_all(column_bytes):
    signatures = np.arange(600, dtype=np.uint32).reshape(-1, 6) // 60
    banding = Banding(bands=3, rows=2, minimum_equal=0, expected_recall=0.0)
    told = []
    rows = ArrayKeys(signatures, banding)
    options = {"reach": told.append, "column_bytes": column_bytes, "pairs_at_once": 50}
    find_all(rows, banding, MatchSettings(max_bucket=100), KERNELS[0], **options)
    assert told == sorted(told)
    assert len(told) >= 4
    assert 0 < told[0] < told[-1] == 3
