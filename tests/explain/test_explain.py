"""``dedupe explain``: every figure counted again by brute force, through the command."""

from __future__ import annotations

import gzip
import json
import math
import random
import re
import shutil
import unicodedata
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.diff import Vocabulary
from dedupe.explain.figures import DocumentFigures, PairFigures, SearchFigures
from dedupe.explain.finding import FoundDocument
from dedupe.explain.passages import choose_longest, find_runs, locate_passages
from dedupe.explain.reasons import find_reasons, shared_needed
from dedupe.model.output_marks import TEXT_MARK
from dedupe.model.relations import Relation
from dedupe.model.settings import ScanSettings
from dedupe.sketch import plain
from tests.support.command import FIXTURES, run_here
from tests.support.injections import VECTORS

ARTICLES = FIXTURES / "articles"
RECORDS = FIXTURES / "records.jsonl"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture
def run_quickly(tmp_path):
    """The command in this process: (exit code, standard output, standard error)."""

    def run(*arguments, stdin=b""):
        return run_here([*map(str, arguments)], tmp_path, stdin)

    return run


@pytest.fixture
def explain(run_quickly):
    """The explanation as an object."""

    def run(*arguments, **options):
        found, output, told = run_quickly("explain", *arguments, "--format", "json", **options)
        assert (found, told) == (0, "")
        return json.loads(output)

    return run


@pytest.fixture
def tell(run_quickly):
    """The explanation as text, its lines joined: what is broken over two lines is found too."""

    def run(*arguments):
        found, output, told = run_quickly("explain", *arguments)
        assert (found, told) == (0, "")
        return " ".join(output.split())

    return run


@pytest.fixture
def complain(run_quickly):
    """What goes to standard error with exit code 2."""

    def run(*arguments):
        found, output, told = run_quickly("explain", *arguments)
        assert (found, output) == (2, "")
        return told

    return run


def reasons(told) -> list[str]:
    return [each["reason"] for each in told["reasons"]]


# --- every figure by brute force ------------------------------------------------------------


def tokens_of(text: str) -> list[str]:
    """What the tokens of the fixtures are, without the project's tokenizer."""
    kept = (c for c in text if c not in "\u00ad\u200b\u200c\u200d\u0640\ufeff")
    folded = unicodedata.normalize("NFKC", "".join(kept)).casefold()
    return re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", folded)


def shingles_of(text: str, size: int) -> list[str]:
    tokens = tokens_of(text)
    return [" ".join(tokens[i : i + size]) for i in range(max(1, len(tokens) - size + 1))]


def signature_of(shingles: list[str], num_perm: int, seed: int) -> list[int]:
    def low_half(data: bytes) -> int:
        return xxhash.xxh3_64_intdigest(data) & 0xFFFFFFFF

    made = MinHash(num_perm, seed=seed, scheme="affine32", hashfunc=low_half)
    made.update_batch([shingle.encode() for shingle in shingles])
    return [int(value) for value in made.hashvalues]


def banding_of(threshold: float, num_perm: int, recall: float) -> tuple[int, int]:
    for rows in range(num_perm, 0, -1):
        bands = num_perm // rows
        if 1 - (1 - threshold**rows) ** bands >= recall:
            return bands, rows
    raise AssertionError


def minimum_equal_of(threshold: Fraction, num_perm: int) -> int:
    """The most equal values below which a pair at the threshold falls once in a million."""
    below = Fraction(0)
    for equal in range(num_perm):
        ways = math.comb(num_perm, equal)
        below += ways * threshold**equal * (1 - threshold) ** (num_perm - equal)
        if below >= Fraction(1, 10**6):
            return equal
    return num_perm


PAIRS = [
    ("harbour-bridge_citydesk", "harbour-bridge_newswire", "near"),
    ("harbour-bridge_citydesk", "harbour-bridge_analysis", None),
    ("library-hours_1", "library-hours_3", None),
    ("unrelated_chess", "unrelated_bakery", None),
    ("orchard-frost", "orchard-frost_retyped", "normalised"),
    ("ferry-strike", "ferry-strike_mirror", "identical"),
    ("zh_metro", "zh_metro_reprint", "near"),
    ("ar_water_reprint", "ar_water", "near"),
    ("ru_theatre", "ru_theatre_reprint", "near"),
]
SETTINGS = [
    {},
    {"threshold": 0.85, "shingle_size": 3, "num_perm": 96, "recall": 0.9, "seed": 7},
]


