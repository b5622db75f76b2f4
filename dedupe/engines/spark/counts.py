"""What executors tell of the tasks that they have read, and how the driver adds it up."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, SourceInfo
from dedupe.sources.encoding.folders import FolderCount
from dedupe.sources.pages.shared_articles import HeldPage

MEMBERS = 1 << 32
"""More than the sources that one place can have."""


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
    :param must_be_whole: whether this is a part of a file that has to be read in one piece, because
        what is told of it depends on its other parts
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
    must_be_whole: bool = False


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
