"""Sketches of a batch of texts, the filters among them, and how signatures are cut into bands."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray


class SketchBatch(msgspec.Struct, frozen=True):
    """The sketches of a :class:`TextBatch` of *n* documents, as the kernels make them.

    :param signatures: ``uint32``, ``(n, num_perm)``
    :param token_counts: ``int64``, ``(n,)``
    :param token_hashes: XXH3-128 of the token sequence as two ``uint64`` (high, low), ``(n, 2)``
    :param content_hashes: XXH3-128 of the text's UTF-8 bytes as two ``uint64``, ``(n, 2)``
    :param shingle_hashes: ``uint64``, all documents end to end, in text order with repetitions
    :param shingle_offsets: ``int64``, ``(n + 1,)``: where each document's hashes begin and end
    :param bitmaps: ``uint64``, ``(n, BITMAP_WORDS)``: each shingle hash sets the bit whose number
        is the nine lowest of its upper 32 bits
    :param distinct_counts: ``int32``, ``(n,)``: different shingle hashes

    ``bitmaps`` and ``distinct_counts`` are 0 for documents of more than ``COUNTED`` shingles.
    """

    signatures: NDArray[np.uint32]
    token_counts: NDArray[np.int64]
    token_hashes: NDArray[np.uint64]
    content_hashes: NDArray[np.uint64]
    shingle_hashes: NDArray[np.uint64]
    shingle_offsets: NDArray[np.int64]
    bitmaps: NDArray[np.uint64]
    distinct_counts: NDArray[np.int32]


class HashSketches(msgspec.Struct, frozen=True):
    """What :class:`SketchBatch` holds of *n* sets of shingle hashes beside the hashes themselves.

    :param signatures: ``uint32``, ``(n, num_perm)``; all ``0xffffffff`` for a set of none
    :param bitmaps: ``uint64``, ``(n, BITMAP_WORDS)``
    :param distinct_counts: ``int32``, ``(n,)``
    """

    signatures: NDArray[np.uint32]
    bitmaps: NDArray[np.uint64]
    distinct_counts: NDArray[np.int32]


BITMAP_WORDS = 8
"""The 64-bit words of a bitmap."""

COUNTED = 1024
"""The most shingles of a document whose distinct shingles are counted and put into a bitmap."""


class SetFilters(msgspec.Struct, frozen=True):
    """The filters of *n* documents: they rule out most candidate pairs without their shingles.

    :param low_bytes: ``uint8``, ``(n, num_perm)``: the lowest byte of each signature value
    :param bitmaps: ``uint64``, ``(n, BITMAP_WORDS)``, as in :class:`SketchBatch`
    :param distinct_counts: ``int32``, ``(n,)``, as in :class:`SketchBatch`
    """

    low_bytes: NDArray[np.uint8]
    bitmaps: NDArray[np.uint64]
    distinct_counts: NDArray[np.int32]


class Banding(msgspec.Struct, frozen=True):
    """How signatures are cut into bands.

    :param bands: bands of a signature
    :param rows: signature values in a band
    :param minimum_equal: how many low bytes of two signatures must be equal for the pair to be
        verified
    :param expected_recall: expected share of the pairs exactly at the threshold that is found
    """

    bands: int
    rows: int
    minimum_equal: int
    expected_recall: float