@pytest.mark.parametrize("changed", SETTINGS, ids=["defaults", "others"])
@pytest.mark.parametrize(("left", "right", "relation"), PAIRS)
def test_every_figure_is_that_of_brute_force(dedupe_here, left, right, relation, changed):
    names = ARTICLES / f"{left}.txt", ARTICLES / f"{right}.txt"
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in changed.items()]
    arguments = (*names, "--passages", 0, "--format", "json", *flags)
    told = json.loads(dedupe_here("explain", *arguments).stdout)
    chosen = {"threshold": 0.7, "shingle_size": 5, "num_perm": 128, "recall": 0.98, "seed": 1}
    chosen |= changed
    assert {name: told["config"][name] for name in chosen} == chosen
    texts = [name.read_bytes().decode() for name in names]
    check_documents(told, texts, chosen)
    check_overlap(told, texts, chosen)
    check_search(told, texts, chosen)
    check_passages(told, texts, chosen["shingle_size"])
    check_diff(told, texts)
    if not changed:
        assert told["relation"] == relation


def check_documents(told, texts, chosen) -> None:
    for side, text in zip(("left", "right"), texts, strict=True):
        assert told[side]["figures"] == {
            "token_count": len(tokens_of(text)),
            "shingle_count": len({*shingles_of(text, chosen["shingle_size"])}),
            "byte_count": len(text.encode()),
            "character_count": len(text),
            "content_hash": xxhash.xxh3_128_hexdigest(text.encode()),
        }


def check_overlap(told, texts, chosen) -> None:
    left, right = ({*shingles_of(text, chosen["shingle_size"])} for text in texts)
    jaccard = len(left & right) / len(left | right)
    assert told["overlap"] == {
        "shared_count": len(left & right),
        "left_count": len(left),
        "right_count": len(right),
        "union_count": len(left | right),
        "jaccard": jaccard,
        "left_containment": len(left & right) / len(left),
        "right_containment": len(left & right) / len(right),
    }
    relation = "near" if jaccard >= chosen["threshold"] else None
    if tokens_of(texts[0]) == tokens_of(texts[1]):
        relation = "identical" if texts[0] == texts[1] else "normalised"
    assert told["relation"] == relation
    assert told["is_duplicate"] == (relation is not None)
    assert (relation is None) == bool(told["reasons"])


def check_search(told, texts, chosen) -> None:
    names = ("num_perm", "seed")
    one, other = (
        signature_of(shingles_of(text, chosen["shingle_size"]), *(chosen[n] for n in names))
        for text in texts
    )
    bands, rows = banding_of(chosen["threshold"], chosen["num_perm"], chosen["recall"])
    met = [
        band + 1
        for band in range(bands)
        if one[band * rows : (band + 1) * rows] == other[band * rows : (band + 1) * rows]
    ]
    equal = sum(a == b for a, b in zip(one, other, strict=True))
    low = sum(a % 256 == b % 256 for a, b in zip(one, other, strict=True))
    least = minimum_equal_of(Fraction(chosen["threshold"]), chosen["num_perm"])
    share = Fraction(told["overlap"]["shared_count"], told["overlap"]["union_count"])
    found = told["search"]
    assert found.pop("probability") == pytest.approx(float(1 - (1 - share**rows) ** bands))
    assert found == {
        "bands": bands,
        "rows": rows,
        "met_bands": met,
        "equal_count": equal,
        "num_perm": chosen["num_perm"],
        "low_byte_count": low,
        "minimum_equal": least,
        "estimated_jaccard": equal / chosen["num_perm"],
        "is_candidate": bool(met) and low >= least,
    }


def check_passages(told, texts, size) -> None:
    """Both ends say the same, where they say they do, and no shared shingle is left out."""
    tokens = [tokens_of(text) for text in texts]
    covered: list[set[int]] = [set(), set()]
    assert told["passage_count"] == len(told["passages"])
    for passage in told["passages"]:
        ends = [passage["left"], passage["right"]]
        slices = [text[e["start"] : e["end"]] for text, e in zip(texts, ends, strict=True)]
        one, other = map(tokens_of, slices)
        assert one == other and len(one) == passage["token_count"] >= size
        for text, part, end, own, seen in zip(texts, slices, ends, tokens, covered, strict=True):
            assert part[0].isalnum() and not part[-1].isspace()
            lines = text[: end["start"]].count("\n"), text[: end["end"]].count("\n")
            assert (end["first_line"], end["last_line"]) == (lines[0] + 1, lines[1] + 1)
            first = len(tokens_of(text[: end["start"]]))
            assert own[first : first + len(one)] == one
            seen.update(range(first, first + len(one)))
    shingles = [shingles_of(text, size) for text in texts]
    for own, other, seen in zip(shingles, shingles[::-1], covered, strict=True):
        places = [i for i, shingle in enumerate(own) if shingle in {*other}]
        assert seen == {i + k for i in places for k in range(size)}


