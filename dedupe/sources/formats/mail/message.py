"""Finds the text of a message: its parts of plain text, or of HTML without tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from functools import cached_property
from typing import NamedTuple

import msgspec

from dedupe.model.encodings import UTF8
from dedupe.model.metadata import pack_meta
from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.formats.mail.parts import (
    UnusableMailError,
    charset_of_part,
    decode_html,
    decode_text,
    field_date,
    field_text,
    is_transferable,
    parameter_of,
    split_header,
    undo_transfer,
    unflow,
)
from dedupe.sources.pages.stripped import strip_tags
from dedupe.sources.reasons import ENCRYPTED, NO_TEXT, NOT_DECODABLE, TOO_DEEP, TOO_LARGE
from dedupe.sources.records.fields import PART_BREAK
from dedupe.sources.records.metadata_values import as_meta_value

_MAX_DEPTH = 30
_MAX_PARTS = 10_000
_MAX_TYPES_NAMED = 5
_FULLER = 10
"""How many times as long as the plain text its HTML is, where the plain text only points to it."""

_END_OF_MARK = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_NO_LOSS = frozenset(
    (
        *("application/pgp-signature", "application/pkcs7-signature"),
        *("application/x-pkcs7-signature", "text/enriched", "text/richtext"),
        *("text/watch-html", "text/x-amp-html"),
    )
)
"""Types of parts that hold nothing of their own: signatures, and other forms of the text."""

_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")


class MailText(msgspec.Struct, frozen=True):
    """The text of a message.

    :param text: UTF-8
    :param encoding: how it was decoded: that of the first part that is not UTF-8
    :param replaced_count: sequences of bytes that became U+FFFD
    :param is_sound: whether nothing of it looks damaged
    :param doubt: a message that a part may be in another encoding; empty where that is not likely
    :param attachment_count: parts that are not compared: pictures, and other attachments
    """

    text: bytes
    encoding: str
    replaced_count: int
    is_sound: bool
    doubt: str
    attachment_count: int


class _Part(NamedTuple):
    """A part: its fields, and its body ``data[begin:end]``."""

    fields: Message
    data: bytes
    begin: int
    end: int


class _PartText(msgspec.Struct, frozen=True, dict=True):
    """A decoded part that is text.

    :param source: the text, or the HTML
    """

    source: str
    is_html: bool
    encoding: str
    replaced_count: int
    doubt: str

    @cached_property
    def text(self) -> str:
        """What a reader sees of it."""
        return (strip_tags(self.source) if self.is_html else self.source).strip("\r\n")


class Mail:
    """A message, of which only the header has been looked at.

    :ivar id: its ``Message-ID`` without the brackets around it; empty where it has none
    """

    def __init__(self, data: bytes, chosen: str = "") -> None:
        """Take a message as it stands in its file, without a ``From`` line.

        :param chosen: the encoding of the settings, for parts that declare none
        :raises UnusableMailError: if its header does not end
        """
        self._chosen = chosen
        self._part = _open_part(data, 0, len(data))
        self.id = field_text(self._part.fields, "message-id").strip("<> ")

    @property
    def meta(self) -> bytes:
        """Its packed metadata: subject, date, and the address at which it is archived."""
        fields = self._part.fields
        url = field_text(fields, "archived-at").strip("<> ")
        values = {
            "title": field_text(fields, "subject", self._chosen),
            "date": field_date(fields),
            "url": url,
        }
        found = {name: as_meta_value(value) for name, value in values.items()}
        return pack_meta({name: value for name, value in found.items() if value})

    def read(self) -> MailText:
        """Its text.

        :raises UnusableMailError: if it has none, or it cannot be read
        """
        reader = _TextReader(self._chosen)
        parts = reader.read(self._part, 0)
        if not parts:
            raise UnusableMailError(*reader.explain())
        text = PART_BREAK.join(filter(None, (part.text for part in parts)))
        encoding = next((part.encoding for part in parts if part.encoding != UTF8), UTF8)
        count = sum(part.replaced_count for part in parts)
        doubt = next((part.doubt for part in parts if part.doubt), "")
        attachments = reader.attachment_count
        return MailText(encode_text(text), encoding, count, reader.is_sound, doubt, attachments)


def _open_part(data: bytes, begin: int, end: int) -> _Part:
    fields, body = split_header(data, begin, end)
    return _Part(fields, data, body, end)


class _TextReader:
    """Goes through the parts of one message.

    :ivar is_sound: whether nothing looked damaged so far
    :ivar attachment_count: parts that were passed over, but for signatures
    """

    def __init__(self, chosen: str) -> None:
        self.is_sound = True
        self.attachment_count = 0
        self._chosen = chosen
        self._parts_left = _MAX_PARTS
        self._types: dict[str, None] = {}
        self._unknown_encoding = ""

    def read(self, part: _Part, depth: int, default: str = "text/plain") -> list[_PartText]:
        """The texts of a part and those inside it; attachments give none."""
        if depth > _MAX_DEPTH:
            detail = f"its parts are nested deeper than {_MAX_DEPTH} levels"
            raise UnusableMailError(TOO_DEEP, detail)
        if "content-type" not in part.fields:
            part.fields["content-type"] = default
        kind = part.fields.get_content_type()
        if kind in _ENCRYPTED and parameter_of(part.fields, "smime-type") != "signed-data":
            return self._pass_over(kind)
        if depth and part.fields.get_content_disposition() == "attachment":
            return self._pass_over(kind)
        if kind.startswith("multipart/"):
            return self._read_parts(part, kind, depth)
        if kind in ("message/rfc822", "message/global"):
            return self.read(_open_part(*self._undo(part)), depth + 1)
        if kind in ("text/plain", "text/html"):
            return self._decode(part, kind == "text/html")
        return self._pass_over(kind)

    def _pass_over(self, kind: str) -> list[_PartText]:
        self._types[kind] = None
        self.attachment_count += kind not in _NO_LOSS
        return []

    def explain(self) -> tuple[str, str]:
        """Why there is no text: a reason and the detail."""
        if self._unknown_encoding:
            return NOT_DECODABLE, f"its text is encoded as {self._unknown_encoding!r:.60}"
        if any(kind in _ENCRYPTED for kind in self._types):
            return ENCRYPTED, "it is encrypted; decrypt it with a mail program first"
        kinds = ", ".join([kind[:60] for kind in self._types][:_MAX_TYPES_NAMED])
        return NO_TEXT, f"it has no part that is text (its parts: {kinds or 'none'})"

    def _read_parts(self, part: _Part, kind: str, depth: int) -> list[_PartText]:
        default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        boundary = parameter_of(part.fields, "boundary")
        spans = [*self._split(part, boundary.encode("ascii", "replace"))] if boundary else []
        if not spans:  # archives of lists take parts out, and leave the header as it was
            self.is_sound = False
            return self._decode(part, is_html=False)
        opened = (_open_part(part.data, *span) for span in spans)
        found = [self.read(each, depth + 1, default) for each in opened]
        if kind == "multipart/alternative":
            return _choose(found)
        return [text for texts in found for text in texts]

    def _split(self, part: _Part, boundary: bytes) -> Iterator[tuple[int, int]]:
        """Where each part inside a part begins and ends."""
        data, mark, begin, position = part.data, b"--" + boundary, -1, part.begin
        while (found := data.find(mark, position, part.end)) >= 0:
            self._parts_left -= 1
            if self._parts_left < 0:
                raise UnusableMailError(TOO_LARGE, f"it has more than {_MAX_PARTS} parts")
            end_of_mark = _END_OF_MARK.match(data, found + len(mark), part.end)
            if end_of_mark is None or (found > part.begin and data[found - 1] != ord("\n")):
                position = found + len(mark)
                continue
            if begin >= 0:
                yield begin, max(begin, found - 1 - data.endswith(b"\r\n", begin, found))
            begin = position = end_of_mark.end()
            if end_of_mark[1]:
                return
        if begin >= 0:
            yield begin, part.end

    def _undo(self, part: _Part) -> tuple[bytes, int, int]:
        """The body of a part with its transfer encoding undone: ``data[begin:end]``."""
        encoding = str(part.fields.get("content-transfer-encoding", "")).strip().lower()
        if encoding not in ("base64", "quoted-printable"):
            if not is_transferable(encoding):
                self._unknown_encoding = encoding
                return b"", 0, 0
            return part.data, part.begin, part.end
        data, is_sound = undo_transfer(part.data[part.begin : part.end], encoding)
        self.is_sound &= is_sound
        return data, 0, len(data)

    def _decode(self, part: _Part, is_html: bool) -> list[_PartText]:
        data, begin, end = self._undo(part)
        if self._unknown_encoding:
            return []
        charset = charset_of_part(part.fields)
        decode = decode_html if is_html else decode_text
        decoded = decode(data[begin:end], charset, self._chosen)
        text = decoded.text.decode()
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if not is_html and parameter_of(part.fields, "format").lower() == "flowed":
            text = unflow(text, parameter_of(part.fields, "delsp").lower() == "yes")
        count = decoded.replaced_count
        return [_PartText(text, is_html, decoded.encoding, count, decoded.doubt)]


def _choose(found: list[list[_PartText]]) -> list[_PartText]:
    """Of several forms of one text the plain one, unless it only points to the HTML."""
    plain = next((texts for texts in found if any(_is_plain(each) for each in texts)), [])
    rich = next((texts for texts in found if any(each.is_html for each in texts)), [])
    if not plain or (
        rich
        and rich is not plain
        and sum(len(each.source) for each in rich) > _FULLER * _size_of(plain)
        and _size_of(rich) > _FULLER * _size_of(plain)
    ):
        return rich or next(filter(None, found), [])
    return plain


def _is_plain(text: _PartText) -> bool:
    return not text.is_html and bool(text.text.strip())


def _size_of(texts: list[_PartText]) -> int:
    return sum(len(each.text.strip()) for each in texts)
