"""Dropping documents that stand in others, on top of the plan for duplicates.

A contained document goes only for a document that stays, that contains it by a pair of its own in
the report, and that is decided already: what contains is decided before what it contains. So none
goes through a chain (A in B, B in C, where A is not listed in C), and never both of a pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import msgspec

from dedupe.applying.drops import Drop
from dedupe.model.errors import ReportError
from dedupe.model.report import BridgeEnd, Member, Report, SharedText
from dedupe.report.graph import name_components
from dedupe.report.index import ReportIndex


class ContainedPlan(msgspec.Struct):
    """What becomes of the contained documents.

    :ivar drops: all drops by id: those of duplicates, some with another keeper, then the others
    :ivar protected: ids of contained documents that stay because they are protected
    :ivar alone: ids of those that stay because no document that contains them stays
    :ivar keeping: ids of those that stay in the place of duplicates which stand nowhere else
    """

    drops: dict[str, Drop]
    protected: list[str] = msgspec.field(default_factory=list)
    alone: list[str] = msgspec.field(default_factory=list)
    keeping: list[str] = msgspec.field(default_factory=list)


def drop_contained(
    report: Report, drops: Mapping[str, Drop], spared: set[str], asked: frozenset[str]
) -> ContainedPlan:
    """Plan to drop contained documents too.

    :param drops: the duplicates to drop, by id
    :param spared: ids of documents that are protected
    :param asked: the relations whose documents go
    :raises ReportError: if documents contain one another in a circle
    """
    return _Planner(report, drops, spared, asked).plan()


class _Planner:
    """Decides about sets of documents of equal tokens, those that contain others first."""

    def __init__(
        self, report: Report, drops: Mapping[str, Drop], spared: set[str], asked: frozenset[str]
    ) -> None:
        self._documents: dict[str, Member | BridgeEnd] = ReportIndex(report).documents
        equal = [
            (pair.left, pair.right) for pair in report.pairs() if pair.relation.has_equal_tokens
        ]
        self._set_of = name_components(self._documents.keys(), equal)
        self._sets: dict[str, list[str]] = {}
        for id in sorted(self._documents):
            self._sets.setdefault(self._set_of[id], []).append(id)
        self._containers: dict[str, dict[str, SharedText]] = {}
        for pair in report.contained:
            if asked.intersection([pair.relation]):
                found = self._containers.setdefault(self._set_of[pair.left], {})
                found[self._set_of[pair.right]] = pair
        self._undecided = set(self._containers)
        self._spared = spared
        self._made = ContainedPlan(dict(drops))
        self._kept_for: dict[str, list[str]] = {}
        for drop in drops.values():
            self._kept_for.setdefault(drop.keeper, []).append(drop.id)

    def plan(self) -> ContainedPlan:
        around = {name: sorted(found) for name, found in sorted(self._containers.items())}
        try:
            order = list(TopologicalSorter(around).static_order())
        except CycleError as error:
            names = ", ".join(map(repr, error.args[1]))
            raise ReportError(
                f"the report says that documents stand in each other: {names}"
            ) from None
        for name in order:
            if name in self._containers:
                self._decide(name)
                self._undecided.discard(name)
        return self._made

    def _decide(self, name: str) -> None:
        """Drop the documents of a set that are there still, if all that they stand for can go."""
        here = [
            id
            for id in self._sets[name]
            if id not in self._made.drops and not self._documents[id].is_reference
        ]
        self._made.protected += [id for id in here if id in self._spared]
        going = [id for id in here if id not in self._spared]
        if not going:
            return
        if self._find_keeper(name) is None:
            self._made.alone += going
            return
        for id in going:
            dependents = self._kept_for.get(id, [])
            keepers = [self._find_keeper(self._set_of[each]) for each in dependents]
            if any(keeper is None for keeper in keepers):
                self._made.keeping.append(id)
                continue
            for each in (*dependents, id):
                self._drop(each)

    def _drop(self, id: str) -> None:
        found = self._find_keeper(self._set_of[id])
        assert found is not None
        keeper, pair = found
        jaccard = pair.shared_count / (pair.left_count + pair.right_count - pair.shared_count)
        self._made.drops[id] = Drop(
            id, keeper, pair.relation, jaccard, self._documents[id].token_count,
            pair.left_containment,
        )  # fmt: skip

    def _find_keeper(self, name: str) -> tuple[str, SharedText] | None:
        """A document that stays and contains those of a set: that which has most of them."""
        found = [
            (-pair.left_containment, id != pair.right, id, pair)
            for container, pair in self._containers.get(name, {}).items()
            if container not in self._undecided and container != name
            for id in self._sets[container]
            if id not in self._made.drops
        ]
        if not found:
            return None
        _, _, id, pair = min(found, key=lambda each: each[:3])
        return id, pair
