"""The stages that find shared text, each against a plain statement of what it should do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.model.sketches import SetFilters
from dedupe.passages import index as index_module
from dedupe.passages import runs as runs_module
from dedupe.passages.candidates import pair_texts
from dedupe.passages.index import index_fingerprints
from dedupe.passages.runs import Runs, find_runs, separate_runs
from dedupe.passages.winnowing import winnow
from dedupe.sketch import load_kernels
from dedupe.sketch.plain import PlainKernels, shared_runs
from dedupe.sketch.plain.signatures import make_bitmap
from dedupe.store.filters import FilterStore
from dedupe.store.parts import PartedRows
from dedupe.store.resources import Resources
from dedupe.store.work_folder import WorkFolder
from tests.matching.test_verify import ListedShingles

BOTH_KERNELS = [PlainKernels(), load_kernels()]

SHIFT = np.uint64(16)
"""Keys have the upper 48 bits of hashes: small numbers are moved there."""


def joined(texts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of all texts end to end, and their offsets."""
    hashes = np.array([value for text in texts for value in text], np.uint64) << SHIFT
    return hashes, np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)


TEXTS = st.lists(
    st.lists(st.integers(0, 40) | st.integers(0, 3), max_size=60), min_size=1, max_size=6
)


@settings(max_examples=150, deadline=None)
@given(texts=TEXTS, window=st.integers(1, 20), block=st.sampled_from([1, 7, 1 << 15]))
@pytest.mark.parametrize("kernels", BOTH_KERNELS, ids=lambda each: each.name)
def test_fingerprints_are_the_last_of_the_least_hashes_of_each_window(
    texts, window, block, kernels
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_runs, "WINDOWS_AT_ONCE", block)
        hashes, offsets = joined(texts)
        found = winnow(kernels, hashes, offsets, window)
    expected = set()
    for number, text in enumerate(texts):
        for first in range(len(text) - window + 1):
            shingles = text[first : first + window]
            last = max(i for i, value in enumerate(shingles) if value == min(shingles))
            expected.add((min(shingles) << 16, number, int(offsets[number]) + first + last))
    columns = (found.keys.tolist(), found.texts.tolist(), found.positions.tolist())
    assert sorted(zip(*columns, strict=True)) == sorted(expected)
    keys, counts = found.distinct(kernels)
    owners = np.repeat(np.arange(len(texts)), counts).tolist()
    different = sorted({(number, key) for key, number, _ in expected})
    assert list(zip(owners, keys.tolist(), strict=True)) == different


@settings(max_examples=150, deadline=None)
@given(
    run=st.lists(st.integers(0, 2**40), min_size=1, max_size=30),
    around=st.lists(st.lists(st.integers(0, 2**40) | st.integers(0, 5), max_size=30), min_size=4,
                    max_size=4),
)  # fmt: skip
def test_a_shared_run_of_a_window_has_a_shared_fingerprint_at_the_same_place(run, around):
    texts = [around[0] + run + around[1], around[2] + run + around[3]]
    found = winnow(load_kernels(), *joined(texts), len(run))
    places = [
        {(key, at - begin) for key, text, at in zip(found.keys.tolist(), found.texts.tolist(),
                                                   found.positions.tolist(), strict=True)
         if text == number}
        for number, begin in enumerate((len(around[0]), len(texts[0]) + len(around[2])))
    ]  # fmt: skip
    within = [{each for each in side if 0 <= each[1] < len(run)} for side in places]
    assert within[0] & within[1]


def index_of(texts, window, most_texts, work):
    shingles = ListedShingles([])
    shingles.lists = [np.array(text, np.uint64) << SHIFT for text in texts]
    resources = Resources(load_kernels(), work)
    return index_fingerprints(shingles, len(texts), window, most_texts, resources), resources


@settings(max_examples=80, deadline=None)
@given(
    texts=st.lists(st.lists(st.integers(0, 12), max_size=20), min_size=1, max_size=9),
    window=st.integers(1, 4),
    most_texts=st.integers(2, 9),
    part_bytes=st.sampled_from([16, 1 << 20]),
)
def test_the_index_pairs_all_texts_that_share_a_fingerprint(texts, window, most_texts, part_bytes):
    """However small its parts are, and whether they stay in memory."""
    sets = [{min(text[i : i + window]) for i in range(len(text) - window + 1)} for text in texts]
    of_texts = {
        value: {number for number, own in enumerate(sets) if value in own}
        for own in sets
        for value in own
    }
    common = {value for value, numbers in of_texts.items() if len(numbers) > most_texts}
    with pytest.MonkeyPatch.context() as patch, WorkFolder() as work:
        patch.setattr(index_module, "PART_BYTES", part_bytes)
        patch.setattr(index_module, "INDEX_BYTES", part_bytes)
        index, resources = index_of(texts, window, most_texts, work)
        found = [
            row
            for part in pair_texts(index, resources)
            for row in zip(part.first.tolist(), part.second.tolist(), part.shared.tolist(),
                           strict=True)
        ]  # fmt: skip
        index.close()
    expected = [
        (one, other, len(sets[one] & sets[other] - common))
        for one in range(len(texts))
        for other in range(one + 1, len(texts))
        if sets[one] & sets[other] - common
    ]
    assert found == expected
    assert index.counts.tolist() == [len(own) for own in sets]
    assert index.common_counts.tolist() == [len(own & common) for own in sets]
    assert (index.fingerprint_count, index.common_count) == (len(of_texts), len(common))


