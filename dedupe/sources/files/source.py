"""A source: one file, pipe or standard input to read, and how to open it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import msgspec

from dedupe.model.documents import SourceInfo
from dedupe.model.urls import file_name_of, is_url
from dedupe.sources.files.all_files import ALL_FILES
from dedupe.sources.files.file_system import FileStatus, FileSystem, kind_at
from dedupe.sources.files.names import openable_names, readable_name
from dedupe.sources.files.spool import Spool

STANDARD_INPUT = "-"

_STREAM = FileStatus("other")


class FilePart(msgspec.Struct, frozen=True):
    """A part of a file that is read by itself; see :mod:`dedupe.sources.cutting`.

    :param begin: a byte, where a line begins; of Parquet, a row group
    :param end: the byte or row group behind the part
    :param first_row: the number of its first line or row, from 1
    """

    begin: int
    end: int
    first_row: int = 1


class Source(msgspec.Struct, frozen=True, eq=False):
    """A file, a stream or a member of an archive.

    :param id: the id of its one document, or the beginning of the ids of its records
    :param path: the path for the file system: one that the user named, or one below it
    :param format: the name of its format (``auto``: its content decides)
    :param spool: keeps a copy of a stream, which cannot be read twice; none for a file
    :param stream: the stream itself, where it is open already
    :param member: its name inside the archive at ``path``, which
        :mod:`dedupe.sources.discovery.archive_members` opens; empty where it is no member
    :param archive: the archive of a member
    :param encoding: the encoding of a file of records; empty for UTF-8
    :param files: the file system that the path is in
    :param part: the part of it that is read (none: all); of JSON Lines and Parquet alone
    """

    id: str
    path: str
    format: str = "auto"
    spool: Spool | None = None
    stream: BinaryIO | None = None
    member: str = ""
    archive: Source | None = None
    encoding: str = ""
    files: FileSystem = ALL_FILES
    part: FilePart | None = None

    @property
    def name(self) -> str:
        """The path as a report holds it: always valid Unicode."""
        return readable_name(self.path)

    @property
    def file_name(self) -> str:
        """The name whose ending shows the format: that of the member, else the path."""
        return self.member or file_name_of(self.path)

    @property
    def folder(self) -> str:
        """The folder that it is in, in the file system or in an archive."""
        return os.path.dirname(os.path.join(self.path, self.member) if self.member else self.path)

    @property
    def byte_count(self) -> int:
        """The size of its file now, in bytes.

        :raises OSError: if there is no such file
        """
        return self.files.status(self.path).size

    @contextmanager
    def open(self) -> Iterator[tuple[BinaryIO, FileStatus]]:
        """The raw bytes, to be read once from the beginning, and the status of their file.

        The size in the status is 0 for a stream, and for a file that has none (in ``/proc``).

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
        """The bytes once more, seekable: raw bytes of a file, uncompressed ones of a kept stream.

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
    def of_info(cls, info: SourceInfo, files: FileSystem = ALL_FILES) -> Source:
        """The source that a report describes, to be opened again."""
        name, path = info.path, info.path
        if path != STANDARD_INPUT and not is_url(path):
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