def check_diff(told, texts) -> None:
    """The segments are both texts in order; what is not changed is equal."""
    written: list[list[str]] = [[], []]
    changed = [0, 0, 0]
    for segment in told["diff"]["segments"]:
        sides = []
        for text, place, side in zip(
            texts, (segment["left"], segment["right"]), written, strict=True
        ):
            part = tokens_of(text[slice(*place)]) if place else []
            side += part
            sides.append(part)
        if segment["kind"] in ("equal", "faint"):
            assert sides[0] == sides[1]
            continue
        assert tokens_of(segment["text"]) == (sides[0] or sides[1])
        assert (segment["kind"] == "insert") == (not sides[0])
        is_moved = segment["origin"].startswith("moved")
        changed[2 if is_moved else bool(sides[1])] += len(
            sides[1] if is_moved else sides[0] or sides[1]
        )
    assert written == [tokens_of(text) for text in texts]
    counts = [told["diff"][f"{name}_count"] for name in ("deleted", "inserted", "moved")]
    assert counts == changed


def test_the_example_of_the_page_is_what_is_printed(run_dedupe, tmp_path):
    shutil.copytree(ARTICLES, tmp_path / "articles")
    page = (FIXTURES.parent / "docs" / "explain.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```console\n\$ dedupe (.*?)\n(.*?)\n…\n```", page, re.DOTALL)
    assert run_dedupe(*shown[0].split()).stdout.decode().startswith(f"{TEXT_MARK}{shown[1]}\n")


def test_the_text_tells_the_same_figures(tell, explain):
    names = ARTICLES / "harbour-bridge_citydesk.txt", ARTICLES / "harbour-bridge_newswire.txt"
    told, shown = explain(*names), tell(*names)
    overlap, search = told["overlap"], told["search"]
    only = [overlap[side] - overlap["shared_count"] for side in ("left_count", "right_count")]
    for figure in (
        f"{told['left']['figures']['token_count']} words",
        f"{overlap['shared_count']} shared · {only[0]} only in A · {only[1]} only in B",
        f"{overlap['shared_count']} of {overlap['union_count']} = {overlap['jaccard']:.6g}",
        f"B holds {100 * overlap['left_containment']:.1f} % of A",
        f"A holds {100 * overlap['right_containment']:.1f} % of B",
        f"they meet in {len(search['met_bands'])} of {search['bands']} bands of {search['rows']}",
        f"{search['equal_count']} of 128 values are equal",
        f"a scan verifies from {search['minimum_equal']} on",
        f"{told['passage_count']} shared passages",
        "Near-duplicates: Jaccard 0.82, at or above the threshold of 0.7",
        "From A to B",
        "{+Home",
    ):
        assert figure in shown, figure
    for passage in told["passages"]:
        for label, end in (("A", passage["left"]), ("B", passage["right"])):
            place = f"characters {end['start']:,}–{end['end']:,}"
            assert re.search(f"{label} lines? [0-9–]+, {place}", shown)


@pytest.mark.parametrize("kernels", ["plain", "compiled"])
def test_both_kernels_tell_the_same(explain, kernels):
    from dedupe.sketch import load_kernels

    if load_kernels().name != "compiled":
        pytest.skip("the compiled kernels are not installed")
    names = [ARTICLES / f"library-hours_{i}.txt" for i in (1, 2)]
    assert explain(*names, "--kernels", kernels) == explain(*names)


# --- passages: properties -------------------------------------------------------------------

WORDS = ["a", "b", "c", "D", "d.", "(e", "½", "中国", "it's", "x-y", "\n", "ﬁ", "e\u0301"]
TEXTS = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
    st.text(max_size=60),
    st.text("ab \n\r,", max_size=80),
)


@settings(deadline=None)
@given(TEXTS)
def test_each_token_is_where_it_is_said_to_be(text: str):
    vocabulary = Vocabulary(plain.tokenize_text)
    places = vocabulary.locate_tokens(text)
    tokens = plain.tokenize_text(text)
    assert len(places) == len(tokens) == len(vocabulary.split(text))
    assert places == sorted(places)
    for token, (start, end) in zip(tokens, places, strict=True):
        assert 0 <= start < end <= len(text)
        assert token in plain.tokenize_text(text[start:end])


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 5))
def test_passages_are_shared_and_all_that_is_shared(left: str, right: str, size: int):
    check_shared(left, right, size)


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_passages_of_reprints(text: str, before: str, after: str):
    check_shared(f"{before} {text}", f"{text}\r\n{after} {text}", 3)


