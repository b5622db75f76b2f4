"""Where a corpus comes from, as its report tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from dedupe.model.documents import Locator, SkippedDocument, SourceInfo


class CorpusOrigin(msgspec.Struct, frozen=True):
    """Where a corpus comes from.

    :param paths: what the user named
    :param against: what the user named as the archive
    :param sources: gives the files read so far, which locators index into
    :param skipped_locators: by id and reason, where records stand that have no usable text
    :param reading_counts: documents by how they were decoded, pages by how they were read
    :param text_fields: records by the field that was taken as their text without being named
    """

    paths: Sequence[str] = ()
    against: Sequence[str] = ()
    sources: Callable[[], Sequence[SourceInfo]] = tuple
    skipped_locators: Mapping[tuple[str, str], Sequence[Locator]] = msgspec.field(
        default_factory=dict
    )
    text_fields: Mapping[str, int] = msgspec.field(default_factory=dict)
    reading_counts: Callable[[], tuple[Mapping[str, int], Mapping[str, int]]] = lambda: ({}, {})

    def find_skipped(
        self,
        skipped: Sequence[SkippedDocument],
        without_tokens: Mapping[tuple[str, str], Sequence[Locator]],
    ) -> tuple[str, ...]:
        """``file:line`` of each skipped document whose id does not tell it, else nothing."""
        sources = self.sources()
        left = {
            key: sorted(found, key=lambda at: (at.source, at.offset, at.line), reverse=True)
            for key, found in {**self.skipped_locators, **without_tokens}.items()
        }
        places: list[str] = []
        for document in skipped:
            found = left.get((document.id, document.reason))
            locator = found.pop() if found else None
            known = locator is not None and locator.line > 0
            place = sources[locator.source].name_record(locator.line) if locator and known else ""
            places.append("" if place == document.id else place)
        return tuple(places)
