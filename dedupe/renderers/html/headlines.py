"""A line that tells a person which text this is: its beginning."""

from __future__ import annotations

from typing import Final

from dedupe.renderers.html.visible import drop_invisible

HEADLINE_SIZE: Final = 110
MIN_LINE_SIZE: Final = 16

_LOOK_AHEAD: Final = 20 * HEADLINE_SIZE


def find_headline(text: str) -> str:
    """The first line, or more where that is short; cut at a word where it is long."""
    headline = ""
    for line in text[:_LOOK_AHEAD].splitlines():
        headline = drop_invisible(" ".join([headline, *line.split()])).strip()
        if len(headline) >= MIN_LINE_SIZE:
            break
    return shorten_end(headline, HEADLINE_SIZE)


def shorten_end(text: str, size: int) -> str:
    """The text, or its beginning and … in at most ``size`` characters."""
    if len(text) <= size:
        return text
    head = text[: size - 1]
    at_word = head.rpartition(" ")[0]
    return (at_word if len(at_word) > size // 2 else head).rstrip(" ,;:–—-") + "…"


def shorten_middle(text: str, size: int) -> str:
    """The text, or its start and end with … between them, in at most ``size`` characters."""
    if len(text) <= size:
        return text
    tail = (size - 1) // 2
    return f"{text[: size - 1 - tail]}…{text[len(text) - tail :]}"
