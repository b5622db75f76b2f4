"""Reads pages again, one at a time, for diffs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import msgspec

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.records.pieces import Rereader

if TYPE_CHECKING:
    from dedupe.sources.pages.pool import PagePool


class PageReader:
    """Finds the text of pages as a scan under some settings does, in a process of its own."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._pool: PagePool | None = None

    def read(self, html: bytes) -> str:
        """The text of one page.

        :param html: UTF-8
        :raises OSError: if the packages that read pages are not installed
        """
        way = self._settings.html
        if way == "raw":
            return html.decode()
        return self._started_pool().submit(html, way).result().text.decode()

    def read_pdf(self, data: bytes) -> str | None:
        """The text of a PDF; ``None`` where it has none now."""
        outcome = self._started_pool(needs_html=False).submit(data, "pdf").result()
        return outcome.text.decode() if outcome.way == "pdf" else None

    def _started_pool(self, needs_html: bool = True) -> PagePool:
        from dedupe.sources.pages.requirements import missing_html_extra

        if needs_html and (missing := missing_html_extra(self._settings.html)):
            raise OSError(0, missing)
        if self._pool is None:
            from dedupe.sources.pages.outcome import PageLimits
            from dedupe.sources.pages.pool import PagePool

            self._pool = PagePool(1, PageLimits.of_settings(self._settings))
        return self._pool


def shared_page_reader(settings: ReadSettings) -> PageReader:
    """The page reader that is in use under these settings, or a new one.

    It is given text, so that the encoding does not matter.
    """
    settings = msgspec.structs.replace(settings, encoding="")
    reader = _in_use.get(settings)
    if reader is None:
        reader = _in_use[settings] = PageReader(settings)
    return reader


_in_use: WeakValueDictionary[ReadSettings, PageReader] = WeakValueDictionary()


def reread_pages(reread_source: Rereader, settings: ReadSettings) -> Rereader:
    """A function that reads pages in records again.

    :param reread_source: gives the HTML of a record
    """
    reader = shared_page_reader(settings)

    def reread(file: SeekableBytes, locator: Locator) -> str | None:
        html = reread_source(file, locator)
        return None if html is None else reader.read(html.encode())

    return reread
