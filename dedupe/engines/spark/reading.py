"""Reads the tasks of a corpus, inside the executors, with the readers of a local scan."""

from __future__ import annotations

import bisect
import os
import pickle
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe._version import __version__
from dedupe.engines.spark.counts import MEMBERS, ReadCounts, UndecidedSource
from dedupe.engines.spark.frames import make_rows
from dedupe.engines.spark.tasks import PARTS, FileRange, PlacedSource, ReadTask, TaskPayload
from dedupe.model.documents import Item, Locator, Notice, SkippedDocument, TextBatch
from dedupe.model.errors import InputError
from dedupe.model.settings import ReadSettings
from dedupe.sources.cutting import count_range
from dedupe.sources.files.file_system import FileSystem
from dedupe.sources.files.source import Source
from dedupe.sources.part import CorpusPart, Settlement
from dedupe.sources.reasons import (
    FIELD_DOUBTFUL,
    FIELD_MISSING,
    MISNAMED,
    MISSING_EXTRA,
    NO_ID,
    TEXT_NOT_STRING,
)

if TYPE_CHECKING:
    import pyarrow as pa


def read_task(task: ReadTask, settings: ReadSettings) -> Iterator[Item | ReadCounts]:
    """What a task holds, as a corpus yields it, and at the end one :class:`ReadCounts`.

    The sources of locators are those of :mod:`dedupe.engines.spark.tasks`.

    :raises InputError: if a file or a package that the driver has is not there
    """
    payload = msgspec.msgpack.decode(task.payload, type=TaskPayload)
    if payload.version != __version__:
        raise InputError(
            f"the executor on {socket.gethostname()} has dedupe {__version__}, and the driver "
            f"{payload.version}; install the same version on both"
        )
    sources = _TaskSources(payload)
    known = None
    if payload.step != "certain":
        pages = _EncodedLocators(payload.pages, sources)
        known = Settlement(payload.folders, payload.shared, pages)
    part = CorpusPart(sources, settings, payload.step, known)
    sources.read = part.sources
    must_be_whole = False
    for item in part:
        if payload.step == "certain" and task.number % PARTS and not isinstance(item, TextBatch):
            must_be_whole |= _tells_of_file(item, payload.sources[0])
            if _is_told_by_first(item, payload.sources[0]):
                continue
        if isinstance(item, SkippedDocument) and item.reason == MISSING_EXTRA:
            _check_packages(item, payload.packages)
        elif isinstance(item, TextBatch):
            locators = item.locators.copy()
            locators[:, 0] = sources.encode(locators[:, 0])
            item = msgspec.structs.replace(item, locators=locators)
        yield item
    counts = _count(part, payload, sources, task.is_reference)
    yield msgspec.structs.replace(counts, must_be_whole=must_be_whole)


def _tells_of_file(remark: SkippedDocument | Notice, source: PlacedSource) -> bool:
    """Whether a remark on a part of a file would be another if the file was read in one piece.

    Such are counts, and what other records of the file show of fields.
    """
    if isinstance(remark, SkippedDocument):
        return remark.id == source.id or remark.reason in (FIELD_MISSING, TEXT_NOT_STRING)
    return remark.id == source.id and remark.reason not in _OF_FIRST_RECORDS


def _is_told_by_first(remark: SkippedDocument | Notice, source: PlacedSource) -> bool:
    """Whether the first part of a file tells a remark that others would tell again."""
    is_first = source.part is None or source.part.first_row == 1
    return isinstance(remark, Notice) and remark.id == source.id and not is_first


_OF_FIRST_RECORDS: Final = (FIELD_DOUBTFUL, NO_ID, MISNAMED)
"""The reasons of notices that depend on the beginning of a file."""


def count_ranges(
    batches: Iterator[pa.RecordBatch], settings: ReadSettings
) -> Iterator[pa.RecordBatch]:
    """Count ranges of files; for the number of each its pickled ``RangeCount``.

    :param batches: rows of an encoded :class:`FileRange`
    """
    for batch in batches:
        for payload in batch.column("payload").to_pylist():
            asked = msgspec.msgpack.decode(payload, type=FileRange)
            source = asked.source.open(pickle.loads(asked.files))
            count = count_range(source, asked.begin, asked.end, settings)
            yield make_rows([asked.number], [msgspec.msgpack.encode(count)])


