"""The compiled kernels against plain datasketch and Python, over arbitrary bytes.

These tests also run against builds with bounds checks and with AddressSanitizer
(``tests/whole/test_checked_builds.py``) and on other Pythons (``scripts/try_pythons.py``), so
all in this folder need nothing but pytest and Hypothesis.
"""

from __future__ import annotations

import os
import tempfile

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.model.documents import TextBatch
from dedupe.model.sketches import BITMAP_WORDS, COUNTED, SetFilters
from dedupe.sketch import plain
from dedupe.sketch.permutations import make_permutations
from dedupe.sketch.token_table import COMBINES, DROPPED, MULTIPLE, load_table

compiled = pytest.importorskip(
    "dedupe.sketch.compiled", reason="the extension is not built", exc_type=ImportError
)

COMPILED, PLAIN = compiled.CompiledKernels(), plain.PlainKernels()


def examples(count: int) -> settings:
    """So many, or a third of a build that is checked, where each takes five times as long."""
    is_checked = "DEDUPE_EXPECT_KERNELS" in os.environ
    return settings(max_examples=count // 3 if is_checked else count, deadline=None)


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
    # Ideographs and what may stand beside them: others, kana, marks, punctuation.
    st.text("今天一鿿㐀𠀀々がンー\u3099\u302a\u0301\ufe00、。 a", max_size=20),
    st.sampled_from(
        ["\u0301" * 40, "\uff9e" * 40, "\u0e31" * 40, "\ud800", "한국어", "今天的", "ประเทศ"]
    ),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)
WHOLE = TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))
CUT = st.lists(st.tuples(WHOLE, st.integers(1, 3)), max_size=4).map(
    lambda cuts: b"".join(whole[:-cut] for whole, cut in cuts)
)
RAW = st.one_of(WHOLE, CUT, st.binary())


def make_raw_batch(texts: list[bytes]) -> TextBatch:
    return TextBatch(
        ids=[str(i) for i in range(len(texts))],
        pieces=texts,
        offsets=np.cumsum([0, *map(len, texts)], dtype=np.int64),
        locators=np.zeros((len(texts), 4), np.int64),
    )


@examples(400)
@given(st.lists(RAW, max_size=6), st.integers(1, 7), st.sampled_from([1, 31, 32, 64, 128, 131]))
@example([b"", b"\xe2", b"\xf0\x9f", b"\xed\xa0\x80a", b"a\xcc"], 1, 1)
def test_sketches_equal_plain_ones(texts, shingle_size, num_perm):
    batch = make_raw_batch(texts)
    ours = COMPILED.sketch(batch, shingle_size, num_perm, seed=1)
    oracle = PLAIN.sketch(batch, shingle_size, num_perm, seed=1)
    for field in ours.__struct_fields__:
        np.testing.assert_array_equal(getattr(ours, field), getattr(oracle, field), field)


@examples(400)
@given(TEXTS)
def test_tokens_equal_plain_ones(text):
    assert compiled.tokenize_text(text) == plain.tokenize_text(text)


@examples(60)
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


def test_a_long_document_is_signed_in_parts(monkeypatch):
    hashes = np.random.default_rng(1).integers(0, 2**64, 1000, np.uint64)
    whole = plain.sign_hashes(hashes, 64, 1)
    monkeypatch.setattr(plain.signatures, "SIGNED_VALUES", 64 * 7)
    np.testing.assert_array_equal(plain.sign_hashes(hashes, 64, 1), whole)


def test_signature_of_no_token_is_all_ones():
    sketch = COMPILED.sketch(make_raw_batch([b"", b"?!"]), 5, 16, 1)
    assert (sketch.signatures == 0xFFFFFFFF).all()
    assert sketch.token_counts.tolist() == [0, 0]


@pytest.mark.parametrize("before", ["", "ordinary words before it "])
def test_more_tokens_than_there_was_room_for(before):
    """A character of three bytes that becomes four words, of which each is a token, or six kana."""
    texts = [before, "\ufdfa" * 3000, before * 50, "\u3316" * 2000, "a b c d " * 500]
    batch = make_raw_batch([text.encode() for text in texts])
    ours, oracle = COMPILED.sketch(batch, 2, 16, 1), PLAIN.sketch(batch, 2, 16, 1)
    for field in ours.__struct_fields__:
        np.testing.assert_array_equal(getattr(ours, field), getattr(oracle, field), field)
    assert ours.token_counts.sum() > len(batch.data) // 2 + len(batch)


