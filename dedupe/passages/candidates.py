"""Candidate pairs: texts that share a fingerprint, each pair once, with how many they share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.passages.index import FingerprintIndex
from dedupe.store.resources import Resources

PAIRS_PER_JOB: Final = 1 << 18
"""The most pairs that one job makes, before equal ones are counted; a text alone may make more."""

PAIR_BYTES: Final = 48
"""About what a pair takes in a job."""


class TextPairs(msgspec.Struct, frozen=True):
    """Pairs of texts that share a fingerprint, by ``first``, then ``second``; ``first < second``.

    :param first: ``int64``, as all columns: number of a text
    :param second: number of a text
    :param shared: fingerprints that both have and that were not set aside
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shared: NDArray[np.int64]


def pair_texts(index: FingerprintIndex, resources: Resources) -> Iterator[TextPairs]:
    """Every pair of texts that share a fingerprint, in parts of bounded size."""
    share = resources.work.share(16 * resources.worker_count, PAIR_BYTES * PAIRS_PER_JOB)
    most = max(share // PAIR_BYTES, 1)
    for part in range(index.links.part_count):
        texts, places, lengths = index.take_links(part)

        def run_job(
            job: slice,
            texts: NDArray[np.int64] = texts,
            places: NDArray[np.int64] = places,
            lengths: NDArray[np.int64] = lengths,
        ) -> TextPairs:
            others = index.lists.gather(places[job], lengths[job])
            return _count_pairs(np.repeat(texts[job], lengths[job]), others.astype(np.int64))

        yield from resources.run_ahead(run_job, _cut_jobs(texts, lengths, most))


def _cut_jobs(texts: NDArray[np.int64], lengths: NDArray[np.int64], most: int) -> Iterator[slice]:
    """Runs of links of whole texts that make at most so many pairs, if they are of several."""
    begins = np.flatnonzero(np.diff(texts, prepend=-1))
    ends = np.append(begins[1:], len(texts))
    pairs = np.concatenate([[0], np.cumsum(lengths)])[ends]
    first = 0
    while first < len(begins):
        before = int(pairs[first - 1]) if first else 0
        last = max(int(np.searchsorted(pairs, before + most, "right")), first + 1)
        yield slice(int(begins[first]), int(ends[last - 1]))
        first = last


def _count_pairs(first: NDArray[np.int64], second: NDArray[np.int64]) -> TextPairs:
    """The different pairs, and how often each occurs."""
    codes = first << 32 | second
    codes.sort()
    begins = np.flatnonzero(np.diff(codes, prepend=-1))
    codes = codes[begins]
    shared = np.diff(begins, append=len(first))
    return TextPairs(codes >> 32, codes & 0xFFFFFFFF, shared)