def check_shared(left: str, right: str, size: int) -> None:
    texts = left, right
    tokens = [plain.tokenize_text(text) for text in texts]
    shingles = [plain.shingle_tokens(each, size) for each in tokens]
    runs = find_runs(*(plain.hash_shingles(each) for each in shingles))
    seen: list[set[int]] = [set(), set()]
    for run in runs:
        assert run.size > 0
        one = shingles[0][run.left : run.left + run.size]
        assert one == shingles[1][run.right : run.right + run.size]
        assert len(one) == run.size
        seen[0].update(range(run.left, run.left + run.size))
        seen[1].update(range(run.right, run.right + run.size))
    for own, other, covered in zip(shingles, shingles[::-1], seen, strict=True):
        assert covered == {i for i, shingle in enumerate(own) if shingle in {*other}}
    vocabulary = Vocabulary(plain.tokenize_text)
    places = [(text, vocabulary.locate_tokens(text)) for text in texts]
    passages = locate_passages(runs, size, *places)
    for run, passage in zip(runs, passages, strict=True):
        expected = tokens[0][run.left : run.left + passage.token_count]
        for text, extent in zip(texts, (passage.left, passage.right), strict=True):
            found = plain.tokenize_text(text[extent.start : extent.end])
            # One character may make more tokens than the passage has of it, as ½ does.
            assert " ".join(expected) in " ".join(found)
            before = text[: extent.start].replace("\r\n", "\n").replace("\r", "\n")
            within = text[: extent.end].replace("\r\n", "\n").replace("\r", "\n")
            assert extent.first_line == before.count("\n") + 1
            assert extent.last_line == within.count("\n") + 1


def test_the_longest_passages_are_shown_in_their_order():
    runs = find_runs(
        np.array([1, 2, 9, 3, 8, 4, 5, 6], "u8"), np.array([4, 5, 6, 0, 1, 2, 3], "u8")
    )
    places = [(i, i + 1) for i in range(20)]
    passages = locate_passages(runs, 1, ("x" * 20, places), ("x" * 20, places))
    assert [(p.left.start, p.right.start, p.token_count) for p in passages] == [
        (0, 4, 2),
        (3, 6, 1),
        (5, 0, 3),
    ]
    assert choose_longest(passages, 2) == [passages[0], passages[2]]
    assert choose_longest(passages, 0) == passages


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.001, 1))
def test_the_shared_shingles_that_a_threshold_takes(left: int, right: int, threshold: float):
    enough = [
        shared
        for shared in range(min(left, right) + 1)
        if shared / (left + right - shared) >= threshold
    ]
    assert shared_needed(left, right, threshold) == (enough[0] if enough else min(left, right) + 1)


# --- why not --------------------------------------------------------------------------------


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8", newline="")


def words(count: int, first: int = 0) -> str:
    return " ".join(f"w{i}" for i in range(first, first + count))


@pytest.mark.parametrize(
    ("left", "right", "expected", "said"),
    [
        ("one two", words(40), ["too_short", "size", "nothing_shared"], "A has 2 of the 5 words"),
        (words(40), words(40, 100), ["nothing_shared"], "no 5 words in a row"),
        (words(40), words(54, 10), ["below_threshold"], None),
        (words(40), words(100), ["size", "contained"], "B holds 100 % of A"),
        (words(100), words(40), ["size", "contained"], "A holds 100 % of B"),
        (words(12), f"{words(6)} x {words(5, 7)}", ["below_threshold", "short"], "they are short"),
        ("", words(9), ["no_tokens"], "A holds no letter or digit"),
        (words(9), "!?", ["no_tokens"], "B holds no letter or digit"),
        ("", "", ["no_tokens", "no_tokens"], "Not duplicates: nothing to compare"),
    ],
)  # fmt: skip
def test_why_two_documents_are_no_duplicates(tmp_path, explain, tell, left, right, expected, said):
    write(tmp_path, a=left, b=right)
    told = explain("a.txt", "b.txt")
    assert reasons(told) == expected
    assert not told["is_duplicate"]
    shown = tell("a.txt", "b.txt")
    assert "Not duplicates" in shown
    assert said is None or said in shown


def test_how_many_shingles_are_missing(tmp_path, explain):
    write(tmp_path, a=words(104), b=words(80) + " " + words(24, 200))
    told = explain("a.txt", "b.txt")
    # 100 shingles each, 76 shared: 0.7 takes m with m / (200 - m) >= 0.7, so 83.
    assert told["reasons"] == [
        {
            "reason": "below_threshold",
            "detail": "they share 76 shingles, and of so many as they have a Jaccard of 0.7 takes "
            "83: 7 too few",
        }
    ]


def test_a_jaccard_just_below_the_threshold_is_not_rounded_up_to_it(tmp_path, tell):
    write(tmp_path, a=words(1004), b=words(826) + " " + words(178, 2000))
    assert "Jaccard 0.698, below the threshold of 0.7" in tell("a.txt", "b.txt", "--diff=none")


def test_duplicates_that_no_band_brings_together(tmp_path, explain, tell):
    texts = words(104), words(94) + " " + words(10, 200)
    write(tmp_path, a=texts[0], b=texts[1])
    flags = ("--num-perm=8", "--recall=0.5", "--threshold=0.7")
    rows = banding_of(0.7, 8, 0.5)[1]
    for seed in range(1, 200):
        one, other = (signature_of(shingles_of(text, 5), 8, seed) for text in texts)
        equal = [a == b for a, b in zip(one, other, strict=True)]
        if not any(all(equal[i : i + rows]) for i in range(0, 8 - rows + 1, rows)):
            break
    else:
        raise AssertionError("every seed brings them together")
    told = explain("a.txt", "b.txt", *flags, f"--seed={seed}")
    assert told["search"]["met_bands"] == []
    assert told["relation"] == "near"
    assert reasons(told) == ["no_band"]
    assert "meet in none of" in tell("a.txt", "b.txt", *flags, f"--seed={seed}")


