"""Comparison of a report with a baseline: which duplicates it covers, which are new, what is gone.

A baseline covers as many documents of one text as it has ids for that text: as known duplicates, or
as documents that were unique. A revision of a repository covers documents in the same way. A
document that is not covered is new if it duplicates a covered or a reference document, or is in a
cluster but not its representative. With this rule, removing documents from a corpus never makes
one that stays new. Reference documents are neither covered nor new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from dedupe.gate.baseline import Baseline, Entry
from dedupe.model.report import Cluster, Report
from dedupe.report.graph import DuplicateGraph, name_components
from dedupe.store.document_marks import DocumentMarks, mark_id


class Novelty(msgspec.Struct, frozen=True):
    """The ids of a report's documents, sorted out by a baseline and a revision.

    :param known: covered by the baseline as duplicates
    :param unique: covered by the baseline as unique documents
    :param at_revision: present at the revision
    :param added: new duplicates
    :param unordered: those of ``added`` that may be older than the documents that they duplicate
    :param old_duplicates: not covered by the baseline, though they and the documents that they
        duplicate were present at the revision
    :param joined: covered documents that duplicate covered ones of another cluster of the baseline,
        each with those; as after a merge of two branches
    :param gone: entries of the baseline that cover nothing
    """

    known: frozenset[str]
    unique: frozenset[str]
    at_revision: frozenset[str]
    added: frozenset[str]
    unordered: frozenset[str]
    old_duplicates: frozenset[str]
    joined: dict[str, frozenset[str]]
    gone: tuple[Entry, ...]

    @property
    def covered(self) -> frozenset[str]:
        """All documents that the baseline covers."""
        return self.known | self.unique


def find_novelty(
    report: Report,
    documents: DuplicateGraph,
    hashes: Mapping[str, str],
    baseline: Baseline | None,
    since: DocumentMarks | None,
) -> Novelty:
    """Compare the duplicates of a report with a baseline and a revision; both may be missing.

    :param hashes: the hash of each document's text that a baseline has
    :param since: the documents at the revision. Of two others, a document whose id was there with
        another text counts as older than one whose id is new
    """
    baseline = baseline or Baseline({}, frozenset())
    texts = _Texts(hashes, documents.hashes.keys() - documents.references)
    known, unique = texts.cover(baseline.known_ids(), baseline.seen or DocumentMarks())
    at_revision = texts.match(since) if since is not None else frozenset()
    settled = known | unique | documents.references
    coming = documents.hashes.keys() - settled
    old = coming & at_revision
    edited = (coming & since.ids) - old if since is not None else frozenset[str]()
    new_by_tier: list[frozenset[str]] = []
    before, later = settled, coming
    for tier in (old, edited, coming - old - edited):
        later = later - tier
        surplus = {id for c in report.clusters for id in _surplus_of(documents, c, tier, later)}
        new_by_tier.append(frozenset(surplus | (tier & _duplicates_of(documents, before))))
        before = before | tier
    old_duplicates, new_texts, new_documents = new_by_tier
    added = new_texts | new_documents
    is_ordered = _duplicates_of(documents, settled)
    return Novelty(
        known=known,
        unique=unique,
        at_revision=at_revision,
        added=added,
        unordered=added - is_ordered if since is None else frozenset(),
        old_duplicates=old_duplicates,
        joined=_find_joined(documents, known, unique, hashes, baseline.entries),
        gone=tuple(_find_gone(texts.group(known), baseline.entries)),
    )


def find_old(
    hashes: Mapping[str, str], baseline: Baseline | None, since: DocumentMarks | None
) -> tuple[frozenset[str], frozenset[str]]:
    """Of these documents, those that a baseline covers, and those present at a revision.

    :param hashes: the hash of each document's text that a baseline has, of documents that are in no
        pair of duplicates
    """
    texts = _Texts(hashes, hashes)
    baseline = baseline or Baseline({}, frozenset())
    known, unique = texts.cover(baseline.known_ids(), baseline.seen or DocumentMarks())
    return known | unique, texts.match(since) if since is not None else frozenset()


class _Texts:
    """The documents of each text.

    :param hashes: the hash of each document's text, by id
    :param own: the documents that are no references
    """

    def __init__(self, hashes: Mapping[str, str], own: Iterable[str]) -> None:
        self._hashes = hashes
        self._documents = self.group(own)

    def group(self, ids: Iterable[str]) -> dict[str, list[str]]:
        """These documents by the hash of their text, ordered by id."""
        found: dict[str, list[str]] = {}
        for id in sorted(ids):
            found.setdefault(self._hashes[id], []).append(id)
        return found

    def cover(
        self, known_ids: Mapping[str, set[str]], seen: DocumentMarks
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The documents that a baseline covers: as duplicates, and as unique documents.

        Of several documents of one text, those that kept their id are covered first.
        """
        known: list[str] = []
        unique: list[str] = []
        for text_hash, ids in self._documents.items():
            names = known_ids.get(text_hash, set())
            marks = seen.ids_of(text_hash) - {*map(mark_id, names)}
            marked = {id for id in ids if mark_id(id) in marks}
            first = _first(ids, len(names), names, marked)
            known += first
            unique += _first([id for id in ids if id not in {*first}], len(marks), marked)
        return frozenset(known), frozenset(unique)

    def match(self, old: DocumentMarks) -> frozenset[str]:
        """The documents that were present; of one text, those that kept their id come first."""
        found: list[str] = []
        for text_hash, ids in self._documents.items():
            marks = old.ids_of(text_hash)
            found += _first(ids, len(marks), {id for id in ids if mark_id(id) in marks})
        return frozenset(found)


