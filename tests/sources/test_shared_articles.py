"""Pages whose article is not found, but a notice that all of them have: they are not duplicates."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

import dedupe
from dedupe.sources import SourceTexts
from tests.support.command import run_main
from tests.support.corpora import INVENTED_WORDS

pytest.importorskip("trafilatura")

pytestmark = pytest.mark.slow

CONSENT = (
    "We and our partners store and access information on your device, such as cookies, and process "
    "personal data to show you advertisements and to measure them. You may change your choice at "
    "any time in the settings at the end of this page, and object where we claim an interest. "
    "Some partners do not ask for your consent, but rely on their legitimate business interest."
)
SCRIPT = (
    "You need to enable JavaScript in your browser to read this page in full. Please look into the "
    "help of your browser to find out how that is done, and then load the page once more. Should "
    "this notice not disappear, write to our service, which is there for you on all days."
)
PAYWALL = (
    "Subscribe now to read on. Readers with a subscription see all articles of the archive, get "
    "our letter every morning, and support the work of our editors. The first month is free, and "
    "you can end it whenever you like. Are you a subscriber already? Then please log in here."
)
PLACES = {
    "aside": "<aside>{}</aside>",
    "section": '<section class="sidebar">{}</section>',
    "comments": '<div class="comments" id="comments">{}</div>',
    "table": "<table><tr><td>{}</td></tr></table>",
    "footer": "<footer>{}</footer>",
    "related": '<div class="related teaser">{}</div>',
}


def prose(seed: int, words: int = 240) -> str:
    rng = random.Random(seed)
    sentences = [
        " ".join(rng.choices(INVENTED_WORDS, k=12)).capitalize() + "." for _ in range(words // 12)
    ]
    return "".join(f"<p>{' '.join(sentences[i : i + 4])}</p>" for i in range(0, len(sentences), 4))


def page(
    notice: str, place: str, seed: int, title: str = "", between: str = "<h3>More</h3>"
) -> str:
    """A page whose article is a notice.

    :param between: what stands between the paragraphs of its other text, as between comments
    """
    other = prose(seed).replace("</p><p>", f"</p>{between}<p>")
    body = f"<article><h1>Notice {title}</h1><p>{notice}</p></article>" + place.format(other)
    return f"<html><head><title>Story</title></head><body><nav>Home</nav>{body}</body></html>"


def write(folder: Path, pages: list[str]) -> None:
    folder.mkdir()
    for number, html in enumerate(pages):
        (folder / f"{number}.html").write_text(html, encoding="utf-8")


def scan(folder: Path, *options: object) -> dict[str, Any]:
    done = run_main("scan", folder.name, "--format", "json", *options, cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    del report["run"]
    return report


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("notice", [CONSENT, SCRIPT, PAYWALL], ids=["consent", "script", "pay"])
def test_a_notice_is_not_the_article(tmp_path: Path, notice: str, place: str) -> None:
    write(tmp_path / "pages", [page(notice, PLACES[place], seed) for seed in range(4)])
    assert not scan(tmp_path / "pages")["clusters"]


def test_it_is_told_and_copies_are_still_found(tmp_path: Path) -> None:
    pages = [page(CONSENT, PLACES["aside"], seed, str(seed)) for seed in (0, 1, 2, 0)]
    write(tmp_path / "pages", pages)
    report = scan(tmp_path / "pages")
    ids = [f"{number}.html" for number in range(4)]
    told = [(each["id"], each["reason"]) for each in report["notices"]]
    assert sorted(told) == [(id, "extraction_doubtful") for id in ids]
    assert report["corpus"]["html_counts"] == {"text": 4}
    clusters = [sorted(m["id"] for m in each["members"]) for each in report["clusters"]]
    assert clusters == [["0.html", "3.html"]]
    # Alike with one worker, and in another order.
    assert scan(tmp_path / "pages", "--workers", 1) == report
    write(tmp_path / "turned", pages[::-1])
    turned = scan(tmp_path / "turned")
    assert [m["id"] for m in turned["clusters"][0]["members"]]
    assert len(turned["notices"]) == 4 and len(turned["clusters"]) == 1
    # Diffs read the same texts again, and apply drops the copy alone.
    found = dedupe.scan(tmp_path / "pages")
    texts = SourceTexts.of_report(found).read_texts(clusters[0])
    assert len(texts) == 2 and all(CONSENT[:40] in text for text in texts.values())
    assert all(prose(0)[3:60] in text for text in texts.values())
    out = tmp_path / "report.json"
    run_main("scan", "pages", "--output", f"json:{out}", cwd=tmp_path)
    done = run_main("apply", out, "--output", tmp_path / "clean", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = sorted(path.read_text(encoding="utf-8") for path in (tmp_path / "clean").rglob("*.html"))
    assert kept == sorted(pages[:3])


def test_an_article_that_no_other_page_has_stays_one(tmp_path: Path) -> None:
    """However much else a page holds; and the same pages twice are no reason to doubt."""
    other = page(SCRIPT, PLACES["aside"], 5)
    write(tmp_path / "pages", [page(CONSENT, PLACES["aside"], 0), other, other])
    report = scan(tmp_path / "pages")
    assert report["corpus"]["html_counts"] == {"article": 3} and not report["notices"]
    assert len(report["clusters"]) == 1


def test_a_long_run_of_paragraphs_outside_the_article_is_told(tmp_path: Path) -> None:
    """One such page is enough; comments of the same length, with names between, are not told."""
    run = page(CONSENT, PLACES["aside"], 0, between="")
    comments = page(SCRIPT, PLACES["aside"], 1, between="<p>A reader wrote</p>")
    write(tmp_path / "pages", [run, comments, run])
    report = scan(tmp_path / "pages")
    told = sorted((each["id"], each["reason"]) for each in report["notices"])
    assert told == [("0.html", "extraction_doubtful"), ("2.html", "extraction_doubtful")]
    assert all("many paragraphs" in each["detail"] for each in report["notices"])
    assert report["corpus"]["html_counts"] == {"article": 1, "text": 2}
    found = dedupe.scan(tmp_path / "pages")
    texts = SourceTexts.of_report(found).read_texts(["0.html", "2.html"])
    assert len(texts) == 2 and all(prose(0)[3:60] in text for text in texts.values())


def test_reprints_among_short_other_text_are_found(tmp_path: Path) -> None:
    """What differs is navigation and teasers, as between any two sites."""
    pages = []
    for site in ("north", "south"):
        links = "".join(
            f"<li><a href='/{i}'>{site} teaser {i} in a line</a></li>" for i in range(40)
        )
        body = f"<ul>{links}</ul><article>{prose(1, 360)}</article><footer>{site} press</footer>"
        pages.append(f"<html><body>{body}</body></html>")
    write(tmp_path / "pages", pages)
    report = scan(tmp_path / "pages")
    assert not report["notices"] and len(report["clusters"]) == 1


def test_pages_in_records(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": f"p{seed}", "text": page(PAYWALL, PLACES["aside"], seed)})
        for seed in (0, 1, 2, 0)
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(lines), encoding="utf-8")
    report = dedupe.scan(tmp_path / "r.jsonl", config=dedupe.Config(text_format="html"))
    assert [sorted(m.id for m in c.members) for c in report.clusters] == [["p0", "p0#2"]]
    assert len(SourceTexts.of_report(report).read_texts(["p0", "p0#2"])) == 2
