"""Decides whether a page is too large or too deep to be given to a parser."""

from __future__ import annotations

from collections import Counter

from dedupe.sources.pages.outcome import PageLimits
from dedupe.sources.pages.tags import scan_tags

_VOID = (
    "area base basefont bgsound br col embed frame hr img input link meta param source track wbr"
)
_ENDED_BY_OTHERS = """
    p li dt dd tr td th thead tbody tfoot colgroup option optgroup rt rp html head body
"""
_NEVER_OPEN = frozenset((_VOID + _ENDED_BY_OTHERS).split())
"""Elements that are empty, and elements that the next one of their kind ends.

Pages leave them open without nesting anything.
"""


def find_exceeded(html: str, byte_count: int, limits: PageLimits) -> str:
    """The limit that a page exceeds, in words; empty where it exceeds none."""
    if byte_count > limits.max_bytes:
        return f"it is longer than {limits.max_bytes} bytes (--html-max-bytes)"
    return _find_exceeded_by_tags(html, limits)


def _find_exceeded_by_tags(html: str, limits: PageLimits) -> str:
    """The limit that the tags of a page exceed, in words; empty where they exceed none.

    An end tag counts only if its element is open, so that no page can hide its depth.
    """
    open_elements: Counter[str] = Counter()
    depth = count = 0
    for tag in scan_tags(html):
        if tag.attribute_bound > limits.max_attributes:
            problem = f"an element has more than {limits.max_attributes} attributes"
            return f"{problem} (--html-max-attributes)"
        if not tag.name:
            continue
        if tag.is_end:
            if open_elements[tag.name] > 0:
                open_elements[tag.name] -= 1
                depth -= 1
            continue
        count += 1
        if tag.name not in _NEVER_OPEN:
            open_elements[tag.name] += 1
            depth += 1
        if depth > limits.max_depth:
            return f"its elements are nested more than {limits.max_depth} deep (--html-max-depth)"
        if count > limits.max_elements:
            return f"it has more than {limits.max_elements} elements (--html-max-elements)"
    return ""
