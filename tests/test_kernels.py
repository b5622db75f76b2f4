"""The compiled kernels against plain datasketch and Python, over arbitrary bytes.

These tests also run against builds with bounds checks and with AddressSanitizer
(``test_checked_builds.py``) and on other Pythons (``scripts/try_pythons.py``), so they need
nothing but pytest and Hypothesis.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.model import TextBatch
from dedupe.sketch import plain
from dedupe.sketch.permutations import make_permutations
from dedupe.sketch.token_table import COMBINES, DROPPED, MULTIPLE, load_table

compiled = pytest.importorskip(
    "dedupe.sketch.compiled", reason="the extension is not built", exc_type=ImportError
)

COMPILED, PLAIN = compiled.CompiledKernels(), plain.PlainKernels()


def test_the_build_under_test_is_the_one_that_was_meant():
    """Whoever runs these tests against another build says where it lies."""
    expected = os.environ.get("DEDUPE_EXPECT_KERNELS")
    assert expected is None or compiled._kernels.__file__.startswith(expected)


def _interesting_characters() -> list[str]:
    """Characters that the table treats specially: they combine, vanish or become several."""
    entries = load_table().expand("entries")
    special = np.flatnonzero(entries & np.uint32(COMBINES | DROPPED | MULTIPLE) != 0)
    return [chr(code_point) for code_point in special.tolist()]


PIECES = st.one_of(
    st.text(st.sampled_from(_interesting_characters()), max_size=12),
    st.text(max_size=12),
    st.text(st.characters(codec="ascii"), max_size=12),
    st.sampled_from(
        ["\u0301" * 40, "\uff9e" * 40, "\u0e31" * 40, "\ud800", "한국어", "今天的", "ประเทศ"]
    ),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)
RAW = st.one_of(TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary())


def make_raw_batch(texts: list[bytes]) -> TextBatch:
    return TextBatch(
        ids=[str(i) for i in range(len(texts))],
        data=np.frombuffer(b"".join(texts), np.uint8),
        offsets=np.cumsum([0, *map(len, texts)], dtype=np.int64),
        locators=np.zeros((len(texts), 4), np.int64),
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(RAW, max_size=6), st.integers(1, 7), st.sampled_from([1, 31, 32, 64, 128, 131]))
@example([b"", b"\xe2", b"\xf0\x9f", b"\xed\xa0\x80a", b"a\xcc"], 1, 1)
def test_sketches_equal_plain_ones(texts, shingle_size, num_perm):
    batch = make_raw_batch(texts)
    ours = COMPILED.sketch(batch, shingle_size, num_perm, seed=1)
    oracle = PLAIN.sketch(batch, shingle_size, num_perm, seed=1)
    for field in type(ours).__slots__:
        np.testing.assert_array_equal(getattr(ours, field), getattr(oracle, field), field)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_tokens_equal_plain_ones(text):
    assert compiled.tokenize_text(text) == plain.tokenize_text(text)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_signature_is_what_datasketch_gives(text, shingle_size, seed):
    datasketch = pytest.importorskip("datasketch")
    xxhash = pytest.importorskip("xxhash")
    minhash = datasketch.MinHash(
        64,
        seed=seed,
        scheme="affine32",
        hashfunc=lambda b: xxhash.xxh3_64_intdigest(b) & 0xFFFFFFFF,
    )
    tokens = plain.tokenize_text(text)
    for shingle in plain.shingle_tokens(tokens, shingle_size):
        minhash.update(shingle.encode())
    batch = make_raw_batch([text.encode("utf-8", "surrogatepass")])
    ours = COMPILED.sketch(batch, shingle_size, 64, seed).signatures[0]
    np.testing.assert_array_equal(ours, minhash.hashvalues)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
@pytest.mark.parametrize("num_perm", [1, 128, 700])
def test_permutations_are_what_numpy_draws(num_perm, seed):
    generator = np.random.RandomState(seed)
    a, b = make_permutations(num_perm, seed)
    factors = generator.randint(0, 1 << 31, num_perm, dtype=np.uint32)
    np.testing.assert_array_equal(a, factors * np.uint32(2) + np.uint32(1))
    np.testing.assert_array_equal(b, generator.randint(0, 1 << 32, num_perm, dtype=np.uint32))


def test_signature_of_no_token_is_all_ones():
    sketch = COMPILED.sketch(make_raw_batch([b"", b"?!"]), 5, 16, 1)
    assert (sketch.signatures == 0xFFFFFFFF).all()
    assert sketch.token_counts.tolist() == [0, 0]


def test_long_documents_and_batches():
    words = " ".join(f"w{i % 5000}" for i in range(60_000)).encode()
    batch = make_raw_batch([words, b"", "ｶﾞ".encode() * 3000, words[: len(words) // 2]])
    ours, oracle = COMPILED.sketch(batch, 5, 128, 1), PLAIN.sketch(batch, 5, 128, 1)
    for field in type(ours).__slots__:
        np.testing.assert_array_equal(getattr(ours, field), getattr(oracle, field), field)


# Hashes that fall into few buckets, many buckets, and the same bucket.
HASHES = st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 40), st.integers(2**63, 2**63 + 500))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(HASHES, max_size=300), max_size=5))
def test_sort_unique(segments):
    hashes = np.array([h for segment in segments for h in segment], np.uint64)
    offsets = np.cumsum([0, *map(len, segments)], dtype=np.int64)
    values, ends = COMPILED.sort_unique(hashes, offsets)
    expected_values, expected_ends = PLAIN.sort_unique(hashes, offsets)
    np.testing.assert_array_equal(values, expected_values)
    np.testing.assert_array_equal(ends, expected_ends)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sets(st.integers(0, 60), min_size=1), min_size=2, max_size=5),
    st.sampled_from([0.0, 0.07, 0.3, 0.5, 0.55, 0.7, 1.0]),
)
@example([set(range(55)), set(range(100))], 0.55)
@example([set(range(7)), set(range(100))], 0.07)
def test_count_shared(sets, threshold):
    hashes = np.array([h for each in sets for h in sorted(each)], np.uint64)
    offsets = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    pairs = [(i, j) for j in range(len(sets)) for i in range(j)]
    left, right = np.array(pairs, np.int64).T.copy()
    expected = [
        len(sets[i] & sets[j])
        if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold
        else -1
        for i, j in pairs
    ]
    for kernels in (COMPILED, PLAIN):
        assert kernels.count_shared(hashes, offsets, left, right, threshold).tolist() == expected


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 3),
    st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=12),
    st.integers(0, 4),
    st.integers(2, 5),
    st.booleans(),
)
def test_bucket_pairs(band_count, rows, minimum_equal, cap, leads_apart):
    """Both implementations against the definition, pair by pair."""
    rows = sorted(rows, key=lambda row: row[band_count - 1])
    low_bytes = np.array(rows, np.uint8)
    keys = low_bytes[:, :band_count].astype(np.uint64) * np.uint64(2)
    edges = np.flatnonzero(np.diff(keys[:, -1])) + 1
    begins = np.array([0, *edges], np.int64)
    ends = np.array([*edges, len(rows)], np.int64)
    lead_ends = np.minimum(ends, begins + cap)
    seconds = lead_ends if leads_apart else begins
    expected, met = set(), 0
    for begin, lead_end, second, end in zip(begins, lead_ends, seconds, ends, strict=True):
        for i in range(begin, lead_end):
            for j in range(max(i + 1, second), end):
                if not (keys[i, :-1] == keys[j, :-1]).any():
                    met += 1
                    if (low_bytes[i] == low_bytes[j]).sum() >= minimum_equal:
                        expected.add((i, j))
    for kernels in (COMPILED, PLAIN):
        left, right, count = kernels.bucket_pairs(
            keys, band_count - 1, begins, lead_ends, seconds, ends, low_bytes, minimum_equal
        )
        assert len(left) == len(expected)
        assert set(zip(left.tolist(), right.tolist(), strict=True)) == expected
        assert count == met


def test_bucket_pairs_goes_on_where_its_block_ended(monkeypatch):
    count = 40
    keys = np.zeros((count, 1), np.uint64)
    low_bytes = np.zeros((count, 8), np.uint8)
    begins, ends = np.array([0, 25], np.int64), np.array([25, count], np.int64)
    arguments = (keys, 0, begins, ends, begins, ends, low_bytes, 8)
    whole = COMPILED.bucket_pairs(*arguments)
    for block in (1, 2, 7, 300):
        monkeypatch.setattr(compiled, "PAIR_BLOCK", block)
        parts = COMPILED.bucket_pairs(*arguments)
        np.testing.assert_array_equal(parts[0], whole[0])
        np.testing.assert_array_equal(parts[1], whole[1])
        assert parts[2] == whole[2] == 25 * 24 // 2 + 15 * 14 // 2


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40),
        )
    )
)
def test_label_components(graph):
    count, edges = graph
    left, right = np.array(edges, np.int32).reshape(-1, 2).T.copy()
    expected = list(range(count))
    for _ in range(count):
        for one, other in edges:
            expected[one] = expected[other] = min(expected[one], expected[other])
    for kernels in (COMPILED, PLAIN):
        assert kernels.label_components(count, left, right).tolist() == expected


@given(
    st.lists(
        st.one_of(
            st.text("aZ_09 ,.-\n\0@[`{\x7f", max_size=140),
            st.sampled_from(["\xad", "é", "e\u0301", "中", "”", "ﬁ", "\u0301", "あ"]),
        ),
        max_size=6,
    ).map("".join)
)
def test_blocks_of_ascii_and_what_stands_between(text):
    assert compiled.tokenize_text(text) == plain.tokenize_text(text)


def test_every_ascii_character_is_taken_as_the_table_says():
    for width in (1, 63, 64, 65):
        for code in range(128):
            text = "b" * width + chr(code) + "c" * 70
            assert compiled.tokenize_text(text) == plain.tokenize_text(text)
