"""The documentation: generated parts are fresh, examples run, the schema fits."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest

from dedupe.cli import command_group
from dedupe.cli.settings import GATE_DEFAULTS, OUTPUT_DEFAULTS, PATH_DEFAULTS, SETTING_NAMES
from dedupe.matching.banding import choose_banding
from dedupe.model.formats import input_formats
from dedupe.model.settings import Config, ScanSettings
from dedupe.pipeline import sketching
from dedupe.renderers.registry import FORMATS
from dedupe.sources import reasons
from dedupe.sources.formats.registry import all_formats
from scripts import make_docs, make_share

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FIXTURES = ROOT / "fixtures"
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md")
PAGES = (*(ROOT / name for name in TOP), *sorted(DOCS.glob("*.md")))
PYTHON_PAGES = (
    ROOT / "README.md",
    *(
        DOCS / name
        for name in (
            "api.md",
            "coming-from.md",
            "html-report.md",
            "outputs.md",
            "report.md",
            "usage.md",
        )
    ),
)

SCHEMA = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the examples of the documentation run."""
    shutil.copytree(FIXTURES / "articles", tmp_path / "articles")
    shutil.copy(FIXTURES / "records.jsonl", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- what is generated -------------------------------------------------------------------


def test_help_blocks_are_the_real_help():
    page = read(DOCS / "commands.md")
    shown = re.findall("^<!-- help:(.*) -->$", page, re.MULTILINE)
    assert {*shown} == {*COMMANDS}
    assert make_docs.fill_help(page) == page, "run scripts/make_docs.py"


def test_picture_is_what_the_script_makes():
    shown = make_docs.describe_picture(read(DOCS / "demo.svg"))
    made = make_docs.describe_picture(make_docs.make_picture())
    assert shown == made, "run scripts/make_docs.py"


def test_tutorial_prints_what_it_says():
    page = read(DOCS / "tutorial.md")
    assert page.count("```text") >= 5
    assert make_docs.fill_tutorial(page) == page, "run scripts/make_docs.py"


def test_a_tutorial_that_fails_is_an_error():
    page = "```sh\necho one > a\n```\n\n```text\nold\n```\n\n```sh\ncat {}\n```\n"
    assert make_docs.fill_tutorial(page.format("a")) == page.format("a").replace("old\n", "\n")
    with pytest.raises(RuntimeError, match="missing"):
        make_docs.fill_tutorial(page.format("missing"))


def test_manual_page_and_completions_are_fresh():
    for path, text in make_share.make_share().items():
        assert read(path) == text, "run scripts/make_docs.py"
    told = tomllib.loads(read(ROOT / "pyproject.toml"))["tool"]["setuptools"]["data-files"]
    packed = {ROOT / name: target for target, names in told.items() for name in names}
    assert packed.keys() == make_share.make_share().keys()
    for path, target in packed.items():
        assert path.parent == DOCS / target


@pytest.mark.skipif(not shutil.which("man"), reason="man is not installed")
def test_manual_page_names_every_command_and_option():
    page = DOCS / "share/man/man1/dedupe.1"
    shown = subprocess.run(
        ["man", "--warnings", "-l", page],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env={**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8"},
    )
    assert shown.stderr == ""
    parts = dict(re.findall(r"^(DEDUPE[A-Z ]*)\n(.*?)(?=^\S)", shown.stdout, re.M | re.S))
    assert len(parts) == len(COMMANDS)
    for name, command in COMMANDS.items():
        part = parts["DEDUPE" if name == "dedupe" else f"DEDUPE {name.upper()}"]
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert all(option in part for option in parameter.opts), (name, parameter.opts)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_taken_by_their_shell(shell: str):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    path = DOCS / "share" / make_share.COMPLETIONS[shell]
    subprocess.run([shell, "-n", path], check=True)


@pytest.mark.skipif(not shutil.which("tmux") or not shutil.which("less"), reason="needs tmux, less")
def test_screens_are_what_a_terminal_shows():
    page = read(DOCS / "terminal.md")
    assert page.count("$ dedupe ") == page.count("<!-- screen:") >= 4
    assert make_docs.fill_screens(page) == page, "run scripts/make_docs.py"


def test_picture_holds_nothing_of_the_machine():
    svg = read(DOCS / "demo.svg")
    text = "\n".join("".join(part for part, _ in line) for line in make_docs.describe_picture(svg))
    assert "harbour-bridge_newswire.txt" in text
    assert "every pair verified" in text
    assert "kernels" not in text
    assert "worker" not in text
    assert not re.search(r"\d s\b", text)
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_picture_is_equal_every_time():
    assert make_docs.make_picture() == make_docs.make_picture()


# --- settings and commands ---------------------------------------------------------------


def shown_default(name: str) -> str:
    if name == "progress":
        return "on a terminal"
    shown = {**OUTPUT_DEFAULTS, **GATE_DEFAULTS, **PATH_DEFAULTS}
    value = shown[name] if name in shown else getattr(Config(), name)
    return f"`{json.dumps(value)}`"


@pytest.mark.parametrize("name", SETTING_NAMES)
def test_every_setting_is_explained_with_its_default(name: str):
    flag = "--" + name.replace("_", "-")
    if name == "progress":
        flag += "/--no-progress"
    row = f"| `{name}` | `{flag}` | {shown_default(name)} | "
    assert row in read(DOCS / "settings.md")


def test_banding_table_is_true():
    rows = re.findall(r"^\| (0\.\d) \| (\d+ × .*) \|$", read(DOCS / "settings.md"), re.MULTILINE)
    assert len(rows) == 5
    for threshold, cells in rows:
        for num_perm, cell in zip((64, 128, 256), cells.split(" | "), strict=True):
            banding = choose_banding(float(threshold), num_perm, Config().recall)
            told = f"{banding.bands} × {banding.rows}, {banding.expected_recall:.4f}"
            assert cell == told


def all_commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path) or "dedupe", command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from all_commands(found, (*path, name))


COMMANDS = dict(all_commands(command_group))


def test_commands_are_known():
    known = {"dedupe", "scan", "check", "report", "explain", "config", "config show"}
    assert known <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str):
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"


