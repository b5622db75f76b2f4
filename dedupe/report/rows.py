"""Parts of a report as columns; a row becomes an object only while it is in use.

A report of millions of members and pairs is written without ever being in memory as objects,
which take many times the bytes of the columns.
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
from dedupe.model.report import (
    BridgeEnd,
    Cluster,
    DuplicatePair,
    HashedLocators,
    Member,
    Report,
    WeakestLink,
)

ROWS_AT_ONCE: Final = 1 << 12
"""The number of members and pairs that are made together, about.

A cluster of more is made alone. If it has more than twice as many members, or pairs, these stay in
columns.
"""

Row = TypeVar("Row", covariant=True)


class Rows(Sequence[Row]):
    """A lazy sequence of the rows of a table, made again at each iteration.

    :param make: makes the rows ``begin:end`` of the table
    :param cuts: ascending positions in the table, from the first of these rows to the end; the rows
        between two cuts are made together
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
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        rows = range(self._cuts[0], self._cuts[-1])[index]
        if isinstance(rows, int):
            return self._make(rows, rows + 1)[0]
        if rows.step == 1:
            return tuple(self._make(rows.start, rows.stop)) if rows else ()
        return tuple(self._make(row, row + 1)[0] for row in rows)


class HashTable(Mapping[str, str]):
    """The content hashes of documents, by id; each is made when it is looked up.

    :param ids: ascending
    :param hashes: ``uint64``, ``(n, 2)``: high, low
    """

    def __init__(self, ids: Sequence[str], hashes: NDArray[np.uint64]) -> None:
        self._ids = ids
        self._hashes = hashes

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __getitem__(self, id: str) -> str:
        rank = _find_rank(self._ids, id)
        return _hexadecimal(self._hashes[rank : rank + 1])[0]


def _find_rank(ids: Sequence[str], id: str) -> int:
    """:raises KeyError: if it is not among them"""
    rank = bisect_left(ids, id)
    if rank == len(ids) or ids[rank] != id:
        raise KeyError(id)
    return rank


class LocatorTable(HashedLocators):
    """The locators of documents, by id; each is made when it is looked up.

    :param ids: ascending
    :param fields: ``int64``, ``(n, 4)``: the fields of :class:`Locator`
    """

    def __init__(
        self, ids: Sequence[str], fields: NDArray[np.int64], hashes: NDArray[np.uint64]
    ) -> None:
        self._ids = ids
        self._fields = fields
        self.content_hashes = HashTable(ids, hashes)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __getitem__(self, id: str) -> Locator:
        return Locator(*self._fields[_find_rank(self._ids, id)].tolist())

    def items(self) -> ItemsView[str, Locator]:
        return _LocatorItems(self)

    def make(self, begin: int, end: int) -> list[Locator]:
        """The locators of the documents ``begin:end``, in the order of ``ids``."""
        return list(map(Locator, *self._fields[begin:end].T.tolist()))


class _LocatorItems(ItemsView[str, Locator]):
    """The items in one pass; the standard view would search for each id."""

    _mapping: LocatorTable

    def __iter__(self) -> Iterator[tuple[str, Locator]]:
        locators = Rows.of_range(self._mapping.make, 0, len(self._mapping))
        return zip(self._mapping, locators, strict=True)


class ReportedDocuments(msgspec.Struct, frozen=True):
    """The *n* documents of a report, as columns in the order of their ids.

    The position of a document in this order is its *rank*.

    :param content_hashes: ``uint64``, ``(n, 2)``: high, low
    :param metas: ``uint8``: packed mappings (see :class:`dedupe.model.documents.TextBatch`),
        concatenated
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
        """The values of the last five fields of a :class:`Member` or a :class:`BridgeEnd`."""
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
    """Members, cluster after cluster, with the representative of each first.

    :param ranks: ``int64``: positions in the reported documents
    :param relations: ``int8``: ranks of :class:`dedupe.model.relations.Relation`
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
    """Duplicate pairs.

    :param left: ``int32``, as all other columns of numbers: positions in the reported documents
    :param right: positions in the reported documents
    :param relations: ``int8``: ranks of :class:`dedupe.model.relations.Relation`
    """

    documents: ReportedDocuments
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    relations: NDArray[np.int8]
    shared_counts: NDArray[np.int32]
    left_counts: NDArray[np.int32]
    right_counts: NDArray[np.int32]
    are_cut: NDArray[np.bool_]

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
            self.are_cut[run].tolist(),
        )
        return list(map(DuplicatePair, *columns))


