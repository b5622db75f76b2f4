"""The format WARC, in which crawlers store the web."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.format import Format
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader
from dedupe.sources.records.removal import ByteRange

_INSTALL_COMMAND = "pip install 'dedupe-corpus[warc]'"
_START = b"WARC/"
_VERSION = re.compile(rb"WARC/\d+\.\d+\r?\n")


class WarcFormat(Format):
    """WARC: each record of HTML or text is a document."""

    endings = (".warc",)
    magics = (_START,)
    holds_pages = True

    def is_certain(self, head: bytes) -> bool:
        return _VERSION.match(head) is not None

    def problem(self, head: bytes, is_chosen: bool) -> str:
        if not head or head.lstrip(b"\r\n").startswith(_START):
            return ""
        return "it does not begin with a WARC record"

    def missing_package(self) -> str:
        return f"WARC needs fastwarc: {_INSTALL_COMMAND}" * (find_spec("fastwarc") is None)

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
