"""Decodes what mail encodes: the bytes of its parts, its headers, its flowed lines."""

from __future__ import annotations

import binascii
import re
from contextlib import suppress
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime

from dedupe.sources.encoding.declared import declared_encoding
from dedupe.sources.encoding.decoding import Decoded, decode_document, decode_part
from dedupe.sources.encoding.text_encoding import REPLACEMENT, encode_text
from dedupe.sources.reasons import TOO_LARGE

_MAX_HEADER_BYTES = 1 << 20
_MAX_VALUE_CHARACTERS = 2000
_BLANK_LINE = re.compile(rb"\n\r?\n")
_NOT_BASE64 = re.compile(rb"(?m)^(?![A-Za-z0-9+/= \t\r]*$)")
_CONTENT_FIELDS = ("content-type", "content-disposition", "content-transfer-encoding")
_UUENCODED = frozenset(("x-uuencode", "x-uue", "uuencode", "uue", "x-binhex", "binhex", "x-yenc"))
_ASCII = frozenset(("us-ascii", "ascii", "ansi_x3.4-1968"))
_UTF = re.compile(r"^(?:unicode-1-1-)?utf-?")
_UNICODE = re.compile(r"utf-?7|utf-(?:16|32)(?:-?[lb]e)?")
_header_parser = BytesHeaderParser(policy=compat32)
_ERRORS = (MessageError, LookupError, ValueError, TypeError, ArithmeticError, AssertionError)
"""What the library raises for odd headers."""


class UnusableMailError(Exception):
    """A message gives no text, with a reason and the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def split_header(data: bytes, begin: int, end: int) -> tuple[Message, int]:
    """The fields of a part ``data[begin:end]``, and where its body begins.

    A header ends at a blank line, or before a line that is no field.

    :raises UnusableMailError: if it does not end
    """
    header_end = _find_blank_line(data, begin, end)
    is_long = header_end - begin > _MAX_HEADER_BYTES
    header_end = min(header_end, begin + _MAX_HEADER_BYTES)
    fields = _header_parser.parsebytes(data[begin:header_end])
    left = len(str(fields.get_payload()))
    if is_long and not left:
        detail = f"its header is longer than {_MAX_HEADER_BYTES} bytes"
        raise UnusableMailError(TOO_LARGE, detail)
    for name in _CONTENT_FIELDS:
        value = fields.get(name)
        if value is not None and (type(value) is not str or len(value) > _MAX_VALUE_CHARACTERS):
            fields.replace_header(name, str(value)[:_MAX_VALUE_CHARACTERS])  # slow to read if long
    return fields, header_end - left


def _find_blank_line(data: bytes, begin: int, end: int) -> int:
    """The position behind the first blank line of a part; its end where it has none."""
    for blank in (b"\n", b"\r\n"):
        if data.startswith(blank, begin, end):
            return begin + len(blank)
    found = _BLANK_LINE.search(data, begin, end)
    return end if found is None else found.end()


def parameter_of(fields: Message, name: str) -> str:
    """A parameter of the content type; empty where there is none that can be read."""
    try:
        value = fields.get_param(name, "")
        if isinstance(value, tuple):  # RFC 2231: charset, language, value
            value = value[2]
        return str(value).strip()
    except _ERRORS:
        return ""


def field_text(fields: Message, name: str, chosen: str = "") -> str:
    """A field of a header as text, without the encoding of RFC 2047; empty where it is missing.

    :param chosen: the encoding of the settings, for bytes that are not ASCII
    """
    value = next((value for key, value in fields.raw_items() if key.lower() == name), "")
    value = str(value)[:_MAX_VALUE_CHARACTERS].replace("\r", "").replace("\n", "")
    if not value.isascii():
        raw = value.encode("ascii", "surrogateescape")
        value = decode_document(raw, chosen=chosen).text.decode()
    if "=?" in value:
        with suppress(*_ERRORS):
            value = "".join(_decode_word(*each) for each in decode_header(value))
    return " ".join(value.split())


def _decode_word(word: str | bytes, charset: str | None) -> str:
    if isinstance(word, str):
        return word
    if charset is None:
        return word.decode("raw-unicode-escape")
    return decode_document(word, charset).text.decode()


def field_date(fields: Message) -> str:
    """The date of a message in ISO 8601; as it is where it is no valid date."""
    value = field_text(fields, "date")
    try:
        return parsedate_to_datetime(value).isoformat()
    except _ERRORS:
        return value


def is_transferable(encoding: str) -> bool:
    """Whether a transfer encoding can be undone; what has an unknown name is not encoded."""
    return encoding not in _UUENCODED


def undo_transfer(data: bytes, encoding: str) -> tuple[bytes, bool]:
    """The bytes of a part before they were made fit for transfer, and whether they are sound."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data), True
    return _decode_base64(data) if encoding == "base64" else (data, True)


def _decode_base64(data: bytes) -> tuple[bytes, bool]:
    """Decode base64; lines behind it that are none, as mailing lists append, stay as they are."""
    found = _NOT_BASE64.search(data)
    packed, rest = (data, b"") if found is None else (data[: found.start()], data[found.start() :])
    is_sound, decoded = not rest.strip(), []
    for part in packed.translate(None, b" \t\r\n").split(b"="):
        if len(part) % 4 == 1:
            part, is_sound = part[:-1], False
        decoded.append(binascii.a2b_base64(part + b"=" * (-len(part) % 4)))
    return b"".join([*decoded, b"\n" + rest if rest.strip() else b""]), is_sound


def charset_of_part(fields: Message) -> str:
    """The charset of a part; empty where that is not known, or all that it says is ASCII."""
    charset = parameter_of(fields, "charset").lower()
    return "" if charset in _ASCII else charset


def decode_text(data: bytes, charset: str, chosen: str = "") -> Decoded:
    """Decode the bytes of a plain text.

    :param chosen: the encoding of the settings, for texts whose charset is not known
    """
    encoding = _UTF.sub("utf-", charset)
    if _UNICODE.fullmatch(encoding):  # no page can be in these, but a mail can
        text = data.decode(encoding, "replace").removeprefix("\ufeff")
        return Decoded(encode_text(text), f"{encoding} (declared)", text.count(REPLACEMENT))
    return decode_part(data, charset, chosen)


def decode_html(data: bytes, charset: str, chosen: str = "") -> Decoded:
    """Decode the bytes of a page, as :func:`decode_text` does."""
    return decode_part(data, charset or declared_encoding(data), chosen)


def unflow(text: str, deletes_space: bool) -> str:
    """A text without the line breaks of ``format=flowed`` (RFC 3676); quote marks stay.

    :param deletes_space: whether the space at the end of a flowed line is none of the text
    """
    lines: list[list[str]] = []  # each in parts, since very many may flow into one
    open_depth = -1  # of quotes, in the line before; -1 where it does not flow on
    for line in text.split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        flows = body.endswith(" ") and body != "-- "
        shown = body[:-1] if flows and deletes_space else body
        if depth == open_depth and body != "-- ":
            lines[-1].append(shown)
        else:
            lines.append([f"{'>' * depth} {shown}" if depth else shown])
        open_depth = depth if flows else -1
    return "\n".join(map("".join, lines))
