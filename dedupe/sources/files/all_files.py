"""The file system of all paths: the local disk, and behind URLs what fsspec reaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from dedupe.model.urls import is_url
from dedupe.sources.files.file_system import LOCAL_DISK, FileStatus, FileSystem, FolderEntry


class AllFiles:
    """A :class:`.file_system.FileSystem` that asks the local disk or a remote one, by the path."""

    def list_folder(self, path: str) -> Sequence[FolderEntry]:
        return file_system_of(path).list_folder(path)

    def status(self, path: str, follow_links: bool = True) -> FileStatus:
        return file_system_of(path).status(path, follow_links)

    def identity(self, path: str) -> str:
        return file_system_of(path).identity(path)

    def open(self, path: str) -> BinaryIO:
        return file_system_of(path).open(path)

    def open_stream(self, path: str) -> BinaryIO:
        return file_system_of(path).open_stream(path)

    def status_of(self, file: BinaryIO) -> FileStatus:
        status: FileStatus | None = getattr(file, "status", None)
        return LOCAL_DISK.status_of(file) if status is None else status


ALL_FILES = AllFiles()


def file_system_of(path: str) -> FileSystem:
    """The file system that a path is in, by its form alone."""
    if not is_url(path):
        return LOCAL_DISK
    from dedupe.sources.files.remote_files import RemoteFiles

    return RemoteFiles()
