"""Reads a page by its layout: its article, or all visible text. Runs in workers only."""

from __future__ import annotations

import re
from typing import Any

from dedupe.sources.pages.blocks import (
    BLOCK_ELEMENTS,
    ENDS_FOREIGN,
    FOREIGN_ELEMENTS,
    UNSEEN_ELEMENTS,
    tidy_lines,
)
from dedupe.sources.pages.outcome import PageLimits

_END_OF_PAGE = re.compile(rb"</(?:html|body)\s*>", re.IGNORECASE)

_FED_BYTES = 1 << 16
"""How much is parsed between two looks at depth and number of elements."""


class PageLimitError(Exception):
    """A page exceeds a limit; the message says which."""


def extract_article(html: bytes, limits: PageLimits) -> tuple[str, str]:
    """The article, as trafilatura finds it (empty where it finds none), and all visible text.

    :param html: UTF-8
    :raises PageLimitError: if the page exceeds a limit
    """
    from trafilatura import extract

    tree = _parse(html, limits)
    if tree is None:
        return "", ""
    visible = _visible_text(tree)  # before trafilatura takes the tree apart
    try:
        found = extract(tree, include_comments=False)
    except Exception:  # if trafilatura fails for any reason, there is still the visible text
        return "", visible
    return found if isinstance(found, str) else "", visible


def extract_visible(html: bytes, limits: PageLimits) -> str:
    """All text that a reader would see, a line a block.

    :param html: UTF-8
    :raises PageLimitError: if the page exceeds a limit
    """
    tree = _parse(html, limits)
    return "" if tree is None else _visible_text(tree)


def _parse(html: bytes, limits: PageLimits) -> Any:
    """The tree of a page; ``None`` where it cannot be parsed.

    The parser drops elements after 254 nested ones unless ``huge_tree`` is set, and everything
    after the end tags of ``body`` and ``html`` unless these are removed.

    :raises PageLimitError: if the page exceeds a limit
    """
    from lxml import etree
    from lxml.html import HtmlElementClassLookup

    parser = etree.HTMLPullParser(
        events=("start", "end"),
        encoding="utf-8",
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    parser.set_element_class_lookup(HtmlElementClassLookup())  # trafilatura takes no others
    data = _END_OF_PAGE.sub(b"", html.replace(b"\0", b" "))
    try:
        return _parse_in_pieces(parser, data, limits)
    except etree.LxmlError:
        return None


def _parse_in_pieces(parser: Any, data: bytes, limits: PageLimits) -> Any:
    """The tree of a page; parsing ends soon after a limit is exceeded.

    Depth and elements are those of the tree itself: only the parser knows which tags nest.

    :raises PageLimitError: if a limit is exceeded
    """
    tree, depth, count = None, 0, 0
    for begin in range(0, len(data) + _FED_BYTES, _FED_BYTES):
        if begin < len(data):
            parser.feed(data[begin : begin + _FED_BYTES])
        else:
            tree = parser.close()
        for event, _ in parser.read_events():
            depth += 1 if event == "start" else -1
            count += event == "start"
            if depth > limits.max_depth:
                problem = f"its elements are nested more than {limits.max_depth} deep"
                raise PageLimitError(f"{problem} (--html-max-depth)")
            if count > limits.max_elements:
                problem = f"it has more than {limits.max_elements} elements"
                raise PageLimitError(f"{problem} (--html-max-elements)")
    return tree


_SKIPPED_ELEMENTS = UNSEEN_ELEMENTS - FOREIGN_ELEMENTS


def _visible_text(tree: Any) -> str:
    from lxml import etree

    hidden = set(filter(_is_hidden, tree.xpath("//*[@hidden or @style]")))
    parts: list[str] = []
    walk = etree.iterwalk(tree, events=("start", "end"))
    foreign = None  # the svg or math that the walk is in
    for event, element in walk:
        tag = element.tag
        if tag in BLOCK_ELEMENTS:
            parts.append("\n")
        if tag in ENDS_FOREIGN:
            foreign = None
        if event == "end":
            foreign = None if element is foreign else foreign
            text = element.tail
        elif element in hidden or tag in _SKIPPED_ELEMENTS:
            walk.skip_subtree()
            continue
        elif tag in FOREIGN_ELEMENTS and foreign is None:
            foreign, text = element, None
        else:
            text = element.text
        if text and foreign is None:
            parts.append(text.replace("\n", " "))
    return tidy_lines("".join(parts))


def _is_hidden(element: Any) -> bool:
    style = element.get("style", "").replace(" ", "").lower()
    return element.get("hidden") is not None or "display:none" in style
