"""Headlines: the beginning of a text, by which a person recognises it; and shortened texts."""

from __future__ import annotations

from typing import Final

from dedupe.renderers.html.visible import drop_invisible

HEADLINE_SIZE: Final = 110
MIN_LINE_SIZE: Final = 16

_LOOK_AHEAD: Final = 20 * HEADLINE_SIZE


def find_headline(text: str) -> str:
    """The first line of a text, or more lines if it is short; a long one is cut at a word."""
    headline = ""
    for line in text[:_LOOK_AHEAD].splitlines():
        headline = drop_invisible(" ".join([headline, *line.split()])).strip()
        if len(headline) >= MIN_LINE_SIZE:
            break
    return shorten_end(headline, HEADLINE_SIZE)


def shorten_end(text: str, size: int) -> str:
    """The text in at most ``size`` characters; if it is longer, its beginning and an ellipsis."""
    if len(text) <= size:
        return text
    head = text[: size - 1]
    at_word = head.rpartition(" ")[0]
    return (at_word if len(at_word) > size // 2 else head).rstrip(" ,;:–—-") + "…"


def shorten_middle(text: str, size: int) -> str:
    """The text in at most ``size`` characters; if longer, its start, an ellipsis, and its end."""
    if len(text) <= size:
        return text
    tail = (size - 1) // 2
    return f"{text[: size - 1 - tail]}…{text[len(text) - tail :]}"
