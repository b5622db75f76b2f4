"""Reads archives as if they were folders: the members of a ZIP or tar file, one after another.

Nothing is unpacked to disk. A member's name is only a part of an id, so that no name is dangerous.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.settings import ReadSettings
from dedupe.sources.discovery.left_out import LeftOutFiles
from dedupe.sources.discovery.patterns import PatternSet
from dedupe.sources.files.names import is_hidden_name
from dedupe.sources.files.source import Source
from dedupe.sources.formats.recognition import recognise_name
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import (
    BOMB,
    DUPLICATE_MEMBER,
    LEFT_OUT,
    NESTED_ARCHIVE,
    NO_FILES,
    TOO_MANY_MEMBERS,
)
from dedupe.sources.unpack.archive_entries import ArchiveError, Entry, Remark
from dedupe.sources.unpack.archive_kinds import archive_of_name
from dedupe.sources.unpack.budget import UnpackBudget
from dedupe.sources.unpack.byte_blocks import ByteBlocks
from dedupe.sources.unpack.random_access import open_seekable
from dedupe.sources.unpack.tar_entries import read_tar
from dedupe.sources.unpack.zip_entries import read_zip


class OpenMember(msgspec.Struct, frozen=True):
    """A member of an archive; it must be read before the next one is asked for.

    :param budget: bounds what the member unpacks to, if it is a compressed file itself
    """

    source: Source
    stream: BinaryIO
    budget: UnpackBudget


def read_members(
    source: Source, blocks: ByteBlocks, settings: ReadSettings, limits: ReadLimits
) -> Iterator[OpenMember | SkippedDocument | Notice]:
    """The members to read, and remarks on those that cannot be read.

    Hidden members are left out, and ``glob`` and ``exclude`` apply, as below a folder. Of several
    members of one name, the first is read.

    :param blocks: the uncompressed content of the archive
    """
    yield from _MemberReader(source, blocks, settings, limits).read()


class _MemberReader:
    """Reads the members of one archive."""

    def __init__(
        self, source: Source, blocks: ByteBlocks, settings: ReadSettings, limits: ReadLimits
    ) -> None:
        self._source = source
        self._blocks = blocks
        self._settings = settings
        self._limits = limits
        self._glob = PatternSet(settings.glob)
        self._exclude = PatternSet(settings.exclude)
        self._budget = blocks.budget
        self._left_out = LeftOutFiles(settings)
        self._seen: set[str] = set()
        self._count = 0

    def read(self) -> Iterator[OpenMember | SkippedDocument | Notice]:
        try:
            for entry in self._entries():
                if isinstance(entry, Remark):
                    yield Notice(self._source.id, entry.reason, entry.detail)
                    continue
                self._count += 1
                if self._count > self._limits.members:
                    detail = f"it has more than {self._limits.members} members (--max-members)"
                    raise ArchiveError(TOO_MANY_MEMBERS, detail)
                if self._is_wanted(entry.name):
                    yield from self._take(entry)
                if self._budget.problem:
                    raise ArchiveError(BOMB, self._budget.problem)
            if detail := self._left_out.description:
                yield Notice(self._source.id, LEFT_OUT, detail)
            if not self._count:
                raise ArchiveError(NO_FILES, "the archive holds no file to read")
        except ArchiveError as error:
            after = f", after member {self._count}" if self._count else ""
            yield SkippedDocument(self._source.id, error.reason, error.detail + after)

    def _entries(self) -> Iterator[Entry | Remark]:
        if self._source.format == "tar":
            yield from read_tar(self._blocks)
            return
        with open_seekable(self._source, self._blocks, self._limits.unpacked_bytes) as file:
            if fault := self._blocks.fault:
                raise ArchiveError(fault.reason, fault.detail)
            yield from read_zip(file, self._limits.members, self._budget)

    def _take(self, entry: Entry) -> Iterator[OpenMember | SkippedDocument]:
        member_id = f"{self._source.id}/{entry.name.removeprefix('./')}"
        problem = entry.problem
        if not problem and archive_of_name(entry.name):
            problem = NESTED_ARCHIVE, "it is an archive inside an archive; such are not opened"
        if not problem and entry.name in self._seen:
            problem = DUPLICATE_MEMBER, "a member of this name was read before it"
        if problem:
            yield SkippedDocument(member_id, *problem)
            return
        self._seen.add(entry.name)
        kind = recognise_name(entry.name, self._settings.input_format)
        archive = self._source
        member = Source(
            member_id, archive.path, kind, member=entry.name, archive=archive, files=archive.files
        )
        budget = UnpackBudget(self._limits, self._budget)
        yield OpenMember(member, entry.open(budget), UnpackBudget(self._limits, budget))

    def _is_wanted(self, name: str) -> bool:
        shown = name.removeprefix("./").replace("\\", "/")
        if any(map(is_hidden_name, shown.split("/"))) or self._exclude.matches_file(shown):
            return False
        if self._glob and not self._glob.matches_file(shown):
            return False
        return not self._left_out.take(shown.rpartition("/")[2])
