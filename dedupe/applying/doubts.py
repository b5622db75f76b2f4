"""What should make a person look again before documents go: said before anything is done.

Nothing here says that a document is no duplicate. It says where "duplicate" may not mean what the
user thinks: texts too short to tell much, texts that are equal under different titles, files of
which hardly anything stays, texts that may have been misread.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import msgspec

from dedupe.applying.check import CurrentDocuments
from dedupe.applying.plan import Drop, Plan
from dedupe.model.documents import Notice, SourceInfo, TextBatch
from dedupe.model.report import BridgeEnd, Member, Report
from dedupe.report.index import ReportIndex
from dedupe.sources import read_corpus
from dedupe.sources.files.names import readable_name
from dedupe.sources.reasons import DOUBTFUL_READING

FEW_TOKENS = 20
"""A text of fewer tells little: it may be a menu, a notice, a caption."""

_TITLE_NAMES = ("title", "headline")
_URL_NAMES = ("url",)
_SHOWN = 80
_URL_START = re.compile(r"https?://(www\.)?", re.I)


class Doubt(msgspec.Struct, frozen=True):
    """One thing to look at.

    :param count: documents, or files, of which it holds
    :param detail: a sentence for people, with an example
    """

    count: int
    detail: str


def find_doubts(report: Report, plan: Plan, documents: CurrentDocuments) -> tuple[Doubt, ...]:
    """All that should be looked at before this plan is carried out; nothing where all is plain."""
    described = ReportIndex(report).documents
    tell_reading = _ReadingNotices(report)
    found = (
        _told(plan, lambda drop: _describe_few_tokens(drop, described), "under 20 words"),
        _told(plan, lambda drop: _describe_names(drop, described), "equal texts under other names"),
        _told_files(report, plan, documents),
        _told(plan, lambda drop: tell_reading.describe(drop), "texts that may be misread"),
    )
    return tuple(doubt for doubt in found if doubt is not None)


def _told(plan: Plan, describe: Callable[[Drop], str], what: str) -> Doubt | None:
    """How many of the documents that are to go something is told of, and the first of them."""
    told = list(filter(None, map(describe, plan.drops)))
    if not told:
        return None
    share = f"{len(told):,} of the {len(plan.drops):,} documents that are to go"
    return Doubt(len(told), f"{what}: {share}, such as {told[0]}")


def _describe_few_tokens(drop: Drop, described: Mapping[str, Member | BridgeEnd]) -> str:
    counts = [described[id].token_count for id in (drop.id, drop.keeper)]
    if min(counts) >= FEW_TOKENS:
        return ""
    return f"{drop.id} (words: {counts[0]}), for which {drop.keeper} (words: {counts[1]}) stays"


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


def _shorten(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"


def _plain_title(title: str) -> str:
    return " ".join(title.split()).casefold()


def _plain_url(url: str) -> str:
    """A URL without what leads to the same page: scheme, ``www.``, fragment, last slash."""
    return _URL_START.sub("", url.strip()).partition("#")[0].rstrip("/")


def _told_files(report: Report, plan: Plan, documents: CurrentDocuments) -> Doubt | None:
    """Files of several documents of which more than half goes."""
    going = Counter(
        documents.path(drop.id) for drop in plan.drops if not documents.is_whole_file(drop.id)
    )
    told: list[str] = []
    for path, count in sorted(going.items()):
        if path and 2 * count > _located_count(report, documents, path):
            whole = max(count, _document_count(report, path))
            if 2 * count > whole:
                told.append(f"{readable_name(path)} ({count:,} of its {whole:,} documents)")
    if not told:
        return None
    return Doubt(len(told), f"files of which more than half goes: {len(told):,}, such as {told[0]}")


def _located_count(report: Report, documents: CurrentDocuments, path: str) -> int:
    """How many documents of a file the report speaks of: it has so many at least."""
    indices = {i for i in range(len(report.run.sources)) if documents.source(i).path == path}
    return sum(locator.source in indices for locator in report.run.locators.values())


def _document_count(report: Report, path: str) -> int:
    """How many documents a file has: as was scanned where it is the only one, else as it reads."""
    if len({source.path for source in report.run.sources}) == 1:
        return report.corpus.document_count
    # Texts are not looked at, so pages need not be taken apart.
    settings = msgspec.structs.replace(report.config, html="raw", glob=(), exclude=())
    return sum(len(each) for each in read_corpus([path], settings) if isinstance(each, TextBatch))


class _ReadingNotices:
    """The notices that texts may have been misread, of documents and of whole files."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._notices: dict[str, Notice] = {}
        for notice in report.notices:
            if notice.reason in DOUBTFUL_READING:
                self._notices.setdefault(notice.id, notice)

    def describe(self, drop: Drop) -> str:
        """What was told of the reading of a document or its keeper; nothing if nothing was."""
        if not self._notices:
            return ""
        for id in (drop.id, drop.keeper):
            for name in self._names(id):
                if notice := self._notices.get(name):
                    told = f"{drop.id}, for which {drop.keeper} stays"
                    return f"{told} ({notice.id}: {notice.detail}; {notice.reason})"
        return ""

    def _names(self, id: str) -> Iterator[str]:
        """A document's id, and the names that notices may have of its place and its file."""
        yield id
        located = self._report.locate(id)
        if located is None:
            return
        source, locator = located
        for name in self._file_names(source):
            yield name
            yield SourceInfo(name, source.format).place(locator.line)

    def _file_names(self, source: SourceInfo) -> Iterator[str]:
        """As it was opened, and below a folder that was named; of a member also its archive."""
        for name in dict.fromkeys((source.name, source.path)):
            yield name
            for folder in self._report.run.paths:
                below = name.removeprefix(os.path.join(folder, ""))
                if below != name:
                    yield below
