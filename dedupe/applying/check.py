"""The check before documents are dropped: both victims and keepers must be as they were compared.

Their texts are read and hashed again. Each file is opened without following links, and its stamp
(device, inode, size, times) is taken from the open descriptor. If the stamp is the same later, the
content is the one that was hashed, since nobody can set ``ctime`` back.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import BinaryIO

import msgspec

from dedupe.applying.drops import Drop
from dedupe.applying.outcome import Dropped, Outcome, Stopped, order_stopped
from dedupe.applying.plan import Plan
from dedupe.applying.rewriting import is_whole
from dedupe.applying.scanned_paths import ScannedPaths, Stamp
from dedupe.applying.streams import Streams
from dedupe.model.documents import Locator, SourceInfo
from dedupe.model.report import Report
from dedupe.model.urls import is_url
from dedupe.sources import Source, SourceTexts
from dedupe.sources.discovery.own_files import holds_output
from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.files.all_files import ALL_FILES
from dedupe.sources.files.file_system import LocalDisk
from dedupe.sources.files.names import readable_name
from dedupe.sources.files.source import STANDARD_INPUT

CLOCK_TICK_NS = 20_000_000
"""More than one tick of the clock for times of files: 1 to 10 ms on Linux before 6.13.

Two changes within one tick have the same time.
"""

OWN = "it was written by dedupe, and so is no document"
CHANGED_MEANWHILE = "it changed while it was looked at"


class Checked(msgspec.Struct):
    """Drops, sorted out by the check.

    :ivar drops: those that are safe
    :ivar stopped: the others
    :ivar gone: ids of documents that are not there any more
    """

    drops: list[Drop] = msgspec.field(default_factory=list)
    stopped: list[Stopped] = msgspec.field(default_factory=list)
    gone: list[str] = msgspec.field(default_factory=list)


class CurrentDocuments:
    """The documents of a report as they are now in their files.

    :ivar files: the local disk, limited to files below the scanned paths
    :ivar stamps: the stamp of each file that was opened, by path
    :ivar unversioned: files of web servers that do not tell versions apart. They stay open, so that
        whoever opens them again reads what was checked
    """

    def __init__(self, report: Report, streams: Streams | None = None) -> None:
        """Nothing is read yet.

        :param streams: what was kept of standard input and pipes
        :raises ApplyError: if none of the scanned paths is there
        """
        self.scanned_paths = ScannedPaths(
            report.run.paths, report.run.against, report.config.follow, streams
        )
        self.stamps: dict[str, Stamp] = {}
        self.unversioned: list[BinaryIO] = []
        self.files = _ScannedDisk(self)
        self._linked: dict[tuple[int, int], Stamp] = {}
        self._report = report
        self._sources: dict[int, Source] = {}
        self._byte_counts: dict[str, int] = {}
        self._texts = SourceTexts(
            [self.source(index) for index in range(len(report.run.sources))],
            report.run.locators,
            report.content_hashes,
            report.config,
            {} if self.scanned_paths.streams else self._embedded_texts(),
        )
        for path in filter(self.scanned_paths.is_stream, (*report.run.paths, *report.run.against)):
            self.stamps[path] = self.scanned_paths.stamp(path)

    def source(self, index: int) -> Source:
        """A source of the report, which opens only files below the scanned paths."""
        found = self._sources.get(index)
        if found is None:
            info = self._report.run.sources[index]
            found = Source.of_info(info, self.files)
            if (kept := self.scanned_paths.streams.get(found.path)) is not None:
                archive = found.archive and msgspec.structs.replace(found.archive, spool=kept)
                found = msgspec.structs.replace(found, spool=kept, archive=archive)
            self._sources[index] = found
        return found

    def locate(self, id: str) -> tuple[SourceInfo, Locator] | None:
        """The source and locator of a document in the report; none if it has none."""
        return self._report.locate(id)

    def path(self, id: str) -> str:
        """The path of the file that holds a document; empty if not known."""
        found = self.locate(id)
        return self.source(found[1].source).path if found is not None else ""

    def is_whole_file(self, id: str) -> bool:
        """Whether a document is its whole file, so that the file can be removed with it."""
        found = self.locate(id)
        return found is not None and holds_one_document(*found)

    def check(self, drops: Sequence[Drop]) -> Checked:
        """Sort out these drops by the present content of the files."""
        verified = self._verify({id for drop in drops for id in (drop.id, drop.keeper)})
        checked = Checked()
        asked: dict[str, bool] = {}
        for drop in drops:
            problem = self._find_problem(drop, verified, asked)
            if problem is None:
                checked.gone.append(drop.id)
            elif problem:
                checked.stopped.append(Stopped(drop.id, problem))
            else:
                checked.drops.append(drop)
        return checked

    def is_unchanged(self, path: str) -> bool:
        """Whether a file has not changed since it was opened, and still has its name."""
        try:
            return self.is_current(path, self.scanned_paths.stamp(path))
        except OSError:
            return False

    def is_current(self, path: str, stamp: Stamp) -> bool:
        """Whether this stamp is the one that the file had when it was opened."""
        opened = self.stamps.get(path)
        return opened is not None and stamp in (opened, self._linked.get(opened.file))

    def note_link(self, before: Stamp, after: Stamp) -> None:
        """Accept the new stamp of a file to which a hard link was made."""
        self._linked[before.file] = after

    def describe(self, drop: Drop) -> Dropped:
        """The entry of a checked document in an outcome."""
        return Dropped(
            id=drop.id,
            path=readable_name(self.path(drop.id)),
            keeper=drop.keeper,
            relation=drop.relation,
            jaccard=drop.jaccard,
            token_count=drop.token_count,
            byte_count=self._byte_counts.get(drop.id, 0),
            containment=drop.containment,
        )

    def _embedded_texts(self) -> dict[str, str]:
        """The texts of standard input that the report holds, since it cannot be read again."""
        infos, locators = self._report.run.sources, self._report.run.locators
        return {
            id: text
            for id, text in (self._report.texts or {}).items()
            if id in locators and infos[locators[id].source].path == STANDARD_INPUT
        }

    def _verify(self, ids: set[str]) -> set[str]:
        """The documents whose text is the one that was compared."""
        verified: set[str] = set()
        for id, text in self._texts.iter_texts(sorted(ids)):
            self._byte_counts[id] = len(encode_text(text))
            verified.add(id)
        return verified

    def _find_problem(self, drop: Drop, verified: set[str], asked: dict[str, bool]) -> str | None:
        """The reason why a drop is unsafe; empty if it is safe, None if the victim is gone.

        :param asked: whether files at URLs are unchanged, as servers were asked once each
        """
        if drop.keeper not in verified:
            return f"its keeper {drop.keeper} is not what it was: {self._problem(drop.keeper)}"
        if drop.id not in verified:
            return None if self._is_gone(drop.id) else self._problem(drop.id)
        victim, keeper = self.path(drop.id), self.path(drop.keeper)
        if self.scanned_paths.is_reference(victim):
            return "it stands in the archive, of which nothing goes"
        if self._are_same_document(drop.id, drop.keeper):
            return f"it is the same file as its keeper {drop.keeper}, under another name"
        for path, subject in ((keeper, f"its keeper {drop.keeper}: "), (victim, "")):
            if is_url(path) and path not in asked:
                asked[path] = self.is_unchanged(path)
            if not (asked[path] if is_url(path) else self.is_unchanged(path)):
                return subject + CHANGED_MEANWHILE
        return ""

    def _problem(self, id: str) -> str:
        return self._texts.problem(id) or "it cannot be read"

    def _is_gone(self, id: str) -> bool:
        path = self.path(id)
        try:
            self.scanned_paths.stamp(path)
        except FileNotFoundError:
            return bool(path)
        except OSError:
            return False
        return False

    def _are_same_document(self, one: str, other: str) -> bool:
        """Whether two ids mean one document, by several names of its file."""
        if self.stamps[self.path(one)].file != self.stamps[self.path(other)].file:
            return False
        if self.is_whole_file(one) or self.is_whole_file(other):
            return True
        return self._location_in_file(one) == self._location_in_file(other)

    def _location_in_file(self, id: str) -> tuple[object, ...]:
        found = self.locate(id)
        assert found is not None
        info, locator = found
        return info.member, locator.offset, locator.length, locator.line


class _ScannedDisk(LocalDisk):
    """The local disk, limited to files below the scanned paths."""

    def __init__(self, documents: CurrentDocuments) -> None:
        self._documents = documents

    def open(self, path: str) -> BinaryIO:
        """Open a file, and keep its stamp.

        :raises OSError: if it cannot be opened safely, or dedupe wrote it
        """
        file = self._documents.scanned_paths.open(path)
        if holds_output(file):
            file.close()
            raise OSError(0, OWN)
        file.seek(0)
        stamp = self._documents.scanned_paths.stamp_of(path, file)
        self._documents.stamps[path] = stamp
        if is_url(path) and not ALL_FILES.status_of(file).version:
            self._documents.unversioned.append(file)
        if 0 <= time.time_ns() - stamp.ctime_ns < CLOCK_TICK_NS:
            time.sleep(CLOCK_TICK_NS / 1e9)  # so that a change from now on changes the stamp
        return file


def holds_one_document(info: SourceInfo, locator: Locator) -> bool:
    """Whether a document is its whole file, and not in an archive."""
    return not info.member and is_whole(info, locator)


def preview(report: Report, plan: Plan, documents: CurrentDocuments) -> tuple[Outcome, Checked]:
    """Check all documents as if they were to be dropped."""
    checked = documents.check(plan.drops)
    outcome = Outcome(
        action="nothing",
        document_count=report.corpus.document_count,
        dropped=tuple(map(documents.describe, checked.drops)),
        stopped=order_stopped(checked.stopped),
        gone=tuple(checked.gone),
        protected=plan.protected,
        alone=plan.alone,
        keeping=plan.keeping,
        chosen=plan.chosen,
    )
    return outcome, checked