@pytest.mark.parametrize("spaces", range(16))
def test_a_few_more_tokens_than_there_was_room_for(spaces):
    """One, two or more: the first that has no place is noticed."""
    batch = make_raw_batch(["\u3316".encode() + b" " * spaces])
    ours, oracle = COMPILED.sketch(batch, 1, 4, 1), PLAIN.sketch(batch, 1, 4, 1)
    np.testing.assert_array_equal(ours.shingle_hashes, oracle.shingle_hashes)


def test_characters_cut_off_by_the_end_of_their_document():
    """What the next document begins with would complete them."""
    for whole in ("\xe9", "\u4e00", "\U00010428", "\u0301", "e\u0301"):
        data = whole.encode()
        for cut in range(1, len(data)):
            batch = make_raw_batch([b"ab", data[:cut], data[cut:], b"c" + data[:cut], data[cut:]])
            ours, oracle = COMPILED.sketch(batch, 1, 4, 1), PLAIN.sketch(batch, 1, 4, 1)
            np.testing.assert_array_equal(ours.token_hashes, oracle.token_hashes)


NUMBERS = st.one_of(
    st.integers(0, 10**30).map(str),
    st.text(st.characters(categories=["Nd", "No", "Nl"]), min_size=1, max_size=4),
    st.sampled_from(["１２", "½", "²", "1a", "a1", "_1", "1\u0301", "٣٤", "10,000.5", "𝟘𝟙", "一"]),
)


@examples(120)
@given(st.lists(st.one_of(NUMBERS, PIECES)).map(" ".join), st.integers(1, 6))
@example("", 1)
@example("7", 5)
@example("7 8 9 word 10", 2)
def test_sketches_without_numbers_equal_plain_ones(text, shingle_size):
    batch = make_raw_batch([text.encode("utf-8", "surrogatepass"), b"tail 5 of it"])
    ours = COMPILED.sketch(batch, shingle_size, 16, 1, ignore_numbers=True)
    oracle = PLAIN.sketch(batch, shingle_size, 16, 1, ignore_numbers=True)
    for field in ours.__struct_fields__:
        np.testing.assert_array_equal(getattr(ours, field), getattr(oracle, field), field)
    as_they_are = COMPILED.sketch(batch, shingle_size, 16, 1)
    for field in ("token_counts", "token_hashes", "content_hashes"):
        np.testing.assert_array_equal(getattr(ours, field), getattr(as_they_are, field), field)


def test_numbers_of_every_script_are_one_token():
    texts = ["article 12 of 2004", "article ٣ of १९९९", "article １ of 0", "article 𝟘 of ๒๕"]
    batch = make_raw_batch([text.encode() for text in [*texts, "article 12a of 2004"]])
    for kernels in (COMPILED, PLAIN):
        sketch = kernels.sketch(batch, 4, 16, 1, ignore_numbers=True)
        assert len(set(sketch.shingle_hashes[:4].tolist())) == 1
        assert sketch.shingle_hashes[4] != sketch.shingle_hashes[0]
        assert len(set(map(tuple, sketch.token_hashes.tolist()))) == 5


@examples(60)
@given(st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=9), max_size=5), st.integers(1, 70))
@example([[], [1] * (COUNTED + 1), [*range(COUNTED)], [5]], 16)
def test_hashes_are_signed_as_in_sketches(segments, num_perm):
    hashes = np.array([value for segment in segments for value in segment], np.uint64)
    offsets = np.cumsum([0, *map(len, segments)], dtype=np.int64)
    ours = COMPILED.sign_hashes(hashes, offsets, num_perm, 1)
    oracle = PLAIN.sign_hashes(hashes, offsets, num_perm, 1)
    for field in ours.__struct_fields__:
        np.testing.assert_array_equal(getattr(ours, field), getattr(oracle, field), field)


@examples(60)
@given(st.lists(RAW, max_size=4))
def test_a_sketch_and_its_hashes_have_one_signature(texts):
    sketch = COMPILED.sketch(make_raw_batch(texts), 3, 32, 7)
    signed = COMPILED.sign_hashes(sketch.shingle_hashes, sketch.shingle_offsets, 32, 7)
    for field in signed.__struct_fields__:
        np.testing.assert_array_equal(getattr(signed, field), getattr(sketch, field), field)


