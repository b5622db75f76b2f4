"""Reads files that are one document each, for the formats of such files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dedupe.model.documents import Locator, Notice, SkippedDocument, pack_locators
from dedupe.sources.encoding.decoding import Decoded
from dedupe.sources.encoding.text_encoding import describe_replaced
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import BOMB, ENCODING_DOUBTFUL, TOO_LARGE, UNDECODABLE_BYTES, UNREADABLE
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, Undecided
from dedupe.sources.unpack.byte_blocks import read_whole


def read_document(
    file: OpenSource,
    limits: ReadLimits,
    decode: Callable[[bytes], Decoded],
    finish: Callable[[Chunk], Piece] = lambda chunk: chunk,
) -> Iterator[Piece]:
    """The document of a file, and remarks on it.

    :param decode: makes a text of the file's bytes
    :param finish: makes the piece that the format yields, such as a page
    """
    id = file.source.id
    data = read_whole(file.blocks, limits.document_bytes)
    if data is None:
        detail = f"it is longer than {limits.document_bytes} bytes (--max-document-bytes)"
        yield SkippedDocument(id, TOO_LARGE, detail)
        return
    fault = file.blocks.fault
    if fault is not None and (fault.reason in (UNREADABLE, BOMB) or not data):
        yield SkippedDocument(id, fault.reason, fault.detail)
        return
    decoded = decode(data)
    if decoded.guess.is_doubtful:
        yield Undecided(data, decoded.guess)
    else:
        locators = pack_locators([Locator(file.index, 0, len(data))])
        alike = decoded.guess.alike
        yield finish(Chunk([id], [decoded.text], locators, decoded.encoding, alike=alike))
        yield from _remarks(id, decoded)
    if fault is not None:
        yield Notice(id, fault.reason, f"{fault.detail}; what stood before is kept")


def _remarks(id: str, decoded: Decoded) -> Iterator[Piece]:
    """What there is to say about the bytes of a document."""
    if decoded.replaced_count:
        yield Notice(id, UNDECODABLE_BYTES, describe_replaced(decoded.replaced_count))
    if doubt := decoded.doubt:
        yield Notice(id, ENCODING_DOUBTFUL, doubt)


def reread_document(
    file: SeekableBytes, locator: Locator, decode: Callable[[bytes], Decoded]
) -> bytes | None:
    """The document of a file once more, in UTF-8; ``None`` if the file has another length now."""
    raw = read_at(file, 0, locator.length)
    if raw is None or read_at(file, locator.length, 1):
        return None
    return decode(raw).text