@settings(max_examples=60, deadline=None)
@given(
    sets=st.lists(st.sets(st.integers(0, 2**20), min_size=1, max_size=60), min_size=2, max_size=4)
)
def test_sizes_and_bitmaps_never_rule_out_what_is_shared(sets):
    hashes = [np.array(sorted(each), np.uint64) * np.uint64(0x9E3779B97F4A7C15) for each in sets]
    with WorkFolder() as work:
        filters = FilterStore(work, 1)
        bitmaps = np.array([*map(make_bitmap, hashes)], np.uint64)
        counts = np.array([*map(len, sets)], np.int32)
        counts[-1] = 0  # (more than are counted)
        filters.append(SetFilters(np.zeros((len(sets), 1), np.uint8), bitmaps, counts))
        filters.close(keeps_sets=True)
        left, right = (each.astype(np.int64) for each in np.triu_indices(len(sets), 1))
        found = filters.most_shared(left, right)
    for one, other, most, *own in zip(left, right, *(each.tolist() for each in found), strict=True):
        if other == len(sets) - 1:
            assert (most, *own) == (0, 0, 0)
        else:
            assert own == [len(sets[one]), len(sets[other])]
            assert len(sets[one] & sets[other]) <= most <= min(own)


def test_rows_come_back_from_their_parts_in_order():
    with WorkFolder() as work:
        rows = PartedRows(work, 100, 160, 32)
        assert rows.part_count > 5
        values = np.arange(200, dtype=np.uint64)
        parts = np.arange(200) % rows.part_count
        for half in (slice(0, 100), slice(100, 200)):
            rows.append(parts[half], np.stack([values[half], values[half] * 2], axis=1))
        assert work.written_bytes
        for part in range(rows.part_count):
            first, second = rows.take(part)
            assert first.tolist() == values[parts == part].tolist()
            assert second.tolist() == (2 * values[parts == part]).tolist()


def all_maximal_runs(one: list[int], other: list[int], least: int) -> set[tuple[int, int, int]]:
    found = set()
    for i in range(len(one)):
        for j in range(len(other)):
            if one[i] != other[j] or (i and j and one[i - 1] == other[j - 1]):
                continue
            size = 1
            while (
                i + size < len(one) and j + size < len(other) and one[i + size] == other[j + size]
            ):
                size += 1
            if size >= least:
                found.add((i, j, size))
    return found


@settings(max_examples=120, deadline=None)
@given(
    texts=st.lists(st.lists(st.integers(0, 9), max_size=25), min_size=2, max_size=4),
    window=st.integers(1, 5),
    kernels=st.sampled_from(BOTH_KERNELS),
)
def test_runs_are_all_that_are_maximal(texts, window, kernels):
    left, right = (np.array(each, np.int32) for each in np.triu_indices(len(texts), 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs_module, "MOST_OCCURRENCES", 100)
        patch.setattr(runs_module, "ANCHORS_AT_ONCE", 5)
        found = find_runs(kernels, *joined(texts), left, right, window)
    rows = set(zip(found.pair.tolist(), found.left.tolist(), found.right.tolist(),
                   found.size.tolist(), strict=True))  # fmt: skip
    expected = {
        (pair, *run)
        for pair, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True))
        for run in all_maximal_runs(texts[one], texts[other], window)
    }
    assert rows == expected


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 60), st.integers(0, 60),
                            st.integers(4, 30)), max_size=8),
)  # fmt: skip
def test_separated_runs_are_parts_of_runs_and_do_not_overlap_on_the_left(rows):
    runs = Runs(*np.array(sorted(rows), np.int64).reshape(-1, 4).T)
    found = separate_runs(runs, 4, 2)
    kept = list(zip(found.pair.tolist(), found.left.tolist(), found.right.tolist(),
                    found.size.tolist(), strict=True))  # fmt: skip
    covered: set[tuple[int, int]] = set()
    for pair, left, right, size in kept:
        assert size >= 4
        assert any(
            pair == p and right - left == r - lo and lo <= left and left + size <= lo + s
            for p, lo, r, s in rows
        )
        tokens = {(pair, token) for token in range(left, left + size + 2)}
        assert not tokens & covered
        covered |= tokens
    for pair in {row[0] for row in rows}:  # the longest is whole
        longest = max(row[3] for row in rows if row[0] == pair)
        assert longest in [each[3] for each in kept if each[0] == pair]
