"""Reads XML: a collection gives a document an item, any other file is one document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from dedupe.model.documents import Locator, Notice, SkippedDocument, pack_locators
from dedupe.model.encodings import UTF8
from dedupe.model.formats import name_record
from dedupe.model.metadata import pack_meta
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.decoding import Decoded
from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.whole_file import read_document, reread_document
from dedupe.sources.formats.xml.cuts import Cut, ItemCutter
from dedupe.sources.formats.xml.documents import XmlDocument, read_document_xml
from dedupe.sources.formats.xml.items import ItemReader
from dedupe.sources.formats.xml.kinds import ITEM_NAMES, item_name
from dedupe.sources.formats.xml.prolog import Root, find_root, local_name
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import (
    FIELD_MISSING,
    NO_ID,
    NOT_COMPARED,
    OTHER_ITEMS,
    TOO_LARGE,
    TRUNCATED,
    UNDECODABLE_BYTES,
    UNKNOWN_XML,
)
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, Rereader, SkippedRecord
from dedupe.sources.records.removal import MOVED, ByteRange, CannotRewriteError

HEAD_BYTES = 1 << 16
"""How far the root may be from the beginning of a collection."""

_GROUP_DOCUMENTS = 500
_MAX_BLANK_BYTES = 256
_BLANK = b" \t\r\n"
_WIKI_BASE = re.compile(rb"<base>(https?://[^<\s]{1,500}/)[^</]{0,200}</base>")


def read_xml(file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The documents of a file, and remarks on what could not be used."""
    head = file.blocks.look_recoded(HEAD_BYTES)
    root = find_root(head)
    if root is not None and (name := item_name(root)):
        base = _WIKI_BASE.search(head)
        items = ItemReader(settings, limits, base[1].decode("utf-8", "replace") if base else "")
        return _Collection(file, items, name, root, limits).read()
    return _read_document(file, limits)


def reread_xml_with(settings: ReadSettings) -> Rereader:
    """A function that reads single documents again, by their locators."""
    limits = ReadLimits.of_settings(settings)
    items = ItemReader(settings, limits)

    def decode(data: bytes) -> Decoded:
        return _decode(read_document_xml(data, limits))

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        if locator.line == 0:
            text = reread_document(file, locator, decode)
            return None if text is None else text.decode()
        raw = read_at(file, locator.offset, locator.length)
        if raw is None or (root := find_root(raw)) is None or root.local not in ITEM_NAMES:
            return None
        item = items.read(raw, root.local)
        return None if item.reason else encode_text(item.text).decode()

    return reread


