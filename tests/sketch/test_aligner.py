"""Texts are aligned by the compiled kernels as they are in Python."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip(
    "dedupe.sketch.compiled", reason="the extension is not built", exc_type=ImportError
)
from dedupe.diff.align import MAX_CELLS, MAX_DEPTH, align_keys, align_words
from dedupe.diff.vocabulary import Vocabulary
from dedupe.sketch import _kernels, load_word_finder
from dedupe.sketch.plain import tokenize_text
from dedupe.sketch.written_words import MOST_WORDS

VOCABULARY = Vocabulary(tokenize_text, load_word_finder())
VOCABULARY.split(" ".join(f"filling{number}" for number in range(3000)))  # then it uses the finder


def assert_aligned(left: list[str], right: list[str], max_cells: int = MAX_CELLS) -> None:
    sides = [VOCABULARY.split(" ".join(words)) for words in (left, right)]
    assert all(side.compiled is not None for side in sides)
    found = align_words(*sides, max_cells)
    assert found == align_keys(*(side.keys for side in sides), max_cells)


def shuffled(rng: random.Random, words: list[str]) -> list[str]:
    """The words with stretches that are moved, lost, put in or repeated."""
    words = list(words)
    for _ in range(rng.randrange(9)):
        begin = rng.randrange(len(words) + 1)
        stretch = words[begin : begin + rng.choice([1, 3, 5, 8, 30])]
        if rng.random() < 0.7:
            del words[begin : begin + len(stretch)]
        if rng.random() < 0.7:
            at = rng.randrange(len(words) + 1)
            words[at:at] = stretch
        if rng.random() < 0.5:
            words[begin:begin] = [f"new{rng.randrange(99)}" for _ in range(rng.randrange(9))]
    return words


few = st.lists(st.sampled_from("abcd"), max_size=60)


@settings(max_examples=300, deadline=None)
@given(few, few, st.sampled_from([0, 4, 100, MAX_CELLS]))
def test_texts_of_few_words(left, right, max_cells):
    assert_aligned(left, right, max_cells)


@pytest.mark.parametrize("alphabet", [3, 12, 60, 5000])
def test_texts_with_moved_stretches(alphabet):
    rng = random.Random(alphabet)
    for size in [4, 5, 6, 24, 25, 60, 200, 1500] * 5:
        left = [f"w{rng.randrange(alphabet)}" for _ in range(size)]
        for max_cells in (30, MAX_CELLS):
            assert_aligned(left, shuffled(rng, left), max_cells)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("abcdefghij" * 30, "jihgfedcba" * 30),
        ("a" * 500, "a" * 400),
        ("ab" * 300, "ba" * 280),
        ("abcdefghijklmnopqrst", "klmnopqrstabcdefghij"),
        ("", "abc"),
    ],
)
def test_texts_that_need_care(left, right):
    assert_aligned([*left], [*right])
    assert_aligned([*left], [*right], 0)


def test_texts_that_are_too_long_are_aligned_in_python():
    left = [f"w{number}" for number in range(MOST_WORDS // 2 + 1)]
    assert_aligned(left, left[5:])
    assert_aligned(left[1:], left[2:])


def test_calls_that_would_not_fit():
    keys, long = np.arange(9, dtype=np.uint64), np.arange(MOST_WORDS, dtype=np.uint64)
    with pytest.raises(ValueError, match="too long"):
        _kernels.Aligner(keys, long, 5, MAX_DEPTH, 10)
    with pytest.raises(ValueError, match="too long"):
        _kernels.Aligner(keys, keys, 0, MAX_DEPTH, 10)
    shapes = [(4, 19), (5, 19), (19, 5), (19, 3), (19, 4)]
    for short in range(5):
        arrays = [
            np.empty(tuple(side - (number == short and side == 19) for side in shape), kind)
            for number, (shape, kind) in enumerate(
                zip(shapes, [np.uint64, *[np.int64] * 4], strict=True)
            )
        ]
        with pytest.raises(ValueError, match="room"):
            _kernels.Aligner(keys, keys, 5, MAX_DEPTH, 10).align(*arrays)
