"""The permutations of datasketch's ``affine32`` scheme, without importing datasketch."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=8)
def make_permutations(num_perm: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The factors and summands ``(a, b)``, ``uint32`` of shape ``(num_perm,)``.

    Drawn as ``datasketch.MinHash._init_permutations`` (2.0) draws them: ``a`` odd, so that
    ``a * h + b mod 2^32`` is a bijection.
    """
    generator = np.random.RandomState(seed)
    factors = generator.randint(0, 1 << 31, num_perm, dtype=np.uint32)
    a = factors * np.uint32(2) + np.uint32(1)
    b = generator.randint(0, 1 << 32, num_perm, dtype=np.uint32)
    return a, b
