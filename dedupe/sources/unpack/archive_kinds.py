"""Recognises archives, which are no formats of documents but hold files of any format."""

from __future__ import annotations

import re
import struct

from dedupe.sources.unpack.compression import ending_of, without_compression

ARCHIVES = ("zip", "tar")
_TAR_ENDINGS = (".tar", ".tgz", ".tbz2", ".txz", ".tzst")
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_HEADER = struct.Struct("<6xH10xL4xHH")
"""What a member of a ZIP file begins with: flags, packed size, lengths of its name and extra."""

_SIZE_IS_BEHIND = 8
"""The flag of a member whose size is told behind it only."""

_ZIP_INSIDE = tuple(
    b".zip .docx .docm .xlsx .xlsm .pptx .odt .ods .odp .epub .jar .war .apk .whl .npz".split()
)
_EPUB_START = re.compile(rb"PK\x03\x04.{26}mimetype.{0,256}?application/epub\+zip", re.DOTALL)
_SHOWN_BYTES = 64
_CHECKSUM = slice(148, 156)
HEADER_BYTES = 512
"""How many bytes of the beginning show which kind of archive it is."""


def archive_of_name(path: str) -> str:
    """``zip`` or ``tar`` by the ending of a name; empty for another ending."""
    ending = ending_of(without_compression(path))
    if ending in _TAR_ENDINGS:
        return "tar"
    return "zip" if ending_of(path) == ".zip" else ""


def is_zip(path: str, head: bytes) -> bool:
    """Whether an archive is a ZIP file, by content or else by name; else it is a tar file.

    :param head: its first ``HEADER_BYTES``
    """
    kind = archive_of_content(head)
    return (kind or archive_of_name(path)) == "zip"


def is_epub(head: bytes) -> bool:
    """Whether a ZIP file is an EPUB, which is a format of documents and no archive of them."""
    return _EPUB_START.match(head) is not None


def archive_of_content(head: bytes) -> str:
    """``zip`` or ``tar`` by the first bytes of a file; empty for another one."""
    if head.startswith(ZIP_MAGICS):
        return "zip"
    return "tar" if is_tar_header(head) else ""


def is_tar_header(head: bytes) -> bool:
    """Whether content begins with the header of a tar file, whose checksum is right."""
    block = head[:HEADER_BYTES]
    if len(block) < HEADER_BYTES or not block[0]:
        return False
    try:
        expected = int(block[_CHECKSUM].strip(b" \0") or b"-", 8)
    except ValueError:
        return False
    return expected == sum(block) - sum(block[_CHECKSUM]) + 8 * ord(" ")


def first_members(head: bytes) -> list[tuple[bytes, bytes]]:
    """The names of the members of a ZIP file that its beginning shows, and how each begins.

    What looks like a member inside another one (a DOCX that is stored as it is) is none. Where the
    size of a member stands only behind it, such a member ends the search.
    """
    found: list[tuple[bytes, bytes]] = []
    position = 0
    while head.startswith(ZIP_MAGICS[0], position):
        begin = position + _ZIP_HEADER.size
        if begin > len(head):
            break
        flags, size, name_size, extra_size = _ZIP_HEADER.unpack_from(head, position)
        name, content = head[begin : begin + name_size], begin + name_size + extra_size
        found.append((name, head[content : content + _SHOWN_BYTES]))
        if not flags & _SIZE_IS_BEHIND:
            position = content + size
        elif name.lower().endswith(_ZIP_INSIDE) or (next := head.find(ZIP_MAGICS[0], content)) < 0:
            break
        else:
            position = next
    return found
