"""The identity of every document in a report: its id, its locator and its metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from dedupe.model.metadata import read_date, read_meta
from dedupe.store.arrays import is_among, sort_distinct
from dedupe.store.columns import Column, Store
from dedupe.store.work_folder import WorkFolder

STORE_BYTES: Final = 16 << 20
"""The most that each of the stores keeps in memory before it moves to a file."""


class PackedIdentities(msgspec.Struct, frozen=True):
    """The identities of a batch of *n* documents, as the stores take them.

    :param ids: UTF-8, end to end (``uint8``)
    :param id_lengths: ``int64``, ``(n,)``
    :param id_hashes: XXH3-64 of each id, ``uint64``, ``(n,)``
    :param metas: packed mappings (see :class:`dedupe.model.documents.TextBatch`), end to end
        (``uint8``)
    :param meta_lengths: ``int64``, ``(n,)``
    :param locators: ``int64``, ``(n, 4)``: the fields of :class:`Locator`
    """

    ids: NDArray[np.uint8]
    id_lengths: NDArray[np.int64]
    id_hashes: NDArray[np.uint64]
    metas: NDArray[np.uint8]
    meta_lengths: NDArray[np.int64]
    locators: NDArray[np.int64]


def pack_identities(
    ids: Sequence[str], locators: NDArray[np.int64], metas: Sequence[bytes]
) -> PackedIdentities:
    """Pack the identities of a batch; ``metas`` may be empty where no document has any."""
    encoded = [id.encode("utf-8", "surrogatepass") for id in ids]
    count = len(encoded)
    hashes = np.fromiter(map(xxhash.xxh3_64_intdigest, encoded), np.uint64, count)
    metas = metas or (b"",) * count
    return PackedIdentities(
        np.frombuffer(b"".join(encoded), np.uint8),
        np.fromiter(map(len, encoded), np.int64, count),
        hashes,
        np.frombuffer(b"".join(metas), np.uint8),
        np.fromiter(map(len, metas), np.int64, count),
        locators,
    )


class Identities:
    """The identities of all documents so far; methods take indices of documents (``int64``)."""

    def __init__(self, work: WorkFolder) -> None:
        limit = work.share(32, STORE_BYTES)
        self._ids = Store(work, np.uint8, limit=limit)
        self._metas = Store(work, np.uint8, limit=limit)
        self._locators = Store(work, np.int64, 4, limit)
        self._id_begins, self._meta_begins = Column(np.int64), Column(np.int64)
        self._id_hashes = Column(np.uint64)
        self._renamed: dict[int, str] = {}

    def __len__(self) -> int:
        return self._id_begins.count

    def append(self, packed: PackedIdentities) -> None:
        """Add the identities of the next documents."""
        self._id_begins.extend(self._ids.count + _begins(packed.id_lengths))
        self._meta_begins.extend(self._metas.count + _begins(packed.meta_lengths))
        self._ids.append(packed.ids)
        self._metas.append(packed.metas)
        self._locators.append(packed.locators)
        self._id_hashes.extend(packed.id_hashes)

    def ids(self, documents: NDArray[np.int64]) -> list[str]:
        """Their ids; unique once :meth:`separate_ids` was called."""
        runs = _runs(self._ids, self._id_begins.view, documents)
        ids = [str(run, "utf-8", "surrogatepass") for run in runs]
        if self._renamed:
            renamed = self._renamed
            numbered = enumerate(documents.tolist())
            ids = [renamed.get(document, ids[i]) for i, document in numbered]
        return ids

    @property
    def renamed(self) -> dict[int, str]:
        """The documents that got an id of their own, once :meth:`separate_ids` was called."""
        return self._renamed

    def locators(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Their locators, ``(n, 4)``: the fields of :class:`Locator`."""
        return self._locators.take(documents)

    def packed_metas(
        self, documents: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Their metadata, packed and end to end, and its offsets (``(len + 1,)``)."""
        begins = self._meta_begins.view
        lengths = _ends(begins, self._metas.count, documents) - begins[documents]
        packed = self._metas.gather(begins[documents], lengths)
        return packed, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    def metas(self, documents: NDArray[np.int64]) -> list[dict[str, str]]:
        """Their metadata, each as a mapping of names to values."""
        return [read_meta(run) for run in _runs(self._metas, self._meta_begins.view, documents)]

    def dates(self, documents: NDArray[np.int64]) -> list[str]:
        """Their dates, as they were written; empty where they have none."""
        return [read_date(run) for run in _runs(self._metas, self._meta_begins.view, documents)]

    def separate_ids(
        self,
        content_hashes: NDArray[np.uint64],
        reference_count: int = 0,
        find_used: FindUsed | None = None,
    ) -> dict[str, NDArray[np.int64]]:
        """Make repeated ids unique: ``#2``, ``#3`` in the order of content hash.

        To be called once, when all documents are there.

        :param reference_count: documents at the beginning that come before others of their id
        :param find_used: which ids the corpus has, where not all its documents are here
        :returns: for each repeated id, the documents that had it, in the order of their new ids
        """
        hashes = np.sort(self._id_hashes.view)
        repeated = sort_distinct(hashes[1:][hashes[1:] == hashes[:-1]])
        suspects = np.flatnonzero(is_among(self._id_hashes.view, repeated))
        self._id_hashes = Column(np.uint64)  # (nobody asks for them again)
        by_id: dict[str, list[int]] = {}
        for id, document in zip(self.ids(suspects), suspects.tolist(), strict=True):
            by_id.setdefault(id, []).append(document)
        found = {id: np.array(same) for id, same in sorted(by_id.items()) if len(same) > 1}
        for id in found:
            locators = self.locators(found[id]).T[::-1]
            high, low = content_hashes[found[id]].T
            is_new = found[id] >= reference_count
            found[id] = found[id][np.lexsort((*locators, high, low, is_new))]
        copies = {id: len(same) - 1 for id, same in found.items()}
        names = number_ids(copies, find_used or (lambda asked: is_among(asked, hashes)))
        for id, same in found.items():
            self._renamed.update(zip(same[1:].tolist(), names[id], strict=True))
        return found


FindUsed = Callable[[NDArray[np.uint64]], NDArray[np.bool_]]
"""A function from hashes of ids to whether the corpus has an id of each hash."""


def number_ids(copies: Mapping[str, int], find_used: FindUsed) -> dict[str, list[str]]:
    """New ids for so many copies of each repeated id: ``#2``, ``#3``, without those in use.

    An id counts as used if its hash does. Two ids of one hash, a chance of 1 in 2⁶⁴, would leave a
    number out.
    """
    names: dict[str, list[str]] = {id: [] for id in copies}
    next_number = dict.fromkeys(copies, 2)
    while missing := {id: n - len(names[id]) for id, n in copies.items() if n > len(names[id])}:
        tried = [
            (id, f"{id}#{number}")
            for id, count in missing.items()
            for number in range(next_number[id], next_number[id] + count)
        ]
        for id, count in missing.items():
            next_number[id] += count
        encoded = (name.encode("utf-8", "surrogatepass") for _, name in tried)
        hashes = np.fromiter(map(xxhash.xxh3_64_intdigest, encoded), np.uint64, len(tried))
        for (id, name), used in zip(tried, find_used(hashes).tolist(), strict=True):
            if not used:
                names[id].append(name)
    return names


def _begins(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.cumsum(lengths) - lengths


def _ends(begins: NDArray[np.int64], total: int, documents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the values of these documents end, given where those of all documents begin."""
    following = np.minimum(documents + 1, len(begins) - 1)
    return np.where(documents + 1 < len(begins), begins[following], total)


def _runs(
    store: Store, begins: NDArray[np.int64], documents: NDArray[np.int64]
) -> Iterator[memoryview]:
    """The bytes that a store holds of each of these documents."""
    return store.runs(begins[documents], _ends(begins, store.count, documents) - begins[documents])
