"""What is kept of every document once its text is forgotten."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator
from dedupe.model.sketches import SetFilters
from dedupe.store.columns import Column, Store
from dedupe.store.filters import FilterStore
from dedupe.store.identities import Identities, PackedIdentities
from dedupe.store.presence import ScannedTexts
from dedupe.store.shingles import ShingleStore
from dedupe.store.work_folder import WorkFolder

SIGNATURE_STORE_BYTES: Final = 1 << 30
"""What is kept in memory of band keys or signatures; more, at the default settings the keys of
over 5 million documents, goes into a file."""


class SketchedBatch(msgspec.Struct, frozen=True):
    """A batch after its sketch: everything but the texts; arrays have *n* rows.

    :param signatures: ``uint32``, ``(n, num_perm)``; or, in their place, the keys of one banding,
        ``uint64``, ``(n, bands)``
    :param filters: what rules out pairs
    :param shingle_counts: ``int64``, ``(n,)``: each document's in ``shingle_hashes``
    :param without_tokens: ids of documents that were set aside, and where they stand
    :param too_many_tokens: those of documents beyond the limit
    :param folded_rows: documents whose texts hold a CR, ``int64``, ``(k,)``, where that is asked
    :param folded_hashes: content hashes of these with LF alone, ``uint64``, ``(k, 2)``
    """

    labels: PackedIdentities
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
    folded_rows: NDArray[np.int64] = msgspec.field(default_factory=lambda: np.empty(0, np.int64))
    folded_hashes: NDArray[np.uint64] = msgspec.field(
        default_factory=lambda: np.empty((0, 2), np.uint64)
    )


class Documents:
    """All documents of a corpus that have a token: a bounded record of each, never the text.

    :ivar reference_count: the first so many are reference documents
    :ivar labels: their ids, places and metadata
    :ivar shingles: their shingle hashes
    :ivar signatures: rows of ``num_perm`` values (``uint32``), or of ``bands`` keys (``uint64``)
    :ivar filters: what rules out pairs of them
    """

    def __init__(self, work: WorkFolder, num_perm: int, bands: int = 0) -> None:
        """:param bands: keep so many band keys of each document in place of its signature"""
        self.reference_count = 0
        self.labels = Identities(work)
        self.shingles = ShingleStore(work)
        kind: type = np.uint64 if bands else np.uint32
        limit = work.share(6, SIGNATURE_STORE_BYTES)
        self.signatures = Store(work, kind, bands or num_perm, limit)
        self.filters = FilterStore(work, num_perm)
        self._byte_counts, self._token_counts = Column(np.int32), Column(np.int32)
        self._token_hashes, self._content_hashes = Column(np.uint64, 2), Column(np.uint64, 2)
        self._folded_rows, self._folded_hashes = Column(np.int64), Column(np.uint64, 2)

    def __len__(self) -> int:
        return len(self.labels)

    def append(self, batch: SketchedBatch) -> None:
        """Add the next documents."""
        self._folded_rows.extend(len(self) + batch.folded_rows)
        self._folded_hashes.extend(batch.folded_hashes)
        self.labels.append(batch.labels)
        self.shingles.append(batch.shingle_hashes, batch.shingle_counts)
        self.signatures.append(batch.signatures)
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

    def describe(self, texts: ScannedTexts) -> None:
        """Tell a gate what there is, once ids are unique."""
        rows, hashes = self._folded_rows.view, self._folded_hashes.view
        texts.take(self.content_hashes, self.labels, rows, hashes, self.reference_count)

    def forget_token_hashes(self) -> None:
        """Give their memory back, once nobody asks for them any more."""
        self._token_hashes = Column(np.uint64, 2)

    def forget_signatures(self) -> None:
        """Likewise, once all candidates are found."""
        self.signatures.close()
        self.filters.close()
