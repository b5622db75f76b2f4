"""Deleting the files of dropped documents, and what that shares with setting them aside.

Both handle whole files, a few at a time, each after a last check of it and its keeper.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dedupe.applying.check import CurrentDocuments
from dedupe.applying.drops import Drop
from dedupe.applying.file_calls import open_at, write_new
from dedupe.applying.outcome import Action, Dropped, Outcome, Stopped, order_stopped
from dedupe.applying.plan import Plan
from dedupe.applying.scanned_paths import Stamp
from dedupe.model.errors import ApplyError
from dedupe.model.report import Report
from dedupe.model.urls import is_url
from dedupe.sources.files.names import readable_name
from dedupe.sources.files.system_errors import describe_error

_BATCH = 256
"""The number of files hashed before they are removed: few, so that the check is recent."""

AT_THE_LAST_MOMENT = "it or its keeper changed at the last moment"


def refuse_records(plan: Plan, documents: CurrentDocuments) -> None:
    """Refuse a plan that drops records, since removing these takes rewriting their files.

    :raises ApplyError: if the plan drops a record, or a member of an archive, or what is at a URL
    """
    if far := next(filter(is_url, documents.scanned_paths.named), ""):
        raise ApplyError(
            f"{readable_name(far)}: is at a URL, where nothing is moved or deleted; "
            "--output writes the corpus without its duplicates to a folder here"
        )
    for drop in plan.drops:
        if not documents.is_whole_file(drop.id):
            raise ApplyError(
                f"{drop.id}: is no file of its own, so it cannot be moved or deleted; "
                "--output writes the corpus without it"
            )


def in_batches(drops: Sequence[Drop]) -> Iterator[Sequence[Drop]]:
    """The drops in order, a few at a time."""
    for begin in range(0, len(drops), _BATCH):
        yield drops[begin : begin + _BATCH]


class OutcomeBuilder:
    """Collects the outcome of a run that moves or deletes files, drop by drop."""

    def __init__(self, report: Report, plan: Plan, documents: CurrentDocuments) -> None:
        self.dropped: list[Dropped] = []
        self.stopped: list[Stopped] = []
        self.gone: list[str] = []
        self._report = report
        self._plan = plan
        self._documents = documents

    def note(self, drop: Drop, problem: str) -> None:
        """Record that a document was removed, or (with a problem) that it stays."""
        if problem:
            self.stopped.append(Stopped(drop.id, problem))
        else:
            self.dropped.append(self._documents.describe(drop))

    def conclude(self, action: Action, destination: str = "") -> Outcome:
        inside = self._documents.scanned_paths.note_inside(destination) if destination else ()
        return Outcome(
            action=action,
            destination=readable_name(destination),
            document_count=self._report.corpus.document_count,
            dropped=tuple(self.dropped),
            stopped=order_stopped(self.stopped),
            gone=tuple(self.gone),
            protected=self._plan.protected,
            alone=self._plan.alone,
            keeping=self._plan.keeping,
            file_count=len(self.dropped),
            notes=inside,
        )


def delete_files(report: Report, plan: Plan) -> Outcome:
    """Delete the files of dropped documents.

    :raises ApplyError: if a document is not a whole file
    """
    documents = CurrentDocuments(report)
    refuse_records(plan, documents)
    builder = OutcomeBuilder(report, plan, documents)
    for batch in in_batches(plan.drops):
        checked = documents.check(batch)
        builder.stopped += checked.stopped
        builder.gone += checked.gone
        for drop in checked.drops:
            try:
                problem = _delete(drop, documents)
            except OSError as error:
                problem = f"it cannot be deleted: {describe_error(error)}"
            builder.note(drop, problem)
    return builder.conclude("delete")


def _delete(drop: Drop, documents: CurrentDocuments) -> str:
    """Delete one file; returns the reason if it stays, else an empty text.

    It is held open meanwhile: if its keeper disappears at the same moment, it is written again.
    """
    victim, keeper = documents.path(drop.id), documents.path(drop.keeper)
    with (
        documents.scanned_paths.parent(victim) as (folder, name),
        open_at(name, folder) as file,
    ):
        is_same = documents.is_current(victim, Stamp.of(os.fstat(file.fileno())))
        if not is_same or not documents.is_unchanged(keeper) or not documents.is_unchanged(victim):
            return AT_THE_LAST_MOMENT
        os.unlink(name, dir_fd=folder)
        if documents.is_unchanged(keeper):
            return ""
        write_new(file, name, folder)
        return AT_THE_LAST_MOMENT
