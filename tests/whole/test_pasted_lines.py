"""Every line of the documentation that scans something works when it is pasted into a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dedupe.sketch import load_kernels
from tests.support.command import FIXTURES, clean_environment, dedupe_command

for library in ("pyarrow", "pypdfium2", "trafilatura"):
    pytest.importorskip(library)

from tests.support.examples import write_examples  # noqa: E402

ROOT = FIXTURES.parent
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "usage.md", ROOT / "docs" / "inputs.md")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        load_kernels().name == "plain", reason="forty processes, each of which would import SciPy"
    ),
]


def pasted_lines() -> Iterator[Any]:
    """The lines of shell examples, and those in tables."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        lines = [line for block in blocks for line in block.splitlines()]
        lines += re.findall(r"^\|.*\| `([^`]*)` \|$", text, re.MULTILINE)
        for line in dict.fromkeys(lines):
            if "dedupe scan" in line and "://" not in line:  # those are tried on servers of tests
                yield pytest.param(line, id=f"{page.name}: {line}")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    write_examples(folder)
    shutil.copytree(FIXTURES / "articles", folder / "fixtures" / "articles")
    command = dedupe_command()
    if len(command) > 1:
        program = folder / "bin" / "dedupe"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {" ".join(command)} "$@"\n')
        program.chmod(0o755)
    return folder


def path_of(examples: Path) -> str:
    own = [str(examples / "bin"), str(Path(dedupe_command()[0]).parent)]
    return os.pathsep.join([*own, os.environ["PATH"]])


def test_there_are_such_lines() -> None:
    lines = [str(line.values[0]) for line in pasted_lines()]
    assert len(lines) >= 30
    told = " ".join(lines)
    endings = "jsonl json csv tsv parquet arrow feather warc gz xz zst zip tar"
    assert all(f".{ending}" in told for ending in endings.split())


@pytest.mark.parametrize("line", [*pasted_lines()])
def test_a_pasted_line_finds_a_cluster(line: str, examples: Path) -> None:
    if "jq " in line and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    result = subprocess.run(
        ["sh", "-c", line],
        cwd=examples,
        env=clean_environment(PATH=path_of(examples), HOME=str(examples)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert result.returncode == (1 if "--exit-code" in line else 0), result.stderr
    output = result.stdout.replace("\N{NO-BREAK SPACE}", " ")
    if "jq " in line:
        assert output.strip()
    elif "--output" in line:
        assert re.search(r"[1-9]\d* clusters?, .*; written to ", result.stderr), result.stderr
    elif "--format json" in line:
        assert '"cluster_id"' in output
    else:
        found = r"^[1-9]\d* documents? · (against .* · )?[1-9]\d* clusters?"
        assert re.search(found, output, re.MULTILINE), output


def shell_lines(page: Path) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def test_the_readme_fits_on_a_few_screens() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def test_all_lines_of_the_readme_run_one_after_another(tmp_path: Path) -> None:
    """As somebody pastes them who has articles, a dump and two texts; ``pip`` only as a dry run."""
    write_examples(tmp_path)
    shutil.copytree(FIXTURES / "articles", tmp_path / "fixtures" / "articles")
    short = tmp_path / "articles" / "brief_note_copy.txt"  # which clean would ask about
    short.unlink()
    for name, article in (("one", "typos"), ("other", "typos_retyped")):
        shutil.copy(FIXTURES / "articles" / f"{article}.txt", tmp_path / f"{name}.txt")
    programs = {"dedupe": " ".join(dedupe_command()), "pip": f"test -f {ROOT}/pyproject.toml #"}
    (tmp_path / "bin").mkdir()
    for name, command in programs.items():
        (tmp_path / "bin" / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    lines = shell_lines(README)
    assert len(lines) >= 12 and lines[0].startswith("pip install '.[html,report]' ")
    result = subprocess.run(
        ["sh", "-e", "-c", "\n".join(lines)],
        cwd=tmp_path,
        env=clean_environment(PATH=f"{tmp_path / 'bin'}{os.pathsep}{path_of(tmp_path)}"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    articles = len([*(tmp_path / "articles").iterdir()])
    assert articles == len([*(FIXTURES / "articles").iterdir()]) - 1  # (set aside, and put back)
    assert 0 < len([*(tmp_path / "clean").iterdir()]) < articles
    assert (tmp_path / "clean.jsonl").read_text().count("\n") == 1
    assert (tmp_path / "report.html").exists() and (tmp_path / ".dedupe-baseline").exists()
