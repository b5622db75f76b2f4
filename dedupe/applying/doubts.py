"""Doubts: reasons for a person to look again before documents are dropped.

A doubt does not mean that a document is no duplicate. It points out where "duplicate" may not mean
what the user thinks: texts too short to be meaningful, equal texts with different titles, files
that lose most of their documents, texts that may have been misread, attachments, numbers.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import msgspec

from dedupe.applying.check import CurrentDocuments
from dedupe.applying.drops import Drop
from dedupe.applying.plan import Plan
from dedupe.applying.streams import view_stream
from dedupe.model.documents import Notice, SourceInfo, TextBatch
from dedupe.model.report import SHORT_TOKENS, BridgeEnd, Member, Report
from dedupe.model.settings import ScanSettings
from dedupe.report.index import ReportIndex
from dedupe.sources import read_corpus
from dedupe.sources.files.names import readable_name
from dedupe.sources.files.source import STANDARD_INPUT
from dedupe.sources.reasons import DOUBTFUL_READING, NOT_COMPARED

_TITLE_NAMES = ("title", "headline")
_URL_NAMES = ("url",)
_SHOWN = 80
_URL_START = re.compile(r"https?://(www\.)?", re.I)


class Doubt(msgspec.Struct, frozen=True):
    """A reason to look again.

    :param count: number of documents, or files, that it concerns
    :param detail: a sentence for people, with an example
    """

    count: int
    detail: str


def find_doubts(report: Report, plan: Plan, documents: CurrentDocuments) -> tuple[Doubt, ...]:
    """All doubts about a plan."""
    described = ReportIndex(report).documents
    misread = _NoticesOnDocuments(report, DOUBTFUL_READING)
    not_compared = _NoticesOnDocuments(report, frozenset((NOT_COMPARED,)))
    found = (
        _doubt_of_drops(plan, "under 20 words", lambda drop: _describe_few_tokens(drop, described)),
        _doubt_of_drops(plan, "words that stand nowhere else may go", _describe_rest),
        _doubt_of_drops(
            plan, "equal texts under other names", lambda drop: _describe_names(drop, described)
        ),
        _doubt_of_files(report, plan, documents),
        _doubt_of_drops(plan, "texts that may be misread", misread.describe),
        _doubt_of_drops(plan, "attachments that were not compared", not_compared.describe),
        _doubt_of_drops(
            plan, "numbers that were not compared", partial(_describe_numbers, report.config)
        ),
    )
    return tuple(doubt for doubt in found if doubt is not None)


def _doubt_of_drops(plan: Plan, what: str, describe: Callable[[Drop], str]) -> Doubt | None:
    """A doubt that counts the drops which ``describe`` describes, with the first as example.

    :param what: the doubt in a few words
    :param describe: gives an empty text for drops that the doubt does not concern
    """
    told = list(filter(None, map(describe, plan.drops)))
    if not told:
        return None
    share = f"{len(told):,} of the {len(plan.drops):,} documents that are to go"
    return Doubt(len(told), f"{what}: {share}, such as {told[0]}")


def _describe_few_tokens(drop: Drop, described: Mapping[str, Member | BridgeEnd]) -> str:
    counts = [described[id].token_count for id in (drop.id, drop.keeper)]
    if min(counts) >= SHORT_TOKENS:
        return ""
    return f"{drop.id} (words: {counts[0]}), for which {drop.keeper} (words: {counts[1]}) stays"


def _describe_rest(drop: Drop) -> str:
    """A contained document of which not all stands in its keeper."""
    if drop.containment is None or drop.containment == 1:
        return ""
    return f"{drop.id}, of which {drop.containment:.0%} stands in {drop.keeper}"


def _describe_names(drop: Drop, described: Mapping[str, Member | BridgeEnd]) -> str:
    if not drop.relation.has_equal_tokens:
        return ""
    victim, keeper = described[drop.id].meta, described[drop.keeper].meta
    for names, plain in ((_TITLE_NAMES, _plain_title), (_URL_NAMES, _plain_url)):
        for name in names:
            here, there = victim.get(name, ""), keeper.get(name, "")
            if here and there and plain(here) != plain(there):
                told = f"{drop.id} ({name}: {_shorten(here)}), for which {drop.keeper}"
                return f"{told} ({_shorten(there)}) stays"
    return ""


def _describe_numbers(config: ScanSettings, drop: Drop) -> str:
    if not config.ignore_numbers or drop.relation.has_equal_tokens:
        return ""
    return f"{drop.id}, for which {drop.keeper} stays (the scan was told to --ignore-numbers)"


def _shorten(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"


def _plain_title(title: str) -> str:
    return " ".join(title.split()).casefold()


def _plain_url(url: str) -> str:
    """A URL without parts that rarely change the page: scheme, ``www.``, fragment, last slash."""
    return _URL_START.sub("", url.strip()).partition("#")[0].rstrip("/")


def _doubt_of_files(report: Report, plan: Plan, documents: CurrentDocuments) -> Doubt | None:
    """A doubt about files of several documents that lose more than half of them."""
    going = Counter(
        documents.path(drop.id) for drop in plan.drops if not documents.is_whole_file(drop.id)
    )
    told: list[str] = []
    for path, count in sorted(going.items()):
        if path and 2 * count > _located_count(report, documents, path):
            whole = max(count, _document_count(report, documents, path))
            if 2 * count > whole:
                told.append(f"{readable_name(path)} ({count:,} of its {whole:,} documents)")
    if not told:
        return None
    return Doubt(len(told), f"files of which more than half goes: {len(told):,}, such as {told[0]}")


def _located_count(report: Report, documents: CurrentDocuments, path: str) -> int:
    """The number of a file's documents that the report locates; the file may hold more."""
    indices = {i for i in range(len(report.run.sources)) if documents.source(i).path == path}
    return sum(locator.source in indices for locator in report.run.locators.values())


