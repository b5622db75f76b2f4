"""Rewriting archives without some of their members, or with fewer records in them.

Everything that stays is copied byte by byte: headers, names, times, compressed data and order of
members, also of members that could not be read. Names are never used as paths here.
"""

from __future__ import annotations

import copy
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from typing import IO, Any, BinaryIO, cast

from dedupe.applying.rewriting.edits import Edit, write_edited
from dedupe.applying.rewriting.zip_directory import (
    DirectoryEntry,
    directory_end,
    moved_entry,
    read_directory,
)
from dedupe.sources.files.file_system import read_start
from dedupe.sources.files.names import readable_id
from dedupe.sources.files.spool import Spool
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.removal import CannotRewriteError, Sink
from dedupe.sources.unpack.archive_entries import ARCHIVE_FAULTS, ArchiveError
from dedupe.sources.unpack.archive_kinds import HEADER_BYTES, is_zip
from dedupe.sources.unpack.budget import BombError, UnpackBudget
from dedupe.sources.unpack.compression import CompressionError, codecs_around, uncompressed
from dedupe.sources.unpack.tar_entries import new_info_type, open_tar, tar_infos, tar_member
from dedupe.sources.unpack.zip_entries import open_zip
from dedupe.sources.unpack.zip_tail import end_of_zip

_COPY_BYTES = 1 << 20
_IN_MEMORY_BYTES = 8 << 20
_BLOCK = tarfile.BLOCKSIZE
_SIZE_HEADER = "size"

WriteMember = Callable[[BinaryIO, Sink], None]
Changes = Mapping[str, WriteMember | None]
"""By the name of a member, a function that writes it anew; none if the member is dropped."""