def test_a_document_of_too_many_words_is_set_aside(tmp_path, explain):
    write(tmp_path, a=words(40), b=words(41))
    told = explain("a.txt", "b.txt", "--max-tokens=40")
    assert told["overlap"] is None and told["relation"] is None
    assert told["right"]["reason"] == "too_many_tokens"
    assert reasons(told) == ["skipped"]
    assert told["left"]["figures"]["token_count"] == 40


# --- which documents are meant --------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    shutil.copytree(ARTICLES, tmp_path / "articles")
    shutil.copy(RECORDS, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("left", "right", "paths"),
    [
        ("library-hours_1.txt", "library-hours_2.txt", ["articles"]),
        ("articles/library-hours_1.txt", "./articles/library-hours_2.txt", ["articles"]),
        (
            "articles/library-hours_1.txt",
            "articles/library-hours_2.txt",
            ["articles", "records.jsonl"],
        ),
    ],
)
def test_documents_are_found_by_id_and_by_file(corpus, explain, left, right, paths):
    told = explain(left, right, *(f"--in={path}" for path in paths))
    assert told["relation"] == "near"
    assert told["left"]["path"] == "articles/library-hours_1.txt"
    direct = explain(*(f"articles/library-hours_{i}.txt" for i in (1, 2)))
    assert told["overlap"] == direct["overlap"] and told["passages"] == direct["passages"]


def test_records_are_found_by_id_and_by_line(corpus, explain):
    by_id = explain("r1", "r2", "--in", "records.jsonl")
    assert (by_id["relation"], by_id["left"]["line"], by_id["right"]["line"]) == ("near", 1, 2)
    assert explain("./records.jsonl:1", "r2", "--in", "records.jsonl") == by_id
    assert by_id["overlap"]["jaccard"] == 81 / 98


def test_rows_and_members_of_archives_are_found(tmp_path, corpus, explain):
    shutil.make_archive(str(tmp_path / "packed"), "zip", ARTICLES)
    rows = [json.loads(line) for line in RECORDS.read_text().splitlines()[:2]]
    quoted = "\n".join('"' + row["text"].replace('"', '""') + '"' for row in rows)
    (tmp_path / "rows.csv").write_text(f"text\n{quoted}\n")
    told = explain("rows.csv#1", "rows.csv#2", "--in=rows.csv", "--in=packed.zip")
    assert told["relation"] == "near"
    told = explain("packed.zip/ferry-strike.txt", "rows.csv#2", "--in=rows.csv", "--in=packed.zip")
    assert told["left"]["path"] == "packed.zip"


def test_files_of_one_document_of_any_format(corpus, explain):
    (corpus / "a.txt.gz").write_bytes(gzip.compress((ARTICLES / "typos.txt").read_bytes()))
    (corpus / "one.json").write_text(json.dumps({"text": (ARTICLES / "typos.txt").read_text()}))
    assert explain("a.txt.gz", "one.json")["relation"] == "identical"
    told = explain("-", "a.txt.gz", stdin=json.dumps({"text": "x"}).encode())
    assert told["left"]["figures"]["token_count"] == 1


def test_a_text_through_a_pipe_says_how_to_read_it(corpus, run_quickly, explain):
    text = (ARTICLES / "typos.txt").read_bytes()
    code, _, told = run_quickly("explain", "-", "articles/typos_retyped.txt", stdin=text)
    assert code == 2 and "--input-format says text" in told
    told = explain("-", "articles/typos_retyped.txt", "--input-format=text", stdin=text)
    assert told["relation"] == "near"


