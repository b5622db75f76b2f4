"""Reads a page by its layout: its article, or all visible text. Runs in workers only."""

from __future__ import annotations

import re
from typing import Any

from dedupe.sources.pages.blocks import BLOCK_ELEMENTS, UNSEEN_ELEMENTS, tidy_lines

_END_OF_PAGE = re.compile(rb"</(?:html|body)\s*>", re.IGNORECASE)


def extract_article(html: bytes) -> tuple[str, str]:
    """The article, as trafilatura finds it (empty where it finds none), and all visible text.

    :param html: UTF-8
    """
    from trafilatura import extract

    tree = _parse(html)
    if tree is None:
        return "", ""
    visible = _visible_text(tree)  # before trafilatura takes the tree apart
    try:
        found = extract(tree, include_comments=False)
    except Exception:  # if trafilatura fails for any reason, there is still the visible text
        return "", visible
    return found if isinstance(found, str) else "", visible


def extract_visible(html: bytes) -> str:
    """All text that a reader would see, a line a block.

    :param html: UTF-8
    """
    tree = _parse(html)
    return "" if tree is None else _visible_text(tree)


def _parse(html: bytes) -> Any:
    """The tree of a page; ``None`` where it cannot be parsed.

    The parser drops elements after 254 nested ones unless ``huge_tree`` is set, and everything
    after the end tags of ``body`` and ``html`` unless these are removed.
    """
    from lxml import etree
    from lxml.html import HTMLParser

    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(_END_OF_PAGE.sub(b"", html.replace(b"\0", b" ")), parser)
    except etree.LxmlError:
        return None


def _visible_text(tree: Any) -> str:
    from lxml import etree

    hidden = set(filter(_is_hidden, tree.xpath("//*[@hidden or @style]")))
    parts: list[str] = []
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if tag in BLOCK_ELEMENTS:
            parts.append("\n")
        if event == "end":
            text = element.tail
        elif tag in UNSEEN_ELEMENTS or element in hidden:
            walk.skip_subtree()
            continue
        else:
            text = element.text
        if text:
            parts.append(text.replace("\n", " "))
    return tidy_lines("".join(parts))


def _is_hidden(element: Any) -> bool:
    style = element.get("style", "").replace(" ", "").lower()
    return element.get("hidden") is not None or "display:none" in style
