"""The report in a browser: what it shows, what it lets people do, and what it lets nobody do."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe.diff import diff_texts
from dedupe.model.documents import Notice, SkippedDocument, SourceInfo
from dedupe.model.errors import DedupeError
from dedupe.model.installation import install_command
from dedupe.model.relations import Relation
from dedupe.model.report import DuplicatePair, Report
from dedupe.model.settings import Config, ScanSettings
from dedupe.renderers.html import HtmlOptions, check_installed, render_html
from dedupe.renderers.html.change_figures import count_numbers, describe_ends
from dedupe.renderers.html.charts import chart_jaccard, chart_sizes, chart_words
from dedupe.renderers.html.diff_rows import FoldedRows, Part, Row, arrange_rows
from dedupe.renderers.html.headlines import find_headline, shorten_middle
from dedupe.renderers.html.links import source_link, web_link
from dedupe.renderers.html.visible import mark_invisible, mark_lines, spell_invisible
from dedupe.sketch.plain import tokenize_text
from tests.support.browser import OpenPage
from tests.support.command import FIXTURES, RunDedupe, clean_environment
from tests.support.injections import NAMED_VECTORS, VECTORS
from tests.support.reports import ARTICLE, SENTENCES, Texts, make_cluster, make_member, make_report

ELEMENTS = """
html head meta title link style script body header main section footer div p span b i a bdi h1
h2 h3 ul ol li dl dt dd table thead tbody tr th td details summary noscript figure figcaption
svg g rect title del ins button input select option label fieldset legend datalist dialog kbd
nav pre code textarea
"""
ATTRIBUTES = """
id class lang charset http-equiv content name rel href type title hidden open role tabindex
scope for value list placeholder min max step autocomplete spellcheck viewbox
preserveaspectratio x y width height aria-label aria-labelledby aria-hidden aria-expanded
aria-controls aria-pressed data-n data-w data-j data-r data-l data-jmin
data-jmax data-nmin data-nmax data-place data-places data-theme data-h data-i data-fixed
data-report data-choice rows readonly tabindex
"""
PAGES = {NAMED_VECTORS["bare URL"], NAMED_VECTORS["URL with a user"]}
"""Of the vectors, those that may be a link, to be clicked by who wants to."""


def render(report: Report, texts: dict[str, str] | None = None, **options: Any) -> str:
    return b"".join(render_html(report, Texts(texts or {}), HtmlOptions(**options))).decode()


def many_clusters(count: int) -> tuple[Report, dict[str, str]]:
    """Clusters of two to four documents, to which one and another paragraph was added."""
    clusters, texts = [], {}
    for number in range(count):
        ids = [f"site{number % 7}.example/{number:04}-{copy}" for copy in range(2 + number % 3)]
        jaccard = 0.7 + (number % 30) / 100
        members = [make_member(ids[0], "identical", 1.0)]
        members += [make_member(id, "near", jaccard, content_hash=id) for id in ids[1:]]
        clusters.append(make_cluster(f"{number:016x}", *members))
        added = " ".join(f"added{number}n{i}" for i in range(40))
        for copy, id in enumerate(ids):
            texts[id] = f"Story {number}: the harbour news\n{ARTICLE}\n" + added * copy
    clusters.sort(key=lambda cluster: -len(cluster.members))
    return make_report(*clusters), texts


# --- the file ------------------------------------------------------------------------------


@pytest.mark.slow
def test_live_and_saved_reports_give_the_same_bytes(run_dedupe: RunDedupe, tmp_path: Path):
    (tmp_path / "corpus").mkdir()
    for path in [*(FIXTURES / "articles").iterdir(), FIXTURES / "records.jsonl"]:
        (tmp_path / "corpus" / path.name).write_bytes(path.read_bytes())
    script = """
