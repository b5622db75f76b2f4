"""What a process imports: only what it needs, since that is most of the time of a small scan."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from dedupe.cli import LazyGroup, command_group
from dedupe.sketch import load_kernels

_PROGRAM = """
import json, sys
from dedupe.cli import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""

HEAVY = {
    "asyncio",
    "chardet",
    "dataclasses",
    "datasketch",
    "email",
    "fastwarc",
    "jinja2",
    "lxml",
    "multiprocessing",
    "numpy.ma",
    "numpy.random",
    "pathspec",
    "pyarrow",
    "pypdfium2",
    "scipy",
    "subprocess",
    "tarfile",
    "trafilatura",
    "unittest",
    "urllib.request",
    "zipfile",
    "zstandard",
    "dedupe.sources.pages.pool",
    "dedupe.sketch.plain",
    "dedupe.sources.unpack.archive_entries",
    "dedupe.sources.discovery.archive_members",
    "dedupe.sources.formats.tables.reader",
    "dedupe.sources.formats.html.reader",
    "dedupe.sources.formats.warc.reader",
}
"""What neither a plain scan nor the report of one needs."""

needs_kernels = pytest.mark.skipif(
    load_kernels("auto").name == "plain", reason="plain kernels import datasketch, and so SciPy"
)


def modules_of(*arguments: object) -> set[str]:
    """The modules that the command had imported at its end."""
    program = [sys.executable, "-c", _PROGRAM, *map(str, arguments)]
    done = subprocess.run(program, capture_output=True, check=True, timeout=60)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_imports_only_click() -> None:
    modules = modules_of("--help")
    ours = {name for name in modules if name.startswith("dedupe")}
    assert ours == {"dedupe", "dedupe._version", "dedupe.cli"}
    assert modules & (HEAVY | {"logging", "msgspec", "numpy", "rich", "tomllib"}) == set()


@pytest.mark.parametrize("command", ["scan", "explain"])
def test_help_of_a_command_imports_no_stage(command: str) -> None:
    modules = modules_of(command, "--help")
    assert (
        modules & (HEAVY | {"dedupe.model.documents", "dedupe.sources", "numpy", "rich"}) == set()
    )


@needs_kernels
def test_scan_of_lines_to_json_imports_what_it_needs(tmp_path: Path) -> None:
    texts = ["one and the same text of eight words"] * 2
    path = tmp_path / "r.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    modules = modules_of("scan", path, "--format", "json")
    assert "dedupe.sources.formats.json.lines" in modules
    others = {"rapidfuzz", "rich", "dedupe.diff", "dedupe.renderers.view.terminal"}
    others |= {
        f"dedupe.sources.formats.{name}" for name in ("csv.reader", "json.reader", "json.cuts")
    }
    assert modules & (HEAVY | others) == set()


@needs_kernels
def test_scan_of_texts_imports_what_it_needs(tmp_path: Path) -> None:
    for name, end in (("a", "end"), ("b", "other end")):
        (tmp_path / f"{name}.txt").write_text("a text of several words with one more " * 9 + end)
    modules = modules_of("scan", tmp_path)
    assert "dedupe.diff.align" in modules and "dedupe.sources.formats.plain_text" in modules
    assert (
        modules
        & (HEAVY | {"dedupe.sources.formats.json.lines", "dedupe.sources.formats.csv.reader"})
        == set()
    )


@needs_kernels
def test_apply_to_lines_imports_what_it_needs(tmp_path: Path) -> None:
    texts = ["one and the same text of eight words, " * 3] * 2
    path, saved, out = (tmp_path / name for name in ("r.jsonl", "report.json", "out.jsonl"))
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    modules_of("scan", path, "--format", "json", "--output", saved)
    modules = modules_of("apply", saved, "--output", out)
    assert out.read_text() == path.read_text().splitlines(keepends=True)[0]
    others = {
        f"dedupe.{name}"
        for name in ("clusters.assembly", "matching", "pipeline", "store.documents")
    }
    others |= {"dedupe.applying.rewriting.archives", "dedupe.sources.formats.tables.rewriting"}
    assert modules & (HEAVY | others) == set()


@needs_kernels
def test_explain_imports_what_it_needs(tmp_path: Path) -> None:
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path in paths:
        path.write_text(f"a text of several words with one more at the end {path.name}")
    modules = modules_of("explain", *paths)
    assert "dedupe.explain.passages" in modules
    assert (
        modules & (HEAVY | {"dedupe.pipeline.scan", "dedupe.sources.formats.json.lines"}) == set()
    )


def test_summaries_are_the_commands_own() -> None:
    assert isinstance(command_group, LazyGroup)
    context = click.Context(command_group)
    commands = {name: command_group.get_command(context, name) for name in LazyGroup.modules}
    told = {name: command.get_short_help_str(limit=200) for name, command in commands.items()}
    assert told == LazyGroup.summaries


_COUNT_TRIES = """
import sys

class Finder:
    tries = 0
    def find_spec(self, name, path=None, target=None):
        self.tries += name == "dedupe.sketch.compiled"

finder = Finder()
sys.meta_path.insert(0, finder)
sys.modules["dedupe.sketch._kernels"] = None
from dedupe import tokenize_text

assert [tokenize_text("A b") for _ in range(3)] == [["a", "b"]] * 3
print(finder.tries)
"""


def test_kernels_that_are_not_there_are_looked_for_once() -> None:
    """Without them each token of a diff had cost an import that fails."""
    command = [sys.executable, "-c", _COUNT_TRIES]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "1\n"
