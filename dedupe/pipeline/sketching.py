"""The first stage: texts are sketched in batches, and their sketches collected."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.banding import make_band_keys
from dedupe.model.documents import CorpusItems, Item, Locator, Notice, SkippedDocument, TextBatch
from dedupe.model.errors import InputError
from dedupe.model.kernels import Kernels
from dedupe.model.settings import SketchSettings
from dedupe.model.sketches import Banding, SetFilters
from dedupe.sketch.fingerprint import sketch_fingerprint
from dedupe.sketch.token_limit import drop_oversized
from dedupe.sources.reasons import OWN_OUTPUT
from dedupe.store.document_marks import ScannedTexts, fold_line_ends
from dedupe.store.documents import Documents, SketchedBatch
from dedupe.store.identities import FindUsed, pack_identities
from dedupe.store.resources import Resources
from dedupe.store.sketches import Remarks, Sketches

NO_TOKENS = "no_tokens"

TOO_MANY_TOKENS = "too_many_tokens"

DUPLICATE_ID = "duplicate_id"


def sketch_corpus(
    corpus: CorpusItems,
    settings: SketchSettings,
    resources: Resources,
    *,
    banding: Banding | None = None,
    fails_on_skip: bool = False,
    scanned: ScannedTexts | None = None,
) -> Sketches:
    """Read a corpus once, and sketch its documents.

    Texts are read in this thread and sketched in others; a bounded number of batches is in flight.

    :param banding: keep only its band keys, which suffice for pairs at one threshold (none: keep
        whole signatures)
    :param fails_on_skip: whether a document that cannot be read ends the scan
    :param scanned: collects the marks of all documents, for a gate
    :raises InputError: if something cannot be read, with ``fails_on_skip``
    """
    documents = Documents(resources.work, settings.num_perm, banding.bands if banding else 0)
    collector = Collector(documents=documents, fails_on_skip=fails_on_skip)
    sketch = partial(
        sketch_batch,
        settings=settings,
        kernels=resources.kernels,
        banding=banding,
        folds_line_ends=scanned is not None,
    )
    _read_and_sketch(corpus.references, collector, settings, sketch, resources)
    documents.reference_count = len(documents)
    _read_and_sketch(corpus.documents, collector, settings, sketch, resources)
    repeated = collector.finish()
    if scanned is not None:
        documents.fill_scanned_texts(scanned)
    names = SketchSettings.__struct_fields__
    return Sketches(
        documents=documents,
        settings=SketchSettings(**{name: getattr(settings, name) for name in names}),
        fingerprint=sketch_fingerprint(settings),
        banding=banding,
        remarks=collector.remarks(),
        repeated=repeated,
    )


def _read_and_sketch(
    items: Iterable[Item],
    collector: Collector,
    settings: SketchSettings,
    sketch: Callable[[TextBatch], SketchedBatch],
    resources: Resources,
) -> None:
    progress = resources.progress

    def take(sketched: SketchedBatch) -> None:
        collector.add(sketched, settings.max_tokens)
        progress.document_count = len(collector.documents)
        progress.byte_count = collector.byte_count
        progress.tell()

    progress.tell()
    with closing(_batches(items, collector)) as batches:
        for sketched in resources.run_ahead(sketch, batches):
            take(sketched)


def _batches(items: Iterable[Item], collector: Collector) -> Generator[TextBatch]:
    """The batches of texts among the items of a corpus; other items go to the collector.

    If the scan ends early, the iterator is closed, which ends the processes that read the corpus.
    """
    iterator = iter(items)
    try:
        for item in iterator:
            if isinstance(item, SkippedDocument):
                collector.skip(item)
            elif isinstance(item, Notice):
                collector.notices.append(item)
            else:
                yield item
    finally:
        if isinstance(iterator, Generator):
            iterator.close()


def sketch_batch(
    batch: TextBatch,
    settings: SketchSettings,
    kernels: Kernels,
    banding: Banding | None = None,
    folds_line_ends: bool = False,
) -> SketchedBatch:
    """Sketch a batch, without the texts, and without documents of too few or too many tokens."""
    batch, oversized = drop_oversized(batch, settings.max_tokens, kernels)
    sketch = kernels.sketch(
        batch, settings.shingle_size, settings.num_perm, settings.seed, settings.ignore_numbers
    )
    empty = np.flatnonzero(sketch.token_counts == 0).tolist()
    is_kept = sketch.token_counts >= max(1, settings.min_tokens)
    kept: NDArray[np.int64] | slice = slice(None)  # (a slice makes views, no copies)
    ids, metas = batch.ids, batch.metas
    if not is_kept.all():
        kept = np.flatnonzero(is_kept)
        ids = [ids[i] for i in kept.tolist()]
        metas = [metas[i] for i in kept.tolist()] if metas else ()
    shingle_counts, shingle_hashes = np.diff(sketch.shingle_offsets), sketch.shingle_hashes
    too_short_count = len(batch) - int(np.count_nonzero(is_kept)) - len(empty)
    if too_short_count:
        shingle_hashes = shingle_hashes[np.repeat(is_kept, shingle_counts)]
    signatures = sketch.signatures[kept]
    sketched = SketchedBatch(
        identities=pack_identities(ids, batch.locators[kept], metas),
        byte_counts=np.diff(batch.offsets)[kept],
        token_counts=sketch.token_counts[kept],
        token_hashes=sketch.token_hashes[kept],
        content_hashes=sketch.content_hashes[kept],
        signatures=make_band_keys(signatures, banding) if banding else signatures,
        filters=SetFilters(
            signatures.astype(np.uint8), sketch.bitmaps[kept], sketch.distinct_counts[kept]
        ),
        shingle_hashes=shingle_hashes,
        shingle_counts=shingle_counts[kept],
        without_tokens=[(batch.ids[i], batch.locator(i)) for i in empty],
        too_many_tokens=oversized,
        too_short_count=too_short_count,
    )
    if not folds_line_ends:
        return sketched
    rows, hashes = _fold_kept_texts(batch, is_kept)
    return msgspec.structs.replace(sketched, folded_rows=rows, folded_hashes=hashes)


def _fold_kept_texts(
    batch: TextBatch, is_kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The result of :func:`fold_line_ends`, with rows counted among the kept documents only."""
    rows, hashes = fold_line_ends(batch)
    chosen = is_kept[rows]
    new_rows = np.cumsum(is_kept, dtype=np.int64) - 1
    return new_rows[rows[chosen]], hashes[chosen]