import sys
from dedupe.api import scan_with_texts
from dedupe.model.settings import Config
from dedupe.renderers.html import HtmlOptions, render_html
from dedupe.report.json import parse_report, render_json
from dedupe.sources import SourceTexts
report, texts = scan_with_texts(["corpus"], Config(workers=int(sys.argv[1])))
live = b"".join(render_html(report, texts, HtmlOptions()))
saved = parse_report(render_json(report))
again = b"".join(render_html(saved, SourceTexts.of_report(saved), HtmlOptions()))
assert live == again
start = live.index(b"<main>")
sys.stdout.buffer.write(live[start:live.index(b"<footer>")])
"""
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script, workers],
            capture_output=True,
            check=True,
            cwd=tmp_path,
            env=clean_environment(PYTHONHASHSEED=seed, PYTHONPATH=os.pathsep.join(sys.path)),
        ).stdout
        for workers, seed in (("1", "1"), ("2", "2"))
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 20_000


def test_command_writes_a_report(run_dedupe: RunDedupe, tmp_path: Path):
    (tmp_path / "out").mkdir()
    run_dedupe("scan", FIXTURES / "articles", "--format", "html", "--output", "out/report.html")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "harbour-bridge_newswire.txt" in page
    assert "<ins>" in page
    none = run_dedupe("scan", FIXTURES / "articles", "--format", "html", "--diff", "none").stdout
    assert b"<ins>" not in none
    assert b"harbour-bridge_newswire.txt" in none


def test_missing_library_is_named_before_the_scan(monkeypatch: pytest.MonkeyPatch):
    import dedupe.renderers.html.environment as environment

    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    report = make_report()
    for call in (check_installed, lambda: render_html(report, Texts({}), HtmlOptions())):
        with pytest.raises(DedupeError, match=re.escape(install_command("report"))):
            call()


def test_policy_names_the_style_and_the_script_that_are_there():
    page = render(make_report())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    for element in ("style", "script"):
        contents = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert len(contents) == 1
        digest = base64.b64encode(hashlib.sha256(contents[0].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]


def test_nothing_found_is_said():
    page = render(make_report())
    assert "No duplicates: no two of 40" in page
    assert 'id="rows"' not in page
    empty = dedupe.find_duplicates([])
    assert "Nothing to compare" in render(empty)


def test_texts_that_cannot_be_read_are_told():
    cluster = make_cluster("aa", make_member("a", "identical", 1.0), make_member("b"))
    page = render(make_report(cluster), {"a": ARTICLE})
    assert "not shown: b has changed since the scan" in page
    page = render(make_report(cluster), {"b": ARTICLE})
    assert "not shown: a has changed since the scan" in page


def test_copies_of_one_text_are_shown_once():
    members = [make_member("kept", "identical", 1.0)]
    members += [make_member(f"copy{i}", content_hash="same") for i in range(3)]
    texts = {"kept": ARTICLE, **{f"copy{i}": f"{ARTICLE}\nMore" for i in range(3)}}
    page = render(make_report(make_cluster("aa", *members)), texts)
    assert page.count("<details class=pair") == 1
    assert page.count("the same text as copy0") == 2


def test_many_members_are_counted():
    members = [make_member("kept", "identical", 1.0)]
    members += [make_member(f"near{i:03}") for i in range(230)]
    texts = {m.id: f"{ARTICLE}\n{m.id}" for m in members}
    page = render(make_report(make_cluster("aa", *members)), texts)
    assert page.count("<li data-h=") == 200
    assert "and 30\u00a0members more" in page
    assert page.count("<details class=pair") == 20
    assert page.count("differences of 20 other members are") == 180


def test_long_lists_are_cut_and_counted():
    bridges = tuple(
        DuplicatePair(f"a{i}", f"b{i}", Relation.NEAR, 8, 9, 9, 0.8) for i in range(300)
    )
    skipped = tuple(SkippedDocument(f"s{i}", "no_tokens") for i in range(50))
    page = render(make_report(bridges=bridges, skipped=skipped))
    assert "and 100\u00a0bridges more" in page
    assert "and 30 more" in page


def test_the_run_decides_nothing_where_room_is_scarce():
    """Two scans with other workers give one page, but for the line about the run."""
    report, texts = many_clusters(12)
    named = {
        "version": "1.0.0+local.build.of.somebody",
        "python": "3.13.0 with a long name of its own",
    }
    other = msgspec.structs.replace(
        report.run, workers=10**9, seconds=1e6, byte_count=10**15, **named
    )
    other = msgspec.structs.replace(report, run=other)
    for max_bytes in range(86_000, 98_000, 1_500):
        pages = [render(each, texts, max_bytes=max_bytes) for each in (report, other)]
        cut = [re.sub(r"<p>dedupe .*?</p>", "", page) for page in pages]
        assert cut[0] == cut[1] and len(pages[0]) + 50 < len(pages[1])
        assert "To keep this file below" in cut[0]


@pytest.mark.slow
@pytest.mark.parametrize("max_bytes", [120_000, 250_000, 600_000, 20_000_000])
def test_size_is_kept_and_what_is_left_out_is_stated(max_bytes: int):
    report, texts = many_clusters(200)
    page = render(report, texts, max_bytes=max_bytes)
    assert len(page.encode()) <= max_bytes
    listed = page.count("class=cluster")
    shown = page.count("class=pair")
    folded = page.count("<p class=fold>")
    told = re.search(r'<p class="notice">(.*)</p>', page)
    if max_bytes == 20_000_000:
        assert (listed, told, folded) == (200, None, 0)
        assert shown == report.corpus.duplicate_count
        return
    assert told is not None
    assert (f"{200 - listed}\u00a0clusters more are not listed" in told[1]) == (listed < 200)
    left_out = page.count("not shown, for size")
    assert (f"{left_out}\u00a0difference" in told[1]) == (left_out > 0)
    assert ("unchanged text is left out of" in told[1]) == (folded > 0)
    assert listed < 200 or left_out or folded


def test_long_differences_have_an_end():
    """Browsers take minutes to lay out tens of thousands of changes."""
    words = [f"w{n}" for n in range(12_000)]
    changed = [f"x{n}" if n % 20 == 7 else word for n, word in enumerate(words)]
    added = " ".join(f"more{n}" for n in range(5000))
    cluster = make_cluster(
        "aa",
        make_member("a", "identical", 1.0, content_hash="a"),
        make_member("b", content_hash="b"),
        make_member("c", content_hash="c"),
        make_member("d", content_hash="d"),
    )
    texts = {
        "a": " ".join(words),
        "b": " ".join(changed),
        "c": " ".join([*words, added]),
        "d": " ".join([*words, "y" * 100_000]),
    }
    page = render(make_report(cluster), texts)
    assert "in 600\u00a0places" in page
    assert page.count("<del>") == 400
    assert "<p class=fold>200\u00a0places more</p>" in page
    assert "more1999<i class=o>and 3,000\u00a0words more</i></ins>" in page
    assert "<ins>yyy" in page and "y" * 500 not in page
    assert len(page) < 400_000


def test_size_of_reports_is_near_that_of_their_texts():
    report, texts = many_clusters(200)
    size = len(render(report, texts).encode()) - len(render(make_report()).encode())
    assert size < 3 * sum(len(text.encode()) for text in texts.values())


# --- rows, charts, links, words --------------------------------------------------------------

WORDS = st.lists(
    st.sampled_from(["a", "b", "c", "The", "ferry", "«sails»", "now.", "近日", "½", "A!"]),
    max_size=60,
)
SPACES = st.sampled_from([" ", " ", " ", "\n", "\n\n"])


@st.composite
def prose(draw: st.DrawFn) -> str:
    return "".join(word + draw(SPACES) for word in draw(WORDS))


def all_parts(rows: Iterator[Row | FoldedRows]) -> Iterator[list[Part]]:
    for row in rows:
        yield from row.rows if isinstance(row, FoldedRows) else [row]


@given(prose(), prose())
@settings(max_examples=150, deadline=None)
def test_rows_hold_both_texts_whole(left: str, right: str):
    diff = diff_texts(left, right, tokenize_text)
    told = {"left": "", "right": ""}
    for row in all_parts(arrange_rows(diff)):
        assert row, "no row is empty"
        assert row[0].before == ""
        for part in row:
            if part.kind != "insert":
                told["left"] += part.left if part.kind == "faint" else part.text
            if part.kind != "delete":
                told["right"] += part.text
    for side, text in (("left", left), ("right", right)):
        expected = getattr(diff, side).text
        assert re.sub(r"\s", "", told[side]) == re.sub(r"\s", "", expected)
        if expected:
            assert re.sub(r"\s", "", told[side]) == re.sub(r"\s", "", text)


def test_rows_begin_where_both_texts_begin_a_line():
    diff = diff_texts(ARTICLE, f"A new title\n{ARTICLE}\nAlso read: this", tokenize_text)
    rows = list(all_parts(arrange_rows(diff)))
    assert [part.kind for part in rows[0]] == ["insert"]
    assert [part.kind for part in rows[-1]] == ["insert"]
    assert all(len({part.kind for part in row}) == 1 for row in rows)


def test_a_line_says_how_texts_differ():
    words = [f"word{n}" for n in range(60)]
    kept = " ".join([*words, "12", "tail", "300 ferries", *words[::-1]])

    def told(text: str) -> tuple[str, int]:
        diff = diff_texts(kept, text, tokenize_text)
        return describe_ends(diff).replace("\u00a0", " "), count_numbers(diff)

    assert told(f"Home News Sport {kept}") == (", at the start", 0)
    assert told(kept.removesuffix(" word2 word1 word0")) == (", at the end", 0)
    assert told(f"Home {kept} Share this") == (": start +1, end +2", 0)
    assert told(kept.replace(" 12 tail", " 13 tail").replace("300", "301")) == ("", 2)
    assert told(f"Home {kept.replace(' 12 tail', ' 13 tail')}") == (": start +1, inside +1 −1", 1)
    assert told(kept.replace("tail", "tail 7 8 9")) == ("", 0), "new numbers replace none"
    assert told("nothing of it") == ("", 0)


def test_digits_of_every_script_are_numbers():
    """For each character that is a digit: words with it are counted where they are replaced."""
    digits = [*filter(str.isdigit, map(chr, range(sys.maxunicode + 1)))]
    assert len(digits) > 700
    kept = " ".join(f"six words that have no digit x{digit}" for digit in digits)
    diff = diff_texts(kept, kept.replace(" x", " y"), tokenize_text)
    own_words = [each for each in digits if unicodedata.normalize("NFKC", each)[0] == "("]  # ⑴
    assert count_numbers(diff) == len(digits) - len(own_words)


def test_charts_count_every_duplicate_and_cluster():
    report, _ = many_clusters(120)
    bars = chart_jaccard(report)
    assert sum(bar.count for bar in bars) == report.corpus.duplicate_count
    assert [bars[0].label, bars[-1].label, len(bars)] == ["0.70", "1.00", 31]
    assert max(bar.share for bar in bars) == 100
    sizes = chart_sizes(report)
    assert [(bar.label, bar.count) for bar in sizes] == [("2", 40), ("3", 40), ("4", 40)]


def test_words_are_to_keep_or_redundant():
    first, second, third = (" ".join(SENTENCES[n : n + 2]) for n in (0, 2, 4))
    copies = [first, first, second, second.upper(), third, third + " And a line more"]
    portions = chart_words(dedupe.find_duplicates([*copies, "alone"]))
    assert [portion.name for portion in portions] == ["kept", "identical", "normalised", "near"]
    assert sum(portion.width for portion in portions) == pytest.approx(100)
    figures = [int(portion.figures.split("\u00a0")[0]) for portion in portions]
    words = [len(text.split()) for text in (first, second, third)]
    assert figures[1:3] == words[:2]
    assert figures[3] in (words[2], words[2] + 4)
    assert sum(figures) == 2 * sum(words) + 4 + 1


@pytest.mark.parametrize(
    ("path", "folder", "link"),
    [
        ("news/a.txt", "", "news/a.txt"),
        ("news/a.txt", "out", "../news/a.txt"),
        ("news/a.txt", "news", "a.txt"),
        ("/data/a b.txt", "out", "file:///data/a%20b.txt"),
        ("//evil.invalid/x", "", "file:///evil.invalid/x"),
        ("javascript:window.pwned=1", "", "javascript%3Awindow.pwned%3D1"),
        ("a?b#c\n\udcff", "", "a%3Fb%23c%0A%FF"),
        ("-", "", ""),
    ],
)
def test_links_to_sources(path: str, folder: str, link: str):
    assert source_link(path, folder) == link


def test_links_to_pages_are_of_the_web():
    assert web_link("https://a.example/x?y=1&z=é#w") == (
        "https://a.example/x?y=1&z=é#w",
        "a.example",
    )
    assert web_link("HTTP://A.example") == ("HTTP://A.example", "a.example")
    assert web_link("https://bank.example@evil.invalid/")[1] == "evil.invalid"
    for url in ("", "https://", "ftp://a.example", "https://a.example/\u202ex", "https://a b"):
        assert web_link(url) == ("", "")
    assert {vector for vector in VECTORS if web_link(vector)[0]} == PAGES


def test_headlines():
    assert find_headline("Short\n\nThe ferry did not sail today\nMore") == (
        "Short The ferry did not sail today"
    )
    assert find_headline("\n \n") == ""
    long = find_headline("word " * 100)
    assert long.endswith(" word…")
    assert len(long) <= 110
    assert len(find_headline("字" * 500)) == 110
    assert find_headline("a\u202eb\x1b[31m, red ink and paper") == "ab[31m, red ink and paper"
    assert shorten_middle("abcdefghij", 5) == "ab…ij"


@given(st.text(st.characters(exclude_categories=())))
def test_no_invisible_character_is_left(text: str):
    for shown in (mark_invisible(text), spell_invisible(text)):
        harmful = {c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")}
        assert not harmful
        assert not set("\u202a\u202e\u2066\u2069\u200b\ufeff\u200e\u00ad") & set(shown)
    assert "<" not in re.sub(r"<i class=(u|z)>([^<]*)</i>", "", mark_invisible(text))
    assert mark_lines(text).count("\n") == text.count("\n")


def test_invisible_characters_are_named():
    assert mark_invisible("a\u202eb\0<") == ("a<i class=u>U+202E</i>b<i class=u>U+0000</i>&lt;")
    assert mark_invisible("so\u00adft") == "so<i class=z></i>ft"
    assert mark_invisible("\u0301x") == "\u25cc\u0301x"
    assert spell_invisible("a\u202eb") == "a\\u202eb"


# --- hostile reports -------------------------------------------------------------------------


def hostile_report() -> tuple[Report, dict[str, str]]:
    """Every vector in every place that holds text from outside."""
    clusters, texts = [], {}
    for number, (name, vector) in enumerate(NAMED_VECTORS.items()):
        first, second = f"{vector} {number}a", f"{number}b {vector}"
        names = ("title", "site", "date", "url", "extra")
        meta = dict.fromkeys(names, vector)
        titles = {} if number % 2 else meta
        kept = make_member(first, "identical", 1.0, meta=titles)
        clusters.append(make_cluster(f"{number}{vector}", kept, make_member(second, meta=titles)))
        texts[first] = f"{vector} begins\n{ARTICLE}\n{vector} deleted {name}"
        texts[second] = f"{vector} begins\n{ARTICLE.upper()}\n{vector} inserted\n{vector}"
    report = make_report(
        *clusters,
        bridges=tuple(DuplicatePair(v, v, Relation.NEAR, 8, 9, 9, 0.8) for v in VECTORS),
        skipped=tuple(SkippedDocument(v, v, v) for v in VECTORS),
        notices=tuple(Notice(v, v, v) for v in VECTORS),
    )
    run = msgspec.structs.replace(
        report.run,
        version=VECTORS[6],
        kernels=VECTORS[7],
        python=VECTORS[8],
        paths=tuple(VECTORS),
        sources=tuple(SourceInfo(v, "text", v) for v in VECTORS for _ in "ab"),
    )
    config = ScanSettings(text_field=tuple(VECTORS), id_field=VECTORS[6])
    return msgspec.structs.replace(report, run=run, config=config), texts


class Inspector(HTMLParser):
    """Collects the markup of a page, as a browser without scripts would see it."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links.update(value or "" for name, value in attrs if name == "href")

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    path.write_text(render(*hostile_report()), encoding="utf-8")
    return path


