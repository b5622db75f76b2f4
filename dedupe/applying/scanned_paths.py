"""The scanned paths, and safe access by descriptor to the files below them.

A path is split into the folder that the user named, in which links are followed, and the names
below it. Each of these is opened in the one before it (``openat``) with ``O_NOFOLLOW``, so that a
link that replaced a folder or a file since the scan leads nowhere. Where the scan followed links
(``follow``), files are read through them too; but nothing is written, moved or deleted there.
What is at URLs is only read.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple

import msgspec

from dedupe.applying.file_calls import open_at, open_unlinked
from dedupe.applying.streams import Streams, view_stream
from dedupe.model.errors import ApplyError
from dedupe.model.urls import is_url
from dedupe.sources.discovery.url_patterns import UrlPattern
from dedupe.sources.files.all_files import ALL_FILES
from dedupe.sources.files.file_system import LOCAL_DISK, kind_at
from dedupe.sources.files.names import is_hidden_name, openable_names, readable_name
from dedupe.sources.files.source import STANDARD_INPUT

FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)

_SAFE_CALLS = {os.open, os.stat, os.unlink, os.rename, os.mkdir, os.link}


class Stamp(NamedTuple):
    """The state of a file: if the stamp is the same, so is the content.

    Nobody can set ``ctime`` back.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )

    @classmethod
    def of_url(cls, path: str, version: str) -> Stamp:
        """The stamp of what is at a URL in some version."""
        import xxhash

        url, mark = (xxhash.xxh3_64_intdigest(text.encode()) for text in (path, version))
        return cls(-1, url, 0, mark, 0)

    @property
    def file(self) -> tuple[int, int]:
        """The identity of the file, the same for all of its names."""
        return self.device, self.inode

    def is_same_content(self, other: Stamp) -> bool:
        """Whether it is the same file, possibly renamed or linked (which sets its ``ctime``)."""
        return self[:4] == other[:4]


class SplitPath(msgspec.Struct, frozen=True):
    """The path of a file, split where safe access begins.

    :param folder: the folder as the user named it
    :param parts: the names below it; the last is the name of the file
    """

    folder: str
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.parts[-1]


def require_descriptors() -> None:
    """Refuse to touch files on systems that cannot do it safely.

    :raises ApplyError: if the system has no ``openat`` or ``O_NOFOLLOW``
    """
    if not os.supports_dir_fd >= _SAFE_CALLS or not hasattr(os, "O_NOFOLLOW"):
        raise ApplyError("applying a report takes openat and O_NOFOLLOW, which this system lacks")


