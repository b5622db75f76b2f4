"""The permutations of datasketch's ``affine32`` scheme, without importing datasketch."""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_STATE_WORDS = 624
_MULTIPLIER = 1812433253


@lru_cache(maxsize=8)
def make_permutations(num_perm: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The factors and summands ``(a, b)``, ``uint32`` of shape ``(num_perm,)``.

    They are those of ``datasketch.MinHash._init_permutations`` (2.0), which draws them from
    ``numpy.random.RandomState(seed)``: ``num_perm`` times ``randint(0, 2^31)``, then ``num_perm``
    times ``randint(0, 2^32)``. ``a`` is odd, so that ``a * h + b mod 2^32`` is a bijection.
    """
    words = np.array(_draw(seed, 2 * num_perm), np.uint32)
    return words[:num_perm] << np.uint32(1) | np.uint32(1), words[num_perm:]


def _draw(seed: int, count: int) -> list[int]:
    """The first 32-bit outputs of ``RandomState(seed)``: MT19937, seeded as by ``init_genrand``.

    Python's generator is the same but for its seeding. Importing ``numpy.random`` for these few
    numbers would take a tenth of the time of a small scan.
    """
    state = [seed]
    for i in range(1, _STATE_WORDS):
        state.append((_MULTIPLIER * (state[-1] ^ state[-1] >> 30) + i) & 0xFFFFFFFF)
    generator = random.Random()
    generator.setstate((3, (*state, _STATE_WORDS), None))
    return [generator.getrandbits(32) for _ in range(count)]