def write_archive(
    file: BinaryIO, path: str, changes: Changes, sink: Sink, limits: ReadLimits
) -> None:
    """Write a ZIP or tar file (compressed or not) with some members dropped or changed.

    :param path: of the file; its name and its content say what kind of archive it is
    :raises CannotRewriteError: if it is damaged, lacks a member, or other content would be lost
    """
    try:
        if is_zip(path, read_start(uncompressed(file), HEADER_BYTES)):
            if codecs_around(file):
                raise CannotRewriteError("a compressed ZIP file is not written anew; unpack it")
            _write_zip(file, changes, sink, limits)
        else:
            write_edited(file, _edits_of_tar(file, changes, limits), sink, limits)
    except ArchiveError as error:
        raise CannotRewriteError(str(error)) from None
    except BombError as error:
        raise CannotRewriteError(str(error)) from None
    except (*ARCHIVE_FAULTS, CompressionError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise CannotRewriteError(f"it is damaged ({error})") from None


def _write_zip(file: BinaryIO, changes: Changes, sink: Sink, limits: ReadLimits) -> None:
    pending = dict(changes)
    directory: list[bytes] = []
    copied: dict[int, int] = {}
    with open_zip(file, limits.members) as archive:
        entries = read_directory(archive)
        begins = [entry.begin for entry in entries]
        position = _copy(file, 0, min([*begins, archive.start_dir]), sink)
        for entry in entries:
            name = readable_id(entry.info.filename)
            if entry.info.filename.endswith("/") or name not in pending:
                if entry.begin not in copied:
                    copied[entry.begin] = position
                    position += _copy(file, entry.begin, entry.end, sink)
                directory.append(moved_entry(entry, copied[entry.begin]))
            elif (write := pending.pop(name)) is not None:
                raw, size = _write_zip_member(archive, entry, write, sink, position, limits)
                directory.append(raw)
                position += size
        comment = archive.comment
    _refuse_missing(pending)
    for raw in directory:
        sink.write(raw)
    sink.write(directory_end(position, sum(map(len, directory)), len(directory), comment))
    if end := end_of_zip(file):
        _copy(file, end, file.seek(0, os.SEEK_END), sink)


def _write_zip_member(
    archive: zipfile.ZipFile,
    entry: DirectoryEntry,
    write: WriteMember,
    sink: Sink,
    offset: int,
    limits: ReadLimits,
) -> tuple[bytes, int]:
    """Write a changed member; returns its directory entry and its size.

    ``zipfile`` makes it in a temporary archive of its own, from which its bytes are copied.
    """
    info = copy.copy(entry.info)
    info.extra = _without_sizes(info.extra)
    info.flag_bits = 0
    is_large = info.file_size >= zipfile.ZIP64_LIMIT
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as held:
        with zipfile.ZipFile(held, "w") as single, archive.open(entry.info) as stream:
            content = _keep(stream, limits, entry.info.compress_size)
            with single.open(info, "w", force_zip64=is_large) as target:
                write(content.reopen(), target)
        with zipfile.ZipFile(held) as single:
            (found,) = read_directory(single)
            size = _copy(cast(BinaryIO, held), found.begin, found.end, sink)
            return moved_entry(found, offset), size


def _keep(stream: IO[bytes] | BinaryIO, limits: ReadLimits, packed_size: int) -> Spool:
    """A copy of a member's content with random access.

    :raises BombError: if it is larger than the limits allow
    """
    kept, budget = Spool(), UnpackBudget(limits)
    budget.add_packed(packed_size)
    while block := stream.read(_COPY_BYTES):
        budget.add_unpacked(len(block))
        kept.write(block)
    return kept


def _without_sizes(extra: bytes) -> bytes:
    """The extra fields without that of ZIP64, which ``zipfile`` adds again if needed."""
    kept, position = [], 0
    while position + 4 <= len(extra):
        length = int.from_bytes(extra[position + 2 : position + 4], "little")
        if extra[position : position + 2] != b"\1\0":
            kept.append(extra[position : position + 4 + length])
        position += 4 + length
    return b"".join(kept)


def _edits_of_tar(file: BinaryIO, changes: Changes, limits: ReadLimits) -> list[Edit]:
    """The edits of a tar file that change or drop members, with their headers and padding.

    :raises CannotRewriteError: if a hard link in the archive leads to a changed or dropped member
    """
    pending = dict(changes)
    edits: list[Edit] = []
    tar = open_tar(uncompressed(file), new_info_type())
    for info in tar_infos(tar):
        name = readable_id(info.name)
        if info.islnk() and readable_id(info.linkname) in changes:
            raise CannotRewriteError(f"a hard link in the archive, {name}, leads to one that goes")
        if name in pending and info.isreg():
            write = pending.pop(name)
            end = info.offset_data + -(-info.size // _BLOCK) * _BLOCK
            replacement = None if write is None else _tar_member(tar, info, write, limits)
            edits.append(Edit(info.offset, end, replacement))
    _refuse_missing(pending)
    return edits


def _tar_member(
    tar: tarfile.TarFile, info: tarfile.TarInfo, write: WriteMember, limits: ReadLimits
) -> Spool:
    """A changed member: header, content, padding."""
    old, new, whole = _keep(tar_member(tar, info), limits, info.size), Spool(), Spool()
    write(old.reopen(), new)
    content = new.reopen()
    header = copy.copy(info)
    header.size = size = content.seek(0, 2)
    header.pax_headers = {
        name: value for name, value in info.pax_headers.items() if name != _SIZE_HEADER
    }
    form: Any = tarfile.PAX_FORMAT if info.pax_headers else tarfile.GNU_FORMAT
    whole.write(header.tobuf(form, "utf-8", "surrogateescape"))
    content.seek(0)
    while block := content.read(_COPY_BYTES):
        whole.write(block)
    whole.write(bytes(-size % _BLOCK))
    return whole


def _refuse_missing(pending: Changes) -> None:
    if pending:
        raise CannotRewriteError(f"the archive has no member {min(pending)}")


def _copy(file: BinaryIO, begin: int, end: int, sink: Sink) -> int:
    """Copy the bytes ``begin:end``; returns their number."""
    size = end - begin
    while begin < end:
        file.seek(begin)
        block = file.read(min(_COPY_BYTES, end - begin))
        if not block:
            raise CannotRewriteError("the archive breaks off")
        sink.write(block)
        begin += len(block)
    return size
