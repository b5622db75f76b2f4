"""The record that is kept of every document once its text is forgotten."""

from __future__ import annotations

from copy import copy
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator
from dedupe.model.sketches import BITMAP_WORDS, SetFilters
from dedupe.store.columns import Column, RowView, Store
from dedupe.store.document_marks import ScannedTexts
from dedupe.store.filters import FilterStore
from dedupe.store.identities import Identities, PackedIdentities
from dedupe.store.shingles import ShingleStore
from dedupe.store.work_folder import WorkFolder

SIGNATURE_STORE_BYTES: Final = 1 << 30
"""Band keys or signatures that are kept in memory; with more they move to a file.

At the default settings this holds the keys of 5 million documents.
"""


class SketchedBatch(msgspec.Struct, frozen=True):
    """The records of a batch of *n* documents after it was sketched; arrays have *n* rows.

    :param signatures: ``uint32``, ``(n, num_perm)``; or, in their place, the keys of one banding,
        ``uint64``, ``(n, bands)``
    :param filters: rule out pairs without their shingles
    :param shingle_hashes: ``uint64``, all documents end to end, in text order with repetitions
    :param shingle_counts: ``int64``, ``(n,)``: how many of ``shingle_hashes`` each document has
    :param without_tokens: ids and locators of documents that were set aside for having no token
    :param too_many_tokens: ids and locators of documents with more tokens than ``max_tokens``
    :param too_short_count: documents that were left out for having fewer tokens than ``min_tokens``
    :param folded_rows: documents whose texts hold a CR, ``int64``, ``(k,)``; empty where the scan
        does not mark documents (``store.document_marks``)
    :param folded_hashes: their content hashes with every line end as LF, ``uint64``, ``(k, 2)``
    """

    identities: PackedIdentities
    byte_counts: NDArray[np.int64]
    token_counts: NDArray[np.int64]
    token_hashes: NDArray[np.uint64]
    content_hashes: NDArray[np.uint64]
    signatures: NDArray[np.uint32] | NDArray[np.uint64]
    filters: SetFilters
    shingle_hashes: NDArray[np.uint64]
    shingle_counts: NDArray[np.int64]
    without_tokens: list[tuple[str, Locator]]
    too_many_tokens: list[tuple[str, Locator]]
    too_short_count: int = 0
    folded_rows: NDArray[np.int64] = msgspec.field(default_factory=lambda: np.empty(0, np.int64))
    folded_hashes: NDArray[np.uint64] = msgspec.field(
        default_factory=lambda: np.empty((0, 2), np.uint64)
    )

    @classmethod
    def without_sketches(
        cls,
        identities: PackedIdentities,
        byte_counts: NDArray[np.int64],
        token_counts: NDArray[np.int64],
        token_hashes: NDArray[np.uint64],
        content_hashes: NDArray[np.uint64],
    ) -> SketchedBatch:
        """Documents whose pairs are known: neither signatures nor shingles are needed again."""
        no_filters = SetFilters(
            np.empty((0, 1), np.uint8),
            np.empty((0, BITMAP_WORDS), np.uint64),
            np.empty(0, np.int32),
        )
        return cls(
            identities=identities,
            byte_counts=byte_counts,
            token_counts=token_counts,
            token_hashes=token_hashes,
            content_hashes=content_hashes,
            signatures=np.empty((0, 1), np.uint32),
            filters=no_filters,
            shingle_hashes=np.empty(0, np.uint64),
            shingle_counts=np.zeros(len(byte_counts), np.int64),
            without_tokens=[],
            too_many_tokens=[],
        )


class ResketchedRows(msgspec.Struct, frozen=True):
    """New sketches of some documents: the fields of :class:`SketchedBatch` of the same names."""

    shingle_hashes: NDArray[np.uint64]
    shingle_counts: NDArray[np.int64]
    signatures: NDArray[np.uint32] | NDArray[np.uint64]
    filters: SetFilters


