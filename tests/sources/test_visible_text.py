"""Visible text of pages: elements that are never closed, or close themselves, hide nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedupe.sources.pages.stripped import strip_tags
from tests.support.every_format import zip_of
from tests.support.reading import read

pytest.importorskip("lxml")

SHOWN = ["The ferry stays in the harbour today.", "The council votes on the bridge tomorrow."]

BETWEEN: dict[str, str] = {
    "a drawing without its end": '<svg viewBox="0 0 1 1"><path d="M0">hidden',
    "a formula without its end": "<math><mi>hidden",
    "a drawing that closes itself": '<svg class="icon" />',
    "a formula that closes itself": "<math/>",
    "a drawing with a title": "<svg><title>hidden</title><g><text>hidden</text></g></svg>",
    "a film, which has no end tag": '<embed src="film.swf" width="9">',
    "a script that closes itself": '<script src="a.js"/>',
    "a frame that closes itself": '<iframe src="https://a.example/film"/>',
    "a script with an address": "<script src=https://a.example/>hidden()</script>",
    "a style sheet that closes itself": "<style/>",
}


@pytest.mark.parametrize("name", BETWEEN)
def test_what_stands_behind_is_shown(tmp_path: Path, name: str) -> None:
    page = f"<html><head><title/></head><body><p>{SHOWN[0]}{BETWEEN[name]}<p>{SHOWN[1]}</body>"
    assert strip_tags(page).split("\n") == SHOWN
    (tmp_path / "a.html").write_text(page)
    found = read(tmp_path, html="text")
    assert [text.split("\n") for text in found.texts.values()] == [SHOWN]


def test_a_title_that_closes_itself_hides_no_page_of_a_book(tmp_path: Path) -> None:
    """As calibre writes it; pages of books are XHTML."""
    container = (
        '<container><rootfiles><rootfile full-path="a.opf" '
        'media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    package = (
        '<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
        '</manifest><spine><itemref idref="a"/></spine></package>'
    )
    page = f"<html><head><title/><script src='a.js'/></head><body><p>{SHOWN[0]}</p></body></html>"
    members = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": container.encode(),
        "a.opf": package.encode(),
        "a.xhtml": page.encode(),
    }
    (tmp_path / "a.epub").write_bytes(zip_of(members, 0))
    found = read(tmp_path)
    assert found.texts == {"a.epub": SHOWN[0]} and not found.skipped
