"""Raw pages of one site, made up: much furniture, and unrelated articles near the threshold."""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray


def make_site_pages(seed: int, count: int) -> dict[str, str]:
    """Pages that share navigation, of one of some sections, and have an article of their own."""
    rng = random.Random(seed)
    navigation = [f"navigation{number}" for number in range(180)]
    sections = [[f"section{each}x{number}" for number in range(60)] for each in range(4)]
    pages = {}
    for number in range(count):
        own = (f"word{rng.randrange(10**9)}" for _ in range(rng.randrange(15, 90)))
        pages[f"page{number:05}.html"] = " ".join([*navigation, *rng.choice(sections), *own])
    return pages


def count_all_pairs(
    texts: dict[str, str], shingle_size: int
) -> tuple[list[str], NDArray[np.float64]]:
    """By brute force: the ids, and the Jaccard of every two documents."""
    sets = []
    for text in texts.values():
        words = text.split()
        last = max(len(words) - shingle_size + 1, 1)
        sets.append({tuple(words[i : i + shingle_size]) for i in range(last)})
    counts: dict[tuple[str, ...], int] = {}
    for each in sets:
        for shingle in each:
            counts[shingle] = counts.get(shingle, 0) + 1
    repeated = [shingle for shingle, count in counts.items() if count > 1]
    position = {shingle: number for number, shingle in enumerate(repeated)}
    has = np.zeros((len(sets), len(repeated)), np.float32)
    for row, each in enumerate(sets):
        has[row, [position[shingle] for shingle in each if shingle in position]] = 1
    shared = (has @ has.T).astype(np.float64)  # exact: whole numbers far below 2**24
    sizes = np.array([len(each) for each in sets], np.float64)
    return [*texts], shared / (sizes[:, None] + sizes - shared)