def test_patterns_of_a_settings_file_do_not_leave_out_what_is_named(corpus, explain):
    (corpus / "dedupe.toml").write_text(
        'exclude = ["articles/"]\nglob = ["*.md"]\nformat = "csv"\nthreshold = 0.75\n'
    )
    told = explain("articles/typos.txt", "articles/typos_retyped.txt")
    assert told["config"]["threshold"] == 0.75


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("articles", "records.jsonl"), "articles: is a folder; name a file in it"),
        (("nope.txt", "records.jsonl"), "nope.txt: there is no such file; the id"),
        (("records.jsonl", "articles/typos.txt"), "holds 7 documents; name one by its id"),
        (("articles/typos.txt", "./articles/typos.txt"), "are one file; name two"),
        (("articles/typos.txt", "articles/typos.txt"), "are one file; name two"),
        (("r1", "r1", "--in=records.jsonl"), "are one document; name two"),
        (("r1", "records.jsonl:1", "--in=records.jsonl"), "are one document; name two"),
        (("libary-hours_1.txt", "typos.txt", "--in=articles"), "similar: library-hours_1.txt,"),
        (("articles", "typos.txt", "--in=articles"), "is the id of none of 27 documents"),
        (("records.jsonl", "r1", "--in=records.jsonl"), "holds 7 documents; name one of them: "),
        (("twice", "r1", "--in=records.jsonl", "--in=twice.jsonl"), "is the id of 2 documents; "),
        (("typos.txt", "r1", "--in=nowhere"), "not read: nowhere: "),
        (("r1", "r2", "--report=records.jsonl"), "records.jsonl: not a dedupe report"),
        (("r1", "r2", "--report=nowhere.json"), "nowhere.json: cannot be read"),
        (("r1", "r2", "--report=articles"), "is a directory"),
        (("r1", "r2", "--report=r.json", "--in=articles"), "--in and --report exclude each other"),
        (("r1", "r2", "--report=r.json", "--threshold=0.5"), "--threshold and --report exclude"),
        (("a", "b", "--threshold=7"), "threshold is 7.0, but must be"),
        (("articles/typos.txt", "articles/empty.txt", "--passages=-1"), "--passages"),
    ],
)
def test_errors_say_what_to_do(corpus, complain, arguments, said):
    (corpus / "twice.jsonl").write_text(
        '{"id": "twice", "text": "a"}\n{"id": "twice", "text": "b"}\n'
    )
    assert said in " ".join(complain(*arguments).split())


# --- of a saved report ----------------------------------------------------------------------


@pytest.fixture
def save(corpus, run_quickly):
    def scan(*arguments, name="saved.json"):
        run_quickly("scan", *arguments, "--output", f"json:{name}", "--quiet")
        return f"--report={name}"

    return scan


def test_a_saved_report_gives_its_settings_and_what_it_knows(save, explain, tell):
    report = save("articles", "--threshold=0.75", "--num-perm=64")
    told = explain("typos.txt", "typos_retyped.txt", report)
    assert told["config"]["num_perm"] == 64
    assert told["search"]["minimum_equal"] == minimum_equal_of(Fraction(3, 4), 64)
    assert told["report"]["pair"]["jaccard"] == told["overlap"]["jaccard"]
    assert told["report"]["links"] == [
        {"id": "typos_retyped.txt", "jaccard": told["overlap"]["jaccard"]}
    ]
    states = {told["report"][side]["state"] for side in ("left", "right")}
    assert states == {"representative", "member"}
    assert "is the representative of cluster" in tell("typos.txt", "typos_retyped.txt", report)


def test_a_report_at_a_higher_threshold_keeps_its_bands(save, dedupe_here, explain):
    save("articles")
    dedupe_here("report", "saved.json", "--threshold=0.8", "--output=json:higher.json", "--quiet")
    told = explain("typos.txt", "typos_retyped.txt", "--report=higher.json")
    assert told["config"]["threshold"] == 0.8
    assert (told["search"]["bands"], told["search"]["rows"]) == (25, 5)
    assert told["search"]["minimum_equal"] == 0  # that of the scan is not in the report
    told = explain("library-hours_1.txt", "library-hours_2.txt", "--report=higher.json")
    assert told["relation"] is None and reasons(told) == ["below_threshold"]


def test_names_of_a_report_may_be_files_and_places(save, explain):
    report = save("articles", "records.jsonl")
    told = explain("./articles/typos.txt", "./records.jsonl:1", report)
    assert [told[side]["id"] for side in ("left", "right")] == ["articles/typos.txt", "r1"]


def test_a_chain_is_told(save, explain):
    report = save("articles", "--linkage=single")
    told = explain("library-hours_3.txt", "library-hours_1.txt", report)
    assert reasons(told) == ["below_threshold", "linked"]
    assert [link["id"] for link in told["report"]["links"]] == [
        "library-hours_2.txt",
        "library-hours_1.txt",
    ]
    assert "A – (0.74) library-hours_2.txt – (0.74) B" in told["reasons"][-1]["detail"]


def test_a_bridge_tells_whose_cluster_each_is_in(save, explain):
    report = save("articles", "--keep=first")
    told = explain("library-hours_2.txt", "library-hours_3.txt", report)
    assert (told["relation"], reasons(told)) == ("near", ["different_clusters"])
    detail = told["reasons"][0]["detail"]
    assert "A is in the cluster of library-hours_1.txt, B is in no cluster" in detail


def test_copies_share_the_pair_of_their_lead(corpus, save, explain):
    shutil.copy(ARTICLES / "typos.txt", corpus / "articles" / "zz_typos.txt")
    report = save("articles")
    told = explain("zz_typos.txt", "typos_retyped.txt", report)
    again = explain("typos.txt", "typos_retyped.txt", report)
    assert told["report"]["pair"]["jaccard"] == again["report"]["pair"]["jaccard"]
    assert reasons(told) == reasons(again) == []


