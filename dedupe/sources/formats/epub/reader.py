"""Reads EPUBs: the text of a book is that of its pages, in the order of its spine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree

import msgspec

from dedupe.model.documents import Locator, Notice, SkippedDocument, pack_locators
from dedupe.model.metadata import pack_meta
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.declared import declared_encoding
from dedupe.sources.encoding.decoding import decode_part
from dedupe.sources.encoding.text_encoding import describe_replaced, encode_text
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.system_errors import describe_error
from dedupe.sources.formats.epub.package import (
    BadXmlError,
    Package,
    encrypted_names,
    package_path,
    parse_xml,
    read_package,
)
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pages.stripped import strip_tags
from dedupe.sources.reasons import (
    BOMB,
    DAMAGED,
    ENCODING_DOUBTFUL,
    ENCRYPTED,
    NO_TEXT,
    NOT_COMPARED,
    TOO_LARGE,
    UNDECODABLE_BYTES,
    UNREADABLE,
)
from dedupe.sources.records.fields import PART_BREAK
from dedupe.sources.records.metadata_values import as_meta_value
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, Rereader
from dedupe.sources.unpack.archive_entries import ARCHIVE_FAULTS, ArchiveError, Entry
from dedupe.sources.unpack.budget import BombError, UnpackBudget
from dedupe.sources.unpack.compression import CompressionError
from dedupe.sources.unpack.random_access import open_seekable, seekable_again
from dedupe.sources.unpack.zip_entries import open_entries

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_MAX_XML_BYTES = 8_000_000
_READ_BYTES = 1 << 18
_FEW_CHARACTERS = 300
"""So much text for each picture has a book in which pictures do not only adorn the text."""

_MEMBER_FAULTS = (*ARCHIVE_FAULTS, CompressionError)


class UnusableBookError(Exception):
    """A book gives no text, with a reason and the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class Book(msgspec.Struct, frozen=True):
    """The text of a book.

    :param lost_pages: the names of pages that are missing or damaged
    :param replaced_count: sequences of bytes that became U+FFFD
    :param doubts: for each page that may be in another encoding, a message
    """

    text: str
    package: Package
    lost_pages: tuple[str, ...]
    replaced_count: int
    doubts: tuple[str, ...]


def read_epub(file: OpenSource, limits: ReadLimits, chosen: str) -> Iterator[Piece]:
    """The document of a book, and remarks on it.

    :param chosen: the encoding of the settings, for pages that declare none
    """
    id, blocks = file.source.id, file.blocks
    try:
        with open_seekable(file.source, blocks, limits.unpacked_bytes) as seekable:
            if (fault := blocks.fault) is not None:
                raise UnusableBookError(fault.reason, fault.detail)
            book = read_book(seekable, blocks.budget, limits, chosen)
    except UnusableBookError as error:
        yield SkippedDocument(id, error.reason, error.detail)
        return
    except OSError as error:
        yield SkippedDocument(id, UNREADABLE, describe_error(error))
        return
    package = book.package
    values = {"title": package.title, "date": package.date, "url": package.url}
    meta = {name: as_meta_value(value) for name, value in values.items() if value}
    locators = pack_locators([Locator(file.index, 0, 0)])
    yield Chunk([id], [encode_text(book.text)], locators, metas=[pack_meta(meta)])
    if book.lost_pages:
        told = (
            f"{len(book.lost_pages)} of {len(package.pages)}, such as {book.lost_pages[0]!r:.100}"
        )
        yield Notice(id, DAMAGED, f"pages that are missing or damaged: {told}; the others are kept")
    if len(book.text) < _FEW_CHARACTERS * package.picture_count:
        detail = f"a book of pictures: it has {package.picture_count}, and little text between"
        yield Notice(id, NOT_COMPARED, detail)
    if book.replaced_count:
        yield Notice(id, UNDECODABLE_BYTES, describe_replaced(book.replaced_count))
    if book.doubts:
        detail = f"pages in a doubtful encoding: {len(book.doubts)}; the first: {book.doubts[0]}"
        yield Notice(id, ENCODING_DOUBTFUL, detail)