class RemarkCollector(msgspec.Struct, kw_only=True):
    """Collects remarks for the user from sketched batches, and from what is no document."""

    skipped: list[SkippedDocument] = msgspec.field(default_factory=list)
    skipped_locators: dict[tuple[str, str], list[Locator]] = msgspec.field(default_factory=dict)
    notices: list[Notice] = msgspec.field(default_factory=list)
    byte_count: int = 0
    too_short_count: int = 0
    fails_on_skip: bool = False

    def note(self, batch: SketchedBatch, max_tokens: int) -> None:
        """Note the documents of a batch that were set aside.

        :raises InputError: as :meth:`skip`
        """
        self.byte_count += int(batch.byte_counts.sum())
        self.too_short_count += batch.too_short_count
        for id, locator in batch.without_tokens:
            self._note(SkippedDocument(id, NO_TOKENS, "holds no letter or digit"), locator)
        detail = f"it has more than {max_tokens} tokens (--max-tokens)"
        for id, locator in batch.too_many_tokens:
            self.skip(SkippedDocument(id, TOO_MANY_TOKENS, detail), locator)

    def merge(self, other: RemarkCollector) -> None:
        """Take in what another has collected."""
        self.skipped += other.skipped
        self.notices += other.notices
        self.byte_count += other.byte_count
        self.too_short_count += other.too_short_count
        for key, locators in other.skipped_locators.items():
            self.skipped_locators.setdefault(key, []).extend(locators)

    def skip(self, item: SkippedDocument, locator: Locator | None = None) -> None:
        """Note a document that could not be read.

        :param locator: needed if its id does not say where it is
        :raises InputError: with ``fails_on_skip``, but not for files that dedupe itself wrote
        """
        if self.fails_on_skip and item.reason != OWN_OUTPUT:
            told = f"{item.id}: {item.detail} ({item.reason})"
            raise InputError(f"{told}; --on-error skip goes on without such")
        self._note(item, locator)

    def _note(self, item: SkippedDocument, locator: Locator | None) -> None:
        self.skipped.append(item)
        if locator is not None:
            self.skipped_locators.setdefault((item.id, item.reason), []).append(locator)

    def remarks(self) -> Remarks:
        """All remarks, in an order that does not depend on the order of reading."""
        return Remarks(
            skipped=sorted(self.skipped, key=lambda each: (each.id, each.reason, each.detail)),
            skipped_locators=self.skipped_locators,
            notices=sorted(self.notices, key=lambda each: (each.id, each.reason, each.detail)),
            byte_count=self.byte_count,
            too_short_count=self.too_short_count,
        )


class Collector(RemarkCollector, kw_only=True):
    """Collects sketched batches into :class:`Documents`, and remarks for the user."""

    documents: Documents

    def add(self, batch: SketchedBatch, max_tokens: int) -> None:
        """Take in a batch.

        :raises InputError: as :meth:`skip`
        """
        self.documents.append(batch)
        self.note(batch, max_tokens)

    def finish(self, find_used: FindUsed | None = None) -> list[NDArray[np.int64]]:
        """Make ids unique, after the last document.

        :param find_used: which ids the corpus has, where not all its documents are here
        :returns: the documents of each id that occurred more than once
        """
        documents, identities = self.documents, self.documents.identities
        ids = identities.separate_ids(
            documents.content_hashes, documents.reference_count, find_used
        )
        for id, same in ids.items():
            told = f"occurs {len(same)} times; kept apart as {', '.join(identities.ids(same[:4]))}"
            self.notices.append(Notice(id, DUPLICATE_ID, told + ", …" * (len(same) > 4)))
        return [*ids.values()]
