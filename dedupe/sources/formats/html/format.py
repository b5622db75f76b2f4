"""The format HTML: each file is one page, and one document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.declared import declared_encoding
from dedupe.sources.encoding.text_content import plain_start, text_problem
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.xml.kinds import item_name
from dedupe.sources.formats.xml.prolog import find_root
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader

_PAGE_START = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html[\s>])", re.I | re.S
)


_JSON_START = re.compile(rb"\{\s*\"|\[\s*\{\s*\"")
_FRAGMENT_START = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)*+<(?:head|body|meta|title|div|p|section|main|table|center|font"
    rb"|h[1-6]|ul|ol|blockquote)(?:\s[^<>]*)?>",
    re.I | re.S,
)
"""A page without its first tags, as some sites and programs save it."""

_START_BYTES = 64


def is_page(start: bytes) -> bool:
    """Whether content begins as a page does, with its type or its first tag."""
    if _PAGE_START.match(start):
        return True
    root = find_root(start) if start.startswith(b"<?xml") else None
    return root is not None and root.local.lower() == "html"


class HtmlFormat(Format):
    """HTML: each file is one page."""

    endings = (".html", ".htm", ".xhtml")
    holds_text = True
    holds_pages = True

    def is_certain(self, head: bytes) -> bool:
        """Whether it begins as a page: so do error pages that were saved as ``.json``."""
        return b"<" in head[:_START_BYTES] and is_page(plain_start(head))

    def resembles(self, start: bytes) -> bool:
        return is_page(start) or _FRAGMENT_START.match(start) is not None

    def refine(self, head: bytes) -> str:
        """XML or JSON where the content is that: copies of sites hold ``feed/index.html``."""
        start = plain_start(head)
        if _JSON_START.match(start):
            return "json"
        root = find_root(start)
        return "xml" if root is not None and item_name(root) else self.name

    def problem(self, head: bytes, is_chosen: bool) -> str:
        return text_problem(head, declared_encoding(head))

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.html.reader import read_html

        return read_html(file, settings, limits)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.html.reader import reread_html_with

        return reread_html_with(settings)

    def is_whole_file(self, locator: Locator) -> bool:
        return True


HTML = HtmlFormat("html")
