"""Which duplicates of a report a baseline covers, which are new, and what is gone.

A baseline covers as many documents of one text as it has ids for that text. A document that it
does not cover is new where it duplicates a covered one or a reference document, or is a member of
a cluster without being its representative. So whatever is removed from a corpus, nothing that stays
becomes new by it. Reference documents themselves are neither covered nor new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from dedupe.baseline import Baseline, Entry
from dedupe.components import PairedDocuments, name_sets
from dedupe.model import Report


class Novelty(msgspec.Struct, frozen=True):
    """The documents of a report, against a baseline; all by id.

    :param known: those that are covered
    :param added: new ones
    :param joined: known ones that duplicate known ones of another cluster of the baseline, with
        those: as after a merge of two branches
    :param gone: entries that cover nothing
    """

    known: frozenset[str]
    added: frozenset[str]
    joined: dict[str, frozenset[str]]
    gone: tuple[Entry, ...]


def find_novelty(report: Report, documents: PairedDocuments, baseline: Baseline | None) -> Novelty:
    """Compare the duplicates of a report with a baseline; without one nothing is known."""
    entries = baseline.entries if baseline is not None else frozenset[Entry]()
    ids_of = baseline.known_ids() if baseline is not None else {}
    known = frozenset(_cover(documents, ids_of))
    surplus = {m.id for c in report.clusters for m in c.members if m.id != c.representative}
    unknown = documents.hashes.keys() - known - documents.references
    beside = _duplicates_of(documents, known | documents.references)
    return Novelty(
        known=known,
        added=frozenset(unknown & (surplus | beside)),
        joined=_find_joined(documents, known, entries),
        gone=tuple(_find_gone(documents, known, entries)),
    )


def _by_hash(documents: PairedDocuments, ids: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id in sorted(ids):
        found.setdefault(documents.hashes[id], []).append(id)
    return found


def _cover(documents: PairedDocuments, known_ids: Mapping[str, set[str]]) -> Iterator[str]:
    """The documents that are covered; of equal texts first those that kept their id."""
    own = documents.hashes.keys() - documents.references
    for content_hash, ids in _by_hash(documents, own).items():
        known = known_ids.get(content_hash, set())
        yield from sorted(ids, key=lambda id: (id not in known, id))[: len(known)]


def _duplicates_of(documents: PairedDocuments, ids: Collection[str]) -> set[str]:
    """All documents that are in a duplicate pair with one of these, and these."""
    own = {documents.group_of[id] for id in ids}
    near = {other.group for group in own for other in documents.near.get(group, ())}
    return {id for group in own | near for id in documents.groups[group]}


def _find_gone(
    documents: PairedDocuments, known: Collection[str], entries: Iterable[Entry]
) -> Iterator[Entry]:
    """Of each text as many entries as cover nothing, those first whose id is not there."""
    covered = _by_hash(documents, known)
    entries_of: dict[str, dict[str, Entry]] = {}
    for entry in sorted(entries):
        entries_of.setdefault(entry.content_hash, {}).setdefault(entry.id, entry)
    for content_hash, by_id in entries_of.items():
        there = {*covered.get(content_hash, ())}
        vanished = sorted(by_id, key=lambda id: (id in there, id))[: len(by_id) - len(there)]
        yield from (by_id[id] for id in vanished)


def _find_joined(
    documents: PairedDocuments, known: Collection[str], entries: Collection[Entry]
) -> dict[str, frozenset[str]]:
    """Known documents that duplicate known ones of another cluster of the baseline.

    The cluster with the most documents stays; what joins it is returned, each with those
    documents of other clusters that it hangs together with.
    """
    home_of = _families(entries)
    joined: dict[str, frozenset[str]] = {}
    for component in documents.components(known):
        families: dict[str, set[str]] = {}
        for id in component:
            families.setdefault(home_of[documents.hashes[id]], set()).add(id)
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
    shared = ((min(found), cluster) for found in clusters_of.values() for cluster in found)
    names = name_sets({entry.cluster for entry in entries}, shared)
    return {content_hash: names[min(found)] for content_hash, found in clusters_of.items()}