class ScannedPaths:
    """The paths of a scan, and the files below them.

    :ivar named: the paths, as they can be opened
    :ivar folders: the paths that are folders
    :ivar files: the other paths
    :ivar streams: what was kept of those that are streams; nobody can change that
    """

    def __init__(
        self,
        paths: Sequence[str],
        references: Sequence[str] = (),
        follows: bool = False,
        streams: Streams | None = None,
    ) -> None:
        """Take the paths of a report, which are relative to the current folder.

        :param references: the paths of ``--against``, which are only read
        :param follows: whether the scan followed links below folders
        :raises ApplyError: if none of the paths is there
        """
        require_descriptors()
        self._follows = follows
        self.streams = streams or {}
        self.named = _openable(paths)
        self._references = _openable(references)
        local = [path for path in self.named if path != "-" and not is_url(path)]
        gone = [path for path in local if not os.path.lexists(path)]
        if gone and len(gone) == len(self.named):
            told = "there is no such file or folder; run it in the folder where the scan ran"
            raise ApplyError(f"{readable_name(gone[0])}: {told}")
        self.files = frozenset(path for path in self.named if not _is_folder(path))
        self.folders = tuple(path for path in self.named if path not in self.files)

    def split(self, path: str) -> SplitPath:
        """Split the path of a file.

        :raises OSError: if it is not below the paths that were scanned
        """
        if path in self.files or (path in self._references and not _is_folder(path)):
            return SplitPath(os.path.dirname(path) or os.curdir, (os.path.basename(path),))
        for folder in (*self.folders, *self._references):
            begin = _begin_of(folder)
            parts = tuple(path.removeprefix(begin).split("/" if is_url(path) else os.sep))
            if path.startswith(begin) and not {"", os.curdir, os.pardir} & {*parts}:
                return SplitPath(folder, parts)
        if any(path.startswith(os.path.join(gone, "")) for gone in self.files):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        raise OSError(errno.EINVAL, "it is not below the paths that were scanned", path)

    def is_reference(self, path: str) -> bool:
        """Whether a file holds reference documents; as in a scan, files of the corpus do not."""
        return _is_below(path, self._references) and not _is_below(path, self.named)

    def note_inside(self, destination: str) -> tuple[str, ...]:
        """A note, if the next scan of these paths would read the destination too."""
        there = os.path.realpath(destination)
        for folder in self.folders:
            if is_url(folder):
                continue
            above = os.path.join(os.path.realpath(folder), "")
            names = there.removeprefix(above).split(os.sep)
            if there.startswith(above) and not any(map(is_hidden_name, names)):
                told = "so the next scan of that will read it too"
                return (f"{readable_name(destination)}: is inside {readable_name(folder)}, {told}",)
        return ()

    def is_stream(self, path: str) -> bool:
        """Whether a path is standard input, or a pipe that was kept."""
        return path == STANDARD_INPUT or path in self.streams

    def open(self, path: str) -> BinaryIO:
        """Open a regular file for reading.

        :raises OSError: if it cannot be opened, is not a regular file, or a link is on its path
            that the scan did not follow
        """
        if path in self.streams:
            return view_stream(self.streams[path])
        if is_url(path):
            self.split(path)
            return ALL_FILES.open(path)
        if self.is_linked(path):
            return LOCAL_DISK.open(path)
        with self.parent(path) as (folder, name):
            return open_at(name, folder)

    def is_linked(self, path: str) -> bool:
        """Whether a link is on the path of a file, and the scan followed links."""
        if not self._follows or is_url(path) or self.is_stream(path):
            return False
        split = self.split(path)
        below = split.folder
        for name in split.parts if path not in self.files else ():
            below = os.path.join(below, name)
            if os.path.islink(below):
                return True
        return False

    def stamp(self, path: str) -> Stamp:
        """The stamp of a file as it is now; of a link, that of the link itself.

        :raises OSError: if there is no such file
        """
        if self.is_stream(path):
            return Stamp.of_url(path, "")
        split = self.split(path)
        if is_url(path):
            from dedupe.sources.files.remote_files import current_version

            return Stamp.of_url(path, current_version(path))
        if self.is_linked(path):
            return Stamp.of(os.stat(path))
        with open_folder(split.folder, split.parts[:-1]) as folder:
            return Stamp.of(os.stat(split.name, dir_fd=folder, follow_symlinks=False))

    def stamp_of(self, path: str, file: BinaryIO) -> Stamp:
        """The stamp of an open file; of what is at a URL, that of the version that is read."""
        if self.is_stream(path):
            return Stamp.of_url(path, "")
        if is_url(path):
            return Stamp.of_url(path, ALL_FILES.status_of(file).version)
        return Stamp.of(os.fstat(file.fileno()))

    @contextmanager
    def parent(self, path: str) -> Iterator[tuple[int, str]]:
        """Open the folder that holds a file; gives its descriptor and the file's name.

        :raises OSError: if it cannot be opened
        """
        split = self.split(path)
        with open_folder(split.folder, split.parts[:-1]) as folder:
            yield folder, split.name


def _is_below(path: str, named: Sequence[str]) -> bool:
    return any(path == each or path.startswith(_begin_of(each)) for each in named)


def _begin_of(folder: str) -> str:
    """How the paths of all files begin that were scanned below a folder, or by a pattern."""
    pattern = UrlPattern.of(folder)
    below = pattern.folder if pattern else folder
    return f"{below.rstrip('/')}/" if is_url(below) else os.path.join(below, "")


def _is_folder(path: str) -> bool:
    """Whether a path that was scanned is a folder now, or a URL with wildcards."""
    if UrlPattern.of(path) is None:
        return kind_at(ALL_FILES, path) == "folder"
    return kind_at(ALL_FILES, path) != "file"


def _openable(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths of a report as they can be opened, without repetitions."""
    found = [
        path if is_url(path) else next(filter(os.path.exists, openable_names(path)), path)
        for path in paths
    ]
    return tuple(dict.fromkeys(found))


@contextmanager
def open_folder(folder: str | int, below: Sequence[str], make: bool = False) -> Iterator[int]:
    """Open a folder below another; links are followed in the path of the first only.

    :param folder: a path, or the descriptor of an open folder
    :param below: names, each in the folder before it
    :param make: whether to make missing folders
    :raises OSError: if a folder cannot be opened
    """
    if isinstance(folder, int):
        descriptor = os.open(os.curdir, FOLDER_FLAGS, dir_fd=folder)
    else:
        descriptor = os.open(folder, FOLDER_FLAGS)
    try:
        for name in below:
            inner = _open_inner(name, descriptor, make)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _open_inner(name: str, folder: int, make: bool) -> int:
    try:
        return open_unlinked(name, FOLDER_FLAGS, folder)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)
    os.fsync(folder)
    return open_unlinked(name, FOLDER_FLAGS, folder)