def _first(
    ids: Iterable[str], count: int, best: Collection[str], last: Collection[str] = ()
) -> list[str]:
    """The first ``count`` ids: ``best`` before others, ``last`` after others, then by id."""
    return sorted(ids, key=lambda id: (id not in best, id in last, id))[:count] if count else []


def _duplicates_of(documents: DuplicateGraph, ids: Collection[str]) -> set[str]:
    """These documents, and all that are in a duplicate pair with one of them."""
    own = {documents.group_of[id] for id in ids}
    near = {other.group for group in own for other in documents.near.get(group, ())}
    return {id for group in own | near for id in documents.groups[group]}


def _surplus_of(
    documents: DuplicateGraph, cluster: Cluster, tier: Collection[str], later: Collection[str]
) -> Iterator[str]:
    """Documents of ``tier`` that duplicate another document of their cluster, which stays.

    The representative stays. If it arrived later than ``tier``, the documents of ``tier`` that
    duplicate none before them (by id) stay in its stead.

    :param tier: documents that arrived together
    :param later: documents that arrived after them
    """
    members = sorted(m.id for m in cluster.members if m.id in tier)
    if cluster.representative not in later:
        yield from (id for id in members if id != cluster.representative)
        return
    staying: set[str] = set()
    for id in members:
        if id in staying:
            yield id
        else:
            staying |= _duplicates_of(documents, [id])


def _find_gone(covered: Mapping[str, list[str]], entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries that cover nothing; of one text, entries whose id is not covered come first.

    :param covered: the covered documents, by the hash of their text
    """
    entries_of: dict[str, dict[str, Entry]] = {}
    for entry in sorted(entries):
        entries_of.setdefault(entry.content_hash, {}).setdefault(entry.id, entry)
    for content_hash, by_id in entries_of.items():
        present = {*covered.get(content_hash, ())}
        by_absence = sorted(by_id, key=lambda id: (id in present, id))
        yield from (by_id[id] for id in by_absence[: len(by_id) - len(present)])


def _find_joined(
    documents: DuplicateGraph,
    known: Collection[str],
    unique: Collection[str],
    hashes: Mapping[str, str],
    entries: Collection[Entry],
) -> dict[str, frozenset[str]]:
    """Covered documents that duplicate covered ones of another cluster of the baseline.

    A unique document is a cluster of its own. Of the clusters that are now connected, the one with
    the most documents stays. The others join it: their documents that duplicate one of another
    cluster are returned, each with all connected documents of other clusters.
    """
    family_of = _families(entries)
    homes = {id: family_of[hashes[id]] for id in known}
    homes |= {id: f"{hashes[id]} {id}" for id in unique}
    joined: dict[str, frozenset[str]] = {}
    for component in documents.components(homes):
        families: dict[str, set[str]] = {}
        for id in component:
            families.setdefault(homes[id], set()).add(id)
        home = min(families, key=lambda family: (-len(families[family]), family))
        for family in families.keys() - {home}:
            others = frozenset(component) - families[family]
            beside = _duplicates_of(documents, others) & families[family]
            joined.update(dict.fromkeys(beside, others))
    return joined


def _families(entries: Collection[Entry]) -> dict[str, str]:
    """The family of each text, by its hash: clusters of the baseline that share a text are one."""
    clusters_of: dict[str, set[str]] = {}
    for entry in entries:
        clusters_of.setdefault(entry.content_hash, set()).add(entry.cluster)
    shared = [(min(found), cluster) for found in clusters_of.values() for cluster in found]
    names = name_components({entry.cluster for entry in entries}, shared)
    return {content_hash: names[min(found)] for content_hash, found in clusters_of.items()}
