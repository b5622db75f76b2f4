"""Judges by its letters whether a text that an encoding makes of bytes can be writing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from dedupe.sources.encoding.text_encoding import REPLACEMENT

_ODD_PLACES = re.compile(r"(?=(^|.)([^\0-\x7f])(.|$))", re.S)
_JUDGED_CHARACTERS = 4000
_LATIN = "A-Za-z\xaa\xb5\xba\xc0-\u024f\u1e00-\u1eff"
_OTHER_SCRIPTS = f"[^\\W\\d_{_LATIN}\u02b0-\u036f]"
_OTHER_LETTER = re.compile(_OTHER_SCRIPTS)
_NARROW = f"(?![\u2e80-\U0010ffff]){_OTHER_SCRIPTS}"
_MIXED_LETTER = re.compile(
    f"(?<=[{_LATIN}]){_NARROW}|{_NARROW}(?=[{_LATIN}])|[\u2e80-\U0010ffff](?=[a-z])"
)
_CONTROL = re.compile("[\x80-\x9f\ufffd]")
_MISREAD = re.compile(
    "[a-z\xdf-\xff\u03b1-\u03ce\u0430-\u045f][A-Z\xc0-\xde\u0391-\u03a9\u0401-\u042f]"
    "|[\x80-\x9f\ue000-\uf8ff\ufffd]|[\uff61-\uff9f](?=[\u4e00-\u9fff])"
)
_SWAPPED_CASE = re.compile("\\b[\u0430-\u045f][\u0401-\u042f]{2}")
_CYRILLIC_CAPITAL = re.compile("[\u0401-\u042f]")
_MIN_MISREAD, _MISREAD_SHARE = 4, 0.04
_SIGNS = re.compile("(?:(?![\u0300-\u036f])[\\W_])+")
_KANA = re.compile("[\u3041-\u30fa]")


def letters_of(text: str) -> str:
    """The letters, digits and marks of a text: what readings of the same bytes differ in."""
    return _SIGNS.sub("", text)


def oddness(text: str) -> int:
    """How many characters stand where writing does not have them, or are no characters at all."""
    odd = 0
    for found in _ODD_PLACES.finditer(text[:_JUDGED_CHARACTERS]):
        before, character, after = found.groups()
        kind = unicodedata.category(character)
        if kind[0] == "C" or character == REPLACEMENT:
            odd += 3 if kind != "Cf" else 0
        elif kind[0] == "S" or kind == "No":
            odd += any(each > "\x7f" and each.isalpha() for each in before + after)
            odd += before.isalpha() and after.isalpha()
        elif kind in ("Ps", "Pe", "Po"):
            odd += before.isalpha() and after.isalpha()
        elif kind == "Lu":
            odd += before.islower()
        elif kind == "Ll":
            odd += after.isupper() and not before.isalpha()
        if before.isalpha() and character.isalpha():
            odd += _script(before) != _script(character)
    return odd


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """The first word of a letter's name: LATIN, CYRILLIC, …"""
    return unicodedata.name(letter, "").partition(" ")[0]


def mixes_scripts(text: str) -> bool:
    """Whether most letters that are not Latin stand beside Latin ones, as in no writing."""
    text = text[:_JUDGED_CHARACTERS]
    mixed_count = len(_MIXED_LETTER.findall(text))
    return 2 * mixed_count > len(_OTHER_LETTER.findall(text)) if mixed_count else False


def is_latin(text: str) -> bool:
    """Whether all letters of a text are Latin."""
    return _OTHER_LETTER.search(text) is None


def holds_kana(text: str) -> bool:
    """Whether a text holds Japanese syllables, which Chinese has not."""
    return _KANA.search(text) is not None


def holds_controls(text: str) -> bool:
    """Whether a text holds control characters beyond ASCII, or what could not be decoded."""
    return _CONTROL.search(text) is not None


def looks_misread(text: str) -> bool:
    """Whether a text has many capitals within words, or characters of no writing.

    Russian in KOI8 is capitals in Windows-1251, with small letters where sentences begin.
    """
    text = text[:_JUDGED_CHARACTERS]
    high_count = sum(not each.isascii() for each in text)
    if len(_MISREAD.findall(text)) >= max(_MIN_MISREAD, _MISREAD_SHARE * high_count):
        return True
    is_swapped = _SWAPPED_CASE.search(text) is not None
    return is_swapped and 2 * len(_CYRILLIC_CAPITAL.findall(text)) > high_count