def _check_packages(skipped: SkippedDocument, packages: tuple[str, ...]) -> None:
    """:raises InputError: if a document was skipped for a package that the driver has"""
    if missing := [name for name in packages if find_spec(name) is None]:
        raise InputError(
            f"{skipped.id}: the executor on {socket.gethostname()} has no package "
            f"{' and no '.join(missing)}, which the driver has; install the same extras on both"
        )


class _TaskSources:
    """The sources of a task, one after another; it knows which of those read belong to which.

    :ivar read: the list to which whoever reads them adds them, and the members of archives
    """

    def __init__(self, payload: TaskPayload) -> None:
        self.read: list[Source] = []
        self._sources = payload.sources
        self._files: FileSystem = pickle.loads(payload.files)
        self._starts: list[int] = []

    def __iter__(self) -> Iterator[Source]:
        for placed in self._sources:
            source = placed.open(self._files)
            self._starts.append(len(self.read))
            _check_visible(source)
            yield source

    def encode(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """The sources of locators as the driver takes them, for indices into ``read``."""
        begun = np.array(self._starts, np.int64)
        numbers = np.searchsorted(begun, indices, side="right") - 1
        places = np.array([each.place for each in self._sources], np.int64)[numbers]
        encoded: NDArray[np.int64] = places * MEMBERS + indices - begun[numbers]
        return encoded

    def encode_locator(self, locator: Locator) -> Locator:
        number = bisect.bisect_right(self._starts, locator.source) - 1
        member = locator.source - self._starts[number]
        source = self._sources[number].place * MEMBERS + member
        return Locator(source, locator.offset, locator.length, locator.line)

    def parts(self) -> Iterator[tuple[PlacedSource, range]]:
        """Each source with the indices of what was read of it."""
        ends = [*self._starts[1:], len(self.read)]
        for placed, start, end in zip(self._sources, self._starts, ends, strict=True):
            yield placed, range(start, end)


class _EncodedLocators:
    """A container of locators that were encoded for the driver; is asked for others."""

    def __init__(self, encoded: frozenset[Locator], sources: _TaskSources) -> None:
        self._encoded = encoded
        self._sources = sources

    def __contains__(self, locator: object) -> bool:
        assert isinstance(locator, Locator)
        return self._sources.encode_locator(locator) in self._encoded


def _check_visible(source: Source) -> None:
    """:raises InputError: if a file that the driver has found is not there"""
    try:
        source.files.status(source.path)
    except FileNotFoundError:
        raise InputError(
            f"{source.id}: the executor on {socket.gethostname()} does not find it at "
            f"{source.name}; put the corpus on a file system that the driver and all executors "
            "have under one path"
        ) from None
    except OSError:
        pass  # becomes a skipped document, as in a local scan


def _count(
    part: CorpusPart, payload: TaskPayload, sources: _TaskSources, is_reference: bool
) -> ReadCounts:
    """The counts of a part that was read; each step adds what the others do not."""
    is_first = payload.step == "certain"
    infos = part.source_infos
    has_settled = payload.step != "pages"
    return ReadCounts(
        is_reference=is_reference,
        sources={
            placed.place: tuple(infos[i] for i in indices)
            for placed, indices in (sources.parts() if has_settled else ())
        },
        encodings=dict(part.encoding_counts),
        pages=dict(part.html_counts),
        formats=dict(part.format_counts),
        text_fields=dict(part.text_field_counts) if is_first else {},
        skipped=tuple(
            (id, reason, sources.encode_locator(locator))
            for (id, reason), locators in part.skipped_locators.items()
            for locator in locators
        ),
        folders=tuple(part.folder_counts),
        undecided=tuple(
            UndecidedSource(
                sources.encode_locator(Locator(index, 0, 0)).source // MEMBERS,
                os.fsencode(part.sources[index].folder),
            )
            for index in part.undecided
        ),
        held_pages=tuple(
            msgspec.structs.replace(page, locator=sources.encode_locator(page.locator))
            for page in part.held_pages
        ),
    )
