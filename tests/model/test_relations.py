"""A relation that nobody has met is one row of the table, and all that follows from it is safe."""

from __future__ import annotations

import ast
import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dedupe
from dedupe.model import relations
from dedupe.model.relations import RELATIONS, Relation, relation_of_equal
from dedupe.renderers.registry import FORMATS
from dedupe.sketch import load_kernels

PACKAGE = Path(dedupe.__file__).parent
TABLE = Path(relations.__file__)

ROW = """
    QUOTED = (
        "quoted",
        _Row(
            heading="Quoted document",
            meaning="All of the document stands in another one.",
            is_directed=True,
        ),
    )
    EXCERPT = (
        "excerpt",
        _Row(
            heading="Excerpt",
            meaning="The document is nothing but a part of another one.",
            may_drop=True,
            is_directed=True,
        ),
    )
"""
END_OF_TABLE = "    # (The end of the table.)"

COMMAND = '''
"""The real command, with one more row in the table of relations, and a scan that gives it."""

import importlib.util
import os
import sys

import dedupe.model

spec = importlib.util.spec_from_file_location("dedupe.model.relations", sys.argv.pop(1))
table = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = dedupe.model.relations = table
spec.loader.exec_module(table)

import msgspec

import dedupe.api
from dedupe.cli import run

PAIRS = ({"long.txt", "short.txt"}, {"copy.txt", "short.txt"})
scan = dedupe.api.scan_with_texts


def relabel(cluster):
    """What holds of the two, as a scan for quoted documents would tell it."""
    replace, quoted = msgspec.structs.replace, table.Relation("quoted")
    pairs = [
        replace(each, relation=quoted) if {each.left, each.right} in PAIRS else each
        for each in cluster.pairs
    ]
    members = [
        replace(each, relation=quoted) if each.id == "short.txt" else each
        for each in cluster.members
    ]
    return replace(cluster, pairs=tuple(pairs), members=tuple(members))


def scan_with_texts(*arguments, **named):
    report, texts = scan(*arguments, **named)
    if "RELABEL" in os.environ:
        clusters = tuple(map(relabel, report.clusters))
        report = msgspec.structs.replace(report, clusters=clusters)
    return report, texts


dedupe.api.scan_with_texts = scan_with_texts
run()
'''

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def words(count: int, of: str) -> str:
    return " ".join(f"{of}{number}" for number in range(count))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``short`` stands in ``long``, of which there is also a near-duplicate and a copy."""
    folder = tmp_path_factory.mktemp("relations")
    (folder / "texts").mkdir()
    texts = {
        "long.txt": words(100, "w"),
        "copy.txt": words(100, "w"),
        "near.txt": words(96, "w") + " and so on",
        "short.txt": words(60, "w"),
    }
    for name, text in texts.items():
        (folder / "texts" / name).write_text(text)
    source = TABLE.read_text()
    assert source.count(END_OF_TABLE) == 1
    (folder / "table.py").write_text(source.replace(END_OF_TABLE, ROW + END_OF_TABLE))
    (folder / "command.py").write_text(COMMAND)
    return folder


def start(folder: Path, *arguments: object, code: int, relabel: bool, table: Path) -> str:
    environment = {"PATH": "", "PYTHONPATH": str(PACKAGE.parent), "COLUMNS": "200"}
    environment |= {"RELABEL": "1"} if relabel else {}
    command = [sys.executable, "command.py", str(table), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def run(folder: Path) -> Callable[..., str]:
    """The command, which knows the made-up relation."""

    def run(*arguments: object, code: int = 0, relabel: bool = False) -> str:
        return start(folder, *arguments, code=code, relabel=relabel, table=folder / "table.py")

    return run


@pytest.fixture(scope="module")
def saved(folder: Path, run: Callable[..., str]) -> Path:
    """A report in which the Jaccard of the two is below the threshold: they are no duplicates."""
    options = ("--threshold", 0.5, "--keep", "longest", "--no-progress")
    run("scan", "texts", *options, "--output", "json:saved.json", relabel=True)
    report = json.loads((folder / "saved.json").read_text())
    [cluster] = report["clusters"]
    assert cluster["representative"] in ("long.txt", "copy.txt")
    short = next(each for each in cluster["members"] if each["id"] == "short.txt")
    assert short["relation"] == "quoted" and short["jaccard"] < 0.7
    # (At this threshold ``short`` and ``near`` would be no pair either.)
    cluster["pairs"] = [
        each
        for each in cluster["pairs"]
        if each["relation"] == "quoted" or "short.txt" not in (each["left"], each["right"])
    ]
    assert len(cluster["pairs"]) == 3
    report["config"]["threshold"] = 0.7
    path = folder / "saved.json"
    path.write_text(json.dumps(report))
    return path


def test_a_relation_that_the_table_does_not_have_is_named(folder, saved):
    told = start(folder, "report", saved, code=2, relabel=False, table=TABLE)
    assert "saved.json: not a dedupe report" in told and "'quoted'" in told


@pytest.mark.parametrize("threshold", [0.5, 0.8])
@pytest.mark.parametrize("linkage", ["star", "single", "complete"])
def test_nothing_merges_by_it_at_another_threshold(folder, run, saved, linkage, threshold):
    report = json.loads(saved.read_text())
    report["config"] |= {"linkage": linkage, "threshold": min(threshold, 0.7)}
    (folder / "changed.json").write_text(json.dumps(report))
    told = run("report", "changed.json", "--threshold", threshold, "--format", "json")
    found = json.loads(told)
    [cluster] = found["clusters"]
    relations = {each["id"]: each["relation"] for each in cluster["members"]}
    assert relations.keys() == {"long.txt", "copy.txt", "near.txt"}
    assert sorted(relations.values()) == ["identical", "identical", "near"]
    assert "short.txt" not in json.dumps([found["clusters"], found["bridges"]])


NAMES = {
    "json": r'"id":"short.txt","relation":"quoted"',
    "jsonl": r'"id":"short.txt","relation":"quoted"',
    "csv": r",short.txt,quoted,",
    "csv-pairs": r",short.txt,quoted,",
    "text": r"short\.txt .* quoted +0\.58 +no duplicate of",
    "html": r'<span class="dot quoted">quoted</span><span>0\.58</span>',
    "markdown": r"short.*\| quoted \| 0\.58 \|",
    "github": r"title=Quoted document::short\.txt: in one cluster .* \(quoted, "
    r"Jaccard 0\.58\), but no duplicate of it",
    "sarif": r'"ruleId": *"duplicate-quoted"',
    "gitlab": r'"check_name":"dedupe-quoted","description":"short\.txt: in one cluster .*"info"',
    "junit": r'name="short\.txt"[^>]*>\s*<system-out>In one cluster .* \(quoted, '
    r"Jaccard 0\.58\), but no duplicate of it",
}
"""How each format names it."""


@pytest.mark.parametrize("format", [name for name in FORMATS if name in NAMES])
def test_every_format_names_it_and_calls_it_nothing_else(run, saved, format):
    told = run("report", saved, "--format", format, "--diff", "none")
    assert re.search(NAMES[format], told), told
    for line in told.splitlines():
        if "short.txt" in line and format not in ("html", "jsonl"):
            assert not re.search("normalised|same words|Same words", line)
            assert not re.search(r"short\.txt\W+(is )?(identical|near)", line)


def test_the_log_for_code_scanning_has_a_rule_for_it(run, saved):
    [log] = json.loads(run("report", saved, "--format", "sarif"))["runs"]
    rules = log["tool"]["driver"]["rules"]
    [result] = [each for each in log["results"] if each["ruleId"] == "duplicate-quoted"]
    rule = rules[result["ruleIndex"]]
    assert result["level"] == "note" and rule["id"] == "duplicate-quoted"
    assert rule["shortDescription"]["text"] == "Quoted document"
    assert rule["fullDescription"]["text"] == "All of the document stands in another one."


def test_a_pair_of_it_between_clusters_is_not_called_a_duplicate_pair(folder, run, saved):
    report = json.loads(saved.read_text())
    [cluster] = report["clusters"]
    related = [each for each in cluster["pairs"] if each["relation"] == "quoted"]
    short = next(each for each in cluster["members"] if each["id"] == "short.txt")
    cluster["members"].remove(short)
    cluster["pairs"].remove(related[0])
    names = ("id", "token_count", "content_hash", "byte_count", "meta", "is_reference")
    report["bridge_ends"] = [{name: short[name] for name in names}]
    report["bridges"] = related
    (folder / "bridge.json").write_text(json.dumps(report))
    text = run("report", "bridge.json", "--format", "text", "--diff", "none")
    assert "1 bridge: pairs whose ends lie in different clusters" in text
    assert re.search(r"\w+\.txt → short\.txt   quoted 0\.58", text)
    page = run("report", "bridge.json", "--format", "html", "--diff", "none")
    assert "<p>Pairs whose ends are" in page and ">quoted 0.58<" in page


def test_apply_drops_nothing_by_it(folder, run, saved):
    planned = json.loads(run("apply", saved, "--format", "json"))
    dropped = {each["id"]: each["relation"] for each in planned["dropped"]}
    assert sorted(dropped.values()) == ["identical", "near"]
    assert planned["alone"] == ["short.txt"]
    run("apply", saved, "--output", "clean", "--yes")
    left = {each.name for each in (folder / "clean").rglob("*.txt")}
    assert "short.txt" in left and len(left & {"long.txt", "copy.txt"}) == 1
    run("report", saved, "--threshold", 0.8, "--output", "json:higher.json")
    planned = json.loads(run("apply", "higher.json", "--format", "json"))
    assert {each["id"]: each["relation"] for each in planned["dropped"]} == dropped


def test_apply_refuses_a_member_whose_pair_denies_the_drop(folder, run, saved):
    report = json.loads(saved.read_text())
    for member in report["clusters"][0]["members"]:
        if member["id"] == "short.txt":
            member |= {"relation": "near", "jaccard": 0.75}
    (folder / "denied.json").write_text(json.dumps(report))
    told = run("apply", "denied.json", code=2)
    assert "short.txt: is near as a member, but quoted in its pair" in told


@pytest.mark.parametrize("is_excerpt", [True, False])
def test_apply_drops_in_the_direction_of_a_relation(folder, run, saved, is_excerpt):
    """A linked document goes for one of which it is an excerpt, not for its own excerpt."""
    report = json.loads(saved.read_text())
    [cluster] = report["clusters"]
    [pair] = [each for each in cluster["pairs"] if each["relation"] == "quoted"]
    [kept] = {pair["left"], pair["right"]} - {"short.txt"}
    ends = ("short.txt", kept) if is_excerpt else (kept, "short.txt")
    pair |= {"relation": "excerpt", "left": ends[0], "right": ends[1]}
    cluster["pairs"] = [pair]
    cluster["members"] = [
        each | ({"relation": "linked"} if each["id"] == "short.txt" else {})
        for each in cluster["members"]
        if each["id"] in ends
    ]
    cluster["representative"] = kept
    (folder / "excerpt.json").write_text(json.dumps(report))
    planned = json.loads(run("apply", "excerpt.json", "--format", "json"))
    dropped = [(each["id"], each["keeper"], each["relation"]) for each in planned["dropped"]]
    assert dropped == ([("short.txt", kept, "excerpt")] if is_excerpt else [])


def test_explain_tells_what_the_report_says(folder, run, saved):
    pair = next(
        each
        for each in json.loads(saved.read_text())["clusters"][0]["pairs"]
        if each["relation"] == "quoted"
    )
    ids = pair["left"], pair["right"]
    told = json.loads(run("explain", *ids, "--report", saved, "--format", "json"))
    assert told["relation"] is None and not told["is_duplicate"]
    assert told["report"]["pair"]["relation"] == "quoted" and told["report"]["links"] == []
    assert "no_duplicate" in [each["reason"] for each in told["reasons"]]
    text = run("explain", *ids[::-1], "--report", saved)
    assert "the report calls B quoted in relation to A, which makes no duplicate" in text


def test_explain_of_a_changed_text_shows_the_pair_of_the_report(folder, run, saved):
    pair = next(
        each
        for each in json.loads(saved.read_text())["clusters"][0]["pairs"]
        if each["relation"] == "quoted"
    )
    ids = pair["left"], pair["right"]
    path = folder / "texts" / "short.txt"
    text = path.read_text()
    path.write_text("something else")
    try:
        told = json.loads(run("explain", *ids, "--report", saved, "--format", "json"))
        shown = run("explain", *ids, "--report", saved)
    finally:
        path.write_text(text)
    assert told["relation"] == "quoted" and not told["is_duplicate"]
    assert re.search(r"Quoted document: Jaccard\s0\.58, no duplicates", shown)


def test_the_gate_does_not_count_it(folder, run):
    lone = folder / "lone"
    lone.mkdir()
    for name in ("long.txt", "short.txt"):
        (lone / name).write_bytes((folder / "texts" / name).read_bytes())
    # (Where kernels are named, there is no warning about slow ones.)
    quiet = ("--no-progress", "--kernels", load_kernels().name)
    check = ("check", "lone", "--threshold", 0.5, "--keep", "longest", *quiet)
    told = run(*check, "--format", "json", code=1)
    assert [each["relation"] for each in json.loads(told)["new"]] == ["near"]
    told = run(*check, "--format", "json", relabel=True)
    assert json.loads(told)["new"] == [] and json.loads(told)["passed"]
    assert "no duplicates" in run(*check, relabel=True)
    run(*check, "--baseline", "base", "--update-baseline", relabel=True)
    assert ".txt" not in (folder / "base").read_text()
    named = run(*check, "--format", "csv", relabel=True)
    rows = {row["id"]: row["relation"] for row in csv.DictReader(named.splitlines())}
    assert rows == {"long.txt": "identical", "short.txt": "quoted"}
    assert "quoted" not in run("check", "--help")


# --- the table ----------------------------------------------------------------------------


def test_the_table_holds_together():
    assert [each.rank for each in RELATIONS] == [*range(len(RELATIONS))]
    assert relation_of_equal(True).has_equal_text and not relation_of_equal(False).has_equal_text
    for each in RELATIONS:
        assert not each.has_equal_text or each.has_equal_tokens
        assert not each.has_equal_tokens or each.is_duplicate
        assert not each.is_indirect or not (each.is_duplicate or each.may_drop)
        assert Relation(str(each)) is each


def test_the_schema_of_reports_has_the_words_of_the_table():
    """Each list has those alone that can stand in it: a member may be linked, a pair may not."""
    schema = json.loads((PACKAGE.parent / "docs" / "report.schema.json").read_text("utf-8"))[
        "$defs"
    ]
    words = {name: schema[name]["properties"]["relation"]["enum"] for name in LISTS}
    duplicates = [str(each) for each in RELATIONS if each.is_duplicate]
    indirect = [str(each) for each in RELATIONS if each.is_indirect]
    assert words["member"] == duplicates + indirect and words["pair"] == duplicates
    assert words["shared_text"] == [*map(str, RELATIONS)][len(duplicates + indirect) :]


LISTS = "member", "pair", "shared_text"


SPOKEN = {
    ("explain/reasons.py", "linked"),
    ("explain/reasons.py", "contained"),
    ("renderers/furniture.py", "passage"),
    ("renderers/markdown.py", "passage"),
    ("renderers/explanation/text.py", "passage"),
    ("renderers/html/templates/findings.html", "passage"),
    ("renderers/view/shared.py", "passage"),
    ("renderers/view/signs.py", "passage"),
}
"""Words that are no relations: reasons of ``explain``, which its JSON has; a noun."""


def words_held(path: Path) -> set[str]:
    """The words of relations that stand in a module as strings."""
    tree = ast.parse(path.read_text("utf-8"))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return strings & {*map(str, RELATIONS)}


def compared(path: Path) -> list[int]:
    """The lines of a module that compare something called a relation with anything but None."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Compare):
            sides: list[Any] = [node.left, *node.comparators]
            names = {getattr(side, "attr", getattr(side, "id", "")) for side in sides}
            is_none = any(isinstance(side, ast.Constant) and side.value is None for side in sides)
            if "relation" in names and not is_none:
                found.append(node.lineno)
    return found


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != TABLE]
PAGES = sorted([*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.js")])
COUNTED = {"gate/limits.py", "renderers/html/page.py"}
"""Which relations a user named, and which a report has: sets, whatever the relations are."""


def test_nobody_but_the_table_knows_the_words():
    assert words_held(TABLE) == {*map(str, RELATIONS)} and len(MODULES) > 100 and len(PAGES) > 10
    for path in MODULES:
        name = path.relative_to(PACKAGE).as_posix()
        spoken = {(name, word) for word in words_held(path)}
        assert spoken <= SPOKEN, f"{name} holds {sorted(spoken)}: ask a property of the relation"
        if name not in COUNTED:
            assert not compared(path), f"{name} compares a relation in lines {compared(path)}"
    quoted = re.compile(rf"""["'`]({"|".join(RELATIONS)})["'`]""")
    for path in PAGES:
        name = path.relative_to(PACKAGE).as_posix()
        assert {(name, word) for word in quoted.findall(path.read_text("utf-8"))} <= SPOKEN
