"""Decides whether a page is too large to be given to a parser.

How deep its elements are nested, only the parser can tell (:mod:`dedupe.sources.pages.layout`).
"""

from __future__ import annotations

from dedupe.sources.pages.outcome import PageLimits
from dedupe.sources.pages.tags import scan_tags


def find_exceeded(html: str, byte_count: int, limits: PageLimits) -> str:
    """The limit that a page exceeds, in words; empty where it exceeds none."""
    if byte_count > limits.max_bytes:
        return f"it is longer than {limits.max_bytes} bytes (--html-max-bytes)"
    if any(tag.attribute_bound > limits.max_attributes for tag in scan_tags(html)):
        problem = f"an element has more than {limits.max_attributes} attributes"
        return f"{problem} (--html-max-attributes)"  # parsers take quadratic time for them
    return ""
