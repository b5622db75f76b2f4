"""Packs documents into batches, in Arrow's layout of strings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.model.documents import Locator, TextBatch, pack_locators
from dedupe.sources.encoding.text_encoding import encode_text
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import Chunk

IN_MEMORY = -1
"""The ``Locator.source`` of texts that come from no file."""


class BatchPacker:
    """Joins the documents of many files into batches, so that small files share one."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._ids: list[str] = []
        self._texts: list[bytes] = []
        self._locators: list[NDArray[np.int64]] = []
        self._metas: list[bytes] = []
        self._text_bytes = 0

    def add(self, chunk: Chunk) -> Iterator[TextBatch]:
        """Take in documents; gives the batches that are full."""
        self._ids += chunk.ids
        self._texts += chunk.texts
        self._locators.append(chunk.locators)
        self._metas += chunk.metas or [b""] * len(chunk.ids)
        self._text_bytes += sum(map(len, chunk.texts))
        limits = self._limits
        while len(self._ids) >= limits.batch_documents or self._text_bytes >= limits.batch_bytes:
            yield self._take(limits.batch_documents)

    def finish(self) -> Iterator[TextBatch]:
        """The last batch, if any documents are left."""
        if self._ids:
            yield self._take(len(self._ids))

    def _take(self, count: int) -> TextBatch:
        locators = np.concatenate(self._locators)
        metas = self._metas[:count]
        batch = _pack(
            self._ids[:count],
            self._texts[:count],
            locators[:count],
            metas if any(metas) else (),
        )
        del self._ids[:count], self._texts[:count], self._metas[:count]
        self._locators = [locators[count:]]
        self._text_bytes = sum(map(len, self._texts))
        return batch


def make_batch(ids: Sequence[str], texts: Sequence[str]) -> TextBatch:
    """Strings as one batch, for callers that hold their texts in memory.

    Lone surrogates, which UTF-8 cannot hold, become U+FFFD.

    :raises ValueError: if the lengths differ
    """
    if len(ids) != len(texts):
        raise ValueError(f"{len(ids)} ids and {len(texts)} texts")
    encoded = [encode_text(text) for text in texts]
    return _pack(ids, encoded, pack_locators(Locator(IN_MEMORY, 0, len(t)) for t in encoded))


def _pack(
    ids: Sequence[str],
    texts: Sequence[bytes],
    locators: NDArray[np.int64],
    metas: Sequence[bytes] = (),
) -> TextBatch:
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    return TextBatch(
        ids=ids,
        pieces=texts,
        offsets=offsets,
        locators=locators,
        metas=metas,
    )
