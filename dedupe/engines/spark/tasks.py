"""A corpus as tasks, each of which one executor reads, and what the executors tell of them.

A source has a *place*: its position in the corpus's order of sources, references first. Where a
source holds others (an archive its members), these are counted from 0. An executor knows no more
than that, so it gives locators whose ``source`` is ``place * MEMBERS + member``; the driver, which
learns how many members each place has, turns them into indices (:meth:`ReadTotals.index_sources`).
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import groupby

import msgspec

from dedupe._version import __version__
from dedupe.engines.spark.counts import MEMBERS, ReadTotals
from dedupe.model.documents import Locator, Notice, SkippedDocument
from dedupe.model.errors import InputError
from dedupe.model.settings import ReadSettings
from dedupe.model.urls import is_url
from dedupe.sources.cutting import CUT_FORMATS, RangeCount, cut_file
from dedupe.sources.discovery.finder import find_sources
from dedupe.sources.discovery.own_files import WRITTEN_NOW, open_outputs
from dedupe.sources.encoding.folders import FolderCount
from dedupe.sources.files.file_system import FileSystem
from dedupe.sources.files.names import readable_name
from dedupe.sources.files.relative_files import RelativeFiles
from dedupe.sources.files.source import FilePart, Source
from dedupe.sources.origin import CorpusOrigin, ReadingCounts
from dedupe.sources.pages.shared_articles import HeldPage, SharedKeys
from dedupe.sources.part import Step
from dedupe.sources.reasons import OWN_OUTPUT

PARTS = 1 << 20
"""More than the parts that a file is cut into."""

TASK_BYTES = 64 << 20
TASK_FILES = 1000
"""With so many bytes or files a task is full; a larger file is a task of its own."""

CUT_FROM_TASKS = 4
"""A file that would make so many tasks is cut, if its format can be."""

OPTIONAL_PACKAGES = ("lxml", "pyarrow", "pypdfium2", "trafilatura")
"""Packages without which some formats are not read."""


class ReadTask(msgspec.Struct, frozen=True):
    """A part of a corpus that one executor reads.

    :param number: position in the corpus's order of sources and their parts; references come first
    :param payload: an encoded :class:`TaskPayload`
    """

    number: int
    is_reference: bool
    payload: bytes


class PlacedSource(msgspec.Struct, frozen=True):
    """A source as an executor opens it.

    :param path: as the operating system has it
    :param part: the part of it that is read (none: all)
    """

    place: int
    id: str
    path: bytes
    format: str
    part: FilePart | None = None

    def open(self, files: FileSystem) -> Source:
        """The source itself."""
        path = os.fsdecode(self.path)
        return Source(self.id, path, self.format, files=files, part=self.part)


class FileRange(msgspec.Struct, frozen=True):
    """A range of the bytes of a large file, which an executor counts before the file is cut.

    :param number: position among the ranges of all files
    :param files: the file system of the path, pickled
    """

    number: int
    source: PlacedSource
    begin: int
    end: int
    files: bytes


class TaskPayload(msgspec.Struct, frozen=True):
    """What an executor needs to read a task; see :class:`dedupe.sources.part.Settlement`.

    :param files: the file system of the paths, pickled
    :param version: that of this package on the driver
    :param packages: those of ``OPTIONAL_PACKAGES`` that the driver has
    :param pages: locators as executors give them
    """

    files: bytes
    step: Step
    sources: tuple[PlacedSource, ...]
    version: str
    packages: tuple[str, ...]
    folders: tuple[FolderCount, ...] = ()
    shared: frozenset[int] = frozenset()
    pages: frozenset[Locator] = frozenset()


class TaskList:
    """A corpus for the engine on Spark: its tasks, and what is known of it.

    :ivar remarks: what finding the sources has shown
    :ivar byte_count: bytes of all files
    """

    def __init__(
        self,
        sources: Sequence[Source],
        references: Sequence[Source],
        remarks: Sequence[SkippedDocument | Notice],
        files: FileSystem,
        paths: Sequence[str] = (),
        against: Sequence[str] = (),
    ) -> None:
        self.remarks = [*remarks]
        self.totals = ReadTotals()
        self.byte_count = 0
        self._paths, self._against = paths, against
        self._files = pickle.dumps(files)
        self._steps_done: Step = "certain"
        self._placed: dict[bool, dict[int, tuple[PlacedSource, int]]] = {True: {}, False: {}}
        self._parts: dict[int, list[FilePart]] = {}
        self._whole: set[int] = set()
        self._unread: set[int] = set()
        self._place(references, is_reference=True)
        self._place(sources, is_reference=False)

    @property
    def tasks(self) -> list[ReadTask]:
        """The tasks of the first step."""
        return [task for kind in (True, False) for task in self._cut(kind, self._placed[kind])]

    @property
    def ranges(self) -> list[FileRange]:
        """The ranges of large files that may be cut; none where there are no such files."""
        found: list[FileRange] = []
        for placed in (self._placed[True], self._placed[False]):
            for source, size in placed.values():
                if size < CUT_FROM_TASKS * TASK_BYTES or not may_be_cut(source):
                    continue
                for begin in range(0, size, TASK_BYTES):
                    end = min(begin + TASK_BYTES, size)
                    found.append(FileRange(len(found), source, begin, end, self._files))
        return found

    def cut_files(self, ranges: Sequence[FileRange], counts: Sequence[RangeCount]) -> None:
        """Cut large files, once their ranges are counted."""
        for place, group in groupby(
            zip(ranges, counts, strict=True), key=lambda each: each[0].source.place
        ):
            counted = [*group]
            size = counted[-1][0].end
            parts = cut_file(size, [count for _, count in counted], TASK_BYTES)
            if len(parts) > 1:
                self._parts[place] = parts

    def read_whole(self, task_number: int) -> None:
        """Let the file of a task be read in one piece, and forget its parts."""
        place = task_number // PARTS
        if self._parts.pop(place, None) is not None:
            self._whole.add(place)
            self._unread.add(place)

    def is_forgotten(self, task_number: int) -> bool:
        """Whether a task has read a part of a file that is to be read in one piece."""
        return task_number // PARTS in self._whole and task_number % PARTS > 0

    def next_tasks(self) -> list[ReadTask]:
        """The tasks of the next step, once the counts of all tasks so far are in ``totals``.

        None are left when all documents were read.
        """
        if self._unread:
            tasks = [
                self._task(is_reference, "certain", [placed[place][0]])
                for is_reference, placed in self._placed.items()
                for place in sorted(self._unread & placed.keys())
            ]
            self._unread = set()
            return tasks
        while self._steps_done != "pages":
            step: Step = "encodings" if self._steps_done == "certain" else "pages"
            self._steps_done = step
            tasks = [*self._tasks_of(step, True), *self._tasks_of(step, False)]
            if tasks:
                return tasks
        self.totals.index_locators()
        return []

    def origin(self) -> CorpusOrigin:
        """The origin of the corpus, for the report; complete when all tasks were read."""
        totals = self.totals
        return CorpusOrigin(
            tuple(map(readable_name, self._paths)),
            tuple(map(readable_name, self._against)),
            lambda: totals.source_infos,
            totals.skipped_locators,
            totals.text_fields,
            lambda: ReadingCounts(totals.encodings, totals.pages, totals.formats),
        )

    def _place(self, sources: Sequence[Source], is_reference: bool) -> None:
        """Give each source its place, and leave out what cannot be read on Spark."""
        outputs = open_outputs()
        for source in sources:
            if source.spool is not None:
                raise InputError(
                    f"{source.id}: on Spark a corpus is made of files, which several processes "
                    "can open; write what comes from a pipe to a file first"
                )
            size = 0
            try:
                status = source.files.status(source.path)
                size = status.size
                if status.key in outputs:
                    self.remarks.append(SkippedDocument(source.id, OWN_OUTPUT, WRITTEN_NOW))
                    continue
            except OSError:
                pass  # (the executor that opens it will say why)
            place = len(self._placed[True]) + len(self._placed[False])
            placed = PlacedSource(place, source.id, os.fsencode(source.path), source.format)
            self._placed[is_reference][place] = placed, size
            self.byte_count += size

    def _cut(
        self,
        is_reference: bool,
        placed: dict[int, tuple[PlacedSource, int]],
        step: Step = "certain",
    ) -> Iterator[ReadTask]:
        """Tasks of sources in their order, each of so many as make it worth while."""
        part: list[PlacedSource] = []
        part_bytes = 0
        for source, size in placed.values():
            if source.place in self._parts:
                if part:
                    yield self._task(is_reference, step, part)
                    part, part_bytes = [], 0
                for number, each in enumerate(self._parts[source.place], 1):
                    cut = msgspec.structs.replace(source, part=each)
                    yield self._task(is_reference, step, [cut], number)
                continue
            if part and (part_bytes + size > TASK_BYTES or len(part) >= TASK_FILES):
                yield self._task(is_reference, step, part)
                part, part_bytes = [], 0
            part.append(source)
            part_bytes += size
        if part:
            yield self._task(is_reference, step, part)

    def _task(
        self, is_reference: bool, step: Step, sources: list[PlacedSource], part: int = 0
    ) -> ReadTask:
        payload = TaskPayload(
            self._files,
            step,
            tuple(sources),
            __version__,
            tuple(filter(find_spec, OPTIONAL_PACKAGES)),
        )
        if step != "certain":
            payload = self._settle(payload, is_reference)
        number = sources[0].place * PARTS + part
        return ReadTask(number, is_reference, msgspec.msgpack.encode(payload))

    def _tasks_of(self, step: Step, is_reference: bool) -> Iterator[ReadTask]:
        """The tasks of a later step: they read again what holds doubtful documents."""
        if step == "encodings":
            places = {each.place for each in self.totals.undecided[is_reference]}
        else:
            held = self.totals.held_pages[is_reference]
            places = {page.locator.source // MEMBERS for page in held}
        placed = self._placed[is_reference]
        yield from self._cut(is_reference, {place: placed[place] for place in sorted(places)}, step)

    def _settle(self, payload: TaskPayload, is_reference: bool) -> TaskPayload:
        """The payload with what is known by now of its doubtful documents.

        A corpus's reference documents are read before its others, so that they settle these too.
        """
        places = {source.place for source in payload.sources}
        totals = self.totals
        folders = {e.folder for e in totals.undecided[is_reference] if e.place in places}
        counts = totals.folders[True] + ([] if is_reference else totals.folders[False])
        known = tuple(each for each in counts if each.folder in folders)
        if payload.step == "encodings":
            return msgspec.structs.replace(payload, folders=known)
        shared = _find_shared(totals.held_pages[is_reference])
        held = [e for e in totals.held_pages[is_reference] if e.locator.source // MEMBERS in places]
        return msgspec.structs.replace(
            payload,
            folders=known,
            shared=frozenset(key for page in held for key in page.keys if key in shared),
            pages=frozenset(page.locator for page in held),
        )


def may_be_cut(source: PlacedSource) -> bool:
    """Whether the name of a source shows a format that can be cut."""
    return source.format in CUT_FORMATS and not is_url(os.fsdecode(source.path))


def list_tasks(
    paths: Sequence[str | os.PathLike[str]],
    against: Sequence[str | os.PathLike[str]],
    settings: ReadSettings,
    files: FileSystem | None = None,
) -> TaskList:
    """Find the sources below some paths, and cut them into tasks, on the driver.

    :param against: paths of reference documents
    :param files: the file system of the paths, which executors open too; it is pickled (none: the
        disk of this machine, under the same paths on each)
    :raises InputError: if a path is standard input or a pipe
    """
    files = files or RelativeFiles(os.getcwd())
    found = find_sources(paths, settings, None, against, files)
    names, references = [*map(os.fsdecode, paths)], [*map(os.fsdecode, against)]
    return TaskList(found.sources, found.references, found.remarks, files, names, references)


def _find_shared(pages: Iterable[HeldPage]) -> SharedKeys:
    shared = SharedKeys()
    for page in pages:
        shared.add(page.keys, page.rest)
    return shared