@pytest.mark.parametrize(
    ("command", "page"),
    [
        ("scan", "settings.md"),
        ("check", "ci.md"),
        ("clean", "clean.md"),
        ("report", "outputs.md"),
        ("apply", "apply.md"),
        ("explain", "explain.md"),
        ("review", "review.md"),
        ("config show", "settings.md"),
    ],
)
def test_every_option_is_documented(command: str, page: str):
    told = read(DOCS / "settings.md") + read(DOCS / page)
    for parameter in COMMANDS[command].params:
        if isinstance(parameter, click.Option):
            assert any(option in told for option in parameter.opts), parameter.opts


def test_every_format_is_documented_with_its_endings():
    rows = dict(re.findall(r"^\| \[?`([a-z-]+)`.* \| (.*?) ?\|$", read(DOCS / "outputs.md"), re.M))
    told = {name: ", ".join(f"`{e}`" for e in each.endings) for name, each in FORMATS.items()}
    assert rows == told


def test_every_input_format_is_documented_with_its_endings():
    rows = re.findall(r"^\| \[[^]]+\]\(#[a-z-]+\) \| (`\..*?) \|", read(DOCS / "inputs.md"), re.M)
    told = Counter(ending for row in rows for ending in re.findall(r"`(\.\w+)`", row))
    assert told == Counter(ending for each in all_formats() for ending in each.endings)


def test_every_input_format_is_named_with_the_setting_and_in_the_schema():
    *names, last = (f"`{name}`" for name in input_formats())
    flag = "| `input_format` | `--input-format` | "
    assert f'{flag}`"auto"` | {", ".join(names)} or {last} |' in read(DOCS / "settings.md")
    described = SCHEMA["$defs"]["config"]["properties"]["input_format"]["enum"]
    assert described == [*input_formats()]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["docs/usage.md", "docs/outputs.md"])
def test_shell_examples_of_outputs_run(page: str, run_dedupe: Any, corpus: Path):
    lines = re.findall(r"^(dedupe (?:scan|report) [^#\n&]*)", read(ROOT / page), re.MULTILINE)
    chosen = [line for line in lines if "output" in line or "report.json" in line]
    assert len(chosen) >= 2
    for line in chosen:
        if ">>" not in line:
            run_dedupe(*line.split()[1:], "--quiet")


# --- the schema --------------------------------------------------------------------------

