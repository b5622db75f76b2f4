"""``dedupe check --fail-on contained``: contained documents fail the gate only when asked for."""

from __future__ import annotations

import html
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import dedupe
from dedupe import Config
from dedupe.gate.limits import GateLimits
from dedupe.gate.verdict import judge_report
from dedupe.model.errors import ConfigError
from tests.support.command import run_here

SARIF_SCHEMA = json.loads(
    (Path(__file__).parents[1] / "renderers/data/sarif-2.1.0.schema.json").read_text()
)
ASKED = ("--find", "contained", "--fail-on", "identical,normalised,near,contained")


def words(name: str, count: int) -> str:
    return " ".join(f"{name}{number}" for number in range(count))


SMALL, LONG, OTHER = words("a", 100), f"{words('a', 100)} {words('b', 300)}", words("c", 90)


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Any]:
    """Run the gate on the folder ``in``; JSON where it is asked for."""

    def run(*options: object, code: int = 0) -> Any:
        found, out, err = run_here(["check", "in", *options], tmp_path, b"")
        assert found == code, err + out
        return json.loads(out) if "json" in options else " ".join(html.unescape(out + err).split())

    (tmp_path / "in").mkdir()
    for name, text in (("small", SMALL), ("long", LONG), ("other", OTHER)):
        (tmp_path / f"in/{name}.txt").write_text(text)
    return run


def changes(verdict: Any) -> dict[str, tuple[str, str]]:
    return {each["id"]: (each["copy_of"], each["change"]) for each in verdict["new"]}


def test_contained_documents_fail_only_when_asked(check):
    for options in ((), ("--find", "contained")):
        assert "Passed" in check(*options)
        assert check(*options, "--format", "json")["tolerated"] == []
    told = check(*ASKED, code=1)
    assert "contained: 100 % of it stands in long.txt" in told
    [new] = check(*ASKED, "--format", "json", code=1)["new"]
    assert (new["id"], new["copy_of"], new["relation"]) == ("small.txt", "long.txt", "contained")
    assert (new["containment"], new["copy_containment"]) == (1.0, 96 / 396)
    check(*ASKED, "--max-duplicates", 1)
    # A relation that does not count is not fail_on's default, and duplicates may be left out.
    check("--find", "contained", "--fail-on", "contained", code=1)


def test_every_format_of_a_verdict_tells_it(check):
    for name in ("text", "jsonl", "markdown", "junit", "github"):
        told = check(*ASKED, "--format", name, code=1)
        assert "small.txt" in told and "contained" in told.lower() and "long.txt" in told, name
    assert '<testsuite name="dedupe check"' in check(*ASKED, "--format", "junit", code=1)
    assert 'failures="1"' in check(*ASKED, "--format", "junit", code=1)
    for name in ("sarif", "html", "csv"):
        check(*ASKED, "--format", name, code=1)


def test_a_baseline_accepts_them_and_knows_what_came_later(check, tmp_path):
    accept = ("--baseline", "known", "--update-baseline")
    check(*ASKED, *accept)
    known = (*ASKED, "--baseline", "known", "--format", "json")
    assert check(*known)["new"] == []
    (tmp_path / "in/cut.txt").write_text(words("b", 250))
    (tmp_path / "in/round-up.txt").write_text(f"{OTHER} {words('d', 300)}")
    assert changes(check(*known, code=1)) == {
        "cut.txt": ("long.txt", "added"),
        "other.txt": ("round-up.txt", "enclosed"),
    }
    told = check(*ASKED, "--baseline", "known", code=1)
    assert "round-up.txt, which is new; the document that stands in it is not" in told
    check(*ASKED, *accept)
    assert check(*known)["new"] == []


def test_a_copy_that_is_contained_too_counts_once(check, tmp_path):
    (tmp_path / "in/small-copy.txt").write_text(SMALL)
    verdict = check(*ASKED, "--format", "json", code=1)
    relations = {each["id"]: each["relation"] for each in verdict["new"]}
    assert sorted(relations.values()) in (["contained", "identical"], ["identical"])
    assert len(relations) == len(verdict["new"])


def test_reference_documents_are_not_judged_but_may_contain(check, tmp_path):
    (tmp_path / "ref").mkdir()
    (tmp_path / "ref/cut.txt").write_text(words("b", 200))  # stands in in/long.txt
    (tmp_path / "ref/all.txt").write_text(f"{OTHER} {words('e', 200)}")
    verdict = check(*ASKED, "--against", "ref", "--format", "json", code=1)
    assert changes(verdict) == {
        "in/small.txt": ("in/long.txt", "added"),
        "in/other.txt": ("ref/all.txt", "added"),
    }


def test_what_git_had(check, tmp_path):
    def git(*arguments: str) -> None:
        names = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *names, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    git("add", "in")
    git("commit", "-m", "first")
    (tmp_path / "in/cut.txt").write_text(words("b", 250))
    verdict = check(*ASKED, "--since", "HEAD", "--format", "json", code=1)
    assert changes(verdict) == {
        "small.txt": ("long.txt", "present"),
        "cut.txt": ("long.txt", "added"),
    }


def test_a_gate_on_what_was_not_looked_for_is_refused(check):
    assert "add --find contained" in check("--fail-on", "contained", code=2)
    assert "fail_on" in check("--find", "contained", "--fail-on", "passage", code=2)
    report = dedupe.find_duplicates({"a": SMALL, "b": LONG}, Config(workers=1))
    with pytest.raises(ConfigError, match="--find contained"):
        judge_report(report, GateLimits(fail_on=("contained",)))


def test_code_scanning_and_tests_name_both_documents(check):
    """A contained document is in no cluster, from which these formats take all else."""
    log = check(*ASKED, "--format", "sarif", code=1)
    [run] = json.loads(log)["runs"]
    [result] = run["results"]
    assert (result["ruleId"], result["level"], result["baselineState"]) == (
        "duplicate-contained",
        "warning",
        "new",
    )
    assert (
        "100 % of its text stands in the [document that contains it](0)"
        in (result["message"]["text"])
    )
    places = [
        each["physicalLocation"]["artifactLocation"]["uri"]
        for each in (*result["locations"], *result["relatedLocations"])
    ]
    assert places == ["in/small.txt", "in/long.txt"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "duplicate-contained"
    jsonschema.validate(json.loads(log), SARIF_SCHEMA)
    assert json.loads(check("--find", "contained", "--format", "sarif"))["runs"][0]["results"] == []
    told = check(*ASKED, "--format", "junit", code=1)
    assert "This document: small.txt (in/small.txt) It stands in: long.txt (in/long.txt)" in told
    assert "contained, 100 % of it" in check(*ASKED, "--format", "markdown", code=1)


def test_a_document_that_is_a_duplicate_too_is_one_result_of_each_rule(check, tmp_path):
    (tmp_path / "in/small copy.txt").write_text(SMALL)
    log = json.loads(check(*ASKED, "--format", "sarif", code=1))
    told = [
        (each["ruleId"], each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"])
        for each in log["runs"][0]["results"]
    ]
    assert len(told) == len({*told})
    assert {rule for rule, _ in told} == {"duplicate-identical", "duplicate-contained"}
