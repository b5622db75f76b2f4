"""The names of encodings: what the web, Python and people call them.

In these names, an encoding is a codec of Python that turns bytes into text.
"""

from __future__ import annotations

import codecs
import re
from difflib import get_close_matches
from encodings.aliases import aliases
from functools import lru_cache

from dedupe.model.errors import ConfigError

UTF8 = "utf-8"

_WEB_NAMES = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""Encodings that pages mean by another name (WHATWG Encoding Standard), both in Python's names."""

_LABELS = {
    "dos-874": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "logical": "iso8859-8",
    "visual": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "mac": "mac-roman",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "gb_2312": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "cn-big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "x-euc-jp": "euc_jp",
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "windows-949": "cp949",
    "ksc_5601": "cp949",
    "ks_c_5601-1989": "cp949",
    "iso-ir-149": "cp949",
    "unicode-1-1-utf-8": UTF8,
    "unicode": "utf-16-le",
    "ucs-2": "utf-16-le",
    **{f"x-cp{number}": f"cp{number}" for number in range(1250, 1259)},
}
"""Labels of the web that Python does not know, with Python's names."""

_TEXT_CODEC = re.compile(
    r"(?!.*(?:idna|punycode|escape|undefined|utf[-_]?7))[A-Za-z0-9_.:+-]{1,40}"
)


@lru_cache(maxsize=64)
def encoding_named(label: str) -> str:
    """Python's name for an encoding that people call ``label``; empty where there is none.

    UTF-16 and UTF-32 without an order of bytes are little-endian, as on the web.
    """
    label = label.strip().lower()
    label = _LABELS.get(label, label)
    if not _TEXT_CODEC.fullmatch(label):
        return ""
    try:
        name = codecs.lookup(label).name
        b"a".decode(name, "replace")
    except (LookupError, ValueError, TypeError, UnicodeError):
        return ""
    if name in ("utf-16", "utf-32"):
        return f"{name}-le"
    return UTF8 if name == "utf-8-sig" else _WEB_NAMES.get(name, name)


def known_encoding(label: str) -> str:
    """Python's name for the encoding that a page declares as ``label``; empty if there is none."""
    name = encoding_named(label)
    # In UTF-16 the declaration itself could not have been read.
    return UTF8 if is_wide(name) else name


def is_wide(name: str) -> bool:
    """Whether an encoding is UTF-16 or UTF-32, in which ASCII is not one byte a character."""
    return name.startswith(("utf-16", "utf-32"))


def names_like(label: str) -> list[str]:
    """Up to three names of encodings that resemble one that does not exist."""
    label = label.strip().lower()
    names = {*_LABELS, *(name.replace("_", "-") for name in {*aliases, *aliases.values()})}
    known = [name for name in sorted(names) if encoding_named(name)]
    return get_close_matches(label.replace("_", "-"), known, 3)


def chosen_encoding(label: str) -> str:
    """Python's name for the encoding of this label.

    :raises ConfigError: if there is none
    """
    if name := encoding_named(label):
        return name
    near = " or ".join(names_like(label))
    meant = f"; did you mean {near}?" if near else ", such as cp1251, shift_jis or utf-16-le"
    raise ConfigError(f"encoding is {label!r}, which is no encoding that is known{meant}")