CHAIN = ("--linkage", "single", "--keep", "first")
REPORTS: dict[str, tuple[str, ...]] = {
    "articles": ("articles",),
    "records": ("records.jsonl",),
    "embedded": ("records.jsonl", "articles", "--embed-text"),
    "single": ("articles", *CHAIN),
    "complete": ("articles", "--linkage", "complete"),
    "bridges": ("articles", "--keep", "first,longest"),
    "nothing": ("articles", "--glob", "unrelated*"),
    "plain": ("records.jsonl", "--kernels", "plain", "--exclude", "x/", "--workers", "1"),
}


@pytest.fixture
def scan_json(dedupe_here: Any, corpus: Path) -> Any:
    def scan(*arguments: str, **options: Any) -> Any:
        result = dedupe_here("scan", *arguments, "--format", "json", "--quiet", **options)
        return json.loads(result.stdout)

    return scan


@cache
def validator(part: str = "") -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    whole = SCHEMA if not part else {"$defs": SCHEMA["$defs"], "$ref": part}
    return jsonschema.Draft202012Validator(whole)


def problems(report: Any, part: str = "") -> list[str]:
    return [f"{e.json_path}: {e.message}" for e in validator(part).iter_errors(report)]


@pytest.mark.parametrize("name", REPORTS)
def test_schema_takes_real_reports(name: str, scan_json: Any):
    assert problems(scan_json(*REPORTS[name])) == []


def test_schema_takes_standard_input_and_what_was_skipped(scan_json: Any, corpus: Path):
    records = (corpus / "records.jsonl").read_bytes()
    report = scan_json("-", stdin=records)
    assert report["texts"]
    assert problems(report) == []
    odd = corpus / "odd"
    odd.mkdir()
    (odd / "binary.bin").write_bytes(b"\0\1\2")
    (odd / "broken.jsonl.gz").write_bytes(b"\x1f\x8b\x08\0\0")
    (odd / "fake.txt.gz").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    (odd / "latin.txt").write_bytes("Één café. ".encode() + b"A caf\xe9, and here is more.")
    (odd / "records.jsonl").write_text('[1]\n{"text": 1}\n{"text": "\\ud800 x"}\n')
    (odd / "link").symlink_to("latin.txt")
    report = scan_json("odd", "odd/latin.txt", "nowhere", code=2)
    assert len(report["corpus"]["skipped_counts"]) >= 5
    assert len(report["notices"]) >= 4
    assert problems(report) == []


def test_schema_takes_reports_of_texts_in_memory():
    import dedupe
    from dedupe.report.json import render_json

    for texts in (["a b c", "A b, c", "x"], []):
        report = dedupe.find_duplicates(texts, Config(embed_text=True))
        assert problems(json.loads(render_json(report))) == []


def test_schema_takes_lines_of_jsonl(dedupe_here: Any, corpus: Path):
    lines = dedupe_here("scan", "articles", "--format", "jsonl").stdout.splitlines()
    assert len(lines) == 9
    for line in lines:
        assert problems(json.loads(line), "#/$defs/cluster") == []


