"""The better ways to read a page: its article, or all that is visible. Run in workers only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dedupe.extraction.blocks import BLOCK_ELEMENTS, UNSEEN_ELEMENTS, tidy_lines

_END_OF_PAGE = re.compile(rb"</(?:html|body)\s*>", re.IGNORECASE)


def extract_article(html: bytes) -> str:
    """The main text, as trafilatura finds it; nothing where it finds none.

    :param html: UTF-8
    """
    from trafilatura import extract

    tree = _parse(html)
    if tree is None:
        return ""
    try:
        found = extract(tree, include_comments=False)
    except Exception:  # whatever a page does to it, there is still all visible text
        return ""
    return found if isinstance(found, str) else ""


def extract_visible(html: bytes) -> str:
    """All text that a reader would see, a line a block.

    :param html: UTF-8
    """
    tree = _parse(html)
    return "" if tree is None else tidy_lines("".join(_visible_parts(tree)))


def _parse(html: bytes) -> Any:
    """The tree, whole: without ``huge_tree`` all that follows 254 nested elements is lost, and
    with their end tags in place all that follows ``body`` and ``html``."""
    from lxml import etree
    from lxml.html import HTMLParser

    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(_END_OF_PAGE.sub(b"", html.replace(b"\0", b" ")), parser)
    except etree.LxmlError:
        return None


def _visible_parts(tree: Any) -> Iterator[str]:
    from lxml import etree

    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        seen = not _is_unseen(element)
        is_block = element.tag in BLOCK_ELEMENTS
        if event == "start":
            yield "\n" if is_block else ""
            if seen:
                yield (element.text or "").replace("\n", " ")
            else:
                walk.skip_subtree()
        else:
            yield "\n" if is_block else ""
            yield (element.tail or "").replace("\n", " ")


def _is_unseen(element: Any) -> bool:
    if element.tag in UNSEEN_ELEMENTS or element.get("hidden") is not None:
        return True
    style = element.get("style")
    return style is not None and "display:none" in style.replace(" ", "").lower()
