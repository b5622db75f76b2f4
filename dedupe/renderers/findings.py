"""What is told one by one of a report: each surplus document, the most severe first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from heapq import nsmallest
from typing import Final

import msgspec

from dedupe.gate import NewDuplicate
from dedupe.model import Member, Relation, Report
from dedupe.renderers.text.figures import format_jaccard, format_percent

SEVERITY: Final[dict[Relation, int]] = {"identical": 0, "normalised": 1, "near": 2, "linked": 3}
"""The lower, the more severe."""

STANDARD_INPUT: Final = "stdin"
"""How standard input is called where a file must be named."""


class Finding(msgspec.Struct, frozen=True):
    """A document that could go.

    :param member: as it relates to ``kept``
    :param kept: the document that stays
    :param cluster_id: empty where the document is in no cluster, but in a bridge
    :param is_new: whether a gate calls it new; none where there was no gate
    """

    member: Member
    kept: str
    cluster_id: str
    is_new: bool | None


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

    Of a new representative the document that it is a copy of stays in its place.

    :param new: by id; none where there was no gate
    """
    for cluster in report.clusters:
        leader = new.get(cluster.representative) if new else None
        stays = leader.copy_of if leader else cluster.representative
        for member in cluster.members:
            if new and member.id in new:
                yield _arrival(member, new[member.id])
            elif member.id != stays and not member.is_reference:
                is_new = None if new is None else False
                yield Finding(member, cluster.representative, cluster.cluster_id, is_new)
    for end in report.bridge_ends:
        if new and end.id in new:
            member = Member(end.id, "near", 0.0, 0.0, end.token_count, end.content_hash)
            yield _arrival(member, new[end.id])


def _arrival(member: Member, new: NewDuplicate) -> Finding:
    """A new document, as it relates to the one already there that it is most alike."""
    related = msgspec.structs.replace(
        member,
        relation=new.relation,
        jaccard=new.jaccard,
        representative_containment=new.copy_containment,
    )
    return Finding(related, new.copy_of, new.cluster_id, True)


def _severity(finding: Finding) -> tuple[bool, int, float, str]:
    member = finding.member
    return not finding.is_new, SEVERITY[member.relation], -member.jaccard, member.id


def describe_relation(member: Member, kept: str) -> str:
    """A sentence on how a document relates to the one that is kept, which it calls ``kept``."""
    if member.relation == "identical":
        return f"The same text as {kept}"
    if member.relation == "normalised":
        return f"The same words as {kept}, with other punctuation, spacing or case"
    likeness = f"Jaccard {format_jaccard(member.jaccard)}"
    if member.relation == "linked":
        return f"In one cluster with {kept} by way of others ({likeness}), but no duplicate of it"
    share = format_percent(member.representative_containment)
    return f"Near-duplicate of {kept}: {likeness}, with {share} of its text".replace("\u00a0", " ")


def find_place(report: Report, id: str, folder: str) -> Place:
    """Where a document stands, for programs that know files and lines only.

    Of a member of an archive it is the archive; of a document that came from no file, its id.

    :param folder: absolute; a path below it becomes relative to it
    """
    locator = report.run.locators.get(id)
    if locator is None or locator.source < 0:
        return Place(id, 1)
    source = report.run.sources[locator.source]
    if source.path == "-":
        return Place(STANDARD_INPUT, locator.line or 1)
    path, base = (os.path.normpath(each).replace(os.sep, "/") for each in (source.path, folder))
    if folder and path.startswith(base.rstrip("/") + "/"):
        path = path[len(base.rstrip("/")) + 1 :]
    has_lines = source.format == "jsonl" and not source.member
    return Place(path, locator.line if has_lines and locator.line else 1)
