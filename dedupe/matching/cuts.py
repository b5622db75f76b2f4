"""Pairs of a document and its cut copy: one is the beginning of the other, which goes on.

Text that only one of two documents has at its end is either the rest of an article, or the footer
of a page. A footer stands on other pages too, without the article: so it counts as the rest if none
of it stands in more documents than the last words before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.collapse import Collapsed
from dedupe.matching.verification import (
    HASHES_PER_JOB,
    PairJob,
    ShingleSets,
    Verifier,
    run_pair_jobs,
)
from dedupe.model.pairs import VerifiedPairs
from dedupe.store.arrays import sort_distinct

MIN_REST: Final = 10
"""The fewest shingles by which a document goes on after its cut copy.

Measured on articles as 32 extractors give them: with 1, footers are taken for the rest twice as
often; with 20 hardly less often than with 10.
"""

REST_SHINGLES: Final = 32
"""The last shingles of the rest that are looked for in other documents: footers stand there."""

SAMPLED_GROUPS: Final = 1 << 11
"""About the most groups in which they are looked for."""

_TABLE_BITS: Final = 20

CountStanding = Callable[[NDArray[np.uint64]], NDArray[np.int64]]
"""Counts the sampled groups in which each of some shingles (ascending, distinct) stands."""


def find_cut_pairs(
    verifier: Verifier, pairs: VerifiedPairs, count_standing: CountStanding
) -> NDArray[np.bool_]:
    """Which pairs are of a document and its cut copy: the one of fewer distinct shingles.

    :param pairs: by left, then right
    """
    fewer = np.minimum(pairs.left_count, pairs.right_count)
    more = np.maximum(pairs.left_count, pairs.right_count)
    # All but the last shingle of the copy stand in the other: a copy may end inside a word.
    likely = np.flatnonzero((pairs.shared_count >= fewer - 1) & (more - fewer >= MIN_REST))
    left, right = pairs.left[likely].astype(np.int32), pairs.right[likely].astype(np.int32)
    found = run_pair_jobs(verifier, left, right, _find_beginnings)
    rests = _Rests.join([_Rests.none(), *found])
    is_cut = np.zeros(len(pairs.left), bool)
    if len(rests.lower):
        is_rest = _stand_no_more(rests, count_standing)
        count = verifier.group_count
        codes = (rests.lower * count + rests.higher)[is_rest]
        is_cut[np.searchsorted(pairs.left * count + pairs.right, codes)] = True
    return is_cut


class _Rests(msgspec.Struct, frozen=True):
    """What documents have after the end of their copies, of some pairs.

    :param lower: the group of lower number of each pair
    :param higher: the other one
    :param before: the last shingle that both have
    :param shingles: the last shingles of the rests, ``counts`` of each pair
    """

    lower: NDArray[np.int64]
    higher: NDArray[np.int64]
    before: NDArray[np.uint64]
    shingles: NDArray[np.uint64]
    counts: NDArray[np.int64]

    @classmethod
    def none(cls) -> _Rests:
        numbers, hashes = np.empty(0, np.int64), np.empty(0, np.uint64)
        return cls(numbers, numbers, hashes, hashes, numbers)

    @classmethod
    def join(cls, parts: list[_Rests]) -> _Rests:
        columns = ([getattr(part, name) for part in parts] for name in cls.__struct_fields__)
        return cls(*map(np.concatenate, columns))


def _find_beginnings(job: PairJob) -> _Rests:
    """The pairs of a job of which one document is the beginning of the other."""
    hashes, begins, lengths = job.hashes, job.offsets[:-1], np.diff(job.offsets)
    is_shorter = lengths[job.one] <= lengths[job.other]
    short, long = (np.where(is_shorter, *e) for e in ((job.one, job.other), (job.other, job.one)))
    size = lengths[short] - 1
    may = np.flatnonzero((size >= 1) & (lengths[long] - lengths[short] >= MIN_REST))
    # The first shingle rules out most pages with something above the article.
    may = may[hashes[begins[short[may]]] == hashes[begins[long[may]]]]
    chosen, rests = [], []
    for i in may.tolist():
        one, other = begins[short[i]], begins[long[i]]
        if np.array_equal(hashes[one : one + size[i]], hashes[other : other + size[i]]):
            rest = hashes[other + size[i] + 1 : other + lengths[long[i]]]
            chosen.append(i)
            rests.append(rest[-REST_SHINGLES:])
    at = np.array(chosen, np.int64)
    first, second = job.first[at].astype(np.int64), job.second[at].astype(np.int64)
    return _Rests(
        np.minimum(first, second),
        np.maximum(first, second),
        hashes[begins[long[at]] + size[at] - 1],
        np.concatenate([np.empty(0, np.uint64), *rests]),
        np.array(list(map(len, rests)), np.int64),
    )


def _stand_no_more(rests: _Rests, count_standing: CountStanding) -> NDArray[np.bool_]:
    """Whether no shingle of a rest stands in more groups than the last before it, for each rest."""
    asked = sort_distinct(np.concatenate([rests.before, rests.shingles]))
    standing = count_standing(asked)
    before = standing[np.searchsorted(asked, rests.before)]
    after = standing[np.searchsorted(asked, rests.shingles)]
    begins = np.cumsum(rests.counts) - rests.counts
    no_more: NDArray[np.bool_] = np.maximum.reduceat(after, begins) <= before
    return no_more


# --- the sample ---------------------------------------------------------------------------


def sample_mask(group_count: int) -> np.uint64:
    """The bits of a token hash that are zero in sampled groups: of about ``SAMPLED_GROUPS``."""
    bits = max(group_count - 1, 0) // SAMPLED_GROUPS
    return np.uint64((1 << bits.bit_length()) - 1)


def sample_groups(collapsed: Collapsed) -> NDArray[np.int64]:
    """The sampled groups of a corpus."""
    lows = collapsed.documents.token_hashes[:, 1]
    is_sampled = (lows & sample_mask(len(collapsed))) == 0
    return np.flatnonzero(is_sampled[collapsed.leads])


def count_standing(
    shingles: ShingleSets, sampled: NDArray[np.int64], asked: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """In how many of the sampled groups each shingle stands.

    :param asked: ascending, distinct
    """
    standing = np.zeros(len(asked), np.int64)
    for groups in _cut_into_jobs(sampled, shingles.counts(sampled)):
        hashes, offsets = shingles.gather(groups)
        found, _ = find_standing(asked, hashes, offsets)
        standing += np.bincount(found, minlength=len(asked))
    return standing


def find_standing(
    asked: NDArray[np.uint64], hashes: NDArray[np.uint64], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of the asked shingles stand in which documents, each once: positions of both.

    :param hashes: the shingles of the documents, end to end
    :param offsets: where each document begins, and where the last ends
    """
    table = np.zeros(1 << _TABLE_BITS, bool)
    shift = np.uint64(64 - _TABLE_BITS)
    table[asked >> shift] = True
    likely = np.flatnonzero(table[hashes >> shift])
    at = np.minimum(np.searchsorted(asked, hashes[likely]), len(asked) - 1)
    is_found = asked[at] == hashes[likely]
    document = np.searchsorted(offsets, likely[is_found], side="right") - 1
    codes = sort_distinct(document * len(asked) + at[is_found])
    return codes % len(asked), codes // len(asked)


def _cut_into_jobs(
    groups: NDArray[np.int64], counts: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """The groups in parts of bounded size; one that is larger than a part is left out."""
    is_small = counts <= HASHES_PER_JOB
    groups, counts = groups[is_small], counts[is_small]
    before = (np.cumsum(counts) - counts) // HASHES_PER_JOB
    cuts = np.flatnonzero(np.diff(before, prepend=-1)).tolist()
    for begin, end in zip(cuts, [*cuts[1:], len(groups)], strict=True):
        yield groups[begin:end]
