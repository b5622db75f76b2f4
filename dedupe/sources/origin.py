"""The origin of a corpus, for its report: paths, files, and how they were read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from dedupe.model.documents import Locator, SkippedDocument, SourceInfo


class ReadingCounts(msgspec.Struct, frozen=True):
    """How the documents of a corpus were read, in numbers.

    :param encodings: documents by encoding
    :param pages: pages by how their text was found
    :param formats: documents by format
    """

    encodings: Mapping[str, int] = msgspec.field(default_factory=dict)
    pages: Mapping[str, int] = msgspec.field(default_factory=dict)
    formats: Mapping[str, int] = msgspec.field(default_factory=dict)


class CorpusOrigin(msgspec.Struct, frozen=True):
    """The origin of a corpus; texts in memory have an empty one.

    :param paths: the paths that the user named
    :param against: the paths of reference documents that the user named
    :param sources: gives the files read so far, which locators index into
    :param skipped_locators: by id and reason, the locators of records without a usable text
    :param text_fields: the number of records by text field, where the user named no text field
    :param reading_counts: gives how the documents were read
    """

    paths: Sequence[str] = ()
    against: Sequence[str] = ()
    sources: Callable[[], Sequence[SourceInfo]] = tuple
    skipped_locators: Mapping[tuple[str, str], Sequence[Locator]] = msgspec.field(
        default_factory=dict
    )
    text_fields: Mapping[str, int] = msgspec.field(default_factory=dict)
    reading_counts: Callable[[], ReadingCounts] = ReadingCounts

    def find_skipped(
        self,
        skipped: Sequence[SkippedDocument],
        without_tokens: Mapping[tuple[str, str], Sequence[Locator]],
    ) -> tuple[str, ...]:
        """``file:line`` of each skipped document; empty where its id begins with that.

        A document that is all of its file has no line, and the name of the file alone.

        :param without_tokens: more locators of skipped documents, by id and reason
        """
        sources = self.sources()
        left = {
            key: sorted(found, key=lambda each: (each.source, each.offset, each.line), reverse=True)
            for key, found in {**self.skipped_locators, **without_tokens}.items()
        }
        places: list[str] = []
        for document in skipped:
            found = left.get((document.id, document.reason))
            locator = found.pop() if found else None
            place = ""
            if locator is not None and locator.source >= 0:  # else the text came from no file
                source = sources[locator.source]
                place = source.name_record(locator.line) if locator.line else source.name
            is_named = document.id.startswith(place) or f"/{place}".endswith(f"/{document.id}")
            places.append("" if is_named else place)
        return tuple(places)
