"""A file system as a value: all that reading a corpus asks of the place where its files lie.

The local disk is the one that there is. Anything else that can answer the same questions may take
its place (see ``find_sources`` and ``read_corpus``). Acting on files (``dedupe apply``) is not
part of this: it stays with the local disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import BinaryIO, Literal, Protocol, cast

import msgspec

FileKey = tuple[int, int]
"""Device and inode, by which a file is the same under all its names."""

_OPEN_FLAGS = os.O_RDONLY
for _name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
    _OPEN_FLAGS |= getattr(os, _name, 0)


class SeekableBytes(Protocol):
    """As much of a binary file as reading again needs."""

    def seek(self, offset: int, /) -> int:
        """Go to a byte."""

    def read(self, size: int, /) -> bytes:
        """Some bytes, at most ``size``; none at the end."""


class FileStatus(msgspec.Struct, frozen=True):
    """What stands at a path.

    :param kind: ``other`` is a pipe, a socket or a device
    :param size: bytes of a file
    :param key: of a file, where the file system has such
    """

    kind: Literal["file", "folder", "link", "other"]
    size: int = 0
    key: FileKey | None = None


class FolderEntry(Protocol):
    """A name in a folder, and what it is (as :class:`os.DirEntry`)."""

    @property
    def name(self) -> str: ...

    def is_symlink(self) -> bool: ...

    def is_dir(self, *, follow_symlinks: bool = True) -> bool: ...

    def is_file(self, *, follow_symlinks: bool = True) -> bool: ...


class FileSystem(Protocol):
    """Where files lie. Every method raises ``OSError`` for what cannot be done."""

    def list_folder(self, path: str) -> Sequence[FolderEntry]:
        """The entries of a folder, in any order."""

    def status(self, path: str, follow_links: bool = True) -> FileStatus:
        """What stands at a path."""

    def identity(self, path: str) -> str:
        """The one path of a file under all its names; never fails for a path that is not there."""

    def open(self, path: str) -> BinaryIO:
        """Open a regular file to be read from its beginning; never waits for something else."""

    def open_stream(self, path: str) -> BinaryIO:
        """Open what gives its bytes once, such as a pipe, and wait for it."""

    def status_of(self, file: BinaryIO) -> FileStatus:
        """What an open file is now."""


class LocalDisk:
    """The file system of this machine."""

    def list_folder(self, path: str) -> Sequence[FolderEntry]:
        with os.scandir(path) as entries:
            return [*entries]

    def status(self, path: str, follow_links: bool = True) -> FileStatus:
        return _describe(os.stat(path, follow_symlinks=follow_links))

    def identity(self, path: str) -> str:
        return os.path.realpath(path)

    def open(self, path: str) -> BinaryIO:
        return cast(BinaryIO, open(path, "rb", buffering=0, opener=_open_regular))

    def open_stream(self, path: str) -> BinaryIO:
        return open(path, "rb")

    def status_of(self, file: BinaryIO) -> FileStatus:
        return _describe(os.fstat(file.fileno()))


LOCAL_DISK = LocalDisk()


def kind_at(files: FileSystem, path: str, follow_links: bool = True) -> str:
    """The kind of what stands at a path; nothing where nothing does, or where that is not told."""
    try:
        return files.status(path, follow_links).kind
    except (OSError, ValueError):
        return ""


def key_of_descriptor(descriptor: int) -> FileKey | None:
    """The key of the regular file that a descriptor of this process leads to, if it is one."""
    return _describe(os.fstat(descriptor)).key


def read_at(file: SeekableBytes, offset: int, length: int) -> bytes | None:
    """Exactly so many bytes, or None where the data ends before."""
    file.seek(offset)
    parts: list[bytes] = []
    missing = length
    while missing and (part := file.read(min(missing, 1 << 20))):
        parts.append(part)
        missing -= len(part)
    return None if missing else b"".join(parts)


def _open_regular(path: str, _flags: int) -> int:
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _describe(found: os.stat_result) -> FileStatus:
    if stat.S_ISREG(found.st_mode):
        return FileStatus("file", found.st_size, (found.st_dev, found.st_ino))
    if stat.S_ISDIR(found.st_mode):
        return FileStatus("folder")
    return FileStatus("link" if stat.S_ISLNK(found.st_mode) else "other")
