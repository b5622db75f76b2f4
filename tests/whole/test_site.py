"""The documentation site is built without a warning, its links lead somewhere, nothing is lost."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("mkdocs")
from markdown_it import MarkdownIt

from scripts import make_site

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = ("h1", "h2", "h3", "h4", "li", "ul", "ol", "pre", "table", "tr", "blockquote", "img")


@pytest.fixture(scope="module")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("site")
    problems = make_site.build_site(folder / "pages", folder / "site")
    return folder / "site", problems


@pytest.fixture(scope="module")
def site(built_site: tuple[Path, list[str]]) -> Path:
    return built_site[0]


def test_it_is_built_without_a_warning(built_site: tuple[Path, list[str]]) -> None:
    assert built_site[1] == []


def built(page: str) -> str:
    """Where a page of the repository stands in the site."""
    path = Path(page)
    folder = path.parent if path.name in ("README.md", "index.md") else path.with_suffix("")
    return str(folder / "index.html")


def published() -> list[str]:
    found = {path for pattern in make_site.PUBLISHED for path in ROOT.glob(pattern)}
    return sorted(str(path.relative_to(ROOT)) for path in found if path.suffix == ".md")


def count_blocks(html: str) -> Counter[str]:
    names = re.findall(rf"<({'|'.join(BLOCKS)})\b", html)
    return Counter(names)


def test_every_link_leads_somewhere(site: Path) -> None:
    assert [*make_site.broken_links(site)] == []


def test_a_broken_link_is_found(site: Path, tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text("<p id=here>")
    links = (
        "other.html",
        "other.html#here",
        "missing.html",
        "other.html#gone",
        "https://x.example/",
    )
    (tmp_path / "page.html").write_text("".join(f'<a href="{link}">' for link in links))
    found = [*make_site.broken_links(tmp_path)]
    assert [line.split(": ")[1] for line in found] == ["missing.html", "other.html#gone"]


def test_the_site_asks_no_other_server(site: Path) -> None:
    """For styles, scripts, pictures; links of the text are another matter."""
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|link)\b[^>]*?(?:src|href)="([^"]*)"', page)
        assert [link for link in loaded if "//" in link] == [], path


@pytest.mark.parametrize("page", published())
def test_a_page_looks_as_on_github(page: str, site: Path) -> None:
    """The same headings, lists, tables and blocks of code: the Markdown of both differs."""
    source = (ROOT / page).read_text(encoding="utf-8")
    wanted = count_blocks(MarkdownIt("gfm-like").render(source))
    html = (site / built(page)).read_text(encoding="utf-8")
    [body] = re.findall(r'<div class="col-md-9" role="main">(.*?)<footer', html, re.DOTALL)
    assert count_blocks(body) == wanted