class BridgeEndColumns(msgspec.Struct, frozen=True):
    """Ends of bridges that are in no cluster.

    :param ranks: ``int64``: positions in the reported documents
    """

    documents: ReportedDocuments
    ranks: NDArray[np.int64]

    def make(self, begin: int, end: int) -> list[BridgeEnd]:
        """The ends ``begin:end``."""
        ranks = self.ranks[begin:end]
        ids = map(self.documents.ids.__getitem__, ranks.tolist())
        return list(map(BridgeEnd, ids, *self.documents.describe(ranks)))


class ClusterColumns(msgspec.Struct, frozen=True):
    """Clusters, in the order of the report.

    :param members: the members of all clusters
    :param pairs: bridges, then the pairs of all clusters
    :param member_begins: ``int64``: the first member of each cluster, then the end
    :param pair_begins: ``int64``: the first pair of each cluster, then the end
    :param weakest: ``int64``: the position in ``members`` of each cluster's weakest link
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
        members = _make_rows(self.members.make, first, member_begins[-1])
        pairs = _make_rows(self.pairs.make, first_pair, pair_begins[-1])
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
                    cluster_id=name_cluster([ids[rank] for rank in own]),
                    representative=ids[ranks[of_members.start]],
                    members=_slice_rows(members, of_members),
                    pairs=_slice_rows(pairs, of_pairs),
                    weakest_link=WeakestLink(link.id, link.jaccard),
                )
            )
        return clusters


def _make_rows(make: Callable[[int, int], list[Row]], begin: int, end: int) -> Sequence[Row]:
    """The rows ``begin:end`` of a table: as objects, or lazy if they are many."""
    many = end - begin > 2 * ROWS_AT_ONCE
    return Rows.of_range(make, begin, end) if many else make(begin, end)


def _slice_rows(rows: Sequence[Row], part: slice) -> Sequence[Row]:
    is_whole = part.stop - part.start == len(rows)
    return rows if is_whole and isinstance(rows, Rows) else tuple(rows[part])


def name_cluster(ids: Sequence[str]) -> str:
    """The id of a cluster: XXH3-64 of the ids of its documents.

    :param ids: ascending
    """
    return xxhash.xxh3_64_hexdigest("\0".join(ids).encode("utf-8", "surrogatepass"))


def materialise(report: Report) -> Report:
    """The same report with all rows in memory, as tuples and a dictionary."""
    locators = dict(report.run.locators.items())
    return msgspec.structs.replace(
        report,
        clusters=materialise_clusters(report.clusters),
        bridges=tuple(report.bridges),
        bridge_ends=tuple(report.bridge_ends),
        contained=tuple(report.contained),
        passages=tuple(report.passages),
        shared_ends=tuple(report.shared_ends),
        run=msgspec.structs.replace(report.run, locators=locators),
    )


def materialise_clusters(clusters: Sequence[Cluster]) -> tuple[Cluster, ...]:
    """The same clusters in memory, with all their members and pairs."""
    return tuple(map(_materialise_cluster, clusters))


def _materialise_cluster(cluster: Cluster) -> Cluster:
    if isinstance(cluster.members, tuple) and isinstance(cluster.pairs, tuple):
        return cluster
    return msgspec.structs.replace(
        cluster, members=tuple(cluster.members), pairs=tuple(cluster.pairs)
    )


def _hexadecimal(hashes: NDArray[np.uint64]) -> list[str]:
    text = hashes.astype(">u8").tobytes().hex()
    return [text[i : i + 32] for i in range(0, len(text), 32)]
