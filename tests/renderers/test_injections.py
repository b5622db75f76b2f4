"""Nothing that stands in a document, an id, a path or a reason acts in any output."""

from __future__ import annotations

import csv
import io
import json
import os
import re

import msgspec
import pytest
from markdown_it import MarkdownIt

from dedupe.model.output_marks import GITHUB_MARK
from dedupe.renderers.csv import read_cell
from dedupe.renderers.registry import FORMATS
from dedupe.renderers.view.options import RenderOptions
from dedupe.renderers.view.shared import LISTED_PAIRS
from dedupe.renderers.view.terminal import escape_text, shorten_middle
from dedupe.report.json import render_jsonl
from dedupe.report.rows import Rows
from tests.support.hostile_report import (
    ALLOWED,
    COMMAND,
    CONTROLS,
    REPORT,
    SURPLUS,
    TEXTS,
    Page,
    parse_command,
)
from tests.support.injections import VECTORS
from tests.support.reports import Texts

LOCAL = [name for name in FORMATS if name != "html"]
"""The formats whose injections are tested here; HTML is tested in a browser."""


PATHS = {id: REPORT.run.sources[at.source].path for id, at in REPORT.run.locators.items()}


def render(format: str, **options) -> str:
    chosen = RenderOptions(**{"width": 100, "top": None, "markdown_limit": 10**8, **options})
    return b"".join(FORMATS[format].render(REPORT, Texts(TEXTS), chosen)).decode()


@pytest.fixture(scope="module")
def outputs() -> dict[str, str]:
    return {name: render(name) for name in LOCAL}


def test_the_corpus_is_large_and_reaches_every_output(outputs):
    assert len(set(VECTORS)) == len(VECTORS) >= 60
    for format in set(LOCAL) - {"github"}:  # which shows ten, and below all of them
        assert "evil" in outputs[format]


# --- terminals and logs ---------------------------------------------------------------------


@pytest.mark.parametrize("format", LOCAL)
def test_no_output_acts_on_a_terminal(outputs, format):
    assert CONTROLS.findall(outputs[format]) == []


def test_coloured_text_has_only_our_own_sequences():
    coloured = render("text", color=True)
    assert set(re.findall("\x1b.{0,6}?m", coloured)) <= {
        f"\x1b[{code}m" for code in ("0", "1", "2", "36", "33", "31", "31;9", "32")
    }
    assert not CONTROLS.search(re.sub("\x1b\\[[0-9;]*m", "", coloured))


@pytest.mark.parametrize("format", [name for name in LOCAL if name != "github"])
def test_no_line_is_a_command_of_a_ci_system(outputs, format):
    assert COMMAND.match("  ::error file=a::b")
    assert COMMAND.match("x ##[error]b")
    for line in outputs[format].split("\n"):
        assert not COMMAND.match(line), line


def test_messages_on_standard_error_are_no_commands(capsys):
    from dedupe.cli.messages import say

    for vector in VECTORS:
        say("error", f"something\n  {vector}")
    for line in capsys.readouterr().err.split("\n"):
        assert not COMMAND.match(line), line
        assert not CONTROLS.search(line)


# --- workflow commands ----------------------------------------------------------------------


def test_workflow_commands_are_only_our_own(outputs, monkeypatch):
    monkeypatch.setattr("dedupe.renderers.github.MAX_ANNOTATIONS", 10**6)
    shown = render("github")
    assert not CONTROLS.search(shown)
    mark, *lines = shown.splitlines(keepends=True)
    assert mark == GITHUB_MARK
    lines = [line.rstrip("\n") for line in lines]
    assert len(lines) == len(SURPLUS)
    for line, id in zip(lines, sorted(SURPLUS), strict=True):
        name, properties, message = parse_command(line)
        assert name == "warning"
        assert set(properties) == {"file", "line", "title"}
        assert properties["line"] == "7"
        assert message.startswith(shorten_middle(escape_text(id), 200))
        assert "\n" not in message
        path = os.path.normpath(PATHS[id]).replace("\r", "%0D").replace("\n", "%0A")
        shown_path = properties["file"].replace("\r", "%0D").replace("\n", "%0A")
        assert shown_path == escape_text(path)
    assert len(outputs["github"].splitlines()) == 12


