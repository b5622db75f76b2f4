"""What was done, or would be, and what was not: for people and programs alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from dedupe.model.relations import Relation

Action = Literal["nothing", "output", "move", "delete", "undo"]


class Dropped(msgspec.Struct, frozen=True):
    """A document that was dropped.

    :param path: of the file that it was, or was in
    :param keeper: id of the document that stays in its place
    :param relation: to the keeper, as is the Jaccard
    :param byte_count: of its text in UTF-8
    """

    id: str
    path: str
    keeper: str
    relation: Relation
    jaccard: float
    token_count: int
    byte_count: int


class Stopped(msgspec.Struct, frozen=True):
    """A document that stays, because it could not be dropped safely; or a file that is not there.

    :param detail: what stopped it, for people
    """

    id: str
    detail: str


class Outcome(msgspec.Struct, frozen=True):
    """What applying a report came to.

    :param destination: what was written, or where files were set aside
    :param document_count: documents that the scan compared
    :param dropped: in the order of the report
    :param stopped: what could not be done
    :param gone: ids of documents that were to be dropped and are not there any more
    :param protected: ids of documents that stay because they are protected
    :param alone: ids of linked documents that stay because no duplicate of theirs does
    :param file_count: files written, set aside or deleted
    :param byte_count: of all files written
    :param notes: what else a user should know
    """

    action: Action
    destination: str = ""
    document_count: int = 0
    dropped: tuple[Dropped, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    gone: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
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
    """Each once, by id."""
    return tuple(sorted(set(stopped), key=lambda each: (each.id, each.detail)))
