"""The verdict of the gate: whether there are more new duplicates than accepted, and which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from dedupe.gate.baseline import CLUSTER_DIGITS, Baseline, Entry, comparable_settings
from dedupe.gate.contained import find_new_contained, refuse_unsought
from dedupe.gate.limits import GateLimits
from dedupe.gate.nearest import find_nearest
from dedupe.gate.novelty import Novelty, find_novelty, find_old
from dedupe.model.formats import counts_rows
from dedupe.model.relations import Relation
from dedupe.model.report import Report
from dedupe.report.graph import DuplicateGraph, connect_documents
from dedupe.report.index import ReportIndex
from dedupe.store.document_marks import DocumentMarks, ScannedTexts, make_mark

Change = Literal["added", "changed", "joined", "present", "unknown", "enclosed"]
"""Why a document is listed as a new duplicate.

``added``: it is new, and the document that it duplicates is older or came with it. ``changed``: its
id was known, with another text. ``joined``: it was known, but not as a duplicate of this document
(as after a merge of two branches). ``present``: both were there at the revision, and the baseline
does not cover it. ``unknown``: it is not known which of the two is newer. ``enclosed``: it
was there, and a document that contains it is new.
"""


class NewDuplicate(msgspec.Struct, frozen=True):
    """A duplicate, or a contained document, that the baseline does not cover.

    :param relation: to ``copy_of``
    :param jaccard: exact Jaccard of the two
    :param copy_of: the document already present that is most like it
    :param copy_containment: share of the copy's shingles that this document has
    :param is_copy_known: whether the baseline covers ``copy_of``, as a duplicate or as unique
    :param cluster_id: its cluster in the report; empty if it is only in a bridge
    :param path: the file that holds it; empty if there is none
    :param line: its line in that file, from 1; 0 if it is not a line
    :param is_copy_reference: whether ``copy_of`` is a reference document
    :param is_copy_present: whether ``copy_of`` was present at the revision
    :param containment: share of this document's shingles that the copy has
    """

    id: str
    relation: Relation
    jaccard: float
    copy_of: str
    copy_containment: float
    is_copy_known: bool
    cluster_id: str
    change: Change
    path: str
    line: int
    is_copy_reference: bool = False
    is_copy_present: bool = False
    containment: float = 0.0

    @property
    def is_order_known(self) -> bool:
        """Whether it is known that this document is not older than ``copy_of``."""
        return self.change != "unknown"


class GoneDocument(msgspec.Struct, frozen=True):
    """A document of the baseline that is no longer a duplicate.

    :param cluster: its cluster in the baseline
    """

    cluster: str
    content_hash: str
    id: str


class Verdict(msgspec.Struct, frozen=True):
    """The result of a check.

    :param exceeded: names of the limits that are exceeded
    :param document_count: documents that were judged
    :param reference_count: reference documents that they were compared with
    :param duplicate_count: members of clusters that are neither representatives nor references
    :param known_count: the duplicates that the baseline covers
    :param new: new duplicates that count, the most alike first
    :param tolerated: new duplicates whose relation does not count
    :param gone: entries that the baseline no longer needs, by id
    """

    passed: bool
    exceeded: tuple[str, ...]
    limits: GateLimits
    document_count: int
    reference_count: int
    duplicate_count: int
    known_count: int
    new: tuple[NewDuplicate, ...]
    tolerated: tuple[NewDuplicate, ...]
    gone: tuple[GoneDocument, ...]


def judge_report(
    report: Report,
    limits: GateLimits,
    baseline: Baseline | None = None,
    scanned: ScannedTexts | None = None,
    since: DocumentMarks | None = None,
) -> Verdict:
    """Compare the duplicates of a report with a baseline, and their number with the limits.

    :param baseline: made with the same settings (see :meth:`Baseline.different_settings`);
        without one nothing is known
    :param scanned: the marks that the scan collected; without them texts that differ only in their
        line ends are different
    :param since: the documents at a revision, which decide which of two documents is new
    :raises ConfigError: if the limits count what the scan did not look for
    """
    refuse_unsought(report.config.find, limits)
    index = ReportIndex(report)
    documents = index.graph
    hashes = _hash_texts(documents.hashes, scanned, baseline)
    novelty = find_novelty(report, documents, hashes, baseline, since)
    found = _describe_new(report, index, novelty)
    if limits.counts_contained:
        counted = {each.id for each in found if limits.counts(each.relation)}
        others = {id: each.content_hash for id, each in index.documents.items()
                  if id not in documents.hashes and not each.is_reference}  # fmt: skip
        old = find_old(_hash_texts(others, scanned, baseline), baseline, since)
        contained = _describe_contained(report, index, novelty, old)
        found += [each for each in contained if each.id not in counted]
    new = tuple(each for each in found if limits.counts(each.relation))
    surplus = {member.id for member in report.others()} - documents.references
    exceeded = limits.exceeded_by(len(new), report.corpus.document_count)
    changed = {each.id for each in found if each.change == "changed"}
    return Verdict(
        passed=not exceeded,
        exceeded=exceeded,
        limits=limits,
        document_count=report.corpus.document_count,
        reference_count=report.corpus.reference_count,
        duplicate_count=len(surplus),
        known_count=len((surplus & novelty.known) - {each.id for each in found}),
        new=new,
        tolerated=tuple(each for each in found if not limits.counts(each.relation)),
        gone=tuple(
            GoneDocument(entry.cluster, entry.content_hash, entry.id)
            for entry in sorted(novelty.gone, key=lambda entry: (entry.id, entry.content_hash))
            if entry.id not in changed
        ),
    )


def make_baseline(
    report: Report, old: Baseline | None = None, scanned: ScannedTexts | None = None
) -> Baseline:
    """A baseline that covers all duplicates of a report.

    Clusters keep their names of the old baseline, so that few lines change: of several names, the
    one with the most documents. A new cluster is named after its smallest content hash.

    :param scanned: the marks that the scan collected, for the list of unique documents
    """
    documents = connect_documents(report)
    text_hashes = _hash_texts(documents.hashes, scanned, None)
    names: dict[str, list[str]] = {}
    for entry in sorted(old.entries if old is not None else ()):
        names.setdefault(entry.content_hash, []).append(entry.cluster)
    entries: set[Entry] = set()
    for component in documents.components():
        component = [id for id in component if id not in documents.references]
        hashes = [text_hashes[id] for id in component]
        old_names = [name for each in sorted({*hashes}) for name in names.get(each, ())]
        name = _most_frequent(old_names) or min(hashes)[:CLUSTER_DIGITS]
        entries.update(
            Entry(name, content_hash, id)
            for id, content_hash in zip(component, hashes, strict=True)
        )
    marks = (make_mark(entry.content_hash, entry.id) for entry in entries)
    seen = scanned.without(marks) if scanned is not None else None
    return Baseline(comparable_settings(report.config), frozenset(entries), seen)


def _hash_texts(
    hashes: Mapping[str, str], scanned: ScannedTexts | None, baseline: Baseline | None
) -> dict[str, str]:
    """The hash of each document's text that a baseline has: of the text with LF as line end.

    A baseline of version 1 may have the hash of the text with its own line ends, which counts too.
    """
    if scanned is None:
        return dict(hashes)
    folded = scanned.folded.find(hashes.values())
    if baseline is not None and baseline.version == 1:
        for entry in baseline.entries:
            folded.pop(entry.content_hash, None)
    return {id: folded.get(raw, raw) for id, raw in hashes.items()}


def _most_frequent(names: Iterable[str]) -> str:
    """The most frequent name; of several the smallest, and empty if there is none."""
    counts = Counter(names)
    return min(counts, key=lambda name: (-counts[name], name), default="")


def _describe_new(report: Report, index: ReportIndex, novelty: Novelty) -> list[NewDuplicate]:
    """The new duplicates, each with the document that it is most like; the most alike first."""
    documents, cluster_of = index.graph, index.clusters

    def rank(id: str) -> tuple[bool, str]:
        cluster = cluster_of.get(id)
        return cluster is None or cluster.representative != id, id

    references = documents.references
    new_ids = novelty.old_duplicates | novelty.added
    old = novelty.at_revision - novelty.covered - new_ids
    staying = documents.hashes.keys() - novelty.covered - new_ids - references - old
    groups = (references, novelty.known, novelty.unique, old, staying)
    present = [id for ids in groups for id in sorted(ids, key=rank)]
    coming = [id for ids in (novelty.old_duplicates, novelty.added) for id in sorted(ids, key=rank)]
    nearest = find_nearest(documents, present, coming)
    for id, others in novelty.joined.items():
        nearest.update(find_nearest(documents, sorted(others, key=rank), [id]))
    gone_ids = {entry.id for entry in novelty.gone}
    new = []
    for id, (relation, jaccard, containment, other) in nearest.items():
        path, line = _file_and_line(report, id)
        new.append(
            NewDuplicate(
                id=id,
                relation=relation,
                jaccard=jaccard,
                copy_of=other,
                copy_containment=containment,
                is_copy_known=other in novelty.covered,
                cluster_id=cluster_of[id].cluster_id if id in cluster_of else "",
                change=_change_of(id, novelty, gone_ids),
                path=path,
                line=line,
                is_copy_reference=other in references,
                is_copy_present=other in novelty.at_revision,
                containment=_containment(documents, id, other) if relation.is_near else 1.0,
            )
        )
    new.sort(key=lambda each: (each.relation.rank, -each.jaccard, each.id))
    return new


def _describe_contained(
    report: Report,
    index: ReportIndex,
    novelty: Novelty,
    old: tuple[frozenset[str], frozenset[str]],
) -> Iterator[NewDuplicate]:
    """The new contained documents, each with a document that contains it.

    :param old: of the documents in no pair of duplicates, those that the baseline covers, and those
        at the revision
    """
    covered, at_revision = novelty.covered | old[0], novelty.at_revision | old[1]
    for each in find_new_contained(report, index.documents, covered, at_revision):
        pair, cluster = each.pair, index.clusters.get(each.pair.left)
        path, line = _file_and_line(report, pair.left)
        yield NewDuplicate(
            id=pair.left,
            relation=pair.relation,
            jaccard=pair.jaccard,
            copy_of=pair.right,
            copy_containment=pair.right_containment,
            is_copy_known=pair.right in covered,
            cluster_id=cluster.cluster_id if cluster is not None else "",
            change=each.change,
            path=path,
            line=line,
            is_copy_reference=index.documents[pair.right].is_reference,
            is_copy_present=pair.right in at_revision,
            containment=pair.left_containment,
        )


def _change_of(id: str, novelty: Novelty, gone_ids: Collection[str]) -> Change:
    if id in novelty.joined:
        return "joined"
    if id in novelty.old_duplicates:
        return "present"
    if id in gone_ids:
        return "changed"
    return "unknown" if id in novelty.unordered else "added"


def _containment(documents: DuplicateGraph, id: str, other: str) -> float:
    """The share of a document's shingles that a document near it has too."""
    group = documents.group_of[id]
    near = documents.near[documents.group_of[other]]
    return next(each.containment for each in near if each.group == group)


def _file_and_line(report: Report, id: str) -> tuple[str, int]:
    """The file and line of a document; empty and 0 if it has none."""
    located = report.locate(id)
    if located is None:
        return "", 0
    source, locator = located
    has_lines = not source.member and not counts_rows(source.format)
    return source.path, locator.line if has_lines else 0
