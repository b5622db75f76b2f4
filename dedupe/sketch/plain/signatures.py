"""Shingles, their hashes, and the signatures (by datasketch) and bitmaps of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedupe.model.sketches import BITMAP_WORDS, COUNTED

SIGNED_VALUES: Final = 1 << 19
"""The most values, one for each hash and permutation, that are in memory at once."""


def shingle_tokens(tokens: Sequence[str], shingle_size: int) -> list[str]:
    """Every window of ``shingle_size`` tokens; one shingle of all tokens where there are fewer."""
    if not tokens:
        return []
    windows = range(max(1, len(tokens) - shingle_size + 1))
    return [" ".join(tokens[i : i + shingle_size]) for i in windows]


def hash_shingles(shingles: Iterable[str]) -> NDArray[np.uint64]:
    """XXH3-64 (seed 0) of each shingle's UTF-8 bytes, in order."""
    import xxhash

    hashes = [xxhash.xxh3_64_intdigest(shingle.encode()) for shingle in shingles]
    return np.array(hashes, dtype=np.uint64)


def sign_hashes(hashes: NDArray[np.uint64], num_perm: int, seed: int) -> NDArray[np.uint32]:
    """The ``affine32`` signature that datasketch gives for these shingle hashes."""
    signature = _minhash(num_perm, seed).copy()
    step = max(SIGNED_VALUES // num_perm, 1)
    for begin in range(0, len(hashes), step):
        part = hashes[begin : begin + step] & np.uint64(0xFFFFFFFF)
        signature.update_batch(part.tolist())
    return np.asarray(signature.hashvalues, dtype=np.uint32)


@lru_cache(maxsize=4)
def _minhash(num_perm: int, seed: int):  # type: ignore[no-untyped-def]
    from datasketch import MinHash

    return MinHash(num_perm, seed=seed, scheme="affine32", hashfunc=_identity)


def _identity(value: int) -> int:
    return value


def make_bitmap(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The bitmap of a document's shingle hashes: see :class:`dedupe.model.sketches.SketchBatch`."""
    bitmap = np.zeros(BITMAP_WORDS, np.uint64)
    if len(hashes) <= COUNTED:
        bits = hashes >> np.uint64(32) & np.uint64(64 * BITMAP_WORDS - 1)
        values = np.uint64(1) << (bits & np.uint64(63))
        np.bitwise_or.at(bitmap, (bits >> np.uint64(6)).astype(np.int64), values)
    return bitmap
