"""The interface of file systems that a corpus can be read from, and the local disk.

:mod:`.remote_files` has those behind URLs. ``find_sources`` and ``read_corpus`` take any other with
the same methods. Acting on files (``dedupe apply``) is no part of it: it works on the local disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import BinaryIO, Literal, Protocol, cast

import msgspec

FileKey = tuple[int, int]
"""Device and inode, which are the same under all names of a file."""

_OPEN_FLAGS = os.O_RDONLY
for _name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
    _OPEN_FLAGS |= getattr(os, _name, 0)


class SeekableBytes(Protocol):
    """The part of a binary file's interface that reading texts again needs."""

    def seek(self, offset: int, /) -> int:
        """Go to a byte."""

    def read(self, size: int, /) -> bytes:
        """Some bytes, at most ``size``; none at the end."""


class FileStatus(msgspec.Struct, frozen=True):
    """The kind, size and key of what is at a path.

    :param kind: ``other`` is a pipe, a socket or a device
    :param size: bytes of a file
    :param key: the key of a file, where the file system has keys
    :param remarks: what there is to tell about how an open file was read
    :param version: of what is at a URL: it is another when the content is
    """

    kind: Literal["file", "folder", "link", "other"]
    size: int = 0
    key: FileKey | None = None
    remarks: tuple[str, ...] = ()
    version: str = ""


class FolderEntry(Protocol):
    """An entry of a folder: its name and kind (:class:`os.DirEntry` is one)."""

    @property
    def name(self) -> str: ...

    def is_symlink(self) -> bool: ...

    def is_dir(self, *, follow_symlinks: bool = True) -> bool: ...

    def is_file(self, *, follow_symlinks: bool = True) -> bool: ...


class FileSystem(Protocol):
    """A file system. Every method but ``identity`` raises ``OSError`` if it cannot do its work."""

    def list_folder(self, path: str) -> Sequence[FolderEntry]:
        """The entries of a folder, in any order."""

    def status(self, path: str, follow_links: bool = True) -> FileStatus:
        """The status of what is at a path."""

    def identity(self, path: str) -> str:
        """One path for all names of a file; the file need not exist."""

    def open(self, path: str) -> BinaryIO:
        """Open a regular file at its beginning; fails at once for a pipe or a device."""

    def open_stream(self, path: str) -> BinaryIO:
        """Open a pipe or device, which gives its bytes once, and wait for it."""

    def status_of(self, file: BinaryIO) -> FileStatus:
        """The status of an open file now."""


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
    """The kind of what is at a path; empty where nothing is there, or it cannot be looked at."""
    try:
        return files.status(path, follow_links).kind
    except (OSError, ValueError):
        return ""


def key_of_descriptor(descriptor: int) -> FileKey | None:
    """The key of the file behind a descriptor of this process; ``None`` for a pipe or device."""
    return _describe(os.fstat(descriptor)).key


def read_at(file: SeekableBytes, offset: int, length: int) -> bytes | None:
    """The ``length`` bytes from ``offset``; ``None`` where the file ends before."""
    file.seek(offset)
    parts: list[bytes] = []
    missing = length
    while missing and (part := file.read(min(missing, 1 << 20))):
        parts.append(part)
        missing -= len(part)
    return None if missing else b"".join(parts)


def read_start(file: SeekableBytes, length: int) -> bytes:
    """The first ``length`` bytes, or all where there are fewer."""
    file.seek(0)
    start = b""
    while len(start) < length and (part := file.read(length - len(start))):
        start += part
    return start


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
