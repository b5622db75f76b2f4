"""The entries of a ZIP file."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import IO, BinaryIO, cast

from dedupe.sources.archive_entries import ARCHIVE_FAULTS, ArchiveError, Entry, MemberStream
from dedupe.sources.names import readable_id
from dedupe.sources.reasons import ENCRYPTED, NOT_A_FILE, NOT_ZIP, TOO_MANY_MEMBERS
from dedupe.sources.unpack_budget import UnpackBudget

_ENTRY_MAGIC = b"PK\x01\x02"
_STEP = 1 << 20
_ENCRYPTED_FLAG = 1


def read_zip(file: BinaryIO, max_members: int, budget: UnpackBudget) -> Iterator[Entry]:
    """The entries, in the order of the directory at the file's end.

    :param budget: is told how large the file is
    :raises ArchiveError: if there is no such directory, or it is too large
    """
    size = file.seek(0, os.SEEK_END)
    budget.add_packed(size)
    with open_zip(file, max_members) as archive:
        for info in archive.infolist():
            if not info.filename.endswith("/"):
                opened = partial(_open_member, archive, info)
                yield Entry(readable_id(info.filename), _problem_of(info), opened)


def open_zip(file: BinaryIO, max_members: int) -> zipfile.ZipFile:
    """A file as an archive.

    :raises ArchiveError: if it is none, or has too many members
    """
    try:
        _refuse_many(file, max_members)
        return zipfile.ZipFile(file)
    except ARCHIVE_FAULTS as error:
        raise ArchiveError(NOT_ZIP, f"it cannot be read as a ZIP file ({error})") from None


def _refuse_many(file: BinaryIO, max_members: int) -> None:
    """The library takes in the whole directory at once: so see first how large it is.

    It stands at the end, so counting stops where it is clear that it cannot have too many.
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
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return NOT_A_FILE, "it is a link or a device; such are not followed in archives"
    return None


def _open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: UnpackBudget) -> BinaryIO:
    budget.add_packed(info.compress_size)
    return MemberStream.of(cast(BinaryIO, _LazyMember(archive, info)), budget)


class _LazyMember:
    """Opened at the first read, where an error is that of the member alone."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._open = partial(archive.open, info)
        self._stream: IO[bytes] | None = None

    def read(self, size: int) -> bytes:
        if self._stream is None:
            self._stream = self._open()
        return self._stream.read(size)