class Documents:
    """All documents of a corpus that have a token: a bounded record of each, never the text.

    :ivar reference_count: how many documents, from the first, are reference documents
    :ivar identities: their ids, locators and metadata
    :ivar shingles: their shingle hashes
    :ivar signatures: rows of ``num_perm`` values (``uint32``), or of ``bands`` keys (``uint64``)
    :ivar filters: rule out pairs of them without their shingles
    """

    def __init__(self, work: WorkFolder, num_perm: int, bands: int = 0) -> None:
        """:param bands: band keys to keep of each document in place of its signature (0: none)"""
        self.reference_count = 0
        self.identities = Identities(work)
        self.shingles = ShingleStore(work)
        kind: type = np.uint64 if bands else np.uint32
        limit = work.share(6, SIGNATURE_STORE_BYTES)
        self._signatures = Store(work, kind, bands or num_perm, limit)
        self.signatures: Store | RowView = self._signatures
        self.filters = FilterStore(work, num_perm)
        self._byte_counts, self._token_counts = Column(np.int32), Column(np.int32)
        self._token_hashes, self._content_hashes = Column(np.uint64, 2), Column(np.uint64, 2)
        self._folded_rows, self._folded_hashes = Column(np.int64), Column(np.uint64, 2)

    def __len__(self) -> int:
        return len(self.identities)

    def append(self, batch: SketchedBatch) -> None:
        """Add the next documents."""
        self._folded_rows.extend(len(self) + batch.folded_rows)
        self._folded_hashes.extend(batch.folded_hashes)
        self.identities.append(batch.identities)
        self.shingles.append(batch.shingle_hashes, batch.shingle_counts)
        self._signatures.append(batch.signatures)
        self.filters.append(batch.filters)
        self._byte_counts.extend(batch.byte_counts)
        self._token_counts.extend(batch.token_counts)
        self._token_hashes.extend(batch.token_hashes)
        self._content_hashes.extend(batch.content_hashes)

    @property
    def byte_counts(self) -> NDArray[np.int32]:
        return self._byte_counts.view

    @property
    def token_counts(self) -> NDArray[np.int32]:
        return self._token_counts.view

    @property
    def token_hashes(self) -> NDArray[np.uint64]:
        """``(n, 2)``: high half, low half."""
        return self._token_hashes.view

    @property
    def content_hashes(self) -> NDArray[np.uint64]:
        """``(n, 2)``: high half, low half."""
        return self._content_hashes.view

    def resketched(self, changed: NDArray[np.int64], sketches: ResketchedRows) -> Documents:
        """The same documents, of which some have other shingles, signatures and filters.

        Both keep all that they share in one place, so that closing one closes the other.

        :param changed: ascending
        """
        rows = np.arange(len(self), dtype=np.int64)
        other = copy(self)
        other.shingles = self.shingles.replaced(
            changed, sketches.shingle_hashes, sketches.shingle_counts
        )
        rows[changed] = self._signatures.count + np.arange(len(changed))
        self._signatures.append(sketches.signatures)
        other.signatures = RowView(self._signatures, rows)
        rows = rows.copy()
        rows[changed] = len(self.filters) + np.arange(len(changed))
        self.filters.append(sketches.filters)
        other.filters = self.filters.numbered(rows)
        return other

    def fill_scanned_texts(self, scanned: ScannedTexts) -> None:
        """Give a gate the marks of all documents, once their ids are unique."""
        rows, hashes = self._folded_rows.view, self._folded_hashes.view
        scanned.fill(self.content_hashes, self.identities, rows, hashes, self.reference_count)

    def forget_token_hashes(self) -> None:
        """Give the memory of the token hashes back, once documents are grouped by them."""
        self._token_hashes = Column(np.uint64, 2)

    def forget_signatures(self, keeps_sets: bool = False) -> None:
        """Give the memory of signatures and filters back, once all candidates are found.

        :param keeps_sets: whether the filters by sizes and bitmaps are needed after that
        """
        self.signatures.close()
        self.filters.close(keeps_sets)
