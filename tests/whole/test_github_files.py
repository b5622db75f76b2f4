"""What GitHub reads: workflows, issue forms and the citation fit their schemas, and the project."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("check_jsonschema")

from dedupe import __version__
from scripts import check_github

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS: dict[str, Any] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in check_github.WORKFLOWS
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("schema", check_github.FILES)
def test_files_fit_their_schema(schema: str) -> None:
    paths = check_github.FILES[schema]
    assert paths
    assert check_github.check_files(schema, paths) == 0


def test_a_fault_is_found(tmp_path: Path) -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    (tmp_path / "a.yml").write_text(text.replace("runs-on:", "run-on:"), encoding="utf-8")
    assert check_github.check_files("vendor.github-workflows", [tmp_path / "a.yml"]) != 0


def test_wheels_are_for_every_python_and_platform() -> None:
    built = PROJECT["tool"]["cibuildwheel"]["build"]
    assert built == "cp311-* cp312-* cp313-* cp314-*"
    matrix = WORKFLOWS["release"]["jobs"]["wheels"]["strategy"]["matrix"]["include"]
    systems = ("linux", "macos", "windows")
    wanted = {f"{system}-{machine}" for system in systems for machine in ("x86_64", "arm64")}
    assert {each["name"] for each in matrix} == wanted
    [wheels] = re.findall(r'"\$wheels" -ge (\d+)', (check_github.WORKFLOWS[-1]).read_text())
    assert int(wheels) == len(built.split()) * len(matrix)


def test_only_what_passed_everything_is_published() -> None:
    jobs = WORKFLOWS["release"]["jobs"]
    publish = jobs["publish"]
    assert {*publish["needs"]} == {*jobs} - {"publish"}
    assert publish["permissions"]["id-token"] == "write"
    assert "refs/tags/v" in publish["if"]
    for workflow in WORKFLOWS.values():
        assert workflow["permissions"] == {"contents": "read"}
        for name, job in workflow["jobs"].items():
            assert name == "publish" or "permissions" not in job


def test_shells_take_no_text_from_an_event() -> None:
    """Which somebody else could have written."""
    for workflow in WORKFLOWS.values():
        for job in workflow["jobs"].values():
            assert not any("${{" in step.get("run", "") for step in job.get("steps", ()))


def test_the_paths_of_workflows_exist() -> None:
    runs = [
        step["run"]
        for job in WORKFLOWS["checks"]["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    named = re.findall(r"\b(?:tests|fixtures)/\w+|\.ci/run", "\n".join(runs))
    assert len(named) >= 8
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_citation_has_the_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    assert citation["license"] == PROJECT["project"]["license"]


def test_the_image_is_small_and_without_rights() -> None:
    """(It is not built here, as there is no Docker: what it copies must be there.)"""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    sources = [
        line.split()[1:-1]
        for line in text.splitlines()
        if line.startswith("COPY") and "--from" not in line
    ]
    assert all((ROOT / name).exists() for names in sources for name in names)
    last = text.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (\d+)$", last, re.MULTILINE) and "apt-get" not in last
    [extras] = re.findall(r'"\.\[([a-z,]+)\]"', text)
    assert {*extras.split(",")} <= {*PROJECT["project"]["optional-dependencies"]} - {"dev", "spark"}
