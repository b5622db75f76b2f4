"""The outcome of applying a report, for people and programs: what was done, and what was not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from dedupe.model.relations import Relation

Action = Literal["nothing", "output", "move", "delete", "undo"]


class Dropped(msgspec.Struct, frozen=True):
    """A document that was dropped.

    :param path: of the file that held it
    :param keeper: id of the document that stays instead
    :param relation: to the keeper
    :param jaccard: to the keeper
    :param byte_count: of its text in UTF-8
    :param containment: of a contained document: the share of its shingles that the keeper has
    """

    id: str
    path: str
    keeper: str
    relation: Relation
    jaccard: float
    token_count: int
    byte_count: int
    containment: float | None = None


class Stopped(msgspec.Struct, frozen=True):
    """A document that could not be dropped safely, or a file that is missing.

    :param detail: the reason, for people
    """

    id: str
    detail: str


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of applying a report.

    :param destination: the file or folder that was written, or the folder of files set aside
    :param document_count: documents that the scan compared
    :param dropped: in the order of the report
    :param stopped: drops that could not be done, and missing files
    :param gone: ids of documents to be dropped that are not there any more
    :param protected: ids of documents that stay because they are protected
    :param alone: ids of documents that stay because no duplicate of theirs stays, or none that
        contains them
    :param keeping: ids of contained documents that stay in the place of duplicates of theirs
    :param chosen: ids of documents that stay because a decision says so
    :param file_count: files written, set aside, put back or deleted
    :param byte_count: of all files written
    :param notes: further remarks for people
    """

    action: Action
    destination: str = ""
    document_count: int = 0
    dropped: tuple[Dropped, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    gone: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    keeping: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    file_count: int = 0
    byte_count: int = 0
    notes: tuple[str, ...] = ()

    @property
    def saved_byte_count(self) -> int:
        return sum(each.byte_count for each in self.dropped)

    @property
    def saved_token_count(self) -> int:
        return sum(each.token_count for each in self.dropped)


def order_stopped(stopped: Sequence[Stopped]) -> tuple[Stopped, ...]:
    """Without repetitions, ordered by id."""
    return tuple(sorted(set(stopped), key=lambda each: (each.id, each.detail)))
