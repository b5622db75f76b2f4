"""Documents without their furniture: other shingles, signed again, for another search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.furniture.windows import WindowSet, WindowShape, hash_windows
from dedupe.matching.banding import make_band_keys
from dedupe.matching.collapse import Collapsed
from dedupe.model.sketches import SetFilters
from dedupe.store.documents import ResketchedRows
from dedupe.store.resources import Resources
from dedupe.store.sketches import Sketches

HASHES_PER_JOB: Final = 1 << 19
"""The most shingle hashes of a job, but for a document that has more."""


MIN_OWN: Final = 10
"""A document that keeps fewer shingles has too little text of its own to be compared by."""


class Cut(msgspec.Struct, frozen=True):
    """The documents of a corpus without furniture, and what was taken out.

    :param sketches: those of the corpus, with other shingles for the leads in ``groups``
    :param groups: the groups that have furniture, ascending
    :param token_count: tokens that stand in furniture, copies included
    :param document_count: documents that have furniture, copies included
    :param only_count: documents that have hardly anything else (``MIN_OWN``), copies included: each
        is a duplicate of those of equal tokens alone
    :param document_counts: ``int64``, by window: documents that it stands in
    :param firsts: ``int64``, ``(windows, 2)``: the first group that each window stands in, and the
        token there with which it begins
    """

    sketches: Sketches
    groups: NDArray[np.int64]
    token_count: int
    document_count: int
    only_count: int
    document_counts: NDArray[np.int64]
    firsts: NDArray[np.int64]


def cut_furniture(
    sketches: Sketches,
    collapsed: Collapsed,
    furniture: WindowSet,
    sites: NDArray[np.uint64],
    resources: Resources,
) -> Cut:
    """Take furniture out of the documents: every shingle that has a word of it."""
    cutter = _Cutter(sketches, collapsed, furniture, sites, resources)
    counts = sketches.documents.shingles.counts(collapsed.leads)
    begins = np.flatnonzero(np.diff((np.cumsum(counts) - counts) // HASHES_PER_JOB, prepend=-1))
    ends = [*begins[1:].tolist(), len(collapsed)]
    jobs = map(slice, begins.tolist(), ends)
    parts = list(resources.run_ahead(cutter.cut, jobs))
    document_counts = np.zeros(len(furniture), np.int64)
    firsts = np.full((len(furniture), 2), -1, np.int64)
    for part in parts:
        document_counts[part.windows] += part.window_counts
        is_new = firsts[part.windows, 0] < 0
        firsts[part.windows[is_new]] = part.firsts[is_new]
    groups = np.concatenate([np.empty(0, np.int64), *(part.groups for part in parts)])
    changed = collapsed.leads[groups]
    order = np.argsort(changed)
    documents = sketches.documents
    if len(groups):
        documents = documents.resketched(changed[order], _join(parts, order))
    sizes = collapsed.sizes
    return Cut(
        msgspec.structs.replace(sketches, documents=documents),
        groups,
        sum(part.token_count for part in parts),
        int(sizes[groups].sum()),
        sum(part.only_count for part in parts),
        document_counts,
        firsts,
    )


class _CutPart(msgspec.Struct, frozen=True):
    groups: NDArray[np.int64]
    rows: ResketchedRows
    token_count: int
    only_count: int
    windows: NDArray[np.int64]
    window_counts: NDArray[np.int64]
    firsts: NDArray[np.int64]


def _join(parts: list[_CutPart], order: NDArray[np.int64]) -> ResketchedRows:
    """The rows of all parts, in another order."""
    rows = [part.rows for part in parts]
    counts = np.concatenate([each.shingle_counts for each in rows])
    hashes = np.concatenate([each.shingle_hashes for each in rows])
    begins = (np.cumsum(counts) - counts)[order]
    counts = counts[order]
    at = np.repeat(begins - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
    filters = [each.filters for each in rows]
    return ResketchedRows(
        hashes[at],
        counts,
        np.concatenate([each.signatures for each in rows])[order],
        SetFilters(
            np.concatenate([each.low_bytes for each in filters])[order],
            np.concatenate([each.bitmaps for each in filters])[order],
            np.concatenate([each.distinct_counts for each in filters])[order],
        ),
    )


class _Cutter(msgspec.Struct, frozen=True):
    sketches: Sketches
    collapsed: Collapsed
    furniture: WindowSet
    sites: NDArray[np.uint64]
    resources: Resources

    def cut(self, job: slice) -> _CutPart:
        """Take furniture out of some groups; only those that have some are in the result."""
        documents, sizes = self.sketches.documents, self.collapsed.sizes[job]
        leads = self.collapsed.leads[job]
        hashes, offsets = documents.shingles.gather(leads)
        shape = WindowShape.of(self.sketches.settings.shingle_size)
        found = find_furniture(shape, self.furniture, hashes, offsets, self.sites[job])
        at = np.flatnonzero(found >= 0)
        of_group = np.searchsorted(offsets, at, side="right") - 1
        groups = np.flatnonzero(np.bincount(of_group, minlength=len(leads)))
        is_dropped, token_count = _cover(shape, at, of_group, offsets, sizes)
        counts = np.diff(offsets)
        is_changed = np.zeros(len(leads), bool)
        is_changed[groups] = True
        kept = hashes[np.repeat(is_changed, counts) & ~is_dropped]
        dropped_before = np.concatenate([[0], np.cumsum(is_dropped)])
        kept_counts = (counts - np.diff(dropped_before[offsets]))[groups]
        is_short = kept_counts < MIN_OWN
        only = groups[is_short]
        kept, kept_counts = kept[np.repeat(~is_short, kept_counts)], kept_counts * ~is_short
        kept, kept_counts = self._name_empty(kept, kept_counts, leads[groups])
        windows, window_counts, firsts = _first_places(found[at], at, of_group, offsets, sizes)
        firsts[:, 0] += job.start
        return _CutPart(
            groups + job.start,
            self._sign(kept, kept_counts),
            token_count,
            int(sizes[only].sum()),
            windows,
            window_counts,
            firsts,
        )

    def _name_empty(
        self, hashes: NDArray[np.uint64], counts: NDArray[np.int64], leads: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Give a document of furniture alone one shingle, of all its tokens.

        It then shares nothing with any other: those of equal tokens are in its group.
        """
        empty = np.flatnonzero(counts == 0)
        token_hashes = self.sketches.documents.token_hashes[leads[empty], 1]
        places = (np.cumsum(counts) - counts)[empty]
        counts = counts.copy()
        counts[empty] = 1
        return np.insert(hashes, places, token_hashes), counts

    def _sign(self, hashes: NDArray[np.uint64], counts: NDArray[np.int64]) -> ResketchedRows:
        settings, banding = self.sketches.settings, self.sketches.banding
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        kernels = self.resources.kernels
        signed = kernels.sign_hashes(hashes, offsets, settings.num_perm, settings.seed)
        signatures = signed.signatures
        return ResketchedRows(
            hashes,
            counts,
            make_band_keys(signatures, banding) if banding else signatures,
            SetFilters(signatures.astype(np.uint8), signed.bitmaps, signed.distinct_counts),
        )


