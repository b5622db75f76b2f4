"""Rows written by the compiled kernels are those that are written in Python."""

from __future__ import annotations

import sys
import unicodedata
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("markupsafe", reason="the HTML report is not installed")
pytest.importorskip(
    "dedupe.sketch.compiled", reason="the extension is not built", exc_type=ImportError
)
from dedupe.diff import Diff, Segment, Vocabulary, Words, diff_words
from dedupe.diff.blocks import Block
from dedupe.diff.faint import find_faint, mark_faint
from dedupe.renderers.html import compiled_rows
from dedupe.renderers.html.comparing import write_plain
from dedupe.renderers.html.compiled_rows import write_compiled
from dedupe.renderers.html.diff_rows import arrange_rows, arrange_text
from dedupe.renderers.html.visible import character_marks, mark_invisible
from dedupe.sketch import _kernels, load_word_finder
from dedupe.sketch.plain import tokenize_text
from tests.support.fuzz_differences import make_words

WORDS = [
    *"abcdefgh",
    *("a.", "b,", "c\n", "(d", "A", "“b”", "–", "it’s", "½", "\ufdfa", "\ufdfa\u0301"),
    *("<b>", "&", "\"'", "中文，", "字", "か\u3099", "ก่", "\u0301", "\n\u0301x", "🎉", "é"),
    *("\u200b", "\u00ad", "e\u202ef", "\x1b", "\ud800x", "\U000e0041y", "\U0010fffe", "w" * 600),
]
"""Words that are cut, escaped, labelled or folded, each in its own way."""

texts = st.lists(st.sampled_from(WORDS), max_size=80).map(" ".join)


@st.composite
def edited(draw):
    """A text, and one that has much of it."""
    words = draw(st.lists(st.sampled_from(WORDS), max_size=80))
    other = list(words)
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(other)))
        end = begin + draw(st.integers(0, 5))
        other[begin:end] = draw(st.lists(st.sampled_from(WORDS), max_size=9))
    repeated = draw(st.integers(1, 3))
    return " ".join(words * repeated), " ".join(other * repeated)


def split(*sides: str) -> list[Words]:
    vocabulary = Vocabulary(tokenize_text, load_word_finder())
    with patch("dedupe.diff.vocabulary.FINDER_SIZE", 0):
        return [vocabulary.split(side) for side in sides]


def items_of(diff: Diff) -> list[tuple[int, bytes]]:
    return [(item.word_count, item.html) for item in write_plain(arrange_rows(diff))]


@settings(max_examples=250, deadline=None)
@given(edited() | st.tuples(texts, texts))
def test_rows_of_any_difference(sides):
    diff = diff_words(*split(*sides))
    assert write_compiled(diff) == items_of(diff)


@settings(max_examples=200, deadline=None)
@given(texts, st.integers(1, 90))
def test_rows_of_any_text(text, cut):
    [words] = split(text)
    spans = [span for span in (range(len(words))[:cut], range(len(words))[cut:]) if span]
    whole = Diff.of_stretches(words, words, (Segment("equal", span, span) for span in spans))
    rows = write_plain(arrange_text(whole))
    found = [(item.word_count, item.html) for item in rows]
    assert write_compiled(whole, fold_at=1) == found


def test_rows_of_many_and_long_changes():
    """As many places as are shown and more, and changes of more words than are shown."""
    parts = [
        f"s{number} t{number} {'and ' * (number % 40)}u{number} v{number} word{number}."
        for number in range(900)
    ]
    left, right = " ".join(parts), " ".join(part.replace("word", "w", 1) for part in parts)
    diff = diff_words(*split(left, right))
    assert diff.place_count > 400
    assert write_compiled(diff) == items_of(diff)
    long = " ".join(f"x{number}" for number in range(5000))
    diff = diff_words(*split("a b c d e f", f"a b c d e f {long}"))
    assert b"more</i>" in items_of(diff)[0][1]
    assert write_compiled(diff) == items_of(diff)


def test_a_small_output_is_made_larger():
    """Labels take many times the bytes of the characters that they stand for."""
    [left, right] = split("a b c " + "\u202e" * 3000, "a b " + "\U000e0001" * 3000)
    diff = diff_words(left, right)
    assert len(items_of(diff)[0][1]) > 3 * len(left.text + right.text)
    assert write_compiled(diff) == items_of(diff)


def test_characters_that_cannot_be_seen_are_spelled_in_attributes():
    """Where a faint word had them in the other text: of one byte, of two, and of more."""
    [left, right] = split("a b\x1b c\u202e d\U000e0001 e", "a B C D e")
    diff = diff_words(left, right)
    [(count, html)] = write_compiled(diff)
    assert b'data-l="b\\x1b c\\u202e d\\U000e0001"' in html
    assert items_of(diff) == [(count, html)]


@pytest.mark.parametrize(
    ("surfaces", "breaks", "marked"),
    [
        # Lines end elsewhere: nothing looks different …
        (["a", "–", "b", "c"], [3, 3, 2, 2], b"\0\0\0\0"),
        # … but for words that punctuation has gone to.
        (["a –", "b", "c"], [3, 3, 2], b"\1\1\0"),
    ],
)
def test_lines_that_end_elsewhere(surfaces, breaks, marked):
    count = len(surfaces)
    plain = ["a", "– b", "c"] if count == 3 else ["a", "–", "b", "c"]
    left = make_words([*range(count)], plain, [3, *[2] * (count - 1)])
    right = make_words([*range(count)], surfaces, breaks)
    blocks = [Block(0, 0, count)]
    assert mark_faint(blocks, left, right) == marked
    assert [*find_faint(blocks[0], left, right)] == np.flatnonzero([*marked]).tolist()


