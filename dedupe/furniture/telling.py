"""Furniture and forms as a report tells them: by the ids of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.clusters.assign import Clustering
from dedupe.furniture.cutting import find_furniture, runs_of
from dedupe.furniture.finding import FurnitureMatches
from dedupe.furniture.forms import FormGroups
from dedupe.furniture.sites import site_of
from dedupe.furniture.windows import WindowShape
from dedupe.model.furniture import (
    Form,
    FormPlace,
    Furniture,
    FurnitureMember,
    FurniturePassage,
)
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.report import Cluster, Member
from dedupe.model.settings import MatchSettings

LISTED_PASSAGES: Final = 1000
"""The most passages that a report lists."""

_GROUPS_AT_ONCE: Final = 1 << 12


def tell_furniture(
    found: FurnitureMatches, clustering: Clustering, settings: MatchSettings
) -> tuple[Furniture, NDArray[np.int64]]:
    """The furniture of a corpus, and the documents of its passages.

    To be called while shingles can still be counted.
    """
    shape = WindowShape.of(settings.shingle_size)
    passages, documents = _list_passages(found, shape)
    resting, hidden = _compare_pairs(found.with_furniture.pairs, found.without.pairs)
    runs = _placed_runs(found)
    told = Furniture(
        passage_count=len(runs),
        document_count=found.cut.document_count,
        token_count=found.cut.token_count,
        only_count=found.cut.only_count,
        resting_pair_count=resting,
        hidden_pair_count=hidden,
        passages=tuple(passages),
        members=tuple(_list_members(found, clustering, shape)),
    )
    return told, documents


def _compare_pairs(one: VerifiedPairs, other: VerifiedPairs) -> tuple[int, int]:
    """How many pairs are in the first alone, and how many in the second alone."""
    codes = np.concatenate([one.left << 32 | one.right, other.left << 32 | other.right])
    codes.sort()
    both = int(np.count_nonzero(codes[1:] == codes[:-1]))
    return len(one.left) - both, len(other.left) - both


def _placed_runs(found: FurnitureMatches) -> list[NDArray[np.int64]]:
    """The passages, as windows that follow one another; those that no document has are left out."""
    placed = np.flatnonzero(found.cut.firsts[:, 0] >= 0)
    return [placed[run] for run in runs_of(found.cut.firsts[placed])]


def _list_passages(
    found: FurnitureMatches, shape: WindowShape
) -> tuple[list[FurniturePassage], NDArray[np.int64]]:
    """The passages that are in most documents, and the documents that they are told from."""
    runs, cut, collapsed = _placed_runs(found), found.cut, found.with_furniture.collapsed
    counts = [int(np.median(cut.document_counts[run])) for run in runs]
    order = sorted(range(len(runs)), key=lambda i: (-counts[i], -len(runs[i]), i))
    chosen = order[:LISTED_PASSAGES]
    places = cut.firsts[[runs[i][0] for i in chosen]] if chosen else np.empty((0, 2), np.int64)
    identities = collapsed.documents.identities
    documents = _smallest_members(found, places[:, 0])
    ids, metas = identities.ids(documents), identities.metas(documents)
    passages = [
        FurniturePassage(
            id=id,
            first_token=int(token),
            token_count=len(runs[i]) - 1 + shape.token_count,
            document_count=counts[i],
            unit_count=int(np.median(found.windows.unit_counts[runs[i]])),
            site=site_of(id, meta) if found.windows.of_site[runs[i][0]] else "",
        )
        for i, id, meta, token in zip(chosen, ids, metas, places[:, 1].tolist(), strict=True)
    ]
    return passages, documents


def _smallest_members(found: FurnitureMatches, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """A document of each group that does not depend on the order of reading: of the first id."""
    collapsed = found.with_furniture.collapsed
    identities = collapsed.documents.identities
    chosen = []
    for group in groups.tolist():
        members = collapsed.members[slice(*collapsed.begins[group : group + 2])]
        ids = identities.ids(members)
        chosen.append(int(members[ids.index(min(ids))]))
    return np.array(chosen, np.int64)


def _list_members(
    found: FurnitureMatches, clustering: Clustering, shape: WindowShape
) -> list[FurnitureMember]:
    """The members of near relation that furniture concerns, by representative and id."""
    owners = clustering.representatives
    has_furniture = np.zeros(len(owners), bool)
    has_furniture[found.cut.groups] = True
    groups = np.flatnonzero((owners != np.arange(len(owners))) & has_furniture)
    groups = groups[has_furniture[owners[groups]]]
    left = np.minimum(groups, owners[groups]).astype(np.int32)
    right = np.maximum(groups, owners[groups]).astype(np.int32)
    order = np.lexsort((right, left))
    groups = groups[order]
    all_counts = found.with_furniture.count_pairs(left[order], right[order])
    own_counts = found.without.count_pairs(left[order], right[order])
    furniture = all_counts.shared_count - own_counts.shared_count
    at = np.flatnonzero(furniture > 0)
    frequent = _most_frequent(found, groups[at], shape)
    identities, leads = clustering.collapsed.documents.identities, clustering.collapsed.leads
    columns = (
        identities.ids(leads[groups[at]]),
        identities.ids(leads[owners[groups[at]]]),
        all_counts.shared_count[at].tolist(),
        furniture[at].tolist(),
        frequent.tolist(),
        all_counts.jaccard[at].tolist(),
        own_counts.jaccard[at].tolist(),
    )
    members = map(FurnitureMember, *columns)
    return sorted(members, key=lambda member: (member.representative, member.id))


def _most_frequent(
    found: FurnitureMatches, groups: NDArray[np.int64], shape: WindowShape
) -> NDArray[np.int64]:
    """How many documents have the most frequent furniture of each of these groups."""
    shingles = found.with_furniture.shingles
    assert shingles is not None
    most = np.zeros(len(groups), np.int64)
    for begin in range(0, len(groups), _GROUPS_AT_ONCE):
        chosen = groups[begin : begin + _GROUPS_AT_ONCE]
        hashes, offsets = shingles.gather(chosen)
        windows = find_furniture(shape, found.windows, hashes, offsets, found.sites[chosen])
        at = np.flatnonzero(windows >= 0)
        of_group = np.searchsorted(offsets, at, side="right") - 1
        np.maximum.at(most, begin + of_group, found.cut.document_counts[windows[at]])
    return most


def name_forms(
    forms: Sequence[FormGroups] | None, clustering: Clustering, clusters: Sequence[Cluster]
) -> tuple[Form, ...] | None:
    """The forms with the ids of their clusters, in the order of the clusters; none for ``None``.

    A cluster in which each member has a site of its own is none: it may be one story, around which
    each site has its own text.
    """
    if forms is None:
        return None
    leads = clustering.collapsed.leads[[form.representative for form in forms]]
    ids = clustering.collapsed.documents.identities.ids(leads) if forms else []
    by_id = dict(zip(ids, forms, strict=True))
    named = []
    for cluster in clusters if forms else ():
        form = by_id.get(cluster.representative)
        if form and not _have_own_sites(cluster.members):
            places = tuple(FormPlace(*msgspec.structs.astuple(place)) for place in form.places)
            named.append(Form(cluster.cluster_id, cluster.representative, form.looked_at, places))
    return tuple(named)


def _have_own_sites(members: Sequence[Member]) -> bool:
    sites = {site_of(member.id, member.meta) for member in members}
    return "" not in sites and len(sites) == len(members)