def find_furniture(
    shape: WindowShape,
    furniture: WindowSet,
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    sites: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """The furniture that begins at each shingle: its number in the set, -1 where there is none."""
    windows, whole = hash_windows(shape, hashes, offsets)
    found = np.full(len(hashes), -1, np.int64)
    found[whole] = furniture.find(windows[whole])
    if sites.any():
        keys = np.repeat(sites, np.diff(offsets))[whole]
        of_site = furniture.find(windows[whole] ^ keys)
        # (A key of 0 gives the window itself, which was looked up already.)
        found[whole] = np.where(of_site >= 0, of_site, found[whole])
    return found


def _cover(
    shape: WindowShape,
    at: NDArray[np.int64],
    of_group: NDArray[np.int64],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], int]:
    """Which shingles have a word of furniture, and how many words of all documents are furniture.

    :param at: where furniture begins, ascending
    """
    begins, ends = offsets[of_group], offsets[of_group + 1]
    edges = np.zeros(int(offsets[-1]) + 1, np.int32)
    np.add.at(edges, np.maximum(at - shape.shingle_size + 1, begins), 1)
    np.add.at(edges, np.minimum(at + shape.token_count, ends), -1)
    # Of windows that overlap, each adds the tokens up to the next one.
    tokens = np.full(len(at), shape.token_count, np.int64)
    is_same = of_group[1:] == of_group[:-1]
    tokens[:-1][is_same] = np.minimum(np.diff(at)[is_same], shape.token_count)
    return np.cumsum(edges[:-1]) > 0, int((tokens * sizes[of_group]).sum())


def _first_places(
    found: NDArray[np.int64],
    at: NDArray[np.int64],
    of_group: NDArray[np.int64],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The windows of a job, the documents of each, and its first group with the token there."""
    order = np.lexsort((at, found))
    windows, groups = found[order], of_group[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = windows[1:] != windows[:-1]
    is_new = is_first.copy()
    is_new[1:] |= groups[1:] != groups[:-1]
    firsts = np.flatnonzero(is_first)
    counts = np.add.reduceat(np.where(is_new, sizes[groups], 0), firsts) if len(firsts) else firsts
    place = order[firsts]
    begins = offsets[of_group[place]]
    return windows[firsts], counts, np.stack([of_group[place], at[place] - begins], axis=1)


def runs_of(firsts: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The windows whose first places follow one another in one group: a passage each."""
    order = np.lexsort((firsts[:, 1], firsts[:, 0]))
    group, token = firsts[order].T
    breaks = np.flatnonzero((np.diff(group) != 0) | (np.diff(token) != 1)) + 1
    yield from np.split(order, breaks) if len(order) else ()