def reread_epub_with(settings: ReadSettings) -> Rereader:
    """A function that reads the text of a book again."""
    limits = ReadLimits.of_settings(settings)

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        try:
            seekable, _held = seekable_again(file)
            return read_book(seekable, UnpackBudget(limits), limits, settings.encoding).text
        except (UnusableBookError, OSError):
            return None

    return reread


def read_book(file: BinaryIO, budget: UnpackBudget, limits: ReadLimits, chosen: str) -> Book:
    """The text of a book.

    :param budget: bounds what the file unpacks to
    :raises UnusableBookError: if it has none, or it cannot be read
    """
    try:
        with open_entries(file, limits.members, budget) as entries:
            by_name: dict[str, Entry] = {}
            for entry in entries:
                by_name.setdefault(entry.name, entry)
            return _BookReader(by_name, budget, limits, chosen).read()
    except ArchiveError as error:
        raise UnusableBookError(error.reason, error.detail) from None
    except BombError as error:
        raise UnusableBookError(BOMB, str(error)) from None


class _BookReader:
    """Reads the members of one book."""

    def __init__(
        self, entries: dict[str, Entry], budget: UnpackBudget, limits: ReadLimits, chosen: str
    ) -> None:
        self._entries = entries
        self._budget = budget
        self._limits = limits
        self._chosen = chosen

    def read(self) -> Book:
        path = self._find_package()
        package = read_package(self._read_xml(path), path)
        if not package.pages:
            raise UnusableBookError(DAMAGED, f"its list of pages ({path!r:.100}) names none")
        self._refuse_encrypted(package)
        texts: list[str] = []
        lost: list[str] = []
        doubts: list[str] = []
        size = replaced_count = 0
        for name in package.pages:
            try:
                data = self._read_member(name, self._limits.document_bytes - size)
            except _MEMBER_FAULTS:
                lost.append(name)
                continue
            size += len(data)
            page = decode_part(data, declared_encoding(data), self._chosen)
            replaced_count += page.replaced_count
            doubts += [f"{page.doubt} ({name})"] if page.doubt else []
            texts.append(strip_tags(page.text.decode()))
        text = PART_BREAK.join(filter(None, texts))
        if not text:
            what = "could be read" if lost else "hold text, but pictures or nothing"
            raise UnusableBookError(DAMAGED if lost else NO_TEXT, f"none of its pages {what}")
        return Book(text, package, tuple(lost), replaced_count, tuple(doubts))

    def _find_package(self) -> str:
        """The name of the file that lists the pages."""
        if _CONTAINER in self._entries:
            path = package_path(self._read_xml(_CONTAINER))
            if path in self._entries:
                return path
        found = [name for name in self._entries if name.lower().endswith(".opf")]
        if len(found) == 1:
            return found[0]
        detail = f"the list of this EPUB's pages is missing ({_CONTAINER} names none that is there)"
        raise UnusableBookError(DAMAGED, detail)

    def _refuse_encrypted(self, package: Package) -> None:
        names = set()
        if _ENCRYPTION in self._entries:
            names = encrypted_names(self._read_xml(_ENCRYPTION))
        problems = [self._entries[each].problem for each in package.pages if each in self._entries]
        if not names.isdisjoint(package.pages) or any(problems):
            raise UnusableBookError(ENCRYPTED, "its pages are encrypted (DRM), and cannot be read")

    def _read_xml(self, name: str) -> ElementTree.Element:
        try:
            return parse_xml(self._read_member(name, _MAX_XML_BYTES))
        except (BadXmlError, *_MEMBER_FAULTS) as error:
            raise UnusableBookError(DAMAGED, f"{name!r:.100} cannot be read ({error})") from None

    def _read_member(self, name: str, max_bytes: int) -> bytes:
        """The bytes of a member.

        :raises LookupError: if it is missing; other faults of archives, if it is damaged
        :raises UnusableBookError: if it is longer than ``max_bytes``
        """
        stream = self._entries[name].open(UnpackBudget(self._limits, self._budget))
        parts: list[bytes] = []
        size = 0
        while part := stream.read(_READ_BYTES):
            size += len(part)
            if size > max_bytes:
                limit = self._limits.document_bytes
                detail = f"its pages are longer than {limit} bytes (--max-document-bytes)"
                raise UnusableBookError(TOO_LARGE, detail)
            parts.append(part)
        return b"".join(parts)
