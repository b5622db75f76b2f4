"""Writing the corpus anew, in its own form, without the dropped documents.

Everything is checked first, then written to a hidden folder. Then all files are checked for changes
once more, and only after that the result gets its name. So it is there with every document that
stays, or not at all.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO

import xxhash

from dedupe.applying.cards import update_card
from dedupe.applying.check import CurrentDocuments
from dedupe.applying.corpus_files import CorpusFiles, list_files
from dedupe.applying.doubts import Doubt
from dedupe.applying.drops import Drop
from dedupe.applying.file_calls import NewFile, copy_content, create_file
from dedupe.applying.forms.losses import find_losses as find_losses_of_form
from dedupe.applying.one_file import (
    STANDARD_OUTPUT,
    is_one_file,
    plan_one_file,
    write_one_file,
)
from dedupe.applying.outcome import Outcome, Stopped, order_stopped
from dedupe.applying.plan import Plan
from dedupe.applying.rewriting import CannotRewriteError, Part, write_without
from dedupe.applying.rewriting.compressors import CompressingSink
from dedupe.applying.scanned_paths import ScannedPaths, Stamp, open_folder
from dedupe.applying.staging import TREE, Staging
from dedupe.applying.streams import Streams
from dedupe.model.errors import ApplyError
from dedupe.model.report import Report
from dedupe.model.urls import file_name_of, is_url
from dedupe.sources.files.names import readable_name
from dedupe.sources.files.system_errors import describe_error
from dedupe.sources.formats.recognition import recognise_source
from dedupe.sources.records.removal import Sink
from dedupe.sources.unpack.compression import codec_of_name

_SHARDS = (".parquet", ".arrow")


def write_output(
    report: Report,
    plan: Plan,
    destination: str,
    *,
    makes_links: bool = False,
    streams: Streams | None = None,
    standard_output: Sink | None = None,
) -> Outcome:
    """Write a corpus without its dropped documents.

    :param destination: a folder, or a file; ``-`` for standard output
    :param makes_links: whether unchanged files are hard-linked instead of copied
    :param streams: what was kept of standard input and pipes
    :param standard_output: where ``-`` is written to
    :raises ApplyError: if the destination is taken or cannot be written, or the corpus changes
        while it is read; then nothing was written (but to standard output)
    """
    documents = CurrentDocuments(report, streams)
    paths = documents.scanned_paths
    if not paths.named:
        raise ApplyError("the report is of texts in memory, so there is no file to write anew")
    _refuse_urls(paths, destination, makes_links)
    if takes_new_form(documents, destination):
        if makes_links:
            raise ApplyError(f"{destination}: holds no whole files to link to; leave out --link")
        return _write_one_file(report, plan, documents, destination, standard_output)
    destination = _choose_destination(paths, destination)
    with Staging(destination) as staging:
        files = list_files(report, documents)
        checked = documents.check(plan.drops)
        writer = _Writer(report, documents, files, makes_links)
        dropped = writer.write(checked.drops, staging.folder)
        _refuse_changed(documents)
        staging.publish()
    return _conclude(
        report,
        plan,
        documents,
        dropped,
        destination=readable_name(destination),
        stopped=order_stopped([*checked.stopped, *files.stopped, *writer.stopped]),
        gone=tuple(checked.gone),
        file_count=writer.file_count,
        byte_count=writer.byte_count,
        notes=(*files.notes, *writer.notes, *paths.note_inside(destination)),
    )


def takes_new_form(documents: CurrentDocuments, destination: str) -> bool:
    """Whether a corpus becomes one file that is not simply its only file without some documents."""
    if not is_one_file(documents, destination):
        return False
    paths = documents.scanned_paths
    if destination == STANDARD_OUTPUT or not _is_file(paths) or paths.is_stream(paths.named[0]):
        return True
    return _forms_of_name(destination) != _forms_of_name(paths.named[0])


def find_losses(report: Report, documents: CurrentDocuments, destination: str) -> tuple[Doubt, ...]:
    """What a destination would not hold of the corpus.

    :raises ApplyError: if its form cannot hold it at all
    """
    if not takes_new_form(documents, destination):
        return ()
    planned = plan_one_file(report, documents, destination)
    if planned.keeps_bytes:
        return ()
    return find_losses_of_form(report, documents, planned.sources)


def _write_one_file(
    report: Report,
    plan: Plan,
    documents: CurrentDocuments,
    destination: str,
    standard_output: Sink | None,
) -> Outcome:
    """Write a corpus as one file."""
    planned = plan_one_file(report, documents, destination)
    checked = documents.check(plan.drops)
    before = dict(documents.stamps)
    write = partial(write_one_file, report, documents, checked.drops, planned)
    if destination == STANDARD_OUTPUT:
        if standard_output is None:
            raise ApplyError("-: name a file or a folder")
        counting = CompressingSink(standard_output, None)
        remarks, size = write(counting), counting.tell()
        _refuse_changed(documents, before, "so what was written is not whole")
    else:
        with Staging(destination) as staging:
            with create_file(TREE, staging.folder) as new:
                remarks = write(new)
                new.finish(None, keeps_time=False)
            _refuse_changed(documents, before)
            staging.publish()
        size = new.size
        remarks = (*remarks, *documents.scanned_paths.note_inside(destination))
    return _conclude(
        report,
        plan,
        documents,
        checked.drops,
        destination=readable_name(destination),
        stopped=order_stopped(checked.stopped),
        gone=tuple(checked.gone),
        file_count=1,
        byte_count=size,
        notes=remarks,
    )


def _conclude(
    report: Report, plan: Plan, documents: CurrentDocuments, dropped: Sequence[Drop], **more: Any
) -> Outcome:
    return Outcome(
        action="output",
        document_count=report.corpus.document_count,
        dropped=tuple(map(documents.describe, dropped)),
        protected=plan.protected,
        alone=plan.alone,
        keeping=plan.keeping,
        chosen=plan.chosen,
        **more,
    )


def _refuse_changed(
    documents: CurrentDocuments, before: Mapping[str, Stamp] | None = None, what: str = ""
) -> None:
    """Refuse a corpus that changed while it was read.

    :param before: stamps of files that were opened before, and perhaps again
    :raises ApplyError: if it did
    """
    changed = [path for path in documents.stamps if not documents.is_unchanged(path)]
    changed += [path for path, stamp in (before or {}).items() if documents.stamps[path] != stamp]
    if changed:
        raise _ChangedError(min(changed), what or "so nothing was written")


class _ChangedError(ApplyError):
    """A file changed while the corpus was read."""

    def __init__(self, path: str, what: str = "so nothing was written") -> None:
        super().__init__(
            f"{readable_name(path)}: changed while it was read, {what}; "
            "run it again when the corpus is at rest"
        )


def _refuse_urls(paths: ScannedPaths, destination: str, makes_links: bool) -> None:
    """Refuse what cannot be done at URLs.

    :raises ApplyError: if the destination is at a URL, or links to files at one are asked for
    """
    if is_url(destination):
        told = "is at a URL; write to a folder here, and copy that there"
        raise ApplyError(f"{readable_name(destination)}: {told}")
    if makes_links and (far := next(filter(is_url, paths.named), "")):
        told = "is at a URL, which takes no links; leave out --link"
        raise ApplyError(f"{readable_name(far)}: {told}")


def _is_file(paths: ScannedPaths) -> bool:
    """Whether just one file was scanned, so that a file is to be written."""
    return len(paths.named) == 1 and not paths.folders


def _choose_destination(paths: ScannedPaths, destination: str) -> str:
    """The path to write: for a file, ``destination`` may be an empty folder to put it in."""
    if not _is_file(paths):
        return destination
    (path,) = paths.named
    if os.path.isdir(destination) and not os.listdir(destination):
        return os.path.join(destination, os.path.basename(file_name_of(path)))
    if _forms_of_name(destination) != _forms_of_name(path) and not os.path.lexists(destination):
        told = "the file is written in the form that it has"
        raise ApplyError(f"{destination}: {told}, so its name must end as that of {path}")
    return destination


def _forms_of_name(path: str) -> tuple[str, str]:
    """The codec and the format that the ending of a name stands for."""
    codec = codec_of_name(file_name_of(path))
    return codec.name if codec else "", recognise_source(file_name_of(path), "auto")


class _Writer:
    """Writes all files of a corpus.

    :ivar stopped: documents that had to stay, since their file could not be written without them
    """

    def __init__(
        self, report: Report, documents: CurrentDocuments, files: CorpusFiles, makes_links: bool
    ) -> None:
        self.stopped: list[Stopped] = []
        self.notes: list[str] = []
        self.file_count = 0
        self.byte_count = 0
        self._settings = report.config
        self._documents = documents
        self._files = files
        self._makes_links = makes_links
        self._rewritten: list[str] = []
        self._salt = ""

    def write(self, drops: Sequence[Drop], folder: int) -> list[Drop]:
        """Write everything but these documents as ``tree`` in an open folder.

        :returns: the drops that were done
        :raises ApplyError: if a single file cannot be written
        """
        by_path: dict[str, list[Drop]] = {}
        for drop in drops:
            by_path.setdefault(self._documents.path(drop.id), []).append(drop)
        self._salt = xxhash.xxh3_64_hexdigest("\0".join(sorted(drop.id for drop in drops)).encode())
        is_file = _is_file(self._documents.scanned_paths)
        if not is_file:
            os.mkdir(TREE, dir_fd=folder)
        data = [path for path in self._files.targets if path not in self._files.cards]
        for path in [*data, *sorted(self._files.cards)]:
            target = (TREE,) if is_file else (TREE, *self._files.targets[path])
            self._write_file(path, by_path.get(path, []), target, folder)
        if is_file and not self.file_count:
            raise ApplyError(f"{self.stopped[0].id}: {self.stopped[0].detail}")
        kept = {stopped.id for stopped in self.stopped}
        return [drop for drop in drops if drop.id not in kept]

    def _write_file(
        self, path: str, drops: Sequence[Drop], target: tuple[str, ...], folder: int
    ) -> None:
        if any(self._documents.is_whole_file(drop.id) for drop in drops):
            return
        try:
            file = self._documents.scanned_paths.open(path)
        except OSError as error:
            if path in self._documents.stamps:
                raise _ChangedError(path) from None
            told = f"it cannot be read: {describe_error(error)}"
            self.stopped.append(Stopped(readable_name(path), told))
            return
        with file, open_folder(folder, target[:-1], make=True) as into:
            stamp = self._documents.scanned_paths.stamp_of(path, file)
            if path in self._documents.stamps and not self._documents.is_current(path, stamp):
                raise _ChangedError(path)
            is_linked = self._documents.scanned_paths.is_linked(path)
            is_copied = bool(drops) or path in self._files.cards or is_linked
            if self._makes_links and not is_copied:
                self._link(path, stamp, target[-1], into)
            else:
                with create_file(target[-1], into) as new:
                    self._write_content(path, file, drops, new)
                if self._documents.scanned_paths.stamp_of(path, file) != stamp:
                    raise _ChangedError(path)
        self.file_count += 1

    def _write_content(
        self, path: str, file: BinaryIO, drops: Sequence[Drop], new: NewFile
    ) -> None:
        is_changed = bool(drops) and self._write_without(path, file, drops, new)
        if not is_changed and self._describes_rewritten(path):
            is_changed = self._write_card(path, file, new)
        if not is_changed:
            copy_content(file, new)
        status = None if is_url(path) else os.fstat(file.fileno())
        new.finish(status, keeps_time=not is_changed)
        self.byte_count += new.size

    def _write_without(
        self, path: str, file: BinaryIO, drops: Sequence[Drop], new: NewFile
    ) -> bool:
        """Write a file without some documents; false if that cannot be done."""
        parts = [Part(*located) for drop in drops if (located := self._documents.locate(drop.id))]
        try:
            write_without(file, parts, new, self._settings)
        except CannotRewriteError as error:
            told = f"its file cannot be written without it: {error}"
            self.stopped += [Stopped(drop.id, told) for drop in drops]
            new.begin_again()
            return False
        self._rewritten.append(path)
        return True

    def _describes_rewritten(self, path: str) -> bool:
        """Whether a file is the card of shards that have fewer rows now."""
        if path not in self._files.cards:
            return False
        below = os.path.join(os.path.dirname(path), "")
        return any(each.startswith(below) and each.endswith(_SHARDS) for each in self._rewritten)

    def _write_card(self, path: str, file: BinaryIO, new: NewFile) -> bool:
        data = file.read()
        updated = update_card(path, data, self._salt)
        if updated == data:
            return False
        new.write(updated)
        self.notes.append(f"{readable_name(path)}: what it told of the rows that went was left out")
        return True

    def _link(self, path: str, stamp: Stamp, name: str, into: int) -> None:
        try:
            with self._documents.scanned_paths.parent(path) as (folder, old_name):
                os.link(old_name, name, src_dir_fd=folder, dst_dir_fd=into, follow_symlinks=False)
        except OSError as error:
            told = "it is on another file system" if error.errno == errno.EXDEV else error.strerror
            raise ApplyError(
                f"{readable_name(path)}: cannot be hard-linked: {told}; leave out --link"
            ) from None
        linked = Stamp.of(os.stat(name, dir_fd=into, follow_symlinks=False))
        if not linked.is_same_content(stamp):
            raise _ChangedError(path)
        self._documents.note_link(stamp, linked)
        self.byte_count += linked.size
