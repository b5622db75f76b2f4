"""Removes the encodings of HTTP transfer from responses in a crawl.

Many crawlers remove them and leave the headers. So content that does not begin as its header says,
but is plain text, is taken as it is. Other content that cannot be decoded is an error, because
compressed bytes are no text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable
from typing import Any

from dedupe.sources.encoding.text_encoding import wide_encoding
from dedupe.sources.unpack.budget import UnpackBudget
from dedupe.sources.unpack.compression import MAGIC_BYTES, codec_of
from dedupe.sources.unpack.unpackers import CompressionError, InflateUnpacker, Unpacker, new_zstd

BROTLI_INSTALL = "pip install brotli"

_NOT_APPLIED = frozenset({"", "identity", "none", "utf-8", "binary", "8bit", "7bit"})
"""The names of encodings that servers write where nothing is encoded."""

_MAX_CODINGS = 4
_PIECE_BYTES = 1 << 14
_OUT_BYTES = 1 << 18
_HEAD_BYTES = 8192
_MAX_CONTROL_SHARE = 0.02
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"
_CHUNK_HEAD = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r\n")
_MEMBER_MAGICS = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_MAGICS = (*_MEMBER_MAGICS, b"\xfd7zXZ\0", b"BZh91AY&SY")


class UndecodableError(Exception):
    """Content cannot be decoded; the message names the encoding and the problem."""


class ContentTooLargeError(Exception):
    """Content is longer than allowed when it is decoded."""


def decode_content(
    body: bytes, headers: Iterable[tuple[str, str]], budget: UnpackBudget, max_bytes: int
) -> bytes:
    """The decoded content of a response.

    :param headers: names and values; a name may occur several times
    :param budget: bounds what all content of the crawl unpacks to
    :raises UndecodableError: if it cannot be decoded
    :raises ContentTooLargeError: if it is longer than ``max_bytes``
    :raises BombError: if the budget is used up
    """
    values = {"transfer-encoding": "", "content-encoding": ""}
    for name, value in headers:
        if name.lower() in values:
            values[name.lower()] += f",{value}"
    transfers, contents = (_split(value) for value in values.values())
    codings = [*contents, *transfers]
    if len(codings) > _MAX_CODINGS:
        raise UndecodableError(f"it has {len(codings)} encodings ({', '.join(codings)[:60]})")
    for coding in reversed(codings):
        body = _decode(body, coding, budget, max_bytes)
    if body.startswith(_MAGICS):
        raise UndecodableError("it is compressed, though its headers do not say how")
    if not is_plain(body):
        raise UndecodableError("it is binary, though its headers say that it is text")
    return body


def is_plain(body: bytes) -> bool:
    """Whether content begins like a text, with hardly any control characters."""
    head = body[:_HEAD_BYTES]
    if wide_encoding(head)[0]:
        return True
    return len(head) - len(head.translate(None, _CONTROLS)) <= _MAX_CONTROL_SHARE * len(head)


def _split(value: str) -> list[str]:
    names = (name.strip().lower().removeprefix("x-") for name in value.split(","))
    return [name for name in names if name not in _NOT_APPLIED]


def _decode(body: bytes, coding: str, budget: UnpackBudget, max_bytes: int) -> bytes:
    """The content after removing one encoding."""
    if not body:
        return body
    if coding in ("chunked", "aws-chunked"):  # the latter has a signature behind each length
        return _join_chunks(body)
    problem = CompressionError("it does not begin so")
    try:
        for new in _unpackers(coding, body):
            try:
                return _unpack(body, new, budget, max_bytes)
            except CompressionError as error:
                problem = error
        raise problem
    except CompressionError as error:
        if is_plain(body) and not body.startswith(_MAGICS):
            return body
        raise UndecodableError(f"its encoding {coding!r:.40} cannot be undone: {error}") from None


def _unpackers(coding: str, body: bytes) -> list[Callable[[], Unpacker]]:
    """The decompressors to try for an encoding, one after another.

    :raises CompressionError: if the encoding is not known
    """
    if coding == "gzip":
        return [_new_gzip] if body.startswith(b"\x1f\x8b") else []
    if coding == "zstd":
        codec = codec_of(body[:MAGIC_BYTES])
        return [new_zstd] if codec is not None and codec.name == "zstd" else []
    if coding == "deflate":
        has_header = body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
        return [_new_zlib, _new_deflate] if has_header else [_new_deflate]
    if coding == "br":
        return [_new_brotli]
    raise CompressionError("it is not known here")


def _unpack(
    body: bytes, new: Callable[[], Unpacker], budget: UnpackBudget, max_bytes: int
) -> bytes:
    """The data of all members of compressed content; other bytes after them are ignored.

    Browsers ignore them too.

    :raises CompressionError: if the content is damaged, or ends early
    """
    parts: list[bytes] = []
    size, rest, has_magic = 0, body, body.startswith(_MEMBER_MAGICS)
    while rest is body or (has_magic and rest.startswith(_MEMBER_MAGICS)):
        unpacker, position = new(), 0
        while not unpacker.eof:
            data = rest[position : position + _PIECE_BYTES]
            if not data:
                raise CompressionError("it ends early")
            position += len(data)
            budget.add_packed(len(data))
            while part := unpacker.decompress(data, _OUT_BYTES):
                data = b""
                size += len(part)
                budget.add_unpacked(len(part))
                if size > max_bytes:
                    raise ContentTooLargeError
                parts.append(part)
        rest = rest[position - len(unpacker.unused_data) :]
    if rest and new is _new_deflate:
        raise CompressionError("something else follows it")  # a text may begin like deflate data
    return b"".join(parts)


def _new_gzip() -> Unpacker:
    return InflateUnpacker(zlib.decompressobj(zlib.MAX_WBITS | 16))


def _new_zlib() -> Unpacker:
    return InflateUnpacker(zlib.decompressobj())


def _new_deflate() -> Unpacker:
    return InflateUnpacker(zlib.decompressobj(-zlib.MAX_WBITS))


def _new_brotli() -> Unpacker:
    """:raises CompressionError: if its library is not installed"""
    try:
        import brotli  # type: ignore[import-untyped]
    except ImportError:
        raise CompressionError(f"it takes brotli: {BROTLI_INSTALL}") from None
    return _BrotliUnpacker(brotli)


class _BrotliUnpacker:
    """An ``Unpacker`` of Brotli data."""

    unused_data = b""

    def __init__(self, library: Any) -> None:
        self._decompressor = library.Decompressor()
        self._error: type[Exception] = library.error

    @property
    def eof(self) -> bool:
        return bool(self._decompressor.is_finished())

    @property
    def needs_input(self) -> bool:
        return bool(self._decompressor.can_accept_more_data())

    def decompress(self, data: bytes, max_length: int) -> bytes:
        try:
            return bytes(self._decompressor.process(data, output_buffer_limit=max_length))
        except (self._error, TypeError) as error:
            raise CompressionError(str(error)) from None

    def copy(self) -> Unpacker | None:
        return None


def _join_chunks(body: bytes) -> bytes:
    """The content of the chunks, joined; the body itself if a crawler has joined them before.

    :raises UndecodableError: if it ends within a chunk
    """
    parts: list[bytes] = []
    position = 0
    while (head := _CHUNK_HEAD.match(body, position)) is not None:
        begin, size = head.end(), int(head[1], 16)
        if size == 0:
            return b"".join(parts)
        position = begin + size + 2
        if body[position - 2 : position] != b"\r\n":
            break
        parts.append(body[begin : position - 2])
    if position == 0:
        return body
    if position <= len(body) and b"0\r\n\r\n".startswith(body[position:]):
        return b"".join(parts)  # only the mark of the end is missing, as browsers allow
    raise UndecodableError("its encoding 'chunked' cannot be undone: it ends early")
