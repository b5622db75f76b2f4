"""``dedupe apply --drop contained``: what goes, what stays, and what is refused."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe import Config
from dedupe.applying import Plan, plan_drops
from dedupe.model.errors import ReportError
from dedupe.model.report import Report, SharedText
from dedupe.report.json import parse_report, render_json
from tests.support.command import run_here

CONTAINED = ("contained",)
CONFIG = Config(find=("near", "contained"), min_passage=20, workers=1)
replace = msgspec.structs.replace


def words(name: str, count: int) -> list[str]:
    return [f"{name}{number}" for number in range(count)]


def planned(texts: dict[str, str], protect: tuple[str, ...] = ()) -> tuple[Report, Plan]:
    report = dedupe.find_duplicates(texts, CONFIG)
    return report, plan_drops(report, protect, CONTAINED)


def text(*parts: list[str]) -> str:
    return " ".join(itertools.chain(*parts))


SMALL, MORE, MOST = words("a", 100), words("b", 100), words("c", 200)
NESTED = {"a": text(SMALL), "b": text(SMALL, MORE), "c": text(SMALL, MORE, MOST)}
CHAIN = {  # a in b, b in c, but a not in c
    "a": text(words("a", 100)),
    "b": text(words("a", 100), words("b", 420)),
    "c": text(words("a", 100)[60:], words("b", 420), words("c", 400)),
}


def test_contained_documents_stay_unless_they_are_asked_for():
    report, plan = planned(NESTED)
    assert {(pair.left, pair.right) for pair in report.contained} == {
        ("a", "b"), ("a", "c"), ("b", "c")}  # fmt: skip
    assert plan_drops(report).drops == ()
    assert {drop.id: (drop.keeper, drop.relation, drop.containment) for drop in plan.drops} == {
        "a": ("c", "contained", 1.0), "b": ("c", "contained", 1.0)}  # fmt: skip


def test_no_document_goes_through_a_chain():
    report, plan = planned(CHAIN)
    assert {(pair.left, pair.right) for pair in report.contained} == {("a", "b"), ("b", "c")}
    assert [(drop.id, drop.keeper) for drop in plan.drops] == [("b", "c")]
    assert plan.alone == ("a",)
    # If what contains it is protected, it goes.
    _, plan = planned(CHAIN, ("b",))
    assert [(drop.id, drop.keeper) for drop in plan.drops] == [("a", "b")]
    assert plan.protected == ("b",) and plan.alone == ()


def test_copies_of_a_contained_document_go_with_it_and_for_the_same():
    _, plan = planned({**NESTED, "a2": text(SMALL).upper(), "c2": text(SMALL, MORE, MOST)})
    kept = {"a", "b", "c", "a2", "c2"} - {drop.id for drop in plan.drops}
    assert len(kept) == 1 and kept < {"c", "c2"}
    assert {drop.keeper for drop in plan.drops} == kept


def test_a_contained_document_stays_in_the_place_of_duplicates_that_stand_nowhere():
    """The near-duplicate of which it is the keeper has too much of its own."""
    near = text(SMALL, words("n", 30))
    texts = {"a": text(SMALL), "near": near, "long": text(SMALL, MOST)}
    report = dedupe.find_duplicates(texts, Config(**{**settings_of(CONFIG), "keep": ("shortest",)}))
    [cluster] = report.clusters
    assert cluster.representative == "a"
    plan = plan_drops(report, (), CONTAINED)
    assert [(drop.id, drop.keeper) for drop in plan.drops] == [("near", "a")]
    assert plan.keeping == ("a",)
    # Where it stands in what stays as well, both go.
    report = dedupe.find_duplicates(
        {**texts, "long": text(SMALL, words("n", 30), MOST)},
        Config(**{**settings_of(CONFIG), "keep": ("shortest",)}),
    )
    plan = plan_drops(report, (), CONTAINED)
    assert {drop.id: drop.keeper for drop in plan.drops} == {"a": "long", "near": "long"}


def test_a_near_duplicate_goes_for_nothing_that_may_still_go():
    """What contains it (z) stands in w, in which it does not stand itself."""
    own, rest = words("n", 30), words("z", 560)
    texts = {
        "a": text(SMALL),
        "near": text(SMALL, own),
        "y": text(SMALL, MOST),
        "z": text(SMALL[24:], own, rest),
        "zz": text(rest, words("w", 300)),
    }
    report = dedupe.find_duplicates(texts, Config(**{**settings_of(CONFIG), "keep": ("shortest",)}))
    pairs = {(pair.left, pair.right) for pair in report.contained}
    assert pairs == {("a", "y"), ("near", "z"), ("z", "zz")}
    plan = plan_drops(report, (), CONTAINED)
    assert {drop.id: drop.keeper for drop in plan.drops} == {"near": "a", "z": "zz"}
    assert plan.keeping == ("a",)


def settings_of(config: Config) -> dict[str, object]:
    return {name: getattr(config, name) for name in ("find", "min_passage", "workers")}


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_what_is_dropped_always_stands_in_what_stays(seed):
    """Random texts of common pieces, copied, cut and joined: each drop has a pair of its own."""
    rng = random.Random(seed)
    pieces = [words(f"p{number}x", rng.randrange(25, 90)) for number in range(6)]
    texts = {}
    for number in range(14):
        chosen = rng.sample(pieces, rng.randrange(1, 5))
        texts[f"d{number:02}"] = text(*chosen)[rng.randrange(40) :]
    protect = (rng.choice(sorted(texts)),)
    _, plan = planned(texts, protect)
    tokens = {id: tuple(dedupe.tokenize_text(each)) for id, each in texts.items()}
    sets = {id: set(dedupe.shingle_text(each)) for id, each in texts.items()}
    dropped = {drop.id for drop in plan.drops}
    assert len(dropped) == len(plan.drops) and not dropped & {*protect, *plan.alone}
    for drop in plan.drops:
        assert drop.keeper not in dropped
        one, other = sets[drop.id], sets[drop.keeper]
        if drop.containment is not None:
            assert len(one & other) / len(one) == drop.containment >= CONFIG.settings.containment
        else:
            alike = len(one & other) / len(one | other) >= CONFIG.settings.threshold
            assert alike or tokens[drop.id] == tokens[drop.keeper]


def forge(report: Report, change: dict[str, object]) -> Report:
    first, *rest = report.contained
    return replace(report, contained=(replace(first, **change), *rest))


@pytest.mark.parametrize(
    "change",
    [
        {"shared_count": 10},  # too little of it
        {"shared_count": 10**6},  # more than there is
        {"left_count": 5, "shared_count": 5},  # too short to be called contained
        {"left_count": 500, "right_count": 600, "shared_count": 500},  # more than its tokens
        {"right_count": 90},  # the longer in the shorter
        {"right": "a"},
        {"right": "nobody"},
        {"relation": "near"},
        {"relation": "passage"},
    ],
)
def test_a_forged_entry_is_refused(change):
    report, _ = planned(NESTED)
    broken = parse_report(render_json(forge(report, change)).replace(b"\n", b""))
    with pytest.raises(ReportError, match="'a' and"):
        plan_drops(broken, (), CONTAINED)


def test_documents_that_stand_in_each_other_are_refused():
    report, _ = planned(NESTED)
    pair = report.contained[0]
    around = [
        SharedText(left, right, pair.relation, 90, 90, 90, ())
        for left, right in (("a", "b"), ("b", "c"), ("c", "a"))
    ]
    for listed, said in ((around, "stand in each other"), ([*around, around[0]], "or twice")):
        with pytest.raises(ReportError, match=said):
            plan_drops(replace(report, contained=tuple(listed)), (), CONTAINED)


# --- the command ---------------------------------------------------------------------------


class Told(NamedTuple):
    out: str
    err: str


@pytest.fixture
def cli(tmp_path: Path) -> Callable[..., Told]:
    """Run the command in a folder of its own, and look at its exit code."""

    def run(*arguments: object, code: int = 0) -> Told:
        found, out, err = run_here(arguments, tmp_path, b"")
        assert found == code, err
        return Told(out, err)

    return run


SCAN = ("--find", "near,contained", "--output", "report.json")


def write(folder: Path, texts: dict[str, str]) -> None:
    for id, each in texts.items():
        path = folder / id
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(each)


def test_the_command_names_what_contains_it_and_kept_and_dropped_are_the_input(cli, tmp_path):
    rest = [*SMALL, *words("own", 10)]
    write(tmp_path, {"in/a.txt": text(rest), "in/c.txt": text(SMALL, MOST), "in/x.txt": text(MORE)})
    cli("scan", "in", *SCAN)
    assert "can go" in cli("apply", "report.json").out
    assert "0 of 3 documents can go" in cli("apply", "report.json").out
    told = cli("apply", "report.json", "--drop", "contained")
    assert "would drop  a.txt  (contained: 91\u00a0% stands in c.txt)" in told.out
    assert "words that stand nowhere else may go: 1 of the 1 documents" in told.err
    made = cli("apply", "report.json", "--drop", "contained", "--output", "out", code=2)
    assert "nothing was done" in made.err and not (tmp_path / "out").exists()
    made = cli("apply", "report.json", "--drop", "contained", "--output", "out", "--yes",
               "--format", "json")  # fmt: skip
    [dropped] = json.loads(made.out)["dropped"]
    assert (dropped["keeper"], dropped["relation"]) == ("c.txt", "contained")
    assert dropped["containment"] == pytest.approx(96 / 106)
    kept = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    (tmp_path / "in/a.txt").unlink()
    assert kept == {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()}


def test_records_go_and_their_bytes_stay_otherwise(cli, tmp_path):
    lines = {id: json.dumps({"id": id, "text": each}) + "\n" for id, each in NESTED.items()}
    (tmp_path / "in.jsonl").write_text("".join(lines.values()))
    cli("scan", "in.jsonl", *SCAN)
    cli("apply", "report.json", "--drop", "contained", "--output", "out.jsonl", "--yes")
    assert (tmp_path / "out.jsonl").read_text() == lines["c"]


def test_reference_documents_never_go_and_may_be_what_stays(cli, tmp_path):
    write(tmp_path, {"ref/long.txt": text(SMALL, MOST), "in/a.txt": text(SMALL)})
    write(tmp_path, {"ref/short.txt": text(MORE), "in/b.txt": text(MORE, words("d", 200))})
    cli("scan", "in", "--against", "ref", *SCAN)
    told = cli("apply", "report.json", "--drop", "contained", "--format", "json")
    assert [(each["id"], each["keeper"]) for each in json.loads(told.out)["dropped"]] == [
        ("in/a.txt", "ref/long.txt")
    ]


def test_a_document_that_changed_or_whose_keeper_changed_stays(cli, tmp_path):
    write(tmp_path, {f"in/{id}.txt": each for id, each in NESTED.items()})
    cli("scan", "in", *SCAN)
    with (tmp_path / "in/c.txt").open("a") as file:
        file.write(" and more")
    told = json.loads(cli("apply", "report.json", "--drop", "contained", "--format", "json").out)
    assert not told["dropped"] and [each["id"] for each in told["stopped"]] == ["a.txt", "b.txt"]


def test_a_report_whose_scan_did_not_look_is_refused(cli, tmp_path):
    write(tmp_path, {f"in/{id}.txt": each for id, each in NESTED.items()})
    cli("scan", "in", "--output", "report.json")
    told = cli("apply", "report.json", "--drop", "contained", code=2)
    assert "did not look for contained documents" in told.err
    assert cli("apply", "report.json", "--drop", "passage", code=2).err


def test_a_report_at_a_higher_threshold_drops_what_a_scan_there_would(cli, tmp_path):
    near = {"in/a.txt": text(SMALL), "in/b.txt": text(SMALL, words("n", 25))}
    write(tmp_path, near)
    cli("scan", "in", *SCAN)
    cli("report", "report.json", "--threshold", "0.9", "--output", "json:higher.json")
    for name, relation in (("report", "near"), ("higher", "contained")):
        told = cli("apply", f"{name}.json", "--drop", "contained", "--format", "json")
        [dropped] = json.loads(told.out)["dropped"]
        assert dropped["relation"] == relation


def test_pairs_that_share_a_passage_are_told_and_acted_on_by_nobody(cli, tmp_path):
    shared = words("s", 60)
    write(tmp_path, {"in/a.txt": text(words("a", 100), shared), "in/b.txt": text(shared, MOST)})
    write(tmp_path, {"ref/c.txt": text(words("r", 99), shared), "ref/d.txt": text(shared, MORE)})
    find = ("--find", "near,contained,passages", "--against", "ref")
    cli("scan", "in", *find, "--output", "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    pairs = {(each["left"], each["right"]) for each in report["passages"]}
    inputs = ("in/a.txt", "in/b.txt", "ref/c.txt", "ref/d.txt")
    assert pairs == {*itertools.combinations(inputs, 2)} - {("ref/c.txt", "ref/d.txt")}
    told = cli("apply", "report.json", "--drop", "contained", "--format", "json")
    assert not json.loads(told.out)["dropped"]
    cli("check", "in", *find, "--fail-on", "identical,normalised,near,contained")
    cli("report", "report.json", "--threshold", "0.9", "--output", "json:higher.json")
    assert json.loads((tmp_path / "higher.json").read_text())["passages"] == report["passages"]
    told = cli("report", "report.json", "--format", "markdown").out
    assert "0\u00a0documents contained in others, 5\u00a0pairs with a shared passage" in told
