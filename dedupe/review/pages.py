"""Pages of clusters with the decisions about them, and the decisions that pages send."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from typing import Any, Final, Literal
from urllib.parse import urlencode

import msgspec

from dedupe.model.errors import InputError
from dedupe.model.report import Cluster, Member
from dedupe.renderers.html.review_page import ReviewPage
from dedupe.report.decision_file import (
    AnyDecision,
    Decision,
    Decisions,
    PairDecision,
    hash_pair,
)
from dedupe.review.opened import OpenedReport
from dedupe.review.saving import Change, DecisionStore, now

PAGE_CLUSTERS: Final = 10
MOST_CHANGES: Final = 10_000


class Asked(msgspec.Struct, frozen=True):
    """What a page is asked for.

    :param page: from 1
    :param only_open: whether only clusters are shown of whose texts nothing is decided
    """

    page: int = 1
    query: str = ""
    only_open: bool = False

    def address(self, page: int) -> str:
        """The address of another page, relative to this one."""
        named = {"page": str(page), "q": self.query, "open": "1" if self.only_open else ""}
        return "?" + urlencode({name: value for name, value in named.items() if value})


class SentChange(msgspec.Struct, frozen=True):
    """A change as a page sends it: of a document (by id and hash), or of a pair (by its hashes).

    :param place: the number of the cluster
    :param choice: none: the decision is taken back
    """

    place: int
    choice: Literal["keep", "drop", "same", "different", "unsure"] | None
    id: str = ""
    content_hash: str = ""
    content_hashes: tuple[str, str] | None = None


class Sent(msgspec.Struct, frozen=True):
    """What a page sends."""

    changes: tuple[SentChange, ...]


class Review:
    """A report, the file of decisions about it, and how pages show both.

    :param blind: whether pages hold neither scores nor what we would keep
    :param by: who decides; empty: that is not told
    """

    def __init__(
        self, opened: OpenedReport, store: DecisionStore, blind: bool = False, by: str = ""
    ) -> None:
        self._opened = opened
        self._store = store
        self._blind = blind
        self._by = by
        self._page = ReviewPage(opened.report, blind)
        self._drawing = threading.Lock()

    @property
    def policy(self) -> str:
        """The content security policy of all pages."""
        return self._page.assets.policy

    def draw(self, asked: Asked) -> bytes:
        """The page that is asked for, or the last one if there are not so many."""
        with self._drawing:
            decisions = self._store.read()
            numbers = self._choose(asked, decisions)
            last_page = max(1, -(-len(numbers) // PAGE_CLUSTERS))
            page = min(max(asked.page, 1), last_page)
            first = (page - 1) * PAGE_CLUSTERS
            shown = {
                number: self._opened.cluster(number)
                for number in numbers[first : first + PAGE_CLUSTERS]
            }
            return self._page.write(
                [*shown.values()],
                self._opened.texts_of([*shown.values()]),
                name=os.path.basename(self._opened.path),
                query=asked.query,
                only_open=asked.only_open,
                first=min(first + 1, len(numbers)),
                last=first + len(shown),
                total=len(numbers),
                decided=len(decisions.everything),
                file=self._store.path,
                before=asked.address(page - 1) if page > 1 else "",
                after=asked.address(page + 1) if page < last_page else "",
                places=json.dumps({each.cluster_id: number for number, each in shown.items()}),
                made=json.dumps(_made_in([*shown.values()], decisions)),
            )

    def decide(self, data: bytes) -> int:
        """Save what a page sent; it is on the disk when this returns.

        :return: the number of all decisions
        :raises InputError: if it is not about this report, or cannot be saved
        """
        try:
            sent = msgspec.json.decode(data, type=Sent)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise InputError(f"no decisions: {error}") from None
        if len(sent.changes) > MOST_CHANGES:
            raise InputError("too many decisions at once")
        at = now()
        return self._store.change([self._check(change, at) for change in sent.changes])

    def _choose(self, asked: Asked, decisions: Decisions) -> Sequence[int]:
        """The numbers of the clusters that are asked for."""
        query = asked.query.strip()
        numbers = self._opened.find(query) if query else range(len(self._opened))
        if not asked.only_open:
            return numbers
        known = {each.content_hash for each in decisions.decisions}
        known.update(hash for each in decisions.pairs for hash in each.content_hashes)
        wanted = numbers if query else range(len(self._opened))
        hashes = dict(enumerate(self._opened.hashes())) if known else {}
        return [number for number in wanted if known.isdisjoint(hashes.get(number, ()))]

    def _check(self, change: SentChange, at: str) -> Change:
        """A change as the store takes it.

        :raises InputError: if the cluster has no such document or pair
        """
        if not 0 <= change.place < len(self._opened):
            raise InputError("the report has no such cluster")
        members = self._opened.cluster(change.place).members
        if change.content_hashes is not None:
            return self._check_pair(change, members, at)
        found = [m for m in members if (m.id, m.content_hash) == (change.id, change.content_hash)]
        if not found:
            raise InputError("the cluster has no such document")
        if found[0].is_reference and change.choice == "drop":
            raise InputError("nothing of reference documents goes")
        if change.choice not in ("keep", "drop", None):
            raise InputError("of a document the choice is keep or drop")
        made: AnyDecision = Decision(
            change.content_hash, change.id, change.choice or "keep", self._by, at
        )
        return Change(made.key, made if change.choice else None)

    def _check_pair(self, change: SentChange, members: Sequence[Member], at: str) -> Change:
        assert change.content_hashes is not None
        ids = {member.content_hash: member.id for member in reversed(members)}
        left, right = hash_pair(*change.content_hashes)
        if left == right or left not in ids or right not in ids:
            raise InputError("the cluster has no such pair")
        if change.choice not in ("same", "different", "unsure", None):
            raise InputError("of a pair the choice is same, different or unsure")
        made: AnyDecision = PairDecision(
            (left, right), change.choice or "unsure", (ids[left], ids[right]), self._by, at
        )
        return Change(made.key, made if change.choice else None)


def _made_in(clusters: Sequence[Cluster], decisions: Decisions) -> dict[str, Any]:
    """What is decided of the documents and pairs of some clusters, as scripts of pages have it."""
    made: dict[str, Any] = {"choices": [], "judged": []}
    chosen = {(each.id, each.content_hash): each.choice for each in decisions.decisions}
    for cluster in clusters:
        has_fixed = any(member.is_reference for member in cluster.members)
        kept = cluster.members[0]
        for member in cluster.members:
            if choice := chosen.get((member.id, member.content_hash)):
                facts = {
                    "choice": choice,
                    "hash": member.content_hash,
                    "cluster": cluster.cluster_id,
                    "isKept": member.id == kept.id,
                    "hasFixed": has_fixed,
                }
                made["choices"].append([member.id, facts])
            pair = hash_pair(kept.content_hash, member.content_hash)
            if judged := decisions.judged.get(pair):
                ids = [kept.id, member.id]
                facts = {
                    "choice": judged,
                    "hashes": pair,
                    "ids": ids if pair[0] == kept.content_hash else ids[::-1],
                    "cluster": cluster.cluster_id,
                }
                made["judged"].append([" ".join(pair), facts])
    return made
