"""Decodes documents: by byte order mark, by declaration, as UTF-8, or by a guess.

It is deterministic: equal bytes with an equal declaration give an equal text.
"""

from __future__ import annotations

from typing import NamedTuple

from dedupe.model.encodings import UTF8, known_encoding
from dedupe.sources.encoding.detection import guess_encoding, guess_undeclared
from dedupe.sources.encoding.escapes import escaped_encoding, has_escapes
from dedupe.sources.encoding.guess import NO_GUESS, Guess, describe_doubt, describe_misdeclared
from dedupe.sources.encoding.text_encoding import (
    UTF8_MARK,
    count_replaced,
    describe_utf8,
    encode_text,
    is_surely_utf8,
    replace_utf8,
    wide_encoding,
)


class Decoded(NamedTuple):
    """A decoded text.

    :param text: UTF-8
    :param encoding: how it was decoded: ``utf-8``, ``utf-16-le (mark)``, ``cp1251 (declared)``,
        ``cp1251 (detected)``, ``cp1251 (chosen)``
    :param replaced_count: sequences of bytes that became U+FFFD
    :param guess: the guess, if it was decoded by one
    :param is_utf8: whether it was decoded as the settings say, though it is valid UTF-8
    :param misdeclared: the encoding that it declares, if that is another
    """

    text: bytes
    encoding: str
    replaced_count: int
    guess: Guess = NO_GUESS
    is_utf8: bool = False
    misdeclared: str = ""

    @property
    def doubt(self) -> str:
        """A message that the text may be in another encoding; empty where that is not likely."""
        if self.is_utf8:
            return describe_utf8(self.encoding.partition(" ")[0])
        if self.misdeclared:
            return describe_misdeclared(self.misdeclared, self.encoding.partition(" ")[0])
        return describe_doubt(self.guess) if self.guess.is_doubtful else ""


def decode_document(data: bytes, declared: str = "", chosen: str = "") -> Decoded:
    """Decode a document.

    A byte order mark decides on the encoding, else the settings, else the NUL bytes of UTF-16.
    Without these the declaration decides, unless the bytes are valid UTF-8 with more than ASCII
    (text in another encoding is never valid UTF-8 by chance), or plainly are in another. Without
    a declaration it is UTF-8, an encoding with escapes, or a guess.

    :param declared: the encoding that the document itself, or an HTTP header, names
    :param chosen: the encoding of the settings, in Python's name
    """
    wide, how = wide_encoding(data)
    if how == "mark":
        return _decode(data[len("\ufeff".encode(wide)) :], wide, how)
    body = data.removeprefix(UTF8_MARK)
    if chosen and body is data:
        return _decode_chosen(data, chosen)
    if wide:
        return _decode(data, wide, how)
    if _is_utf8(body):
        return _decode_ascii(body, declared) if body.isascii() else Decoded(body, UTF8, 0)
    encoding = "" if body is not data else known_encoding(declared)
    if encoding and (guess := guess_undeclared(data, encoding)).encoding:
        return _decode(body, guess.encoding, "detected")._replace(misdeclared=encoding)
    if encoding not in ("", UTF8):
        return _decode(body, encoding, "declared")
    if body is data and not encoding and (guess := guess_encoding(data)).encoding:
        return _decode(body, guess.encoding, "detected")._replace(guess=guess)
    text, replaced_count = replace_utf8(body)
    return Decoded(text, UTF8, replaced_count)


def decode_part(data: bytes, declared: str = "", chosen: str = "") -> Decoded:
    """Decode a part of a file whose parts are in many encodings, such as a message of a mailbox.

    The encoding of the settings decides only where the part declares none that is known.
    """
    return decode_document(data, declared, "" if known_encoding(declared) else chosen)


def _decode_chosen(data: bytes, chosen: str) -> Decoded:
    """Decode as the settings say."""
    if chosen == UTF8:
        return Decoded(*_repaired(data))
    return _decode(data, chosen, "chosen")._replace(is_utf8=is_surely_utf8(data))


def _repaired(data: bytes) -> tuple[bytes, str, int]:
    if _is_utf8(data):
        return data, UTF8, 0
    text, replaced_count = replace_utf8(data)
    return text, UTF8, replaced_count


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode_ascii(data: bytes, declared: str) -> Decoded:
    """Decode ASCII: what it says, unless its escapes make it other text (ISO-2022-JP, HZ)."""
    named = known_encoding(declared)
    if has_escapes(named):
        return _decode(data, named, "declared")
    if (b"\x1b" in data or b"~{" in data) and (encoding := escaped_encoding(data)):
        return _decode(data, encoding, "detected")
    return Decoded(data, UTF8, 0)


def _decode(data: bytes, encoding: str, how: str) -> Decoded:
    label = f"{encoding} ({how})"
    try:
        return Decoded(encode_text(data.decode(encoding)), label, 0)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
    return Decoded(encode_text(text), label, count_replaced(text, data, encoding))
