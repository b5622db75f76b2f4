"""Nothing that stands in a document, an id, a path or a reason acts in any output."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import Counter
from html.parser import HTMLParser

import msgspec
import pytest
from markdown_it import MarkdownIt

from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo
from dedupe.model.marks import GITHUB_MARK, PHRASE
from dedupe.model.relations import Relation
from dedupe.model.report import DuplicatePair, Report
from dedupe.renderers.csv import read_cell
from dedupe.renderers.registry import FORMATS
from dedupe.renderers.view.options import RenderOptions
from dedupe.renderers.view.terminal import escape_text, shorten_middle
from dedupe.report.json import render_jsonl
from dedupe.report.rows import Rows
from tests.renderers.test_render_text import (
    SENTENCES,
    Texts,
    make_cluster,
    make_member,
    make_report,
)
from tests.support.injections import VECTORS

LOCAL = [name for name in FORMATS if name != "html"]
"""The formats whose injections are tested here; HTML is tested in a browser."""

CONTROLS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def hostile_report() -> tuple[Report, dict[str, str]]:
    """A cluster for each vector, which stands in ids, texts, metadata, paths and reasons."""
    clusters, texts, sources, locators = [], {}, [], {}
    for number, vector in enumerate(VECTORS):
        kept, copy = (
            (f"{vector}", f"{vector}#2") if number % 2 else (f"{number}", f"{vector}{vector}")
        )
        meta = {"url": vector, "site": vector, vector: vector}
        text = " ".join([vector, *SENTENCES[:3], vector, *SENTENCES[3:]])
        texts[kept] = text
        texts[copy] = f"{vector} {text} inserted\n{vector}\n {vector}{vector}"
        cluster = make_cluster(
            f"{number:016x}",
            make_member(kept, "identical", 1.0, content_hash=f"{number:032x}", meta=meta),
            make_member(copy, "near", 0.8, content_hash=f"{number:031x}f", meta=meta),
        )
        left, right = sorted((kept, copy))
        pair = DuplicatePair(left, right, Relation.NEAR, 80, 90, 90, 0.8)
        clusters.append(msgspec.structs.replace(cluster, pairs=(pair,)))
        for id in (kept, copy):
            locators[id] = Locator(len(sources), 0, 1, 7)
            sources.append(SourceInfo(f"dir/{vector}/{number}", "jsonl"))
    pairs = [pair for cluster in clusters for pair in cluster.pairs]
    report = make_report(
        *clusters,
        bridges=tuple(pairs),
        skipped=tuple(SkippedDocument(vector, vector, vector) for vector in VECTORS),
        notices=tuple(Notice(vector, vector, vector) for vector in VECTORS),
    )
    run = msgspec.structs.replace(report.run, sources=tuple(sources), locators=locators)
    return msgspec.structs.replace(report, run=run), texts


REPORT, TEXTS = hostile_report()
SURPLUS = [member.id for cluster in REPORT.clusters for member in cluster.members[1:]]
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


COMMAND = re.compile(r"\s*::[A-Za-z][^\s:]*(?:\s.*?)?::|.*##(?:vso|teamcity)?\[")
"""What GitHub's runner and Azure's agent take for a command, and where in a line."""


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


def parse_command(line: str) -> tuple[str, dict[str, str], str]:
    """As the runner does it: https://github.com/actions/runner, ActionCommand.TryParseV2."""
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, told = head.partition(" ")
    properties = {}
    for part in filter(None, told.split(",")):
        key, equals, value = part.partition("=")
        assert equals
        properties[key] = unescape(value, {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","})
    return name, properties, unescape(data, {"%0D": "\r", "%0A": "\n"})


def unescape(value: str, escapes: dict[str, str]) -> str:
    for escaped, plain in escapes.items():
        value = value.replace(escaped, plain)
    return value.replace("%25", "%")


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

VOID = {"br", "hr", "img", "input", "link", "meta"}
ALLOWED = {
    *("h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td"),
    *("details", "summary", "b", "code", "pre"),
}


class Page(HTMLParser):
    """What a browser would make of rendered Markdown."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.counts: Counter[str] = Counter()
        self.attributes: set[tuple[str, str, str | None]] = set()
        self.codes: list[str] = []
        self.outside = ""
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.counts[tag] += 1
        self.attributes.update((tag, name, value) for name, value in attrs)
        if tag == "code":
            self.codes.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "code" in self._open:
            self.codes[-1] += data
        else:
            self.outside += data

    def handle_comment(self, data):
        assert data == f" {PHRASE} "

    def handle_decl(self, data):
        raise AssertionError(data)

    handle_pi = unknown_decl = handle_decl


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
    assert page.counts["details"] == page.counts["summary"] == len(REPORT.clusters)
    assert page.counts["table"] == len(REPORT.clusters) + 1
    assert page.counts["tr"] == 2 + 3 * len(REPORT.clusters)
    assert page.counts["td"] == 6 + 10 * len(REPORT.clusters)
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


@pytest.mark.parametrize("format", ["csv", "csv-pairs"])
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


def test_a_cluster_that_is_never_whole_in_memory_is_the_same_line():
    def in_rows(values):
        return Rows(lambda begin, end: list(values[begin:end]), range(len(values) + 1))

    streamed = [
        msgspec.structs.replace(each, members=in_rows(each.members), pairs=in_rows(each.pairs))
        for each in REPORT.clusters
    ]
    lines = b"".join(render_jsonl(msgspec.structs.replace(REPORT, clusters=streamed)))
    assert lines == b"".join(render_jsonl(REPORT))
