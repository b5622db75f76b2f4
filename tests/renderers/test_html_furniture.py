"""Furniture and forms in the HTML report: the marks of clusters and members, and the passages."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import msgspec
import pytest

import dedupe
from dedupe import Config
from dedupe.model.furniture import Form, FormPlace, Furniture, FurnitureMember, FurniturePassage
from dedupe.model.report import Report
from tests.renderers.test_html_report import ATTRIBUTES, ELEMENTS, Inspector, render
from tests.support.browser import OpenPage
from tests.support.injections import VECTORS
from tests.support.reports import make_cluster, make_member, make_report


def section(page: str) -> str:
    start = page.find('<section class="finding" id="furniture">')
    return page[start : page.index("</section>", start)] if start >= 0 else ""


def cluster_of(page: str, cluster_id: str) -> str:
    start = page.index(f'<noscript id="c-{cluster_id}"')
    return page[start : page.index("</noscript>", start)]


def marked_report(*passages: FurniturePassage, count: int = 7) -> Report:
    """Three clusters: a form; one with a member that rests on furniture; one without a sign."""
    form = make_cluster("f" * 16, *(make_member(f"law {n}", jaccard=0.9) for n in range(4)))
    resting = make_cluster(
        "a" * 16,
        make_member("kept", "identical", 1.0),
        make_member("page", jaccard=0.81),
        make_member("copy", jaccard=0.95),
    )
    plain = make_cluster("b" * 16, make_member("one", "identical", 1.0), make_member("two"))
    members = (
        FurnitureMember("page", "kept", 60, 52, 3101, 0.81, 0.12),
        FurnitureMember("copy", "kept", 60, 20, 3101, 0.95, 0.93),
    )
    furniture = Furniture(count, 3200, 99_000, 0, 27, 13, passages, members)
    forms = (Form("f" * 16, "law 0", 4, (FormPlace(4, 6, 4), FormPlace(9, 10, 4))),)
    report = make_report(form, resting, plain)
    return msgspec.structs.replace(report, furniture=furniture, forms=forms)


MENU = FurniturePassage("kept", 0, 30, 3101, 2900, "news.example", "Home | News\n<About us> & more")
NOTICE = FurniturePassage("elsewhere", 7, 15, 12, 11)


def test_members_by_furniture_are_marked_with_their_figures():
    page = render(marked_report(MENU, NOTICE))
    resting = cluster_of(page, "a" * 16)
    assert "<span class=warning>1\u00a0member by furniture</span></span></summary>" in resting
    [told] = re.findall(r'<p class="remark warning">(.*?)</p>', resting)
    assert told == (
        "52 of 60 shared shingles are furniture, which stands in up to 3,100\u00a0other documents: "
        "without it the Jaccard is 0.12"
    )
    before = resting[: resting.index(told)]
    assert before.rindex(">page<") > before.rindex(">kept<")
    assert "furniture" not in cluster_of(page, "b" * 16) + cluster_of(page, "f" * 16)


def test_forms_are_marked():
    page = render(marked_report())
    form = cluster_of(page, "f" * 16)
    assert "<span class=warning>same form</span>" in form
    assert "same form, other values: 4 texts differ in 2\u00a0places</p>" in form
    assert "same form" not in cluster_of(page, "a" * 16)


def test_the_passages_are_listed_with_counts_and_an_example():
    shown = section(render(marked_report(MENU, NOTICE)))
    assert "<h2>7\u00a0passages of furniture</h2>" in shown
    assert (
        "<p>Of the duplicates 27\u00a0pairs rest on it, and 13\u00a0pairs would be found" in shown
    )
    first, second = re.findall("<li>(.*?)</li>", shown, re.DOTALL)
    assert first.startswith('3,101\u00a0documents of <bdi class="id">news.example</bdi>')
    assert "30\u00a0words, as in" in first and '<bdi class="id">kept</bdi>' in first
    assert "“<bdi>Home | News &lt;About us&gt; &amp; more</bdi>”" in first
    assert second.startswith("12\u00a0documents<span") and "“" not in second
    assert "and 5\u00a0passages more" in shown


def test_the_list_is_bounded():
    many = (msgspec.structs.replace(MENU, text="word " * 10_000),) * 150
    shown = section(render(marked_report(*many, count=900)))
    assert shown.count("<li>") == 100 and "and 800\u00a0passages more" in shown
    assert len(shown) < 100_000


def test_no_furniture_no_section_and_no_marks():
    report = marked_report(MENU)
    without = msgspec.structs.replace(report, furniture=None, forms=None)
    page = render(without)
    assert section(page) == ""
    assert "class=warning" not in page and "same form" not in page
    none = msgspec.structs.replace(report, furniture=Furniture(0, 0, 0, 0, 0, 0), forms=())
    assert "No furniture: no passage stands in many documents" in section(render(none))


def test_a_scan_of_sites_with_menus_shows_them():
    """A menu before long articles, and before short notes, which it makes alike."""
    menu = " ".join(f"menu{number}" for number in range(120))
    sizes = [*range(200, 214), 15, 16, 17]
    texts = {
        f"site.example/{n}": f"{menu} " + " ".join(f"note{n}x{i}" for i in range(size))
        for n, size in enumerate(sizes)
    }
    report = dedupe.find_duplicates(texts, Config(furniture="report", workers=1))
    page = render(report, texts)
    assert "members by furniture</span>" in page
    assert "17\u00a0documents of" in section(page) and "menu0 menu1 menu2" in section(page)


@pytest.mark.parametrize("part", [0, 1])
def test_what_stands_in_a_passage_is_text(part):
    chosen = [*VECTORS][part::2]
    passages = (
        FurniturePassage(each, 0, 20, 40, 30, each, f"{each} and {each}") for each in chosen
    )
    page = render(marked_report(*passages))
    assert section(page).count("<li>") == len(chosen) < 100
    inspector = Inspector()
    inspector.feed(page)
    assert inspector.elements <= set(ELEMENTS.split())
    assert inspector.attributes <= set(ATTRIBUTES.split())
    plain = Inspector()
    plain.feed(render(marked_report()))
    assert inspector.links == plain.links
    harmful = {
        each for each in page if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }
    assert harmful <= {"\n", "\u200c", "\u200d"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(scheme: str, open_page: OpenPage, tmp_path: Path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    path = tmp_path / "report.html"
    path.write_text(render(marked_report(MENU, NOTICE)), encoding="utf-8")
    page = open_page(path, color_scheme=scheme)
    page.evaluate(
        "for (const each of document.querySelectorAll('.finding details')) each.open = true"
    )
    for row in page.locator(".cluster").all():
        row.locator("summary").first.click()
    assert page.locator(".remark.warning").is_visible()
    # A mark has the colour of a warning, not that of other remarks.
    colours = page.locator(".cluster .warning").evaluate_all(
        "marks => marks.map(mark => getComputedStyle(mark).color)"
    )
    assert len(colours) == 3 and len(set(colours)) == 1
    assert colours[0] != page.locator("#furniture .detail").first.evaluate(
        "each => getComputedStyle(each).color"
    )
    assert [each["id"] for each in axe.run(page).response["violations"]] == []
