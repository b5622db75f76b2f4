"""What the readers of ZIP and tar files have in common: entries, and streams of their bytes."""

from __future__ import annotations

import errno
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, BinaryIO, cast

import msgspec

from dedupe.sources.unpack.budget import UnpackBudget
from dedupe.sources.unpack.compression import CompressionError

ARCHIVE_FAULTS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
)
"""What the two libraries raise where an archive is not as it should be."""


class ArchiveError(Exception):
    """The archive cannot be gone on with: a reason, and what is wrong."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Entry(msgspec.Struct, frozen=True):
    """A member.

    :param name: valid Unicode
    :param problem: reason and detail where it cannot be read
    :param open: gives its bytes, until the next entry is asked for; the budget is told how large
        it is in the archive
    """

    name: str
    problem: tuple[str, str] | None
    open: Callable[[UnpackBudget], BinaryIO]


class MemberStream:
    """The bytes of a member; its end or damage is told as that of compressed data is.

    :param budget: counts what comes out, where the archive itself compresses its members
    """

    def __init__(self, stream: IO[bytes], budget: UnpackBudget | None = None) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, size: int) -> bytes:
        """Some bytes, at most ``size``; none at the end.

        :raises EOFError: if the archive ends in the member
        :raises CompressionError: if its data is wrong
        """
        try:
            data = self._stream.read(size)
        except (EOFError, tarfile.ReadError):
            raise EOFError from None
        except OSError as error:
            if error.errno not in (None, 0, errno.EINVAL):  # a place before the file's beginning
                raise
            raise CompressionError(str(error)) from None
        except ARCHIVE_FAULTS as error:
            raise CompressionError(str(error) or type(error).__name__) from None
        if self._budget is not None:
            self._budget.add_unpacked(len(data))
        return data

    @classmethod
    def of(cls, stream: IO[bytes], budget: UnpackBudget | None = None) -> BinaryIO:
        """As what readers take: of a file they use no more than this has."""
        return cast(BinaryIO, cls(stream, budget))
