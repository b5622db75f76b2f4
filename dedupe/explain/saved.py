"""Two documents in a saved report: which they are, their clusters, their pair."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from dedupe.explain.finding import (
    FoundDocument,
    find_documents,
    is_file,
    parse_file_and_line,
    real_path_of,
)
from dedupe.model.documents import TextProvider
from dedupe.model.errors import InputError
from dedupe.model.furniture import FurnitureMember
from dedupe.model.report import DuplicatePair, Member, Report
from dedupe.report.checks import check_pairs
from dedupe.report.graph import DuplicateGraph
from dedupe.report.index import ReportIndex

State = Literal["representative", "member", "bridge_end", "skipped", "unlisted"]


class Link(msgspec.Struct, frozen=True):
    """A step to the next document, a duplicate of the one before."""

    id: str
    jaccard: float


class DocumentInReport(msgspec.Struct, frozen=True):
    """One document in a report.

    :param state: ``unlisted`` is in no cluster and no bridge; the report only counts it
    :param cluster_id: its cluster; empty if it is in none
    :param representative: the representative of that cluster
    :param jaccard: to the representative
    """

    state: State
    cluster_id: str = ""
    representative: str = ""
    jaccard: float = 0.0


class PairInReport(msgspec.Struct, frozen=True):
    """Two documents in a report.

    :param report: the name of its file
    :param pair: their pair, or that of other documents of their groups
    :param links: the shortest path from the left to the right document over duplicate pairs of
        their cluster; empty if they share no cluster
    :param bands: of the scan
    :param rows: of the scan
    :param capped_bucket_count: number of buckets in which only the pivots were compared with all
    :param furniture: how much of what they share is furniture, where one represents the other
    :param place_count: the places in which their cluster differs; 0 where it is no form
    """

    report: str
    left: DocumentInReport
    right: DocumentInReport
    pair: DuplicatePair | None
    links: tuple[Link, ...]
    bands: int
    rows: int
    capped_bucket_count: int
    furniture: FurnitureMember | None = None
    place_count: int = 0

    @property
    def share_cluster(self) -> bool:
        """Whether both are members of one cluster."""
        return bool(self.left.cluster_id) and self.left.cluster_id == self.right.cluster_id


def find_in_report(
    names: Sequence[str], report: Report, texts: TextProvider, name: str
) -> tuple[list[FoundDocument], PairInReport]:
    """The two documents that these names mean in a saved report.

    A name is an id of the report, else a file and line, or a file, of its sources. Texts are read
    by the report's locators. A report does not list documents in no cluster and no bridge; these
    are searched in the scanned paths, which are read again.

    :param texts: the texts of that report
    :param name: the name of the report's file
    :raises InputError: if a name means no document or several, or both mean the same
    :raises ReportError: if the report contradicts itself
    """
    index = ReportIndex(report)
    check_pairs(report, index.documents)
    listed = [_find_listed(each, report, index) for each in names]
    wanted = [each for each, id in zip(names, listed, strict=True) if id is None]
    read_again = iter(_read_again(wanted, report) if wanted else ())
    given = texts.read_texts([id for id in listed if id is not None])
    found = [
        next(read_again) if id is None else _listed_document(id, report, index, given, texts)
        for id in listed
    ]
    left, right = found
    if left.id == right.id:
        raise InputError(f"{' and '.join(names)} are one document; name two")
    return found, PairInReport(
        report=name,
        left=_look_up(left, index),
        right=_look_up(right, index),
        pair=_find_pair(left.id, right.id, index.graph, report),
        links=_find_path(left.id, right.id, index),
        bands=report.search.bands,
        rows=report.search.rows,
        capped_bucket_count=report.search.capped_bucket_count,
        furniture=_find_furniture({left.id, right.id}, report),
        place_count=_count_places(left, right, index, report),
    )


def _find_furniture(ids: set[str], report: Report) -> FurnitureMember | None:
    members = report.furniture.members if report.furniture else ()
    return next((each for each in members if {each.id, each.representative} == ids), None)


def _count_places(
    left: FoundDocument, right: FoundDocument, index: ReportIndex, report: Report
) -> int:
    """In how many places the cluster of both differs; 0 where it is no form, or they have none."""
    cluster = index.clusters.get(left.id)
    if cluster is None or cluster is not index.clusters.get(right.id):
        return 0
    forms = (form for form in report.forms or () if form.cluster_id == cluster.cluster_id)
    return next((len(form.places) for form in forms), 0)


def _find_listed(name: str, report: Report, index: ReportIndex) -> str | None:
    """The id that a name means, among listed and skipped documents; none if it is none of them."""
    locators = report.run.locators
    if name in index.documents or name in locators or name in index.skipped:
        return name
    file_and_line, real_path = parse_file_and_line(name), real_path_of(name)
    sources = report.run.sources
    files = {
        i for i, each in enumerate(sources) if real_path and is_file(each.path, name, real_path)
    }
    located = [(id, at) for id, at in locators.items() if at.source >= 0]
    by_line = [
        id
        for id, at in located
        if file_and_line == (os.path.normpath(sources[at.source].name), at.line)
    ]
    by_file = [id for id, at in located if at.line == 0 and at.source in files]
    for found in (by_line, by_file):
        if len(found) == 1:
            return found[0]
    return None


def _listed_document(
    id: str, report: Report, index: ReportIndex, given: Mapping[str, str], texts: TextProvider
) -> FoundDocument:
    path, line, file_and_line = "", 0, ""
    if located := report.locate(id):
        source, locator = located
        path, line = source.path, locator.line
        file_and_line = source.name_record(line) if line else source.name
    found = FoundDocument(
        id, given.get(id), path, line, "" if file_and_line == id else file_and_line
    )
    if found.text is not None:
        return found
    if skipped := index.skipped.get(id):
        return found.without_text(skipped.reason, skipped.detail)
    return found.without_text("changed", texts.problem(id) or "its text cannot be read")


def _read_again(names: Sequence[str], report: Report) -> Iterable[FoundDocument]:
    """Documents that the report does not list, searched in the scanned paths."""
    if not report.run.paths or "-" in report.run.paths:
        raise InputError(
            f"{names[0]}: is in no cluster of the report, which does not tell where else to look: "
            "it was made of standard input, or of texts in memory"
        )
    try:
        found = find_documents(names, report.run.paths, report.config)
    except InputError as error:
        told = f"{error}\nlooked for in the report, and in what was scanned, which was read again: "
        raise InputError(told + ", ".join(report.run.paths)) from error
    remark = "the report does not list it (it is in no cluster): read again, as it is now"
    return [msgspec.structs.replace(each, remark=remark) for each in found]


def _look_up(document: FoundDocument, index: ReportIndex) -> DocumentInReport:
    described = index.documents.get(document.id)
    if isinstance(described, Member):
        cluster = index.clusters[document.id]
        is_first = document.id == cluster.representative
        state: State = "representative" if is_first else "member"
        own = cluster.cluster_id, cluster.representative
        return DocumentInReport(state, *own, described.jaccard)
    if described is not None:
        return DocumentInReport("bridge_end")
    is_skipped = document.text is None and document.id in index.skipped
    return DocumentInReport("skipped" if is_skipped else "unlisted")


def _find_pair(
    left: str, right: str, graph: DuplicateGraph, report: Report
) -> DuplicatePair | None:
    """The pair of the two documents, or of their groups.

    A report pairs only the lead of a group with documents of other groups.
    """
    group_of = graph.group_of
    groups = group_of.get(left, left), group_of.get(right, right)
    for pair in report.pairs():
        ends = group_of.get(pair.left, pair.left), group_of.get(pair.right, pair.right)
        if groups[0] == groups[1]:
            if {pair.left, pair.right} == {left, right}:
                return pair
        elif ends == groups:
            return msgspec.structs.replace(pair, left=left, right=right)
        elif ends[::-1] == groups:
            return msgspec.structs.replace(pair, left=right, right=left)
    return None


def _find_path(left: str, right: str, index: ReportIndex) -> tuple[Link, ...]:
    cluster = index.clusters.get(left)
    if cluster is None or cluster is not index.clusters.get(right):
        return ()
    duplicates = (pair for pair in cluster.pairs if pair.relation.is_duplicate)
    return _shortest_path(left, right, duplicates)


def _shortest_path(left: str, right: str, pairs: Iterable[DuplicatePair]) -> tuple[Link, ...]:
    neighbours: dict[str, list[Link]] = {}
    for pair in pairs:
        neighbours.setdefault(pair.left, []).append(Link(pair.right, pair.jaccard))
        neighbours.setdefault(pair.right, []).append(Link(pair.left, pair.jaccard))
    before: dict[str, tuple[str, float]] = {left: ("", 0.0)}
    waiting = deque([left])
    while waiting and right not in before:
        here = waiting.popleft()
        for link in sorted(neighbours.get(here, ()), key=lambda link: (-link.jaccard, link.id)):
            if link.id not in before:
                before[link.id] = here, link.jaccard
                waiting.append(link.id)
    path_back: list[Link] = []
    at = right
    while at != left and at in before:
        previous, jaccard = before[at]
        path_back.append(Link(at, jaccard))
        at = previous
    return tuple(reversed(path_back))
