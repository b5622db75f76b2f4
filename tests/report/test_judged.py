"""Pairs judged different: what apply keeps, and what the gate does not count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dedupe import find_duplicates, scan
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.report.checks import check_members, check_pairs, check_relations, find_contradiction
from dedupe.report.decision_file import (
    AnyDecision,
    Decision,
    PairChoice,
    PairDecision,
    format_decisions,
    hash_pair,
)
from dedupe.report.index import ReportIndex
from dedupe.report.json import parse_report, render_json
from dedupe.report.judged import part_different
from tests.furniture.test_forms import letters
from tests.support.command import RunDedupe

WORDS = [f"word{n}" for n in range(200)]


def variant(*places: int) -> str:
    return " ".join(f"other{n}" if n in places else word for n, word in enumerate(WORDS))


TEXTS = {
    "a": variant(),
    "a2": variant().replace(" ", "  "),
    "a3": variant().replace(" ", "   "),
    "b": variant(10, 30, 50, 70),
    "b2": variant(10, 30, 50, 70),
    "c": variant(110, 130),
}


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "in" / f"{name}.txt").write_text(text, encoding="utf-8")
    found = scan("in", Config(threshold=0.8, workers=1))
    (tmp_path / "report.json").write_bytes(render_json(found))
    assert len(found.clusters) == 1
    return found


def judge(report: Report, *pairs: str, choice: PairChoice = "different") -> list[AnyDecision]:
    """Judgements of pairs such as ``a-b``."""
    hashes = {Path(member.id).stem: member.content_hash for member in report.members()}
    ends = (pair.split("-") for pair in pairs)
    return [PairDecision(hash_pair(hashes[one], hashes[other]), choice) for one, other in ends]


def apply(run_dedupe: RunDedupe, made: list[AnyDecision]) -> dict[str, str]:
    """The keeper of each document that goes."""
    Path("d.jsonl").write_bytes(format_decisions(made))
    command = ("apply", "report.json", "--decisions", "d.jsonl", "--format", "json")
    outcome = json.loads(run_dedupe(*command).stdout)
    return {Path(e["id"]).stem: Path(e["keeper"]).stem for e in outcome["dropped"]}


def stem(id: str) -> str:
    return Path(id).stem


def test_what_is_different_from_what_stays_is_kept(report: Report, run_dedupe: RunDedupe):
    kept = stem(report.clusters[0].representative)
    assert kept in ("a", "a2", "a3", "c"), "the test is about another cluster"
    others = {*TEXTS} - {kept}
    assert apply(run_dedupe, judge(report, "a-b", choice="same")) == dict.fromkeys(others, kept)
    assert apply(run_dedupe, judge(report, "a-b", choice="unsure")) == dict.fromkeys(others, kept)
    parted = apply(run_dedupe, judge(report, *(f"{name}-b" for name in ("a", "a2", "a3", "c"))))
    assert set(parted) == others - {"b"} or set(parted) == others - {"b2"}
    goes = "b2" if "b2" in parted else "b"
    assert {goes, parted[goes]} == {"b", "b2"}, "equal texts are still copies of one another"


def test_equal_words_can_be_different_too(report: Report, run_dedupe: RunDedupe):
    for one, other in (("a", "a2"), ("a", "a3"), ("a2", "a3")):
        drops = apply(run_dedupe, judge(report, f"{one}-{other}"))
        assert drops.get(one) != other and drops.get(other) != one


def test_it_goes_for_no_other_that_is_kept_by_decision(report: Report, run_dedupe: RunDedupe):
    members = {stem(member.id): member for member in report.members()}
    first, second, third = "a", "a2", "a3"
    for kept, gone in ((second, first), (third, first), (first, second)):
        other = ({first, second, third} - {kept, gone}).pop()
        decided: list[AnyDecision] = [
            Decision(members[kept].content_hash, members[kept].id, "keep"),
            Decision(members[gone].content_hash, members[gone].id, "drop"),
        ]
        assert apply(run_dedupe, decided)[gone] == kept
        drops = apply(run_dedupe, [*decided, *judge(report, f"{kept}-{other}")])
        assert drops.get(other) != kept


def test_what_is_different_is_so_for_all_texts_of_the_same_words(
    report: Report, run_dedupe: RunDedupe
):
    for name in ("a", "a2"):
        keepers = apply(run_dedupe, judge(report, f"{name}-b", "c-b"))
        assert keepers.get("b", "b2") == "b2" and keepers.get("b2", "b") == "b", name


def test_a_parted_report_contradicts_itself_in_nothing(report: Report):
    pairs = ["a-b", "a2-b", "c-b", "a-c", "a2-c"]
    for count in range(len(pairs) + 1):
        made = judge(report, *pairs[:count])
        different = {each.content_hashes for each in made if isinstance(each, PairDecision)}
        parted = part_different(report, different)
        assert find_contradiction(parted) == ""
        check_members(parted)
        check_relations(parted)
        check_pairs(parted, {member.id: member for member in report.members()})
        assert parted.corpus.cluster_count == len(parted.clusters)
        assert parted.corpus.duplicate_count == len([*parted.others()])
    stems = sorted(sorted(stem(m.id) for m in cluster.members) for cluster in parted.clusters)
    assert stems == [["a", "a2", "a3"], ["b", "b2"]]
    assert part_different(report, {("0" * 32, "1" * 32)}).clusters == report.clusters


def test_the_gate_does_not_count_pairs_that_are_different(
    report: Report, run_dedupe: RunDedupe, tmp_path: Path
):
    for name in ("a2", "a3", "b2", "c"):
        (tmp_path / "in" / f"{name}.txt").unlink()
    made = judge(report, "a-b")
    Path("d.jsonl").write_bytes(format_decisions(made))
    check = ("check", "in", "--threshold", "0.8")
    run_dedupe(*check, code=1)
    run_dedupe(*check, "--decisions", "d.jsonl", code=0)
    both = ("--decisions", "d.jsonl", "--output", "text:d.jsonl")
    assert b"is the file of decisions" in run_dedupe(*check, *both, code=2).stderr
    Path("d.jsonl").write_bytes(format_decisions(judge(report, "a-b", choice="same")))
    run_dedupe(*check, "--decisions", "d.jsonl", code=1)


def test_decisions_about_other_texts_are_left_out_and_told(report: Report, run_dedupe: RunDedupe):
    member = next(report.others())
    made: list[AnyDecision] = [
        Decision(member.content_hash, member.id, "keep"),
        PairDecision(("0" * 32, "1" * 32), "different"),
    ]
    Path("d.jsonl").write_bytes(format_decisions(made))
    done = run_dedupe("apply", "report.json", "--decisions", "d.jsonl")
    assert b"1 of 2 decisions are not about texts of this report" in done.stderr


def test_a_parted_report_describes_all_of_which_it_speaks():
    """A chain (its ends are a bridge's), an excerpt of its members, and a form."""
    chain = {f"chain{n}": variant(*range(5, 5 + 30 * n, 6)) for n in range(5)}
    excerpt = {"excerpt": " ".join(WORDS[130:])}
    config = Config(find=("near", "contained"), threshold=0.7, workers=1)
    found = find_duplicates({**chain, **excerpt, **letters(9)}, config)
    assert found.bridges and found.contained and found.forms
    hashes = {member.id: member.content_hash for member in found.members()}
    (form,) = found.forms
    for cluster in found.clusters:
        first, other, *_ = cluster.members
        for member in cluster.members:
            rest = [each for each in cluster.members if each is not member]
            different = {hash_pair(hashes[member.id], hashes[each.id]) for each in rest}
            parted = part_different(found, different)
            assert member.id not in {each.id for each in parted.members()}
            described = ReportIndex(parted).documents
            for pair in (*parted.pairs(), *parted.shared_texts()):
                assert {pair.left, pair.right} <= described.keys()
            check_pairs(parted, described)
            alone = {end.id for end in (*parted.bridge_ends, *parted.shared_ends)}
            assert alone.isdisjoint(each.id for each in parted.members())
            assert parted.search.duplicate_pair_count == len([*parted.pairs()])
            is_of_form = cluster.cluster_id == form.cluster_id
            assert parted.forms == (() if is_of_form else (form,))
            assert parse_report(render_json(parted)) == parted
        fewer = part_different(found, {hash_pair(first.content_hash, other.content_hash)})
        assert fewer.search.duplicate_pair_count == found.search.duplicate_pair_count - 1
