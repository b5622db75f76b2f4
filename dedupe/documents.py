"""What is kept of every document once its text is forgotten, and equal ones collapsed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.config import sites_of_rule
from dedupe.errors import InputError
from dedupe.labels import Labels, PackedLabels, pack_labels
from dedupe.lsh import Banding, make_band_keys
from dedupe.metadata import date_of, plain_site
from dedupe.model import (
    Kernels,
    Locator,
    Notice,
    SetFilters,
    SkippedDocument,
    TextBatch,
    VerifiedPairs,
)
from dedupe.presence import ScannedTexts, fold_line_ends
from dedupe.shingle_sets import FilterStore, ShingleStore
from dedupe.sources.reasons import OWN_OUTPUT
from dedupe.store import Column, Store, WorkFolder
from dedupe.token_limit import drop_oversized

NO_TOKENS = "no_tokens"
TOO_MANY_TOKENS = "too_many_tokens"
DUPLICATE_ID = "duplicate_id"

KEY_STORE_BYTES: Final = 1 << 30
"""What is kept in memory of band keys; more, at the default settings those of over 5 million
documents, goes into a file."""


class SketchedBatch(msgspec.Struct, frozen=True):
    """A batch after its sketch: everything but the texts; arrays have *n* rows.

    :param band_keys: ``uint64``, ``(n, bands)``
    :param filters: what rules out pairs
    :param shingle_counts: ``int64``, ``(n,)``: each document's in ``shingle_hashes``
    :param without_tokens: ids of documents that were set aside, and where they stand
    :param too_many_tokens: those of documents beyond the limit
    :param folded_rows: documents whose texts hold a CR, ``int64``, ``(k,)``, where that is asked
    :param folded_hashes: content hashes of these with LF alone, ``uint64``, ``(k, 2)``
    """

    labels: PackedLabels
    byte_counts: NDArray[np.int64]
    token_counts: NDArray[np.int64]
    token_hashes: NDArray[np.uint64]
    content_hashes: NDArray[np.uint64]
    band_keys: NDArray[np.uint64]
    filters: SetFilters
    shingle_hashes: NDArray[np.uint64]
    shingle_counts: NDArray[np.int64]
    without_tokens: list[tuple[str, Locator]]
    too_many_tokens: list[tuple[str, Locator]]
    folded_rows: NDArray[np.int64] = msgspec.field(default_factory=lambda: np.empty(0, np.int64))
    folded_hashes: NDArray[np.uint64] = msgspec.field(
        default_factory=lambda: np.empty((0, 2), np.uint64)
    )


def sketch_batch(
    batch: TextBatch,
    shingle_size: int,
    num_perm: int,
    seed: int,
    banding: Banding,
    kernels: Kernels,
    max_tokens: int,
    folds_line_ends: bool = False,
) -> SketchedBatch:
    """Sketch a batch and keep only what later stages need."""
    batch, oversized = drop_oversized(batch, max_tokens, kernels)
    sketch = kernels.sketch(batch, shingle_size, num_perm, seed)
    empty = np.flatnonzero(sketch.token_counts == 0).tolist()
    kept: NDArray[np.int64] | slice = slice(None)  # (of which arrays are no copies)
    ids, metas = batch.ids, batch.metas
    if empty:
        kept = np.flatnonzero(sketch.token_counts > 0)
        ids = [ids[i] for i in kept.tolist()]
        metas = [metas[i] for i in kept.tolist()] if metas else ()
    signatures = sketch.signatures[kept]
    sketched = SketchedBatch(
        labels=pack_labels(ids, batch.locators[kept], metas),
        byte_counts=np.diff(batch.offsets)[kept],
        token_counts=sketch.token_counts[kept],
        token_hashes=sketch.token_hashes[kept],
        content_hashes=sketch.content_hashes[kept],
        band_keys=make_band_keys(signatures, banding),
        filters=SetFilters(
            signatures.astype(np.uint8), sketch.bitmaps[kept], sketch.distinct_counts[kept]
        ),
        shingle_hashes=sketch.shingle_hashes,
        shingle_counts=np.diff(sketch.shingle_offsets)[kept],
        without_tokens=[(batch.ids[i], batch.locator(i)) for i in empty],
        too_many_tokens=oversized,
    )
    if not folds_line_ends:
        return sketched
    rows, hashes = _fold(batch, sketch.token_counts > 0)
    return msgspec.structs.replace(sketched, folded_rows=rows, folded_hashes=hashes)


def _fold(
    batch: TextBatch, is_kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """What :func:`fold_line_ends` finds, of documents that are kept, counted among these alone."""
    rows, hashes = fold_line_ends(batch)
    chosen = is_kept[rows]
    places = np.cumsum(is_kept, dtype=np.int64) - 1
    return places[rows[chosen]], hashes[chosen]


class Documents:
    """All documents of a corpus that have a token: a bounded record of each, never the text.

    :ivar reference_count: the first so many are reference documents
    :ivar labels: their ids, places and metadata
    :ivar shingles: their shingle hashes
    :ivar band_keys: rows of ``bands`` values (``uint64``)
    :ivar filters: what rules out pairs of them
    """

    def __init__(self, work: WorkFolder, banding: Banding, num_perm: int) -> None:
        self.reference_count = 0
        self.labels = Labels(work)
        self.shingles = ShingleStore(work)
        self.band_keys = Store(work, np.uint64, banding.bands, work.share(6, KEY_STORE_BYTES))
        self.filters = FilterStore(work, num_perm)
        self._byte_counts, self._token_counts = Column(np.int32), Column(np.int32)
        self._token_hashes, self._content_hashes = Column(np.uint64, 2), Column(np.uint64, 2)
        self._folded_rows, self._folded_hashes = Column(np.int64), Column(np.uint64, 2)

    def __len__(self) -> int:
        return len(self.labels)

    def append(self, batch: SketchedBatch) -> None:
        """Add the next documents."""
        self._folded_rows.extend(len(self) + batch.folded_rows)
        self._folded_hashes.extend(batch.folded_hashes)
        self.labels.append(batch.labels)
        self.shingles.append(batch.shingle_hashes, batch.shingle_counts)
        self.band_keys.append(batch.band_keys)
        self.filters.append(batch.filters)
        self._byte_counts.extend(batch.byte_counts)
        self._token_counts.extend(batch.token_counts)
        self._token_hashes.extend(batch.token_hashes)
        self._content_hashes.extend(batch.content_hashes)

    @property
    def byte_counts(self) -> NDArray[np.int32]:
        return self._byte_counts.view

    @property
    def token_counts(self) -> NDArray[np.int32]:
        return self._token_counts.view

    @property
    def token_hashes(self) -> NDArray[np.uint64]:
        """``(n, 2)``: high half, low half."""
        return self._token_hashes.view

    @property
    def content_hashes(self) -> NDArray[np.uint64]:
        """``(n, 2)``: high half, low half."""
        return self._content_hashes.view

    def describe(self, texts: ScannedTexts) -> None:
        """Tell a gate what there is, once ids are unique."""
        rows, hashes = self._folded_rows.view, self._folded_hashes.view
        texts.take(self.content_hashes, self.labels, rows, hashes, self.reference_count)

    def forget_token_hashes(self) -> None:
        """Give their memory back, once nobody asks for them any more."""
        self._token_hashes = Column(np.uint64, 2)


class Collector(msgspec.Struct):
    """Gathers sketched batches into :class:`Documents`, and what a user should know."""

    documents: Documents
    skipped: list[SkippedDocument] = msgspec.field(default_factory=list)
    skipped_locators: dict[tuple[str, str], list[Locator]] = msgspec.field(default_factory=dict)
    notices: list[Notice] = msgspec.field(default_factory=list)
    repeated: list[NDArray[np.int64]] = msgspec.field(default_factory=list)
    byte_count: int = 0
    fails_on_skip: bool = False

    def add(self, batch: SketchedBatch) -> None:
        self.byte_count += int(batch.byte_counts.sum())
        for id, locator in batch.without_tokens:
            self._note(SkippedDocument(id, NO_TOKENS, "holds no letter or digit"), locator)
        self.documents.append(batch)

    def skip(self, item: SkippedDocument, locator: Locator | None = None) -> None:
        """Note what could not be read, and where it stands if its id does not tell.

        :raises InputError: where that is to end the scan; what the program itself wrote ends none
        """
        if self.fails_on_skip and item.reason != OWN_OUTPUT:
            told = f"{item.id}: {item.detail} ({item.reason})"
            raise InputError(f"{told}; --on-error skip goes on without such")
        self._note(item, locator)

    def _note(self, item: SkippedDocument, locator: Locator | None) -> None:
        self.skipped.append(item)
        if locator is not None:
            self.skipped_locators.setdefault((item.id, item.reason), []).append(locator)

    def finish(self) -> Documents:
        """All documents, in the order in which they came, with unique ids."""
        labels = self.documents.labels
        ids = labels.separate_ids(self.documents.content_hashes, self.documents.reference_count)
        for id, same in ids.items():
            self.repeated.append(same)
            told = f"occurs {len(same)} times; kept apart as {', '.join(labels.ids(same[:4]))}"
            self.notices.append(Notice(id, DUPLICATE_ID, told + ", …" * (len(same) > 4)))
        return self.documents


class Collapsed(msgspec.Struct, frozen=True):
    """Documents grouped by token sequence; the groups are ordered by its hash.

    Of reference documents that are equal, a group holds the first alone.

    :param members: ``int64``: documents, group after group, the best to keep first
    :param begins: ``int64``, ``(m + 1,)``: group *g* is ``members[begins[g]:begins[g + 1]]``
    """

    documents: Documents
    members: NDArray[np.int64]
    begins: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.begins) - 1

    @property
    def leads(self) -> NDArray[np.int64]:
        """The document that stands for each group, ``(m,)``."""
        return self.members[self.begins[:-1]]

    @property
    def is_reference(self) -> NDArray[np.bool_]:
        """Whether a reference document stands for a group, ``(m,)``."""
        return self.leads < self.documents.reference_count

    @property
    def is_archived(self) -> NDArray[np.bool_]:
        """Whether no document of a group is new, ``(m,)``: two such are no concern of the scan."""
        archived: NDArray[np.bool_] = self.is_reference & (self.sizes == 1)
        return archived

    @property
    def sizes(self) -> NDArray[np.int64]:
        return np.diff(self.begins)

    def ends_of_pairs(
        self, left: NDArray[np.int64], right: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The documents that a pair of groups is told by: their leads.

        Where both leads are reference documents, a group is told by its first new document, if
        it has one: for it is these that make the pair one to be told.
        """
        leads = self.leads
        archived = self.is_reference[left] & self.is_reference[right]
        new = np.where(self.sizes > 1, self.members[self.begins[:-1] + (self.sizes > 1)], leads)
        return (
            np.where(archived, new[left], leads[left]),
            np.where(archived, new[right], leads[right]),
        )

    @property
    def repeated(self) -> NDArray[np.int64]:
        """Groups of more than one document."""
        return np.flatnonzero(self.sizes > 1)


