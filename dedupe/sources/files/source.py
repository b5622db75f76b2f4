"""One thing to read: a file, a pipe or standard input; and how to open it."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol, cast

import msgspec

from dedupe.model.documents import SourceInfo
from dedupe.sources.files.names import openable_names, readable_name
from dedupe.sources.files.spool import Spool
from dedupe.sources.unpack.compression import MAGIC_BYTES, UnpackedFile, codec_of

STANDARD_INPUT = "-"

_PART_BYTES = 1 << 20

_OPEN_FLAGS = os.O_RDONLY
for _name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
    _OPEN_FLAGS |= getattr(os, _name, 0)


class SeekableBytes(Protocol):
    """As much of a binary file as reading again needs."""

    def seek(self, offset: int, /) -> int:
        """Go to a byte."""

    def read(self, size: int, /) -> bytes:
        """Some bytes, at most ``size``; none at the end."""


def open_regular(path: str) -> BinaryIO:
    """Open a file, never waiting for one that has become a pipe or a device.

    :raises OSError: if it cannot be opened, or is not a regular file
    """
    return _open_sized(path)[0]


def _open_sized(path: str) -> tuple[BinaryIO, int]:
    """The same, and the bytes that it has now."""
    sizes: list[int] = []

    def opener(path: str, flags: int) -> int:
        descriptor = os.open(path, _OPEN_FLAGS)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(0, "not a regular file")
        except OSError:
            os.close(descriptor)
            raise
        sizes.append(status.st_size)
        return descriptor

    return cast(BinaryIO, open(path, "rb", buffering=0, opener=opener)), sizes[0]


class Source(msgspec.Struct, frozen=True, eq=False):
    """A file or a stream.

    :param id: id of the document that it holds, or what the ids of its records begin with
    :param path: as the system takes it: as named, or below a folder that was named
    :param format: how to read it (``auto``: its content decides)
    :param spool: keeps what a stream gave, since it cannot be read twice; none for a file
    :param stream: the stream itself, where there is one already
    :param member: its name inside the archive at ``path``, which
        :mod:`dedupe.sources.unpack.archives` opens; nothing where the path itself is it
    :param archive: that archive, of a member
    :param encoding: that of a file of records, if it is not UTF-8
    :param opener: opens the path where it is read again
    """

    id: str
    path: str
    format: str = "auto"
    spool: Spool | None = None
    stream: BinaryIO | None = None
    member: str = ""
    archive: Source | None = None
    encoding: str = ""
    opener: Callable[[str], BinaryIO] = open_regular

    @property
    def name(self) -> str:
        """The path as a report holds it: always valid Unicode."""
        return readable_name(self.path)

    @property
    def file_name(self) -> str:
        """The name whose ending tells what it is."""
        return self.member or self.path

    @contextmanager
    def open(self) -> Iterator[tuple[BinaryIO, int]]:
        """The bytes as they stand, to be read once from the beginning, and how many a file has.

        Of a stream, and of a file that does not say (in ``/proc``), that is 0.

        :raises OSError: if it cannot be opened, or is no longer a regular file
        """
        if self.spool is None:
            file, size = _open_sized(self.path)
            with file:
                yield file, size
        elif self.path == STANDARD_INPUT:
            yield self.stream or _standard_input(), 0
        else:
            with open(self.path, "rb") as file:
                yield file, 0

    @contextmanager
    def open_again(self) -> Iterator[SeekableBytes]:
        """The uncompressed bytes, seekable; those of a stream as they were when it was read.

        :raises OSError: if it cannot be opened, or was not kept
        """
        if self.spool is not None:
            yield self.spool.reopen()
            return
        if self.path == STANDARD_INPUT:
            raise OSError(0, "standard input cannot be read again")
        with self.opener(self.path) as file:
            codec = codec_of(file.read(MAGIC_BYTES))
            file.seek(0)
            yield UnpackedFile(file, codec) if codec else file

    @classmethod
    def of_info(cls, info: SourceInfo, opener: Callable[[str], BinaryIO] = open_regular) -> Source:
        """The source of which a report tells, to be opened again."""
        name, path = info.path, info.path
        if path != STANDARD_INPUT:
            path = next(filter(os.path.exists, openable_names(name)), name)
        archive = cls(name, path, opener=opener) if info.member else None
        return cls(
            name,
            path,
            info.format,
            member=info.member,
            archive=archive,
            encoding=info.encoding,
            opener=opener,
        )


def read_at(file: SeekableBytes, offset: int, length: int) -> bytes | None:
    """Exactly so many bytes, or None where the data ends before."""
    file.seek(offset)
    parts: list[bytes] = []
    missing = length
    while missing and (part := file.read(min(missing, _PART_BYTES))):
        parts.append(part)
        missing -= len(part)
    return None if missing else b"".join(parts)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise OSError(0, "there is no standard input")
    return sys.stdin.buffer
