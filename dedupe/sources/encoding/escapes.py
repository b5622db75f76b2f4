"""Recognises the encodings whose bytes are all ASCII, by their escape sequences.

Mail and news in Japanese and Chinese were written in them. No byte tells them from ASCII, only that
escapes stand in pairs, with characters between them that exist.
"""

from __future__ import annotations

import codecs
import re

_ISO_2022 = {
    "iso2022_kr": (re.compile(rb"\x1b\$\)C"), ("iso2022_kr",)),
    "iso2022_jp": (
        re.compile(rb"\x1b(?:\$[@B]|\$\([DOPQ]|\([IJ])"),
        ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2", "iso2022_jp_2004"),
    ),
}
"""Designations of character sets, and the codecs that know them, the most usual first."""

_ISO_2022_CN = re.compile(rb"\x1b\$[)*+][AGHIJKLME]")

_HZ = re.compile(rb"~\{((?:[\x21-\x77][\x21-\x7e])+)~\}")
_USUAL_ROWS = bytes([0x21, 0x23, *range(0x30, 0x58)])
"""Rows of GB 2312 with punctuation and the 3,755 usual characters: they make up any prose."""

_MIN_HZ_CHARACTERS = 4
_MIN_USUAL_SHARE = 0.8


def escaped_encoding(data: bytes) -> str:
    """The encoding that the escape sequences of ASCII bytes show; empty where there is none.

    :param data: ASCII; its last character may be cut
    """
    if b"\x1b" in data:
        for start, names in _ISO_2022.values():
            if start.search(data):
                return next((name for name in names if _is_sound(data, name)), names[0])
    if b"~{" in data and _is_hz(data):
        return "hz"
    return ""


def unknown_escapes(data: bytes) -> str:
    """The name of an encoding with escapes that no codec of Python reads; empty where none is."""
    return "ISO-2022-CN" if b"\x1b" in data and _ISO_2022_CN.search(data) else ""


def has_escapes(encoding: str) -> bool:
    """Whether this encoding is one of those whose bytes are all ASCII."""
    return encoding.startswith("iso2022") or encoding == "hz"


def _is_sound(data: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _is_hz(data: bytes) -> bool:
    """Whether what stands in braces with tildes is Chinese prose."""
    text = b"".join(_HZ.findall(data))
    leads = text[::2]
    usual_count = len(leads) - len(leads.translate(None, _USUAL_ROWS))
    return len(leads) >= _MIN_HZ_CHARACTERS and usual_count >= _MIN_USUAL_SHARE * len(leads)
