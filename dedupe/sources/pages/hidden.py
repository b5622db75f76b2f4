"""Finds pages that show little, and hold a text where no reader of layouts looks.

Some sites send the article as data that a script shows (``__NEXT_DATA__``, JSON), others as the
source of a frame (``srcdoc``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dedupe.sources.pages.stripped import strip_tags, unescape
from dedupe.sources.pages.tags import scan_tags

_FEW_LETTERS = 300
"""A page that shows more is not looked at."""

_MANY_LETTERS, _TIMES_MORE = 500, 3
"""So many letters of prose are a text, and so many times those that the page shows."""

_MIN_RUN = 80
"""The shortest run of prose in a script: labels and settings are shorter."""

_MIN_WORD_SHARE = 0.8
_CODE = re.compile(r"[{}]|=>|\bfunction\b")
_SRCDOC = re.compile(r"""\ssrcdoc\s{0,9}=\s{0,9}(["'])""", re.I)
_SPACES_OR_UNSPACED = re.compile(r"\s|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u9fff]")


def hides_text(html: str, visible: str) -> bool:
    """Whether a page holds much more text than it shows.

    :param visible: all visible text
    """
    shown = sum(map(str.isalpha, visible))
    if shown > _FEW_LETTERS:
        return False
    hidden, wanted = 0, max(_MANY_LETTERS, _TIMES_MORE * shown)
    for text in _hidden_texts(html):
        hidden += sum(map(str.isalpha, text))
        if hidden >= wanted:
            return True
    return False


def _hidden_texts(html: str) -> Iterator[str]:
    """The prose in scripts, and the text of frames whose source stands in the page."""
    for tag in scan_tags(html):
        if tag.name == "script" and tag.is_end:
            yield from filter(_is_prose, html[tag.start : tag.end].split('"'))
        elif tag.name == "iframe" and (opening := _SRCDOC.search(html, tag.start, tag.end)):
            source = html[opening.end() : tag.end].partition(opening[1])[0]
            yield strip_tags(unescape(source))


def _is_prose(text: str) -> bool:
    """Whether what stands between two quotes in a script is running text, and no code."""
    if len(text) < _MIN_RUN or _CODE.search(text):
        return False
    words = sum(each.isalpha() or each.isspace() for each in text)
    gaps = len(_SPACES_OR_UNSPACED.findall(text))
    return words >= _MIN_WORD_SHARE * len(text) and 12 * gaps >= len(text)
