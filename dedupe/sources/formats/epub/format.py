"""The format EPUB: a file is a book, and one document."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.formats.format import Format
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader
from dedupe.sources.unpack.archive_kinds import ZIP_MAGICS, is_epub


class EpubFormat(Format):
    """EPUB: a ZIP file of pages, which are the text of a book."""

    endings = (".epub",)

    def resembles(self, start: bytes) -> bool:
        return is_epub(start)

    def problem(self, head: bytes, is_chosen: bool) -> str:
        if not head:
            return "it is empty"
        return "" if head.startswith(ZIP_MAGICS) else "it is no EPUB, which is a ZIP file"

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.epub.reader import read_epub

        return read_epub(file, limits, settings.encoding)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.epub.reader import reread_epub_with

        return reread_epub_with(settings)

    def is_whole_file(self, locator: Locator) -> bool:
        return True


EPUB = EpubFormat("epub")
