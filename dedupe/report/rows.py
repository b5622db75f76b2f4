"""Parts of a report as columns, whose rows become objects only while somebody looks at them.

So a report of millions of members and pairs is written without ever being in memory as objects,
which take many times the bytes of their columns.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, TypeVar, overload

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from dedupe.model.documents import Locator
from dedupe.model.metadata import read_meta
from dedupe.model.relations import RELATIONS
from dedupe.model.report import BridgeEnd, Cluster, DuplicatePair, Member, Report, WeakestLink

ROWS_AT_ONCE: Final = 1 << 12
"""Members and pairs that are made together, about; a cluster of more is made alone, and what it has
over twice as many of stays in columns."""

Row = TypeVar("Row", covariant=True)


class Rows(Sequence[Row]):
    """Rows of a table, made again by whoever iterates.

    :param make: gives the rows ``begin:end`` of the table
    :param cuts: ascending; they begin with the first and end behind the last of these rows of the
        table, and what is between two is made together
    """

    def __init__(self, make: Callable[[int, int], list[Row]], cuts: Sequence[int]) -> None:
        self._make = make
        self._cuts = cuts

    @classmethod
    def of_range(cls, make: Callable[[int, int], list[Row]], begin: int, end: int) -> Rows[Row]:
        """The rows ``begin:end`` of a table, all of about the same size."""
        return cls(make, [*range(begin, end, ROWS_AT_ONCE), end])

    def __len__(self) -> int:
        return self._cuts[-1] - self._cuts[0]

    def __iter__(self) -> Iterator[Row]:
        for begin, end in pairwise(self._cuts):
            yield from self._make(begin, end)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        rows = range(self._cuts[0], self._cuts[-1])[place]
        if isinstance(rows, int):
            return self._make(rows, rows + 1)[0]
        if rows.step == 1:
            return tuple(self._make(rows.start, rows.stop)) if rows else ()
        return tuple(self._make(row, row + 1)[0] for row in rows)


class LocatorTable(Mapping[str, Locator]):
    """Where documents stand, by id.

    :param ids: ascending
    :param places: ``int64``, ``(n, 4)``: the fields of :class:`Locator`
    """

    def __init__(self, ids: Sequence[str], places: NDArray[np.int64]) -> None:
        self._ids = ids
        self._places = places

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __getitem__(self, id: str) -> Locator:
        rank = bisect_left(self._ids, id)
        if rank == len(self._ids) or self._ids[rank] != id:
            raise KeyError(id)
        return Locator(*self._places[rank].tolist())

    def items(self) -> ItemsView[str, Locator]:
        return _LocatorItems(self)

    def make(self, begin: int, end: int) -> list[Locator]:
        """Those of the documents ``begin:end``."""
        return list(map(Locator, *self._places[begin:end].T.tolist()))


class _LocatorItems(ItemsView[str, Locator]):
    """What the standard one gives, without a search for each."""

    _mapping: LocatorTable

    def __iter__(self) -> Iterator[tuple[str, Locator]]:
        locators = Rows.of_range(self._mapping.make, 0, len(self._mapping))
        return zip(self._mapping, locators, strict=True)


class ReportedDocuments(msgspec.Struct, frozen=True):
    """The *n* documents that a report speaks of, in the order of their ids: columns by rank.

    :param content_hashes: ``uint64``, ``(n, 2)``: high, low
    :param metas: packed mappings (see :class:`dedupe.model.documents.TextBatch`), end to end
        (``uint8``)
    :param meta_begins: ``int64``, ``(n + 1,)``
    """

    ids: list[str]
    token_counts: NDArray[np.int32]
    content_hashes: NDArray[np.uint64]
    byte_counts: NDArray[np.int32]
    metas: NDArray[np.uint8]
    meta_begins: NDArray[np.int64]
    are_references: NDArray[np.bool_]

    def describe(self, ranks: NDArray[np.int64]) -> tuple[Any, ...]:
        """The last five columns of a :class:`Member` or a :class:`BridgeEnd`, as objects."""
        return (
            self.token_counts[ranks].tolist(),
            _hexadecimal(self.content_hashes[ranks]),
            self.byte_counts[ranks].tolist(),
            self._metas(ranks),
            self.are_references[ranks].tolist(),
        )

    def _metas(self, ranks: NDArray[np.int64]) -> list[dict[str, str]]:
        if not len(self.metas):
            return [{} for _ in range(len(ranks))]
        data = self.metas.data
        begins, ends = self.meta_begins[ranks].tolist(), self.meta_begins[ranks + 1].tolist()
        return [read_meta(data[begin:end]) for begin, end in zip(begins, ends, strict=True)]


class MemberColumns(msgspec.Struct, frozen=True):
    """Members, cluster after cluster, the representative of each first.

    :param ranks: ``int64``: which of the reported documents
    :param relations: ``int8``: the rank of each (:class:`dedupe.model.relations.Relation`)
    """

    documents: ReportedDocuments
    ranks: NDArray[np.int64]
    relations: NDArray[np.int8]
    jaccard: NDArray[np.float64]
    containment: NDArray[np.float64]

    def make(self, begin: int, end: int) -> list[Member]:
        """The members ``begin:end``."""
        ranks = self.ranks[begin:end]
        columns = (
            map(self.documents.ids.__getitem__, ranks.tolist()),
            map(RELATIONS.__getitem__, self.relations[begin:end].tolist()),
            self.jaccard[begin:end].tolist(),
            self.containment[begin:end].tolist(),
            *self.documents.describe(ranks),
        )
        return list(map(Member, *columns))


class PairColumns(msgspec.Struct, frozen=True):
    """Duplicate pairs; left and right are ranks of reported documents, all but ``relations``
    ``int32``."""

    documents: ReportedDocuments
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    relations: NDArray[np.int8]
    shared_counts: NDArray[np.int32]
    left_counts: NDArray[np.int32]
    right_counts: NDArray[np.int32]

    def make(self, begin: int, end: int) -> list[DuplicatePair]:
        """The pairs ``begin:end``."""
        run = slice(begin, end)
        shared = self.shared_counts[run].astype(np.int64)
        left, right = self.left_counts[run], self.right_counts[run]
        columns: tuple[Any, ...] = (
            map(self.documents.ids.__getitem__, self.left[run].tolist()),
            map(self.documents.ids.__getitem__, self.right[run].tolist()),
            map(RELATIONS.__getitem__, self.relations[run].tolist()),
            shared.tolist(),
            left.tolist(),
            right.tolist(),
            (shared / (left - shared + right)).tolist(),
        )
        return list(map(DuplicatePair, *columns))


class BridgeEndColumns(msgspec.Struct, frozen=True):
    """Ends of bridges that are in no cluster.

    :param ranks: ``int64``: which of the reported documents
    """

    documents: ReportedDocuments
    ranks: NDArray[np.int64]

    def make(self, begin: int, end: int) -> list[BridgeEnd]:
        """The ends ``begin:end``."""
        ranks = self.ranks[begin:end]
        ids = map(self.documents.ids.__getitem__, ranks.tolist())
        return list(map(BridgeEnd, ids, *self.documents.describe(ranks)))


class ClusterColumns(msgspec.Struct, frozen=True):
    """Clusters as they stand in a report.

    :param members: those of all clusters, and ``pairs`` likewise
    :param member_begins: ``int64``, one a cluster and the end; ``pair_begins`` likewise
    :param weakest: ``int64``: the member of the weakest link
    """

    members: MemberColumns
    pairs: PairColumns
    member_begins: NDArray[np.int64]
    pair_begins: NDArray[np.int64]
    weakest: NDArray[np.int64]

    def rows(self) -> Rows[Cluster]:
        """All clusters; a large one is made alone."""
        before = self.member_begins + self.pair_begins
        is_large = np.diff(before) > ROWS_AT_ONCE
        is_cut = np.ones(len(before), bool)
        is_cut[1:-1] = np.diff(before[:-1] // ROWS_AT_ONCE) > 0
        is_cut[:-1] |= is_large
        is_cut[1:] |= is_large
        return Rows(self._make, np.flatnonzero(is_cut).tolist())

    def _make(self, begin: int, end: int) -> list[Cluster]:
        member_begins = self.member_begins[begin : end + 1].tolist()
        pair_begins = self.pair_begins[begin : end + 1].tolist()
        first, first_pair = member_begins[0], pair_begins[0]
        members = _made(self.members.make, first, member_begins[-1])
        pairs = _made(self.pairs.make, first_pair, pair_begins[-1])
        ranks = self.members.ranks[first : member_begins[-1]].tolist()
        weakest = self.weakest[begin:end].tolist()
        ids = self.members.documents.ids
        clusters = []
        for i in range(end - begin):
            of_members = slice(member_begins[i] - first, member_begins[i + 1] - first)
            of_pairs = slice(pair_begins[i] - first_pair, pair_begins[i + 1] - first_pair)
            own = sorted(ranks[of_members])
            link = members[weakest[i] - first]
            clusters.append(
                Cluster(
                    cluster_id=_name_cluster([ids[rank] for rank in own]),
                    representative=ids[ranks[of_members.start]],
                    members=_part(members, of_members),
                    pairs=_part(pairs, of_pairs),
                    weakest_link=WeakestLink(link.id, link.jaccard),
                )
            )
        return clusters


def _made(make: Callable[[int, int], list[Row]], begin: int, end: int) -> Sequence[Row]:
    """These rows of a table; still as columns where they are many."""
    many = end - begin > 2 * ROWS_AT_ONCE
    return Rows.of_range(make, begin, end) if many else make(begin, end)


def _part(rows: Sequence[Row], part: slice) -> Sequence[Row]:
    is_whole = part.stop - part.start == len(rows)
    return rows if is_whole and isinstance(rows, Rows) else tuple(rows[part])


def _name_cluster(ids: Sequence[str]) -> str:
    """The id of a cluster of these documents, which are in order."""
    return xxhash.xxh3_64_hexdigest("\0".join(ids).encode("utf-8", "surrogatepass"))


def materialise(report: Report) -> Report:
    """The same with all of its parts in memory, as tuples and a dictionary."""
    locators = dict(report.run.locators.items())
    return msgspec.structs.replace(
        report,
        clusters=materialise_clusters(report.clusters),
        bridges=tuple(report.bridges),
        bridge_ends=tuple(report.bridge_ends),
        run=msgspec.structs.replace(report.run, locators=locators),
    )


def materialise_clusters(clusters: Sequence[Cluster]) -> tuple[Cluster, ...]:
    """Clusters in memory, with their members and pairs."""
    return tuple(map(_hold_cluster, clusters))


def _hold_cluster(cluster: Cluster) -> Cluster:
    if isinstance(cluster.members, tuple) and isinstance(cluster.pairs, tuple):
        return cluster
    return msgspec.structs.replace(
        cluster, members=tuple(cluster.members), pairs=tuple(cluster.pairs)
    )


def _hexadecimal(hashes: NDArray[np.uint64]) -> list[str]:
    text = hashes.astype(">u8").tobytes().hex()
    return [text[i : i + 32] for i in range(0, len(text), 32)]
