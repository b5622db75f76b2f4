"""A corpus as tasks, each of which one executor reads, and what the executors tell of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, SourceInfo
from dedupe.model.settings import ReadSettings
from dedupe.sources.discovery.finder import FoundSources, find_sources
from dedupe.sources.files.names import readable_name
from dedupe.sources.files.source import Source
from dedupe.sources.origin import CorpusOrigin, ReadingCounts

MEMBERS = 1 << 32
"""More than the sources that one place can have."""


class ReadTask(msgspec.Struct, frozen=True):
    """A part of a corpus that one executor reads."""

    number: int
    is_reference: bool
    payload: bytes


class ReadCounts(msgspec.Struct, frozen=True):
    """What an executor tells of a task that it has read, beside documents and remarks."""

    is_reference: bool
    sources: dict[int, tuple[SourceInfo, ...]] = {}
    encodings: dict[str, int] = {}
    pages: dict[str, int] = {}
    formats: dict[str, int] = {}
    text_fields: dict[str, int] = {}
    skipped: tuple[tuple[str, str, Locator], ...] = ()


class ReadTotals:
    """The counts of all tasks, added up on the driver in any order."""

    def __init__(self) -> None:
        self.encodings: Counter[str] = Counter()
        self.pages: Counter[str] = Counter()
        self.formats: Counter[str] = Counter()
        self.text_fields: Counter[str] = Counter()
        self.skipped_locators: dict[tuple[str, str], list[Locator]] = {}
        self._sources: dict[int, tuple[SourceInfo, ...]] = {}

    def add(self, counts: ReadCounts) -> None:
        self._sources.update(counts.sources)
        self.encodings.update(counts.encodings)
        self.pages.update(counts.pages)
        self.formats.update(counts.formats)
        self.text_fields.update(counts.text_fields)
        for id, reason, locator in counts.skipped:
            self.skipped_locators.setdefault((id, reason), []).append(locator)

    @property
    def source_infos(self) -> tuple[SourceInfo, ...]:
        return tuple(info for place in sorted(self._sources) for info in self._sources[place])

    def index_sources(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        places = np.array(sorted(self._sources), np.int64)
        sizes = [len(self._sources[place]) for place in places.tolist()]
        starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        indices = starts[np.searchsorted(places, numbers // MEMBERS)] + numbers % MEMBERS
        return np.where(numbers < 0, numbers, indices)

    def index_locators(self) -> None:
        for key, locators in self.skipped_locators.items():
            numbers = np.array([each.source for each in locators], np.int64)
            self.skipped_locators[key] = [
                msgspec.structs.replace(locator, source=index)
                for locator, index in zip(
                    locators, self.index_sources(numbers).tolist(), strict=True
                )
            ]


class TaskList:
    """A corpus for the engine on Spark: its tasks, and what is known of it."""

    def __init__(
        self, found: FoundSources, paths: Sequence[str] = (), against: Sequence[str] = ()
    ) -> None:
        self.remarks = found.remarks
        self.totals = ReadTotals()
        self._paths, self._against = paths, against
        sources = [(each, True) for each in found.references]
        sources += [(each, False) for each in found.sources]
        self.byte_count = sum(_size(source) for source, _ in sources)
        self.tasks = [
            ReadTask(
                number, is_reference, msgspec.msgpack.encode((each.id, each.path, each.format))
            )
            for number, (each, is_reference) in enumerate(sources)
        ]

    def next_tasks(self) -> list[ReadTask]:
        self.totals.index_locators()
        return []

    def origin(self) -> CorpusOrigin:
        totals = self.totals
        return CorpusOrigin(
            tuple(map(readable_name, self._paths)),
            tuple(map(readable_name, self._against)),
            lambda: totals.source_infos,
            totals.skipped_locators,
            totals.text_fields,
            lambda: ReadingCounts(totals.encodings, totals.pages, totals.formats),
        )


def _size(source: Source) -> int:
    try:
        return source.byte_count
    except OSError:
        return 0


def list_tasks(
    paths: Sequence[str | os.PathLike[str]],
    against: Sequence[str | os.PathLike[str]],
    settings: ReadSettings,
) -> TaskList:
    """Find the sources below some paths, and cut them into tasks, on the driver."""
    found = find_sources(paths, settings, None, against)
    return TaskList(found, [*map(os.fsdecode, paths)], [*map(os.fsdecode, against)])
