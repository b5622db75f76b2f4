"""Reads the entries of a tar file in one pass, so that it may be compressed."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO, cast

from dedupe.sources.files.names import readable_id
from dedupe.sources.reasons import DAMAGED, NOT_A_FILE, NOT_TAR, TRUNCATED
from dedupe.sources.unpack.archive_entries import (
    ARCHIVE_FAULTS,
    ArchiveError,
    Entry,
    MemberStream,
)
from dedupe.sources.unpack.budget import UnpackBudget
from dedupe.sources.unpack.byte_blocks import ByteBlocks

_MAX_HEADER_BYTES = 1 << 20
_STREAM_BYTES = 1 << 18
_HEADER_TYPES = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)


class _CheckedInfo(tarfile.TarInfo):
    """A header that is checked for what the library accepts.

    The library reads a header of any length, and ends without an error at one that is wrong.

    :cvar ending: the name of the error in the header where the archive ended
    """

    ending = ""

    @classmethod
    def frombuf(cls, buf: Any, encoding: Any, errors: Any) -> Any:
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            cls.ending = type(error).__name__
            raise
        if info.type in _HEADER_TYPES and not 0 <= info.size <= _MAX_HEADER_BYTES:
            raise tarfile.ReadError("a header in it is too long")
        return info


def read_tar(blocks: ByteBlocks) -> Iterator[Entry]:
    """The entries of a tar file.

    :param blocks: its uncompressed content
    :raises ArchiveError: if it ends early or is damaged, after the entries before that
    """

    class Info(_CheckedInfo):
        """A class for this archive alone, because ``ending`` is an attribute of the class."""

    tar: tarfile.TarFile | None = None
    try:
        tar = open_tar(_BlockReader(blocks), Info)
        while (info := next_info(tar)) is not None:
            if not info.isdir():
                yield Entry(readable_id(info.name), _problem_of(info), partial(_open, tar, info))
    except ARCHIVE_FAULTS as error:
        _refuse_faulty(blocks)
        reason = NOT_TAR if tar is None else DAMAGED
        if "unexpected end" in str(error):
            reason = TRUNCATED
        raise ArchiveError(reason, f"it cannot be read as a tar file ({error})") from None
    _refuse_faulty(blocks)
    if Info.ending == "InvalidHeaderError":
        raise ArchiveError(DAMAGED, "the tar data is damaged (a header is wrong)")
    if Info.ending == "TruncatedHeaderError":
        raise ArchiveError(TRUNCATED, "the tar data ends early")
    if Info.ending == "EmptyHeaderError":
        detail = "the tar data ends without its end mark: members may be missing"
        raise ArchiveError(TRUNCATED, detail)


def open_tar(stream: Any, info_type: type[tarfile.TarInfo] = _CheckedInfo) -> tarfile.TarFile:
    """Open a stream as an archive that is read once, from its beginning."""
    return tarfile.open(
        fileobj=cast(BinaryIO, stream),
        mode="r|",
        bufsize=_STREAM_BYTES,
        errors="surrogateescape",
        tarinfo=info_type,
    )


def next_info(tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    """The next header; those before it are forgotten, since there may be millions."""
    tar.members = []  # type: ignore[attr-defined]
    return tar.next()


def _refuse_faulty(blocks: ByteBlocks) -> None:
    if blocks.fault is not None:
        raise ArchiveError(blocks.fault.reason, blocks.fault.detail)


def _problem_of(info: tarfile.TarInfo) -> tuple[str, str] | None:
    if info.isreg() and not info.issparse():
        return None
    what = "a sparse file" if info.issparse() else "a link or a device"
    return NOT_A_FILE, f"it is {what}; such are not followed in archives"


def _open(tar: tarfile.TarFile, info: tarfile.TarInfo, budget: UnpackBudget) -> BinaryIO:
    budget.add_packed(info.size)
    return MemberStream.of(tar_member(tar, info))


def tar_member(tar: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    """A stream of the bytes of the member whose header was read last."""
    return cast(BinaryIO, _TarMember(tar, info))


class _TarMember:
    """A stream of a member's bytes.

    Where an archive ends in a member, the library's own file object would drop the bytes before.
    """

    def __init__(self, tar: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        self._stream = cast(BinaryIO, tar.fileobj)
        self._begin = info.offset_data
        self._size = info.size
        self._position = 0

    def read(self, size: int) -> bytes:
        self._stream.seek(self._begin + self._position)
        missing = self._size - self._position
        data = self._stream.read(min(size, missing))
        self._position += len(data)
        if missing and not data:
            raise EOFError
        return data


class _BlockReader:
    """A file over blocks, which can be read once."""

    def __init__(self, blocks: ByteBlocks) -> None:
        self._blocks = iter(blocks)
        self._held = memoryview(b"")

    def read(self, size: int) -> bytes:
        if not self._held:
            self._held = memoryview(next(self._blocks, b""))
        part = bytes(self._held[:size])
        self._held = self._held[size:]
        return part
