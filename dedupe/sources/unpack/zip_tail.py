"""Looks at the end of a ZIP file, where its directory is."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import BinaryIO

from dedupe.sources.files.source import Source

_END_MAGIC = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_END = _END_BYTES + 0xFFFF


def ends_as_zip(source: Source) -> bool:
    """Whether a file on a disk ends as a ZIP file does, whatever is in front of its members."""
    if source.spool is not None or source.member:
        return False
    with suppress(OSError, ValueError), source.files.open(source.path) as file:
        return end_of_zip(file) > 0
    return False


def end_of_zip(file: BinaryIO) -> int:
    """Where the last record of a ZIP file ends, with its comment; 0 where there is none."""
    size = file.seek(0, os.SEEK_END)
    begin = max(0, size - _LONGEST_END)
    file.seek(begin)
    tail = file.read(size - begin)
    found = tail.rfind(_END_MAGIC)
    if found < 0 or len(tail) < found + _END_BYTES:
        return 0
    comment = int.from_bytes(tail[found + 20 : found + 22], "little")
    return begin + min(found + _END_BYTES + comment, len(tail))
