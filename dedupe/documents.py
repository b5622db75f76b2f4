"""What is kept of every document once its text is forgotten, and equal ones collapsed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.config import sites_of_rule
from dedupe.errors import InputError
from dedupe.lsh import Banding, make_band_keys
from dedupe.metadata import PackedMeta, plain_site
from dedupe.model import Kernels, Locator, Notice, SkippedDocument, TextBatch, VerifiedPairs
from dedupe.token_limit import drop_oversized

NO_TOKENS = "no_tokens"
TOO_MANY_TOKENS = "too_many_tokens"
DUPLICATE_ID = "duplicate_id"


@dataclass(frozen=True, slots=True)
class SketchedBatch:
    """A batch after its sketch: everything but the texts; arrays have *n* rows.

    :param locators: ``int64``, ``(n, 4)``: the fields of :class:`Locator`
    :param band_keys: ``uint64``, ``(bands, n)``
    :param low_bytes: ``uint8``, ``(n, num_perm)``: the lowest byte of each signature value
    :param shingle_offsets: ``int64``, ``(n + 1,)``, into ``shingle_hashes``
    :param without_tokens: ids of documents that were set aside, and where they stand
    :param too_many_tokens: those of documents beyond the limit
    """

    ids: list[str]
    locators: NDArray[np.int64]
    byte_counts: NDArray[np.int64]
    token_counts: NDArray[np.int64]
    token_hashes: NDArray[np.uint64]
    content_hashes: NDArray[np.uint64]
    band_keys: NDArray[np.uint64]
    low_bytes: NDArray[np.uint8]
    shingle_hashes: NDArray[np.uint64]
    shingle_offsets: NDArray[np.int64]
    without_tokens: list[tuple[str, Locator]]
    too_many_tokens: list[tuple[str, Locator]]
    metas: PackedMeta


def sketch_batch(
    batch: TextBatch,
    shingle_size: int,
    num_perm: int,
    seed: int,
    banding: Banding,
    kernels: Kernels,
    max_tokens: int,
) -> SketchedBatch:
    """Sketch a batch and keep only what later stages need."""
    batch, oversized = drop_oversized(batch, max_tokens, kernels)
    sketch = kernels.sketch(batch, shingle_size, num_perm, seed)
    kept = sketch.token_counts > 0
    signatures = sketch.signatures[kept]
    ids = list(batch.ids)
    return SketchedBatch(
        ids=[ids[i] for i in np.flatnonzero(kept).tolist()],
        locators=batch.locators[kept],
        byte_counts=np.diff(batch.offsets)[kept],
        token_counts=sketch.token_counts[kept],
        token_hashes=sketch.token_hashes[kept],
        content_hashes=sketch.content_hashes[kept],
        band_keys=make_band_keys(signatures, banding),
        low_bytes=signatures.astype(np.uint8),
        shingle_hashes=sketch.shingle_hashes,
        shingle_offsets=np.append(sketch.shingle_offsets[:-1][kept], len(sketch.shingle_hashes)),
        without_tokens=[(ids[i], batch.locator(i)) for i in np.flatnonzero(~kept).tolist()],
        too_many_tokens=oversized,
        metas=PackedMeta.of(
            [batch.metas[i] for i in np.flatnonzero(kept).tolist()] if batch.metas else (),
            int(kept.sum()),
        ),
    )


@dataclass(frozen=True, slots=True)
class ShingleStore:
    """The shingle hashes of all documents, in the batches in which they were made."""

    hashes: list[NDArray[np.uint64]]
    offsets: list[NDArray[np.int64]]

    def gather(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The hashes of these documents end to end, and their offsets (``(len + 1,)``)."""
        firsts = np.cumsum([0] + [len(offsets) - 1 for offsets in self.offsets])
        batch_of = np.searchsorted(firsts, documents, side="right") - 1
        rows = documents - firsts[batch_of]
        segments = [np.empty(0, np.uint64)]
        for batch, row in zip(batch_of.tolist(), rows.tolist(), strict=True):
            offsets = self.offsets[batch]
            segments.append(self.hashes[batch][offsets[row] : offsets[row + 1]])
        lengths = np.fromiter(map(len, segments), np.int64, len(segments))
        return np.concatenate(segments), np.cumsum(lengths)


