"""What the kernels make of a batch of texts."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray


class SketchBatch(msgspec.Struct, frozen=True):
    """What the kernels make of a :class:`TextBatch` of *n* documents.

    :param signatures: ``uint32``, shape ``(n, num_perm)``
    :param token_counts: ``int64``, shape ``(n,)``
    :param token_hashes: XXH3-128 of the token sequence as two ``uint64`` (high, low), ``(n, 2)``
    :param content_hashes: the same of the text's UTF-8 bytes, ``(n, 2)``
    :param shingle_hashes: ``uint64``, all documents end to end, in text order with repetitions
    :param shingle_offsets: ``int64``, ``(n + 1,)``
    :param bitmaps: ``uint64``, ``(n, BITMAP_WORDS)``: each shingle hash sets the bit that the nine
        lowest of its upper 32 bits name
    :param distinct_counts: ``int32``, ``(n,)``: different shingle hashes

    The last two are left 0 for documents of more than ``COUNTED`` shingles.
    """

    signatures: NDArray[np.uint32]
    token_counts: NDArray[np.int64]
    token_hashes: NDArray[np.uint64]
    content_hashes: NDArray[np.uint64]
    shingle_hashes: NDArray[np.uint64]
    shingle_offsets: NDArray[np.int64]
    bitmaps: NDArray[np.uint64]
    distinct_counts: NDArray[np.int32]


BITMAP_WORDS = 8

COUNTED = 1024


class SetFilters(msgspec.Struct, frozen=True):
    """What rules out most candidate pairs without their shingles; arrays have a row a document.

    :param low_bytes: ``uint8``, ``(n, num_perm)``: the lowest byte of each signature value
    :param bitmaps: as in :class:`SketchBatch`
    :param distinct_counts: likewise
    """

    low_bytes: NDArray[np.uint8]
    bitmaps: NDArray[np.uint64]
    distinct_counts: NDArray[np.int32]


class Banding(msgspec.Struct, frozen=True):
    """How signatures are cut into bands.

    :param minimum_equal: signature values in which a pair must agree to be verified
    :param expected_recall: share of the pairs exactly at the threshold that is found
    """

    bands: int
    rows: int
    minimum_equal: int
    expected_recall: float
