"""XML as a format: feeds, exports, dumps, and texts in markup of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.declared import declared_encoding
from dedupe.sources.encoding.text_content import odd_content_problem, plain_start
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.xml.kinds import is_known
from dedupe.sources.formats.xml.prolog import find_root
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader
from dedupe.sources.records.removal import ByteRange

_DECLARATION = b"<?xml"


class XmlFormat(Format):
    """XML: a collection of items (a feed, a dump), or one document."""

    endings = (".xml", ".rss", ".atom", ".rdf", ".wxr", ".tei", ".nxml", ".fb2", ".enex")
    takes_utf8 = True

    def resembles(self, start: bytes) -> bool:
        root = find_root(start)
        if root is None:
            return start.startswith(_DECLARATION)
        is_page = root.local.lower() == "html"
        return not is_page and (start.startswith(_DECLARATION) or is_known(root, start))

    def refine(self, head: bytes) -> str:
        """HTML where the root is that of a page, text where there is no markup at the beginning."""
        start = plain_start(head)
        root = find_root(start)
        if root is not None and root.local.lower() == "html":
            return "html"
        return self.name if start.startswith(b"<") else "text"

    def problem(self, head: bytes, is_chosen: bool) -> str:
        root = find_root(plain_start(head))
        if root is not None and root.local == "svg":
            return "it is an SVG image, no text"
        return odd_content_problem(head)

    def declared(self, head: bytes) -> str:
        return declared_encoding(head) if head.lstrip().startswith(_DECLARATION) else ""

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.xml.reader import read_xml

        return read_xml(file, settings, limits)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.xml.reader import reread_xml_with

        return reread_xml_with(settings)

    def is_whole_file(self, locator: Locator) -> bool:
        return locator.line == 0

    def find_ranges(self, content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
        from dedupe.sources.formats.xml.reader import find_items

        return find_items(content, locators)


XML = XmlFormat("xml")