def test_reports_under_test_have_everything(scan_json: Any):
    linked = scan_json(*REPORTS["single"])["clusters"][0]["members"]
    assert "linked" in {member["relation"] for member in linked}
    assert scan_json(*REPORTS["bridges"])["bridges"]
    assert scan_json(*REPORTS["embedded"])["texts"]


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every object with fixed keys."""
    maps = {
        "skipped_counts",
        "locators",
        "texts",
        "encoding_counts",
        "html_counts",
        "date_orders",
        "format_counts",
        "meta",
        "text_fields",
    }
    if isinstance(value, dict):
        if not path or path[-1] not in maps:
            yield path
        for key, each in value.items():
            yield from objects(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value[:1]):
            yield from objects(each, (*path, index))


def at(report: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        report = report[key]
    return report


@pytest.mark.slow
def test_schema_rejects_keys_removed_and_added(scan_json: Any):
    report = scan_json("articles", "records.jsonl", "--keep", "first")
    assert report["bridges"]
    paths = list(objects(report))
    assert len(paths) >= 10
    for path in paths:
        changed = json.loads(json.dumps(report))
        at(changed, path)["surplus"] = 1
        assert problems(changed), path
        for key in at(report, path):
            changed = json.loads(json.dumps(report))
            del at(changed, path)[key]
            assert problems(changed), (path, key)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 2),
        (("config", "threshold"), 0),
        (("config", "linkage"), "stars"),
        (("clusters", 0, "members", 0, "jaccard"), 1.1),
        (("clusters", 0, "members", 0, "content_hash"), "ABC"),
        (("clusters", 0, "pairs", 0, "relation"), "linked"),
        (("clusters", 0, "pairs", 0, "shared_count"), 0.5),
        (("skipped", 0, "reason"), "bored"),
        (("texts",), []),
        (("run", "kernels"), "cuda"),
    ],
)
def test_schema_rejects_what_cannot_be(path: tuple[Any, ...], value: Any, scan_json: Any):
    report = scan_json("articles")
    at(report, path[:-1])[path[-1]] = value
    assert problems(report)


def known_reasons() -> set[str]:
    words = {
        value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)
    }
    return words | {
        sketching.NO_TOKENS,
        sketching.TOO_MANY_TOKENS,
        sketching.DUPLICATE_ID,
    }


def test_every_reason_is_in_the_schema_and_in_the_docs():
    definitions = SCHEMA["$defs"]
    skipped = set(definitions["skip_reason"]["enum"])
    noticed = set(definitions["notice"]["properties"]["reason"]["enum"])
    assert skipped | noticed == known_reasons()
    told = read(DOCS / "report.md")
    assert all(f"`{reason}`" in told for reason in skipped | noticed)


def test_schema_knows_every_setting():
    properties = SCHEMA["$defs"]["config"]["properties"]
    assert set(properties) == set(ScanSettings.__struct_fields__)


def test_every_field_is_in_the_docs():
    told = read(DOCS / "report.md")
    for name, definition in SCHEMA["$defs"].items():
        if name != "config":
            for key in definition.get("properties", ()):
                assert f"`{key}`" in told or f"`{key}[]`" in told, (name, key)


# --- examples ----------------------------------------------------------------------------


def python_blocks() -> Iterator[Any]:
    for page in PYTHON_PAGES:
        for number, block in enumerate(re.findall(r"```python\n(.*?)```", read(page), re.DOTALL)):
            yield pytest.param(block, id=f"{page.name}-{number}")


def expected_lines(block: str) -> list[str]:
    """What the comments of an example say that it prints: ``print(x)  # this``, ``# this``."""
    comments = (
        line[2:] if line.startswith("# ") else line.rpartition("  # ")[2]
        for line in block.splitlines()
        if line.startswith("# ") or ("print(" in line and "  # " in line)
    )
    return list(comments)


@pytest.mark.parametrize("block", [*python_blocks()])
def test_python_examples_run_and_print_what_they_say(block: str, corpus: Path):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block, "example", "exec"), {})
    lines = iter(printed.getvalue().splitlines())
    for expected in expected_lines(block):
        assert expected in lines, expected  # consumes the lines up to it


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_jq_examples_give_something(dedupe_here: Any, corpus: Path):
    dedupe_here("scan", "articles", "--format", "json", "--output", "report.json")
    commands = re.findall(r"^jq .*$", read(DOCS / "report.md"), re.MULTILINE)
    assert len(commands) >= 6
    for command in commands:
        result = subprocess.run(command, shell=True, capture_output=True, check=False)
        assert result.returncode == 0, result.stderr
        assert result.stdout.strip(), command


def test_toml_examples_are_valid(run_dedupe: Any, tmp_path: Path):
    for page in (DOCS / "usage.md", DOCS / "settings.md"):
        for block in re.findall(r"```toml\n(.*?)```", read(page), re.DOTALL):
            (tmp_path / "dedupe.toml").write_text(block, encoding="utf-8")
            assert b"dedupe.toml" in run_dedupe("config", "show").stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)]+)\)", read(page)):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        linked = (page.parent / file).resolve() if file else page
        assert linked.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", read(linked), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", t.lower()).strip().replace(" ", "-") for t in titles}
            assert anchor in slugs, target


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md", "docs/kernels.md"])
def test_files_that_pages_name_exist(page: str):
    named = re.findall(r"`((?:dedupe|tests|docs|scripts|benchmarks)/[\w./]*)`", read(ROOT / page))
    named += re.findall(r"`(?:python )?(scripts/\w+\.py)", read(ROOT / page))
    assert named
    assert [name for name in named if not (ROOT / name).exists() and "NAME" not in name] == []