def test_long_documents_and_batches():
    words = " ".join(f"w{i % 5000}" for i in range(60_000)).encode()
    batch = make_raw_batch([words, b"", "ｶﾞ".encode() * 3000, words[: len(words) // 2]])
    ours, oracle = COMPILED.sketch(batch, 5, 128, 1), PLAIN.sketch(batch, 5, 128, 1)
    for field in ours.__struct_fields__:
        np.testing.assert_array_equal(getattr(ours, field), getattr(oracle, field), field)


# Hashes that fall into few buckets, many buckets, and the same bucket.
HASHES = st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 40), st.integers(2**63, 2**63 + 500))


@examples(200)
@given(st.lists(st.lists(HASHES, max_size=300), max_size=5))
def test_sort_unique(segments):
    hashes = np.array([h for segment in segments for h in segment], np.uint64)
    offsets = np.cumsum([0, *map(len, segments)], dtype=np.int64)
    values, ends = COMPILED.sort_unique(hashes, offsets)
    expected_values, expected_ends = PLAIN.sort_unique(hashes, offsets)
    np.testing.assert_array_equal(values, expected_values)
    np.testing.assert_array_equal(ends, expected_ends)


@examples(200)
@given(
    st.lists(st.sets(st.integers(0, 60), min_size=1), min_size=2, max_size=5),
    st.sampled_from([0.0, 0.07, 0.3, 0.5, 0.55, 0.7, 1.0]),
)
@example([set(range(55)), set(range(100))], 0.55)
@example([set(range(7)), set(range(100))], 0.07)
def test_count_shared(sets, threshold):
    hashes = np.array([h for each in sets for h in sorted(each)], np.uint64)
    offsets = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    # Some of them in long runs with one left end, which are counted in another way.
    pairs = [(i, j) for i in range(len(sets)) for j in range(len(sets)) if i != j]
    pairs += pairs[::-1]
    left, right = np.array(pairs, np.int32).T.copy()
    expected = [
        len(sets[i] & sets[j])
        if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold
        else -1
        for i, j in pairs
    ]
    for kernels in (COMPILED, PLAIN):
        assert kernels.count_shared(hashes, offsets, left, right, threshold).tolist() == expected


@pytest.mark.parametrize("kind", ["random", "low bits equal", "large"])
@pytest.mark.parametrize("threshold", [0.0, 0.5, 0.7])
def test_count_shared_of_one_document_with_many(kind, threshold):
    """Also where its hashes do not fit into a table: too many, or crafted to crowd one bucket."""
    rng = np.random.default_rng(1)
    pool = rng.integers(0, 2**64, 40_000 if kind == "large" else 400, np.uint64)
    if kind == "low bits equal":
        pool <<= np.uint64(20)
    sizes = [20_000, 20_000, 19_000] if kind == "large" else [1, 3, 200, 210, 220, 380, 0]
    sets = [np.unique(rng.choice(pool, size, replace=False)) for size in sizes]
    sets += [np.unique(np.append(sets[2][:-1], np.uint64(each))) for each in (0, 1, 17)]
    hashes = np.concatenate(sets)
    offsets = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    pairs = [
        (i, j) for i in range(len(sets)) for j in range(len(sets)) if len(sets[i]) and len(sets[j])
    ]
    left, right = np.array(pairs, np.int32).T.copy()
    found = COMPILED.count_shared(hashes, offsets, left, right, threshold).tolist()
    for (i, j), shared in zip(pairs, found, strict=True):
        common = len(np.intersect1d(sets[i], sets[j]))
        union = len(sets[i]) + len(sets[j]) - common
        assert shared == (common if common / union >= threshold else -1)


@examples(200)
@given(
    st.integers(2, 12).flatmap(
        lambda n: st.tuples(
            st.lists(st.integers(0, 9), min_size=n, max_size=n),
            st.lists(
                st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(
                    lambda p: p[0] != p[1]
                ),
                max_size=40,
            ),
        )
    ),
    st.integers(1, 9),
    st.integers(1, 30),
)
def test_plan_jobs(graph, max_pairs, max_hashes):
    counts, pairs = graph
    first, second = np.array(pairs, np.int32).reshape(-1, 2).T.copy()
    arguments = (first, second, np.array(counts, np.int64), max_pairs, max_hashes)
    plan, oracle = COMPILED.plan_jobs(*arguments), PLAIN.plan_jobs(*arguments)
    for field in plan.__struct_fields__:
        np.testing.assert_array_equal(getattr(plan, field), getattr(oracle, field), field)
    assert plan.cuts[0] == plan.group_cuts[0] == 0
    assert plan.cuts[-1] == len(pairs)
    for job in range(len(plan.cuts) - 1):
        begin, end = plan.cuts[job : job + 2].tolist()
        documents = plan.groups[slice(*plan.group_cuts[job : job + 2])]
        assert 0 < end - begin <= max_pairs
        assert len(set(documents.tolist())) == len(documents)
        at_first, at_second = plan.first_positions[begin:end], plan.second_positions[begin:end]
        np.testing.assert_array_equal(documents[at_first], first[begin:end])
        np.testing.assert_array_equal(documents[at_second], second[begin:end])
        assert end - begin == 1 or sum(counts[d] for d in documents.tolist()) <= max_hashes


RUNS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=12)


