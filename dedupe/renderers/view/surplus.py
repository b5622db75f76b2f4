"""What is told one by one of a report: each surplus document, the most severe first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from heapq import nsmallest
from typing import Final

import msgspec

from dedupe.gate.verdict import NewDuplicate
from dedupe.model.formats import counts_lines
from dedupe.model.relations import Relation
from dedupe.model.report import Cluster, Member, Report
from dedupe.renderers.view.figures import format_jaccard, format_percent

STANDARD_INPUT: Final = "stdin"
"""How standard input is called where a file must be named."""


class Finding(msgspec.Struct, frozen=True):
    """A document that could go.

    :param member: as it relates to ``kept``
    :param kept: the document that stays
    :param cluster_id: empty where the document is in no cluster, but in a bridge
    :param is_new: whether a gate calls it new; none where there was no gate
    :param is_order_known: whether the gate knows that it came after ``kept``, or with it
    """

    member: Member
    kept: str
    cluster_id: str
    is_new: bool | None
    is_order_known: bool = True


class Place(msgspec.Struct, frozen=True):
    """A file and a line in it.

    :param path: with ``/`` between its parts
    :param line: of the record in a file of JSON Lines, else 1
    """

    path: str
    line: int


def worst_findings(findings: Iterable[Finding], count: int) -> list[Finding]:
    """At most so many: new ones first, then by relation, Jaccard (descending) and id."""
    return nsmallest(count, findings, key=_severity)


def list_findings(report: Report, new: Mapping[str, NewDuplicate] | None) -> Iterator[Finding]:
    """Each surplus document; and what a gate calls new, which may be a representative by now.

    Of a new representative the document that it is a copy of stays in its place. Where it is not
    known which of two came later, both are told.

    :param new: by id; none where there was no gate
    """
    new_ones = new or {}
    doubted = doubted_copies(new_ones.values())
    for cluster in report.clusters:
        leader = new_ones.get(cluster.representative)
        stays = leader.copy_of if leader else cluster.representative
        for member in cluster.members:
            if member.id in new_ones:
                yield _arrival(member, new_ones[member.id])
            elif member.id in doubted:
                yield _arrival(member, doubted[member.id])
            elif member.id != stays and not member.is_reference:
                if leader and not _has_old_copy(cluster, member.id, new_ones):
                    continue  # (it duplicates only what came later)
                is_new = None if new is None else False
                yield Finding(member, cluster.representative, cluster.cluster_id, is_new)
    for end in report.bridge_ends:
        if told := new_ones.get(end.id) or doubted.get(end.id):
            member = Member(end.id, Relation.NEAR, 0.0, 0.0, end.token_count, end.content_hash)
            yield _arrival(member, told)


def _has_old_copy(cluster: Cluster, id: str, new: Mapping[str, NewDuplicate]) -> bool:
    """Whether a document is in a pair of the cluster with one that a gate does not call new."""
    return any(
        (pair.left == id and pair.right not in new) or (pair.right == id and pair.left not in new)
        for pair in cluster.pairs
    )


def doubted_copies(new: Iterable[NewDuplicate]) -> dict[str, NewDuplicate]:
    """Documents that may be the new ones themselves, each once, as copies of the others; by id."""
    new = [*new]
    named = {each.id for each in new}
    doubted: dict[str, NewDuplicate] = {}
    for each in new:
        if not each.is_order_known and each.copy_of not in named:
            turned = msgspec.structs.replace(
                each,
                id=each.copy_of,
                copy_of=each.id,
                containment=each.copy_containment,
                copy_containment=each.containment,
            )
            doubted.setdefault(each.copy_of, turned)
    return doubted


def _arrival(member: Member, new: NewDuplicate) -> Finding:
    """A new document, as it relates to the one already there that it is most alike."""
    related = msgspec.structs.replace(
        member,
        relation=new.relation,
        jaccard=new.jaccard,
        representative_containment=new.copy_containment,
    )
    return Finding(related, new.copy_of, new.cluster_id, True, new.is_order_known)


def _severity(finding: Finding) -> tuple[bool, int, float, str]:
    member = finding.member
    return not finding.is_new, member.relation.rank, -member.jaccard, member.id


def describe_relation(member: Member, kept: str) -> str:
    """A sentence on how a document relates to the one that is kept, which it calls ``kept``."""
    relation = member.relation
    if relation.has_equal_text:
        return f"The same text as {kept}"
    if relation.has_equal_tokens:
        return f"The same words as {kept}, with other punctuation, spacing or case"
    likeness = f"Jaccard {format_jaccard(member.jaccard)}"
    if relation.is_indirect:
        return f"In one cluster with {kept} by way of others ({likeness}), but no duplicate of it"
    if not relation.is_duplicate:
        return f"In one cluster with {kept} ({relation}, {likeness}), but no duplicate of it"
    share = format_percent(member.representative_containment)
    told = f"{relation.heading} of {kept}: {likeness}, with {share} of its text"
    return told.replace("\u00a0", " ")


def find_place(report: Report, id: str, folder: str) -> Place:
    """Where a document stands, for programs that know files and lines only.

    Of a member of an archive it is the archive; of a document that came from no file, its id.

    :param folder: absolute; a path below it becomes relative to it
    """
    located = report.locate(id)
    if located is None:
        return Place(id, 1)
    source, locator = located
    if source.path == "-":
        return Place(STANDARD_INPUT, locator.line or 1)
    path = _relative(source.path, folder) if folder else os.path.normpath(source.path)
    has_lines = counts_lines(source.format) and not source.member
    line = locator.line if has_lines and locator.line else 1
    return Place(path.replace(os.sep, "/"), line)


def _relative(path: str, folder: str) -> str:
    """A path as seen from a folder that it is below, be it by way of links; else as it is."""
    whole = os.path.abspath(path)
    real = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
    for name, base in ((whole, os.path.abspath(folder)), (real, os.path.realpath(folder))):
        if name.startswith(os.path.join(base, "")):
            return os.path.relpath(name, base)
    return os.path.normpath(path)