def find_items(content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
    """The bytes of items, each with the white space before it.

    :raises CannotRewriteError: if a locator is not that of an item
    """
    ranges = []
    for locator in locators:
        raw = read_at(content, locator.offset, locator.length) or b""
        root = find_root(raw)
        if root is None or root.begin or root.local not in ITEM_NAMES or not raw.endswith(b">"):
            raise CannotRewriteError(MOVED)
        before_size = min(_MAX_BLANK_BYTES, locator.offset)
        before = read_at(content, locator.offset - before_size, before_size) or b""
        blank_size = len(before) - len(before.rstrip(_BLANK))
        ranges.append(ByteRange(locator.offset - blank_size, locator.offset + locator.length))
    return ranges


class _Collection:
    """Reads the items of one file."""

    def __init__(
        self, file: OpenSource, items: ItemReader, name: str, root: Root, limits: ReadLimits
    ) -> None:
        self._file = file
        self._limits = limits
        self._name = local_name(name)
        self._cutter = ItemCutter(file.blocks, name, root.name, limits.line_bytes)
        self._items = items
        self._passed_over: Counter[str] = Counter()
        self._replaced_in = self._attached_to = 0
        self._group: list[tuple[str, bytes, Locator, bytes]] = []

    def read(self) -> Iterator[Piece]:
        row = size = 0
        for row, cut in enumerate(self._cutter, 1):
            yield from self._read_cut(cut, row)
            size += cut.length
            if len(self._group) == _GROUP_DOCUMENTS or size >= self._limits.block_bytes:
                yield from self._take_group()
                size = 0
        yield from self._take_group()
        yield from self._remarks(row)

    def _read_cut(self, cut: Cut, row: int) -> Iterator[Piece]:
        """Add the document of an item to the group, or say why it has none."""
        row_id = name_record(self._file.source.id, self._file.source.format, row)
        if cut.raw is None:
            limit = self._limits.line_bytes
            detail = f"the item is longer than {limit} bytes (--max-line-bytes)"
            yield SkippedDocument(row_id, TOO_LARGE, detail)
            return
        item = self._items.read(cut.raw, self._name)
        if item.passed_over:
            self._passed_over[item.passed_over] += 1
            return
        locator = Locator(self._file.index, cut.offset, cut.length, row)
        text = encode_text(item.text)
        if len(text) > self._limits.document_bytes:
            limit = self._limits.document_bytes
            item.reason = TOO_LARGE
            item.detail = f"its text is longer than {limit} bytes (--max-document-bytes)"
        if item.reason:
            skipped = SkippedDocument(item.id or row_id, item.reason, item.detail)
            yield SkippedRecord(skipped, locator) if item.id else skipped
            return
        self._replaced_in += item.replaced_count > 0
        self._attached_to += item.has_attachment
        self._group.append((item.id or row_id, text, locator, pack_meta(item.meta)))

    def _take_group(self) -> Iterator[Piece]:
        if self._group:
            ids, texts, locators, metas = map(list, zip(*self._group, strict=True))
            self._group.clear()
            yield Chunk(ids, texts, pack_locators(locators), metas=metas)

    def _remarks(self, row: int) -> Iterator[Piece]:
        """What there is to say about the file once it is read."""
        id, fault = self._file.source.id, self._file.blocks.fault
        after = f", after item {row}" if row else ""
        if fault is not None:
            yield SkippedDocument(id, fault.reason, fault.detail + after)
        elif self._cutter.problem:
            detail = f"{self._cutter.problem}{after}; what stood before is kept"
            yield Notice(id, TRUNCATED, detail)
        elif not row:
            yield SkippedDocument(id, FIELD_MISSING, f"there is no <{self._name}> in it")
        if self._items.id_problem:
            yield Notice(id, NO_ID, self._items.id_problem)
        if self._passed_over:
            counts = sorted(self._passed_over.items())
            listed = ", ".join(f"{count} {kind}" for kind, count in counts)
            yield Notice(id, OTHER_ITEMS, f"items that are no texts were passed over: {listed}")
        if self._attached_to:
            yield Notice(id, NOT_COMPARED, f"notes with attachments: {self._attached_to}")
        if self._replaced_in:
            detail = "items that hold bytes that are not UTF-8 (replaced by U+FFFD): "
            yield Notice(id, UNDECODABLE_BYTES, f"{detail}{self._replaced_in}")


def _read_document(file: OpenSource, limits: ReadLimits) -> Iterator[Piece]:
    """The document that a whole file is, and remarks on it."""
    found: list[XmlDocument] = []

    def decode(data: bytes) -> Decoded:
        found.append(read_document_xml(data, limits))
        return _decode(found[-1])

    def finish(chunk: Chunk) -> Piece:
        document = found[-1]
        if document.is_usable:
            return msgspec.structs.replace(chunk, metas=[pack_meta(document.meta)])
        return SkippedDocument(chunk.ids[0], document.parsed.reason, document.parsed.detail)

    yield from read_document(file, limits, decode, finish)
    for document in found:
        id, parsed = file.source.id, document.parsed
        if document.unknown_root and document.is_usable:
            detail = f"it is XML of no known kind (<{document.unknown_root[:60]}>); "
            yield Notice(id, UNKNOWN_XML, f"{detail}all its text was taken, without the tags")
        is_told = parsed.reason == TRUNCATED and file.blocks.fault is not None
        if parsed.reason and document.is_usable and not is_told:
            yield Notice(id, parsed.reason, f"{parsed.detail}; what stood before is kept")


def _decode(document: XmlDocument) -> Decoded:
    return Decoded(encode_text(document.text), UTF8, document.parsed.replaced_count)
