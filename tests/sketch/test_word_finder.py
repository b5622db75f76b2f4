"""Words found at once by the compiled kernels are those that are found chunk by chunk."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip(
    "dedupe.sketch.compiled", reason="the extension is not built", exc_type=ImportError
)
from dedupe.diff import Vocabulary, Words
from dedupe.diff.boundaries import score_table
from dedupe.diff.chunks import ChunkCutter
from dedupe.sketch.plain import tokenize_text
from dedupe.sketch.word_finder import CompiledWordFinder

LETTERS = "aB1é地七カー々ก่½ﬁ\u0301\u200d\u00ad🎉№\ufdfa\ud800\0"
ALPHABET = f"{LETTERS}。，、！“”‘’「（(《[<-_'.·…  \n\n\t\r\u2028"


def columns(words: Words) -> dict[str, object]:
    names = ("keys", "text", "starts", "ends", "breaks", "scores")
    return {name: getattr(words, name) for name in names}


def find(text: str) -> Words:
    cut = ChunkCutter(tokenize_text).cut
    return Words.of_columns(CompiledWordFinder().find(text, cut, score_table()))


def assert_found(text: str) -> None:
    assert columns(find(text)) == columns(Vocabulary(tokenize_text).split(text))


@settings(max_examples=500, deadline=None)
@given(st.text(ALPHABET, max_size=60))
def test_words_of_any_text(text: str):
    assert_found(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "***",
        "\n*** – one",
        "  *** one\n***\n–\ntwo – –\nthree\n***\n***",
        "one (two, «three» x([four]) [-five",
        "说：「你好」（一）abc中",
        "½ – 1½ab ½\n½\n*** \u200b ***",
        "\u200b one\n\u200b\ntwo",
        "\u0301\n\u0301 \u0301",
        "\ufdfa" * 50,  # each makes several words
        'one.» two) three… four".\nfive, ((( six;」 ?」」」 (( )) )',
    ],
)
def test_words_of_chunks_that_need_care(text: str):
    assert_found(text)
    assert_found(f"word {text} word")


@pytest.mark.parametrize("repeated", [")", "(", "a", "½", "*** ", "***\n", "(a", "中", "\n", " )"])
def test_long_texts_of_one_kind_take_time_in_proportion(repeated: str):
    """A hundred thousand parts each: with the square of it they would not end."""
    words = find(f"b {repeated * 100_000}")
    assert words.breaks[0] and len(words.scores) == len(words) + 1
