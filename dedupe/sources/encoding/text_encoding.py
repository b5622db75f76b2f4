"""Converts bytes to text and back without exceptions: what cannot be converted becomes U+FFFD."""

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
_TELLING_CHARACTERS = 4
_ALPHABETIC = bytes(range(0x20))
_MAX_OTHER_SHARE = 0.25
_BINARY = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT_BYTES = REPLACEMENT.encode()
_REPLACEMENT_START = _REPLACEMENT_BYTES[:1]

_MAX_LOST_SHARE = 0.1
"""The largest share of lost characters, without white space, in a text that is compared.

French in a wrong encoding loses one character in twenty, and most words stay recognisable;
Vietnamese loses one in four, and they do not.
"""

_MIN_LOST = 4


def encode_text(text: str) -> bytes:
    """A text in UTF-8; lone surrogates, which UTF-8 cannot hold, become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return replace_surrogates(text).encode()


def replace_surrogates(text: str) -> str:
    """The text with U+FFFD in the place of each surrogate."""
    return _SURROGATE.sub(REPLACEMENT, text)


def wide_encoding(data: bytes) -> tuple[str, str]:
    """The encoding of UTF-16 or UTF-32 data (``utf-16-le``, …), and how it is known.

    It is known by a byte order mark (``mark``). UTF-16 without one is ``detected`` by its NUL
    bytes, where the first two characters are ASCII (as in RFC 4627) or most characters are of an
    alphabet. Chinese prose without a mark cannot be distinguished from binary data. Both results
    are empty for other data.

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


def without_mark(data: bytes) -> bytes:
    """A text in UTF-8 without a byte order mark; UTF-16 and UTF-32 are known by theirs.

    Editors and shells of Windows write such marks, and UTF-16, where a file is redirected.
    """
    wide, how = wide_encoding(data)
    if how != "mark":
        return data.removeprefix(UTF8_MARK)
    return encode_text(data.decode(wide, "replace").removeprefix("\ufeff"))


def _has_plain_characters(low: bytes, high: bytes) -> bool:
    """Whether UTF-16 code units begin with ASCII, or are mostly below U+2000.

    :param low: the low bytes of the code units
    :param high: the high bytes of the code units
    """
    if high[:2] == b"\0\0" and 0 not in low[:2]:
        return True
    return len(high.translate(None, _ALPHABETIC)) <= _MAX_OTHER_SHARE * len(high)


def _is_sound(head: bytes, encoding: str) -> bool:
    """Whether the bytes can be decoded, and give no characters that only binary data has."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return _BINARY.search(text) is None


def count_replaced(text: str, data: bytes, encoding: str) -> int:
    """How many U+FFFD of a text replace bytes that could not be decoded: at least one.

    :param data: the bytes of the text, which may hold U+FFFD themselves
    """
    try:
        original_count = data.count(REPLACEMENT.encode(encoding))
    except UnicodeEncodeError:
        original_count = 0
    return max(1, text.count(REPLACEMENT) - original_count)


def is_surely_utf8(data: bytes) -> bool:
    """Whether bytes are valid UTF-8 with so many characters beyond ASCII that it is no chance.

    The last character may be cut.
    """
    if data.isascii():
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return len(text) - len(text.encode("ascii", "ignore")) >= _TELLING_CHARACTERS


def describe_utf8(encoding: str) -> str:
    """A message that a text was decoded as the settings say, and probably should not be."""
    return f"it was read as {encoding} (--encoding), but is valid UTF-8"


def describe_replaced(count: int) -> str:
    """A message that says how many sequences of bytes were replaced."""
    if count == 1:
        return "1 sequence of bytes could not be decoded and was replaced by U+FFFD"
    return f"{count} sequences of bytes could not be decoded and were replaced by U+FFFD"


def replace_utf8(data: bytes) -> tuple[bytes, int]:
    """The bytes with each invalid sequence of UTF-8 replaced by U+FFFD, and how many there were."""
    repaired = data.decode("utf-8", "replace").encode()
    return repaired, repaired.count(_REPLACEMENT_BYTES) - data.count(_REPLACEMENT_BYTES)


def describe_lost(text: bytes) -> str:
    """A message that too much of a text is U+FFFD to compare it; empty where it is not.

    :param text: UTF-8
    """
    if _REPLACEMENT_START not in text or (lost := text.count(_REPLACEMENT_BYTES)) < _MIN_LOST:
        return ""
    size = len("".join(text.decode("utf-8", "replace").split()))
    if lost <= _MAX_LOST_SHARE * size:
        return ""
    return f"{lost} of its {size} characters could not be decoded and are U+FFFD"
