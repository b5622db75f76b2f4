"""Reads WARC, the format of web crawls: each record of HTML or text is a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

from dedupe.model.documents import Locator, Notice, SkippedDocument, pack_locators
from dedupe.model.metadata import pack_meta
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.declared import charset_of
from dedupe.sources.encoding.decoding import Decoded, decode_document
from dedupe.sources.encoding.text_encoding import describe_replaced
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.html.reader import decode_page
from dedupe.sources.limits import MAX_LOCATED_BYTES, ReadLimits
from dedupe.sources.pages.rereading import shared_page_reader
from dedupe.sources.reasons import (
    BOMB,
    DAMAGED,
    ENCODING_DOUBTFUL,
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
_KINDS = frozenset({"response", "resource", "conversion"})
_READ_BYTES = 1 << 18
_UNUSABLE = (ContentTooLargeError, UndecodableError, BombError)


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
        try:
            records = _iterate(_Feed(iter(lambda: file.read(_READ_BYTES), b"")))
            budget = UnpackBudget(limits)
            capture = read_capture(next(records), budget, MAX_LOCATED_BYTES, settings.encoding)
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

    try:
        offsets = list(_find_record_offsets(blocks()))
    except (OSError, ValueError) as error:
        raise CannotRewriteError(f"it is damaged ({error})") from None
    ends = dict(zip(offsets, [*offsets[1:], size], strict=True))
    if not {locator.offset for locator in locators} <= ends.keys():
        raise CannotRewriteError(MOVED)
    return [ByteRange(offset, ends[offset]) for offset in {locator.offset for locator in locators}]


def _find_record_offsets(blocks: Iterator[bytes]) -> Iterator[int]:
    """The offsets of all records, of any kind.

    :param blocks: the uncompressed content, which is read to its end
    :raises OSError, ValueError: if the content is no WARC record
    """
    for record in _iterate(_Feed(blocks)):
        yield int(record.stream_pos)


class _WarcReader:
    """Reads the records of one crawl."""

    def __init__(self, file: OpenSource, limits: ReadLimits, encoding: str) -> None:
        self._file = file
        self._encoding = encoding
        self._first_doubt, self._doubt_count = "", 0
        self._path_id = file.source.id
        self._max_bytes = limits.document_bytes
        self._budget = UnpackBudget(limits)
        self._feed = _Feed(iter(file.blocks))
        self._bad_bytes_count = 0
        self._last_uri = ""

    def read(self) -> Iterator[Piece]:
        problem = ""
        try:
            for record in _iterate(self._feed):
                yield from self._read_record(record)
        except (OSError, ValueError) as error:
            problem = str(error)
        fault = self._file.blocks.fault
        if fault is not None:
            yield self._notice(fault.reason, fault.detail)
        elif problem:
            yield self._notice(DAMAGED, f"it is no WARC record ({problem})")
        if self._bad_bytes_count:
            yield Notice(self._path_id, UNDECODABLE_BYTES, describe_replaced(self._bad_bytes_count))
        if self._doubt_count:
            detail = f"records in a doubtful encoding: {self._doubt_count}; the first: "
            yield Notice(self._path_id, ENCODING_DOUBTFUL, detail + self._first_doubt)

    def _read_record(self, record: Any) -> Iterator[Piece]:
        offset = int(record.stream_pos)
        uri = record.headers.get("WARC-Target-URI") or f"{self._path_id}@{offset}"
        self._last_uri = uri
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
        return SkippedDocument(uri, NOT_DECODABLE, f"{error}; {place}")

    def _notice(self, reason: str, detail: str) -> Notice:
        """A notice that reading ended early, after the last record."""
        after = f", at {self._last_uri}" if self._last_uri else ""
        return Notice(self._path_id, reason, f"{detail}{after}; what stood before is kept")


def read_capture(
    record: Any, budget: UnpackBudget, max_bytes: int, encoding: str = ""
) -> Capture | None:
    """The document that a record holds; ``None`` where it holds none.

    :param encoding: the encoding of the settings, which wins over what is declared
    :raises ContentTooLargeError: if its content is longer than ``max_bytes``
    :raises UndecodableError: if it is in an encoding that cannot be undone
    :raises BombError: if the budget is used up
    """
    kind = str(record.record_type).rsplit(".", 1)[-1]
    if kind not in _KINDS:
        return None
    headers = record.http_headers if kind == "response" else record.headers
    if headers is None or (kind == "response" and headers.status_code != 200):
        return None
    content_type = (headers.get("Content-Type") or "").strip()
    media_type = content_type.split(";")[0].strip().lower()
    is_html = media_type in _HTML_TYPES
    if not is_html and not media_type.startswith("text/"):
        return None
    expected = int(record.content_length)
    raw = _read_bounded(record.reader, max_bytes)
    encodings = headers.items() if kind == "response" else ()
    body = decode_content(raw, encodings, budget, max_bytes)
    charset = charset_of(content_type)
    decode = decode_page if is_html else decode_document
    content = decode(body, charset, encoding)
    uri = record.headers.get("WARC-Target-URI") or ""
    date = record.headers.get("WARC-Date") or ""
    return Capture(uri.strip("<>"), date, is_html, content, len(raw), len(raw) >= expected)


def _read_bounded(reader: Any, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := reader.read(_READ_BYTES):
        size += len(part)
        if size > max_bytes:
            raise ContentTooLargeError
        parts.append(part)
    return b"".join(parts)


def _iterate(feed: _Feed) -> Iterator[Any]:
    """The records of a stream."""
    from fastwarc.warc import ArchiveIterator

    yield from ArchiveIterator(cast(Any, feed), stream_detect=False, fsspec_args=False)


class _Feed:
    """A file over blocks, with the methods that fastwarc needs."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._held = memoryview(b"")
        self._position = 0

    def read(self, size: int = _READ_BYTES) -> bytes:
        """Some bytes, at most ``size``; none at the end."""
        if not self._held:
            self._held = memoryview(next(self._blocks, b""))
        part = bytes(self._held[:size])
        self._held = self._held[size:]
        self._position += len(part)
        return part

    def tell(self) -> int:
        """Bytes read so far."""
        return self._position
