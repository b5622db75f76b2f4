"""Calls that break what the kernels trust: each is an error that names it, and touches no memory.

They also run in the builds with bounds checks and sanitizers: none of them may reach memory.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from dedupe.model.documents import TextBatch
from dedupe.model.errors import KernelsError
from dedupe.model.sketches import BITMAP_WORDS, SetFilters
from dedupe.sketch import plain
from dedupe.sketch.token_table import COMBINES, MULTIPLE, load_table

compiled = pytest.importorskip(
    "dedupe.sketch.compiled", reason="the extension is not built", exc_type=ImportError
)

KERNELS = compiled.CompiledKernels()
SIZES = compiled._kernels.SIZES
HUGE = 2**63 - 1


def ints(*values, dtype=np.int64):
    return np.array(values, dtype)


def places(*values):
    return ints(*values, dtype=np.int32)


HASHES = np.arange(8, dtype=np.uint64)
BAD_OFFSETS = [
    pytest.param(offsets, said, id=said.replace(" ", "-"))
    for offsets, said in [
        (ints(), "are empty"),
        (ints(-1, 4), "go from -1 to 4"),
        (ints(0, 9), "go from 0 to 9"),
        (ints(0, 6, 3, 8), "do not ascend"),
        (ints(0, HUGE, -HUGE, 8), "do not ascend"),
    ]
]


@pytest.mark.parametrize(("offsets", "said"), BAD_OFFSETS)
def test_offsets(offsets, said):
    texts = TextBatch(
        ids=["a"] * max(len(offsets) - 1, 0),
        pieces=[b"8 bytes."],
        offsets=offsets,
        locators=np.zeros((1, 4), np.int64),
    )
    with pytest.raises(ValueError, match=f"offsets {said}"):
        KERNELS.sketch(texts, 5, 16, 1)
    with pytest.raises(ValueError, match=f"offsets {said}"):
        KERNELS.sort_unique(HASHES, offsets)
    with pytest.raises(ValueError, match=f"offsets {said}"):
        KERNELS.sign_hashes(HASHES, offsets, 16, 1)
    with pytest.raises(ValueError, match=f"offsets {said}"):
        KERNELS.count_shared(HASHES, offsets, places(0), places(0), 0.5)


def test_texts_without_ids():
    texts = TextBatch(ids=["a"], pieces=[b"ab"], offsets=ints(0, 1, 2), locators=np.zeros((1, 4)))
    with pytest.raises(ValueError, match="ids 1, texts 2"):
        KERNELS.sketch(texts, 5, 16, 1)


@pytest.mark.parametrize(("shingle_size", "num_perm"), [(0, 16), (-1, 16), (5, 0)])
def test_sizes_of_sketches(shingle_size, num_perm):
    texts = TextBatch(ids=["a"], pieces=[b"ab"], offsets=ints(0, 2), locators=np.zeros((1, 4)))
    with pytest.raises(ValueError, match="must be 1 or more"):
        KERNELS.sketch(texts, shingle_size, num_perm, 1)


@pytest.mark.parametrize("bad", [-1, 2, 2**31 - 1])
def test_indices(bad):
    for left, right in [(places(0, bad), places(1, 1)), (places(1, 1), places(bad, 0))]:
        with pytest.raises(ValueError, match=f"{bad}, but there are 2 places|from {bad} to"):
            KERNELS.count_shared(HASHES, ints(0, 4, 8), left, right, 0.5)
        with pytest.raises(ValueError, match=f"{bad}, but there are 2 places|from {bad} to"):
            KERNELS.label_components(2, left, right)
        with pytest.raises(ValueError, match=f"{bad}, but there are 2 places|from {bad} to"):
            KERNELS.plan_jobs(left, right, ints(1, 1), 10, 10)


def test_columns_of_different_lengths():
    left, right = places(0, 1), places(0)
    for one, other in [(left, right), (right, left)]:
        with pytest.raises(ValueError, match="different ones"):
            KERNELS.count_shared(HASHES, ints(0, 4, 8), one, other, 0.5)
        with pytest.raises(ValueError, match="different ones"):
            KERNELS.label_components(2, one, other)
        with pytest.raises(ValueError, match="different ones"):
            KERNELS.plan_jobs(one, other, ints(1, 1), 10, 10)
        with pytest.raises(ValueError, match="different ones"):
            KERNELS.copy_runs(np.zeros(8, np.uint8), ints(0), ints(1, 1), np.zeros(2, np.uint8))


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_thresholds(threshold):
    with pytest.raises(ValueError, match="between 0 and 1"):
        KERNELS.count_shared(HASHES, ints(0, 4, 8), places(0), places(1), threshold)


@pytest.mark.parametrize("counts", [(-1, 1), (HUGE, HUGE)])
def test_counts_of_jobs(counts):
    with pytest.raises(ValueError, match="counts go from"):
        KERNELS.plan_jobs(places(0), places(1), ints(*counts), 10, 10)


@pytest.mark.parametrize(
    ("begins", "lengths", "room", "said"),
    [
        ((-1,), (2,), 2, "a run begins at -1"),
        ((2,), (-1,), 0, "is -1 long"),
        ((0,), (4,), 3, "do not fill the 3 bytes"),
        ((0,), (4,), 5, "do not fill the 5 bytes"),
        ((0, 0, 0), (HUGE, HUGE, 2), 0, "do not fill the 0 bytes"),
        ((HUGE,), (1,), 1, "a run ends behind"),
    ],
)
def test_runs(begins, lengths, room, said):
    target = np.zeros(room, np.uint8)
    with pytest.raises(ValueError, match=said):
        KERNELS.copy_runs(np.zeros(8, np.uint8), ints(*begins), ints(*lengths), target)
    with pytest.raises(ValueError, match=said):
        KERNELS.read_runs(0, ints(*begins), ints(*lengths), target)


def test_runs_behind_the_values():
    for begin, length in [(8, 1), (6, 3)]:
        target = np.zeros(length, np.uint8)
        with pytest.raises(ValueError, match="ends behind the 8 bytes"):
            KERNELS.copy_runs(np.zeros(8, np.uint8), ints(begin), ints(length), target)


def pair_up(**changed):
    count = 3
    given = {
        "keys": np.zeros((count, 2), np.uint64),
        "band": 0,
        "begins": ints(0),
        "first_ends": ints(3),
        "seconds": ints(0),
        "ends": ints(3),
        "low_bytes": np.zeros((count, 4), np.uint8),
        "bitmaps": np.zeros((count, BITMAP_WORDS), np.uint64),
        "distinct_counts": places(0, 0, 0),
        "minimum_equal": 0,
        **changed,
    }
    filters = SetFilters(*(given.pop(name) for name in ("low_bytes", "bitmaps", "distinct_counts")))
    return KERNELS.bucket_pairs(filters=filters, threshold=0.5, **given)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"begins": ints(-1)}, "begins go from -1"),
        ({"ends": ints(4)}, "ends go from 4"),
        ({"first_ends": ints(4)}, "first_ends go from 4"),
        ({"first_ends": ints(HUGE)}, "first_ends go from"),
        ({"seconds": ints(-5)}, "seconds go from -5"),
        ({"begins": ints(0, 1)}, "begins 2, first_ends 1"),
        ({"seconds": ints()}, "seconds 0, ends 1"),
        ({"band": 3}, "band go from 3"),
        ({"band": -1}, "band go from -1"),
        ({"minimum_equal": -1}, "minimum_equal is -1"),
        ({"low_bytes": np.zeros((2, 4), np.uint8)}, "low_bytes 2"),
        ({"low_bytes": np.zeros((3, 0), np.uint8)}, "low_bytes is 0"),
        ({"bitmaps": np.zeros((3, BITMAP_WORDS - 1), np.uint64)}, "bitmaps have 7 words"),
        ({"bitmaps": np.zeros((2, BITMAP_WORDS), np.uint64)}, "bitmaps 2"),
        ({"distinct_counts": places(0, 0)}, "distinct_counts 2"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_buckets(changed, said):
    assert pair_up()[2] == 3
    with pytest.raises(ValueError, match=said):
        pair_up(**changed)


def test_types_and_strides():
    with pytest.raises(ValueError, match="mismatch"):
        KERNELS.sort_unique(HASHES.astype(np.int64), ints(0, 8))
    with pytest.raises(ValueError, match="contiguous"):
        KERNELS.sort_unique(np.arange(16, dtype=np.uint64)[::2], ints(0, 8))


def test_a_count_that_a_kernel_returns_is_not_trusted(monkeypatch):
    """As if a kernel counted wrongly: nothing goes on with its number."""
    monkeypatch.setattr(compiled._kernels, "sort_unique", lambda *given: 9)
    with pytest.raises(KernelsError, match="9 values, in room for 8"):
        KERNELS.sort_unique(HASHES, ints(0, 8))
    monkeypatch.setattr(compiled._kernels, "bucket_pairs", lambda *given: -1)
    with pytest.raises(KernelsError, match="-1 pairs"):
        pair_up()
    monkeypatch.setattr(compiled._kernels, "winnow", lambda *given: 9)
    with pytest.raises(KernelsError, match="9 positions, in room for 8"):
        KERNELS.winnow(HASHES, ints(0, 8), 1)
    monkeypatch.setattr(compiled._kernels, "grow_runs", lambda *given: 2)
    with pytest.raises(KernelsError, match="2 runs, in room for 1"):
        KERNELS.grow_runs(
            HASHES, ints(0, 4, 8), places(0), places(1), (ints(0), ints(0), ints(4)), 1
        )
    monkeypatch.setattr(compiled._kernels, "plan_jobs", lambda *given: 5)
    with pytest.raises(KernelsError, match="5 jobs"):
        KERNELS.plan_jobs(places(0), places(1), ints(1, 1), 10, 10)


def test_more_tokens_than_fit_are_noticed(monkeypatch):
    """A table that says too little of how much longer text may become."""
    tables = compiled._tables()
    tokenizer = compiled._kernels.Tokenizer(
        tables, np.empty(SIZES["ASCII_BLOCK"] * 4, np.uint8), np.empty(8, np.int64),
        np.empty(30, np.uint32), np.empty(30, np.uint32),
    )  # fmt: skip
    with pytest.raises(KernelsError, match="more tokens than fit"):
        compiled._kernels.tokenize(tokenizer, np.frombuffer(b"a b c d e f g h", np.uint8))
    monkeypatch.setattr(compiled, "_tokenizer", lambda longest: tokenizer)
    texts = TextBatch(
        ids=["a"], pieces=[b"a b c d e f g h"], offsets=ints(0, 15), locators=np.zeros((1, 4))
    )
    with pytest.raises(KernelsError, match="more tokens than fit"):
        KERNELS.sketch(texts, 5, 16, 1)
    with pytest.raises(KernelsError, match="more tokens than fit"):
        compiled.find_tokens("a b c d e f g h", ints(7))


@pytest.mark.parametrize("tokens", [ints(-1, 2), ints(3, 2)])
def test_tokens_to_be_found(tokens):
    with pytest.raises(ValueError, match="tokens do not ascend"):
        compiled.find_tokens("a b c d", tokens)


@pytest.mark.parametrize(
    ("pairs", "ones", "others", "said"),
    [
        (ints(1), ints(0), ints(4), "pairs go"),
        (ints(0, 0), ints(0), ints(4), "different ones"),
        (ints(0), ints(4), ints(4), "ones are not all inside"),
        (ints(0), ints(-1), ints(4), "ones are not all inside"),
        (ints(0), ints(0), ints(3), "others are not all inside"),
        (ints(0), ints(0), ints(8), "others are not all inside"),
    ],
)
def test_places_of_runs(pairs, ones, others, said):
    ends = places(0), places(1)
    with pytest.raises(ValueError, match=said):
        KERNELS.grow_runs(HASHES, ints(0, 4, 8), *ends, (pairs, ones, others), 1)


@pytest.mark.parametrize(("offsets", "said"), BAD_OFFSETS)
def test_offsets_of_what_is_winnowed(offsets, said):
    with pytest.raises(ValueError, match=f"offsets {said}"):
        KERNELS.winnow(HASHES, offsets, 3)
    with pytest.raises(ValueError, match="window is 0"):
        KERNELS.winnow(HASHES, ints(0, 8), 0)


def test_no_character_becomes_more_tokens_than_there_is_room_for():
    """Two a byte, and so many bytes a byte as the table says."""
    table = load_table()
    entries, pool = table.expand("entries"), table.sections["pool"]
    for code_point in np.flatnonzero(entries & np.uint32(MULTIPLE) != 0).tolist():
        place, count = int(entries[code_point]) >> 16, int(entries[code_point]) >> 8 & 0xFF
        text = chr(code_point).encode("utf-8", "surrogatepass")
        becomes = sum(len(chr(part >> 8).encode()) + 1 for part in pool[place:][:count].tolist())
        assert len(plain.tokenize_text(2 * chr(code_point))) <= 2 * len(2 * text)
        assert becomes <= int(table.sections["expansion"][0]) * len(text)


def test_whatever_joins_a_character_is_marked():
    """The compiled kernels ask for a composite only where the second character has this mark."""
    table = load_table()
    entries = table.expand("entries")
    seconds = table.sections["compose"].reshape(-1, 3)[:, 1]
    hangul = [*range(0x1161, 0x1161 + 21), *range(0x11A8, 0x11A7 + 28)]
    assert (entries[seconds] & np.uint32(COMBINES) != 0).all()
    assert (entries[hangul] & np.uint32(COMBINES) != 0).all()


# --- nothing takes a square of its size -------------------------------------------------


def seconds_for(call, repeats: int = 5) -> float:
    """The least CPU time of some calls, since what disturbs one only adds to it."""
    least = float("inf")
    for _ in range(repeats):
        begun = time.thread_time()
        call()
        least = min(least, time.thread_time() - begun)
    return least


def spread(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 2**64, count, np.uint64)


def few(count: int, distinct: int) -> np.ndarray:
    return np.resize(spread(distinct) >> np.uint64(24), count)


CRAFTED = {
    "one bucket": lambda count: spread(count) >> np.uint64(24),
    "descending": lambda count: np.arange(count, 0, -1, dtype=np.uint64),
    "ascending": lambda count: np.arange(count, dtype=np.uint64),
    "one value": lambda count: np.zeros(count, np.uint64),
    **{f"{n} values": lambda count, n=n: few(count, n) for n in (15, 16, 17, 63, 64, 65, 1000)},
    "full buckets": lambda count: (
        np.arange(count, dtype=np.uint64) // np.uint64(64)
        << np.uint64(64 - (count // 64).bit_length() - 6)
        | np.arange(count, dtype=np.uint64) % np.uint64(64)
    ),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_sorting_crafted_hashes_takes_a_time_that_grows_as_they_do(name):
    """Sixteen times the hashes take sixteen times as long; a square would be 256 times."""
    small, large = CRAFTED[name](8_000), CRAFTED[name](128_000)
    times = [
        seconds_for(lambda h=hashes: KERNELS.sort_unique(h, ints(0, len(h))))
        for hashes in (small, large)
    ]
    assert times[1] < 80 * max(times[0], 20e-6)


def survey(values: np.ndarray) -> int:
    table = np.empty(compiled._kernels.COUNTED_SIZE, np.uint64)
    return compiled._kernels.survey(values, table, np.zeros(BITMAP_WORDS, np.uint64))


@pytest.mark.parametrize("shift", [11, 16, 24, 32, 40, 48, 56])
@pytest.mark.parametrize("low", [0, SIZES["TABLE"] - 1])
def test_crafted_hashes_are_counted(shift, low):
    """So many agree in their low bits that they are sorted, by an even or odd number of bytes."""
    values = np.tile(spread(SIZES["COUNTED"] // 2) << np.uint64(shift) | np.uint64(low), 2)
    np.random.default_rng(2).shuffle(values)
    assert survey(values) == len({*values.tolist()})


def test_counting_crafted_hashes_is_bounded():
    """Hashes that agree in their low bits; without a bound they took forty times as long."""
    half = spread(SIZES["COUNTED"] // 2)
    ordinary, crafted = np.tile(half, 2), np.tile(half << np.uint64(11), 2)
    assert survey(ordinary) == survey(crafted) == len(half)

    def count_often(values):
        for _ in range(100):
            survey(values)

    assert seconds_for(lambda: count_often(crafted)) < 12 * seconds_for(
        lambda: count_often(ordinary)
    )


def test_crafted_hashes_cost_few_tables():
    """Hashes that fit into no table; to try each size of it took twenty times as long."""
    count, size, run = 1000, 12, SIZES["TABLE_RUN"]
    hashes = np.sort(spread(count * size).reshape(-1, size), axis=1)
    left = np.repeat(np.arange(count - run, dtype=np.int32), run)
    right = left + np.tile(np.arange(1, run + 1, dtype=np.int32), count - run)
    offsets = np.arange(count + 1, dtype=np.int64) * size
    ordinary, crafted = (
        np.sort(each, axis=1).reshape(-1).copy() for each in (hashes, hashes << np.uint64(12))
    )
    times = [
        seconds_for(lambda h=h: KERNELS.count_shared(h, offsets, left, right, 0.7))
        for h in (ordinary, crafted)
    ]
    assert times[1] < 8 * times[0]


@pytest.mark.parametrize(
    "piece", ["\ufdfa\u0301", "\u0301", "\u200b", "e\u0301", "\uac00\u11a8", "\u3316\u3099", "\xff"]
)
def test_crafted_text_takes_a_time_that_grows_as_it_does(piece):
    times = []
    for count in (1000, 16_000):
        data = np.frombuffer((piece * count).encode(), np.uint8)
        tokenizer = compiled._tokenizer(len(data))
        times.append(seconds_for(lambda d=data, t=tokenizer: compiled._kernels.tokenize(t, d)))
    assert times[1] < 80 * max(times[0], 20e-6)
