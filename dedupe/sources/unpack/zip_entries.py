"""Reads the entries of a ZIP file."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, BinaryIO, cast

from dedupe.sources.files.names import readable_id
from dedupe.sources.reasons import (
    ENCRYPTED,
    NOT_A_FILE,
    NOT_DECODABLE,
    NOT_ZIP,
    OUTSIDE_ARCHIVE,
    TOO_MANY_MEMBERS,
)
from dedupe.sources.unpack.archive_entries import (
    ARCHIVE_FAULTS,
    ArchiveError,
    Entry,
    MemberStream,
    Remark,
)
from dedupe.sources.unpack.budget import UnpackBudget
from dedupe.sources.unpack.zip_tail import end_of_zip

_ENTRY_MAGIC = b"PK\x01\x02"
_MEMBER_MAGIC = b"PK\x03\x04"
_STEP = 1 << 20
_PART_BYTES = 1 << 16
_ENCRYPTED_FLAG = 1
_METHODS_READ = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
)
_OTHER_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "xz", 98: "PPMd"}
"""Compressions of newer programs, by their numbers."""


def read_zip(file: BinaryIO, max_members: int, budget: UnpackBudget) -> Iterator[Entry | Remark]:
    """The entries, in the order of the directory at the end of the file.

    :param budget: counts the bytes that are read of the file
    :raises ArchiveError: if there is no directory, or it is too large
    """
    size = file.seek(0, os.SEEK_END)
    end = end_of_zip(file)
    counted = _CountedFile(file, budget)
    with open_zip(cast(BinaryIO, counted), max_members) as archive:
        yield from _entries_of(archive, counted)
        front = min((info.header_offset for info in archive.infolist()), default=0)
        if front:
            told = f"{front:,} bytes in front of its members are not read"
            yield Remark(OUTSIDE_ARCHIVE, f"{told}: another archive, or what unpacks this one")
        if end < size:
            yield Remark(OUTSIDE_ARCHIVE, f"{size - end:,} bytes behind its end are not read")


@contextmanager
def open_entries(
    file: BinaryIO, max_members: int, budget: UnpackBudget
) -> Iterator[Iterator[Entry]]:
    """The same entries, which may be opened in any order, one at a time.

    :raises ArchiveError: if there is no directory, or it is too large
    """
    counted = _CountedFile(file, budget)
    with open_zip(cast(BinaryIO, counted), max_members) as archive:
        yield _entries_of(archive, counted)


def _entries_of(archive: zipfile.ZipFile, counted: _CountedFile) -> Iterator[Entry]:
    for info in archive.infolist():
        if not _is_folder(info):
            opened = partial(_open_member, archive, info, counted)
            yield Entry(readable_id(info.filename), _problem_of(info), opened)


def _is_folder(info: zipfile.ZipInfo) -> bool:
    """Whether an entry is a folder; old programs for Windows wrote names with backslashes."""
    is_windows_folder = info.filename.endswith("\\") and not info.file_size
    return info.filename.endswith("/") or is_windows_folder  # is_dir() fails for an empty name


def open_zip(file: BinaryIO, max_members: int) -> zipfile.ZipFile:
    """Open a file as an archive.

    :raises ArchiveError: if it is no ZIP file, or has too many members
    """
    try:
        _refuse_many(file, max_members)
        return zipfile.ZipFile(file)
    except ARCHIVE_FAULTS as error:
        is_empty = file.seek(0, os.SEEK_END) == 0
        file.seek(0)
        begins_as_zip = file.read(len(_MEMBER_MAGIC)) == _MEMBER_MAGIC
        detail = "it is empty" if is_empty else f"it cannot be read as a ZIP file ({error})"
        if begins_as_zip:
            detail += ": its directory, which stands at its end, is missing or damaged; "
            detail += "`zip -FF` can make one again"
        raise ArchiveError(NOT_ZIP, detail) from None


def _refuse_many(file: BinaryIO, max_members: int) -> None:
    """Count the entries of the directory before the library reads all of it at once.

    It is at the end of the file: counting goes backwards, up to a part of the file without entries.

    :raises ArchiveError: if it has too many members
    """
    size = file.seek(0, os.SEEK_END)
    count, end = 0, size
    while end > 0 and count <= max_members:
        begin = max(0, end - _STEP)
        file.seek(begin)
        found = file.read(end - begin + len(_ENTRY_MAGIC) - 1).count(_ENTRY_MAGIC)
        if not found and end < size:
            break
        count += found
        end = begin
    file.seek(0)
    if count > max_members:
        detail = f"it has more than {max_members} members (--max-members)"
        raise ArchiveError(TOO_MANY_MEMBERS, detail)


def _problem_of(info: zipfile.ZipInfo) -> tuple[str, str] | None:
    if info.flag_bits & _ENCRYPTED_FLAG:
        return ENCRYPTED, "it is encrypted; unpack the archive with its password first"
    if info.compress_type not in _METHODS_READ:
        method = _OTHER_METHODS.get(info.compress_type, f"method {info.compress_type}")
        return NOT_DECODABLE, f"its compression ({method}) is not read: unpack the archive first"
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return NOT_A_FILE, "it is a link or a device; such are not followed in archives"
    return None


def _open_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: _CountedFile, budget: UnpackBudget
) -> BinaryIO:
    budget.expect(info.compress_size, info.file_size)
    return MemberStream.of(cast(BinaryIO, _Member(archive, info, file, budget)), budget)


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """A stream of a member's bytes, without the library's check of its checksum.

    If the checksum is wrong, the library would drop the end of the member.
    """
    info.CRC = None  # type: ignore[assignment]
    return archive.open(info)


class _CountedFile:
    """The file of an archive, whose reads are counted in the budget of the member that is read.

    In the budget of the archive each byte counts once, since members may claim the same bytes.
    """

    def __init__(self, file: BinaryIO, whole: UnpackBudget) -> None:
        self._file = file
        self._whole = whole
        self._left = file.seek(0, os.SEEK_END)
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self.member: UnpackBudget | None = None

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if self.member is not None:
            self.member.add_packed(len(data))
            self._whole.add_packed(min(len(data), self._left))
            self._left -= min(len(data), self._left)
        return data


class _Member:
    """A stream of a member's bytes, opened at the first read so that an error is the member's own.

    It reads in small parts: the library reads as many packed bytes as it is asked for unpacked
    ones, and packed bytes that go in count in the budget at once.
    """

    def __init__(
        self,
        archive: zipfile.ZipFile,
        info: zipfile.ZipInfo,
        file: _CountedFile,
        budget: UnpackBudget,
    ) -> None:
        self._checksum, self._expected = 0, info.CRC
        self._open = partial(open_member, archive, info)
        self._file = file
        self._budget = budget
        self._stream: IO[bytes] | None = None

    def read(self, size: int) -> bytes:
        self._file.member = self._budget
        if self._stream is None:
            self._stream = self._open()
        data = self._stream.read(min(size, _PART_BYTES))
        self._checksum = zlib.crc32(data, self._checksum)
        if not data and self._checksum != self._expected:
            raise zipfile.BadZipFile("its checksum is wrong")
        return data
