"""The format PDF: each file is one document, whose text is read by the workers that read pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec

from dedupe.model.documents import Locator
from dedupe.model.installation import install_command
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.decoding import Decoded
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.whole_file import read_document, reread_document
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pages.rereading import shared_page_reader
from dedupe.sources.records.pieces import OpenSource, Pages, Piece, Rereader

_START = re.compile(rb"%PDF-\d\.\d[^\n\r]{0,20}[\r\n]")
_JUNK_BYTES = 1024
"""Readers of PDF accept so much before its beginning."""


class PdfFormat(Format):
    """PDF: each file is one document."""

    endings = (".pdf",)
    magics = (b"%PDF-",)

    def resembles(self, start: bytes) -> bool:
        """Whether a PDF begins behind a little junk, as mail programs and servers leave it."""
        found = _START.search(start, 0, _JUNK_BYTES)
        return found is not None and b" obj" in start[found.end() :]

    def problem(self, head: bytes, is_chosen: bool) -> str:
        if not head:
            return "it is empty"
        return "" if b"%PDF-" in head[:_JUNK_BYTES] else "it does not begin as a PDF does (%PDF-)"

    def missing_package(self) -> str:
        if find_spec("pypdfium2") is not None:
            return ""
        return (
            f"it is a PDF, which needs pypdfium2: {install_command('pdf')}; "
            "or take its text out first (pdftotext)"
        )

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        return read_document(
            file, limits, _keep, lambda chunk: Pages(chunk, file.source.id, is_pdf=True)
        )

    def reread_with(self, settings: ReadSettings) -> Rereader:
        reader = shared_page_reader(settings)

        def reread(file: SeekableBytes, locator: Locator) -> str | None:
            data = reread_document(file, locator, _keep)
            return None if data is None else reader.read_pdf(data)

        return reread

    def is_whole_file(self, locator: Locator) -> bool:
        return True


PDF = PdfFormat("pdf")


def _keep(data: bytes) -> Decoded:
    """The bytes as they are, which are no text yet."""
    return Decoded(data, "utf-8", 0)
