"""Forms: clusters whose documents differ in the same places, such as numbered laws and letters.

A document is compared with its representative by shingles alone. Where the representative has a
shingle that most others have not, it has a value of its own: the others have theirs in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.verification import ShingleSets
from dedupe.store.arrays import is_among
from dedupe.store.resources import Resources

MIN_GROUPS: Final = 4
"""A form takes so many documents of different tokens: of three, extractors of a page make many."""

MOST_GROUPS: Final = 32
"""So many of a cluster are looked at, beside its representative."""

FIRST_LOOK: Final = 8
"""So many others must differ in the same places before the rest is looked at."""

OPEN_SHARE, FIXED_SHARE = 0.5, 0.2
"""A shingle of the representative that this share of the others lack stands in an open place; one
that at most so many lack, in the fixed text."""

COINCIDING_SHARE: Final = 0.8
"""The least share of all missing shingles that is in open places.

With this and the next one 24 of 28 clusters of four or more senators' letters are forms, and 5 of
233 clusters of one page that many extractors read.
"""

VALUE_SHARE: Final = 0.6
"""The least share of different values in a place, of the documents that have one there."""

HASHES_AT_ONCE: Final = 1 << 18
"""About how many shingle hashes are gathered at once: those of many clusters."""


class Place(msgspec.Struct, frozen=True):
    """A place of a form, where each document has a value of its own.

    :param begin: the first token of the representative's value
    :param end: the token behind it; equal to ``begin`` where the representative has no word there
    :param value_count: different values, among the documents that were looked at
    """

    begin: int
    end: int
    value_count: int


class FormGroups(msgspec.Struct, frozen=True):
    """A cluster that is a form.

    :param representative: as a group
    :param looked_at: how many of its groups were compared, the representative among them
    """

    representative: int
    looked_at: int
    places: tuple[Place, ...]


def find_forms(
    representatives: NDArray[np.int64],
    shingles: ShingleSets,
    shingle_size: int,
    resources: Resources,
    hashes_at_once: int = HASHES_AT_ONCE,
) -> list[FormGroups]:
    """The clusters that are forms, in the order of their representatives.

    Texts that differ at their ends alone are none: they may be one text in different pages.

    :param representatives: ``int64``: that of each group
    :param hashes_at_once: about how many hashes are gathered at once, which bounds the memory
    """

    def look(clusters: list[NDArray[np.int64]]) -> list[FormGroups]:
        hashes, offsets = shingles.gather(np.concatenate(clusters))
        sets = iter(np.split(hashes, offsets[1:-1]))
        looked_at = (
            _look_at(groups, list(islice(sets, len(groups))), shingle_size) for groups in clusters
        )
        return [form for form in looked_at if form is not None]

    batches = _batch(_choose_groups(representatives), shingles, hashes_at_once)
    return [form for found in resources.run_ahead(look, batches) for form in found]


def _choose_groups(representatives: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """For each large cluster its representative, and the other groups that are looked at."""
    joined = np.flatnonzero(representatives != np.arange(len(representatives)))
    joined = joined[np.argsort(representatives[joined], kind="stable")]
    firsts = np.flatnonzero(np.diff(representatives[joined], prepend=-1))
    clusters = np.split(joined, firsts[1:]) if len(joined) else []
    # Of a large cluster some are looked at, from all over it: groups are in an order by hash.
    return [
        np.append(representatives[members[:1]], members[:: -(-len(members) // MOST_GROUPS)])
        for members in clusters
        if len(members) + 1 >= MIN_GROUPS
    ]


def _batch(
    clusters: list[NDArray[np.int64]], shingles: ShingleSets, hashes_at_once: int
) -> Iterator[list[NDArray[np.int64]]]:
    """Clusters in batches of about so many hashes."""
    batch: list[NDArray[np.int64]] = []
    hash_count = 0
    for groups in clusters:
        count = int(shingles.counts(groups).sum())
        if batch and hash_count + count > hashes_at_once:
            yield batch
            batch, hash_count = [], 0
        batch.append(groups)
        hash_count += count
    if batch:
        yield batch


def _look_at(
    groups: NDArray[np.int64], sets: list[NDArray[np.uint64]], shingle_size: int
) -> FormGroups | None:
    """The form that a cluster is, if it is one; its representative is the first of the groups."""
    own, *others = sets
    places = tuple(_find_places(own, others, shingle_size))
    return FormGroups(int(groups[0]), len(groups), places) if places else None


def _find_places(
    own: NDArray[np.uint64], others: list[NDArray[np.uint64]], shingle_size: int
) -> Iterator[Place]:
    """The places of a form; none where the documents do not differ in the same places.

    :param own: the shingle hashes of the representative, in text order
    :param others: those of other documents
    """
    # Few clusters are forms, and a few documents show it.
    is_missing = _find_missing(own, others[:FIRST_LOOK])
    if not _coincides(is_missing):
        return
    is_missing = np.concatenate([is_missing, _find_missing(own, others[FIRST_LOOK:])])
    if not _coincides(is_missing):
        return
    share = is_missing.mean(axis=0)
    is_open = share >= OPEN_SHARE
    edges = np.flatnonzero(np.diff(is_open, prepend=False, append=False))
    for begin, end in edges.reshape(-1, 2).tolist():
        if not 0 < begin < end < len(own) or max(share[begin - 1], share[end]) > FIXED_SHARE:
            continue
        found = list(_values(own[begin - 1], own[end], others))
        count = len(set(found)) + 1
        if 2 * len(found) >= len(others) and count >= max(3, VALUE_SHARE * (len(found) + 1)):
            # The value begins behind the last shingle before it, and ends before the next one.
            yield Place(min(begin - 1 + shingle_size, end), end, count)


def _find_missing(own: NDArray[np.uint64], others: list[NDArray[np.uint64]]) -> NDArray[np.bool_]:
    """Whether each of the others lacks each shingle of the representative: a row a document."""
    rows = [~is_among(own, np.sort(other)) for other in others]
    return np.array(rows, np.bool_).reshape(-1, len(own))


def _coincides(is_missing: NDArray[np.bool_]) -> bool:
    """Whether documents lack shingles, and mostly the same ones."""
    is_open = is_missing.mean(axis=0) >= OPEN_SHARE
    coinciding = int(np.count_nonzero(is_missing[:, is_open]))
    return coinciding > 0 and coinciding >= COINCIDING_SHARE * int(np.count_nonzero(is_missing))


def _values(
    before: np.uint64, behind: np.uint64, others: list[NDArray[np.uint64]]
) -> Iterator[bytes]:
    """What stands in each document between two shingles: the shingles between, as bytes.

    Documents that have one of the two not at all, or several times, are left out.
    """
    for other in others:
        begins, ends = np.flatnonzero(other == before), np.flatnonzero(other == behind)
        if len(begins) == 1 and len(ends) == 1 and begins[0] < ends[0]:
            yield other[begins[0] + 1 : ends[0]].tobytes()
