"""Tokens against the vectors of the specification, in both implementations."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from dedupe.sketch import plain
from dedupe.sketch.plain.places import SEPARATORS
from dedupe.sketch.token_table import load_table

VECTORS = Path(__file__).parent / "data" / "tokens.jsonl"

try:
    from dedupe.sketch import compiled
except ImportError:
    compiled = None  # type: ignore[assignment]


def both(name: str) -> list:
    """A function in both implementations."""
    return [
        pytest.param(getattr(plain, name), id="plain"),
        pytest.param(
            getattr(compiled, name, None),
            id="compiled",
            marks=pytest.mark.skipif(compiled is None, reason="the extension is not built"),
        ),
    ]


IMPLEMENTATIONS, FINDERS = both("tokenize_text"), both("find_tokens")


@pytest.mark.parametrize("tokenize", IMPLEMENTATIONS)
def test_all_vectors(tokenize):
    lines = VECTORS.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 440
    for line in lines:
        vector = json.loads(line)
        assert tokenize(vector["text"]) == vector["tokens"]


@pytest.mark.parametrize("tokenize", IMPLEMENTATIONS)
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # Of a run of marks 30 are kept; the first joins the letter.
        ("a" + "\u0301" * 80_000, ["\u00e1" + "\u0301" * 29]),
        ("\u1100\u1161\u11a8 x", ["\uac01", "x"]),
        # Presentation forms unfold to a tatweel, which goes, and its mark.
        ("x\ufe71", ["x\u064b"]),
        # Iota subscript orders as a mark before it folds to a letter (Unicode D147).
        ("\u1fcc\u0598", ["\u03b7\u0598\u03b9"]),
        # What is dropped does not keep a mark from its letter.
        ("e\u00ad\u200b\u0301", ["\u00e9"]),
        ("\ud800a\udfffb", ["a", "b"]),
        ("a\u4e00b", ["a", "\u4e00", "b"]),
        ("_ __ a_b", ["_", "__", "a_b"]),
        # Characters beyond U+FFFF, also where the text has none but is normalised to one.
        ("x\ufacfy", ["x", "\U0002284a", "y"]),
        ("\U0001d7ce\U0001f600\U00010400b", ["0", "\U00010428b"]),
        # Each run of what is dropped is gone through once: else these took minutes, or hours.
        ("\u0301" + "x" + "\u200b" * 100_000 + "y", ["xy"]),
        ("x" + "\u00ad" * 50_000 + "\u0301", ["x\u0301"]),
        ("a" + "\U0001d165" * 40, ["a" + "\U0001d165" * 30]),
    ],
)
def test_edges(tokenize, text, tokens):
    assert tokenize(text) == tokens


def test_table_states_its_unicode_version():
    assert load_table().version == "15.0.0"


@pytest.mark.parametrize("find", FINDERS)
def test_chunks_are_cut_at_characters_that_part_tokens_whatever_follows(find):
    """So that the tokens of a text are those of its chunks."""
    pattern = re.compile(f"[{SEPARATORS}]")
    separators = [each for each in map(chr, range(0x110000)) if pattern.match(each)]
    assert 60 < len(separators) < 100
    for separator, mark in itertools.product(separators, ["", "\u0301", "\u0338", "\u3099"]):
        text = f"aé{separator}{mark}é"
        assert plain.tokenize_text(text) == ["aé", "é"]
        assert find(text, np.array([0, 1])).tolist() == [[0, 2, 0], [3, len(text), 0]]
    for other in "-'/_\u00b7\u2027\u200b\u3005\uff0e":
        assert find(f"é{other}é", np.array([0])).tolist() == [[0, 3, 0]]


@pytest.mark.parametrize("find", FINDERS)
def test_places_in_ascii_are_exact(find):
    for one, other in itertools.product(map(chr, range(128)), repeat=2):
        text = f"a{one}{other}b{one} é"
        tokens = plain.tokenize_text(text)[:-1]
        places = find(text, np.arange(len(tokens))).tolist()
        assert [text[begin:end].lower() for begin, end, _ in places] == tokens
        assert {own for *_, own in places} == {-1}
