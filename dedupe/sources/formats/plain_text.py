"""Plain text: a file is a document."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.model.documents import Locator, Notice, SkippedDocument, pack_locators
from dedupe.model.settings import ScanSettings
from dedupe.sources.encoding.decoding import decode_document
from dedupe.sources.files.source import SeekableBytes, read_at
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import BOMB, TOO_LARGE, UNDECODABLE_BYTES, UNREADABLE
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, Rereader
from dedupe.sources.unpack.byte_blocks import read_whole


def read_text(file: OpenSource, settings: ScanSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The one document of a text file, and what there is to say about it."""
    document_id = file.source.id
    data = read_whole(file.blocks, limits.document_bytes)
    if data is None:
        detail = f"it is longer than {limits.document_bytes} bytes (--max-document-bytes)"
        yield SkippedDocument(document_id, TOO_LARGE, detail)
        return
    fault = file.blocks.fault
    if fault is not None and (fault.reason in (UNREADABLE, BOMB) or not data):
        yield SkippedDocument(document_id, fault.reason, fault.detail)
        return
    decoded = decode_document(data)
    locators = pack_locators([Locator(file.index, 0, len(data))])
    yield Chunk([document_id], [decoded.text], locators, decoded.encoding)
    if decoded.replaced_count:
        yield Notice(document_id, UNDECODABLE_BYTES, describe_replaced(decoded.replaced_count))
    if fault is not None:
        yield Notice(document_id, fault.reason, f"{fault.detail}; what stood before is kept")


def reread_text_with(settings: ScanSettings) -> Rereader:
    """Reads a file again, if it is as long as it was."""
    return _reread_text


def _reread_text(file: SeekableBytes, locator: Locator) -> str | None:
    raw = read_at(file, 0, locator.length)
    if raw is None or read_at(file, locator.length, 1):
        return None
    return decode_document(raw).text.decode()


def describe_replaced(count: int) -> str:
    """How many sequences of bytes are lost, in words."""
    if count == 1:
        return "1 sequence of bytes could not be decoded and was replaced by U+FFFD"
    return f"{count} sequences of bytes could not be decoded and were replaced by U+FFFD"