@dataclass(frozen=True, slots=True)
class Documents:
    """All documents of a corpus that have a token, with unique ids; arrays have *n* rows."""

    ids: list[str]
    locators: NDArray[np.int64]
    byte_counts: NDArray[np.int64]
    token_counts: NDArray[np.int64]
    token_hashes: NDArray[np.uint64]
    content_hashes: NDArray[np.uint64]
    band_keys: NDArray[np.uint64]
    low_bytes: NDArray[np.uint8]
    shingles: ShingleStore
    metas: PackedMeta

    def locate(self, ids: set[str]) -> dict[str, Locator]:
        """Where these documents stand, in the order of their ids."""
        found = sorted((id, i) for i, id in enumerate(self.ids) if id in ids)
        return {id: Locator(*self.locators[i].tolist()) for id, i in found}

    def content_hash(self, document: int) -> str:
        high, low = self.content_hashes[document].tolist()
        return f"{high:016x}{low:016x}"


@dataclass(slots=True)
class Collector:
    """Gathers sketched batches into :class:`Documents`, and what a user should know."""

    skipped: list[SkippedDocument] = field(default_factory=list)
    skipped_locators: dict[tuple[str, str], list[Locator]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    repeated_ids: set[str] = field(default_factory=set)
    document_count: int = 0
    byte_count: int = 0
    fails_on_skip: bool = False
    _batches: list[SketchedBatch] = field(default_factory=list)

    def add(self, batch: SketchedBatch) -> None:
        self.document_count += len(batch.ids)
        self.byte_count += int(batch.byte_counts.sum())
        for id, locator in batch.without_tokens:
            self._note(SkippedDocument(id, NO_TOKENS, "holds no letter or digit"), locator)
        self._batches.append(batch)

    def skip(self, item: SkippedDocument, locator: Locator | None = None) -> None:
        """Note what could not be read, and where it stands if its id does not tell.

        :raises InputError: where that is to end the scan
        """
        if self.fails_on_skip:
            told = f"{item.id}: {item.detail} ({item.reason})"
            raise InputError(f"{told}; --on-error skip goes on without such")
        self._note(item, locator)

    def _note(self, item: SkippedDocument, locator: Locator | None) -> None:
        self.skipped.append(item)
        if locator is not None:
            self.skipped_locators.setdefault((item.id, item.reason), []).append(locator)

    def finish(self) -> Documents:
        """All documents, in the order in which they came."""
        batches, self._batches = self._batches, []
        ids = [id for batch in batches for id in batch.ids]
        content_hashes = _join([batch.content_hashes for batch in batches], np.uint64, (0, 2))
        locators = _join([batch.locators for batch in batches], np.int64, (0, 4))
        for id, separated in _separate_ids(ids, content_hashes, locators).items():
            self.repeated_ids.update(separated)
            told = f"occurs {len(separated)} times; kept apart as {', '.join(separated[:4])}"
            self.notices.append(Notice(id, DUPLICATE_ID, told + ", …" * (len(separated) > 4)))
        return Documents(
            ids=ids,
            locators=locators,
            byte_counts=_join([batch.byte_counts for batch in batches], np.int64, (0,)),
            token_counts=_join([batch.token_counts for batch in batches], np.int64, (0,)),
            token_hashes=_join([batch.token_hashes for batch in batches], np.uint64, (0, 2)),
            content_hashes=content_hashes,
            band_keys=_join([batch.band_keys for batch in batches], np.uint64, (0, 0), axis=1),
            low_bytes=_join([batch.low_bytes for batch in batches], np.uint8, (0, 0)),
            shingles=ShingleStore(
                [batch.shingle_hashes for batch in batches],
                [batch.shingle_offsets for batch in batches],
            ),
            metas=PackedMeta.join([batch.metas for batch in batches]),
        )


def _join(parts: Sequence[NDArray[Any]], dtype: type, empty: tuple[int, ...], axis: int = 0) -> Any:
    return np.concatenate(parts, axis=axis) if parts else np.empty(empty, dtype)


def _separate_ids(
    ids: list[str], content_hashes: NDArray[np.uint64], locators: NDArray[np.int64]
) -> dict[str, list[str]]:
    """Make ids that occur twice unique, in place: ``#2``, ``#3`` in the order of content hash.

    Returns what became of each.
    """
    taken = set(ids)
    if len(taken) == len(ids):
        return {}
    counts = Counter(ids)
    places: dict[str, list[int]] = {id: [] for id, count in counts.items() if count > 1}
    for document, id in enumerate(ids):
        if id in places:
            places[id].append(document)
    for id in sorted(places):
        documents = places[id]
        documents.sort(key=lambda d: (*content_hashes[d, ::-1].tolist(), *locators[d].tolist()))
        number = 1
        for document in documents[1:]:
            number += 1
            while f"{id}#{number}" in taken:
                number += 1
            ids[document] = f"{id}#{number}"
            taken.add(ids[document])
    return {id: [ids[document] for document in places[id]] for id in sorted(places)}


@dataclass(frozen=True, slots=True)
class Collapsed:
    """Documents grouped by token sequence; distinct ones are ordered by its hash.

    :param leads: ``int64``, ``(m,)``: the document that stands for each group
    :param copies: of each group with more than one document: the others, best first
    """

    documents: Documents
    leads: NDArray[np.int64]
    copies: dict[int, list[int]]

    def __len__(self) -> int:
        return len(self.leads)


def collapse_documents(documents: Documents, keep: Sequence[str]) -> Collapsed:
    """Group the documents of equal token sequence, so that a thousand copies cost one.

    The lead of a group is its first in the order of the ``keep`` rules (but ``degree``, in which
    copies cannot differ), then of content hash and id.
    """
    token_hashes = documents.token_hashes
    by_hash = np.lexsort((token_hashes[:, 1], token_hashes[:, 0]))
    same = (token_hashes[by_hash[1:]] == token_hashes[by_hash[:-1]]).all(axis=1)
    begins = np.flatnonzero(np.concatenate([np.ones(min(len(by_hash), 1), bool), ~same]))
    ends = np.append(begins[1:], len(by_hash))
    leads = by_hash[begins]
    copies: dict[int, list[int]] = {}
    repeated = np.flatnonzero(ends - begins > 1).tolist()
    if repeated:
        in_groups = np.concatenate([by_hash[begins[g] : ends[g]] for g in repeated])
        rank = np.empty(len(by_hash), np.int64)
        rank[in_groups[order_documents(documents, in_groups, keep, None)]] = np.arange(
            len(in_groups)
        )
        for group in repeated:
            members = by_hash[begins[group] : ends[group]]
            best_first = members[np.argsort(rank[members])].tolist()
            leads[group] = best_first[0]
            copies[group] = best_first[1:]
    return Collapsed(documents, leads, copies)


def order_documents(
    documents: Documents,
    chosen: NDArray[np.int64],
    keep: Iterable[str],
    degrees: NDArray[np.int64] | None,
) -> NDArray[np.int64]:
    """Positions in ``chosen``, the best to keep first: by the rules, degree, content hash, id.

    Content hashes compare by their low half, then their high half. (Of a text of more than 240
    bytes the low half of XXH3-128 is XXH3-64.)
    """
    ids = [documents.ids[i] for i in chosen.tolist()]
    tokens, sizes = documents.token_counts[chosen], documents.byte_counts[chosen]
    rules: dict[str, Callable[[], list[NDArray[Any]]]] = {
        "degree": lambda: [] if degrees is None else [-degrees],
        "first": lambda: [_rank(ids, natural_key)],
        "longest": lambda: [-tokens, -sizes],
        "shortest": lambda: [tokens, sizes],
        "earliest": lambda: _date_keys(documents, chosen, 1),
        "latest": lambda: _date_keys(documents, chosen, -1),
    }
    keys: list[NDArray[Any]] = []
    for rule in (*keep, "degree"):
        sites = sites_of_rule(rule)
        keys += _site_keys(documents, chosen, sites) if sites else rules[rule]()
    high, low = documents.content_hashes[chosen].T
    keys += [low, high, _rank(ids, str)]
    return np.lexsort(keys[::-1])


def _date_keys(documents: Documents, chosen: NDArray[np.int64], sign: int) -> list[NDArray[Any]]:
    """By date, ascending for sign 1; documents without one come last either way."""
    dates = np.array([documents.metas.date(i) for i in chosen.tolist()], np.float64)
    undated = np.isnan(dates)
    return [undated, np.where(undated, 0.0, sign * dates)]


def _site_keys(
    documents: Documents, chosen: NDArray[np.int64], sites: Sequence[str]
) -> list[NDArray[Any]]:
    """Documents of these sites first, in this order; then all others alike."""
    place = {plain_site(site): i for i, site in reversed([*enumerate(sites)])}
    found = [place.get(documents.metas.site(i), len(sites)) for i in chosen.tolist()]
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
    for group, copies in collapsed.copies.items():
        degrees[group] += len(copies)
    return degrees
