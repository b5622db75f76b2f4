"""The format WARC, in which crawlers store the web, and ARC, which was before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.format import Format
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader
from dedupe.sources.records.removal import ByteRange

_VERSION = re.compile(rb"WARC/\d+\.\d+\r?\n")
_FIRST_OF_ARC = re.compile(rb"filedesc://\S+ \S+ \d{8,14} \S+ \d+")


class WarcFormat(Format):
    """WARC and ARC: each record of HTML or text is a document."""

    endings = (".warc", ".arc")
    magics = (b"WARC/", b"filedesc://")
    holds_pages = True

    def is_certain(self, head: bytes) -> bool:
        return _VERSION.match(head) is not None or _FIRST_OF_ARC.match(head) is not None

    def problem(self, head: bytes, is_chosen: bool) -> str:
        from dedupe.sources.formats.warc.records import is_crawl

        return (
            "" if not head or is_crawl(head) else "it does not begin with a record of WARC or ARC"
        )

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.warc.reader import read_warc

        return read_warc(file, settings, limits)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.warc.reader import reread_warc_with

        return reread_warc_with(settings)

    def find_ranges(self, content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
        from dedupe.sources.formats.warc.reader import find_records

        return find_records(content, locators)


WARC = WarcFormat("warc")
