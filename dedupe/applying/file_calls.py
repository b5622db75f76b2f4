"""The calls by which files are written, moved and synced; none overwrites a file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

from dedupe.model.errors import ApplyError

COPY_BYTES = 1 << 20
PARTIAL = ".dedupe-partial"
"""The name of a file that is being copied, in its future folder."""

IS_LINK = "a symbolic link stands there; links are not followed"

READ_FLAGS = os.O_RDONLY
for _name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY"):
    READ_FLAGS |= getattr(os, _name, 0)
_NO_REPLACE = 1
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
_WRITE_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
_MODE_BITS = 0o777
_USUAL_MODE = 0o644


class NewFile:
    """A new file that is being written.

    As a sink it writes all data or raises an error.

    :param descriptor: open for writing; not closed here
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.size = 0
        self._held: list[bytes] = []
        self._held_size = 0

    def write(self, data: bytes) -> int:
        self._held.append(data)
        self._held_size += len(data)
        self.size += len(data)
        if self._held_size >= COPY_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        rest = memoryview(b"".join(self._held))
        self._held, self._held_size = [], 0
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]

    def begin_again(self) -> None:
        """Discard everything written so far."""
        self._held, self._held_size, self.size = [], 0, 0
        os.ftruncate(self.descriptor, 0)
        os.lseek(self.descriptor, 0, os.SEEK_SET)

    def finish(self, status: os.stat_result | None, keeps_time: bool) -> None:
        """Write all held data, then set the permissions (and times) of another file.

        :param status: of that file; none if it is at a URL, where it has no such
        """
        self.flush()
        if status is None:
            os.fchmod(self.descriptor, _USUAL_MODE)
            return
        with suppress(OSError):  # a file system without permissions
            os.fchmod(self.descriptor, status.st_mode & _MODE_BITS)
        if keeps_time:
            os.utime(self.descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))


@contextmanager
def create_file(name: str, folder: int) -> Iterator[NewFile]:
    """Create a file in an open folder.

    :raises FileExistsError: if the name is taken
    """
    flags = _WRITE_FLAGS | os.O_CREAT | os.O_EXCL
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        yield NewFile(descriptor)
    finally:
        os.close(descriptor)


def copy_content(file: BinaryIO, new: NewFile) -> None:
    """Copy all bytes of an open file."""
    file.seek(0)
    while block := file.read(COPY_BYTES):
        new.write(block)


def hash_content(file: BinaryIO) -> str:
    """XXH3-128 of the bytes of an open file, hexadecimal."""
    import xxhash

    state = xxhash.xxh3_128()
    file.seek(0)
    while block := file.read(COPY_BYTES):
        state.update(block)
    return state.hexdigest()


def rename_new(name: str, folder: int, new_name: str, new_folder: int) -> None:
    """Rename a file to a free name, in one step.

    :raises FileExistsError: if the name is taken
    :raises OSError: ``EXDEV`` if the new folder is on another file system
    """
    if _renameat2 is not None:
        names = os.fsencode(name), os.fsencode(new_name)
        code = _renameat2(folder, names[0], new_folder, names[1])
        if code == 0:
            return
        if code not in _UNSUPPORTED:
            raise OSError(code, os.strerror(code), new_name)
    os.link(name, new_name, src_dir_fd=folder, dst_dir_fd=new_folder, follow_symlinks=False)
    os.unlink(name, dir_fd=folder)


def move_file(
    name: str, folder: int, new_name: str, new_folder: int, may_go: Callable[[], bool]
) -> bool:
    """Move a file to a free name, also on another file system; true if it was moved.

    On another file system it is copied under a hidden name, synced and renamed before the old file
    is removed.

    :param may_go: called at the last moment; if false, the file stays
    :raises FileExistsError: if the name is taken
    """
    try:
        if may_go():
            rename_new(name, folder, new_name, new_folder)
            return True
        return False
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    with open_at(name, folder) as file:
        before = os.fstat(file.fileno())
        write_new(file, new_name, new_folder)
        after = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if may_go() and _stamp_of(after) == _stamp_of(before):
            os.unlink(name, dir_fd=folder)
            return True
    os.unlink(new_name, dir_fd=new_folder)
    return False


def write_new(file: BinaryIO, name: str, folder: int) -> None:
    """Copy an open file to a free name, which it gets only once it is whole and on the disk.

    :raises FileExistsError: if the name is taken
    """
    clear_partial(folder)
    try:
        with create_file(PARTIAL, folder) as new:
            copy_content(file, new)
            new.finish(os.fstat(file.fileno()), keeps_time=True)
            os.fsync(new.descriptor)
        rename_new(PARTIAL, folder, name, folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(PARTIAL, dir_fd=folder)
        raise
    os.fsync(folder)


def clear_partial(folder: int) -> None:
    """Remove the partial copy that a killed run left in an open folder."""
    with suppress(FileNotFoundError):
        os.unlink(PARTIAL, dir_fd=folder)


def open_at(name: str, folder: int) -> BinaryIO:
    """Open a regular file in an open folder for reading; a link is not followed.

    :raises OSError: if it is not a regular file, or cannot be opened
    """
    descriptor = open_unlinked(name, READ_FLAGS, folder)
    file = cast(BinaryIO, os.fdopen(descriptor, "rb", buffering=0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is not a regular file", name)
    return file


def open_unlinked(name: str, flags: int, folder: int) -> int:
    """Open a file or folder in an open folder, unless it is a link.

    :raises OSError: if it is a link, or cannot be opened
    """
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        is_link = error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(name, folder)
        raise OSError(errno.ELOOP, IS_LINK, name) if is_link else error from None


def _is_link(name: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _stamp_of(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def sync_below(name: str, folder: int) -> None:
    """Sync everything below a folder to the disk.

    If the system can sync a whole file system at once, that is some 20 times faster.

    :param folder: the open folder that holds it
    :raises OSError: if it cannot be written
    """
    if _syncfs is not None:
        if code := _syncfs(folder):
            raise OSError(code, os.strerror(code), name)
        return
    for _, _, files, descriptor in os.fwalk(name, dir_fd=folder):
        for file in files:
            opened = open_unlinked(file, os.O_RDONLY, descriptor)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
        os.fsync(descriptor)


def _find_renameat2() -> Callable[[int, bytes, int, bytes], int] | None:
    """Linux's ``renameat2`` with ``RENAME_NOREPLACE``; returns the number of the error, or 0."""
    import ctypes

    try:
        found = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return None
    text, number = ctypes.c_char_p, ctypes.c_int
    found.argtypes = (number, text, number, text, ctypes.c_uint)

    def call(folder: int, name: bytes, new_folder: int, new_name: bytes) -> int:
        if found(folder, name, new_folder, new_name, _NO_REPLACE) == 0:
            return 0
        return ctypes.get_errno()

    return call


def _find_syncfs() -> Callable[[int], int] | None:
    """Linux's ``syncfs``; returns the number of the error, or 0."""
    import ctypes

    try:
        found = ctypes.CDLL(None, use_errno=True).syncfs
    except (AttributeError, OSError, TypeError):
        return None

    def call(folder: int) -> int:
        return ctypes.get_errno() if found(ctypes.c_int(folder)) else 0

    return call


_renameat2 = _find_renameat2()
_syncfs = _find_syncfs()


def lock(descriptor: int, path: str) -> None:
    """Lock an open folder against other runs until the descriptor is closed.

    :param path: of the folder, for errors
    :raises ApplyError: if another run has locked it
    """
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ApplyError(f"{path}: another dedupe apply is at work there") from None
    except OSError:
        return  # a file system without locks
