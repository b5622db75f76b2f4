"""A corpus as tasks, each of which one executor reads, and what the executors tell of them.

A source has a *place*: its position in the corpus's order of sources, references first. Where a
source holds others (an archive its members), these are counted from 0. An executor knows no more
than that, so it gives locators whose ``source`` is ``place * MEMBERS + member``; the driver, which
learns how many members each place has, turns them into indices (:meth:`ReadTotals.index_sources`).
"""

from __future__ import annotations

import os
import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe._version import __version__
from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo
from dedupe.model.errors import InputError
from dedupe.model.settings import ReadSettings
from dedupe.sources.discovery.finder import find_sources
from dedupe.sources.discovery.own_files import WRITTEN_NOW, open_outputs
from dedupe.sources.encoding.folders import FolderCount
from dedupe.sources.files.file_system import FileSystem
from dedupe.sources.files.names import readable_name
from dedupe.sources.files.relative_files import RelativeFiles
from dedupe.sources.files.source import Source
from dedupe.sources.origin import CorpusOrigin, ReadingCounts
from dedupe.sources.pages.shared_articles import HeldPage, SharedKeys
from dedupe.sources.part import Step
from dedupe.sources.reasons import OWN_OUTPUT

MEMBERS = 1 << 32
"""More than the sources that one place can have."""

TASK_BYTES = 64 << 20
TASK_FILES = 1000
"""With so many bytes or files a task is full; a larger file is a task of its own."""


OPTIONAL_PACKAGES = ("lxml", "pyarrow", "pypdfium2", "trafilatura")
"""Packages without which some formats are not read."""


class ReadTask(msgspec.Struct, frozen=True):
    """A part of a corpus that one executor reads.

    :param number: position in the corpus's order of sources; references come first
    :param payload: an encoded :class:`TaskPayload`
    """

    number: int
    is_reference: bool
    payload: bytes


class PlacedSource(msgspec.Struct, frozen=True):
    """A source as an executor opens it.

    :param path: as the operating system has it
    """

    place: int
    id: str
    path: bytes
    format: str


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


class UndecidedSource(msgspec.Struct, frozen=True):
    """A source that holds a file of doubtful encoding, and the folder of that file."""

    place: int
    folder: bytes


class ReadCounts(msgspec.Struct, frozen=True):
    """What an executor tells of a task that it has read, beside documents and remarks.

    :param sources: by place, what was read there; nothing but in the first step and of files whose
        encoding was settled since
    :param skipped: ids and reasons of skipped records whose ids name no file, with their locators
    :param folders: what was counted of encodings
    :param undecided: files that are left to the step ``encodings``
    :param held_pages: pages that are left to the step ``pages``
    """

    is_reference: bool
    sources: dict[int, tuple[SourceInfo, ...]] = {}
    encodings: dict[str, int] = {}
    pages: dict[str, int] = {}
    formats: dict[str, int] = {}
    text_fields: dict[str, int] = {}
    skipped: tuple[tuple[str, str, Locator], ...] = ()
    folders: tuple[FolderCount, ...] = ()
    undecided: tuple[UndecidedSource, ...] = ()
    held_pages: tuple[HeldPage, ...] = ()


class ReadTotals:
    """The counts of all tasks, added up on the driver in any order."""

    def __init__(self) -> None:
        self.encodings: Counter[str] = Counter()
        self.pages: Counter[str] = Counter()
        self.formats: Counter[str] = Counter()
        self.text_fields: Counter[str] = Counter()
        self.skipped_locators: dict[tuple[str, str], list[Locator]] = {}
        self.folders: dict[bool, list[FolderCount]] = {True: [], False: []}
        self.undecided: dict[bool, list[UndecidedSource]] = {True: [], False: []}
        self.held_pages: dict[bool, list[HeldPage]] = {True: [], False: []}
        self._sources: dict[int, tuple[SourceInfo, ...]] = {}

    def add(self, counts: ReadCounts) -> None:
        """Take in the counts of one task."""
        self._sources.update(counts.sources)
        self.encodings.update(counts.encodings)
        self.pages.update(counts.pages)
        self.formats.update(counts.formats)
        self.text_fields.update(counts.text_fields)
        for id, reason, locator in counts.skipped:
            self.skipped_locators.setdefault((id, reason), []).append(locator)
        self.folders[counts.is_reference] += counts.folders
        self.undecided[counts.is_reference] += counts.undecided
        self.held_pages[counts.is_reference] += counts.held_pages

    @property
    def source_infos(self) -> tuple[SourceInfo, ...]:
        """All sources in the order of their places: the ``run.sources`` of the report."""
        return tuple(info for place in sorted(self._sources) for info in self._sources[place])

    def index_sources(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Indices into ``source_infos`` for the sources of locators as executors give them.

        Sources of no file (negative numbers) stay as they are.
        """
        places = np.array(sorted(self._sources), np.int64)
        sizes = [len(self._sources[place]) for place in places.tolist()]
        starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        indices = starts[np.searchsorted(places, numbers // MEMBERS)] + numbers % MEMBERS
        return np.where(numbers < 0, numbers, indices)

    def index_locators(self) -> None:
        """Turn the sources of ``skipped_locators`` into indices, once all counts are there."""
        for key, locators in self.skipped_locators.items():
            numbers = np.array([each.source for each in locators], np.int64)
            self.skipped_locators[key] = [
                msgspec.structs.replace(locator, source=index)
                for locator, index in zip(
                    locators, self.index_sources(numbers).tolist(), strict=True
                )
            ]


class TaskList:
    """A corpus for the engine on Spark: its tasks, and what is known of it.

    :ivar tasks: the tasks of the first step
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
        self._place(references, is_reference=True)
        self._place(sources, is_reference=False)
        self.tasks = [*self._cut(True, self._placed[True]), *self._cut(False, self._placed[False])]

    def next_tasks(self) -> list[ReadTask]:
        """The tasks of the next step, once the counts of all tasks so far are in ``totals``.

        None are left when all documents were read.
        """
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
            if part and (part_bytes + size > TASK_BYTES or len(part) >= TASK_FILES):
                yield self._task(is_reference, step, part)
                part, part_bytes = [], 0
            part.append(source)
            part_bytes += size
        if part:
            yield self._task(is_reference, step, part)

    def _task(self, is_reference: bool, step: Step, sources: list[PlacedSource]) -> ReadTask:
        payload = TaskPayload(
            self._files,
            step,
            tuple(sources),
            __version__,
            tuple(filter(find_spec, OPTIONAL_PACKAGES)),
        )
        if step != "certain":
            payload = self._settle(payload, is_reference)
        return ReadTask(sources[0].place, is_reference, msgspec.msgpack.encode(payload))

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
