"""The findings of a report: each document that could go, for formats that list them singly."""

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
from dedupe.model.urls import is_url
from dedupe.renderers.view.figures import format_jaccard, format_percent

STANDARD_INPUT: Final = "stdin"
"""The name of standard input in formats that need a file name."""


class Finding(msgspec.Struct, frozen=True):
    """A document that could go.

    :param member: the document, with its relation to ``kept``
    :param kept: the id of the document that stays
    :param cluster_id: empty for a document that is in no cluster, but in a bridge
    :param is_new: whether ``dedupe check`` calls it new; none in other commands
    :param is_order_known: whether it is known that the document came after ``kept``, or with it
    """

    member: Member
    kept: str
    cluster_id: str
    is_new: bool | None
    is_order_known: bool = True


class FileAndLine(msgspec.Struct, frozen=True):
    """A file and a line in it.

    :param path: with ``/`` between its parts
    :param line: the line of the record in formats whose records are lines, else 1
    """

    path: str
    line: int


def worst_findings(findings: Iterable[Finding], count: int) -> list[Finding]:
    """The ``count`` most severe: new ones first, then by relation, Jaccard (descending), id."""
    return nsmallest(count, findings, key=_severity)


def list_findings(report: Report, new: Mapping[str, NewDuplicate] | None) -> Iterator[Finding]:
    """Each document that could go, and each new duplicate, even if it is a representative.

    If the representative of a cluster is new, the document that it is a copy of is kept instead.
    If it is not known which of two documents came later, both are findings.

    :param new: new duplicates by id, if ``dedupe check`` judged the report; else none
    """
    new_by_id = new or {}
    swapped = swap_unordered(new_by_id.values())
    for cluster in report.clusters:
        new_representative = new_by_id.get(cluster.representative)
        kept = new_representative.copy_of if new_representative else cluster.representative
        for member in cluster.members:
            if member.id in new_by_id:
                yield _new_finding(member, new_by_id[member.id])
            elif member.id in swapped:
                yield _new_finding(member, swapped[member.id])
            elif member.id != kept and not member.is_reference:
                if new_representative and not _has_old_copy(cluster, member.id, new_by_id):
                    continue  # it duplicates only documents that came later
                is_new = None if new is None else False
                yield Finding(member, cluster.representative, cluster.cluster_id, is_new)
    for end in report.bridge_ends:
        if duplicate := new_by_id.get(end.id) or swapped.get(end.id):
            member = Member(end.id, Relation.NEAR, 0.0, 0.0, end.token_count, end.content_hash)
            yield _new_finding(member, duplicate)


def _has_old_copy(cluster: Cluster, id: str, new: Mapping[str, NewDuplicate]) -> bool:
    """Whether the document has a pair in the cluster with a document that is not new."""
    return any(
        (pair.left == id and pair.right not in new) or (pair.right == id and pair.left not in new)
        for pair in cluster.pairs
    )


def swap_unordered(new: Iterable[NewDuplicate]) -> dict[str, NewDuplicate]:
    """The other documents of new duplicates of unknown order, as copies of these; by id.

    Either of the two may be the new one. Each document is given once, and none that is in ``new``.
    """
    new = [*new]
    named = {each.id for each in new}
    swapped: dict[str, NewDuplicate] = {}
    for each in new:
        if not each.is_order_known and each.copy_of not in named:
            as_new = msgspec.structs.replace(
                each,
                id=each.copy_of,
                copy_of=each.id,
                containment=each.copy_containment,
                copy_containment=each.containment,
            )
            swapped.setdefault(each.copy_of, as_new)
    return swapped


def _new_finding(member: Member, new: NewDuplicate) -> Finding:
    """The finding for a new duplicate, with its relation to the document it is a copy of."""
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
    """A sentence on the relation of a document to the kept one.

    :param kept: how the sentence names the kept document
    """
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
    text = f"{relation.heading} of {kept}: {likeness}, with {share} of its text"
    return text.replace("\u00a0", " ")


def find_file_and_line(report: Report, id: str, folder: str) -> FileAndLine:
    """The file and line of a document, for programs that know nothing finer.

    For a file in an archive this is the archive; for a document that came from no file, its id.

    :param folder: an absolute path; a path below it becomes relative to it
    """
    located = report.locate(id)
    if located is None:
        return FileAndLine(id, 1)
    source, locator = located
    if source.path == "-":
        return FileAndLine(STANDARD_INPUT, locator.line or 1)
    path = source.path
    if not is_url(path):
        path = _relative(path, folder) if folder else os.path.normpath(path)
    has_lines = counts_lines(source.format) and not source.member
    line = locator.line if has_lines and locator.line else 1
    return FileAndLine(path.replace(os.sep, "/"), line)


def _relative(path: str, folder: str) -> str:
    """A path relative to a folder that it is below (also through links); else unchanged."""
    whole = os.path.abspath(path)
    real = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
    for name, base in ((whole, os.path.abspath(folder)), (real, os.path.realpath(folder))):
        if name.startswith(os.path.join(base, "")):
            return os.path.relpath(name, base)
    return os.path.normpath(path)
