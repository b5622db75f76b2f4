"""Texts of reported documents, read again from where they stood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dedupe.config import ScanSettings
from dedupe.model import Locator, Report, SourceInfo
from dedupe.sources.formats import FORMATS
from dedupe.sources.limits import MAX_DOCUMENT_BYTES
from dedupe.sources.source import Source
from dedupe.sources.system_errors import describe_error
from dedupe.sources.text_encoding import encode_text

CHANGED = "its text has changed since the scan"
"""What :meth:`SourceTexts.problem` says of a document that is still there, but not the same."""

_MAX_FILE_BYTES = (1 << 63) - 1


class SourceTexts:
    """A :class:`dedupe.model.TextProvider` over the files of a scan.

    Reads only what is asked for, a compressed file in one pass, and never raises because of a
    file: what cannot be given has a :meth:`problem`.

    :param sources: as the corpus had them, or as a saved report names them
    :param locators: where each document stands
    :param content_hashes: XXH3-128 of each text's UTF-8 bytes, hexadecimal; a text whose hash
        differs is not given
    :param settings: those of the scan
    :param texts: texts that the report holds itself
    """

    def __init__(
        self,
        sources: Sequence[Source | SourceInfo],
        locators: Mapping[str, Locator],
        content_hashes: Mapping[str, str],
        settings: ScanSettings,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        self._sources = sources
        self._locators = locators
        self._content_hashes = content_hashes
        self._settings = settings
        self._texts = texts or {}
        self._problems: dict[str, str] = {}

    @classmethod
    def of_report(cls, report: Report, sources: Sequence[Source] | None = None) -> SourceTexts:
        """Texts of the clustered documents of a report.

        :param sources: the corpus's own, right after a scan: they can give standard input again
        """
        members = (member for cluster in report.clusters for member in cluster.members)
        return cls(
            sources if sources is not None else report.run.sources,
            report.run.locators,
            {member.id: member.content_hash for member in members},
            report.config,
            report.texts,
        )

    def read_texts(self, ids: Iterable[str]) -> dict[str, str]:
        """The texts of those of ``ids`` that can still be read and have not changed."""
        wanted = dict.fromkeys(ids)
        found = {id: self._texts[id] for id in wanted if id in self._texts}
        by_source: dict[int, list[str]] = {}
        for id in wanted:
            self._problems.pop(id, None)
            if id not in found and (locator := self._usable_locator(id)) is not None:
                by_source.setdefault(locator.source, []).append(id)
        for source_index, source_ids in by_source.items():
            found.update(self._read_source(source_index, source_ids))
        return {id: found[id] for id in wanted if id in found and self._is_unchanged(id, found[id])}

    def problem(self, id: str) -> str:
        """Why :meth:`read_texts` left this id out; nothing where it did not."""
        return self._problems.get(id, "")

    def _usable_locator(self, id: str) -> Locator | None:
        locator = self._locators.get(id)
        if locator is None or not 0 <= locator.source < len(self._sources):
            self._problems[id] = "where it was read is not known"
            return None
        length, end = locator.length, locator.offset + locator.length
        if not 0 <= length <= MAX_DOCUMENT_BYTES or not length <= end <= _MAX_FILE_BYTES:
            self._problems[id] = "the report gives a place for it that cannot be"
            return None
        return locator

    def _read_source(self, index: int, ids: list[str]) -> Iterator[tuple[str, str]]:
        """The texts of some documents of one file."""
        source = self._find_source(self._sources[index])
        if source.format not in FORMATS:
            reason = f"{source.name}: this dedupe does not read the format {source.format!r}"
            self._problems.update(dict.fromkeys(ids, reason))
            return
        reread = FORMATS[source.format].reread_with(self._settings)
        pending = sorted(ids, key=self._order, reverse=True)
        try:
            with source.open_again() as file:
                while pending:
                    text = reread(file, self._locators[pending[-1]])
                    id = pending.pop()
                    if text is None:
                        self._problems[id] = CHANGED
                    else:
                        yield id, text
        except (OSError, ValueError) as error:
            reason = f"{source.name}: {describe_error(error)}"
            self._problems.update((id, reason) for id in pending)

    def _order(self, id: str) -> tuple[int, int]:
        return self._locators[id].offset, self._locators[id].line

    @staticmethod
    def _find_source(source: Source | SourceInfo) -> Source:
        return source if isinstance(source, Source) else Source.of_info(source)

    def _is_unchanged(self, id: str, text: str) -> bool:
        import xxhash

        expected = self._content_hashes.get(id)
        if expected is None or xxhash.xxh3_128_hexdigest(encode_text(text)) == expected:
            return True
        self._problems[id] = CHANGED
        return False