def test_what_the_report_does_not_list_is_read_again(save, explain):
    told = explain("unrelated_chess.txt", "typos.txt", save("articles"))
    assert told["report"]["left"]["state"] == "unlisted"
    assert "read again" in told["left"]["remark"]
    assert told["right"]["remark"] == ""
    assert reasons(told) == ["size", "nothing_shared"]


def test_a_document_that_was_skipped(save, explain, tell):
    report = save("articles")
    told = explain("empty.txt", "typos.txt", report)
    assert told["report"]["left"]["state"] == "skipped"
    assert (told["left"]["reason"], reasons(told)) == ("no_tokens", ["skipped"])
    assert "Not compared" in tell("empty.txt", "typos.txt", report)


def test_a_text_that_has_changed_is_told_and_the_figures_are_the_report_s(corpus, save, explain):
    report = save("articles")
    before = explain("typos.txt", "typos_retyped.txt", report)
    with open(corpus / "articles" / "typos.txt", "a") as file:
        file.write("and more")
    for names in (("typos.txt", "typos_retyped.txt"), ("typos_retyped.txt", "typos.txt")):
        told = explain(*names, report)
        assert reasons(told) == ["changed"]
        assert "has changed since the scan" in told["reasons"][0]["detail"]
        assert told["passages"] == [] and told["passage_count"] is None and told["diff"] is None
        assert told["overlap"]["jaccard"] == before["overlap"]["jaccard"]
    assert told["overlap"]["left_count"] == before["overlap"]["right_count"]
    (corpus / "articles" / "typos.txt").unlink()
    told = explain("typos.txt", "library-hours_2.txt", report)
    assert (told["overlap"], reasons(told)) == (None, ["changed"])


def test_embedded_texts_need_no_file(corpus, save, explain):
    report = save("articles", "--embed-text")
    shutil.rmtree(corpus / "articles")
    assert explain("typos.txt", "typos_retyped.txt", report)["passage_count"] > 1


def test_a_report_of_standard_input(corpus, dedupe_here, explain, complain):
    dedupe_here("scan", "-", "--output=saved.json", "--quiet", stdin=RECORDS.read_bytes())
    assert explain("r1", "r2", "--report=saved.json")["relation"] == "near"
    told = complain("r1", "r5", "--report=saved.json")
    assert "r5: is in no cluster of the report" in told


def test_missing_ids_of_a_report_suggest_others(save, complain):
    told = complain("typo.txt", "typos.txt", save("articles"))
    assert "similar: typos.txt" in told and "was read again: articles" in " ".join(told.split())


def test_a_capped_bucket_is_told(tmp_path, dedupe_here, explain):
    """Among versions of one text, of which only the leads are compared with the others."""
    generator = random.Random(3)
    base = words(200).split()
    lines = []
    for i in range(60):
        text = list(base)
        for place in generator.sample(range(200), 2):
            text[place] = f"v{i}x{place}"
        lines.append(json.dumps({"id": f"d{i}", "text": " ".join(text)}))
    (tmp_path / "many.jsonl").write_text("\n".join(lines))
    dedupe_here("scan", "many.jsonl", "--max-bucket=2", "--output=saved.json", "--quiet")
    saved = json.loads((tmp_path / "saved.json").read_text())
    assert saved["search"]["capped_bucket_count"] > 0
    pairs = {(p["left"], p["right"]) for c in saved["clusters"] for p in c["pairs"]}
    pairs |= {(p["left"], p["right"]) for p in saved["bridges"]}
    ids = sorted(f"d{i}" for i in range(60))
    missed = [(a, b) for a in ids for b in ids if a < b and (a, b) not in pairs]
    for left, right in missed[:2]:
        told = explain(left, right, "--report=saved.json")
        assert told["relation"] == "near" and told["report"]["pair"] is None
        assert reasons(told)[-1] == "capped"
    assert len(missed) > 100


def test_a_duplicate_that_came_after_the_report(corpus, save, explain):
    report = save("articles")
    text = (ARTICLES / "typos.txt").read_text()
    (corpus / "articles" / "later.txt").write_text(text + " and a few words more")
    assert reasons(explain("later.txt", "typos.txt", report)) == ["not_in_report"]
    (corpus / "articles" / "copy.txt").write_text(text)
    assert reasons(explain("copy.txt", "typos.txt", report)) == ["not_in_report"]


