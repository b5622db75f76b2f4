"""Decodes documents: by byte order mark, by declaration, as UTF-8, or by a guess.

It is deterministic: equal bytes with an equal declaration give an equal text.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

from dedupe.sources.encoding.text_encoding import (
    REPLACEMENT,
    UTF8_MARK,
    count_replaced,
    encode_text,
    replace_utf8,
    wide_encoding,
)

UTF8 = "utf-8"

_SAMPLE_BYTES = 1 << 16
_CANDIDATE_NAMES = """
    cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 koi8_r koi8_u iso8859_2
    gb18030 big5 cp932 euc_jp cp949 tis_620
"""
_CANDIDATES = _CANDIDATE_NAMES.split()
"""The encodings of the web. More candidates would only make short texts look like odd ones."""

_FEW_ACCENTS = 8
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_NOT_CP1252 = b"\x81\x8d\x8f\x90\x9d"

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

_TEXT_CODEC = re.compile(
    r"(?!.*(?:idna|punycode|escape|undefined|utf[-_]?7))[A-Za-z0-9_.:+-]{1,40}"
)


class Decoded(NamedTuple):
    """A decoded text.

    :param text: UTF-8
    :param encoding: how it was decoded: ``utf-8``, ``utf-16-le (mark)``, ``cp1251 (declared)``,
        ``cp1251 (detected)``
    :param replaced_count: sequences of bytes that became U+FFFD
    """

    text: bytes
    encoding: str
    replaced_count: int


def decode_document(data: bytes, declared: str = "") -> Decoded:
    """Decode a document.

    A byte order mark, or the NUL bytes of UTF-16, decide on the encoding. Without these the
    declaration decides, unless the bytes are valid UTF-8 with more than ASCII: text in another
    encoding is never valid UTF-8 by chance. Without a declaration it is UTF-8 or a guess.

    :param declared: the encoding that the document itself, or an HTTP header, names
    """
    wide, how = wide_encoding(data)
    if wide:
        mark_bytes = len("\ufeff".encode(wide)) if how == "mark" else 0
        return _decode(data[mark_bytes:], wide, how)
    body = data.removeprefix(UTF8_MARK)
    if _is_utf8(body):
        if declared and body.isascii():
            return _decode_ascii(body, declared)
        return Decoded(body, UTF8, 0)
    encoding = "" if body is not data else known_encoding(declared)
    if encoding not in ("", UTF8):
        return _decode(body, encoding, "declared")
    if body is data and not encoding and (encoding := detect_encoding(data)):
        return _decode(body, encoding, "detected")
    text, replaced_count = replace_utf8(body)
    return Decoded(text, UTF8, replaced_count)


@lru_cache(maxsize=64)
def known_encoding(label: str) -> str:
    """Python's name for an encoding that the web calls ``label``; empty where there is none."""
    label = label.strip().lower()
    if not _TEXT_CODEC.fullmatch(label):
        return ""
    try:
        name = codecs.lookup(label).name
        b"a".decode(name, "replace")
    except (LookupError, ValueError, TypeError, UnicodeError):
        return ""
    if name.startswith(("utf-16", "utf-32")):
        return UTF8  # in UTF-16 the declaration itself could not have been read
    return UTF8 if name == "utf-8-sig" else _WEB_NAMES.get(name, name)


def detect_encoding(data: bytes) -> str:
    """The likeliest encoding of bytes that are not UTF-8; empty where none is likely.

    It is empty for damaged UTF-8 too: bytes whose characters beyond ASCII are mostly valid UTF-8,
    or that hold a U+FFFD in UTF-8.
    """
    sample = _sample(data)
    if _is_damaged_utf8(sample):
        return ""
    if _has_few_accents(sample):
        return "cp1252"
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, cp_isolation=_CANDIDATES, preemptive_behaviour=False)
    best = matches.best()
    if best is None:
        return ""
    for match in matches:  # cp1252, the most common, unless another encoding fits better
        as_good = match.chaos <= best.chaos and match.coherence >= best.coherence
        if as_good and "cp1252" in match.could_be_from_charset:
            return "cp1252"
    return codecs.lookup(best.encoding).name


def _sample(data: bytes) -> bytes:
    """The beginning of the bytes, cut at white space so that no character is cut."""
    if len(data) <= _SAMPLE_BYTES:
        return data
    sample = data[:_SAMPLE_BYTES]
    cut = max(sample.rfind(b"\n"), sample.rfind(b" "))
    return sample[:cut] if cut > 0 else sample


def _has_few_accents(sample: bytes) -> bool:
    """Whether bytes beyond ASCII stand alone, and are too few to tell encodings apart by them."""
    found = _NOT_ASCII.findall(sample)
    few = len(found) <= _FEW_ACCENTS and max(map(len, found), default=0) == 1
    return few and not any(byte in _NOT_CP1252 for byte in b"".join(found))


def _is_damaged_utf8(sample: bytes) -> bool:
    if REPLACEMENT.encode() in sample:
        return True
    text = sample.decode(UTF8, "replace")
    bad = text.count(REPLACEMENT)
    good = sum(1 for character in text if character > "\x7f") - bad
    return good > bad


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode_ascii(data: bytes, declared: str) -> Decoded:
    """Decode ASCII; the declaration matters only where ASCII encodes other text (ISO-2022-JP)."""
    encoding = known_encoding(declared)
    if not encoding.startswith(("iso2022", "hz")):
        return Decoded(data, UTF8, 0)
    return _decode(data, encoding, "declared")


def _decode(data: bytes, encoding: str, how: str) -> Decoded:
    label = f"{encoding} ({how})"
    try:
        return Decoded(encode_text(data.decode(encoding)), label, 0)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
    return Decoded(encode_text(text), label, count_replaced(text, data, encoding))
