"""HTML files: a file is a page is a document."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.model.documents import Locator, Notice, SkippedDocument, pack_locators
from dedupe.model.settings import ScanSettings
from dedupe.sources.encoding.declared import declared_encoding
from dedupe.sources.encoding.decoding import Decoded, decode_document
from dedupe.sources.encoding.text_encoding import describe_replaced
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pages.metadata import find_page_meta
from dedupe.sources.pages.rereading import shared_page_reader
from dedupe.sources.reasons import BOMB, TOO_LARGE, UNDECODABLE_BYTES, UNREADABLE
from dedupe.sources.records.pieces import Chunk, OpenSource, Pages, Piece, Rereader
from dedupe.sources.unpack.byte_blocks import read_whole


def read_html(file: OpenSource, settings: ScanSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The one page of a file, and what there is to say about it."""
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
    page = decode_page(data)
    locators = pack_locators([Locator(file.index, 0, len(data))])
    metas = [find_page_meta(page.text)]
    yield Pages(Chunk([document_id], [page.text], locators, page.encoding, metas), document_id)
    if page.replaced_count:
        yield Notice(document_id, UNDECODABLE_BYTES, describe_replaced(page.replaced_count))
    if fault is not None:
        yield Notice(document_id, fault.reason, f"{fault.detail}; what stood before is kept")


def decode_page(data: bytes, charset: str = "") -> Decoded:
    """The source of a page.

    :param charset: what the server said; it wins over what the page says of itself
    """
    return decode_document(data, charset or declared_encoding(data))


def reread_html_with(settings: ScanSettings) -> Rereader:
    """Reads a page again, if its file is as long as it was."""
    reader = shared_page_reader(settings)

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        raw = read_at(file, 0, locator.length)
        if raw is None or read_at(file, locator.length, 1):
            return None
        return reader.read(decode_page(raw).text)

    return reread
