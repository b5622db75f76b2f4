"""The entries of archives, and streams of their bytes, for the readers of ZIP and tar files."""

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
"""The errors that the libraries for ZIP and tar raise for broken archives."""


class ArchiveError(Exception):
    """An archive cannot be read any further, with a reason and the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Entry(msgspec.Struct, frozen=True):
    """A member of an archive, not opened yet.

    :param name: its name in valid Unicode
    :param problem: reason and detail where it cannot be read; else ``None``
    :param open: gives a stream of its bytes, which is valid until the next entry is asked for, and
        counts its size in the archive in the budget
    """

    name: str
    problem: tuple[str, str] | None
    open: Callable[[UnpackBudget], BinaryIO]


class Remark(msgspec.Struct, frozen=True):
    """A remark on an archive as a whole: a reason and the detail."""

    reason: str
    detail: str


class MemberStream:
    """The bytes of a member; an early end and damage raise the same errors as in compressed data.

    :param budget: counts the bytes, where the archive itself compresses its members
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
            if error.errno not in (None, 0, errno.EINVAL):  # EINVAL: a seek to before the beginning
                raise
            raise CompressionError(str(error)) from None
        except ARCHIVE_FAULTS as error:
            raise CompressionError(str(error) or type(error).__name__) from None
        if self._budget is not None:
            self._budget.add_unpacked(len(data))
        return data

    @classmethod
    def of(cls, stream: IO[bytes], budget: UnpackBudget | None = None) -> BinaryIO:
        """A member's stream, typed as the file that readers take; they only call ``read``."""
        return cast(BinaryIO, cls(stream, budget))