# --- Markdown -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("diff", ["none", "summary", "hunks", "full"])
def test_markdown_renders_to_what_we_wrote_and_nothing_else(diff):
    markup = MarkdownIt("gfm-like").render(render("markdown", diff=diff))
    page = Page(markup)
    assert set(page.counts) <= ALLOWED
    assert page.attributes <= {
        ("th", "style", "text-align:right"),
        ("td", "style", "text-align:right"),
        ("code", "class", "language-diff"),
    }
    # A table of contained documents, one of shared passages, and one of figures.
    count, shared = len(REPORT.clusters), 2 * LISTED_PAIRS
    assert page.counts["details"] == page.counts["summary"] == count + 2
    assert page.counts["table"] == count + 3
    assert page.counts["tr"] == 2 + 3 * count + 2 + shared
    assert page.counts["td"] == 6 + 10 * count + 5 * shared
    assert page.counts["h3"] == 1
    assert page.counts["pre"] == (len(REPORT.clusters) if diff in ("hunks", "full") else 0)
    # What came from documents stands in code, every id as it is shown elsewhere.
    for id in SURPLUS:
        assert shorten_middle(escape_text(id), 80) in page.codes
    for word in ("evil", "alert", "octocat", "@", "http", "www", "#1"):
        assert word not in page.outside


def test_the_page_notices_what_gets_through():
    shown = MarkdownIt("gfm-like").render("| [a](http://evil.example) |\n|---|\n\n<b>www.a.com")
    assert "<a href" in shown
    with pytest.raises(AssertionError):
        Page(shown)


# --- SARIF ----------------------------------------------------------------------------------

LINK = re.compile(r"\[([^\[\]]*)\]\(([^)]*)\)")


def test_messages_of_sarif_hold_our_link_and_no_other(outputs):
    results = json.loads(outputs["sarif"])["runs"][0]["results"]
    assert len(results) == len(SURPLUS)
    for result in results:
        message = result["message"]["text"]
        assert LINK.findall(message) == [("kept copy", "0")]
        rest = LINK.sub("", message)
        assert not set("[]{}") & set(rest)
        for location in [*result["locations"], *result["relatedLocations"]]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"(?:dir|[./]+/etc)/(?:[\w.~/-]|%[0-9A-F]{2})+", uri, re.ASCII), uri


# --- spreadsheets ---------------------------------------------------------------------------

FORMULA = re.compile(r"[\s\"\ufeff\0]*[=+\-@＝＋－＠]")


@pytest.mark.parametrize("format", ["csv", "csv-pairs", "csv-passages"])
def test_no_cell_is_a_formula(outputs, format):
    rows = list(csv.reader(io.StringIO(outputs[format], newline="")))
    assert len({len(row) for row in rows}) == 1
    assert outputs[format].count("\n") == len(rows), "a line a row"
    assert not any(FORMULA.match(cell) for row in rows for cell in row)
    # Also where a spreadsheet of another locale cuts at semicolons, and no quote holds it back.
    for line in outputs[format].splitlines():
        assert not any(FORMULA.match(part) for part in line.split(";")[1:])


def test_cells_read_back(outputs):
    rows = [*csv.DictReader(io.StringIO(outputs["csv"], newline=""))]
    members = [member for cluster in REPORT.clusters for member in cluster.members]
    assert [read_cell(row["id"]) for row in rows] == [member.id for member in members]
    assert [read_cell(row["meta.url"]) for row in rows] == [m.meta["url"] for m in members]
    assert {read_cell(name) for name in rows[0]} >= {f"meta.{vector}" for vector in VECTORS}


def test_cells_of_shared_text_read_back(outputs):
    pairs = [*csv.DictReader(io.StringIO(outputs["csv-pairs"], newline=""))]
    shared = [row for row in pairs if row["relation"] in ("contained", "passage")]
    passages = [*csv.DictReader(io.StringIO(outputs["csv-passages"], newline=""))]
    expected = [*REPORT.contained, *REPORT.passages]
    for rows in (shared, passages):
        assert [(read_cell(row["left"]), read_cell(row["right"])) for row in rows] == [
            (pair.left, pair.right) for pair in expected
        ]
    paths = [read_cell(row["left_path"]) for row in passages]
    assert paths == [PATHS[pair.left] for pair in expected]


def test_a_cluster_that_is_never_whole_in_memory_is_the_same_line():
    def in_rows(values):
        return Rows(lambda begin, end: list(values[begin:end]), range(len(values) + 1))

    streamed = [
        msgspec.structs.replace(each, members=in_rows(each.members), pairs=in_rows(each.pairs))
        for each in REPORT.clusters
    ]
    lines = b"".join(render_jsonl(msgspec.structs.replace(REPORT, clusters=streamed)))
    assert lines == b"".join(render_jsonl(REPORT))
