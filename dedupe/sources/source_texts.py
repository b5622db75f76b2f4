"""Reads the texts of reported documents again, by their locators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from dedupe.model.documents import Locator, SourceInfo
from dedupe.model.formats import FORMATS
from dedupe.model.report import Report
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.recoding import recoded_file
from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.files.source import Source
from dedupe.sources.files.system_errors import describe_error
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.registry import format_named, holds_pages, rereader_of
from dedupe.sources.limits import MAX_LOCATED_BYTES
from dedupe.sources.pages.rereading import shared_page_reader
from dedupe.sources.unpack.compression import CompressionError, open_content

CHANGED = "its text has changed since the scan"
"""The problem (:meth:`SourceTexts.problem`) of a document that is there, but not the same."""

_MAX_FILE_BYTES = (1 << 63) - 1


class SourceTexts:
    """A :class:`dedupe.model.documents.TextProvider` over the files of a scan.

    It reads only the texts that are asked for, a compressed file in one pass. It never raises
    because of a file: a document that cannot be read has a :meth:`problem`.

    :param sources: the sources of a corpus, or those of a saved report
    :param locators: the locator of each document, by id
    :param content_hashes: XXH3-128 of each text's UTF-8 bytes, hexadecimal, by id; or a function
        that gives them when they are first needed, since a large report has many. A text with
        another hash is not given
    :param settings: the settings of the scan
    :param texts: texts that the report holds itself, by id
    """

    def __init__(
        self,
        sources: Sequence[Source | SourceInfo],
        locators: Mapping[str, Locator],
        content_hashes: Mapping[str, str] | Callable[[], Mapping[str, str]],
        settings: ReadSettings,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        self._sources = sources
        self._locators = locators
        self._hashes = content_hashes
        self._settings = settings
        self._texts = texts or {}
        self._problems: dict[str, str] = {}
        self._pages = shared_page_reader(settings)  # held, so that one process reads all pages

    @classmethod
    def of_report(cls, report: Report, sources: Sequence[Source] | None = None) -> SourceTexts:
        """The texts of the documents in clusters and bridges of a report.

        :param sources: the sources of the corpus, right after a scan: they kept standard input
        """
        return cls(
            sources if sources is not None else report.run.sources,
            report.run.locators,
            report.content_hashes,
            report.config,
            report.texts,
        )

    @cached_property
    def _content_hashes(self) -> Mapping[str, str]:
        return self._hashes() if callable(self._hashes) else self._hashes

    def read_texts(self, ids: Iterable[str]) -> dict[str, str]:
        """Texts by id; ids are left out whose texts have changed or can no longer be read."""
        wanted = dict.fromkeys(ids)
        found = dict(self.iter_texts(wanted))
        return {id: found[id] for id in wanted if id in found}

    def iter_texts(self, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Ids with their texts, like :meth:`read_texts`, but one by one, in the order of the files.

        No text stays in memory.
        """
        return (pair for pair in self._iter_found(ids) if self._is_unchanged(*pair))

    def _iter_found(self, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
        by_source: dict[int, list[str]] = {}
        for id in dict.fromkeys(ids):
            self._problems.pop(id, None)
            if id in self._texts:
                yield id, self._texts[id]
            elif (locator := self._usable_locator(id)) is not None:
                by_source.setdefault(locator.source, []).append(id)
        in_archives: dict[str, tuple[Source, dict[str, list[str]]]] = {}
        for source_index, source_ids in by_source.items():
            source = self._find_source(self._sources[source_index])
            if source.archive is not None:
                _, members = in_archives.setdefault(source.path, (source.archive, {}))
                members[source.member] = source_ids
            else:
                yield from self._read_source(source, source_ids)
        for archive, members in in_archives.values():
            yield from self._read_archive(archive, members)

    def problem(self, id: str) -> str:
        """Why :meth:`read_texts` left this id out, in words; empty where it did not."""
        return self._problems.get(id, "")

    def _usable_locator(self, id: str) -> Locator | None:
        """The locator of a document; ``None`` where it has none, or an impossible one."""
        locator = self._locators.get(id)
        if locator is None or not 0 <= locator.source < len(self._sources):
            self._problems[id] = "where it was read is not known"
            return None
        length, end = locator.length, locator.offset + locator.length
        if not 0 <= length <= MAX_LOCATED_BYTES or not length <= end <= _MAX_FILE_BYTES:
            self._problems[id] = "the report gives a place for it that cannot be"
            return None
        return locator

    def _read_source(self, source: Source, ids: list[str]) -> Iterator[tuple[str, str]]:
        """The texts of some documents of one file."""
        pending = set(ids)
        try:
            if self._is_known(source, pending):
                with open_content(source) as file:
                    yield from self._read_open(source, file, pending)
        except (OSError, ValueError) as error:
            reason = f"{source.name}: {describe_error(error)}"
            self._problems.update((id, reason) for id in pending)

    def _read_archive(
        self, archive: Source, members: Mapping[str, list[str]]
    ) -> Iterator[tuple[str, str]]:
        """The texts of some documents of an archive's members, read in one pass."""
        from dedupe.sources.unpack.archive_entries import ARCHIVE_FAULTS, ArchiveError
        from dedupe.sources.unpack.archive_rereading import reread_members

        pending = {id for ids in members.values() for id in ids}
        current: set[str] = set()
        reason = CHANGED
        try:
            for member, file in reread_members(archive, members.keys()):
                current = pending.intersection(members[member])
                pending.difference_update(current)
                source = self._find_source(self._sources[self._locators[min(current)].source])
                if self._is_known(source, current):
                    yield from self._read_open(source, file, current)
                current = set()
        except (*ARCHIVE_FAULTS, ArchiveError, CompressionError) as error:
            problem = describe_error(error) if isinstance(error, OSError) else str(error)
            reason = f"{archive.name}: {problem}"
        self._problems.update((id, reason) for id in pending | current)

    def _is_known(self, source: Source, ids: Iterable[str]) -> bool:
        """Whether this version knows the format of a source; if not, notes that for the ids."""
        if source.format in FORMATS:
            return True
        reason = f"{source.name}: this dedupe does not read the format {source.format!r}"
        self._problems.update(dict.fromkeys(ids, reason))
        return False

    def _read_open(
        self, source: Source, file: SeekableBytes, pending: set[str]
    ) -> Iterator[tuple[str, str]]:
        """The texts of some documents of an open file; each is removed from ``pending``."""
        chosen = format_named(source.format)
        settings = self._settings
        if source.encoding and chosen.takes_utf8:
            file = recoded_file(file, source.encoding, source.encoding == settings.encoding)
        elif source.encoding:
            settings = msgspec.structs.replace(settings, encoding=source.encoding)
        reread = rereader_of(chosen, settings)
        may_be_visible = holds_pages(chosen, settings) and settings.html == "article"
        for id in sorted(pending, key=self._order):
            text = reread(file, self._locators[id])
            if text is not None and may_be_visible and not self._has_hash(id, text):
                text = self._reread_visible(chosen, settings, file, id) or text
            pending.discard(id)
            if text is None:
                self._problems[id] = CHANGED
            else:
                yield id, text

    def _order(self, id: str) -> tuple[int, int]:
        return self._locators[id].offset, self._locators[id].line

    @staticmethod
    def _find_source(source: Source | SourceInfo) -> Source:
        return source if isinstance(source, Source) else Source.of_info(source)

    def _reread_visible(
        self, chosen: Format, settings: ReadSettings, file: SeekableBytes, id: str
    ) -> str | None:
        """All visible text of a page, if the scan compared that instead of its article."""
        settings = msgspec.structs.replace(settings, html="text")
        text = rereader_of(chosen, settings)(file, self._locators[id])
        return text if text is not None and self._has_hash(id, text) else None

    def _has_hash(self, id: str, text: str) -> bool:
        import xxhash

        expected = self._content_hashes.get(id)
        return expected is None or xxhash.xxh3_128_hexdigest(encode_text(text)) == expected

    def _is_unchanged(self, id: str, text: str) -> bool:
        if self._has_hash(id, text):
            return True
        self._problems[id] = CHANGED
        return False