def test_a_pair_that_the_estimate_rules_out_is_told():
    pair = PairFigures(Relation.NEAR, 70, 85, 85)
    search = SearchFigures(25, 5, (3,), 0.98, 60, 128, 62, 64)
    there = FoundDocument("a", "x"), FoundDocument("b", "x")
    figures = DocumentFigures(90, 85, 500, 500, ""), DocumentFigures(90, 85, 500, 500, "")
    (found,) = find_reasons(there, figures, ScanSettings(), pair, search, None)
    assert found.reason == "estimate"
    assert "only 62 of 128 values" in found.detail and "asks for 64" in found.detail
    assert not search.is_candidate


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("search", "rows"), 0, "the report cannot be"),
        (("search", "bands"), 10**9, "the report cannot be"),
        (("clusters", 0, "pairs", 0, "left"), "nobody", "does not describe"),
        (("clusters", 0, "pairs", 0, "shared_count"), 2**50, "impossible pair"),
        (("clusters", 0, "pairs"), {}, "not a dedupe report"),
    ],
)
def test_a_report_that_cannot_be_is_an_error(corpus, save, complain, path, value, said):
    report = save("articles")
    file = corpus / "saved.json"
    changed = json.loads(file.read_text())
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    file.write_text(json.dumps(changed))
    assert said in complain("typos.txt", "typos_retyped.txt", report)


# --- hostile --------------------------------------------------------------------------------


def test_nothing_in_a_text_or_an_id_acts(tmp_path, dedupe_here):
    body = " ".join(VECTORS)
    records = [
        {"id": "\x1b[2J" + "::error::" + VECTORS[0], "text": f"{body} {words(300)}"},
        {"id": "##[x]\u202e" + "y" * 5000, "text": f"{words(300)} \u202eend {body}\x1b]8;;x\x07"},
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, records)))
    for mode in ("hunks", "full", "summary"):
        shown = dedupe_here(
            "explain", "r.jsonl:1", "r.jsonl:2", "--in=r.jsonl", "--diff", mode, "--passages=0"
        ).stdout.decode()
        assert "Near-duplicates" in shown or "Not duplicates" in shown
        assert CONTROLS.findall(shown) == []
        assert not re.search(r"^\s*::|##\[", shown, re.MULTILINE)
        assert "y" * 200 not in shown  # of an id only so much as tells it apart
    data = dedupe_here("explain", "r.jsonl:1", "r.jsonl:2", "--in=r.jsonl", "--format=json").stdout
    assert CONTROLS.findall(data.decode()) == []
    assert json.loads(data)["left"]["id"] == records[0]["id"]


def test_names_in_errors_are_escaped(tmp_path, complain):
    (tmp_path / "r.jsonl").write_text('{"id": "\\u001b[31mred", "text": "x"}\n')
    told = complain("\x1b[31mrod", "x", "--in=r.jsonl")
    assert "\x1b" not in told and "\\x1b[31mred" in told


def test_right_to_left_and_wide_texts_are_placed(tmp_path, explain):
    write(tmp_path, a="עברית " * 3 + words(30), b=words(30) + " 中文字" + "\r\n" + "עברית " * 3)
    told = explain("a.txt", "b.txt", "--shingle-size=3")
    text = (tmp_path / "b.txt").read_bytes().decode()
    found = [text[p["right"]["start"] : p["right"]["end"]] for p in told["passages"]]
    assert found == ["עברית עברית עברית", words(30)]
    assert told["passages"][0]["right"]["first_line"] == 2


def test_long_texts_are_bounded_and_say_so(tmp_path, run_dedupe, explain):
    blocks = [words(6, 10 * i) for i in range(300)]
    write(tmp_path, a=" x ".join(blocks), b=" y ".join(blocks))
    shown = run_dedupe("explain", "a.txt", "b.txt").stdout.decode()
    told = explain("a.txt", "b.txt")
    assert (len(told["passages"]), told["passage_count"]) == (20, 300)
    assert f"⋯ {told['passage_count'] - 20} passages more (--passages)" in shown
    assert len(shown) < 20_000
    write(tmp_path, a=words(200_001), b=words(10))
    told = explain("a.txt", "b.txt")
    assert told["passage_count"] is None and told["diff"] is None
    assert told["overlap"]["shared_count"] == 6
    shown = run_dedupe("explain", "a.txt", "b.txt").stdout.decode()
    assert "more than 200,000 words" in shown


def test_colours_only_where_they_are_asked_for(run_dedupe):
    names = [ARTICLES / f"library-hours_{i}.txt" for i in (1, 2)]
    assert b"\x1b" not in run_dedupe("explain", *names).stdout
    assert b"\x1b[31;9m" in run_dedupe("explain", *names, "--color=always").stdout


def test_a_reader_that_leaves_is_no_error(tmp_path):
    from tests.support.command import dedupe_command, shell

    names = " ".join(str(ARTICLES / f"library-hours_{i}.txt") for i in (1, 2))
    command = f"{' '.join(dedupe_command())} explain {names} | head -1; echo ${{PIPESTATUS[0]}}"
    result = shell(f"bash -c '{command}'", tmp_path)
    assert result.stdout.decode().splitlines()[-1] == "0"
