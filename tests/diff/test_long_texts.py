"""Texts are split and aligned by columns; the difference is what going word by word gives."""

import random
from array import array
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.diff import diff_texts
from dedupe.diff.blocks import Block, Gap, common_end, common_length
from dedupe.diff.chunks import ChunkCutter
from dedupe.diff.compare import diff_words
from dedupe.diff.faint import find_faint
from dedupe.diff.shingles import Shingles, find_shared
from dedupe.diff.vocabulary import Vocabulary
from dedupe.model.characters import OPENERS
from dedupe.sketch import load_word_finder, tokenize_text


def segments(left, right, packed_size):
    """Sorted as one number with the position up to so many shingles, beyond by position."""
    with patch("dedupe.diff.shingles._PACKED_SIZE", packed_size):
        diff = diff_texts(left, right, tokenize_text)
    return diff.segments, diff.coarse_count


def edited(words, rng):
    """Words of a text some of which were cut, moved, repeated or put in."""
    words = list(words)
    for _ in range(rng.randrange(8)):
        at, size = rng.randrange(len(words) + 1), rng.randrange(60)
        part = words[at : at + size]
        kind = rng.randrange(4)
        if kind < 3:
            words[at : at + size] = [] if kind < 2 else part * 2
        if kind in (1, 3):
            there = rng.randrange(len(words) + 1)
            words[there:there] = part if kind == 1 else rng.choices(["new", "words", "here"], k=9)
    return words


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([3, 30, 400]), st.sampled_from([0, 8, 300]))
def test_both_ways_of_sorting_shingles_give_the_same_difference(seed, vocabulary, count):
    rng = random.Random(seed)
    words = [f"w{rng.randrange(vocabulary)}{rng.choice(['', '.', ','])}" for _ in range(count)]
    left, right = " ".join(words), " ".join(edited(words, rng))
    assert segments(left, right, 1) == segments(left, right, 1 << 15)


def test_texts_of_100_000_words_have_their_changes_alone_in_the_difference():
    rng = random.Random(1)
    words = [f"w{rng.randrange(5000)}" for _ in range(100_000)]
    changed = [*words[:40_000], "inserted", *words[40_000:90_000], *words[90_010:]]
    diff = diff_texts(" ".join(words), " ".join(changed), tokenize_text)
    assert (diff.inserted_count, diff.deleted_count, diff.place_count) == (1, 10, 2)
    assert diff.coarse_count == 0


@given(st.lists(st.integers(0, 2), max_size=80), st.lists(st.integers(0, 2), max_size=80))
def test_common_parts_are_counted_as_one_by_one(left, right):
    left, right = tuple(left), tuple(right)
    gap = Gap(range(len(left)), range(len(right)))
    limit = min(len(left), len(right))
    sizes = range(limit + 1)
    assert common_length(left, gap.left, right, gap.right) == max(
        size for size in sizes if left[:size] == right[:size]
    )
    assert common_end(left, right, gap) == max(
        size for size in sizes if left[len(left) - size :] == right[len(right) - size :]
    )


@given(st.lists(st.integers(0, 3), max_size=60), st.lists(st.integers(0, 3), max_size=60))
def test_shared_shingles_are_those_that_occur_once_on_both_sides(left, right):
    size = 3
    sides = [Shingles.of_keys(array("Q", keys), size) for keys in (left, right)]
    first, second = find_shared(sides[0], range(len(left)), sides[1], range(len(right)))
    shingles = [
        [tuple(keys[i : i + size]) for i in range(len(keys) - size + 1)] for keys in (left, right)
    ]
    expected = [
        (i, shingles[1].index(shingle))
        for i, shingle in enumerate(shingles[0])
        if shingles[0].count(shingle) == shingles[1].count(shingle) == 1
    ]
    assert list(zip(first, second, strict=True)) == expected


TEXTS = st.text(
    "aB1é地七カ。，、！“”‘’「（(《[<-_'.·ー々ก่½ﬁ\u0301\u200d\u00ad🎉№…  \n\n\t\r\u2028", max_size=40
)


@pytest.mark.skipif(load_word_finder() is None, reason="the kernels were not built")
@settings(max_examples=400, deadline=None)
@given(TEXTS, TEXTS, st.sampled_from([0, 1]))
def test_a_finder_changes_nothing_in_a_difference(left, right, found_from):
    """Whether it finds the words of both texts, or only of the second."""
    plain = diff_texts(left, right, tokenize_text)
    vocabulary = Vocabulary(tokenize_text, load_word_finder())
    with patch("dedupe.diff.vocabulary.FINDER_SIZE", found_from * (len(left) + 1)):
        found = diff_words(vocabulary.split(left), vocabulary.split(right))
    assert found.segments == plain.segments
    for side in ("left", "right"):
        one, other = getattr(found, side), getattr(plain, side)
        assert (one.keys, one.text, one.breaks) == (other.keys, other.text, other.breaks)
        assert (one.starts, one.ends, one.scores) == (other.starts, other.ends, other.scores)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "a,", "–", "A", "½", "b\n", "\n-", "(c"]), max_size=60),
    st.data(),
)
def test_words_look_equal_where_their_surfaces_do(parts, data):
    """However they are cut into lines, which moves punctuation from one word to the next."""
    spaces = st.lists(st.sampled_from([" ", " ", " ", "\n"]), min_size=60, max_size=60)
    vocabulary = Vocabulary(tokenize_text)
    sides = []
    for _ in range(2):
        text = "".join(map(str.__add__, parts, data.draw(spaces)))
        sides.append(vocabulary.split(text.replace("a,", data.draw(st.sampled_from(["a,", "a"])))))
    size = len(sides[0])
    left, right = (side.surfaces(range(size)) for side in sides)
    expected = [at for at in range(size) if left[at].replace(" ", "") != right[at].replace(" ", "")]
    assert find_faint(Block(0, 0, size), *sides) == expected


def cut_one_by_one(cutter, chunk):
    """The surfaces of a chunk, as its rule says it: character by character."""
    start = 0
    unspaced = in_word = False
    for position, character in enumerate(chunk):
        kind = cutter.kind(character)
        if kind == "unspaced" or (kind == "letter" and not in_word):
            cut = position
            while cut > start and chunk[cut - 1] in OPENERS:
                cut -= 1
            if cut > start:
                yield chunk[start:cut], unspaced
                start = cut
            unspaced = kind == "unspaced"
        in_word = kind == "letter" or (in_word and kind == "inner")
    yield chunk[start:], unspaced


@settings(max_examples=500)
@given(st.text("ab1é地七カ。，、！“”‘’「（(《[{<-_'.·ー々ก่ำ½ﬁ\u0301\u200d\u00ad🎉№", max_size=14))
def test_surfaces_are_cut_before_each_token(chunk):
    cutter = ChunkCutter(tokenize_text)
    expected = [*cut_one_by_one(cutter, chunk)]
    for size in (0, 1000):  # at marks, and by a pattern
        with patch("dedupe.diff.chunks.LONG_CHUNK", size):
            lead, surfaces, unspaced = cutter.cut_surfaces(chunk)
        cuts = [(lead, False)] * bool(lead or not surfaces)
        assert [*cuts, *zip(surfaces, unspaced, strict=True)] == expected
