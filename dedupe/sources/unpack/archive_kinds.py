"""Archives are not formats but what files stand in: which of them a file is."""

from __future__ import annotations

import os

from dedupe.sources.unpack.compression import ending_of, without_compression

ARCHIVES = ("zip", "tar")
_TAR_ENDINGS = (".tar", ".tgz", ".tbz2", ".txz", ".tzst")
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_NAME_OFFSET = 30
_FIRST_MEMBERS = (b"[Content_Types].xml", b"mimetype", b"META-INF/")
"""What stands first in office documents, e-books and programs, which are no collections."""
_TAR_MAGIC, _TAR_MAGIC_OFFSET = b"ustar", 257


def archive_of_name(path: str) -> str:
    """``zip`` or ``tar`` where the ending says so, else nothing."""
    ending = ending_of(without_compression(path))
    if ending in _TAR_ENDINGS:
        return "tar"
    return "zip" if ending_of(path) == ".zip" else ""


def is_zip(path: str, head: bytes) -> bool:
    """Whether an archive is a ZIP file, by name or else by content; else it is a tar file."""
    kind = archive_of_name(path)
    return kind == "zip" if kind else head.startswith(ZIP_MAGICS)


def archive_of_content(path: str, head: bytes) -> str:
    """The same of a file whose name has no ending: many other formats are ZIP files inside."""
    if os.path.splitext(path)[1]:
        return ""
    if head.startswith(ZIP_MAGICS):
        return "" if head.startswith(_FIRST_MEMBERS, _ZIP_NAME_OFFSET) else "zip"
    return "tar" if head.startswith(_TAR_MAGIC, _TAR_MAGIC_OFFSET) else ""
