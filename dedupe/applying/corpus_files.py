"""The present files of a corpus, and the target of each when the corpus is written anew.

They are searched again as in the scan. So files that could not be read, that describe a data set,
or that are new since the scan are found too, and kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import msgspec

from dedupe.applying.check import CurrentDocuments
from dedupe.applying.outcome import Stopped
from dedupe.applying.scanned_paths import ScannedPaths
from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.errors import ApplyError
from dedupe.model.report import Report
from dedupe.model.urls import is_url
from dedupe.sources import find_sources
from dedupe.sources.discovery.own_files import holds_output
from dedupe.sources.files.names import readable_id, readable_name
from dedupe.sources.reasons import (
    LEFT_OUT,
    LINKS_NOT_FOLLOWED,
    NO_FILES,
    NOT_A_FILE,
    OWN_OUTPUT,
    PATH_MISSING,
)

_NOT_LISTED = (NO_FILES, NOT_A_FILE, PATH_MISSING)


class CorpusFiles(msgspec.Struct):
    """The files of a corpus.

    :ivar targets: the new path of each below the new folder, as names, by (ordered) path
    :ivar cards: the files that describe a data set
    :ivar stopped: files that are missing or cannot be read
    :ivar notes: remarks for people
    """

    targets: dict[str, tuple[str, ...]]
    cards: frozenset[str]
    stopped: list[Stopped] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)


def list_files(report: Report, documents: CurrentDocuments) -> CorpusFiles:
    """Find the files of a corpus.

    :raises ApplyError: if it was a stream, or two files have the same target
    """
    found = find_sources(documents.scanned_paths.named, report.config)
    streams = [source.name for source in found.sources if source.spool is not None]
    if streams:
        raise ApplyError(f"{streams[0]}: is a stream, which cannot be read again; scan a file")
    known_paths = {documents.source(i).path for i in range(len(report.run.sources))}
    known_paths = {path for path in known_paths if not documents.scanned_paths.is_reference(path)}
    present = {source.path: source.id for source in found.sources}
    skipped = {item.id for item in report.skipped if item.reason != OWN_OUTPUT}
    files = CorpusFiles({}, frozenset(found.cards))
    others = [path for path, id in present.items() if path not in known_paths and id not in skipped]
    if own_output := [path for path in others if _is_output(documents, path)]:
        files.notes.append(
            f"written by dedupe, and not copied: {len(own_output)} files, such as "
            f"{readable_name(min(own_output))}"
        )
        excluded = {*own_output}
        present = {path: id for path, id in present.items() if path not in excluded}
    new = [path for path in others if path in present]
    if new:
        files.notes.append(
            f"new since the scan, and copied: {len(new)} files, such as {readable_name(min(new))}"
        )
    for path in sorted(known_paths - present.keys()):
        if _is_there(documents, path):
            present[path] = readable_id(path)
        else:
            files.stopped.append(Stopped(readable_name(path), "it is gone"))
    files.targets = find_targets(documents.scanned_paths, [*present, *found.cards])
    for remark in found.remarks:
        if isinstance(remark, Notice) and remark.reason == LEFT_OUT:
            files.notes.append(f"{remark.id}: not copied: {remark.detail}")
        if isinstance(remark, SkippedDocument) and remark.reason not in _NOT_LISTED:
            files.stopped.append(Stopped(remark.id, f"it cannot be read: {remark.detail}"))
        elif isinstance(remark, Notice) and remark.reason == LINKS_NOT_FOLLOWED:
            files.notes.append(f"{remark.id}: {remark.detail}")
    return files


def find_targets(scanned_paths: ScannedPaths, paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The targets of files below a new folder.

    If one folder was scanned, these are the paths below it; otherwise the paths as they were named.

    :raises ApplyError: if two files have the same target
    """
    has_several = len(scanned_paths.named) > 1
    targets: dict[str, tuple[str, ...]] = {}
    taken: dict[tuple[str, ...], str] = {}
    for path in sorted(set(paths)):
        target = _names_of(path) if has_several else scanned_paths.split(path).parts
        if (other := taken.setdefault(target, path)) != path:
            both = f"{readable_name(other)} and {readable_name(path)}"
            raise ApplyError(
                f"{both} would both become {'/'.join(target)}; scan from a folder above both"
            )
        targets[path] = target
    return targets


def _names_of(path: str) -> tuple[str, ...]:
    """The names in a path, without drive, root and ``..``."""
    if is_url(path):
        plain = path.partition("://")[2].split("/")
    else:
        plain = os.path.splitdrive(path)[1].split(os.sep)
    return tuple(name for name in plain if name not in ("", os.curdir, os.pardir))


def _is_output(documents: CurrentDocuments, path: str) -> bool:
    try:
        with documents.scanned_paths.open(path) as file:
            return holds_output(file)
    except OSError:  # reported when the file is copied
        return False


def _is_there(documents: CurrentDocuments, path: str) -> bool:
    try:
        documents.scanned_paths.stamp(path)
    except OSError:
        return False
    return True
