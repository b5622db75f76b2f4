"""Plain text as a format: a file is a document."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.model.documents import Locator, Notice, SkippedDocument, pack_locators
from dedupe.model.settings import ScanSettings
from dedupe.sources.encoding.decoding import decode_document
from dedupe.sources.encoding.text_content import odd_content_problem, text_problem
from dedupe.sources.encoding.text_encoding import describe_replaced
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.format import Format
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import BOMB, TOO_LARGE, UNDECODABLE_BYTES, UNREADABLE
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, Rereader
from dedupe.sources.unpack.byte_blocks import read_whole


class TextFormat(Format):
    """A text."""

    endings = (".txt", ".text", ".md")

    def problem(self, head: bytes, is_chosen: bool) -> str:
        """Where the settings say that it is text, NUL bytes alone do not count against it."""
        return odd_content_problem(head) if is_chosen else text_problem(head)

    def read(self, file: OpenSource, settings: ScanSettings, limits: ReadLimits) -> Iterator[Piece]:
        return _read_text(file, limits)

    def reread_with(self, settings: ScanSettings) -> Rereader:
        return _reread_text

    def is_whole_file(self, locator: Locator) -> bool:
        return True


TEXT = TextFormat("text")


def _read_text(file: OpenSource, limits: ReadLimits) -> Iterator[Piece]:
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


def _reread_text(file: SeekableBytes, locator: Locator) -> str | None:
    """The text of a file, if it is as long as it was."""
    raw = read_at(file, 0, locator.length)
    if raw is None or read_at(file, locator.length, 1):
        return None
    return decode_document(raw).text.decode()
