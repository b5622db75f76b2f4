"""Drops documents of too many tokens before they are sketched.

A sketch takes memory in proportion to the tokens, and a text may hold up to two tokens a byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from dedupe.model.documents import Locator, TextBatch
from dedupe.model.kernels import Kernels

_TOKENS_PER_BYTE = 2
"""The most tokens that a byte of text can make: a character of three bytes becomes six kana."""

_SLICE_BYTES = 1 << 20
_LAST_SPACE = re.compile(rb"[\t\n\r ][^\t\n\r ]*\Z")


def drop_oversized(
    batch: TextBatch, max_tokens: int, kernels: Kernels
) -> tuple[TextBatch, list[tuple[str, Locator]]]:
    """The batch without documents of too many tokens; ids and locators of the dropped ones."""
    lengths = np.diff(batch.offsets)
    suspects = np.flatnonzero(lengths * _TOKENS_PER_BYTE > max_tokens).tolist()
    dropped = [i for i in suspects if _has_more_tokens(batch, i, max_tokens, kernels)]
    if not dropped:
        return batch, []
    kept = np.ones(len(batch), bool)
    kept[dropped] = False
    return _select(batch, np.flatnonzero(kept).tolist()), [
        (batch.ids[i], batch.locator(i)) for i in dropped
    ]


def _has_more_tokens(batch: TextBatch, document: int, max_tokens: int, kernels: Kernels) -> bool:
    begin, end = batch.offsets[document : document + 2].tolist()
    count = 0
    for piece in _slices(batch.data[begin:end].data):
        locators = np.zeros((1, 4), np.int64)
        part = TextBatch([""], (piece,), np.array([0, len(piece)]), locators)
        count += int(kernels.sketch(part, 1, 1, 1).token_counts[0])
        if count > max_tokens:
            return True
    return False


def _slices(text: memoryview) -> Iterator[memoryview]:
    """Slices of about 1 MB, cut at white space, which no token holds; else between characters."""
    begin = 0
    while begin < len(text):
        end = min(begin + _SLICE_BYTES, len(text))
        if end < len(text):
            space = _LAST_SPACE.search(text[max(begin, end - 1000) : end])
            if space:
                end = max(begin, end - 1000) + space.start() + 1
            while end < len(text) and text[end] & 0xC0 == 0x80:
                end -= 1
        yield text[begin:end]
        begin = end


def _select(batch: TextBatch, chosen: list[int]) -> TextBatch:
    """The batch with these of its documents only."""
    parts = [batch.data[batch.offsets[i] : batch.offsets[i + 1]].data for i in chosen]
    offsets = np.zeros(len(chosen) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return TextBatch(
        ids=[batch.ids[i] for i in chosen],
        pieces=parts,
        offsets=offsets,
        locators=batch.locators[chosen],
        metas=[batch.metas[i] for i in chosen] if batch.metas else (),
    )
