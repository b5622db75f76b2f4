"""Build the documentation site from the pages of the repository, and check every link in it.

Usage: ``python scripts/make_site.py`` (or ``make docs``) writes ``build/site``. A page that is in
no menu, a link that leads nowhere, or an anchor that is not there, is an error. Pages keep the
paths that they have in the repository, so that their links work here and there.
"""

from __future__ import annotations

import logging
import re
import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "docs" / "mkdocs.yml"
PAGES = ROOT / "build" / "site-pages"
SITE = ROOT / "build" / "site"

PUBLISHED = (
    "*.md",
    "docs/*.md",
    "docs/*.svg",
    "docs/*.json",
    "benchmarks/**/*.md",
    "benchmarks/**/*.svg",
    "benchmarks/**/*.py",
    "examples/*.md",
    "examples/*.ipynb",
)
"""What the site holds: pages, and what pages link to."""


def make_slug(title: str, separator: str) -> str:
    """The anchor of a title, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", separator)


def copy_pages(folder: Path) -> None:
    """Copies what the site holds into a folder, which is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    for pattern in PUBLISHED:
        for path in sorted(ROOT.glob(pattern)):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


class _Problems(logging.Handler):
    """What mkdocs warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


def build_site(pages: Path, site: Path) -> list[str]:
    """Builds the site, and tells what is wrong with its pages."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    copy_pages(pages)
    problems = _Problems()
    logging.getLogger("mkdocs").addHandler(problems)
    try:
        config = load_config(str(SETTINGS), docs_dir=str(pages), site_dir=str(site))
        config["mdx_configs"]["toc"] = {"slugify": make_slug, "permalink": "#"}
        build(config)
    finally:
        logging.getLogger("mkdocs").removeHandler(problems)
    return problems.found


class _Page(HTMLParser):
    """The links and anchors of one page of the site."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors.add(values.get("id") or "")
        link = values.get("href" if tag in ("a", "link") else "src")
        if link:
            self.links.append(link)


def broken_links(site: Path) -> Iterator[str]:
    """Every link of a built site that leads nowhere, with its page."""
    pages = {path: _Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{path.relative_to(site)}: {link}"
            elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{path.relative_to(site)}: {link}: no such place"


def main() -> None:
    problems = [*build_site(PAGES, SITE), *broken_links(SITE)]
    if problems:
        sys.exit("\n".join(problems))
    count = len([*SITE.rglob("index.html")])
    size = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())
    print(f"{count} pages, {size / 1e6:.1f} MB: {SITE.relative_to(ROOT)}/index.html")


if __name__ == "__main__":
    main()
