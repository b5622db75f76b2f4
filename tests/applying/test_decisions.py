"""Decisions: what a person chose about members, as ``apply`` and ``clean`` take it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dedupe
from dedupe.applying import plan_drops
from dedupe.model.errors import InputError, ReportError
from dedupe.model.output_marks import kind_of_output
from dedupe.model.relations import Relation
from dedupe.model.report import DuplicatePair, Report
from dedupe.model.settings import Config
from dedupe.report.decisions import Choice, fingerprint_report, load_decisions
from dedupe.report.json import parse_report, render_json
from tests.support.command import RunDedupe
from tests.support.reports import make_cluster, make_member, make_report

WORDS = [f"word{n}" for n in range(200)]


def variant(*places: int) -> str:
    """A text of 200 words with others at these places."""
    return " ".join(f"other{n}" if n in places else word for n, word in enumerate(WORDS))


def make_corpus(folder: Path) -> Report:
    """``a`` is kept; ``b``, ``c`` and ``e`` are near it alone; ``d`` is a copy of ``c``."""
    folder.mkdir()
    near = {
        "a": variant(),
        "b": variant(10, 30, 50, 70),
        "c": variant(110, 130, 150, 170),
        "d": variant(110, 130, 150, 170),
        "e": variant(20, 40, 60, 80),
        "lone": "Nothing else is like these few words.",
    }
    for name, text in near.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return dedupe.scan(folder, Config(keep="degree", threshold=0.8, workers=1))


def decide(report: Report, **choices: Choice) -> dict[str, Any]:
    """The content of a file of decisions; names are the ends of ids, without ``.txt``."""
    members = {Path(member.id).stem: member for member in report.members()}
    return {
        "dedupe_decisions": 1,
        "report": fingerprint_report(report),
        "decisions": [
            {
                "id": members[name].id,
                "content_hash": members[name].content_hash,
                "choice": choice,
            }
            for name, choice in choices.items()
        ],
    }


def write(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(tmp_path)
    found = make_corpus(tmp_path / "in")
    (tmp_path / "report.json").write_bytes(render_json(found))
    cluster = found.clusters[0]
    assert Path(cluster.representative).stem == "a" and len(cluster.members) == 5
    return found


def plan(report: Report, **choices: Choice) -> tuple[dict[str, str], set[str]]:
    """The keeper of each document that goes, and those that stay because nothing replaces them."""
    ids = {Path(member.id).stem: member.id for member in report.members()}
    made = plan_drops(report, choices={ids[name]: choice for name, choice in choices.items()})
    drops = {Path(drop.id).stem: Path(drop.keeper).stem for drop in made.drops}
    return drops, {Path(id).stem for id in made.alone}


def test_what_is_decided_is_done_where_a_verified_duplicate_stays(report: Report):
    assert plan(report) == ({"b": "a", "c": "a", "d": "a", "e": "a"}, set())
    assert plan(report, b="keep") == ({"c": "a", "d": "a", "e": "a"}, set())
    # c and d are no duplicates of b: one of them stays, whatever led to them.
    drops, alone = plan(report, b="keep", a="drop")
    assert drops["a"] == "b" and len(drops) == 2 and len(alone) == 2 and "e" in alone
    assert set(drops.items()) - {("a", "b")} <= {("c", "d"), ("d", "c")}
    assert plan(report, d="keep", a="drop") == ({"a": "d", "c": "d"}, {"b", "e"})
    assert plan(report, d="keep", a="drop", b="drop") == ({"a": "d", "c": "d"}, {"b", "e"})
    assert plan(report, b="keep", c="keep", a="drop")[0] == {"a": "b", "d": "c"}
    assert plan(report, c="keep", d="keep") == ({"b": "a", "e": "a"}, set())


def test_a_drop_names_its_relation_to_the_keeper(report: Report):
    ids = {Path(member.id).stem: member for member in report.members()}
    made = plan_drops(report, choices={ids["d"].id: "keep", ids["a"].id: "drop"})
    found = {Path(drop.id).stem: (drop.relation, drop.jaccard) for drop in made.drops}
    assert found["c"] == (Relation.IDENTICAL, 1.0)
    assert found["a"] == (Relation.NEAR, ids["d"].jaccard)


def test_some_document_stays(report: Report):
    for choices in ({"a": "drop"}, {"a": "drop", "b": "drop", "c": "drop", "d": "drop"}):
        with pytest.raises(InputError, match="no other document of its cluster"):
            plan(report, **choices)  # type: ignore[arg-type]
    ids = {Path(member.id).stem: member.id for member in report.members()}
    made = plan_drops(report, protect=["*a.txt"], choices={ids["a"]: "drop"})
    assert made.protected == (ids["a"],) and len(made.drops) == 4


def test_linked_members_go_through_no_chain():
    """a–b and b–c are duplicates, a–c are not: nothing goes for what it was not compared with."""
    cluster = make_cluster(
        "aa",
        make_member("a", "identical", 1.0),
        make_member("b", "near", 0.8),
        make_member("c", "linked", 0.5),
    )
    pairs = tuple(DuplicatePair(*ends, Relation.NEAR, 8, 9, 9, 0.8) for ends in ("ab", "bc"))
    report = make_report(msgspec.structs.replace(cluster, pairs=pairs))

    def keepers(**choices: Choice) -> dict[str, str]:
        return {drop.id: drop.keeper for drop in plan_drops(report, choices=choices).drops}

    assert keepers(a="drop", c="keep") == {"b": "c"}, "a stays: its only duplicate goes"
    assert keepers(a="drop", b="keep") == {"a": "b", "c": "b"}
    assert keepers(c="keep") == {"b": "a"}
    assert keepers(b="keep") == {"c": "b"}
    far = msgspec.structs.replace(pairs[0], jaccard=0.1)
    lying = make_report(msgspec.structs.replace(cluster, pairs=(far, pairs[1])))
    with pytest.raises(ReportError, match="Jaccard is too low"):
        plan_drops(lying, choices={"a": "drop", "b": "keep"})


def test_contained_documents_that_are_kept_by_decision_stay(tmp_path: Path):
    (tmp_path / "in").mkdir()
    short = " ".join(WORDS[:80])
    for name, text in {"a": short, "b": f"{short} end", "long": variant()}.items():
        (tmp_path / "in" / f"{name}.txt").write_text(text, encoding="utf-8")
    report = dedupe.scan(tmp_path / "in", Config(find=("near", "contained"), workers=1))
    assert len(report.contained) >= 1 and len(report.clusters) == 1
    assert len(plan_drops(report, also=["contained"]).drops) == 2
    kept = {member.id: "keep" for member in report.members()}
    made = plan_drops(report, also=["contained"], choices=kept)
    assert made.drops == () and made.protected == () and set(made.chosen) == {*kept}


@pytest.mark.parametrize("linkage", ["star", "single", "complete"])
def test_whatever_is_decided_only_verified_duplicates_go(linkage: Any):
    """By brute force: each document that goes is a duplicate of one that stays."""
    rng = random.Random(linkage)
    texts = {}
    for number in range(40):
        places = rng.sample(range(20, 180, 6), rng.choice([0, 1, 2, 3, 4]))
        texts[f"d{number:02}"] = variant(*places)
    report = dedupe.find_duplicates(
        [*texts.items()], Config(linkage=linkage, threshold=0.85, workers=1)
    )
    size = report.config.shingle_size
    shingles = {id: set(dedupe.shingle_text(text, size)) for id, text in texts.items()}
    replaced = 0
    for _ in range(60):
        choices: dict[str, Choice] = {}
        for cluster in report.clusters:
            ids = [member.id for member in cluster.members]
            for id in rng.sample(ids, rng.randint(0, len(ids) // 2)):
                choices[id] = rng.choice(["keep", "drop"])
            if "keep" not in {choices.get(id) for id in ids}:
                choices.pop(cluster.representative, None)
        made = plan_drops(report, choices=choices)
        going = {drop.id for drop in made.drops}
        for drop in made.drops:
            left, right = shingles[drop.id], shingles[drop.keeper]
            jaccard = len(left & right) / len(left | right)
            assert drop.keeper not in going
            assert jaccard >= 0.85 and jaccard == pytest.approx(drop.jaccard)
            assert (left == right) == drop.relation.has_equal_tokens
        assert not going & {id for id, choice in choices.items() if choice == "keep"}
        replaced += sum(cluster.representative in going for cluster in report.clusters)
        members = {member.id for member in report.members()}
        stays = {cluster.representative for cluster in report.clusters} | {*made.chosen}
        assert members == going | {*made.alone} | (stays - going - {*made.alone})
    assert replaced > 5


# --- the file ------------------------------------------------------------------------------------


def test_live_and_saved_reports_have_one_fingerprint(report: Report):
    again = parse_report(render_json(report))
    assert fingerprint_report(again) == fingerprint_report(report)
    other = msgspec.structs.replace(again, clusters=())
    assert fingerprint_report(other) != fingerprint_report(report)


def test_files_that_contradict_the_report_are_errors(report: Report, tmp_path: Path):
    good = decide(report, b="keep")
    entry = good["decisions"][0]
    wrong = {
        "in no cluster of this one: nobody": [{**entry, "id": "nobody"}],
        "other texts": [{**entry, "content_hash": "0" * 32}],
        "more than once": [entry, {**entry, "choice": "drop"}],
        "Invalid enum value": [{**entry, "choice": "maybe"}],
        "content_hash": [{"id": entry["id"], "choice": "keep"}],
    }
    for told, decisions in wrong.items():
        path = write(tmp_path / "wrong.json", {**good, "decisions": decisions})
        with pytest.raises(InputError, match=told):
            load_decisions(str(path), report)
    for told, content in {
        "has version 3": {**good, "dedupe_decisions": 3},
        "its first line is not its own": {**good, "dedupe_decisions": 2},
        "is no file of decisions": {"schema_version": 1},
    }.items():
        with pytest.raises(InputError, match=told):
            load_decisions(str(write(tmp_path / "wrong.json", content)), report)
    for data in (b"", b"\xff\xfe", b"[" * 100_000):
        (tmp_path / "wrong.json").write_bytes(data)
        with pytest.raises(InputError, match="is no file of decisions"):
            load_decisions(str(tmp_path / "wrong.json"), report)
    with pytest.raises(InputError, match="cannot be read"):
        load_decisions(str(tmp_path), report)


def test_decisions_on_another_report_are_told(report: Report, tmp_path: Path):
    content = {**decide(report, b="keep"), "report": "f" * 16}
    path = write(tmp_path / "decisions.json", content)
    assert "made on another report" in load_decisions(str(path), report)[1]


def test_reference_documents_cannot_be_dropped(tmp_path: Path):
    cluster = make_cluster(
        "aa",
        make_member("a", "identical", 1.0, is_reference=True),
        make_member("b", "near", 0.8),
    )
    report = make_report(cluster)
    path = write(tmp_path / "decisions.json", decide(report, a="drop"))
    with pytest.raises(InputError, match="reference documents"):
        load_decisions(str(path), report)
    made = plan_drops(report, choices={"b": "keep"})
    assert made.drops == () and made.chosen == ("b",)


def test_a_scan_reads_no_decisions(report: Report, tmp_path: Path):
    content = json.dumps(decide(report, b="keep"), indent=1).encode()
    assert kind_of_output(content) == "decisions"


# --- the commands --------------------------------------------------------------------------------


def test_apply_writes_what_was_decided(run_dedupe: RunDedupe, report: Report, tmp_path: Path):
    path = write(tmp_path / "decisions.json", decide(report, a="drop", d="keep"))
    options = ("report.json", "--decisions", path)
    dry = run_dedupe("apply", *options)
    told = dry.stdout.decode()
    assert "would drop  a.txt" in told and "a decision keeps it" in told
    assert "1 kept, 1 to go" in dry.stderr.decode()
    run_dedupe("apply", *options, "--output", "clean", "--yes")
    assert sorted(each.name for each in (tmp_path / "clean").iterdir()) == [
        "b.txt",
        "d.txt",
        "e.txt",
        "lone.txt",
    ]
    listed = run_dedupe("apply", *options, "--list", "dropped").stdout
    assert sorted(Path(each).name for each in listed.decode().split()) == ["a.txt", "c.txt"]
    outcome = json.loads(run_dedupe("apply", *options, "-f", "json").stdout)
    assert outcome["chosen"] == ["d.txt"] and outcome["alone"] == ["b.txt", "e.txt"]


def test_apply_names_what_stays_against_a_decision(
    run_dedupe: RunDedupe, report: Report, tmp_path: Path
):
    path = write(tmp_path / "decisions.json", decide(report, a="drop", b="drop", d="keep"))
    dry = run_dedupe("apply", "report.json", "--decisions", path)
    assert "1 should go but stay, such as b.txt" in dry.stderr.decode()


def test_apply_checks_texts_and_asks_as_before(
    run_dedupe: RunDedupe, report: Report, tmp_path: Path
):
    path = write(tmp_path / "decisions.json", decide(report, a="drop", d="keep"))
    (tmp_path / "in" / "d.txt").write_text(variant(1, 2, 3), encoding="utf-8")
    dry = run_dedupe("apply", "report.json", "--decisions", path)
    assert "would drop" not in dry.stdout.decode()
    assert dry.stdout.decode().count("its keeper d.txt is not what it was") == 2
    failed = run_dedupe("apply", "--undo", "x", "--decisions", path, code=2)
    assert "nor --decisions" in failed.stderr.decode()


def test_clean_takes_decisions(run_dedupe: RunDedupe, report: Report, tmp_path: Path):
    path = write(tmp_path / "decisions.json", decide(report, a="drop", d="keep"))
    options = ("in", "-o", "out", "--keep", "degree", "--threshold", "0.8", "--yes")
    done = run_dedupe("clean", *options, "--decisions", path)
    assert "made on another report" not in done.stderr.decode()
    assert (tmp_path / "out" / "d.txt").exists() and not (tmp_path / "out" / "a.txt").exists()
