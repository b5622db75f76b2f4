"""Bytes to text and back, without an exception whatever they hold."""

from __future__ import annotations

import codecs
import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

UTF8_MARK = codecs.BOM_UTF8
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK_STARTS = tuple(mark for mark, _ in _MARKS)
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT_BYTES = REPLACEMENT.encode()


def encode_text(text: str) -> bytes:
    """UTF-8; lone surrogates, which it cannot hold, become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return replace_surrogates(text).encode()


def replace_surrogates(text: str) -> str:
    """The text with U+FFFD in the place of each surrogate."""
    return _SURROGATE.sub(REPLACEMENT, text)


def wide_encoding(data: bytes) -> str:
    """``utf-16-le`` and so on where a byte order mark says so, else nothing."""
    if not data.startswith(_MARK_STARTS):
        return ""
    return next(encoding for mark, encoding in _MARKS if data.startswith(mark))


def decode_to_utf8(data: bytes) -> tuple[bytes, int]:
    """The text of a file as UTF-8, and how many times bytes had to be replaced by U+FFFD.

    A byte order mark decides (and is dropped); without one the text is UTF-8.
    """
    encoding = wide_encoding(data)
    if not encoding:
        return _checked_utf8(data.removeprefix(UTF8_MARK))
    body = data[len("\ufeff".encode(encoding)) :]
    try:
        return body.decode(encoding).encode(), 0
    except UnicodeDecodeError:
        text = body.decode(encoding, "replace")
        honest_count = body.count(REPLACEMENT.encode(encoding))
        return text.encode(), max(1, text.count(REPLACEMENT) - honest_count)


def _checked_utf8(data: bytes) -> tuple[bytes, int]:
    if data.isascii():
        return data, 0
    try:
        data.decode()
    except UnicodeDecodeError:
        return replace_utf8(data)
    return data, 0


def replace_utf8(data: bytes) -> tuple[bytes, int]:
    """The bytes with what is not UTF-8 replaced by U+FFFD, and how many times."""
    repaired = data.decode("utf-8", "replace").encode()
    return repaired, repaired.count(_REPLACEMENT_BYTES) - data.count(_REPLACEMENT_BYTES)
