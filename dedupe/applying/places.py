"""Files of a corpus by descriptor: opened below the paths that were scanned, no link followed.

A path is cut into the folder that the user named, which is taken as the system takes it, and the
names below it. Each of these is opened in the one before it (``openat``) with ``O_NOFOLLOW``, so
that nothing that was put in its place since the scan leads elsewhere.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple

import msgspec

from dedupe.applying.file_calls import open_at, open_unlinked
from dedupe.model.errors import ApplyError
from dedupe.sources.files.names import is_hidden_name, openable_names, readable_name

FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)

_SAFE_CALLS = {os.open, os.stat, os.unlink, os.rename, os.mkdir, os.link}


class Stamp(NamedTuple):
    """What changes whenever a file does: nobody can set the time of its last change back."""

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

    @property
    def file(self) -> tuple[int, int]:
        """What two names of one file have in common."""
        return self.device, self.inode

    def is_same_content(self, other: Stamp) -> bool:
        """Whether it is the same file, at most renamed or linked (which sets its ``ctime``)."""
        return self[:4] == other[:4]


class Place(msgspec.Struct, frozen=True):
    """Where a file stands.

    :param folder: as the user named it
    :param parts: the names below it; the last is that of the file
    """

    folder: str
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.parts[-1]


def require_descriptors() -> None:
    """Refuse to touch files where the system cannot do it safely.

    :raises ApplyError: if it has no ``openat``
    """
    if not os.supports_dir_fd >= _SAFE_CALLS or not hasattr(os, "O_NOFOLLOW"):
        raise ApplyError("applying a report takes openat and O_NOFOLLOW, which this system lacks")


class Places:
    """The files below the paths of a scan.

    :ivar named: the paths, as they can be opened
    :ivar folders: those that are folders
    :ivar files: the others
    """

    def __init__(self, paths: Sequence[str], archive: Sequence[str] = ()) -> None:
        """Paths as a report holds them, relative to the current folder.

        :param archive: those of the archive, which is only read
        :raises ApplyError: if none of the paths is there
        """
        require_descriptors()
        self.named = _openable(paths)
        self._archive = _openable(archive)
        gone = [path for path in self.named if path != "-" and not os.path.lexists(path)]
        if gone and len(gone) == len(self.named):
            told = "there is no such file or folder; run it in the folder where the scan ran"
            raise ApplyError(f"{readable_name(gone[0])}: {told}")
        self.files = frozenset(path for path in self.named if not os.path.isdir(path))
        self.folders = tuple(path for path in self.named if path not in self.files)

    def find(self, path: str) -> Place:
        """The place of a file.

        :raises OSError: if it is not below the paths that were scanned
        """
        if path in self.files or (path in self._archive and not os.path.isdir(path)):
            return Place(os.path.dirname(path) or os.curdir, (os.path.basename(path),))
        for folder in (*self.folders, *self._archive):
            begin = os.path.join(folder, "")
            parts = tuple(path.removeprefix(begin).split(os.sep))
            if path.startswith(begin) and not {"", os.curdir, os.pardir} & {*parts}:
                return Place(folder, parts)
        if any(path.startswith(os.path.join(gone, "")) for gone in self.files):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        raise OSError(errno.EINVAL, "it is not below the paths that were scanned", path)

    def is_archived(self, path: str) -> bool:
        """Whether a file is one of the archive; as in a scan, one of the corpus too is not."""
        return _is_below(path, self._archive) and not _is_below(path, self.named)

    def note_inside(self, destination: str) -> tuple[str, ...]:
        """What to say of a destination that the next scan of these paths would read too."""
        there = os.path.realpath(destination)
        for folder in self.folders:
            above = os.path.join(os.path.realpath(folder), "")
            names = there.removeprefix(above).split(os.sep)
            if there.startswith(above) and not any(map(is_hidden_name, names)):
                told = "so the next scan of that will read it too"
                return (f"{readable_name(destination)}: is inside {readable_name(folder)}, {told}",)
        return ()

    def open(self, path: str) -> BinaryIO:
        """A regular file, to be read.

        :raises OSError: if it cannot be opened, is no regular file, or a link is on the way
        """
        with self.parent(path) as (folder, name):
            return open_at(name, folder)

    def stamp(self, path: str) -> Stamp:
        """Of what stands there now, be it a link.

        :raises OSError: if nothing does
        """
        place = self.find(path)
        with open_folder(place.folder, place.parts[:-1]) as folder:
            return Stamp.of(os.stat(place.name, dir_fd=folder, follow_symlinks=False))

    @contextmanager
    def parent(self, path: str) -> Iterator[tuple[int, str]]:
        """The folder that holds a file, open, and the file's name in it.

        :raises OSError: if it cannot be opened
        """
        place = self.find(path)
        with open_folder(place.folder, place.parts[:-1]) as folder:
            yield folder, place.name


def _is_below(path: str, named: Sequence[str]) -> bool:
    return any(path == each or path.startswith(os.path.join(each, "")) for each in named)


def _openable(paths: Sequence[str]) -> tuple[str, ...]:
    """Paths of a report as they can be opened, each once."""
    found = [next(filter(os.path.exists, openable_names(path)), path) for path in paths]
    return tuple(dict.fromkeys(found))


@contextmanager
def open_folder(folder: str | int, below: Sequence[str], make: bool = False) -> Iterator[int]:
    """A folder below another, open; no link is followed below the first.

    :param folder: a path, or an open folder
    :param make: whether to make those that are missing
    :raises OSError: if there is none
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