def collapse_documents(documents: Documents, keep: Sequence[str]) -> Collapsed:
    """Group the documents of equal token sequence, so that a thousand copies cost one.

    The lead of a group is a reference document, if there is one in it; else, and among such, its
    first in the order of the ``keep`` rules (but ``degree``, in which copies cannot differ), then
    of content hash and id.
    """
    high, low = documents.token_hashes.T
    members = _order_by_hash(high, low)
    same = (high[members[1:]] == high[members[:-1]]) & (low[members[1:]] == low[members[:-1]])
    edges = np.flatnonzero(~same) + 1
    begins = np.concatenate([[0], edges, [len(members)] if len(members) else []]).astype(np.int64)
    sizes = np.diff(begins)
    in_groups = np.flatnonzero(np.repeat(sizes > 1, sizes))
    if len(in_groups):
        group = np.repeat(np.arange(len(sizes)), sizes)[in_groups]
        best_first = order_documents(documents, members[in_groups], keep, None)
        best_first = best_first[np.argsort(group[best_first], kind="stable")]
        members[in_groups] = members[in_groups][best_first]
    return _drop_repeated_references(Collapsed(documents, members, begins))


def _drop_repeated_references(collapsed: Collapsed) -> Collapsed:
    """What the archive has several times is no concern of a scan against it."""
    if not collapsed.documents.reference_count:
        return collapsed
    kept = collapsed.members >= collapsed.documents.reference_count
    kept[collapsed.begins[:-1]] = True
    begins = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)[collapsed.begins]
    return Collapsed(collapsed.documents, collapsed.members[kept], begins)


