"""The section of contained documents in the HTML report."""

from __future__ import annotations

import re
import unicodedata

import msgspec
import pytest

import dedupe
from dedupe import Config
from dedupe.model.report import Report
from tests.renderers.test_html_report import ATTRIBUTES, ELEMENTS, Inspector, render
from tests.support.injections import VECTORS
from tests.support.reports import Texts

CONFIG = Config(find=("near", "contained"), workers=1)


def words(name: str, count: int) -> str:
    return " ".join(f"{name}{number}" for number in range(count))


def section(page: str) -> str:
    start = page.find('<section class="finding" id="contained-documents">')
    return page[start : page.index("</section>", start)] if start >= 0 else ""


def scan(texts: dict[str, str]) -> Report:
    return dedupe.find_duplicates(texts, CONFIG)


def test_the_strip_shows_where_in_the_longer_one_the_shorter_stands():
    short = words("a", 100)
    first, second = (" ".join(half) for half in (short.split()[:50], short.split()[50:]))
    parts = (words("x", 300), first, words("y", 100), second, words("z", 300))
    texts = {"short.txt": short, "long.txt": " ".join(parts)}
    report = scan(texts)
    shown = section(render(report, texts))
    assert "<h2>1\u00a0contained document</h2>" in shown
    assert re.findall(r'<bdi class="id">(.*?)</bdi>', shown) == ["short.txt", "long.txt"]
    assert "96\u00a0% of it stands in" in shown and "12\u00a0% of that" in shown
    marks = re.findall(r'<rect class="bar" x="([0-9.]+)" width="([0-9.]+)"', shown)
    total = 800
    assert [tuple(map(float, mark)) for mark in marks] == [
        (round(1000 * start / total, 1), round(1000 * 50 / total, 1)) for start in (300, 450)
    ]
    assert re.search(r'class="quote">“<bdi>a0 a1 a2 .* a49</bdi>”', shown)


def test_a_mark_is_never_outside_its_strip_and_never_too_narrow_to_see():
    quoted = words("a", 60)
    texts = {"short": quoted, "long": f"{words('x', 30_000)} {quoted}"}
    [(start, width)] = re.findall(
        r'<rect class="bar" x="([0-9.]+)" width="([0-9.]+)"', section(render(scan(texts), texts))
    )
    assert float(width) >= 3 and float(start) + float(width) <= 1000


def test_a_page_without_them_has_no_section_and_says_whether_it_looked():
    texts = {"one": words("a", 80), "two": words("b", 80)}
    page = render(scan(texts), texts)
    assert section(page) == "" and "0\u00a0documents contained in others." in page
    page = render(dedupe.find_duplicates(texts, Config(workers=1)), texts)
    assert (
        section(page) == ""
        and "Contained documents not looked for (--find near,contained)." in page
    )


def test_no_text_is_read_where_no_difference_is_asked_for():
    texts = {"short": words("a", 60), "long": words("a", 200)}
    report = scan(texts)
    page = render(report, texts, diff=False)
    assert 'class="strip"' in section(page) and "a0 a1" not in page
    # Texts that changed are left out, and so is the quotation.
    assert 'class="quote"' not in section(render(report, {}))


@pytest.mark.parametrize("part", [0, 1])
def test_ids_and_texts_make_no_markup(part):
    texts = {}
    chosen = [*VECTORS][part::2]
    for number, vector in enumerate(chosen):
        short = f"{vector} {words(f's{number}x', 70)} {vector}"
        texts[f"short {number} {vector}"] = short
        texts[f"long {number} {vector}"] = f"{short} {words(f'l{number}x', 200)}"
    report = scan(texts)
    page = render(report, texts)
    assert section(page).count("<li>") == len(chosen) == len(report.contained) < 100
    inspector = Inspector()
    inspector.feed(page)
    assert inspector.elements <= set(ELEMENTS.split())
    assert inspector.attributes <= set(ATTRIBUTES.split())
    assert all(link.startswith(("#", "data:image/svg+xml")) for link in inspector.links)
    harmful = {
        each for each in page if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }
    assert harmful <= {"\n", "\u200c", "\u200d"}


def test_the_list_stays_within_its_share_of_the_page():
    texts = {}
    for number in range(150):
        short = words(f"s{number}x", 60)
        texts[f"{'folder/' * 12}short{number:03}"] = short
        texts[f"long{number:03}"] = f"{short} {words(f'l{number}x', 60)}"
    report = scan(texts)
    assert len(report.contained) == 150
    page = render(report, texts)
    assert section(page).count("<li>") == 100
    assert "and 50\u00a0pairs more" in section(page)
    small = render(report, texts, max_bytes=200_000)
    assert 0 < section(small).count("<li>") < 30 and len(section(small).encode()) < 12_000
    assert len(small.encode()) <= 200_000


def test_few_texts_are_held_at_once_and_equal_reports_give_equal_pages():
    texts = {f"s{n:02}": words(f"s{n}x", 60) for n in range(25)}
    texts |= {f"l{n:02}": f"{words(f's{n}x', 60)} {words(f'l{n}x', 90)}" for n in range(25)}
    report = scan(texts)
    provider = Texts(texts)
    from dedupe.renderers.html import HtmlOptions, render_html

    page = b"".join(render_html(report, provider, HtmlOptions())).decode()
    assert max(map(len, provider.asked)) <= 10
    turned = msgspec.structs.replace(report, contained=report.contained[::-1])
    assert section(render(turned, texts)) == section(page)
