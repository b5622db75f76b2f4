"""Reads HTML files: each file is one page, and one document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dedupe.model.documents import Locator
from dedupe.model.metadata import pack_meta, read_meta
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.declared import declared_encoding
from dedupe.sources.encoding.decoding import Decoded, decode_document
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.front_matter import take_front_matter, without_front_matter
from dedupe.sources.formats.whole_file import read_document, reread_document
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pages.metadata import find_page_meta
from dedupe.sources.pages.rereading import shared_page_reader
from dedupe.sources.records.pieces import Chunk, OpenSource, Pages, Piece, Rereader


def read_html(file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
    """The page of a file, and remarks on it."""

    def finish(page: Chunk) -> Pages:
        front = take_front_matter(page.texts, settings.meta_field)
        page.metas = [*map(find_page_meta, page.texts)]
        if front:
            page.metas = [*map(_merge, page.metas, front)]
        return Pages(page, file.source.id)

    return read_document(file, limits, partial(decode_page, chosen=settings.encoding), finish)


def _merge(meta: bytes, front: bytes) -> bytes:
    """The metadata of a page and of its front matter, which wins."""
    own = {name: value for name, value in read_meta(meta).items() if name != "site"}
    return pack_meta({**own, **read_meta(front)})


def decode_page(data: bytes, charset: str = "", chosen: str = "") -> Decoded:
    """Decode the HTML of a page.

    :param charset: the encoding that the server declared; it wins over the page's own declaration
    :param chosen: the encoding of the settings, which wins over both
    """
    return decode_document(data, charset or declared_encoding(data), chosen)


def reread_html_with(settings: ReadSettings) -> Rereader:
    """A function that reads the page of a file again."""
    reader = shared_page_reader(settings)
    decode = partial(decode_page, chosen=settings.encoding)

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        page = reread_document(file, locator, decode)
        return None if page is None else reader.read(without_front_matter(page))

    return reread
