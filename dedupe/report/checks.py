"""Checks of a saved report, beyond the types of its fields.

A file may have been cut, merged by hand, or written by an older version. ``find_contradiction``
is for all readers; commands that rely on more call further checks.
"""

from __future__ import annotations

from collections.abc import Mapping

from dedupe.model.errors import ReportError
from dedupe.model.report import (
    BridgeEnd,
    Cluster,
    DuplicatePair,
    Member,
    Report,
    SharedText,
)

Described = Member | BridgeEnd


def find_contradiction(report: Report) -> str:
    """The first contradiction that would mislead any reader; empty if there is none."""
    for cluster in report.clusters:
        if not cluster.members or cluster.members[0].id != cluster.representative:
            return f"cluster {cluster.cluster_id!r} does not begin with its representative"
    if len(report.run.skipped_places) not in (0, len(report.skipped)):
        return "skipped and skipped_places are of different lengths"
    for id, locator in report.run.locators.items():
        in_source = 0 <= locator.source < len(report.run.sources)
        if not in_source and (locator.source, locator.line) != (-1, 0):
            return f"the locator of {id!r} leads to no source"
    return ""


def check_members(report: Report) -> None:
    """Check that no document is in the clusters more than once.

    :raises ReportError: if one is
    """
    seen: set[str] = set()
    for member in report.members():
        if member.id in seen:
            raise ReportError(f"{member.id!r} is in the report's clusters more than once")
        seen.add(member.id)


def check_pairs(report: Report, documents: Mapping[str, Member | BridgeEnd]) -> None:
    """Check that every pair is possible, and of two documents that the report describes.

    :param documents: the described documents, by id
    :raises ReportError: if a pair is not
    """
    for pair in report.pairs():
        for id in (pair.left, pair.right):
            if id not in documents:
                raise ReportError(
                    f"the report has a pair of {id!r}, but does not describe it: it was written "
                    "by an older dedupe, or changed since; scan again"
                )
        are_references = all(documents[id].is_reference for id in (pair.left, pair.right))
        overlaps = pair.shared_count > min(pair.left_count, pair.right_count)
        if pair.left == pair.right or overlaps or are_references:
            told = f"{pair.left!r} and {pair.right!r}"
            raise ReportError(f"the report has an impossible pair of {told}")


def check_shared_texts(report: Report) -> None:
    """Check by its integers that every entry of ``contained`` and ``passages`` is what it says.

    :raises ReportError: if one is not, or is of a document that the report does not describe
    """
    if not (report.contained or report.passages):
        return
    documents = {document.id: document for document in report.documents()}
    for listed, is_directed in ((report.contained, True), (report.passages, False)):
        seen: set[tuple[str, str]] = set()
        for pair in listed:
            told = f"{pair.left!r} and {pair.right!r}"
            if pair.left not in documents or pair.right not in documents:
                raise ReportError(f"the report says what {told} share, but does not describe them")
            is_listed_here = pair.relation.is_directed == is_directed
            is_repeated = (pair.left, pair.right) in seen or (pair.right, pair.left) in seen
            if pair.relation.is_duplicate or not is_listed_here or is_repeated:
                raise ReportError(f"the report lists what {told} share in a wrong place, or twice")
            ends = documents[pair.left], documents[pair.right]
            if not _is_possible(pair, *ends) or (is_directed and not _stands_in(pair, report)):
                raise ReportError(f"the counts of {told} contradict that they are {pair.relation}")
            seen.add((pair.left, pair.right))


def _is_possible(pair: SharedText, left: Described, right: Described) -> bool:
    """Whether two documents can share so much: a text has no more shingles than tokens."""
    return (
        pair.left != pair.right
        and not (left.is_reference and right.is_reference)
        and pair.shared_count <= min(pair.left_count, pair.right_count)
        and pair.left_count <= left.token_count
        and pair.right_count <= right.token_count
    )


def _stands_in(pair: SharedText, report: Report) -> bool:
    """Whether the left document is contained in the right one, by the settings of the report."""
    config = report.config
    return (
        config.min_passage <= pair.left_count <= pair.right_count
        and pair.left_containment >= config.containment
    )


def check_relations(report: Report) -> None:
    """Check the relation of every member to its representative.

    :raises ReportError: if its Jaccard, or its pair with the representative, contradicts it
    """
    for cluster in report.clusters:
        for member in cluster.members:
            if member.relation.is_near and member.jaccard < report.config.threshold:
                raise ReportError(f"{member.id}: is no duplicate, its Jaccard is too low")
        relations = {member.id: member.relation for member in cluster.members}
        for pair in cluster.pairs:
            id = _paired_with_representative(cluster, pair)
            is_member = id in relations
            if is_member and relations[id].may_drop and not pair.relation.may_drop:
                told = f"is {relations[id]} as a member, but {pair.relation} in its pair"
                raise ReportError(f"{id}: {told} with the kept one")


def check_near_pairs(report: Report, cluster: Cluster) -> None:
    """Check that the near-duplicate pairs of a cluster reach the threshold.

    :raises ReportError: if one does not
    """
    for pair in cluster.pairs:
        if pair.relation.is_near and pair.jaccard < report.config.threshold:
            raise ReportError(
                f"{pair.left!r} and {pair.right!r} are no duplicates, their Jaccard is too low"
            )


def _paired_with_representative(cluster: Cluster, pair: DuplicatePair) -> str:
    """The other end of a pair with the representative; empty for other pairs."""
    if pair.left == cluster.representative:
        return pair.right
    return pair.left if pair.right == cluster.representative else ""