@pytest.mark.parametrize("kernels", [COMPILED, PLAIN], ids=lambda kernels: kernels.name)
@pytest.mark.parametrize("window", [1, 16, 1 << 16])
@given(runs=RUNS)
def test_runs_of_bytes_from_memory_and_from_a_file(kernels, window, runs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "WINDOW_BYTES", window)
        check_runs(kernels, runs)
        check_runs(kernels, sorted(runs))


def check_runs(kernels, runs):
    values = np.random.default_rng(2).integers(0, 256, 260, np.uint8)
    begins, lengths = np.array(runs, np.int64).reshape(-1, 2).T.copy()
    expected = [
        value for begin, length in runs for value in values[begin : begin + length].tolist()
    ]
    target = np.zeros(int(lengths.sum()), np.uint8)
    kernels.copy_runs(values, begins, lengths, target)
    assert target.tolist() == expected
    with tempfile.TemporaryFile() as file:
        file.write(values.tobytes())
        file.flush()
        target[:] = 0
        kernels.read_runs(file.fileno(), begins, lengths, target)
        assert target.tolist() == expected


@pytest.mark.parametrize("kernels", [COMPILED, PLAIN], ids=lambda kernels: kernels.name)
def test_runs_of_a_file_that_is_cut_off_or_closed(kernels):
    target = np.zeros(8, np.uint8)
    with tempfile.TemporaryFile() as file:
        file.write(b"1234567")
        file.flush()
        with pytest.raises(EOFError):
            kernels.read_runs(file.fileno(), np.array([0]), np.array([8]), target)
        number = file.fileno()
    with pytest.raises(OSError, match="Bad file descriptor"):
        kernels.read_runs(number, np.array([0]), np.array([8]), target)


def test_runs_read_together_of_a_file_that_is_cut_off():
    """The second lies in what was read with the first, as far as the file goes."""
    target = np.zeros(6, np.uint8)
    with tempfile.TemporaryFile() as file:
        file.write(b"1234567")
        file.flush()
        with pytest.raises(EOFError):
            COMPILED.read_runs(file.fileno(), np.array([0, 5]), np.array([3, 3]), target)


def bit_of(hash):
    return hash >> 32 & 511


def may_reach(left, right, threshold):
    """What the bits of two sets leave open, from its definition; an empty set is not known."""
    left, right = {*left}, {*right}
    if not left or not right:
        return True
    bits = {bit_of(hash) for hash in left}, {bit_of(hash) for hash in right}
    alone, other_alone = len(bits[0] - bits[1]), len(bits[1] - bits[0])
    shared = min(len(left) - alone, len(right) - other_alone)
    return shared / max(len(right) + alone, len(left) + other_alone) >= threshold