def _document_count(report: Report, documents: CurrentDocuments, path: str) -> int:
    """The number of documents in a file, which is read again unless it is the only one."""
    paths = documents.scanned_paths
    is_lost = paths.is_stream(path) and path not in paths.streams
    if is_lost or len({source.path for source in report.run.sources}) == 1:
        return report.corpus.document_count
    stream = None
    if path in paths.streams:
        path, stream = STANDARD_INPUT, view_stream(paths.streams[path])
    # Texts are not used, so no article needs to be extracted from pages.
    settings = msgspec.structs.replace(
        report.config, html="raw", glob=(), exclude=(), keep_stream=False
    )
    corpus = read_corpus([path], settings, stdin=stream)
    return sum(len(each) for each in corpus if isinstance(each, TextBatch))


class _NoticesOnDocuments:
    """The notices of a report on documents and files that were given for some reasons."""

    def __init__(self, report: Report, reasons: frozenset[str]) -> None:
        self._report = report
        self._notices: dict[str, Notice] = {}
        for notice in report.notices:
            if notice.reason in reasons:
                self._notices.setdefault(notice.id, notice)

    def describe(self, drop: Drop) -> str:
        """The notice on a document or its keeper, for people; empty if there is none."""
        if not self._notices:
            return ""
        for id in (drop.id, drop.keeper):
            for name in self._names(id):
                if notice := self._notices.get(name):
                    told = f"{drop.id}, for which {drop.keeper} stays"
                    return f"{told} ({notice.id}: {notice.detail}; {notice.reason})"
        return ""

    def _names(self, id: str) -> Iterator[str]:
        """All names by which a notice may mean a document: id, file, file and line."""
        yield id
        located = self._report.locate(id)
        if located is None:
            return
        source, locator = located
        for name in self._file_names(source):
            yield name
            yield SourceInfo(name, source.format).name_record(locator.line)

    def _file_names(self, source: SourceInfo) -> Iterator[str]:
        """The names of a source and its file, as they are and relative to the scanned folders."""
        for name in dict.fromkeys((source.name, source.path)):
            yield name
            for folder in self._report.run.paths:
                below = name.removeprefix(os.path.join(folder, ""))
                if below != name:
                    yield below