def test_marks_are_those_of_escaping():
    """For every character: what stands in its place, and whether a circle stands before it."""
    marks = character_marks()
    assert len(marks) == sys.maxunicode + 1
    plain = "".join(map(chr, np.flatnonzero(marks == 0).tolist()))
    assert mark_invisible(f"a{plain}") == f"a{plain}"
    assert "M" not in {unicodedata.category(character)[0] for character in plain}
    for mark in np.flatnonzero(marks).tolist():
        written = mark_invisible(chr(mark))
        assert written != chr(mark)
        assert written.startswith("\u25cc") == (unicodedata.category(chr(mark))[0] == "M")
        assert written.startswith("\u25cc") == bool(marks[mark] & 8)
        assert ("U+" in written) == bool(marks[mark] & 2)
        assert ("<i class=z>" in written) == bool(marks[mark] & 4)
        assert (written.startswith("&")) == bool(marks[mark] & 1)


WORDS_OF_TEXT = {
    "keys": np.arange(5, dtype=np.uint64),
    "text": np.arange(97, 107, dtype=np.uint32),
    "starts": np.arange(0, 10, 2),
    "ends": np.arange(1, 11, 2),
    "breaks": b"\3\2\2\2\2",
    "scores": b"\4\1\1\1\1\4",
}


@pytest.mark.parametrize(
    "broken",
    [
        {"breaks": b"\3\2"},
        {"keys": np.arange(4, dtype=np.uint64)},
        {"scores": b"\4\1\1\1\1"},
        {"ends": np.arange(1, 9, 2)},
        {"starts": np.array([-1, 2, 4, 6, 8])},
        {"ends": np.array([1, 3, 5, 7, 11])},
        {"starts": np.array([0, 4, 4, 6, 8])},
    ],
)
def test_words_outside_their_text(broken):
    with pytest.raises(ValueError, match=r"lengths|outside"):
        _kernels.WrittenWords(**(WORDS_OF_TEXT | broken))


@pytest.mark.parametrize("block", [(-1, 0, 2), (0, 4, 2), (4, 0, 2), (0, 0, 0), (0, 0, 2**62)])
def test_blocks_outside_their_texts(block):
    words = _kernels.WrittenWords(**WORDS_OF_TEXT)
    with pytest.raises(ValueError, match="block 1 is outside"):
        words.find_faint(words, np.array([(0, 0, 5), block]), bytearray(5))
    with pytest.raises(ValueError, match="mark for each word"):
        words.find_faint(words, np.array([(0, 0, 5)]), bytearray(4))


@pytest.mark.parametrize(
    ("kinds", "spans", "notes", "said"),
    [
        (b"\0", (0, 5, 0, 6), (0,), "stretch 0"),
        (b"\0", (0, 5, -1, 4), (0,), "stretch 0"),
        (b"\0", (0, 5, 0, 4), (0,), "stretch 0"),
        (b"\1", (2, 2, 0, 0), (0,), "stretch 0"),
        (b"\1\2", (0, 2, 0, 0, 2, 2, 4, 3), (0, 0), "stretch 1"),
        (b"\1", (0, 2, 0, 0), (1,), "stretch 0"),
        (b"\0", (0, 5, 0, 5, 0, 5, 0, 5), (0,), "lengths"),
        (b"\0", (0, 5, 0, 5), (0, 0), "lengths"),
    ],
)
def test_stretches_outside_their_texts(kinds, spans, notes, said):
    words = _kernels.WrittenWords(**WORDS_OF_TEXT)
    writer = _kernels.RowWriter(character_marks(), *compiled_rows.LIMITS)
    output, items = np.empty(90, np.uint8), np.empty((2 * len(kinds) + 1, 2), np.int64)
    with pytest.raises(ValueError, match=said):
        writer.write(
            *(words, words, kinds, np.reshape(spans, (-1, 4)), b"", np.array(notes), b"", -1),
            *(output, items),
        )
    with pytest.raises(ValueError, match="lengths"):
        rows = np.zeros((len(kinds), 3), np.int64)
        writer.write(words, words, kinds, rows, b"", np.array(notes), b"", -1, output, items)


@pytest.mark.parametrize(
    ("kinds", "spans", "rows", "said"),
    [
        # Its words are looked up in the other text, where none need be.
        (b"\1", (3, 5, 0, 0), 3, "stretch 0"),
        (b"\2", (5, 5, 0, 5), 3, "stretch 0"),
        (b"\0\2", (0, 1, 0, 1, 1, 1, 1, 4), 5, "stretch 1"),
        (b"\0", (0, 5, 0, 5), 2, "lengths"),
    ],
)
def test_texts_with_changes_or_without_room_for_items(kinds, spans, rows, said):
    """A text is written as one without changes where all behind a stretch is folded."""
    words = _kernels.WrittenWords(**WORDS_OF_TEXT)
    writer = _kernels.RowWriter(character_marks(), *compiled_rows.LIMITS)
    output, items = np.empty(90, np.uint8), np.empty((rows, 2), np.int64)
    notes, faint = np.zeros(len(kinds), np.int64), b"\1" * 5
    with pytest.raises(ValueError, match=said):
        rows = np.reshape(spans, (-1, 4))
        writer.write(words, words, kinds, rows, b"", notes, faint, 0, output, items)
