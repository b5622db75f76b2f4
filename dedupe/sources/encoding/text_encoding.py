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
_TELLING_BYTES = 8192
_ALPHABETIC = bytes(range(0x20))
_MAX_OTHER_SHARE = 0.25
_BINARY = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT_BYTES = REPLACEMENT.encode()
_REPLACEMENT_START = _REPLACEMENT_BYTES[:1]

_MAX_LOST_SHARE = 0.1
"""Of the characters that are no white space. French in a wrong encoding loses one in twenty, and
its words can be told; Vietnamese one in four, and they cannot."""

_MIN_LOST = 4


def encode_text(text: str) -> bytes:
    """UTF-8; lone surrogates, which it cannot hold, become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return replace_surrogates(text).encode()


def replace_surrogates(text: str) -> str:
    """The text with U+FFFD in the place of each surrogate."""
    return _SURROGATE.sub(REPLACEMENT, text)


def wide_encoding(data: bytes) -> tuple[str, str]:
    """UTF-16 or UTF-32 as ``utf-16-le`` and so on, and how it is told; else nothing.

    By its ``mark``; or UTF-16 without one ``detected`` by its NUL bytes: where the first two
    characters are ASCII (as in RFC 4627), or most are of an alphabet. Chinese prose without a
    mark cannot be told from binary data.

    :param data: a file from its beginning
    """
    if data.startswith(_MARK_STARTS):
        return next(encoding for mark, encoding in _MARKS if data.startswith(mark)), "mark"
    head = data[:_TELLING_BYTES]
    if b"\0" in head:
        for encoding, low, high in (
            ("utf-16-le", head[::2], head[1::2]),
            ("utf-16-be", head[1::2], head[::2]),
        ):
            if _has_plain_characters(low, high) and _is_sound(head, encoding):
                return encoding, "detected"
    return "", ""


def _has_plain_characters(low: bytes, high: bytes) -> bool:
    """Whether code units of these bytes begin with ASCII, or are mostly below U+2000."""
    if high[:2] == b"\0\0" and 0 not in low[:2]:
        return True
    return len(high.translate(None, _ALPHABETIC)) <= _MAX_OTHER_SHARE * len(high)


def _is_sound(head: bytes, encoding: str) -> bool:
    """Whether it can be decoded, to characters that texts are made of."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return _BINARY.search(text) is None


def count_replaced(text: str, data: bytes, encoding: str) -> int:
    """How many U+FFFD of a text stand for bytes that could not be decoded: at least one.

    :param data: what it was decoded from, which may hold U+FFFD itself
    """
    try:
        honest_count = data.count(REPLACEMENT.encode(encoding))
    except UnicodeEncodeError:
        honest_count = 0
    return max(1, text.count(REPLACEMENT) - honest_count)


def describe_replaced(count: int) -> str:
    """How many sequences of bytes are lost, in words."""
    if count == 1:
        return "1 sequence of bytes could not be decoded and was replaced by U+FFFD"
    return f"{count} sequences of bytes could not be decoded and were replaced by U+FFFD"


def replace_utf8(data: bytes) -> tuple[bytes, int]:
    """The bytes with what is not UTF-8 replaced by U+FFFD, and how many times."""
    repaired = data.decode("utf-8", "replace").encode()
    return repaired, repaired.count(_REPLACEMENT_BYTES) - data.count(_REPLACEMENT_BYTES)


def describe_lost(text: bytes) -> str:
    """How much of a text is U+FFFD, in words, if too much is to compare it; else nothing.

    :param text: UTF-8
    """
    if _REPLACEMENT_START not in text or (lost := text.count(_REPLACEMENT_BYTES)) < _MIN_LOST:
        return ""
    size = len("".join(text.decode("utf-8", "replace").split()))
    if lost <= _MAX_LOST_SHARE * size:
        return ""
    return f"{lost} of its {size} characters could not be decoded and are U+FFFD"
