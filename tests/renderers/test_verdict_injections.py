"""Nothing that stands in a document or an id acts in a verdict or a baseline."""

from __future__ import annotations

import json
import re

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from dedupe.gate.baseline import format_baseline, parse_baseline
from dedupe.gate.limits import GateLimits
from dedupe.gate.verdict import judge_report, make_baseline
from dedupe.model.output_marks import GITHUB_MARK
from dedupe.renderers.registry import FORMATS
from dedupe.renderers.verdict.view import VerdictView
from dedupe.renderers.view.options import RenderOptions
from dedupe.renderers.view.terminal import escape_text, shorten_middle
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

BASELINE = make_baseline(REPORT)
KNOWN = frozenset(sorted(BASELINE.entries)[::2])
COMMAND_LINE = " ".join(VECTORS)


def view(half_known: bool) -> VerdictView:
    """A verdict on the hostile report, of which nothing is known, or half and what is gone."""
    known = None
    if half_known:
        gone = {entry._replace(content_hash="f" * 32) for entry in BASELINE.entries}
        known = type(BASELINE)(BASELINE.settings, KNOWN | gone)
    return VerdictView(
        verdict=judge_report(REPORT, GateLimits(), known),
        report=REPORT,
        texts=Texts(TEXTS),
        options=RenderOptions(width=100, top=None, markdown_limit=10**8),
        baseline="\x1b[2J<b>::error::##[x]" if half_known else "",
        accept_command=COMMAND_LINE,
        updated=(1, 2) if half_known else None,
    )


WITH_VERDICT = [name for name, each in FORMATS.items() if each.render_verdict]

VIEWS = {False: view(False), True: view(True)}


def render(format: str, half_known: bool = False, **options) -> str:
    shown = VIEWS[half_known]
    shown = replace(shown, options=replace(shown.options, **options))
    return b"".join(FORMATS[format].render_verdict(shown)).decode()


def test_the_verdict_reaches_all_vectors():
    assert {new.id for new in VIEWS[False].verdict.new} == {*SURPLUS}
    assert VIEWS[True].verdict.gone
    assert len(VIEWS[True].verdict.new) > 10


@pytest.mark.parametrize("half_known", [False, True])
@pytest.mark.parametrize("format", WITH_VERDICT)
def test_no_verdict_acts_on_a_terminal_or_in_a_log(format, half_known):
    shown = render(format, half_known)
    assert "evil" in shown or format == "github"
    assert CONTROLS.findall(shown) == []
    if format == "github":
        return
    for line in shown.split("\n"):
        assert not COMMAND.match(line), line


def test_annotations_are_only_our_own(monkeypatch):
    monkeypatch.setattr("dedupe.renderers.verdict.github.MAX_ANNOTATIONS", 10**6)
    mark, *lines = render("github").splitlines()
    assert mark == GITHUB_MARK.strip()
    found = VIEWS[False].verdict.new
    ids = list(dict.fromkeys(id for new in found for id in (new.id, new.copy_of)))
    assert len(lines) == len(ids) > len(SURPLUS)
    for line, id in zip(lines, ids, strict=True):
        assert not CONTROLS.search(line)
        name, properties, message = parse_command(line)
        assert name == "error"
        assert set(properties) == {"file", "line", "title"}
        assert message.startswith(shorten_middle(escape_text(id), 200))


@pytest.mark.parametrize("half_known", [False, True])
def test_markdown_renders_to_what_we_wrote_and_nothing_else(half_known):
    shown = VIEWS[half_known]
    page = Page(MarkdownIt("gfm-like").render(render("markdown", half_known)))
    assert set(page.counts) <= ALLOWED
    assert page.attributes <= {
        ("th", "style", "text-align:right"),
        ("td", "style", "text-align:right"),
        ("code", "class", "language-diff"),
    }
    count = len(shown.verdict.new)
    assert page.counts["tr"] == 1 + count
    assert page.counts["td"] == 6 * count
    assert page.counts["details"] == sum(new.relation == "near" for new in shown.verdict.new)
    assert page.counts["h3"] == page.counts["table"] == 1
    for new in shown.verdict.new:
        assert shorten_middle(escape_text(new.id), 80) in page.codes
    for word in ("evil", "alert", "octocat", "@", "http", "www", "#1"):
        assert word not in page.outside


def test_a_baseline_holds_each_id_on_its_line_and_harmless():
    written = format_baseline(BASELINE).decode()
    assert parse_baseline(written.encode(), "b") == BASELINE
    assert CONTROLS.findall(written) == []
    entries = [line for line in written.split("\n") if re.match("[0-9a-f]{12} ", line)]
    assert len(entries) == len(BASELINE.entries)
    assert {json.loads(line[46:]) for line in entries} == {*TEXTS}
    for line in written.split("\n"):
        assert not COMMAND.match(line), line
