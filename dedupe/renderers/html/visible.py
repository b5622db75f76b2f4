"""Text from outside made safe and visible: it cannot steer the page or hide characters.

Escaping keeps a text from becoming markup. In addition, control characters and characters that
change the direction of writing are spelled out, and characters without a width are marked.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from html import escape
from typing import Final

import numpy as np

from dedupe.model.rows import BLANK, COMBINING, HIDDEN, MARKUP, Marks
from dedupe.renderers.view.terminal import DANGEROUS, NAMED_INVISIBLE, spell_character

_FILLERS: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols that are drawn as blank space."""

_INVISIBLE: Final = re.compile(f"{DANGEROUS.pattern.removesuffix(']')}{_FILLERS}]")
"""(One set of characters: two with a bar between take three times as long.)"""


_CODEC: Final = f"utf-32-{sys.byteorder[0]}e"
_BLOCKS: Final = (0, 0x20000), (0xE0000, 0xE1000)
"""All characters that are invisible or combine are among these."""


@cache
def character_marks() -> Marks:
    """What escaping does with each character, for compiled loops."""
    marks = np.zeros(sys.maxunicode + 1, np.uint8)
    marks[[*map(ord, "&<>\"'")]] = MARKUP
    for first, end in _BLOCKS:
        code_points = np.arange(first, end, dtype=np.uint32)
        characters = code_points.tobytes().decode(_CODEC, "surrogatepass")
        hidden = [first + found.start() for found in _INVISIBLE.finditer(characters)]
        marks[hidden] = HIDDEN
        kinds = "".join(map(unicodedata.category, characters)).encode()[::2]
        marks[first:end] |= (np.frombuffer(kinds, np.uint8) == ord("M")) * np.uint8(COMBINING)
    marks[[*map(ord, NAMED_INVISIBLE)]] = BLANK
    return marks


def spell_invisible(text: str) -> str:
    r"""The text with invisible characters spelled out, as in ``\u202e``.

    For attributes and for our own sentences, where labels in HTML are not possible.
    """
    return _INVISIBLE.sub(spell_character, text)


def spell_escaped(text: str) -> str:
    """As :func:`spell_invisible`, escaped for HTML and its attributes, as the templates do it."""
    from markupsafe import escape

    return str(escape(spell_invisible(text)))


def spell_lines(text: str) -> str:
    """As :func:`spell_invisible`, but line feeds are kept."""
    return "\n".join(map(spell_invisible, text.split("\n")))


def drop_invisible(text: str) -> str:
    """The text without its invisible characters."""
    return _INVISIBLE.sub("", text)


def mark_invisible(text: str) -> str:
    """The text as HTML, with small labels in place of invisible characters.

    A combining mark at the start of the text gets a dotted circle, because it would otherwise
    combine with the character before the text.
    """
    if text.isascii() and text.isprintable():
        return escape(text)
    marked = _INVISIBLE.sub(_label, escape(text))
    if unicodedata.category(text[:1] or " ").startswith("M"):
        return "\u25cc" + marked
    return marked


def mark_lines(text: str) -> str:
    """As :func:`mark_invisible`, but line feeds are kept."""
    if "\n" not in text:
        return mark_invisible(text)
    if text.isascii() and text.replace("\n", "").isprintable():
        return escape(text)
    return "\n".join(map(mark_invisible, text.split("\n")))


def _label(match: re.Match[str]) -> str:
    character = match.group()
    if character in NAMED_INVISIBLE:  # frequent on web pages, so only a tick
        return "<i class=z></i>"
    return f"<i class=u>U+{ord(character):04X}</i>"
