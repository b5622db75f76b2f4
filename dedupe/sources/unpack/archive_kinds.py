"""Recognises archives, which are no formats of documents but hold files of any format."""

from __future__ import annotations

import os
import re

from dedupe.sources.unpack.compression import ending_of, without_compression

ARCHIVES = ("zip", "tar")
_TAR_ENDINGS = (".tar", ".tgz", ".tbz2", ".txz", ".tzst")
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_NAME_OFFSET = 30
_FIRST_MEMBERS = (b"[Content_Types].xml", b"mimetype", b"META-INF/")
"""The first members of ZIP files that are office documents, e-books or programs."""
_EPUB_START = re.compile(rb"PK\x03\x04.{26}mimetype.{0,256}?application/epub\+zip", re.DOTALL)
_TAR_MAGIC, _TAR_MAGIC_OFFSET = b"ustar", 257


def archive_of_name(path: str) -> str:
    """``zip`` or ``tar`` by the ending of a name; empty for another ending."""
    ending = ending_of(without_compression(path))
    if ending in _TAR_ENDINGS:
        return "tar"
    return "zip" if ending_of(path) == ".zip" else ""


def is_zip(path: str, head: bytes) -> bool:
    """Whether an archive is a ZIP file, by name or else by content; else it is a tar file."""
    kind = archive_of_name(path)
    return kind == "zip" if kind else head.startswith(ZIP_MAGICS)


def is_epub(head: bytes) -> bool:
    """Whether a ZIP file is an EPUB, which is a format of documents and no archive of them."""
    return _EPUB_START.match(head) is not None


def archive_of_content(path: str, head: bytes) -> str:
    """``zip`` or ``tar`` by the content of a file whose name has no ending; else empty.

    Where there is an ending it counts, because many other formats are ZIP files inside.
    """
    if os.path.splitext(path)[1]:
        return ""
    if head.startswith(ZIP_MAGICS):
        return "" if head.startswith(_FIRST_MEMBERS, _ZIP_NAME_OFFSET) else "zip"
    return "tar" if head.startswith(_TAR_MAGIC, _TAR_MAGIC_OFFSET) else ""
