"""Members of archives once more, for texts that are read again."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import BinaryIO, cast

from dedupe.sources.archive_entries import MemberStream
from dedupe.sources.compression import MAGIC_BYTES, UnpackedFile, codec_of
from dedupe.sources.names import readable_id
from dedupe.sources.recognition import ZIP_MAGICS
from dedupe.sources.source import SeekableBytes, open_regular
from dedupe.sources.tar_entries import next_info, open_tar, tar_member
from dedupe.sources.zip_entries import open_member, open_zip

_ANY_COUNT = 1 << 62


def reread_members(path: str, wanted: Set[str]) -> Iterator[tuple[str, SeekableBytes]]:
    """Those members that are wanted, in one pass; each until the next is asked for.

    May raise whatever the libraries raise (``ARCHIVE_FAULTS``), and ``ArchiveError``.
    """
    missing = set(wanted)
    for name, stream in _members(path, missing):
        missing.discard(name)
        yield name, _uncompressed(stream)
        if not missing:
            return


def _members(path: str, missing: Set[str]) -> Iterator[tuple[str, MemberStream]]:
    with open_regular(path) as file:
        head = file.read(MAGIC_BYTES)
        file.seek(0)
        if head.startswith(ZIP_MAGICS):
            with open_zip(file, _ANY_COUNT) as archive:
                for entry in archive.infolist():
                    if readable_id(entry.filename) in missing:
                        yield readable_id(entry.filename), MemberStream(open_member(archive, entry))
            return
        codec = codec_of(head)
        tar = open_tar(UnpackedFile(file, codec) if codec else file)
        while (info := next_info(tar)) is not None:
            if readable_id(info.name) in missing and info.isreg():
                yield readable_id(info.name), MemberStream(tar_member(tar, info))


def _uncompressed(stream: MemberStream) -> SeekableBytes:
    codec = codec_of(stream.look(MAGIC_BYTES))
    return UnpackedFile(cast(BinaryIO, stream), codec) if codec else stream
