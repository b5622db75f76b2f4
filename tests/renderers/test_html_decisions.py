"""Decisions on the page, in a browser: made by clicks and keys, saved, and applied."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import dedupe
from dedupe.api import scan_with_texts
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.renderers.html import HtmlOptions, render_html
from dedupe.report.decisions import fingerprint_report, load_decisions
from dedupe.report.json import render_json
from tests.support.browser import OpenPage
from tests.support.command import FIXTURES, RunDedupe
from tests.support.injections import NAMED_VECTORS, VECTORS
from tests.support.reports import ARTICLE, Texts, make_cluster, make_member, make_report

pytestmark = pytest.mark.slow

CLUSTER = "#rows > .cluster"


def write_page(path: Path, report: Report, texts: Any) -> Path:
    path.write_bytes(b"".join(render_html(report, texts, HtmlOptions(folder=str(path.parent)))))
    return path


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("decided")
    report, texts = scan_with_texts([str(FIXTURES / "articles")], Config())
    (folder / "report.json").write_bytes(render_json(report))
    return write_page(folder / "report.html", report, texts), report


def save(page: Any) -> dict[str, Any]:
    """The file that the page saves."""
    page.click("#decide")
    with page.expect_download() as waiting:
        page.click("#decisions-save")
    assert waiting.value.suggested_filename == "decisions.json"
    saved = json.loads(Path(waiting.value.path()).read_bytes())
    page.click("#decisions-close")
    return saved


def choices(page: Any) -> list[tuple[str, str]]:
    return [(each["id"], each["choice"]) for each in save(page)["decisions"]]


def names_of(page: Any) -> list[str]:
    return page.locator(f"{CLUSTER}[open] .who").all_inner_texts()


def test_decisions_by_clicks_are_applied(
    scanned: tuple[Path, Report], open_page: OpenPage, run_dedupe: RunDedupe, tmp_path: Path
):
    path, report = scanned
    page = open_page(path)
    kept, second, third = names_of(page)
    members = page.locator(f"{CLUSTER}[open] .members > li")
    members.nth(1).get_by_role("button", name="Keep instead").click()
    members.nth(2).get_by_role("button", name="Keep", exact=True).click()
    assert page.inner_text("#decided").strip() == "3"
    told = page.locator(f"{CLUSTER}[open] > summary .told").inner_text()
    assert told.startswith("3 decisions")
    saved = save(page)
    assert saved["dedupe_decisions"] == 1 and saved["report"] == fingerprint_report(report)
    assert {each["id"]: each["choice"] for each in saved["decisions"]} == {
        kept: "drop",
        second: "keep",
        third: "keep",
    }
    (tmp_path / "decisions.json").write_text(json.dumps(saved), encoding="utf-8")
    page.click("#decide")
    command = page.inner_text("#decisions-next").splitlines()[0].split()
    assert command[:2] == ["dedupe", "apply"]
    command[command.index("report.json")] = str(path.parent / "report.json")
    outcome = json.loads(run_dedupe(*command[1:], "--format", "json").stdout)
    assert set(outcome["chosen"]) == {second, third}
    assert {each["id"]: each["keeper"] for each in outcome["dropped"]}[kept] in (second, third)
    assert len(outcome["dropped"]) == report.corpus.duplicate_count - 1


def test_decisions_by_keys_with_undo(scanned: tuple[Path, Report], open_page: OpenPage):
    page = open_page(scanned[0])
    kept, second, third = names_of(page)
    for key in "mmy":
        page.keyboard.press(key)
    assert choices(page) == [(second, "keep")]
    page.keyboard.press("z")
    assert page.inner_text("#decided") == ""
    page.locator(f"{CLUSTER}[open] .members > li").nth(1).focus()
    for key in "mdd":
        page.keyboard.press(key)
    assert page.inner_text("#decided") == "", "the second time is as before"
    page.keyboard.press("a")
    assert choices(page) == sorted([(kept, "drop"), (third, "keep")])
    page.locator(f"{CLUSTER}[open] .members > li").nth(2).focus()
    for key in "Ma":
        page.keyboard.press(key)
    assert choices(page) == sorted([(kept, "drop"), (second, "keep")])
    page.keyboard.press("z")
    page.keyboard.press("z")
    page.keyboard.press("z")
    assert page.inner_text("#decided") == " 1" or page.inner_text("#decided").strip() == "1"
    page.keyboard.press("c")
    assert page.locator("#decisions").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#decisions").is_hidden()


def test_decisions_are_there_after_a_reload(scanned: tuple[Path, Report], open_page: OpenPage):
    page = open_page(scanned[0])
    page.keyboard.press("m")
    page.keyboard.press("m")
    page.keyboard.press("y")
    page.reload()
    assert page.inner_text("#decided").strip() == "1"
    pressed = page.locator(".decided [aria-pressed=true]")
    assert pressed.all_inner_texts() == ["Keep"]
    page.click("#decide")
    assert "remembers" in page.inner_text("#decisions-kept")
    page.click("#decisions-forget")
    page.reload()
    assert page.inner_text("#decided") == ""
    page.evaluate("localStorage.setItem('dedupe-choices-' + clusters.dataset.report, '[[1,{}],3]')")
    page.reload()
    assert page.inner_text("#decided") == "", "what another page wrote is not believed"


def test_nothing_kept_cannot_be_saved(scanned: tuple[Path, Report], open_page: OpenPage):
    page = open_page(scanned[0])
    page.keyboard.press("m")
    page.keyboard.press("d")
    assert "nothing is kept" in page.locator(f"{CLUSTER}[open] .told").inner_text()
    page.click("#decide")
    assert page.locator("#decisions-save").is_hidden()
    page.locator("#decisions-problems button").click()
    assert page.locator("#decisions").is_hidden()
    for key in "mmy":
        page.keyboard.press(key)
    assert len(choices(page)) == 2


def test_where_nothing_can_be_stored_the_page_says_so(
    scanned: tuple[Path, Report], open_page: OpenPage, tmp_path: Path
):
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe sandbox="allow-scripts" width="1200" height="800" '
        f'src="{scanned[0].as_uri()}"></iframe>'
    )
    inside = open_page(frame).frame_locator("iframe")
    inside.get_by_role("button", name="Keep instead").first.click()
    inside.locator("#decide").click()
    assert "save the decisions" in inside.locator("#decisions-kept").inner_text()
    assert json.loads(inside.locator("#decisions-text").input_value())["dedupe_decisions"] == 1


def test_hostile_ids_come_back_as_they_are(open_page: OpenPage, tmp_path: Path):
    clusters, texts = [], {}
    for number, vector in enumerate([*VECTORS, "two\nlines", "x" * 500, " two  spaces "]):
        first, second = f"{vector} {number}a", f"{number}b {vector}"
        members = [
            make_member(first, "identical", 1.0, content_hash=f"{2 * number:032x}"),
            make_member(second, content_hash=f"{2 * number + 1:032x}"),
        ]
        clusters.append(make_cluster(f"{number:016x}", *members))
        texts |= {first: ARTICLE, second: f"{ARTICLE} more"}
    report = make_report(*clusters)
    page = open_page(write_page(tmp_path / "report.html", report, Texts(texts)))
    page.evaluate(
        """() => {
          while (!document.getElementById("later").hidden) document.getElementById("later").click();
        }"""
    )
    page.keyboard.press("e")
    page.evaluate(
        "for (const each of document.querySelectorAll('[data-choice=instead]')) each.click()"
    )
    saved = save(page)
    path = tmp_path / "decisions.json"
    page.click("#decide")
    written = page.input_value("#decisions-text")
    assert written.isascii(), "no id steers what shows the file"
    path.write_text(written, encoding="ascii")
    assert json.loads(written) == saved
    decisions, remark = load_decisions(str(path), report)
    assert remark == ""
    assert decisions.choices == {
        member.id: "drop" if member.id == cluster.representative else "keep"
        for cluster in report.clusters
        for member in cluster.members
    }
    assert page.evaluate("window.pwned") is None


def test_ids_are_copied_as_a_list(open_page: OpenPage, tmp_path: Path):
    override = NAMED_VECTORS["right-to-left override"]
    cluster = make_cluster(
        "aa",
        make_member("a", "identical", 1.0),
        make_member("b\nrm"),
        make_member(override),
        make_member("c"),
    )
    path = write_page(tmp_path / "report.html", make_report(cluster), Texts({"a": ARTICLE}))
    page = open_page(path, permissions=["clipboard-read", "clipboard-write"])
    for number in range(1, 4):
        page.locator(".members > li").nth(number).locator("[data-choice=keep]").click()
    page.click("#decide")
    page.click("#ids-keep")
    page.locator("#decisions-done", has_text="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    lines = copied.splitlines()
    assert "c" in lines and '"b\\nrm"' in lines and len(lines) == 3
    assert any(line.startswith('"') and json.loads(line) == override for line in lines)


# --- what else the page does first -----------------------------------------------------------


def test_the_first_cluster_stands_open_with_its_differences(
    scanned: tuple[Path, Report], open_page: OpenPage
):
    page = open_page(scanned[0])
    assert page.locator(f"{CLUSTER}[open]").count() == 1
    assert page.locator(f"{CLUSTER}:first-child ins").first.is_visible()
    assert page.evaluate("location.hash") == "", "the reader chose nothing"
    page.keyboard.press("e")
    assert page.locator(f"{CLUSTER}:not([open])").count() == 0
    page.click("#expand")
    assert page.locator(f"{CLUSTER}[open]").count() == 0
    page.wait_for_timeout(100)
    assert page.evaluate("location.hash") == ""


def test_jumps_and_charts(scanned: tuple[Path, Report], open_page: OpenPage, tmp_path: Path):
    page = open_page(scanned[0])
    order = page.evaluate(
        "clusters.compareDocumentPosition(charts) & Node.DOCUMENT_POSITION_FOLLOWING"
    )
    assert order, "what was found comes before charts of it"
    page.click(".jumps a[href='#settings']")
    assert page.locator("#settings dl").is_visible()
    few = dedupe.find_duplicates([ARTICLE, ARTICLE])
    small = write_page(tmp_path / "few.html", few, Texts({})).read_text(encoding="utf-8")
    assert 'id="charts"' not in small and 'href="#charts"' not in small


def test_a_search_in_texts_shows_where_it_met(scanned: tuple[Path, Report], open_page: OpenPage):
    page = open_page(scanned[0], "q=dinghy")
    snippet = page.locator(".snippet")
    snippet.first.wait_for()
    assert "dinghy" in snippet.first.inner_text().lower()
    page.fill("#q", "")
    assert snippet.count() == 0


def test_nothing_covers_the_texts(scanned: tuple[Path, Report], open_page: OpenPage):
    page = open_page(scanned[0])
    page.keyboard.press("n")
    assert page.locator("#pager").is_visible()
    fixed = (
        "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).position == 'fixed')"
    )
    assert page.evaluate(f"{fixed}.filter(e => e.localName !== 'dialog').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1280])
def test_decisions_are_accessible(
    scheme: str, width: int, scanned: tuple[Path, Report], open_page: OpenPage
):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(scanned[0], color_scheme=scheme, width=width)

    def check() -> None:
        violations = axe.run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in violations] == []

    for key in "mmd":
        page.keyboard.press(key)
    page.keyboard.press("a")
    check()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("c")
    check()
    page.keyboard.press("Escape")
    for key in "zzM":
        page.keyboard.press(key)
    page.keyboard.press("d")
    check()
    page.keyboard.press("c")
    check()
    assert re.search("nothing is kept", page.inner_text("#decisions-problems"))
