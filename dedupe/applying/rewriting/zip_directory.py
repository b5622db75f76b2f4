"""The directory of a ZIP file as bytes, so that entries are left out and all others are copied.

Entries that Python cannot read (encrypted, rare compression) are copied too. Only the offsets of
members are changed in an entry (APPNOTE.TXT, 4.3 and 4.5).
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from typing import IO

import msgspec

from dedupe.sources.records.removal import CannotRewriteError

_ENTRY = struct.Struct("<4s6H3I5H2I")
_ENTRY_MAGIC = b"PK\x01\x02"
_LOCAL = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_OFFSET = struct.Struct("<I")
_OFFSET_AT = 42
_MAX_16, _MAX_32 = 0xFFFF, 0xFFFFFFFF
_ZIP64_FIELD = 1
_VERSION = 45


class DirectoryEntry(msgspec.Struct, frozen=True):
    """An entry of the directory, and its member.

    :param raw: the bytes of the entry
    :param begin: offset of the member, with its own header, in the file
    :param end: offset of the next member, or of the directory
    """

    info: zipfile.ZipInfo
    raw: bytes
    begin: int
    end: int


def read_directory(archive: zipfile.ZipFile) -> list[DirectoryEntry]:
    """All entries, in the order of the directory.

    :raises CannotRewriteError: if members overlap, or the directory is odd
    """
    file = archive.fp
    assert file is not None
    infos = archive.infolist()
    begins = sorted({info.header_offset for info in infos})
    ends = dict(zip(begins, [*begins[1:], archive.start_dir], strict=False))
    file.seek(archive.start_dir)
    raws = [_read_entry(file) for _ in infos]
    for info in infos:
        if not 0 <= info.header_offset < archive.start_dir:
            raise CannotRewriteError("the directory of the archive is odd")
        file.seek(info.header_offset)
        if _local_size(file.read(_LOCAL.size)) + info.compress_size > _room(info, ends):
            raise CannotRewriteError("members of the archive overlap")
    return [
        DirectoryEntry(info, raw, info.header_offset, ends[info.header_offset])
        for info, raw in zip(infos, raws, strict=True)
    ]


def moved_entry(entry: DirectoryEntry, offset: int) -> bytes:
    """The bytes of an entry with a new offset of its member.

    :raises CannotRewriteError: if the offset does not fit
    """
    (old,) = _OFFSET.unpack_from(entry.raw, _OFFSET_AT)
    if old != _MAX_32:
        if offset >= _MAX_32:
            raise CannotRewriteError("the archive would become too large")
        return entry.raw[:_OFFSET_AT] + _OFFSET.pack(offset) + entry.raw[_ENTRY.size :]
    position = _find_wide_offset(entry.raw)
    return entry.raw[:position] + struct.pack("<Q", offset) + entry.raw[position + 8 :]


def directory_end(begin: int, size: int, count: int, comment: bytes) -> bytes:
    """The records after the directory, which end the file.

    :param begin: offset of the directory
    :param size: of the directory in bytes
    :param count: number of its entries
    """
    parts = []
    if count >= _MAX_16 or begin >= _MAX_32 or size >= _MAX_32:
        record = (b"PK\x06\x06", _END64.size - 12, _VERSION, _VERSION, 0, 0)
        parts.append(_END64.pack(*record, count, count, size, begin))
        parts.append(_LOCATOR64.pack(b"PK\x06\x07", 0, begin + size, 1))
    counts = (min(count, _MAX_16),) * 2
    sizes = min(size, _MAX_32), min(begin, _MAX_32)
    parts.append(_END.pack(b"PK\x05\x06", 0, 0, *counts, *sizes, len(comment)))
    return b"".join([*parts, comment])


def _read_entry(file: IO[bytes]) -> bytes:
    head = file.read(_ENTRY.size)
    if len(head) < _ENTRY.size or not head.startswith(_ENTRY_MAGIC):
        raise CannotRewriteError("the directory of the archive is odd")
    lengths: Sequence[int] = struct.unpack_from("<3H", head, 28)
    return head + file.read(sum(lengths))


def _local_size(head: bytes) -> int:
    if len(head) < _LOCAL.size or not head.startswith(_LOCAL_MAGIC):
        raise CannotRewriteError("a member of the archive has no header")
    lengths: Sequence[int] = struct.unpack_from("<2H", head, 26)
    return int(_LOCAL.size + sum(lengths))


def _room(info: zipfile.ZipInfo, ends: dict[int, int]) -> int:
    return ends[info.header_offset] - info.header_offset


def _find_wide_offset(raw: bytes) -> int:
    """The position of the 8-byte offset in an entry: in the ZIP64 field, after any 8-byte sizes."""
    sizes: Sequence[int] = struct.unpack_from("<2I", raw, 20)
    name_length, extra_length = struct.unpack_from("<2H", raw, 28)
    position = _ENTRY.size + name_length
    end = position + extra_length
    before = 8 * sum(size == _MAX_32 for size in sizes)
    while position + 4 <= end:
        kind, length = struct.unpack_from("<2H", raw, position)
        if kind == _ZIP64_FIELD and before + 8 <= length:
            return int(position + 4 + before)
        position += 4 + length
    raise CannotRewriteError("the directory of the archive is odd")
