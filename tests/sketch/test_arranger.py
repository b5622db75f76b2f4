"""Two texts are cut into stretches by the compiled kernels as they are in Python."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip(
    "dedupe.sketch.compiled", reason="the extension is not built", exc_type=ImportError
)
from dedupe.diff import Diff, Words, diff_words
from dedupe.diff.align import MAX_CELLS, align_words
from dedupe.diff.blocks import Block
from dedupe.diff.compare import LIMITS, diff_blocks
from dedupe.model.stretches import STRETCH_KINDS
from dedupe.sketch import _kernels
from tests.sketch.test_aligner import VOCABULARY
from tests.support.fuzz_differences import JOINED, make_words

texts = st.lists(st.sampled_from(["a", "b", "c.", "d,", "e\n", "o'", "x-"]), max_size=60)


def assert_equal(found: Diff, expected: Diff) -> None:
    assert found.columns.kinds == expected.columns.kinds
    assert found.rows == expected.rows
    assert (found.faint, found.coarse_count) == (expected.faint, expected.coarse_count)


def assert_arranged(left: Words, right: Words, blocks: list[Block]) -> Diff:
    arranged = left.compiled.arrange(right.compiled, blocks, LIMITS)
    found = Diff(left, right, arranged.stretches, 0, arranged.faint)
    assert_equal(found, diff_blocks(blocks, left, right, 0))
    return found


def compare(left: str, right: str) -> Diff:
    """The diff by compiled loops, after it was found to be that of the plain ones."""
    sides = [VOCABULARY.split(text) for text in (left, right)]
    assert all(side.compiled is not None for side in sides)
    found = diff_words(*sides)
    assert_equal(found, diff_blocks(align_words(*sides, MAX_CELLS)[0], *sides, 0))
    return found


@settings(max_examples=300, deadline=None)
@given(texts, texts, st.booleans())
def test_texts_of_few_words(left, right, spaced):
    compare(*((" " if spaced else "").join(words) for words in (left, right)))


def named(first: int, count: int) -> str:
    return " ".join(f"w{number}" for number in range(first, first + count))


@pytest.mark.parametrize(
    ("left", "right", "origin", "copies"),
    [
        # A long stretch goes from the beginning to the end, and back.
        (f"{named(0, 30)} {named(100, 60)}", f"{named(100, 60)} {named(0, 30)}", "moved_down", 1),
        (f"{named(100, 60)} {named(0, 30)}", f"{named(0, 30)} {named(100, 60)}", "moved_up", 1),
        # A title three times in a row; and once more, far from the first.
        (named(0, 60), f"{'big news of the day ' * 3}{named(0, 60)}", "repeated", 3),
        (named(0, 60), f"{named(0, 60)} and again {named(10, 20)}", "repeated", 1),
    ],
)
def test_moved_and_repeated_text(left, right, origin, copies):
    marked = [each for each in compare(left, right).stretches if each.origin]
    assert {(each.origin, each.copies) for each in marked} == {(origin, copies)}


def test_more_grams_than_are_sorted_by_insertion():
    rng = random.Random(5)
    new = [f"n{rng.randrange(40)}" for _ in range(900)]
    diff = compare(named(0, 300), f"{named(0, 150)} {' '.join(new)} {named(150, 150)}")
    assert diff.inserted_count == 900


def test_each_character_before_a_cut():
    """Whether it joins what follows it in writing: for letters and digits of all planes."""
    step = [*range(0x3000), *range(0x3000, sys.maxunicode + 1, 97), *map(ord, "".join(JOINED))]
    characters = [chr(point) for point in step if not 0xD800 <= point < 0xE000]
    surfaces = [part for character in characters for part in ("long before", f"x{character}", "y")]
    count, breaks = len(surfaces), [2, 2, 0] * len(characters)
    left = make_words([*range(count)], surfaces, breaks)
    right = make_words([key + count * (key % 3 == 2) for key in range(count)], surfaces, breaks)
    blocks = [Block(at, at, 2) for at in range(0, count, 3)]
    found = assert_arranged(left, right, blocks)
    sizes = {row[1] - row[0] for row in found.rows if row[0] < row[1]}
    assert sizes == {1, 2}  # one word differs, or the one before it with it


@pytest.mark.parametrize("lines", [(4, 8), (22, 26)])
def test_a_change_slides_within_its_blocks(lines):
    """Where all words are equal, nothing else holds it, and behind the blocks lines begin."""
    short = make_words([9] * 3 + [1] * 16 + [9] * 3, ["a"] * 22, [2] * 22)
    long = make_words([1] * 30, ["a"] * 30, [3 if at in lines else 2 for at in range(30)])
    assert_arranged(short, long, [Block(3, 5, 8), Block(11, 17, 8)])
    assert_arranged(long, short, [Block(5, 3, 8), Block(17, 11, 8)])


def test_a_cut_behind_a_word_that_is_written_as_nothing():
    """Such a word joins nothing, whatever stands before it."""
    surfaces, breaks = ["a", "b", "x", "", "y", "z"], [3, 2, 2, 0, 0, 2]
    left, right = (
        make_words([*range(6)], surfaces, breaks),
        make_words([0, 1, 2, 3, 9, 8], surfaces, breaks),
    )
    found = assert_arranged(left, right, [Block(0, 0, 4)])
    assert found.rows[0][:2] == [0, 4]


def test_a_change_slides_towards_the_beginning_where_both_are_as_natural():
    surfaces = ["x.", "b", "a", "b", "a.", "y"]
    right = make_words([0, 1, 2, 1, 2, 3], surfaces, [3, *[2] * 5])
    left = make_words([0, 1, 2, 3], ["x.", "b", "a.", "y"], [3, 2, 2, 2])
    found = assert_arranged(left, right, [Block(0, 0, 2), Block(2, 4, 2)])
    assert [row[2:4] for row in found.rows] == [[0, 1], [1, 3], [3, 6]]


def arrays(count: int, blocks: int = 1) -> list[np.ndarray]:
    """What the kernel needs for two texts of so many words each."""
    room = count + 1
    return [
        np.zeros((blocks + 4, 3), np.int64),
        np.empty((4, room), np.uint64),
        np.empty((5, room), np.int64),
        np.empty((2, room, 4), np.int64),
        np.empty(count, np.uint8),
        np.empty(2 * count, np.uint8),
        np.empty((2 * count, 8), np.int64),
        np.zeros(count, np.uint8),
    ]


@pytest.mark.parametrize("short", range(8))
@pytest.mark.parametrize("axis", range(3))
def test_arrays_without_room(short, axis):
    words = make_words([*range(9)], ["x"] * 9, [2] * 9).compiled.words
    whole = arrays(9)
    whole[0][2:-2] = (0, 0, 9)
    assert _kernels.Arranger(*LIMITS).arrange(words, words, *whole) == 1
    if axis >= whole[short].ndim:
        return
    shape = [size - (at == axis) for at, size in enumerate(whole[short].shape)]
    if short == 0 and axis == 0:
        shape[0] = 3
    whole[short] = np.zeros(shape, whole[short].dtype)
    with pytest.raises(ValueError, match="room"):
        _kernels.Arranger(*LIMITS).arrange(words, words, *whole)


@pytest.mark.parametrize("block", [(-1, 0, 2), (0, 8, 2), (8, 0, 2), (0, 0, 0), (0, 0, 2**62)])
def test_blocks_outside_their_texts(block):
    words = make_words([*range(9)], ["x"] * 9, [2] * 9).compiled
    for at in range(3):
        blocks = [(0, 0, 5)] * 3
        blocks[at] = block
        with pytest.raises(ValueError, match=f"block {at} is outside"):
            words.arrange(words, blocks, LIMITS)


def test_blocks_that_do_not_ascend_are_no_danger():
    """What is made of them says little, but it covers both texts."""
    words = make_words([*range(9)], ["x"] * 9, [2] * 9).compiled
    rng = random.Random(3)
    for _ in range(300):
        blocks = [(rng.randrange(9), rng.randrange(9), 1) for _ in range(rng.randrange(9))]
        kinds, spans = words.arrange(words, blocks, LIMITS).stretches
        for column, own in ((0, 1), (2, 2)):
            covered = [
                word
                for kind, row in zip(kinds, spans.tolist(), strict=True)
                for word in range(row[column], row[column + 1])
                if kind in (0, own)
            ]
            assert covered == [*range(9)]
    assert STRETCH_KINDS == ("equal", "delete", "insert")


@pytest.mark.parametrize("limits", [LIMITS._replace(gram_size=0), LIMITS._replace(repeated_size=0)])
def test_copies_without_words(limits):
    words = make_words([1], ["x"], [2]).compiled
    with pytest.raises(ValueError, match="at least one word"):
        words.arrange(words, [], limits)
