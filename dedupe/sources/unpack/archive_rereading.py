"""Opens members of archives once more, to read texts again."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import BinaryIO, cast

from dedupe.sources.files.file_system import SeekableBytes, read_start
from dedupe.sources.files.names import readable_id
from dedupe.sources.files.sequential_file import SequentialFile
from dedupe.sources.files.source import Source
from dedupe.sources.unpack.archive_entries import MemberStream
from dedupe.sources.unpack.archive_kinds import HEADER_BYTES, is_zip
from dedupe.sources.unpack.compression import open_content, uncompressed
from dedupe.sources.unpack.random_access import seekable_again
from dedupe.sources.unpack.tar_entries import new_info_type, open_tar, tar_infos, tar_member
from dedupe.sources.unpack.zip_entries import open_member, open_zip

_ANY_COUNT = 1 << 62
_READ_BYTES = 1 << 18


def reread_members(archive: Source, wanted: Set[str]) -> Iterator[tuple[str, SeekableBytes]]:
    """The wanted members with their content, in one pass; each is valid until the next.

    It may raise the errors of the libraries (``ARCHIVE_FAULTS``), and ``ArchiveError``.
    """
    missing = set(wanted)
    with open_content(archive) as file:
        head = read_start(file, HEADER_BYTES)
        file.seek(0)
        members = _zip_members if is_zip(archive.path, head) else _tar_members
        for name, stream in members(file, missing):
            missing.discard(name)
            yield name, uncompressed(cast(BinaryIO, _once(stream)))
            if not missing:
                return


def _zip_members(file: SeekableBytes, missing: Set[str]) -> Iterator[tuple[str, MemberStream]]:
    seekable, _held = seekable_again(file)
    with open_zip(seekable, _ANY_COUNT) as archive:
        for entry in archive.infolist():
            if readable_id(entry.filename) in missing:
                yield readable_id(entry.filename), MemberStream(open_member(archive, entry))


def _tar_members(file: SeekableBytes, missing: Set[str]) -> Iterator[tuple[str, MemberStream]]:
    tar = open_tar(file, new_info_type())
    for info in tar_infos(tar):
        if readable_id(info.name) in missing and info.isreg():
            yield readable_id(info.name), MemberStream(tar_member(tar, info))


def _once(stream: MemberStream) -> SequentialFile:
    """A member as a file that can be read once, and cannot go far back."""
    passes = iter([iter(lambda: stream.read(_READ_BYTES), b"")])

    def begin() -> Iterator[bytes]:
        if (blocks := next(passes, None)) is None:
            raise OSError(0, "an archive cannot be read backwards")
        return blocks

    return SequentialFile(begin)
