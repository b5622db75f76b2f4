"""Lists of documents for other programs: those that stay, or those that can be dropped.

The name of a document that is a whole file is its path; the name of any other is its id.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence, Set

import msgspec

from dedupe.applying.check import CurrentDocuments, holds_one_document
from dedupe.applying.drops import Drop
from dedupe.applying.scanned_paths import ScannedPaths
from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo
from dedupe.model.report import Report
from dedupe.sources import Source, find_sources, read_corpus
from dedupe.sources.reasons import OWN_OUTPUT


def list_dropped(documents: CurrentDocuments, drops: Sequence[Drop]) -> Iterator[bytes]:
    """The names of documents that can be dropped, in the order of the report."""
    for drop in drops:
        if documents.is_whole_file(drop.id):
            yield os.fsencode(documents.path(drop.id))
        else:
            yield drop.id.encode()


def list_kept(report: Report, scanned_paths: ScannedPaths, dropped: Set[str]) -> Iterator[bytes]:
    """The names of all documents that stay, in the order of the corpus, which is read again.

    Documents that cannot be read are among them, files that dedupe wrote are not.

    :param dropped: ids of the documents that do not stay
    """
    # Texts are not used, so no article needs to be extracted from pages.
    settings = msgspec.structs.replace(report.config, html="raw")
    paths = {
        source.id: source.path for source in find_sources(scanned_paths.named, settings).sources
    }
    own_ids = {
        _location_of(report.run.sources[locator.source], locator): id
        for id, locator in report.run.locators.items()
        if 0 <= locator.source < len(report.run.sources)
    }
    corpus = read_corpus(scanned_paths.named, settings)
    for piece in corpus:
        if isinstance(piece, Notice):
            continue
        if isinstance(piece, SkippedDocument):
            if piece.reason == OWN_OUTPUT:
                continue
            path = paths.get(piece.id)
            yield piece.id.encode() if path is None else os.fsencode(path)
            continue
        for row, id in enumerate(piece.ids):
            locator = piece.locator(row)
            source = corpus.sources[locator.source]
            info = SourceInfo(source.name, source.format, source.member)
            own_id = own_ids.get(_location_of(info, locator), id)
            if own_id not in dropped:
                yield _name_of(source, info, locator, own_id)


def _name_of(source: Source, info: SourceInfo, locator: Locator, id: str) -> bytes:
    return os.fsencode(source.path) if holds_one_document(info, locator) else id.encode()


def _location_of(info: SourceInfo, locator: Locator) -> tuple[str, str, int, int]:
    return info.path, info.member, locator.offset, locator.line
