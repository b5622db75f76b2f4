"""One thing to read: a file, a pipe or standard input; and how to open it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import msgspec

from dedupe.model.documents import SourceInfo
from dedupe.sources.files.file_system import LOCAL_DISK, FileStatus, FileSystem, kind_at
from dedupe.sources.files.names import openable_names, readable_name
from dedupe.sources.files.spool import Spool

STANDARD_INPUT = "-"

_STREAM = FileStatus("other")


class Source(msgspec.Struct, frozen=True, eq=False):
    """A file or a stream.

    :param id: id of the document that it holds, or what the ids of its records begin with
    :param path: as the file system takes it: as named, or below a folder that was named
    :param format: how to read it (``auto``: its content decides)
    :param spool: keeps what a stream gave, since it cannot be read twice; none for a file
    :param stream: the stream itself, where there is one already
    :param member: its name inside the archive at ``path``, which
        :mod:`dedupe.sources.discovery.archive_members` opens; nothing where the path itself is it
    :param archive: that archive, of a member
    :param encoding: that of a file of records, if it is not UTF-8
    :param files: the file system that the path is of
    """

    id: str
    path: str
    format: str = "auto"
    spool: Spool | None = None
    stream: BinaryIO | None = None
    member: str = ""
    archive: Source | None = None
    encoding: str = ""
    files: FileSystem = LOCAL_DISK

    @property
    def name(self) -> str:
        """The path as a report holds it: always valid Unicode."""
        return readable_name(self.path)

    @property
    def file_name(self) -> str:
        """The name whose ending tells what it is."""
        return self.member or self.path

    @property
    def byte_count(self) -> int:
        """Bytes that its file has now.

        :raises OSError: if there is no such file
        """
        return self.files.status(self.path).size

    @contextmanager
    def open(self) -> Iterator[tuple[BinaryIO, FileStatus]]:
        """The bytes as they stand, to be read once from the beginning, and of what file they are.

        Of a stream, and of a file that does not say (in ``/proc``), the size is 0.

        :raises OSError: if it cannot be opened, or is no longer a regular file
        """
        if self.spool is None:
            with self.files.open(self.path) as file:
                yield file, self.files.status_of(file)
        elif self.path == STANDARD_INPUT:
            yield self.stream or _standard_input(), _STREAM
        else:
            with self.files.open_stream(self.path) as file:
                yield file, _STREAM

    @contextmanager
    def open_again(self) -> Iterator[BinaryIO]:
        """The same bytes once more, seekable; of a stream, what was kept of it: uncompressed.

        :raises OSError: if it cannot be opened, or was not kept
        """
        if self.spool is not None:
            yield self.spool.reopen()
        elif self.path == STANDARD_INPUT:
            raise OSError(0, "standard input cannot be read again")
        else:
            with self.files.open(self.path) as file:
                yield file

    @classmethod
    def of_info(cls, info: SourceInfo, files: FileSystem = LOCAL_DISK) -> Source:
        """The source of which a report tells, to be opened again."""
        name, path = info.path, info.path
        if path != STANDARD_INPUT:
            path = next((each for each in openable_names(name) if kind_at(files, each)), name)
        archive = cls(name, path, files=files) if info.member else None
        return cls(
            name,
            path,
            info.format,
            member=info.member,
            archive=archive,
            encoding=info.encoding,
            files=files,
        )


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise OSError(0, "there is no standard input")
    return sys.stdin.buffer
