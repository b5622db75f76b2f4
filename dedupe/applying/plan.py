"""The plan: which documents a report says to drop, each with the duplicate of it that stays.

The plan is made from the report alone. A document is dropped only for a *keeper*: a document that
stays, and of which it is a verified duplicate. The keeper is its representative. Only the linked
members of a single-linkage cluster are no duplicates of theirs; for them see
:func:`_choose_for_linked`. A member stays if its relation does not allow to drop it. Where a person
has decided that the representative goes, the members of its cluster are treated as linked ones.
Documents that stand in others go only if a user asks for it (:mod:`dedupe.applying.contained`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from dedupe.applying.contained import drop_contained
from dedupe.applying.drops import Drop
from dedupe.model.errors import InputError, ReportError
from dedupe.model.relations import Relation, relation_of_equal
from dedupe.model.report import Cluster, DuplicatePair, Member, Report
from dedupe.report.checks import (
    check_members,
    check_near_pairs,
    check_relations,
    check_shared_texts,
    find_contradiction,
)
from dedupe.report.decision_file import Choice, HashPair, hash_pair
from dedupe.report.decisions import NO_CHOICES
from dedupe.report.graph import name_components
from dedupe.report.judged import part_different
from dedupe.sources.discovery.patterns import PatternSet


class Plan(msgspec.Struct, frozen=True):
    """The documents to drop, and those that stay for a special reason.

    :param drops: in the order of the report
    :param protected: ids of documents that would be dropped if they were not protected
    :param alone: ids of documents that stay because no duplicate of theirs stays, or none that
        contains them
    :param keeping: ids of contained documents that stay in the place of duplicates of theirs
    :param chosen: ids of documents that stay because a person decided so
    """

    drops: tuple[Drop, ...]
    protected: tuple[str, ...]
    alone: tuple[str, ...]
    keeping: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()


def plan_drops(
    report: Report,
    protect: Sequence[str] = (),
    also: Collection[str] = (),
    choices: Mapping[str, Choice] = NO_CHOICES,
    different: Collection[HashPair] = (),
) -> Plan:
    """Make the plan of a report.

    :param protect: patterns (:mod:`dedupe.sources.discovery.patterns`) of ids and files that stay
    :param also: relations of other documents that go too, of ``relations.DROPPED_IF_ASKED``
    :param choices: what a person decided about members, by id (:mod:`dedupe.report.decisions`)
    :param different: pairs of texts that a person judged to be no copies, by their content hashes,
        the smaller one first: neither goes for the other
    :raises ReportError: if the report contradicts itself, so that a keeper might be dropped
    :raises InputError: if by the choices no document of a cluster stays
    """
    if problem := find_contradiction(report):
        raise ReportError(problem)
    check_members(report)
    check_relations(report)
    check_shared_texts(report)
    report = part_different(report, different)
    patterns = PatternSet(protect)
    drops: list[Drop] = []
    protected: list[str] = []
    alone: list[str] = []
    for cluster in report.clusters:
        chosen = {m.id: choices[m.id] for m in cluster.members if m.id in choices}
        members = [
            member
            for member in cluster.members
            if not member.is_reference
            and (member.id != cluster.representative or chosen.get(member.id) == "drop")
        ]
        spared = {m.id for m in members if _is_protected(report, m.id, patterns)}
        protected += sorted(spared)
        spared |= {member.id for member in cluster.members if member.is_reference}
        spared |= {id for id, choice in chosen.items() if choice == "keep"}
        stays = spared | _find_staying_representative(cluster, spared, chosen)
        keepers = _choose_keepers(report, cluster, stays, chosen)
        found = {drop.id: drop for drop in _without_different(cluster, keepers, different)}
        drops += found.values()
        alone += [m.id for m in cluster.members if m.id not in stays and m.id not in found]
    kept = tuple(id for id, choice in choices.items() if choice == "keep")
    plan = Plan(tuple(drops), tuple(protected), tuple(alone), chosen=kept)
    if not also:
        return plan
    return _add_contained(report, plan, patterns, frozenset(also))


def _add_contained(report: Report, plan: Plan, patterns: PatternSet, also: frozenset[str]) -> Plan:
    """The plan with the contained documents that go too."""
    ends = {pair.left for pair in report.contained}
    spared = {id for id in ends if _is_protected(report, id, patterns)}
    spared |= {*plan.protected, *plan.chosen}
    found = drop_contained(report, {drop.id: drop for drop in plan.drops}, spared, also)
    return Plan(
        drops=tuple(found.drops.values()),
        protected=tuple(
            id
            for id in dict.fromkeys([*plan.protected, *found.protected])
            if id not in plan.chosen or id in plan.protected
        ),
        alone=tuple(
            id for id in dict.fromkeys([*plan.alone, *found.alone]) if id not in found.drops
        ),
        keeping=tuple(found.keeping),
        chosen=plan.chosen,
    )


def _without_different(
    cluster: Cluster, drops: Iterator[Drop], different: Collection[HashPair]
) -> Iterator[Drop]:
    """The drops but for those of a text for one that is different, of which equal words tell."""
    if not different:
        return drops
    hashes = {member.id: member.content_hash for member in cluster.members}
    return (
        drop for drop in drops if hash_pair(hashes[drop.id], hashes[drop.keeper]) not in different
    )


def _is_protected(report: Report, id: str, patterns: PatternSet) -> bool:
    if not patterns:
        return False
    located = report.locate(id)
    name = located[0].name if located is not None else id
    return patterns.matches_file(id) or patterns.matches_file(name)


def _find_staying_representative(
    cluster: Cluster, spared: set[str], chosen: Mapping[str, Choice]
) -> set[str]:
    """A set of the representative; an empty one if it goes by choice, and another one stays.

    :raises InputError: if it goes by choice, and nobody said what stays
    """
    if chosen.get(cluster.representative) != "drop":
        return {cluster.representative}
    if not spared:
        raise InputError(
            f"by the decisions {cluster.representative} goes, but no other document of its "
            f"cluster ({cluster.cluster_id[:12]}) is kept: decide which one"
        )
    return set()


def _choose_keepers(
    report: Report, cluster: Cluster, stays: set[str], chosen: Mapping[str, Choice]
) -> Iterator[Drop]:
    """The members of a cluster that go, each with its keeper.

    :param stays: ids of those that are known to stay
    """
    linked: list[Member] = []
    has_representative = cluster.representative in stays
    for member in cluster.members:
        if member.id in stays:
            continue
        if has_representative and member.relation.may_drop:
            kept, jaccard = cluster.representative, member.jaccard
            yield Drop(member.id, kept, member.relation, jaccard, member.token_count)
        elif not has_representative or member.relation.is_indirect:
            linked.append(member)
    if linked:
        if chosen:
            check_near_pairs(report, cluster)
        yield from _choose_for_linked(cluster, linked, stays, chosen)


def _choose_for_linked(
    cluster: Cluster, linked: list[Member], stays: set[str], chosen: Mapping[str, Choice]
) -> Iterator[Drop]:
    """Drop the linked members that have a duplicate which stays; keep the others.

    This is star clustering among the linked members, the most connected first. Afterwards no two
    documents that stay are duplicates, and none is dropped through a chain. Pairs name only the
    lead of documents with equal tokens, so *sets* of such documents are ordered and compared.

    :param chosen: what was decided: documents that should go are decided after the others, and
        those that are kept are preferred as keepers
    """
    last = {id for id, choice in chosen.items() if choice == "drop"}
    set_of = _name_sets(cluster)
    keepers = _find_keepers(cluster.pairs, set_of)
    counts = Counter(id for pair in cluster.pairs for id in (pair.left, pair.right))
    kept = {set_of[id]: id for id in sorted(stays, reverse=True)}
    sets: dict[str, list[Member]] = {}
    for member in linked:
        sets.setdefault(set_of[member.id], []).append(member)

    def order(name: str) -> tuple[bool, int, str]:
        should_go = all(member.id in last for member in sets[name])
        return should_go, -len(keepers.get(name, ())), name

    for name in sorted(sets, key=order):
        around = keepers.get(name, {})
        found = [
            (chosen.get(kept[other]) != "keep", -pair.jaccard, kept[other], pair.relation)
            for other, pair in around.items()
            if other in kept
        ]
        if name in kept or not found:
            keeper = kept.setdefault(name, _find_lead(counts, sets[name], last))
            jaccard, relation = -1.0, None
        else:
            _, jaccard, keeper, relation = min(found)
        for member in sets[name]:
            if member.id != keeper:
                told = relation or _relation_of_equal(cluster, member.id, keeper)
                yield Drop(member.id, keeper, told, -jaccard, member.token_count)


def _name_sets(cluster: Cluster) -> dict[str, str]:
    """The set of equal tokens of each document, named by its smallest id."""
    ids = {id for pair in cluster.pairs for id in (pair.left, pair.right)}
    ids.update(member.id for member in cluster.members)
    equal = [(pair.left, pair.right) for pair in cluster.pairs if pair.relation.has_equal_tokens]
    return name_components(ids, equal)


def _find_lead(counts: Mapping[str, int], members: Sequence[Member], last: Collection[str]) -> str:
    """The lead among documents of equal tokens: in most pairs, then with the smallest id.

    :param last: ids of documents that are no lead if there is another
    """
    return min((member.id for member in members), key=lambda id: (id in last, -counts[id], id))


def _find_keepers(
    pairs: Sequence[DuplicatePair], set_of: Mapping[str, str]
) -> dict[str, dict[str, DuplicatePair]]:
    """The possible keepers of each set: other sets, each with the pair that allows the drop.

    A document of the set may be dropped if one of the other set stays.
    """
    keepers: dict[str, dict[str, DuplicatePair]] = {}
    for pair in pairs:
        if pair.relation.may_drop and not pair.relation.has_equal_tokens:
            left, right = set_of[pair.left], set_of[pair.right]
            keepers.setdefault(left, {})[right] = pair
            if not pair.relation.is_directed:
                keepers.setdefault(right, {})[left] = pair
    return keepers


def _relation_of_equal(cluster: Cluster, id: str, other: str) -> Relation:
    hashes = {m.content_hash for m in cluster.members if m.id in (id, other)}
    return relation_of_equal(len(hashes) == 1)