def test_vectors_make_no_markup(hostile_page: Path):
    assert len(VECTORS) >= 60
    inspector = Inspector()
    page = hostile_page.read_text(encoding="utf-8")
    inspector.feed(page)
    assert inspector.elements <= set(ELEMENTS.split())
    assert inspector.attributes <= set(ATTRIBUTES.split())
    assert page.count("<noscript") == page.count("</noscript>") == len(VECTORS)
    for link in inspector.links:
        if link.startswith(("https:", "http:")):
            assert link in PAGES
        elif not link.startswith(("#", "data:image/svg+xml", "file:///")):
            assert ":" not in link
            assert not link.startswith("//")


def test_no_vector_steers_what_shows_the_file(hostile_page: Path):
    page = hostile_page.read_text(encoding="utf-8")
    allowed = {"\n", "\u200c", "\u200d"}
    harmful = {c for c in page if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert harmful - allowed == set()


def test_vectors_run_nothing_and_restyle_nothing(hostile_page: Path, open_page: OpenPage):
    page = open_page(hostile_page)
    clean = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(
        """() => {
          while (!document.getElementById("later").hidden) document.getElementById("later").click();
          for (const each of document.querySelectorAll("details")) each.open = true;
        }"""
    )
    page.keyboard.press("s")
    page.wait_for_selector(".split")
    seen = page.evaluate(
        """() => {
          const all = [...document.querySelectorAll("*")];
          return {
            elements: [...new Set(all.map(each => each.localName))],
            attributes: [...new Set(all.flatMap(each => each.getAttributeNames()))],
            protocols: [...new Set([...document.links].map(each => each.protocol))],
            fixed: all.filter(each => getComputedStyle(each).position === "fixed").map(e => e.id),
            colours: [...new Set(all.map(each => getComputedStyle(each).backgroundColor))],
            pwned: window.pwned,
            width: document.documentElement.scrollWidth,
            clusters: document.querySelectorAll("#rows > .cluster").length,
            splits: document.querySelectorAll(".split").length,
          };
        }"""
    )
    assert {each.lower() for each in seen["elements"]} <= set(ELEMENTS.split())
    assert {each.lower() for each in seen["attributes"]} <= set(ATTRIBUTES.split())
    assert set(seen["protocols"]) <= {"file:", "https:", "http:"}
    assert set(seen["fixed"]) <= {"pager", ""}
    assert "rgb(255, 105, 180)" not in seen["colours"]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == clean
    assert seen["pwned"] is None
    assert seen["width"] <= 1280
    assert seen["clusters"] == seen["splits"] == len(VECTORS)


def test_vectors_are_there_to_read(hostile_page: Path, open_page: OpenPage):
    page = open_page(hostile_page)
    page.evaluate(
        'while (!document.getElementById("later").hidden) document.getElementById("later").click()'
    )
    ids = page.evaluate(
        '() => [...document.querySelectorAll("#rows .sub bdi")].map(each => each.textContent)'
    )
    assert len(ids) == len(VECTORS)
    for number, vector in enumerate(VECTORS):
        id = f"{vector} {number}a"
        if id.isprintable() and len(id) < 200 and "\u3164" not in id:
            assert id in ids or f"\u25cc{id}" in ids
    for name in ("script", "end of noscript", "template, braces", "right-to-left override"):
        page.fill("#q", NAMED_VECTORS[name].replace("\u202e", "\\u202e"))
        assert 1 <= page.locator("#rows > .cluster").count() < len(VECTORS) / 3


# --- in a browser ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def articles_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own articles and records, which have every relation but ``linked``."""
    path = tmp_path_factory.mktemp("articles") / "report.html"
    from dedupe.api import scan_with_texts

    report, texts = scan_with_texts(
        [str(FIXTURES / "articles"), str(FIXTURES / "records.jsonl")], Config()
    )
    path.write_bytes(b"".join(render_html(report, texts, HtmlOptions(folder=str(path.parent)))))
    return path


@pytest.fixture(scope="module")
def many_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("many") / "report.html"
    path.write_text(render(*many_clusters(150)), encoding="utf-8")
    return path


def titles(page: Any) -> list[str]:
    return page.locator("#rows > .cluster .title").all_text_contents()


def fragment(page: Any) -> str:
    return unquote(page.evaluate("location.hash"))


def wait_until(page: Any, condition: Callable[[], bool]) -> None:
    """As ``wait_for_function``, which the policy of the page forbids."""
    for _ in range(600):
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail("not within half a minute")


def marked_words(page: Any) -> set[str]:
    """What is marked as found."""
    script = "[...(CSS.highlights.get('found') ?? [])].map(range => range.toString())"
    return {*page.evaluate(script)}


def test_search(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page)
    assert page.locator("#rows > .cluster").count() == 11
    assert page.inner_text("#count") == "11 clusters, 12 duplicates"
    page.keyboard.press("/")
    page.keyboard.type("newswire HARBOUR")
    assert titles(page) == ["Gravel barge jams Kestle swing bridge, splitting Vellamoor in two"]
    assert page.inner_text("#count") == "1 of 11 clusters, 1 duplicate"
    assert fragment(page) == "#q=newswire HARBOUR"
    assert marked_words(page) == {"harbour"}
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("o")
    wait_until(page, lambda: "newswire" in marked_words(page))
    page.fill("#q", "no such thing")
    assert titles(page) == []
    assert marked_words(page) == set()
    page.click("#none-reset")
    assert len(titles(page)) == 11
    assert fragment(page) == ""


def test_search_finds_words_of_texts(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page, "q=dinghy%20newsletter")
    wait_until(page, lambda: len(titles(page)) == 1)
    assert titles(page) == ["Gravel barge jams Kestle swing bridge, splitting Vellamoor in two"]
    page.keyboard.press("n")
    wait_until(page, lambda: marked_words(page) == {"dinghy", "newsletter"})
    page.fill("#q", "redundant")
    assert titles(page) == [], "words of the report itself are not found"


def test_links_to_findings(open_page: OpenPage, tmp_path: Path):
    cluster = make_cluster("aa", make_member("a", "identical", 1.0), make_member("b"))
    report = make_report(cluster, skipped=(SkippedDocument("broken.txt", "no_tokens"),))
    (tmp_path / "report.html").write_text(render(report), encoding="utf-8")
    page = open_page(tmp_path / "report.html", "q=a")
    page.click(".figures a")
    assert page.locator("#skipped", has_text="broken.txt").get_by_role("listitem").is_visible()
    assert page.input_value("#q") == "a", "what was chosen stays"


def test_search_finds_sites_titles_and_cluster_ids(many_page: Path, open_page: OpenPage):
    page = open_page(many_page)
    page.fill("#q", f"{149:016x}")
    assert titles(page) == ["Story 149: the harbour news"]
    page.fill("#q", "story 77:")
    assert titles(page) == ["Story 77: the harbour news"]
    page.fill("#q", "site3.example")
    assert page.inner_text("#count").startswith("21 of 150 clusters")


def test_filters(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page)
    page.check("input[value=normalised]")
    assert page.locator("#rows > .cluster").count() == 1
    page.check("input[value=identical]")
    assert page.locator("#rows > .cluster").count() == 4
    assert fragment(page) == "#rel=identical,normalised"
    assert page.inner_text("#active") == "" or page.inner_text("#active") == "1"
    page.click("#reset")
    page.fill("#jmax", "0.8")
    assert page.locator("#rows > .cluster").count() == 1
    page.fill("#jmax", "0.82")
    assert page.locator("#rows > .cluster").count() == 2
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.fill("#nmin", "3")
    assert titles(page) == ["Branch libraries in Dunmarsh to open on Sundays"]
    page.click("#reset")
    page.fill("#site", "reprints.example.net")
    assert page.locator("#rows > .cluster").count() == 1


def test_sorting(many_page: Path, open_page: OpenPage):
    page = open_page(many_page)
    page.select_option("#sort", "low")
    assert "Jaccard 0.70" in page.locator(".cluster .j").first.inner_text().replace("\u00a0", " ")
    page.select_option("#sort", "high")
    assert "Jaccard 0.99" in page.locator(".cluster .j").first.inner_text().replace("\u00a0", " ")
    page.select_option("#sort", "title")
    assert titles(page)[:3] == [f"Story {n}: the harbour news" for n in (0, 1, 2)]
    assert fragment(page) == "#sort=title"
    page.select_option("#sort", "size")
    assert fragment(page) == ""


def test_charts_filter(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page)
    page.locator("[data-nmin='3']").click()
    assert page.locator("#rows > .cluster").count() == 1
    assert page.input_value("#nmin") == "3"
    page.locator("[data-nmin='3']").click()
    assert page.locator("#rows > .cluster").count() == 11
    page.locator("[data-jmin='1.00']").click()
    assert page.locator("#rows > .cluster").count() == 4
    assert fragment(page) == "#jmin=1.00&jmax=1.00"


def test_state_comes_back_from_the_url(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page, "q=bridge&rel=near&sort=low&view=split&theme=dark")
    assert len(titles(page)) == 1
    assert page.input_value("#q") == "bridge"
    assert page.is_checked("input[value=near]")
    assert page.input_value("#sort") == "low"
    assert page.get_attribute("#view-split", "aria-pressed") == "true"
    assert page.get_attribute("html", "data-theme") == "dark"
    page.evaluate("location.hash = 'q=ferries&sort=nonsense'")
    page.locator(".title", has_text="Island ferries").wait_for()
    assert titles(page) == ["Island ferries to stop for three days as deckhands walk out"]
    assert page.input_value("#sort") == "size"


def test_every_cluster_has_a_link(many_page: Path, open_page: OpenPage):
    late = many_clusters(150)[0].clusters[-1].cluster_id
    page = open_page(many_page, f"c-{late}")
    cluster = page.locator(f"#c-{late}")
    assert cluster.evaluate("each => each.open")
    assert cluster.locator("summary").first.evaluate(
        "each => { const r = each.getBoundingClientRect(); return r.top >= 0 && r.bottom < 900 }"
    )
    assert page.locator("#earlier").is_visible()
    count = page.locator("#rows > .cluster").count()
    page.click("#earlier")
    assert page.locator("#rows > .cluster").count() == count + 60
    assert cluster.locator(".facts a").get_attribute("href") == f"#c-{late}"
    cluster.locator("summary").first.click()
    page.wait_for_url(lambda url: "#" not in url)
    cluster.locator("summary").first.click()
    page.wait_for_url(f"**#c-{late}")
    hidden = open_page(many_page, f"c-{late}&q=nothing")
    assert hidden.locator(f"#c-{late}").evaluate("each => each.open")
    assert hidden.input_value("#q") == ""


def test_the_list_grows_while_one_scrolls(many_page: Path, open_page: OpenPage):
    page = open_page(many_page)
    assert page.locator("#rows > .cluster").count() < 150
    for _ in range(500):
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        if page.locator("#later").is_hidden():
            break
        page.wait_for_timeout(20)
    assert page.locator("#rows > .cluster").count() == 150


def test_folding(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page)
    cluster = page.locator(".cluster", has_text="Gravel barge")
    cluster.locator("summary").first.click()
    fold = cluster.locator(".diff > .fold").first
    assert "152" in fold.locator("summary").inner_text()
    assert fold.locator("p").first.is_hidden()
    fold.locator("summary").click()
    assert fold.locator("p").first.is_visible()
    page.keyboard.press("u")
    folds = cluster.locator(".diff > .fold")
    assert folds.evaluate_all("each => each.every(fold => fold.open)")
    page.keyboard.press("u")
    assert folds.evaluate_all("each => each.every(fold => !fold.open)")


def test_changes_by_key(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page, "q=newswire")
    page.keyboard.press("n")
    assert page.locator(".cluster[open]").count() == 1
    assert page.inner_text("#position") == "1 of 4"
    first = page.locator(".current").all_inner_texts()
    assert first[0].startswith("Gravel barge")
    assert first[1].startswith("Home / News")
    page.keyboard.press("n")
    assert page.locator(".current").all_inner_texts() == [
        "Also Read: Tide tables for the coming week"
    ]
    assert page.locator(".current").evaluate(
        "each => { const r = each.getBoundingClientRect(); return r.top > 0 && r.bottom < 900 }"
    )
    page.keyboard.press("p")
    page.keyboard.press("p")
    assert page.inner_text("#position") == "4 of 4"
    page.click("#next")
    assert page.inner_text("#position") == "1 of 4"
    page.keyboard.press("s")
    assert page.locator(".split .current").all_inner_texts() == first


def test_side_by_side_is_aligned(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page, "q=newswire&view=split")
    page.keyboard.press("n")
    assert page.locator(".diff").first.is_hidden()
    rows = page.locator(".split > .row:not(.heads)")
    assert rows.count() >= 6
    for left, right in rows.evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => [cell.getBoundingClientRect().top, "
        "cell.textContent, cell.className]))"
    ):
        assert left[0] == right[0]
        assert left[1] == left[1].lstrip()
        assert right[1] == right[1].lstrip()
        if "empty" not in left[2] and "empty" not in right[2]:
            assert left[1].split()[0] == right[1].split()[0] or "Gravel" in left[1]
    assert page.locator(".split .cell:nth-child(1) ins").count() == 0
    assert page.locator(".split .cell:nth-child(2) del").count() == 0
    page.keyboard.press("s")
    assert page.locator(".diff").first.is_visible()
    assert page.locator(".split").first.is_hidden()
    narrow = open_page(articles_page, "q=newswire&view=split", width=420)
    narrow.keyboard.press("n")
    assert narrow.locator(".diff").first.is_visible()
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 420


def test_side_by_side_holds_both_texts(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page, "q=ar_water&view=split")
    page.keyboard.press("n")
    page.keyboard.press("u")
    cells = page.locator(".split .row:not(.heads) > .cell")
    sides = ["", ""]
    for number, text in enumerate(cells.all_inner_texts()):
        sides[number % 2] += text
    for side, name in zip(sides, ("ar_water.txt", "ar_water_reprint.txt"), strict=True):
        whole = (FIXTURES / "articles" / name).read_text(encoding="utf-8")
        assert re.sub(r"\s", "", side) == re.sub(r"\s", "", whole)


def test_keyboard(many_page: Path, open_page: OpenPage):
    page = open_page(many_page)
    focused = "document.activeElement.closest('.cluster')?.querySelector('.title').textContent"
    for key, expected in (("j", 0), ("j", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        assert page.evaluate(focused) == titles(page)[expected]
    assert page.locator(".cluster[open]").count() == 1, "the first stands open"
    page.keyboard.press("o")
    assert page.locator(".cluster[open]").count() == 0
    page.keyboard.press("Enter")
    assert page.locator(".cluster[open]").count() == 1
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()
    page.keyboard.press("/")
    page.keyboard.type("jk?u")
    assert page.input_value("#q") == "jk?u"
    page.keyboard.press("Escape")
    assert page.input_value("#q") == "jk?u"
    page.keyboard.press("r")
    assert page.input_value("#q") == ""
    for _ in range(61):
        page.keyboard.press("j")
    assert page.evaluate(focused) == titles(page)[60]


def test_dark_and_light(articles_page: Path, open_page: OpenPage):
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(255, 255, 255)", "rgb(18, 18, 21)"
    assert open_page(articles_page, color_scheme="light").evaluate(background) == light
    page = open_page(articles_page, color_scheme="dark")
    assert page.evaluate(background) == dark
    page.keyboard.press("t")
    assert page.evaluate(background) == light
    assert fragment(page) == "#theme=light"
    page.goto(articles_page.as_uri())
    page.reload()
    assert page.evaluate(background) == light, "remembered"
    page.click("#theme")
    assert page.evaluate(background) == dark
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.locator(".tools").is_hidden()


def test_printing_takes_what_was_found(many_page: Path, open_page: OpenPage):
    page = open_page(many_page)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#rows > .cluster").count() == 150


def test_readable_without_scripts(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page, java_script_enabled=False)
    clusters = page.locator(".cluster")
    assert clusters.count() == 11
    assert page.locator(".tools").is_hidden()
    assert page.locator("#theme").is_hidden()
    cluster = page.locator(".cluster", has_text="Gravel barge")
    assert cluster.is_visible()
    assert cluster.locator("ins").first.is_hidden()
    cluster.locator("summary").first.click()
    assert cluster.locator("ins").first.is_visible()
    fold = cluster.locator(".fold").first
    fold.locator("summary").click()
    assert fold.locator("p").first.is_visible()
    source = cluster.locator(".who a").first.get_attribute("href")
    assert source is not None
    assert source.endswith("fixtures/articles/harbour-bridge_citydesk.txt")


def test_links_lead_to_the_sources(articles_page: Path, open_page: OpenPage):
    page = open_page(articles_page, "q=citydesk")
    page.keyboard.press("n")
    target = page.locator(".who a").first.evaluate("each => each.href")
    assert Path(unquote(target.removeprefix("file://"))).read_text().startswith("Gravel barge")
    web = open_page(articles_page, "q=goats")
    web.keyboard.press("j")
    web.keyboard.press("o")
    assert (
        web.locator(".where a").first.get_attribute("href") == "https://tolverby.example.org/goats"
    )


def test_works_in_a_sandboxed_frame(articles_page: Path, open_page: OpenPage, tmp_path: Path):
    """Without storage and without a history of its own, as artifacts are often shown."""
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe sandbox="allow-scripts" width="1200" height="800" src="{articles_page.as_uri()}">'
    )
    page = open_page(frame)
    inside = page.frame_locator("iframe")
    inside.locator("#q").fill("newswire")
    assert inside.locator("#rows > .cluster").count() == 1
    inside.locator("#theme").click()
    assert inside.locator("html").get_attribute("data-theme") == "light"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1280])
def test_accessibility(scheme: str, width: int, articles_page: Path, open_page: OpenPage):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(articles_page, color_scheme=scheme, width=width)

    def check() -> None:
        violations = axe.run(page).response["violations"]
        told = [
            (each["id"], node["html"][:200], node["failureSummary"])
            for each in violations
            for node in each["nodes"]
        ]
        assert told == []

    for name in ("Gravel barge", "Island ferries", "Late frost"):
        page.locator(".cluster", has_text=name).locator("summary").first.click()
    page.evaluate(
        "for (const each of document.querySelectorAll('.finding details')) each.open = true"
    )
    page.keyboard.press("u")
    page.keyboard.press("n")
    if width == 420:
        page.click("#filters-toggle")
    check()
    if width == 1280:
        page.keyboard.press("s")
        if scheme == "dark":
            page.keyboard.press("?")
        check()
