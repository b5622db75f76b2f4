"""Reads WARC and ARC, the formats of web crawls: each record of HTML or text is a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from dedupe.model.documents import Locator, Notice, SkippedDocument, pack_locators
from dedupe.model.metadata import pack_meta
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.declared import charset_of
from dedupe.sources.encoding.decoding import Decoded, decode_document
from dedupe.sources.encoding.text_content import plain_start
from dedupe.sources.encoding.text_encoding import describe_replaced
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.find_kind import find_kind
from dedupe.sources.formats.html.format import is_page
from dedupe.sources.formats.html.reader import decode_page
from dedupe.sources.formats.pdf.format import PDF
from dedupe.sources.formats.warc.records import Record, cut_records, split_headers
from dedupe.sources.limits import MAX_LOCATED_BYTES, ReadLimits
from dedupe.sources.pages.rereading import shared_page_reader
from dedupe.sources.reasons import (
    BOMB,
    DAMAGED,
    ENCODING_DOUBTFUL,
    KNOWN_FORMAT,
    NOT_DECODABLE,
    TOO_LARGE,
    TRUNCATED,
    UNDECODABLE_BYTES,
)
from dedupe.sources.records.metadata_values import as_meta_value
from dedupe.sources.records.pieces import Chunk, OpenSource, Pages, Piece, Rereader
from dedupe.sources.records.removal import MOVED, ByteRange, CannotRewriteError, read_blocks
from dedupe.sources.unpack.budget import BombError, UnpackBudget
from dedupe.sources.unpack.http_content import (
    ContentTooLargeError,
    UndecodableError,
    decode_content,
)

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_XML_TYPES = ("text/xml", "application/xml")
_NO_PROSE = re.compile(r"text/(?:x-)?(?:css|\w*script|json|xml|vcard|calendar)")
_STATUS = re.compile(rb"(?:HTTP/\d(?:\.\d)?|h[23]|ICY)[ \t]+(\d{3})\b")
_JSON_START = re.compile(rb"\{\s*\"|\[\s*\{\s*\"")
_HEAD_BYTES = 8192
_OF_WEB = ("http:", "https:")
_END_OF_HEADERS = re.compile(rb"\n\r?\n")
_MAX_HEADERS_BYTES = 1 << 18
_KINDS = frozenset({"response", "resource", "conversion"})
_READ_BYTES = 1 << 18
_MIN_KEPT_BYTES = 1 << 26
"""The longest content of a record that is held in memory, if documents may not be longer."""


class DamagedRecordError(Exception):
    """A record is damaged; the message says how."""


class KnownKindError(Exception):
    """A record holds what is known and not read; the message names it."""


_UNUSABLE = (
    ContentTooLargeError,
    UndecodableError,
    BombError,
    DamagedRecordError,
    KnownKindError,
)


class Capture(msgspec.Struct, frozen=True):
    """A record that is a document.

    :param date: when it was fetched, as the record says (ISO 8601)
    :param length: bytes of its content as it is in the WARC file
    :param is_complete: whether the WARC file holds all of it
    """

    uri: str
    date: str
    is_html: bool
    content: Decoded
    length: int
    is_complete: bool


def read_warc(file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The documents of a crawl, in its order, and remarks on records that could not be used."""
    yield from _WarcReader(file, limits, settings.encoding).read()


def reread_warc_with(settings: ReadSettings) -> Rereader:
    """A function that reads single records again, by their offsets."""
    reader = shared_page_reader(settings)
    limits = ReadLimits.of_settings(settings)

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        file.seek(locator.offset)
        blocks = iter(lambda: file.read(_READ_BYTES), b"")
        try:
            record = next(cut_records(blocks, MAX_LOCATED_BYTES))
            budget = UnpackBudget(limits)
            capture = read_capture(record, budget, MAX_LOCATED_BYTES, settings.encoding)
        except (StopIteration, OSError, ValueError, *_UNUSABLE):
            return None
        if capture is None:
            return None
        return (
            reader.read(capture.content.text) if capture.is_html else capture.content.text.decode()
        )

    return reread


