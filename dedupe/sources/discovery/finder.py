"""Finds the files to read below the paths of a command line.

Paths stay strings: ``pathlib`` would change how the user wrote them (``./a``), which ids keep, and
is slow over a million files.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Collection, Sequence
from typing import BinaryIO

import msgspec

from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.formats import AUTO
from dedupe.model.settings import ReadSettings
from dedupe.model.urls import file_name_of, is_url, join_path
from dedupe.sources.discovery.data_sets import find_cards
from dedupe.sources.discovery.found_folder import (
    FoundFolder,
    describe_ignored,
    describe_repeated,
    describe_taken,
)
from dedupe.sources.discovery.ignore_files import NAMES, IgnoreFiles, IgnoreRules
from dedupe.sources.discovery.left_out import LeftOutFiles
from dedupe.sources.discovery.patterns import PatternSet
from dedupe.sources.discovery.url_patterns import UrlPattern
from dedupe.sources.files.all_files import ALL_FILES
from dedupe.sources.files.file_system import FileSystem, FolderEntry
from dedupe.sources.files.names import is_hidden_name, readable_id
from dedupe.sources.files.source import STANDARD_INPUT, Source
from dedupe.sources.files.spool import Spool
from dedupe.sources.files.system_errors import describe_error, reason_of
from dedupe.sources.formats.recognition import recognise_source
from dedupe.sources.reasons import (
    DATASET_CARD,
    IGNORED,
    LEFT_OUT,
    LINKS_NOT_FOLLOWED,
    NO_FILES,
    NOT_A_FILE,
    SAME_FILE,
    UNREADABLE,
)
from dedupe.sources.unpack.archive_kinds import archive_of_name


class FoundSources(msgspec.Struct, frozen=True):
    """The sources to read, in the order of ids, and remarks on files that are not read.

    :param cards: paths of files that describe a data set and are not read
    :param references: the sources of reference documents
    """

    sources: list[Source]
    remarks: list[SkippedDocument | Notice]
    cards: list[str]
    references: list[Source] = msgspec.field(default_factory=list)


def find_sources(
    paths: Sequence[str | os.PathLike[str]],
    settings: ReadSettings,
    stdin: BinaryIO | None = None,
    against: Sequence[str | os.PathLike[str]] = (),
    files: FileSystem = ALL_FILES,
) -> FoundSources:
    """The files to read below some paths.

    Folders are searched with all folders below them. Left out are hidden files, hidden folders,
    folders of version control, what ignore files say (see
    :mod:`dedupe.sources.discovery.ignore_files`), and what is no prose by its name (see
    :mod:`dedupe.sources.discovery.left_out`). Symbolic links below a folder are followed if
    ``settings.follow`` says so: each folder and each file is read once, under a name without links
    where it has one. ``settings.glob`` chooses among the files that folders hold;
    ``settings.exclude`` leaves out files and folders wherever they come from (see
    :mod:`dedupe.sources.discovery.patterns`).

    If one folder is the only path, the id of a file is its path relative to that folder. Otherwise,
    and of what is at URLs, it is the path as the user wrote it, followed by the path below it. Ids
    do not depend on the order of ``paths``. A URL with wildcards is all that it matches.

    :param stdin: a stream to read as standard input in place of the process's own
    :param against: paths of reference documents. A file that ``paths`` reach too is no reference,
        so that a folder can be compared with the folder that it is in.
    :param files: the file system that the paths are in
    """
    has_several = len(paths) + len(against) > 1
    finder, reference_finder = (_Finder(settings, has_several, stdin, files) for _ in range(2))
    for path in paths:
        finder.add(os.fsdecode(path))
    found = finder.conclude()
    if not against:
        return found
    for path in against:
        reference_finder.add(os.fsdecode(path))
    references = reference_finder.conclude(taken=finder.real_paths)
    remarks = [*found.remarks, *references.remarks]
    return FoundSources(found.sources, remarks, found.cards, references.sources)


class _Finder:
    """Collects the sources below paths that are added one after another."""

    def __init__(
        self,
        settings: ReadSettings,
        has_several: bool,
        stdin: BinaryIO | None,
        files: FileSystem,
    ) -> None:
        self._settings = settings
        self._files = files
        self._glob = PatternSet(settings.glob)
        self._exclude = PatternSet(settings.exclude)
        self._ignore_files = IgnoreFiles(files) if settings.ignore else None
        self._has_several = has_several
        self._stdin = stdin
        self._found: list[tuple[Source, str]] = []
        self._remarks: list[SkippedDocument | Notice] = []
        self._cards: list[str] = []

    def add(self, path: str) -> None:
        """Take in a path as the user wrote it."""
        if path == STANDARD_INPUT:
            self._add_stream(path)
            return
        try:
            kind = self._files.status(path).kind
        except (OSError, ValueError) as error:
            pattern = UrlPattern.of(path) if isinstance(error, FileNotFoundError) else None
            if pattern is not None:
                self._add_folder(pattern.folder, pattern)
            else:
                self._skip_named(path, reason_of(error, is_named=True), describe_error(error))
            return
        if is_url(path) and os.path.lexists(path):
            told = f"it is a URL, and a path on this machine too: ./{readable_id(path)} means that"
            self._skip_named(path, UNREADABLE, told)
        elif kind == "folder":
            self._add_folder(path)
        elif not self._exclude.matches_file(readable_id(path)):
            if kind == "file":
                self._add_file(path, readable_id(path), self._files.identity(path))
            else:
                self._add_stream(path)

    @property
    def real_paths(self) -> set[str]:
        """The paths of all files that were found, with links resolved."""
        return {real_path for _, real_path in self._found}

    def conclude(self, taken: Collection[str] = ()) -> FoundSources:
        """The result, in the order of ids, each file once.

        :param taken: real paths of files that are read already, and so are left out
        """
        twice = [source for source, real_path in self._found if real_path in taken]
        if twice:
            self._found = [found for found in self._found if found[1] not in taken]
            self._remarks.append(describe_taken(min(twice, key=lambda source: source.id), twice))
        sources: list[Source] = []
        read_as: dict[str, Source] = {}
        for source, real_path in sorted(self._found, key=_telling_name_first):
            read_as.setdefault(real_path, source)
        repeated: list[tuple[Source, Source]] = []
        for source, real_path in sorted(self._found, key=lambda pair: (pair[0].id, pair[0].path)):
            if real_path and read_as[real_path] is not source:
                repeated.append((source, read_as[real_path]))
            else:
                sources.append(source)
        if repeated:
            self._remarks.append(describe_repeated(repeated))
        if self._ignore_files is not None:
            self._remarks += self._ignore_files.remarks
        return FoundSources(sources, self._remarks, self._cards)

    def _add_file(self, path: str, document_id: str, real_path: str) -> None:
        kind = recognise_source(file_name_of(path), self._settings.input_format)
        self._found.append((Source(document_id, path, kind, files=self._files), real_path))

    def _add_stream(self, path: str) -> None:
        """Take in standard input, or a pipe or device that the user named."""
        source = Source(
            readable_id(path),
            path,
            recognise_source(path, self._settings.input_format),
            spool=Spool(self._settings.keep_stream),
            stream=self._stdin if path == STANDARD_INPUT else None,
            files=self._files,
        )
        real_path = path if path == STANDARD_INPUT else self._files.identity(path)
        self._found.append((source, real_path))

    def _add_folder(self, path: str, pattern: UrlPattern | None = None) -> None:
        """Take in a folder, or those of its files that a pattern names."""
        has_full_ids = self._has_several or is_url(path)
        left_out = LeftOutFiles(self._settings, is_asked_for=pattern is not None)
        folder = FoundFolder(path, path if has_full_ids else "", left_out, pattern=pattern)
        self._walk(folder)
        if folder.ignored:
            detail = describe_ignored(folder.ignored)
            self._remarks.append(Notice(readable_id(folder.path), IGNORED, detail))
        if detail := folder.left_out.description:
            self._remarks.append(Notice(readable_id(folder.path), LEFT_OUT, detail))
        self._leave_out_cards(folder)
        real_path = self._files.identity(path) if self._has_several else ""
        for name in folder.names:
            file = join_path(path, name)
            real_file = join_path(real_path, name) if real_path else ""
            if self._settings.follow:
                real_file = self._files.identity(file)
            self._add_file(file, self._id_below(folder, name), real_file)
        self._describe_folder(folder)

    def _leave_out_cards(self, folder: FoundFolder) -> None:
        """Leave out the files that describe a data set (see :mod:`.data_sets`)."""
        cards = find_cards(folder.names)
        if cards:
            folder.names = [name for name in folder.names if name not in cards]
            self._cards += [join_path(folder.path, name) for name in sorted(cards)]
            named = ", ".join(self._id_below(folder, name) for name in sorted(cards)[:3])
            detail = f"describe a data set and are not read unless named: {named}"
            detail += f" and {len(cards) - 3} more" if len(cards) > 3 else ""
            self._remarks.append(Notice(readable_id(folder.path), DATASET_CARD, detail))

    def _walk(self, folder: FoundFolder) -> None:
        """Take in everything below a folder.

        Links come last and in order, so that what is read under which name is always the same.
        """
        ignore = self._ignore_files
        self._walk_below(folder, "", ignore.start(folder.path) if ignore else None)
        while folder.links:
            name, rules = heapq.heappop(folder.links)
            self._follow(folder, name, rules)

    def _follow(self, folder: FoundFolder, name: str, rules: IgnoreRules | None) -> None:
        """Take in what a symbolic link leads to."""
        try:
            kind = self._files.status(join_path(folder.path, name)).kind
        except OSError as error:
            detail = f"it is a link that leads nowhere ({describe_error(error)})"
            self._remarks.append(SkippedDocument(self._id_below(folder, name), NOT_A_FILE, detail))
            return
        if self._take(folder, name, rules, kind):
            self._walk_below(folder, name, rules)

    def _is_entered(self, folder: FoundFolder, below: str) -> bool:
        """Whether a folder was searched before, under another name."""
        if not self._settings.follow:
            return False
        real_path = self._files.identity(join_path(folder.path, below))
        first = folder.entered.setdefault(real_path, below)
        if first == below:
            return False
        detail = f"a link leads again to a folder that is read as {readable_id(first) or '.'!r}"
        self._remarks.append(Notice(self._id_below(folder, below), SAME_FILE, detail))
        return True

    def _walk_below(self, folder: FoundFolder, below: str, rules: IgnoreRules | None) -> None:
        """Take in everything in one folder and those in it, and collect the links.

        It does not recurse, because folders may be nested as deep as the file system allows.
        """
        ignore = self._ignore_files
        pending = [(below, rules)]
        while pending:
            below, rules = pending.pop()
            path = join_path(folder.path, below)
            try:
                if self._is_entered(folder, below):
                    continue
                entries = self._files.list_folder(path)
                if ignore and rules:
                    rules = ignore.enter(rules, path, below, NAMES & {e.name for e in entries})
                for entry in entries:
                    name = os.path.join(below, entry.name)
                    if self._take_entry(folder, entry, name, rules):
                        pending.append((name, rules))
            except OSError as error:
                self._skip_folder(folder, below, error)

    def _skip_folder(self, folder: FoundFolder, below: str, error: OSError) -> None:
        """Note a folder that cannot be listed: the one that the user named, or one below it."""
        if below:
            document_id = self._id_below(folder, below)
        else:
            document_id = readable_id(folder.named)
            folder.is_unreadable = True
        self._remarks.append(SkippedDocument(document_id, reason_of(error), describe_error(error)))

    def _take_entry(
        self, folder: FoundFolder, entry: FolderEntry, name: str, rules: IgnoreRules | None
    ) -> bool:
        """Take in one entry.

        :returns: whether it is a folder to go into
        """
        if is_hidden_name(entry.name):
            return False
        if entry.is_symlink():
            is_wanted = not self._exclude.matches_file(readable_id(name))
            if self._settings.follow and is_wanted:
                heapq.heappush(folder.links, (name, rules))
            else:
                folder.link_count += is_wanted
            return False
        if entry.is_dir(follow_symlinks=False):
            return self._take(folder, name, rules, "folder")
        is_file = entry.is_file(follow_symlinks=False)
        return self._take(folder, name, rules, "file" if is_file else "other")

    def _take(self, folder: FoundFolder, name: str, rules: IgnoreRules | None, kind: str) -> bool:
        """Take in a file; whether it is a folder to go into.

        :param kind: as in :class:`dedupe.sources.files.file_system.FileStatus`
        """
        pattern_name = readable_id(name)
        if kind == "folder":
            is_beyond = folder.pattern is not None and not folder.pattern.may_hold(pattern_name)
            if is_beyond or self._exclude.matches_folder(pattern_name):
                return False
            return not self._is_ignored(folder, rules, name, is_folder=True)
        if folder.pattern is not None and not folder.pattern.names.matches_file(pattern_name):
            pass
        elif not self._is_wanted(pattern_name):
            folder.left_out_count += 1
        elif self._is_ignored(folder, rules, name, is_folder=False):
            pass
        elif kind == "file":
            if not folder.left_out.take(os.path.basename(name)):
                folder.names.append(name)
        else:
            detail = "it is a pipe, a socket or a device; such are read only when named"
            self._remarks.append(SkippedDocument(self._id_below(folder, name), NOT_A_FILE, detail))
        return False

    @staticmethod
    def _is_ignored(
        folder: FoundFolder, rules: IgnoreRules | None, name: str, is_folder: bool
    ) -> bool:
        shown = name.replace(os.sep, "/") if os.sep != "/" else name
        is_ignored = rules is not None and rules.leaves_out(shown, is_folder)
        if is_ignored:
            folder.ignored.append(f"{shown}/" if is_folder else shown)
        return is_ignored

    def _is_wanted(self, name: str) -> bool:
        if self._exclude.matches_file(name):
            return False
        return not self._glob or self._glob.matches_file(name) or bool(archive_of_name(name))

    def _describe_folder(self, folder: FoundFolder) -> None:
        if not folder.names and not folder.is_unreadable:
            self._skip_named(folder.named, NO_FILES, folder.why_no_files())
        elif folder.link_count:
            self._remarks.append(
                Notice(readable_id(folder.path), LINKS_NOT_FOLLOWED, folder.describe_links())
            )

    def _skip_named(self, path: str, reason: str, detail: str) -> None:
        self._remarks.append(SkippedDocument(readable_id(path), reason, detail))

    @staticmethod
    def _id_below(folder: FoundFolder, name: str) -> str:
        return readable_id(join_path(folder.id_prefix, name))


def _telling_name_first(found: tuple[Source, str]) -> tuple[bool, str, str]:
    """The order in which names of one file count: one whose ending shows the format comes first."""
    source, _ = found
    return source.format == AUTO, source.id, source.path
