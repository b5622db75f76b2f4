"""Whole scans for contained documents and passages: planted excerpts, brute force, every script."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe import Config, find_duplicates, shingle_text, tokenize_text
from dedupe.model.errors import ConfigError
from dedupe.model.relations import Relation
from dedupe.passages.locating import MOST_CHARACTERS, UNKNOWN, locate_tokens
from dedupe.report.json import parse_report, render_json
from tests.support.corpora import make_corpus

FIND = ("near", "contained", "passages")


def words(rng: random.Random, count: int, vocabulary: int = 5000) -> list[str]:
    return [f"w{rng.randrange(vocabulary)}" for _ in range(count)]


def plant_excerpts(
    rng: random.Random, count: int
) -> tuple[dict[str, str], dict[tuple[str, str], tuple[int, int, int]]]:
    """Articles, and texts of up to 50 times their length that quote 10 % to 90 % of one.

    :returns: texts by id; for each article and the text that quotes it, where the excerpt begins in
        both, and its tokens
    """
    texts, planted = {}, {}
    for number in range(count):
        size = rng.randrange(60, 600)
        article = words(rng, size)
        length = max(50, int(size * rng.uniform(0.1, 0.9)))
        start = rng.randrange(size - length + 1)
        around = words(rng, int(size * rng.uniform(1, 50)))
        place = rng.randrange(len(around) + 1)
        article[start : start + length] = [f"x{number}y{i}" for i in range(length)]
        excerpt = article[start : start + length]
        texts[f"article{number}"] = " ".join(article)
        texts[f"long{number}"] = ", ".join([*around[:place], *excerpt, *around[place:]])
        planted[f"article{number}", f"long{number}"] = (start, place, length)
    return texts, planted


def test_every_planted_excerpt_is_found_with_exact_offsets_and_nothing_else():
    texts, planted = plant_excerpts(random.Random(5), 60)
    report = find_duplicates(texts, Config(find=FIND, workers=1))
    found = {
        (pair.left, pair.right): [
            (p.left_token, p.right_token, p.token_count) for p in pair.passages
        ]
        for pair in report.shared_texts()
    }
    assert found == {pair: [place] for pair, place in planted.items()}
    for pair in report.shared_texts():
        [passage] = pair.passages
        first, last = (
            texts[pair.left].split()[passage.left_token + i] for i in (0, passage.token_count - 1)
        )
        for id, span in ((pair.left, passage.left_span), (pair.right, passage.right_span)):
            cut = texts[id][slice(*span)]
            assert cut.startswith(first) and cut.endswith(last)
    assert not report.clusters
    contained = {(pair.left, pair.right) for pair in report.contained}
    for (article, long), (_, _, length) in planted.items():
        total = len(texts[article].split())
        if length / total < 0.75:
            assert (article, long) not in contained
        if length / total > 0.85:
            assert (article, long) in contained


def brute_force(texts: dict[str, str], config: Config) -> tuple[dict, set]:
    """All contained pairs with their integers, and all duplicates, over sets of strings."""
    sets = {id: set(shingle_text(text, config.shingle_size)) for id, text in texts.items()}
    tokens = {id: tuple(tokenize_text(text)) for id, text in texts.items()}
    contained, duplicates = {}, set()
    for one, other in itertools.combinations(texts, 2):
        shared, united = len(sets[one] & sets[other]), len(sets[one] | sets[other])
        small, large = sorted((one, other), key=lambda id: len(sets[id]))
        least = len(sets[small])
        if tokens[one] == tokens[other] or shared / united >= config.threshold:
            duplicates.add(frozenset((one, other)))
        elif least >= config.min_passage and shared / least >= config.containment:
            counts = {small: len(sets[small]), large: len(sets[large])}
            contained[frozenset((one, other))] = (shared, counts)
    return contained, duplicates


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_contained_documents_are_those_of_brute_force(seed):
    """Of edited, cut and quoted copies; pairs without a shared run of a window may be missed."""
    rng = random.Random(seed)
    texts = make_corpus(seed, families=25)
    originals = [text.split() for text in texts.values() if len(text.split()) > 30]
    for number in range(40):
        parts = [words(rng, rng.randrange(60), 300), rng.choice(originals), words(rng, 40, 300)]
        texts[f"round-up{number}"] = " ".join(itertools.chain(*parts))
    config = Config(find=FIND, min_passage=20, recall=0.9999, workers=1)
    contained, duplicates = brute_force(texts, config)
    # One text of several with equal tokens stands for them in a report.
    tokens = {id: tuple(tokenize_text(text)) for id, text in texts.items()}
    report = find_duplicates(texts, config)
    assert len(report.contained) > 30
    listed = {frozenset((tokens[p.left], tokens[p.right])): p for p in report.contained}
    assert len(listed) == len(report.contained)
    for pair in report.contained:
        shared, counts = contained[frozenset((pair.left, pair.right))]
        assert pair.relation is Relation.CONTAINED
        assert (pair.shared_count, pair.left_count, pair.right_count) == (
            shared, counts[pair.left], counts[pair.right]
        )  # fmt: skip
        assert pair.left_count <= pair.right_count
    missed = 0
    for ends in contained:
        one, other = ends
        if frozenset((tokens[one], tokens[other])) not in listed:
            missed += 1
            assert not shares_run(tokens[one], tokens[other], config.min_passage)
    assert missed <= len(contained) / 50
    assert not {frozenset((p.left, p.right)) for p in report.shared_texts()} & duplicates


def shares_run(one: tuple[str, ...], other: tuple[str, ...], size: int) -> bool:
    runs = {one[i : i + size] for i in range(len(one) - size + 1)}
    return any(other[i : i + size] in runs for i in range(len(other) - size + 1))


def test_passages_are_all_pairs_that_share_a_run():
    rng = random.Random(9)
    pieces = [words(rng, 30) for _ in range(12)]
    texts = {
        f"d{number}": " ".join(itertools.chain(*(
            itertools.chain(rng.choice(pieces), words(rng, 40)) for _ in range(3))))
        for number in range(30)
    }  # fmt: skip
    report = find_duplicates(texts, Config(find=FIND, min_passage=25, workers=1))
    tokens = {id: tuple(tokenize_text(text)) for id, text in texts.items()}
    expected = {
        (one, other)
        for one, other in itertools.combinations(sorted(texts), 2)
        if shares_run(tokens[one], tokens[other], 25)
    }
    assert expected and not report.clusters and not report.contained
    assert {(pair.left, pair.right) for pair in report.passages} == expected
    assert report.search.shared.passage_pair_count == len(expected)


CHARACTERS = (
    "aB é ½ﬁ…2Ａßж Ωע מש ْي กำนี้ लि क् 漢字かガｶﾞ한글 ㋀⑫ a\u0301 e\u0327\u0301 \u00ad\u200b \n.,!“”—'"
)
SCRIPTS = st.text(st.sampled_from(CHARACTERS), max_size=60)


@settings(max_examples=150, deadline=None)
@given(shared=SCRIPTS, around=st.lists(SCRIPTS, min_size=4, max_size=4))
def test_what_is_cut_out_of_both_originals_has_the_same_tokens(shared, around):
    texts = {"a": around[0] + shared + around[1], "b": around[2] + shared.upper() + around[3]}
    config = Config(find=FIND, min_passage=3, shingle_size=2, threshold=1.0, workers=1)
    report = find_duplicates(texts, config)
    for pair in report.shared_texts():
        for passage in pair.passages:
            cuts = [texts[pair.left][slice(*passage.left_span)],
                    texts[pair.right][slice(*passage.right_span)]]  # fmt: skip
            tokens = tokenize_text(texts[pair.left])
            first = passage.left_token
            expected = tokens[first : first + passage.token_count]
            assert [*map(tokenize_text, cuts)] == [expected, expected]


def test_a_passage_ends_before_a_character_that_holds_more():
    """½ is two tokens, of which only the first is in the other text; Thai ำ ends one and is one."""
    assert tokenize_text("½") == ["1", "2"] and len(tokenize_text("น้ำ")) == 2

    def locate(text: str, *run: int) -> list[int]:
        return locate_tokens(text, *np.array(run, np.int64).reshape(2, 1))[0].tolist()

    assert locate("a b ½ c", 0, 3) == [0, 3, 0, 1]
    assert locate("a b ½ c", 3, 5) == [6, 7, 1, 0]
    assert locate("a b ½ c", 0, 5) == [0, 7, 0, 0]
    assert locate("a ½ c", 1, 2) == [0, 0, 0, 1]
    assert locate("ก น้ำ", 0, 2)[3] == 1
    for text, *run in (("a b", 1, 3), ("a b", 5, 6), ("漢" * (MOST_CHARACTERS + 1), 0, 5)):
        assert locate(text, *run) == [UNKNOWN, UNKNOWN, 0, 0]
    assert locate("a" * (MOST_CHARACTERS + 1), 0, 1) == [0, MOST_CHARACTERS + 1, 0, 0]


def write_corpus(folder: Path, texts: dict[str, str]) -> list[Path]:
    folder.mkdir()
    for id, text in texts.items():
        (folder / f"{id}.txt").write_text(text)
    return sorted(folder.iterdir())


def without_run(report: dedupe.Report) -> bytes:
    run = msgspec.structs.replace(report.run, locators={}, sources=(), paths=())
    return render_json(msgspec.structs.replace(report, run=run)).split(b'"run"')[0]


def test_the_lists_do_not_depend_on_order_workers_or_memory(tmp_path, monkeypatch):
    texts, _ = plant_excerpts(random.Random(8), 25)
    texts |= {f"copy of {id}": text.upper() for id, text in [*texts.items()][:6]}
    lines = [json.dumps({"id": id, "text": text}) for id, text in texts.items()]
    (tmp_path / "one.jsonl").write_text("\n".join(lines))
    (tmp_path / "other.jsonl").write_text("\n".join(lines[::-1]))
    config = Config(find=FIND, workers=1)
    expected = without_run(dedupe.scan(tmp_path / "one.jsonl", config))
    assert b'"relation":"contained"' in expected and b'"relation":"passage"' in expected
    several = msgspec.structs.replace(config, workers=3, kernels="plain")
    assert without_run(dedupe.scan(tmp_path / "other.jsonl", several)) == expected
    for module, name in (("index", "PART_BYTES"), ("index", "INDEX_BYTES"),
                         ("index", "HASHES_PER_JOB"), ("candidates", "PAIRS_PER_JOB")):  # fmt: skip
        monkeypatch.setattr(f"dedupe.passages.{module}.{name}", 64)
    little = msgspec.structs.replace(config, workers=2, max_memory=200_000_000)
    assert without_run(dedupe.scan(tmp_path / "other.jsonl", little)) == expected


def test_fingerprints_of_too_many_documents_are_set_aside_and_counted():
    rng = random.Random(4)
    footer = words(rng, 80)
    texts = {f"d{i}": " ".join([*words(rng, 60), *footer]) for i in range(12)}
    texts["footer"] = " ".join(footer)
    few = find_duplicates(texts, Config(find=FIND, max_bucket=10, workers=1))
    assert few.search.shared.common_fingerprint_count > 0
    assert few.search.shared.hidden_document_count == 1 and not few.contained
    many = find_duplicates(texts, Config(find=FIND, max_bucket=20, workers=1))
    assert many.search.shared.common_fingerprint_count == 0
    assert {pair.left for pair in many.contained} == {"footer"} and len(many.contained) == 12


def test_against_tells_both_directions_and_never_two_references():
    rng = random.Random(6)
    test, story, quiz = (" ".join(words(rng, 90)) for _ in range(3))
    texts = {"training": f"{test} {' '.join(words(rng, 300))}", "clip": story}
    references = {
        "test": test,
        "book": f"{' '.join(words(rng, 400))} {story} {quiz}",
        "quiz": quiz,
    }
    report = find_duplicates(texts, Config(find=FIND, workers=1), against=references)
    pairs = {(pair.left, pair.right) for pair in report.contained}
    assert pairs == {("test", "training"), ("clip", "book")} and not report.passages
    assert {end.id: end.is_reference for end in report.shared_ends} == {
        "test": True, "book": True, "training": False, "clip": False
    }  # fmt: skip


def test_a_contained_document_joins_no_cluster_and_makes_no_chain(tmp_path, run_dedupe):
    rng = random.Random(7)
    story = words(rng, 100)
    texts = {
        "story": " ".join(story),
        "day": " ".join([*words(rng, 150), *story]),
        "week": " ".join([*story, *words(rng, 400)]),
        "day again": " ".join([*words(random.Random(7), 100), *[]]),
    }
    texts["day again"] = texts["day"] + " more"
    write_corpus(tmp_path / "texts", texts)
    run_dedupe("scan", "texts", "--find", "contained", "--output", "json:r.json", "--no-progress")
    report = parse_report((tmp_path / "r.json").read_bytes())
    assert [[m.id for m in c.members] for c in report.clusters] in (
        [["day.txt", "day again.txt"]], [["day again.txt", "day.txt"]]
    )  # fmt: skip
    assert [(p.left, p.right) for p in report.contained] == [
        ("story.txt", "day again.txt"), ("story.txt", "day.txt"), ("story.txt", "week.txt")
    ]  # fmt: skip
    told = run_dedupe("report", "r.json", "--format", "text").stdout.decode()
    assert "Contained: 1 document stands in another" in told and "1 document contained" in told
    assert "story.txt → week.txt" in told and f"“{' '.join(story[:3])}" in told
    plan = json.loads(run_dedupe("apply", "r.json", "--format", "json").stdout)
    assert "story.txt" not in json.dumps(plan)
    again = run_dedupe("report", "r.json", "--threshold", "0.999", "--format", "json").stdout
    higher = parse_report(again)
    pairs = [(p.left, p.right) for p in higher.contained]
    assert not higher.clusters and ("day.txt", "day again.txt") in pairs and len(pairs) == 4
    assert {end.id for end in higher.shared_ends} == {f"{id}.txt" for id in texts}


def test_a_scan_says_that_it_did_not_look(tmp_path, run_dedupe):
    (tmp_path / "a.txt").write_text("some words")
    told = run_dedupe("scan", "a.txt").stdout.decode()
    assert "contained documents not looked for" in " ".join(told.split())
    assert "--find" not in told, "one document stands in no other"
    report = json.loads(run_dedupe("scan", "a.txt", "--format", "json").stdout)
    assert report["search"]["shared"] is None and report["contained"] == []


def test_where_nothing_is_found_the_command_that_looks_inside_is_named(tmp_path, run_dedupe):
    """A cut copy: no duplicates, but by the very command that the last lines give."""
    story = [f"word{number}" for number in range(400)]
    (tmp_path / "whole.txt").write_text(" ".join(story))
    (tmp_path / "cut.txt").write_text(" ".join(story[:200]))
    told = " ".join(run_dedupe("scan", ".").stdout.decode().split())
    assert "No duplicates: no two of 2 documents" in told
    assert "contained documents not looked for (--find near,contained)" in told
    found = run_dedupe("scan", ".", "--find", "near,contained").stdout.decode()
    assert "Contained: 1 document stands in another" in found and "--find" not in found
    # With it, a scan that looks for furniture would be refused.
    told = run_dedupe("scan", ".", "--furniture", "report").stdout.decode()
    assert "not looked for" in told and "--find" not in told


@pytest.mark.parametrize(
    "settings",
    [{"find": ("contained",)}, {"find": ("near", "inside")}, {"containment": 0.0},
     {"min_passage": 0}, {"find": FIND, "min_passage": 4}, {"find": FIND, "shingle_size": 60}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ConfigError):
        Config(**settings)


def test_explain_tells_the_relations_that_are_asked_for(tmp_path, dedupe_here):
    rng = random.Random(3)
    story = words(rng, 100)
    write_corpus(tmp_path / "t", {
        "short": " ".join(story),
        "long": " ".join([*words(rng, 300), *story]),
        "quoting": " ".join([*words(rng, 300), *story[:60]]),
    })  # fmt: skip

    def relation(one: str, other: str, *options: str) -> tuple[str | None, str]:
        told = json.loads(dedupe_here(
            "explain", f"t/{one}.txt", f"t/{other}.txt", "--format", "json", *options
        ).stdout)  # fmt: skip
        assert not told["is_duplicate"]
        return told["relation"], " ".join(each["detail"] for each in told["reasons"])

    assert relation("short", "long")[0] is None
    found, why = relation("short", "long", "--find", "contained")
    assert found == "contained" and "B holds 100 % of A" in why
    assert "A holds 100 % of B" in relation("long", "short", "--find", "contained")[1]
    assert relation("short", "quoting", "--find", "contained")[0] is None
    assert relation("short", "quoting", "--find", "passages")[0] == "passage"
