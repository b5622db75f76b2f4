"""The first stage: batches of texts sketched, and gathered without their texts."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.banding import Banding, make_band_keys
from dedupe.model.documents import Locator, Notice, SkippedDocument, TextBatch
from dedupe.model.errors import InputError
from dedupe.model.kernels import Kernels
from dedupe.model.sketches import SetFilters
from dedupe.sketch.token_limit import drop_oversized
from dedupe.sources.reasons import OWN_OUTPUT
from dedupe.store.documents import Documents, SketchedBatch
from dedupe.store.identities import pack_identities
from dedupe.store.presence import fold_line_ends

NO_TOKENS = "no_tokens"

TOO_MANY_TOKENS = "too_many_tokens"

DUPLICATE_ID = "duplicate_id"


def sketch_batch(
    batch: TextBatch,
    shingle_size: int,
    num_perm: int,
    seed: int,
    banding: Banding,
    kernels: Kernels,
    max_tokens: int,
    folds_line_ends: bool = False,
) -> SketchedBatch:
    """Sketch a batch and keep only what later stages need."""
    batch, oversized = drop_oversized(batch, max_tokens, kernels)
    sketch = kernels.sketch(batch, shingle_size, num_perm, seed)
    empty = np.flatnonzero(sketch.token_counts == 0).tolist()
    kept: NDArray[np.int64] | slice = slice(None)  # (of which arrays are no copies)
    ids, metas = batch.ids, batch.metas
    if empty:
        kept = np.flatnonzero(sketch.token_counts > 0)
        ids = [ids[i] for i in kept.tolist()]
        metas = [metas[i] for i in kept.tolist()] if metas else ()
    signatures = sketch.signatures[kept]
    sketched = SketchedBatch(
        labels=pack_identities(ids, batch.locators[kept], metas),
        byte_counts=np.diff(batch.offsets)[kept],
        token_counts=sketch.token_counts[kept],
        token_hashes=sketch.token_hashes[kept],
        content_hashes=sketch.content_hashes[kept],
        band_keys=make_band_keys(signatures, banding),
        filters=SetFilters(
            signatures.astype(np.uint8), sketch.bitmaps[kept], sketch.distinct_counts[kept]
        ),
        shingle_hashes=sketch.shingle_hashes,
        shingle_counts=np.diff(sketch.shingle_offsets)[kept],
        without_tokens=[(batch.ids[i], batch.locator(i)) for i in empty],
        too_many_tokens=oversized,
    )
    if not folds_line_ends:
        return sketched
    rows, hashes = _fold(batch, sketch.token_counts > 0)
    return msgspec.structs.replace(sketched, folded_rows=rows, folded_hashes=hashes)


def _fold(
    batch: TextBatch, is_kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """What :func:`fold_line_ends` finds, of documents that are kept, counted among these alone."""
    rows, hashes = fold_line_ends(batch)
    chosen = is_kept[rows]
    places = np.cumsum(is_kept, dtype=np.int64) - 1
    return places[rows[chosen]], hashes[chosen]


class Collector(msgspec.Struct):
    """Gathers sketched batches into :class:`Documents`, and what a user should know."""

    documents: Documents
    skipped: list[SkippedDocument] = msgspec.field(default_factory=list)
    skipped_locators: dict[tuple[str, str], list[Locator]] = msgspec.field(default_factory=dict)
    notices: list[Notice] = msgspec.field(default_factory=list)
    repeated: list[NDArray[np.int64]] = msgspec.field(default_factory=list)
    byte_count: int = 0
    fails_on_skip: bool = False

    def add(self, batch: SketchedBatch) -> None:
        self.byte_count += int(batch.byte_counts.sum())
        for id, locator in batch.without_tokens:
            self._note(SkippedDocument(id, NO_TOKENS, "holds no letter or digit"), locator)
        self.documents.append(batch)

    def skip(self, item: SkippedDocument, locator: Locator | None = None) -> None:
        """Note what could not be read, and where it stands if its id does not tell.

        :raises InputError: where that is to end the scan; what the program itself wrote ends none
        """
        if self.fails_on_skip and item.reason != OWN_OUTPUT:
            told = f"{item.id}: {item.detail} ({item.reason})"
            raise InputError(f"{told}; --on-error skip goes on without such")
        self._note(item, locator)

    def _note(self, item: SkippedDocument, locator: Locator | None) -> None:
        self.skipped.append(item)
        if locator is not None:
            self.skipped_locators.setdefault((item.id, item.reason), []).append(locator)

    def finish(self) -> Documents:
        """All documents, in the order in which they came, with unique ids."""
        labels = self.documents.labels
        ids = labels.separate_ids(self.documents.content_hashes, self.documents.reference_count)
        for id, same in ids.items():
            self.repeated.append(same)
            told = f"occurs {len(same)} times; kept apart as {', '.join(labels.ids(same[:4]))}"
            self.notices.append(Notice(id, DUPLICATE_ID, told + ", …" * (len(same) > 4)))
        return self.documents