def find_records(content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
    """The bytes of some records, each up to where the next record begins.

    :raises CannotRewriteError: if a locator is not that of a record
    """
    size = 0

    def blocks() -> Iterator[bytes]:
        nonlocal size
        for block in read_blocks(content):
            size += len(block)
            yield block

    offsets = [record.offset for record in cut_records(blocks(), _MIN_KEPT_BYTES)]
    ends = dict(zip(offsets, [*offsets[1:], size], strict=True))
    if not {locator.offset for locator in locators} <= ends.keys():
        raise CannotRewriteError(MOVED)
    return [ByteRange(offset, ends[offset]) for offset in {locator.offset for locator in locators}]


class _WarcReader:
    """Reads the records of one crawl."""

    def __init__(self, file: OpenSource, limits: ReadLimits, encoding: str) -> None:
        self._file = file
        self._encoding = encoding
        self._first_doubt, self._doubt_count = "", 0
        self._path_id = file.source.id
        self._max_bytes = limits.document_bytes
        self._budget = UnpackBudget(limits)
        self._bad_bytes_count = 0
        self._last_uri = ""

    def read(self) -> Iterator[Piece]:
        kept = max(self._max_bytes, _MIN_KEPT_BYTES)
        for record in cut_records(iter(self._file.blocks), kept):
            yield from self._read_record(record)
        fault = self._file.blocks.fault
        if fault is not None:
            yield self._notice(fault.reason, fault.detail)
        if self._bad_bytes_count:
            yield Notice(self._path_id, UNDECODABLE_BYTES, describe_replaced(self._bad_bytes_count))
        if self._doubt_count:
            detail = f"records in a doubtful encoding: {self._doubt_count}; the first: "
            yield Notice(self._path_id, ENCODING_DOUBTFUL, detail + self._first_doubt)

    def _read_record(self, record: Record) -> Iterator[Piece]:
        offset = record.offset
        self._last_uri = uri = _uri_of(record) or f"{self._path_id}@{offset}"
        try:
            capture = read_capture(record, self._budget, self._max_bytes, self._encoding)
        except _UNUSABLE as error:
            yield self._skip(uri, offset, error)
            return
        if capture is None:
            return
        if not capture.is_complete and self._file.blocks.fault is None:
            yield self._notice(TRUNCATED, "the last record is cut off; its beginning is kept")
        content = capture.content
        self._bad_bytes_count += content.replaced_count
        if doubt := content.doubt:
            self._doubt_count += 1
            self._first_doubt = self._first_doubt or f"{doubt} ({uri})"
        locators = pack_locators([Locator(self._file.index, offset, capture.length)])
        meta = {"url": as_meta_value(capture.uri), "date": as_meta_value(capture.date)}
        metas = [pack_meta({name: value for name, value in meta.items() if value})]
        chunk = Chunk([capture.uri or uri], [content.text], locators, content.encoding, metas)
        yield Pages(chunk, self._path_id) if capture.is_html else chunk

    def _skip(self, uri: str, offset: int, error: Exception) -> SkippedDocument:
        place = f"the record at byte {offset} of {self._path_id}"
        if isinstance(error, ContentTooLargeError):
            detail = f"it is longer than {self._max_bytes} bytes (--max-document-bytes)"
            return SkippedDocument(uri, TOO_LARGE, detail)
        if isinstance(error, BombError):
            return SkippedDocument(uri, BOMB, f"{error}, with what stands before it; {place}")
        if isinstance(error, KnownKindError):
            return SkippedDocument(uri, KNOWN_FORMAT, f"{error}; {place}")
        reason = DAMAGED if isinstance(error, DamagedRecordError) else NOT_DECODABLE
        return SkippedDocument(uri, reason, f"{error}; {place}")

    def _notice(self, reason: str, detail: str) -> Notice:
        """A notice that reading ended early, after the last record."""
        after = f", at {self._last_uri}" if self._last_uri else ""
        return Notice(self._path_id, reason, f"{detail}{after}; what stood before is kept")


def read_capture(
    record: Record, budget: UnpackBudget, max_bytes: int, encoding: str = ""
) -> Capture | None:
    """The document that a record holds; ``None`` where it holds none.

    :param encoding: the encoding of the settings, which wins over what is declared
    :raises DamagedRecordError: if it is damaged
    :raises KnownKindError: if it is of a kind that is known and not read
    :raises ContentTooLargeError: if its content is longer than ``max_bytes``
    :raises UndecodableError: if it is in an encoding that cannot be undone
    :raises BombError: if the budget is used up
    """
    kind = record.fields.get("warc-type", "").lower()
    if kind not in _KINDS:
        if not kind and record.problem:
            raise DamagedRecordError(record.problem)  # nothing tells that it is no document
        return None
    uri = _uri_of(record)
    if uri.startswith("metadata:"):  # what wget tells about its own run
        return None
    status, headers, raw = 200, [*record.fields.items()], record.content
    if kind == "response":
        status, headers, raw = _split_response(record.content)
        if not status and uri.startswith(_OF_WEB) and not record.problem:
            raise DamagedRecordError("its response does not begin with a status of HTTP")
    content_type = dict(reversed(headers)).get("content-type", "")
    if record.problem and not content_type:
        raise DamagedRecordError(record.problem)
    media_type = re.split("[;,]", content_type)[0].strip().lower()
    if status != 200 or not _may_be_document(media_type):
        return None
    if record.problem:
        raise DamagedRecordError(record.problem)
    try:
        body = _decoded_body(record, kind, headers, raw, budget, max_bytes)
    except (UndecodableError, ContentTooLargeError):
        if media_type in ("", *_XML_TYPES):  # nothing says that it is a document
            return None
        raise
    is_html = _is_page(media_type, body)
    if is_html is None:
        return None
    decode = decode_page if is_html else decode_document
    content = decode(body, charset_of(content_type), encoding)
    date = record.fields.get("warc-date", "")
    return Capture(uri, date, is_html, content, len(raw), record.is_complete)


def _decoded_body(
    record: Record,
    kind: str,
    headers: list[tuple[str, str]],
    raw: bytes,
    budget: UnpackBudget,
    max_bytes: int,
) -> bytes:
    """The content of a record without the encodings of HTTP."""
    if len(raw) > max_bytes or record.is_too_long:
        raise ContentTooLargeError
    return decode_content(raw, headers if kind == "response" else (), budget, max_bytes)


def _may_be_document(media_type: str) -> bool:
    """Whether content of a type may be a page or a text; content without a type may be a page."""
    if media_type in ("", *_HTML_TYPES, *_XML_TYPES):
        return True
    return media_type.startswith("text/") and not _NO_PROSE.fullmatch(media_type)


def _is_page(media_type: str, body: bytes) -> bool | None:
    """Whether decoded content is a page, or a text; ``None`` where it is neither.

    Servers send pages as plain text or without a type, and PDF, feeds and JSON as text or pages.

    :raises KnownKindError: if it is of a kind that is known and not read
    """
    head = body[:_HEAD_BYTES]
    start = plain_start(head)
    if is_page(start):
        return True
    if PDF.is_certain(head):
        raise KnownKindError("it is a PDF document, though its headers say that it is text")
    if kind := find_kind("x.txt", head):
        raise KnownKindError(f"{kind.what}, though its headers say that it is text")
    if media_type in ("", *_XML_TYPES) or start.startswith(b"<?xml"):
        return None
    if media_type not in _HTML_TYPES:
        return False
    return None if _JSON_START.match(start) else True


def _split_response(content: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """The status of a response of HTTP (0 where it is none), its headers, and its body."""
    status = _STATUS.match(content)
    if status is None:
        return 0, [], content
    end = _END_OF_HEADERS.search(content, 0, _MAX_HEADERS_BYTES)
    if end is None:
        return int(status[1]), split_headers(content[:_MAX_HEADERS_BYTES]), b""
    return int(status[1]), split_headers(content[: end.start()]), content[end.end() :]


def _uri_of(record: Record) -> str:
    return record.fields.get("warc-target-uri", "").strip("<>")
