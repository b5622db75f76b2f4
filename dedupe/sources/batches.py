"""Documents packed into batches: Arrow's layout of strings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dedupe.model import Locator, TextBatch
from dedupe.sources.limits import ReadLimits
from dedupe.sources.pieces import Chunk
from dedupe.sources.text_encoding import encode_text

IN_MEMORY = -1
"""``Locator.source`` of a text that came from no file."""


class BatchPacker:
    """Puts the documents of many readers together, so that small files share a batch."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._held = Chunk()
        self._held_bytes = 0

    def add(self, chunk: Chunk) -> Iterator[TextBatch]:
        """Take these documents in; gives the batches that are full."""
        held = self._held
        held.ids += chunk.ids
        held.texts += chunk.texts
        held.locators += chunk.locators
        held.metas += chunk.metas or [b""] * len(chunk.ids)
        self._held_bytes += sum(map(len, chunk.texts))
        limits = self._limits
        while len(held.ids) >= limits.batch_documents or self._held_bytes >= limits.batch_bytes:
            yield self._take(limits.batch_documents)

    def finish(self) -> Iterator[TextBatch]:
        """The documents that are left."""
        if self._held.ids:
            yield self._take(len(self._held.ids))

    def _take(self, count: int) -> TextBatch:
        held = self._held
        metas = held.metas[:count]
        batch = _pack(
            held.ids[:count],
            held.texts[:count],
            held.locators[:count],
            metas if any(metas) else (),
        )
        del held.ids[:count], held.texts[:count], held.locators[:count], held.metas[:count]
        self._held_bytes = sum(map(len, held.texts))
        return batch


def make_batch(
    ids: Sequence[str], texts: Sequence[str], locators: Sequence[Locator] | None = None
) -> TextBatch:
    """Strings as one batch, for callers that hold their texts in memory.

    Lone surrogates, which UTF-8 cannot hold, become U+FFFD.

    :param locators: without them, the documents are marked as being in no file
    :raises ValueError: if the lengths differ
    """
    encoded = [encode_text(text) for text in texts]
    if locators is None:
        locators = [Locator(IN_MEMORY, 0, len(text)) for text in encoded]
    if not len(ids) == len(encoded) == len(locators):
        raise ValueError(f"{len(ids)} ids, {len(encoded)} texts and {len(locators)} locators")
    return _pack(ids, encoded, locators)


def _pack(
    ids: Sequence[str],
    texts: Sequence[bytes],
    locators: Sequence[Locator],
    metas: Sequence[bytes] = (),
) -> TextBatch:
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    return TextBatch(
        ids=ids,
        data=np.frombuffer(b"".join(texts), dtype=np.uint8),
        offsets=offsets,
        locators=locators,
        metas=metas,
    )