def filters_of(sets, low_bytes):
    bitmaps = np.zeros((len(sets), BITMAP_WORDS), np.uint64)
    for i, hashes in enumerate(sets):
        for bit in {*map(bit_of, hashes)}:
            bitmaps[i, bit // 64] |= np.uint64(1 << bit % 64)
    return SetFilters(low_bytes, bitmaps, np.array([len({*each}) for each in sets], np.int32))


SPREAD_HASHES = st.one_of(
    st.integers(0, 2**64 - 1), st.integers(0, 9).map(lambda i: i << 32), st.integers(0, 3)
)
SPREAD_SETS = st.lists(SPREAD_HASHES, max_size=30)


@given(SPREAD_SETS, SPREAD_SETS)
def test_bits_rule_out_no_pair_that_reaches_the_threshold(left, right):
    if left and right:
        jaccard = len({*left} & {*right}) / len({*left} | {*right})
        assert may_reach(left, right, jaccard)


@examples(60)
@given(st.lists(RAW, max_size=4), st.integers(1, 3))
def test_bitmaps_and_counts_are_those_of_the_hashes(texts, shingle_size):
    sketch = COMPILED.sketch(make_raw_batch(texts), shingle_size, 4, seed=1)
    spans = zip(sketch.shingle_offsets[:-1], sketch.shingle_offsets[1:], strict=True)
    sets = [sketch.shingle_hashes[begin:end].tolist() for begin, end in spans]
    expected = filters_of(sets, np.empty((len(sets), 0), np.uint8))
    np.testing.assert_array_equal(sketch.bitmaps, expected.bitmaps)
    np.testing.assert_array_equal(sketch.distinct_counts, expected.distinct_counts)


@pytest.mark.parametrize("period", [1, 20, 900, 970, 1000])
def test_repeated_shingles_are_counted_once(period):
    """Few repetitions are found in another way than many."""
    text = " ".join(f"w{i % period}" for i in range(1000)).encode()
    sketch = COMPILED.sketch(make_raw_batch([text]), 1, 4, seed=1)
    assert sketch.distinct_counts.tolist() == [period]


def test_both_languages_say_the_same_of_the_layout():
    """What Python allocates is what C writes into."""
    assert compiled._kernels.BITMAP_WORDS == BITMAP_WORDS
    assert compiled._kernels.COUNTED_SIZE == 2 * COUNTED


def test_sets_of_more_shingles_are_not_counted():
    texts = [" ".join(f"w{i}" for i in range(count)).encode() for count in (1024, 1025)]
    for kernels in (COMPILED, PLAIN):
        sketch = kernels.sketch(make_raw_batch(texts), 1, 4, seed=1)
        assert sketch.distinct_counts.tolist() == [COUNTED, 0]
        assert sketch.bitmaps.any(axis=1).tolist() == [True, False]


@examples(200)
@given(
    st.integers(1, 3),
    st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=12),
    st.integers(0, 4),
    st.integers(2, 5),
    st.booleans(),
    st.lists(SPREAD_SETS, min_size=1, max_size=12),
    st.sampled_from([0.0, 0.3, 0.7, 1.0]),
)
def test_bucket_pairs(band_count, rows, minimum_equal, cap, leads_apart, sets, threshold):
    """Both implementations against the definition, pair by pair."""
    rows = sorted(rows, key=lambda row: row[band_count - 1])
    sets = [sets[i % len(sets)] for i in range(len(rows))]
    filters = filters_of(sets, np.array(rows, np.uint8))
    low_bytes = np.array(rows, np.uint8)
    keys = low_bytes[:, :band_count].astype(np.uint64) * np.uint64(2)
    edges = np.flatnonzero(np.diff(keys[:, -1])) + 1
    begins = np.array([0, *edges], np.int64)
    ends = np.array([*edges, len(rows)], np.int64)
    first_ends = np.minimum(ends, begins + cap)
    seconds = first_ends if leads_apart else begins
    expected, met = set(), 0
    for begin, first_end, second, end in zip(begins, first_ends, seconds, ends, strict=True):
        for i in range(begin, first_end):
            for j in range(max(i + 1, second), end):
                if not (keys[i, :-1] == keys[j, :-1]).any():
                    met += 1
                    is_alike = (low_bytes[i] == low_bytes[j]).sum() >= minimum_equal
                    if is_alike and may_reach(sets[i], sets[j], threshold):
                        expected.add((i, j))
    for kernels in (COMPILED, PLAIN):
        left, right, count = kernels.bucket_pairs(
            keys,
            band_count - 1,
            begins,
            first_ends,
            seconds,
            ends,
            filters,
            minimum_equal,
            threshold,
        )
        assert len(left) == len(expected)
        assert set(zip(left.tolist(), right.tolist(), strict=True)) == expected
        assert count == met


def test_bucket_pairs_goes_on_where_its_block_ended(monkeypatch):
    count = 40
    keys = np.zeros((count, 1), np.uint64)
    low_bytes = np.zeros((count, 8), np.uint8)
    begins, ends = np.array([0, 25], np.int64), np.array([25, count], np.int64)
    filters = filters_of([[0]] * count, low_bytes)
    arguments = (keys, 0, begins, ends, begins, ends, filters, 8, 0.7)
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
