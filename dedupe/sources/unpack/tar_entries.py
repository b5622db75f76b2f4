"""Reads the entries of a tar file in one pass, so that it may be compressed."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO, cast

from dedupe.sources.files.names import readable_id
from dedupe.sources.reasons import DAMAGED, NOT_A_FILE, NOT_TAR, OUTSIDE_ARCHIVE, TRUNCATED
from dedupe.sources.unpack.archive_entries import (
    ARCHIVE_FAULTS,
    ArchiveError,
    Entry,
    MemberStream,
    Remark,
)
from dedupe.sources.unpack.budget import UnpackBudget
from dedupe.sources.unpack.byte_blocks import ByteBlocks

_MAX_HEADER_BYTES = 1 << 20
_MAX_ZERO_BLOCKS = (16 << 20) // tarfile.BLOCKSIZE
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


class _WrongHeaderError(tarfile.ReadError):
    """A header in the middle of a tar file is wrong."""


class OutsideTarError(tarfile.ReadError):
    """Data behind the end of a tar file is no further tar file."""


class _CheckedInfo(tarfile.TarInfo):
    """A header that is checked for what the library accepts.

    The library reads a header of any length, and passes over all that is no header: zeros, behind
    which another tar file may follow, and data that is wrong.

    :cvar ending: the name of the error in the header where the archive ended
    :cvar zero_blocks: the blocks of zeros before the next header: they end a tar file
    """

    ending = ""
    zero_blocks = 0

    @classmethod
    def frombuf(cls, buf: Any, encoding: Any, errors: Any) -> Any:
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            cls.zero_blocks += 1
            if cls.zero_blocks > _MAX_ZERO_BLOCKS:
                told = "it ends in zeros; what is behind 16 MiB of them is not read"
                raise OutsideTarError(told) from None
            raise
        except tarfile.HeaderError as error:
            if cls.zero_blocks and buf.strip(b"\0"):
                raise OutsideTarError("the data behind its end is not read: it is no tar") from None
            cls.ending = type(error).__name__
            if cls.ending == "InvalidHeaderError":
                raise _WrongHeaderError("a header is wrong") from None
            raise
        cls.zero_blocks = 0
        if info.type in _HEADER_TYPES and not 0 <= info.size <= _MAX_HEADER_BYTES:
            raise tarfile.ReadError("a header in it is too long")
        return info


def read_tar(blocks: ByteBlocks) -> Iterator[Entry | Remark]:
    """The entries of a tar file, and of those that follow it in the same file.

    :param blocks: its uncompressed content
    :raises ArchiveError: if it ends early or is damaged, after the entries before that
    """
    header_type = new_info_type()
    tar: tarfile.TarFile | None = None
    try:
        tar = open_tar(_BlockReader(blocks), header_type)
        while (info := next_info(tar)) is not None:
            if not info.isdir():
                yield Entry(readable_id(info.name), _problem_of(info), partial(_open, tar, info))
    except OutsideTarError as error:
        _refuse_faulty(blocks)
        yield Remark(OUTSIDE_ARCHIVE, str(error))
        return
    except ARCHIVE_FAULTS as error:
        _refuse_faulty(blocks)
        reason = NOT_TAR if tar is None else DAMAGED
        if tar is not None and isinstance(error, _WrongHeaderError):
            detail = f"the tar data is damaged ({error})"
            raise ArchiveError(DAMAGED, detail) from None
        if "unexpected end" in str(error):
            reason = TRUNCATED
        raise ArchiveError(reason, f"it cannot be read as a tar file ({error})") from None
    _refuse_faulty(blocks)
    if header_type.zero_blocks:
        return
    if header_type.ending == "TruncatedHeaderError":
        raise ArchiveError(TRUNCATED, "the tar data ends early")
    if header_type.ending == "EmptyHeaderError":
        detail = "the tar data ends without its end mark: members may be missing"
        raise ArchiveError(TRUNCATED, detail)


def new_info_type() -> type[_CheckedInfo]:
    """A type for the headers of one archive, because it counts in attributes of the class."""
    return type("Info", (_CheckedInfo,), {})


def open_tar(stream: Any, info_type: type[tarfile.TarInfo]) -> tarfile.TarFile:
    """Open a stream as an archive that is read once, from its beginning."""
    return tarfile.open(
        fileobj=cast(BinaryIO, stream),
        mode="r|",
        bufsize=_STREAM_BYTES,
        errors="surrogateescape",
        tarinfo=info_type,
        ignore_zeros=True,
    )


def next_info(tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    """The next header; those before it are forgotten, since there may be millions."""
    tar.members = []  # type: ignore[attr-defined]
    return tar.next()


def tar_infos(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """All headers up to the end of the last tar file in the file."""
    with suppress(OutsideTarError):
        while (info := next_info(tar)) is not None:
            yield info


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