def _order_by_hash(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Indices in the order of two columns; the second matters only where the first is equal."""
    order = np.argsort(high)
    equal = high[order[1:]] == high[order[:-1]]
    ties = np.zeros(len(order), bool)
    ties[1:] |= equal
    ties[:-1] |= equal
    tied = order[ties]
    # Ties stand in runs, and sorting them all together keeps each run in its place.
    order[ties] = tied[np.lexsort((tied, low[tied], high[tied]))]
    return order


def order_documents(
    documents: Documents,
    chosen: NDArray[np.int64],
    keep: Iterable[str],
    degrees: NDArray[np.int64] | None,
) -> NDArray[np.int64]:
    """Positions in ``chosen``, the best to keep first: by the rules, degree, content hash, id.

    Reference documents come before all others.

    Content hashes compare by their low half, then their high half. (Of a text of more than 240
    bytes the low half of XXH3-128 is XXH3-64.)
    """
    tokens, sizes = documents.token_counts[chosen], documents.byte_counts[chosen]
    labels = documents.labels
    rules: dict[str, Callable[[], list[NDArray[Any]]]] = {
        "degree": lambda: [] if degrees is None else [-degrees],
        "first": lambda: [_rank(labels.ids(chosen), natural_key)],
        "longest": lambda: [-tokens, -sizes],
        "shortest": lambda: [tokens, sizes],
        "earliest": lambda: _date_keys(labels.metas(chosen), 1),
        "latest": lambda: _date_keys(labels.metas(chosen), -1),
    }
    keys: list[NDArray[Any]] = []
    if documents.reference_count:
        keys.append(chosen >= documents.reference_count)
    for rule in (*keep, "degree"):
        sites = sites_of_rule(rule)
        keys += _site_keys(labels.metas(chosen), sites) if sites else rules[rule]()
    high, low = documents.content_hashes[chosen].T
    keys += [low, high]
    order = np.lexsort(keys[::-1])
    tied = _find_ties([key[order] for key in keys])
    if len(tied):
        # Ids decide only among equal texts, so that no others need to be read.
        positions = order[tied]
        ranks = _rank(labels.ids(chosen[positions]), str)
        ordered = np.lexsort((ranks, *(key[positions] for key in reversed(keys))))
        order[tied] = positions[ordered]
    return order


def _find_ties(keys: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Places in sorted columns where all are equal to those of a neighbour."""
    count = len(keys[0])
    equal = np.ones(max(count - 1, 0), bool)
    for key in keys:
        equal &= key[1:] == key[:-1]
    ties = np.zeros(count, bool)
    ties[1:] |= equal
    ties[:-1] |= equal
    return np.flatnonzero(ties)


def _date_keys(metas: Sequence[dict[str, str]], sign: int) -> list[NDArray[Any]]:
    """By date, ascending for sign 1; documents without one come last either way."""
    dates = np.array(list(map(date_of, metas)), np.float64)
    undated = np.isnan(dates)
    return [undated, np.where(undated, 0.0, sign * dates)]


def _site_keys(metas: Sequence[dict[str, str]], sites: Sequence[str]) -> list[NDArray[Any]]:
    """Documents of these sites first, in this order; then all others alike."""
    place = {plain_site(site): i for i, site in reversed([*enumerate(sites)])}
    found = [place.get(plain_site(meta.get("site", "")), len(sites)) for meta in metas]
    return [np.array(found, np.int64)]


def natural_key(id: str) -> list[tuple[int, int, str]]:
    """Sort key in which numbers inside an id compare as numbers: ``a2`` before ``a10``.

    By their length and digits: an id may hold more digits than ``int`` takes.
    """
    parts = re.split(r"([0-9]+)", id)
    digits = [part.lstrip("0") for part in parts]
    return [
        (0, len(digits[i]), digits[i]) if i % 2 else (1, 0, part) for i, part in enumerate(parts)
    ]


def _rank(ids: list[str], key: Callable[[str], Any]) -> NDArray[np.int64]:
    ranks = np.empty(len(ids), np.int64)
    ranks[sorted(range(len(ids)), key=lambda i: (key(ids[i]), ids[i]))] = np.arange(len(ids))
    return ranks


def count_degrees(collapsed: Collapsed, pairs: VerifiedPairs) -> NDArray[np.int64]:
    """How many duplicate pairs each distinct document is in, its copies included."""
    degrees = np.bincount(pairs.left, minlength=len(collapsed))
    degrees += np.bincount(pairs.right, minlength=len(collapsed))
    degrees += collapsed.sizes - 1
    return degrees
