"""A fuzzer of the compiled kernels: random batches of sizes near those where they change method.

``python -m tests.support.fuzz_kernels --count 20000 --seed 7``; a few run in
``tests/sketch/test_kernels_fuzz.py``.
Each case is made from its own seed, which a failure names. Arrays have the exact size, so that a
sanitizer sees an access one element beyond. Results are compared with plain definitions.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter

import numpy as np

from dedupe.diff import Vocabulary, Words
from dedupe.diff.boundaries import score_table
from dedupe.diff.chunks import ChunkCutter
from dedupe.model.documents import TextBatch
from dedupe.model.sketches import BITMAP_WORDS, SetFilters
from dedupe.sketch import _kernels, compiled, plain, word_finder
from dedupe.sketch.token_table import COMBINES, DROPPED, MULTIPLE, load_table
from tests.support import fuzz_differences

FINDER = word_finder.CompiledWordFinder()
COMPILED, PLAIN = compiled.CompiledKernels(), plain.PlainKernels()
SIZES = _kernels.SIZES
EDGES = sorted({0, 1, 2, 3, *(max(size + by, 0) for size in SIZES.values() for by in (-1, 0, 1))})
SMALL_EDGES = [size for size in EDGES if size <= 2 * SIZES["BUCKET_LIMIT"] + 1]
TOP = (1 << 64) - 1
THRESHOLDS = [0.0, 0.07, 0.3, 0.5, 0.55, 0.7, 1.0]


def draw_size(rng: random.Random, most: int) -> int:
    sizes = EDGES if rng.random() < 0.3 else SMALL_EDGES
    size = rng.choice(sizes) if rng.random() < 0.8 else rng.randrange(200)
    return min(size, most)


def draw_hashes(rng: random.Random, size: int) -> list[int]:
    """Random hashes as from text, from text that repeats itself, or from an attacker."""
    few = rng.choice([1, 2, *(SIZES[name] + by for name in ("FEW_VALUES", "BUCKET_LIMIT")
                              for by in (-1, 0, 1))])  # fmt: skip
    spread = [rng.getrandbits(64) for _ in range(size)]
    kind = rng.randrange(9)
    if kind == 0:
        return [rng.choice([0, TOP, 1, TOP - 1]) for _ in spread]
    if kind == 1:
        return [value >> rng.choice([11, 24, 40]) for value in spread]  # one bucket
    if kind == 2:
        low, shift = rng.choice([0, SIZES["TABLE"] - 1]), rng.choice([11, 16, 20, 24, 56])
        return [value << shift & TOP | low for value in spread]  # low bits agree
    if kind == 3:
        return sorted((value >> 24 for value in spread), reverse=rng.random() < 0.5)
    if kind == 4 and size:
        return [rng.choice(spread[:few]) for _ in spread]
    if kind == 5 and size:
        return [rng.choice(spread[:few]) >> 24 for _ in spread]
    if kind == 6:
        # Fill one bucket with many entries, of one value or of different values.
        bucket = rng.choice([0, TOP, rng.getrandbits(64)])
        step = rng.choice([0, 1])
        crowd = min(size, SIZES["BUCKET_LIMIT"] + rng.randrange(4))
        spread[:crowd] = [bucket ^ (i * step) for i in range(crowd)]
        rng.shuffle(spread)
    if kind == 7:
        spread = [value >> 58 << 58 | i for i, value in enumerate(spread)]  # 64 buckets
        rng.shuffle(spread)
    return spread


def pack(values, dtype):
    return np.array(values, dtype)


def offsets_of(lengths, begin: int = 0):
    return np.cumsum([begin, *lengths], dtype=np.int64)


def fuzz_sort_unique(rng: random.Random) -> None:
    segments = [draw_hashes(rng, draw_size(rng, 5000)) for _ in range(rng.randrange(7))]
    ahead = rng.choice([0, 0, 3])
    hashes = pack([1] * ahead + [value for each in segments for value in each], np.uint64)
    values, ends = COMPILED.sort_unique(hashes, offsets_of(map(len, segments), ahead))
    expected = [sorted(set(segment)) for segment in segments]
    assert ends.tolist() == offsets_of(map(len, expected)).tolist()
    assert values.tolist() == [value for each in expected for value in each]


def fuzz_survey(rng: random.Random) -> None:
    values = draw_hashes(rng, max(draw_size(rng, SIZES["COUNTED"]), 1))
    bitmap = np.zeros(BITMAP_WORDS, np.uint64)
    distinct = _kernels.survey(
        pack(values, np.uint64), np.empty(_kernels.COUNTED_SIZE, np.uint64), bitmap
    )
    expected = 0
    for value in values:
        expected |= 1 << (value >> 32 & 64 * BITMAP_WORDS - 1)
    assert distinct == len(set(values))
    assert sum(word << 64 * i for i, word in enumerate(bitmap.tolist())) == expected


def fuzz_count_shared(rng: random.Random) -> None:
    pool = draw_hashes(rng, rng.choice([30, 300, 3000]))
    sets = []
    for _ in range(rng.randrange(1, 9)):
        size = min(draw_size(rng, 3 * SIZES["TABLE_BUCKETS"]), len(pool))
        chosen = {*rng.sample(pool, size)}
        if sets and rng.random() < 0.6:
            # Most values of the other set, and a few beside them or in empty slots of a table.
            chosen = {*rng.sample(sets[-1], len(sets[-1]) * rng.randrange(8, 11) // 10)}
            chosen |= {*rng.sample(range(20), 3)}
        sets.append(sorted(chosen))
    if rng.random() < 0.02:
        most = SIZES["TABLE_BUCKETS"] // 2 + rng.randrange(-1, 2)
        sets += [sorted({rng.getrandbits(64) for _ in range(most)})] * 2
    pairs = []
    for i in range(len(sets)):
        run = SIZES["TABLE_RUN"] + rng.randrange(-1, 3)
        others = [j for j in range(len(sets)) if sets[i] or sets[j]]
        pairs += [(i, rng.choice(others)) for _ in range(run) if others]
    left, right = pack(pairs, np.int32).reshape(-1, 2).T.copy()
    hashes = pack([value for each in sets for value in each], np.uint64)
    threshold = rng.choice(THRESHOLDS)
    found = COMPILED.count_shared(hashes, offsets_of(map(len, sets)), left, right, threshold)
    for (i, j), shared in zip(pairs, found.tolist(), strict=True):
        common = len({*sets[i]} & {*sets[j]})
        union = len(sets[i]) + len(sets[j]) - common
        assert shared == (common if common / union >= threshold else -1), (i, j)


def fuzz_plan_jobs(rng: random.Random) -> None:
    count = rng.randrange(1, 40)
    counts = pack([draw_size(rng, 5000) for _ in range(count)], np.int64)
    ends = [
        pack([rng.randrange(count) for _ in range(size)], np.int32)
        for size in [draw_size(rng, 150)] * 2
    ]
    if rng.random() < 0.5:
        ends[0].sort()
    arguments = (*ends, counts, rng.choice([1, 2, 7, 1000]), rng.choice([1, 300, 2**63 - 1]))
    compare(COMPILED.plan_jobs(*arguments), PLAIN.plan_jobs(*arguments))


def compare(ours, oracle) -> None:
    for field in ours.__struct_fields__:
        np.testing.assert_array_equal(getattr(ours, field), getattr(oracle, field), field)


def fuzz_bucket_pairs(rng: random.Random) -> None:
    count, bands = rng.randrange(0, 60), rng.randrange(1, 5)
    keys = pack([[rng.randrange(6) for _ in range(bands)] for _ in range(count)], np.uint64)
    keys = keys.reshape(count, bands)
    width = rng.choice(
        [1, 4, *(k * SIZES["EQUAL_BLOCK"] + by for k in (1, 2) for by in (-1, 0, 1))]
    )
    # Almost all values are equal, because a block counts up to its size.
    low_bytes = pack(np.zeros((count, width)), np.uint8)
    for row in low_bytes:
        for _ in range(rng.randrange(5)):
            row[rng.randrange(width)] = rng.randrange(3)
    bitmaps = np.zeros((count, BITMAP_WORDS), np.uint64)
    sizes = np.zeros(count, np.int32)
    for i in range(count):
        for _ in range(rng.choice([0, 3, 10, 40])):
            bitmaps[i, rng.randrange(BITMAP_WORDS)] |= np.uint64(1 << rng.randrange(64))
            sizes[i] += 1
    cuts = sorted({0, count, *(rng.randrange(count + 1) for _ in range(rng.randrange(6)))})
    begins, ends = pack(cuts[:-1], np.int64), pack(cuts[1:], np.int64)
    first_ends = np.minimum(ends, begins + rng.choice([0, 1, 3, 100]))
    seconds = first_ends if rng.random() < 0.5 else begins
    arguments = (
        keys, rng.randrange(bands + 1), begins, first_ends, seconds, ends,
        SetFilters(low_bytes, bitmaps, sizes), rng.choice([0, 1, width - 1, width]),
        rng.choice(THRESHOLDS),
    )  # fmt: skip
    oracle = PLAIN.bucket_pairs(*arguments)
    block = compiled.PAIR_BLOCK
    compiled.PAIR_BLOCK = rng.choice([1, 2, 7, block])
    try:
        ours = COMPILED.bucket_pairs(*arguments)
    finally:
        compiled.PAIR_BLOCK = block
    assert [each.tolist() for each in ours[:2]] == [each.tolist() for each in oracle[:2]]
    assert ours[2] == oracle[2]


def fuzz_label_components(rng: random.Random) -> None:
    count = rng.randrange(1, 200)
    edges = [(rng.randrange(count), rng.randrange(count)) for _ in range(rng.randrange(2 * count))]
    left, right = pack(edges, np.int32).reshape(-1, 2).T.copy()
    expected = [*range(count)]
    for one, other in edges:
        low, high = sorted((expected[one], expected[other]))
        expected = [low if label == high else label for label in expected]
    assert COMPILED.label_components(count, left, right).tolist() == expected


def fuzz_runs(rng: random.Random) -> None:
    # In a long file there are gaps that are read over, and gaps that are not.
    size = draw_size(rng, 300) * rng.choice([1, 1, 100])
    values = pack(list(rng.randbytes(size)), np.uint8)
    runs = []
    for _ in range(rng.randrange(12)):
        begin = rng.randrange(len(values) + 1)
        runs.append((begin, rng.randrange(min(len(values) - begin, 300) + 1)))
    if rng.random() < 0.7:
        runs.sort()
    begins, lengths = pack(runs, np.int64).reshape(-1, 2).T.copy()
    expected = [value for begin, length in runs for value in values[begin : begin + length]]
    target = np.zeros(len(expected), np.uint8)
    COMPILED.copy_runs(values, begins, lengths, target)
    assert target.tolist() == expected
    if not _kernels.CAN_READ_AT:
        return
    with tempfile.TemporaryFile() as file:
        file.write(values.tobytes())
        file.flush()
        target[:] = 0
        # At times a few runs just fill the window, or lack a byte of room.
        some = runs[: rng.randrange(1, 4)] or [(0, 1)]
        span = max(begin + length for begin, length in some) - some[0][0]
        width = rng.choice([1, 16, 100, 300, max(span, 1), max(span - 1, 1)])
        window = np.empty(width, np.uint8)
        _kernels.read_runs(file.fileno(), begins, lengths, target, window)
    assert target.tolist() == expected


def _special_characters() -> tuple[list[str], list[str]]:
    """Characters that the token table treats specially, and those whose normal form is longest."""
    entries = load_table().expand("entries")
    special = np.flatnonzero(entries & np.uint32(COMBINES | DROPPED | MULTIPLE) != 0)
    counts = np.where(
        entries & np.uint32(MULTIPLE) != 0, entries >> np.uint32(8) & np.uint32(255), 0
    )
    longest = np.argsort(counts, kind="stable")[-40:]
    return [chr(each) for each in special.tolist()], [chr(each) for each in longest.tolist()]


SPECIAL, LONGEST = _special_characters()
SEPARATING = " \n\x1c.,;:!?()。，、！？；：（）\x85\xa0\u1680\u2003\u2028\u202f\u205f\u3000"
MIXED = "今天一鿿㐀々がンー가각각แประ\u3099\u302a\u0301\ufe00\u0345、。 aÅéß"


def draw_piece(rng: random.Random) -> bytes:
    size = rng.choice(SMALL_EDGES)
    kind = rng.randrange(8)
    if kind == 0:
        return "".join(rng.choices("aZ_09 ,.-\n\0@[`{\x7f", k=size)).encode()
    if kind == 1:
        return "".join(rng.choices(SPECIAL, k=min(size, 40))).encode("utf-8", "surrogatepass")
    if kind == 2:
        return (rng.choice(LONGEST) + rng.choice(["", "\u0301", " "])).encode() * min(size, 40)
    if kind == 3:
        return "".join(rng.choices(MIXED, k=size)).encode()
    if kind == 4:
        return bytes(rng.choices(b"\x80\xbf\xc2\xe0\xed\xf0\xf4\xff\xcc\x81a ", k=size))
    if kind == 5:
        whole = "".join(chr(rng.choice([0xE9, 0x4E00, 0x10428, 0x301])) for _ in range(4)).encode()
        return whole[: rng.randrange(len(whole))]
    if kind == 6:
        return (rng.choice(["\u0301", "\uff9e", "\u0e31", "\u1161", "\U0001d165"]) * 40).encode()
    return "".join(chr(rng.randrange(0x3000)) for _ in range(size)).encode("utf-8", "surrogatepass")


def draw_text(rng: random.Random) -> bytes:
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice([b"", b" ", b"word", "é".encode(), b"?!"])
    if kind == 1:
        # Numbers of shingles near those that are counted and signed together, repeated or not.
        period = rng.choice([1, 2, SIZES["FEW"], SIZES["COUNTED"], 5000])
        count = rng.choice(EDGES) + rng.randrange(5)
        return " ".join(f"w{i % period}" for i in range(count)).encode()
    return b"".join(draw_piece(rng) for _ in range(rng.randrange(6)))


def make_batch(texts: list[bytes]) -> TextBatch:
    # A ``bytes`` object ends with a zero byte, which would hide an access one byte beyond.
    whole = np.frombuffer(b"".join(texts), np.uint8).copy()
    return TextBatch(
        ids=[str(i) for i in range(len(texts))],
        pieces=[whole.data],
        offsets=offsets_of(map(len, texts)),
        locators=np.zeros((len(texts), 4), np.int64),
    )


def fuzz_sketch(rng: random.Random) -> None:
    batch = make_batch([draw_text(rng) for _ in range(rng.randrange(8))])
    lanes = SIZES["LANES"]
    num_perm = rng.choice([1, lanes - 1, lanes, lanes + 1, 2 * lanes])
    masks, seed = rng.random() < 0.5, rng.randrange(2**32)
    arguments = batch, rng.choice([1, 2, 3, 5, 9]), num_perm, seed, masks
    compare(COMPILED.sketch(*arguments), PLAIN.sketch(*arguments))


def fuzz_sign_hashes(rng: random.Random) -> None:
    segments = [draw_hashes(rng, draw_size(rng, 3000)) for _ in range(rng.randrange(5))]
    hashes = np.array([value for segment in segments for value in segment], np.uint64)
    arguments = hashes, offsets_of(map(len, segments)), rng.choice([1, 31, 32, 33]), 1
    compare(COMPILED.sign_hashes(*arguments), PLAIN.sign_hashes(*arguments))


def fuzz_tokenize(rng: random.Random) -> None:
    text = draw_text(rng).decode("utf-8", "replace")
    assert compiled.tokenize_text(text) == plain.tokenize_text(text)


def fuzz_find_tokens(rng: random.Random) -> None:
    kinds = [rng.choice(["b", " ", "é ", "½", "漢"]) * rng.randrange(600), "\ud800 \udfff"]
    text = "".join([draw_text(rng).decode("utf-8", "replace"), *rng.sample(kinds, 1)])
    text = "".join(rng.choice(SEPARATING) if rng.random() < 0.2 else c for c in text)
    count = len(plain.tokenize_text(text))
    tokens = pack(sorted(rng.choices(range(count + 3), k=rng.randrange(30))), np.int64)
    found = compiled.find_tokens(text, tokens)
    np.testing.assert_array_equal(found, plain.find_tokens(text, tokens))
    for token, (begin, end, own) in zip(tokens.tolist(), found.tolist(), strict=True):
        assert (begin >= 0) == (token < count)
        if begin >= 0:
            place = max(own, 0)
            expected = plain.tokenize_text(text)[token - place :]
            assert plain.tokenize_text(text[begin:end])[place] == expected[place]


def fuzz_winnow(rng: random.Random) -> None:
    segments = [draw_hashes(rng, draw_size(rng, 3000)) for _ in range(rng.randrange(6))]
    ahead = rng.choice([0, 3])
    hashes = pack([1] * ahead + [value for each in segments for value in each], np.uint64)
    arguments = hashes, offsets_of(map(len, segments), ahead), rng.choice([1, 2, 3, 46, 300])
    for ours, oracle in zip(COMPILED.winnow(*arguments), PLAIN.winnow(*arguments), strict=True):
        assert ours.tolist() == oracle.tolist()


def fuzz_grow_runs(rng: random.Random) -> None:
    pool = draw_hashes(rng, rng.choice([2, 30, 300])) or [1]
    texts = []
    for _ in range(rng.randrange(2, 5)):
        cuts = sorted(rng.choices(range(len(pool) + 1), k=2))
        texts.append(pool[slice(*cuts)] * rng.randrange(1, 4) + rng.choices(pool, k=3))
    hashes = pack([value for text in texts for value in text], np.uint64)
    offsets = offsets_of(map(len, texts))
    pairs = [rng.sample(range(len(texts)), 2) for _ in range(rng.randrange(1, 4))]
    equal = [
        (number, int(offsets[one]) + i, int(offsets[other]) + j)
        for number, (one, other) in enumerate(pairs)
        for i, value in enumerate(texts[one])
        for j in range(rng.randrange(9), len(texts[other]), rng.randrange(1, 9))
        if value == texts[other][j]
    ]
    places = tuple(pack(equal, np.int64).reshape(-1, 3).T.copy())
    left, right = pack(pairs, np.int32).T.copy()
    arguments = hashes, offsets, left, right, places, rng.choice([1, 2, 5])
    ours, oracle = COMPILED.grow_runs(*arguments), PLAIN.grow_runs(*arguments)
    assert {*map(tuple, ours.tolist())} == {*map(tuple, oracle.tolist())}
    for pair, one, other, size in ours.tolist():
        left_text, right_text = (texts[end] for end in pairs[pair])
        assert left_text[one : one + size] == right_text[other : other + size]


def fuzz_words(rng: random.Random) -> None:
    text = draw_text(rng).decode("utf-8", "surrogateescape")
    spaced = "".join(rng.choice(" \n\t\r\u2028\u3000") if rng.random() < 0.2 else c for c in text)
    cut = ChunkCutter(plain.tokenize_text).cut
    found = Words.of_columns(FINDER.find(spaced, cut, score_table()))
    plainly = Vocabulary(plain.tokenize_text).split(spaced)
    assert (found.text, found.breaks, found.scores) == (
        plainly.text, plainly.breaks, plainly.scores,
    )  # fmt: skip
    assert found.keys == plainly.keys
    assert found.starts == plainly.starts
    assert found.ends == plainly.ends


KERNELS = {
    "sketch": fuzz_sketch,
    "sign_hashes": fuzz_sign_hashes,
    "survey": fuzz_survey,
    "tokenize": fuzz_tokenize,
    "find_tokens": fuzz_find_tokens,
    "winnow": fuzz_winnow,
    "grow_runs": fuzz_grow_runs,
    "sort_unique": fuzz_sort_unique,
    "count_shared": fuzz_count_shared,
    "plan_jobs": fuzz_plan_jobs,
    "bucket_pairs": fuzz_bucket_pairs,
    "label_components": fuzz_label_components,
    "runs": fuzz_runs,
    "words": fuzz_words,
    **fuzz_differences.CASES,
}


def run(count: int, seed: int, names: list[str]) -> Counter[str]:
    """Run ``count`` cases, the kernels in turn; raises at the first difference, naming the seed."""
    ran: Counter[str] = Counter()
    for case in range(count):
        name = names[case % len(names)]
        case_seed = f"{seed}-{name}-{case}"
        try:
            KERNELS[name](random.Random(case_seed))
        except Exception as error:
            error.add_note(f"again: KERNELS[{name!r}](random.Random({case_seed!r}))")
            raise
        ran[name] += 1
    return ran


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="cases, of all kernels together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=KERNELS, action="append", help="this kernel alone")
    arguments = parser.parse_args()
    names = arguments.only or list(KERNELS)
    ran = run(arguments.count, arguments.seed, names)
    for name, count in ran.items():
        print(f"{name}: {count} cases")
    print(f"nothing found; {time.process_time():.1f} s of CPU time")


if __name__ == "__main__":
    main()
