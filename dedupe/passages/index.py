"""The inverted index: for each fingerprint the texts that have it, made by sorting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.buckets import sort_band
from dedupe.matching.verification import ShingleSets
from dedupe.passages.winnowing import winnow
from dedupe.store.columns import Store
from dedupe.store.parts import PartedRows
from dedupe.store.resources import Resources

HASHES_PER_JOB: Final = 1 << 20
"""The most shingle hashes that one job winnows, unless a text has more."""

PART_BYTES: Final = 16 << 20
"""The bytes of fingerprints that are sorted together."""

INDEX_BYTES: Final = 128 << 20
"""What the index keeps in memory, about; beyond that it moves to the work folder."""

MOST_TEXTS: Final = (1 << 24) - 1
"""The most texts of one fingerprint of which pairs are made; the number has 24 bits."""

_LENGTH_BITS: Final = np.uint64(24)


class FingerprintIndex(msgspec.Struct, frozen=True):
    """The texts of every fingerprint that several texts have, but not too many.

    Texts are numbered from 0. A *list* is the ascending numbers of the texts of one fingerprint.

    :param lists: the lists, end to end (``int32``)
    :param links: for each text and fingerprint of it, the part of the list behind the text: number
        of the text; first place in ``lists`` and length (24 bits)
    :param counts: ``int32``, ``(n,)``: different fingerprints of each text
    :param common_counts: ``int32``, ``(n,)``: those of them that were set aside, since too many
        texts have them
    :param fingerprint_count: different fingerprints
    :param common_count: different fingerprints that were set aside
    """

    lists: Store
    links: PartedRows
    counts: NDArray[np.int32]
    common_counts: NDArray[np.int32]
    fingerprint_count: int
    common_count: int

    def link_part(self, texts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The part of ``links`` that has these texts."""
        return texts * self.links.part_count // max(len(self.counts), 1)

    def take_links(
        self, part: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Texts (ascending), first places in ``lists`` and lengths, of a part of ``links``."""
        texts, packed = self.links.take(part)
        order = np.argsort(texts, kind="stable")
        texts, packed = texts[order], packed[order]
        lengths = packed & ((np.uint64(1) << _LENGTH_BITS) - np.uint64(1))
        places = packed >> _LENGTH_BITS
        return texts.astype(np.int64), places.astype(np.int64), lengths.astype(np.int64)

    def close(self) -> None:
        """Give memory and disk back."""
        self.lists.close()
        self.links.close()


def index_fingerprints(
    texts: ShingleSets, text_count: int, window: int, most_texts: int, resources: Resources
) -> FingerprintIndex:
    """Winnow all texts and index their fingerprints, in parts of bounded size.

    :param texts: their shingles; they are read in the order of their numbers
    :param window: shingles in a window of winnowing
    :param most_texts: a fingerprint that more texts have is set aside
    """
    shingle_counts = texts.counts(np.arange(text_count, dtype=np.int64))
    expected = int(np.maximum(shingle_counts - window + 1, 0).sum()) * 2 // (window + 1)
    work = resources.work
    part_bytes = work.share(24 * resources.worker_count, PART_BYTES)
    rows = PartedRows(work, expected, part_bytes, work.share(16, INDEX_BYTES))
    counts = np.zeros(text_count, np.int32)

    def run_job(job: slice) -> tuple[slice, NDArray[np.uint64], NDArray[np.int64]]:
        gathered = texts.gather(np.arange(job.start, job.stop))
        return job, *winnow(resources.kernels, *gathered, window).distinct(resources.kernels)

    for job, keys, sizes in resources.run_ahead(run_job, _cut_jobs(shingle_counts)):
        # (Keys have 48 bits, in the upper part.)
        parts = (keys >> np.uint64(48)).astype(np.int64) * rows.part_count >> 16
        numbers = np.repeat(np.arange(job.start, job.stop, dtype=np.uint64), sizes)
        rows.append(parts, np.stack([keys, numbers], axis=1))
        counts[job] = sizes
    return _sort_rows(rows, counts, min(most_texts, MOST_TEXTS), resources, expected)


def _cut_jobs(shingle_counts: NDArray[np.int64]) -> Iterator[slice]:
    """Runs of texts that have about ``HASHES_PER_JOB`` hashes together."""
    ends = np.cumsum(shingle_counts)
    begin = 0
    while begin < len(ends):
        before = int(ends[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(ends, before + HASHES_PER_JOB, "right")), begin + 1)
        yield slice(begin, end)
        begin = end


class _Sorted(msgspec.Struct, frozen=True):
    """The lists of a part: numbers, where each begins, and what was counted."""

    numbers: NDArray[np.int64]
    begins: NDArray[np.int64]
    common_numbers: NDArray[np.int64]
    fingerprint_count: int
    common_count: int


def _sort_rows(
    rows: PartedRows,
    counts: NDArray[np.int32],
    most_texts: int,
    resources: Resources,
    expected: int,
) -> FingerprintIndex:
    work = resources.work
    share = work.share(16, INDEX_BYTES)
    part_bytes = work.share(24 * resources.worker_count, PART_BYTES)
    common_counts = np.zeros(len(counts), np.int32)
    index = FingerprintIndex(
        Store(work, np.int32, limit=share),
        PartedRows(work, expected, part_bytes, share),
        counts, common_counts, 0, 0,
    )  # fmt: skip
    fingerprint_count = common_count = 0
    for each in resources.run_ahead(
        lambda part: _sort_part(*rows.take(part), most_texts), range(rows.part_count)
    ):
        first = index.lists.count
        index.lists.append(each.numbers.astype(np.int32))
        sizes = np.diff(each.begins)
        behind = np.repeat(each.begins[1:], sizes) - np.arange(len(each.numbers)) - 1
        kept = np.flatnonzero(behind)
        packed = (first + kept + 1).astype(np.uint64) << _LENGTH_BITS
        packed |= behind[kept].astype(np.uint64)
        numbers = each.numbers[kept]
        links = np.stack([numbers.astype(np.uint64), packed], axis=1)
        index.links.append(index.link_part(numbers), links)
        common_counts += np.bincount(each.common_numbers, minlength=len(counts)).astype(np.int32)
        fingerprint_count += each.fingerprint_count
        common_count += each.common_count
    return msgspec.structs.replace(
        index, fingerprint_count=fingerprint_count, common_count=common_count
    )


def _sort_part(keys: NDArray[np.uint64], numbers: NDArray[np.uint64], most_texts: int) -> _Sorted:
    """The lists of a part: equal keys are brought together, as in a band.

    :param numbers: of the text of each key; those of equal keys ascend
    """
    rows, begins = sort_band(keys)
    found = numbers[rows].astype(np.int64)
    sizes = np.diff(begins)
    is_common = sizes > most_texts
    in_common = np.repeat(is_common, sizes)
    kept_sizes = sizes[~is_common]
    return _Sorted(
        numbers=found[~in_common],
        begins=np.concatenate([[0], np.cumsum(kept_sizes)]).astype(np.int64),
        common_numbers=found[in_common],
        fingerprint_count=len(keys) - len(found) + len(sizes),
        common_count=int(np.count_nonzero(is_common)),
    )
