"""The format of plain text: each file is one document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.decoding import decode_document
from dedupe.sources.encoding.text_content import odd_content_problem, text_problem
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.front_matter import take_front_matter, without_front_matter
from dedupe.sources.formats.whole_file import read_document, reread_document
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, Rereader


class TextFormat(Format):
    """Plain text: each file is one document."""

    endings = (
        *(".txt", ".text", ".md", ".markdown", ".mdown", ".mkd", ".mkdn"),
        *(".rst", ".org", ".adoc", ".asciidoc", ".textile"),
    )
    holds_text = True

    def problem(self, head: bytes, is_chosen: bool) -> str:
        """Why a file is binary; NUL bytes alone do not matter where the settings chose text."""
        return odd_content_problem(head) if is_chosen else text_problem(head)

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        def finish(chunk: Chunk) -> Chunk:
            chunk.metas = take_front_matter(chunk.texts, settings.meta_field)
            return chunk

        decode = partial(decode_document, chosen=settings.encoding)
        return read_document(file, limits, decode, finish)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        return partial(_reread_text, encoding=settings.encoding)

    def is_whole_file(self, locator: Locator) -> bool:
        return True


TEXT = TextFormat("text")


def _reread_text(file: SeekableBytes, locator: Locator, encoding: str) -> str | None:
    text = reread_document(file, locator, partial(decode_document, chosen=encoding))
    return None if text is None else without_front_matter(text).decode()
