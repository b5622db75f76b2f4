"""A saved report whose clusters stay in its file: each is decoded when somebody looks at it.

The file is mapped into memory and gone through once, which finds where each cluster begins and
ends; of 100,000 clusters that takes a third of a second. Neither a second file nor a copy is
needed, but for a compressed report, which is unpacked into a temporary file.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import BinaryIO, Final

import msgspec

from dedupe.model.documents import Locator, SourceInfo
from dedupe.model.errors import ReportError
from dedupe.model.furniture import Form, Furniture
from dedupe.model.report import SCHEMA_VERSION, Cluster, CorpusSummary, Report, RunInfo
from dedupe.model.search_summary import SearchSummary
from dedupe.model.settings import ScanSettings
from dedupe.report.saved import open_unpacked
from dedupe.sources import SourceTexts

RELEASED_CLUSTERS: Final = 5_000
"""Clusters of a walk through all after which the memory of the file is given back."""

_MARK: Final = b"\xef\xbb\xbf"


class _Run(msgspec.Struct):
    version: str
    kernels: str
    workers: int
    seconds: float
    byte_count: int
    paths: tuple[str, ...]
    sources: tuple[SourceInfo, ...]
    locators: msgspec.Raw


class _Opened(msgspec.Struct, kw_only=True):
    """What is decoded at once; Raw are places in the file."""

    schema_version: int
    config: ScanSettings
    corpus: CorpusSummary
    search: SearchSummary
    clusters: tuple[msgspec.Raw, ...]
    furniture: Furniture | None = None
    forms: tuple[Form, ...] | None = None
    texts: dict[str, str] | None
    run: _Run


class _Found(msgspec.Struct):
    id: str
    content_hash: str
    meta: dict[str, str] = {}


class _FoundCluster(msgspec.Struct):
    """What is searched of a cluster."""

    members: tuple[_Found, ...]


class OpenedReport:
    """The clusters of a saved report, by their numbers from 0, and what else pages need.

    :param path: the file of the report as JSON, compressed or not
    :ivar report: the report without clusters
    :raises ReportError: if it cannot be read, or is no report that this version can read
    """

    def __init__(self, path: str) -> None:
        self.path = path
        with open_unpacked(path) as file:
            self._file = _MappedFile(file)
        opened = _decode(self._file.content, path)
        self._file.release()
        self._clusters = opened.clusters
        self._decoder = msgspec.json.Decoder(Cluster)
        run = opened.run
        self.report = Report(
            schema_version=opened.schema_version,
            config=opened.config,
            corpus=opened.corpus,
            search=opened.search,
            clusters=(),
            bridges=(),
            skipped=(),
            notices=(),
            furniture=opened.furniture,
            forms=opened.forms,
            texts=opened.texts,
            run=RunInfo(
                run.version,
                run.kernels,
                run.workers,
                run.seconds,
                run.byte_count,
                run.paths,
                run.sources,
                _LateLocators(run.locators, path),
            ),
        )

    def __len__(self) -> int:
        return len(self._clusters)

    def cluster(self, number: int) -> Cluster:
        """One cluster.

        :raises ReportError: if it is none
        """
        with _telling(f"{self.path}: cluster {number + 1:,}"):
            cluster = self._decoder.decode(self._clusters[number])
        if not cluster.members or cluster.members[0].id != cluster.representative:
            told = "does not begin with its representative"
            raise ReportError(f"{self.path}: cluster {cluster.cluster_id!r} {told}")
        return cluster

    def texts_of(self, clusters: Sequence[Cluster]) -> SourceTexts:
        """The texts of the documents of these clusters."""
        hashes = {m.id: m.content_hash for cluster in clusters for m in cluster.members}
        run, report = self.report.run, self.report
        return SourceTexts(run.sources, run.locators, hashes, report.config, report.texts)

    def find(self, query: str) -> list[int]:
        """The clusters in whose ids or metadata (titles, sites, dates) all words of a query are."""
        words = query.casefold().split()
        return [
            number
            for number, names in enumerate(self._names)
            if all(word in names for word in words)
        ]

    def hashes(self) -> Iterator[frozenset[str]]:
        """The content hashes of each cluster, in order."""
        return (frozenset(m.content_hash for m in members) for members in self._walk())

    @cached_property
    def _names(self) -> list[str]:
        return [
            "\n".join([name for m in members for name in (m.id, *m.meta.values())]).casefold()
            for members in self._walk()
        ]

    def _walk(self) -> Iterator[tuple[_Found, ...]]:
        """What is searched of the members of each cluster, in order."""
        decoder = msgspec.json.Decoder(_FoundCluster)
        for number, raw in enumerate(self._clusters):
            if number % RELEASED_CLUSTERS == 0:
                self._file.release()
            with _telling(f"{self.path}: cluster {number + 1:,}"):
                found = decoder.decode(raw)
            yield found.members
        self._file.release()


class _LateLocators(Mapping[str, Locator]):
    """The locators of a report: found when the first is asked for, and decoded one by one."""

    def __init__(self, encoded: msgspec.Raw, name: str) -> None:
        self._encoded = encoded
        self._name = name
        self._decoder = msgspec.json.Decoder(Locator)

    @cached_property
    def _found(self) -> dict[str, msgspec.Raw]:
        with _telling(self._name):
            return msgspec.json.decode(self._encoded, type=dict[str, msgspec.Raw])

    def __getitem__(self, id: str) -> Locator:
        with _telling(self._name):
            return self._decoder.decode(self._found[id])

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@contextmanager
def _telling(name: str) -> Iterator[None]:
    """:raises ReportError: for what cannot be decoded"""
    try:
        yield
    except RecursionError:
        raise ReportError(f"{name}: not a dedupe report: it is nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReportError(f"{name}: not a dedupe report: {error}") from error


class _MappedFile:
    """A file as memory, of which the system reads what is looked at.

    :ivar content: without a byte order mark
    """

    def __init__(self, file: BinaryIO) -> None:
        self._mapped: mmap.mmap | None = None
        self.content = memoryview(b"")
        if os.fstat(file.fileno()).st_size:
            self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.content = memoryview(self._mapped)
        if bytes(self.content[:3]) == _MARK:
            self.content = self.content[3:]

    def release(self) -> None:
        """Take what was looked at out of the memory of this process, where the system can."""
        if self._mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)


def _decode(data: memoryview, name: str) -> _Opened:
    if bytes(data[:14]) == b'{"cluster_id":':
        raise ReportError(
            f"{name}: holds clusters as JSON Lines, which do not tell where the texts are; "
            "scan with --output report.json"
        )
    with _telling(name):
        opened = msgspec.json.decode(data, type=_Opened)
    if opened.schema_version > SCHEMA_VERSION:
        raise ReportError(
            f"{name}: has schema version {opened.schema_version}, this dedupe reads up to "
            f"{SCHEMA_VERSION}; update dedupe"
        )
    return opened
