"""Setting the files of dropped documents aside, and putting them back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress

import msgspec
import xxhash

from dedupe.applying.aside_folder import AsideFolder, is_content
from dedupe.applying.check import Checked, CurrentDocuments
from dedupe.applying.corpus_files import find_targets
from dedupe.applying.drops import Drop
from dedupe.applying.file_calls import PARTIAL, clear_partial, hash_content, move_file
from dedupe.applying.manifest import MANIFEST, Entry
from dedupe.applying.outcome import Outcome, Stopped, order_stopped
from dedupe.applying.plan import Plan
from dedupe.applying.scanned_paths import Stamp, open_folder, require_descriptors
from dedupe.applying.whole_files import (
    AT_THE_LAST_MOMENT,
    OutcomeBuilder,
    in_batches,
    refuse_records,
)
from dedupe.model.errors import ApplyError
from dedupe.model.report import Report
from dedupe.sources.files.names import readable_name
from dedupe.sources.files.system_errors import describe_error

_RESERVED = (MANIFEST, PARTIAL)


def set_aside(report: Report, plan: Plan, folder: str) -> Outcome:
    """Move the files of dropped documents below a folder, with a manifest.

    A killed run of the same plan is continued.

    :param folder: a new or empty folder
    :raises ApplyError: if the folder cannot be used, or a document is not a whole file
    """
    documents = CurrentDocuments(report)
    refuse_records(plan, documents)
    targets = find_targets(
        documents.scanned_paths, [documents.path(drop.id) for drop in plan.drops]
    )
    for path, target in targets.items():
        if target[0] in _RESERVED:
            raise ApplyError(f"{readable_name(path)}: has a name that the manifest needs")
    if not plan.drops:
        return OutcomeBuilder(report, plan, documents).conclude("move", folder)
    aside = AsideFolder.begin(folder, _hash_plan(report, plan))
    try:
        mover = _Mover(report, plan, documents, aside, targets)
        for batch in in_batches(plan.drops):
            mover.move(batch)
    finally:
        aside.close()
    return mover.builder.conclude("move", folder)


def undo(manifest: str) -> Outcome:
    """Put back all files in a manifest, and remove the manifest.

    :param manifest: its path
    :raises ApplyError: if it is not a manifest
    """
    require_descriptors()
    aside = AsideFolder.open_again(manifest)
    restored, stopped = 0, []
    try:
        for entry in reversed(aside.entries.values()):
            try:
                restored += _put_back(aside, entry)
            except OSError as error:
                told = f"it cannot be put back: {describe_error(error)}"
                stopped.append(Stopped(entry.id, told))
            except ApplyError as error:
                stopped.append(Stopped(entry.id, str(error)))
        if not stopped:
            _sync_folders(aside.entries.values())
            aside.clear()
    finally:
        aside.close()
    return Outcome(
        action="undo",
        destination=readable_name(aside.path),
        stopped=order_stopped(stopped),
        file_count=restored,
    )


def _sync_folders(entries: Iterable[Entry]) -> None:
    """Sync the folders of files that are back to the disk, before the manifest is removed."""
    for folder, names in {(entry.folder, entry.parts[:-1]) for entry in entries}:
        with open_folder(folder, names) as descriptor:
            os.fsync(descriptor)


def _hash_plan(report: Report, plan: Plan) -> str:
    """A hash that differs for another report, or a run in another folder."""
    paths = msgspec.json.encode([os.path.abspath(os.curdir), report.run.paths])
    drops = [[drop.id, drop.keeper] for drop in plan.drops]
    return xxhash.xxh3_128_hexdigest(paths + msgspec.json.encode(drops))


class _Mover:
    def __init__(
        self,
        report: Report,
        plan: Plan,
        documents: CurrentDocuments,
        aside: AsideFolder,
        targets: dict[str, tuple[str, ...]],
    ) -> None:
        self.builder = OutcomeBuilder(report, plan, documents)
        self._documents = documents
        self._aside = aside
        self._targets = targets

    def move(self, drops: Sequence[Drop]) -> None:
        """Check some documents, write their files to the manifest, and move them."""
        checked = self._documents.check(drops)
        self.builder.stopped += checked.stopped
        self._take_moved(checked, {drop.id: drop for drop in drops})
        entries = self._announce(checked.drops)
        for drop in checked.drops:
            problem = AT_THE_LAST_MOMENT
            if drop.id in entries:
                try:
                    problem = self._move(drop, entries[drop.id])
                except OSError as error:
                    problem = f"it cannot be moved: {describe_error(error)}"
            self.builder.note(drop, problem)

    def _take_moved(self, checked: Checked, drops: dict[str, Drop]) -> None:
        """Sort out the missing documents: a killed run may have set them aside."""
        for id in checked.gone:
            entry = self._aside.entries.get(id)
            holds = None if entry is None else self._aside.holds(entry)
            if entry is None or holds is None:
                self.builder.gone.append(id)
            elif holds:
                described = self._documents.describe(drops[id])
                moved = msgspec.structs.replace(described, byte_count=entry.size)
                self.builder.dropped.append(moved)
            else:
                detail = "it was set aside, and has changed there"
                self.builder.stopped.append(Stopped(id, detail))

    def _announce(self, drops: Sequence[Drop]) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for drop in drops:
            with suppress(OSError):
                entries[drop.id] = self._entry_of(drop)
        known = self._aside.entries
        self._aside.announce([each for id, each in entries.items() if known.get(id) != each])
        return entries

    def _entry_of(self, drop: Drop) -> Entry:
        path = self._documents.path(drop.id)
        split = self._documents.scanned_paths.split(path)
        with self._documents.scanned_paths.open(path) as file:
            return Entry(
                id=drop.id,
                keeper=drop.keeper,
                folder=os.path.abspath(split.folder),
                parts=split.parts,
                target=self._targets[path],
                size=os.fstat(file.fileno()).st_size,
                byte_hash=hash_content(file),
            )

    def _move(self, drop: Drop, entry: Entry) -> str:
        """Move one file; returns the reason if it stays, else an empty text."""
        documents, name = self._documents, entry.target[-1]
        victim, keeper = documents.path(drop.id), documents.path(drop.keeper)

        def may_go() -> bool:
            return documents.is_unchanged(victim) and documents.is_unchanged(keeper)

        with (
            documents.scanned_paths.parent(victim) as (folder, old_name),
            open_folder(self._aside.folder, entry.target[:-1], make=True) as into,
        ):
            clear_partial(into)
            try:
                went = move_file(old_name, folder, name, into, may_go)
            except FileExistsError:
                if not is_content(entry, into, name):
                    return f"{'/'.join(entry.target)} is taken by something else"
                went = may_go()  # the copy was made by a killed run
                if went:
                    os.unlink(old_name, dir_fd=folder)
            if not went:
                return AT_THE_LAST_MOMENT
            moved = Stamp.of(os.stat(name, dir_fd=into, follow_symlinks=False))
            if _is_moved(documents.stamps[victim], moved) and documents.is_unchanged(keeper):
                return ""
            move_file(name, into, old_name, folder, lambda: True)
            return AT_THE_LAST_MOMENT


def _is_moved(before: Stamp, after: Stamp) -> bool:
    """Whether a file is the moved one: itself, or its copy on another file system."""
    if before.device == after.device:
        return after.is_same_content(before)
    return before[2:4] == after[2:4]


def _put_back(aside: AsideFolder, entry: Entry) -> bool:
    """Put one file back; false if it was back already.

    :raises ApplyError: if another file would be lost
    """
    holds = aside.holds(entry)
    name = entry.parts[-1]
    with open_folder(entry.folder, entry.parts[:-1], make=holds is not None) as folder:
        clear_partial(folder)
        try:
            is_back = is_content(entry, folder, name)
        except FileNotFoundError:
            is_back = None
        if holds is None:
            if is_back is None:
                raise ApplyError("it is neither where it was nor where it was set aside")
            return False
        if is_back is False:
            raise ApplyError("something else stands where it was; it stays set aside")
        with open_folder(aside.folder, entry.target[:-1]) as source:
            if is_back:  # copied or linked back by a killed run
                os.unlink(entry.target[-1], dir_fd=source)
            elif not holds:
                raise ApplyError("it has changed since it was set aside, and stays there")
            else:
                move_file(entry.target[-1], source, name, folder, lambda: True)
    return not is_back
