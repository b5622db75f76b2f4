"""A file system in which relative paths begin at a folder that is told, in whatever process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import BinaryIO

from dedupe.model.urls import is_url
from dedupe.sources.files.all_files import ALL_FILES
from dedupe.sources.files.file_system import FileStatus, FileSystem, FolderEntry


class RelativeFiles:
    """A :class:`.file_system.FileSystem` for several processes with current folders of their own.

    It can be pickled.
    """

    def __init__(self, folder: str, files: FileSystem = ALL_FILES) -> None:
        """Take relative paths as below a folder; URLs stay as they are.

        :param files: the file system of all paths
        """
        self._folder = folder
        self._files = files

    def list_folder(self, path: str) -> Sequence[FolderEntry]:
        return self._files.list_folder(self._full(path))

    def status(self, path: str, follow_links: bool = True) -> FileStatus:
        return self._files.status(self._full(path), follow_links)

    def identity(self, path: str) -> str:
        return self._files.identity(self._full(path))

    def open(self, path: str) -> BinaryIO:
        return self._files.open(self._full(path))

    def open_stream(self, path: str) -> BinaryIO:
        return self._files.open_stream(self._full(path))

    def status_of(self, file: BinaryIO) -> FileStatus:
        return self._files.status_of(file)

    def _full(self, path: str) -> str:
        return path if is_url(path) else os.path.join(self._folder, path)
