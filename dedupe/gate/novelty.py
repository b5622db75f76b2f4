"""Which duplicates of a report a baseline covers, which are new, and what is gone.

A baseline covers as many documents of one text as it has ids for that text: as duplicates that are
known, or as documents that were there and unique. A revision of a repository tells in the same way
what was there. A document that the baseline does not cover is new where it duplicates one that was
there or a reference document, or is a member of a cluster without being its representative. So
whatever is removed from a corpus, nothing that stays becomes new by it. Reference documents
themselves are neither covered nor new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from dedupe.gate.baseline import Baseline, Entry
from dedupe.model.report import Cluster, Report
from dedupe.report.graph import DuplicateGraph, name_components
from dedupe.store.presence import Presence, mark_id


class Novelty(msgspec.Struct, frozen=True):
    """The documents of a report, against a baseline and a revision; all by id.

    :param known: those that the baseline covers as duplicates
    :param listed: those that it covers as documents that were there and unique
    :param there: those that were there at the revision
    :param added: new ones
    :param unordered: those of them that may have been there before what they duplicate
    :param left: documents that the baseline does not cover, though they and what they duplicate
        were there at the revision
    :param joined: covered ones that duplicate covered ones of another cluster of the baseline,
        with those: as after a merge of two branches
    :param gone: entries that cover nothing
    """

    known: frozenset[str]
    listed: frozenset[str]
    there: frozenset[str]
    added: frozenset[str]
    unordered: frozenset[str]
    left: frozenset[str]
    joined: dict[str, frozenset[str]]
    gone: tuple[Entry, ...]

    @property
    def covered(self) -> frozenset[str]:
        return self.known | self.listed


def find_novelty(
    report: Report,
    documents: DuplicateGraph,
    hashes: Mapping[str, str],
    baseline: Baseline | None,
    since: Presence | None,
) -> Novelty:
    """Compare the duplicates of a report with what was there before; without either nothing was.

    :param hashes: of each document, by which the baseline knows its text
    :param since: what was there at a revision. Of two documents that were not, one whose id was
        there with another text comes before one that is all new
    """
    baseline = baseline or Baseline({}, frozenset())
    texts = _Texts(hashes, documents.hashes.keys() - documents.references)
    known, listed = texts.cover(baseline.known_ids(), baseline.seen or Presence())
    there = texts.match(since) if since is not None else frozenset()
    settled = known | listed | documents.references
    coming = documents.hashes.keys() - settled
    old = coming & there
    edited = (coming & since.ids) - old if since is not None else frozenset[str]()
    told: list[frozenset[str]] = []
    before, later = settled, coming
    for tier in (old, edited, coming - old - edited):
        later = later - tier
        surplus = {id for c in report.clusters for id in _surplus_of(documents, c, tier, later)}
        told.append(frozenset(surplus | (tier & _duplicates_of(documents, before))))
        before = before | tier
    added = told[1] | told[2]
    beside = _duplicates_of(documents, settled)
    return Novelty(
        known=known,
        listed=listed,
        there=there,
        added=added,
        unordered=added - beside if since is None else frozenset(),
        left=told[0],
        joined=_find_joined(documents, known, listed, hashes, baseline.entries),
        gone=tuple(_find_gone(texts.group(known), baseline.entries)),
    )


class _Texts:
    """The documents of each text.

    :param hashes: of each document, by id
    :param own: documents that are no references
    """

    def __init__(self, hashes: Mapping[str, str], own: Iterable[str]) -> None:
        self._hashes = hashes
        self._documents = self.group(own)

    def group(self, ids: Iterable[str]) -> dict[str, list[str]]:
        """These documents by the hash of their text."""
        found: dict[str, list[str]] = {}
        for id in sorted(ids):
            found.setdefault(self._hashes[id], []).append(id)
        return found

    def cover(
        self, known_ids: Mapping[str, set[str]], seen: Presence
    ) -> tuple[frozenset[str], frozenset[str]]:
        """What a baseline covers, as duplicates and as unique; of equal texts first those that
        kept their id."""
        known: list[str] = []
        listed: list[str] = []
        for text_hash, ids in self._documents.items():
            names = known_ids.get(text_hash, set())
            marks = seen.ids_of(text_hash) - {*map(mark_id, names)}
            marked = {id for id in ids if mark_id(id) in marks}
            first = _first(ids, len(names), names, marked)
            known += first
            listed += _first([id for id in ids if id not in {*first}], len(marks), marked)
        return frozenset(known), frozenset(listed)

    def match(self, presence: Presence) -> frozenset[str]:
        """What was there; of equal texts first those that kept their id."""
        found: list[str] = []
        for text_hash, ids in self._documents.items():
            marks = presence.ids_of(text_hash)
            found += _first(ids, len(marks), {id for id in ids if mark_id(id) in marks})
        return frozenset(found)


def _first(
    ids: Iterable[str], count: int, best: Collection[str], last: Collection[str] = ()
) -> list[str]:
    """So many of these, the best before others; of equals the smaller ids."""
    return sorted(ids, key=lambda id: (id not in best, id in last, id))[:count] if count else []


def _duplicates_of(documents: DuplicateGraph, ids: Collection[str]) -> set[str]:
    """All documents that are in a duplicate pair with one of these, and these."""
    own = {documents.group_of[id] for id in ids}
    near = {other.group for group in own for other in documents.near.get(group, ())}
    return {id for group in own | near for id in documents.groups[group]}


def _surplus_of(
    documents: DuplicateGraph, cluster: Cluster, tier: Collection[str], later: Collection[str]
) -> Iterator[str]:
    """Documents of a cluster that duplicate another one of it, which stays.

    That is the representative; where that came later, the first of them, and whatever duplicates
    none before it.

    :param tier: documents of which this is asked
    :param later: documents that came after these
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
    """Of each text as many entries as cover nothing, those first whose id is not there.

    :param covered: documents that are covered, by the hash of their text
    """
    entries_of: dict[str, dict[str, Entry]] = {}
    for entry in sorted(entries):
        entries_of.setdefault(entry.content_hash, {}).setdefault(entry.id, entry)
    for content_hash, by_id in entries_of.items():
        there = {*covered.get(content_hash, ())}
        vanished = sorted(by_id, key=lambda id: (id in there, id))[: len(by_id) - len(there)]
        yield from (by_id[id] for id in vanished)


def _find_joined(
    documents: DuplicateGraph,
    known: Collection[str],
    listed: Collection[str],
    hashes: Mapping[str, str],
    entries: Collection[Entry],
) -> dict[str, frozenset[str]]:
    """Covered documents that duplicate covered ones of another cluster of the baseline.

    A document that was unique is a cluster of its own. The cluster with the most documents stays;
    what joins it is returned, each with those documents of other clusters that it hangs together
    with.
    """
    family_of = _families(entries)
    homes = {id: family_of[hashes[id]] for id in known}
    homes |= {id: f"{hashes[id]} {id}" for id in listed}
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
    """What each text belongs to, by its hash: clusters that share a text are one."""
    clusters_of: dict[str, set[str]] = {}
    for entry in entries:
        clusters_of.setdefault(entry.content_hash, set()).add(entry.cluster)
    shared = [(min(found), cluster) for found in clusters_of.values() for cluster in found]
    names = name_components({entry.cluster for entry in entries}, shared)
    return {content_hash: names[min(found)] for content_hash, found in clusters_of.items()}
