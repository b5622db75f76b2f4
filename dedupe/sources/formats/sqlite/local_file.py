"""Gives SQLite a file with a name: the user's own, or a copy of what is packed.

SQLite opens files by their names only.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dedupe.sources.files.file_system import SeekableBytes

_BLOCK_BYTES = 1 << 20
_NAME = "database"


class LocalFile:
    """A file with a name, whose content is that of an open file.

    :ivar path: its absolute path
    :ivar is_copy: whether it is a copy in a folder of its own, which goes with this object
    """

    def __init__(self, path: str, folder: str = "") -> None:
        self.path = path
        self.is_copy = bool(folder)
        self._folder = folder

    def __del__(self) -> None:
        """Delete a copy when nothing refers to it any more."""
        self.close()

    def close(self) -> None:
        """Delete a copy, and what SQLite made beside it."""
        folder, self._folder = self._folder, ""
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def pending_changes(self) -> str:
        """The name of a file beside it that holds changes to it; empty where there is none.

        A copy has none, and what they would have been is not known.
        """
        for ending in () if self.is_copy else ("-wal", "-journal"):
            try:
                if os.path.getsize(self.path + ending) > 0:
                    return os.path.basename(self.path) + ending
            except OSError:
                continue
        return ""


def name_file(file: SeekableBytes) -> LocalFile:
    """The file itself, where it is an open file of the disk; else a copy.

    :raises OSError: if it cannot be copied
    """
    path = _path_of(file)
    return LocalFile(path) if path else copy_file(file)


def copy_file(file: SeekableBytes) -> LocalFile:
    """A copy of a file that nobody else knows.

    :raises OSError: if it cannot be copied
    """
    folder = tempfile.mkdtemp(prefix="dedupe-sqlite-")
    local = LocalFile(os.path.join(folder, _NAME), folder)
    file.seek(0)
    with open(local.path, "wb") as out:
        while block := file.read(_BLOCK_BYTES):
            out.write(block)
    return local


def read_blocks_of(path: str) -> Iterator[bytes]:
    """The content of a file, in blocks."""
    with open(path, "rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def _path_of(file: SeekableBytes) -> str:
    """The path of an open file of the disk; empty where it has none, or another file has it now."""
    try:
        number = file.fileno()  # type: ignore[attr-defined]
        name = getattr(file, "name", number)
        path = os.fsdecode(name) if isinstance(name, (str, bytes)) else _path_of_number(number)
        if path and os.path.samestat(os.stat(path), os.fstat(number)):
            return os.path.abspath(path)
    except (OSError, ValueError, AttributeError):
        pass
    return ""


def _path_of_number(number: int) -> str:
    """The path of a file that is open under a number; empty where the system does not tell."""
    if sys.platform == "darwin":
        import fcntl

        return os.fsdecode(fcntl.fcntl(number, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return os.readlink(f"/proc/self/fd/{number}")


def uri_of(path: str, options: str) -> str:
    """The URI by which SQLite opens a file."""
    return f"{Path(path).as_uri()}?{options}"
