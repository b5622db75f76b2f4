"""The stages composed, from texts to a report, on one page.

Each batch of texts is sketched and forgotten; candidates, verification and clusters work on
integers; only the assembly speaks of ids again.
"""

from __future__ import annotations

import platform
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe._version import __version__
from dedupe.assemble import Assembled, Clustering, assemble_clusters
from dedupe.clustering import cluster_documents
from dedupe.config import Config
from dedupe.documents import (
    TOO_MANY_TOKENS,
    Collapsed,
    Collector,
    Documents,
    SketchedBatch,
    collapse_documents,
    sketch_batch,
)
from dedupe.lsh import (
    COLUMN_BYTES,
    PAIRS_AT_ONCE,
    ROWS_PER_JOB,
    Banding,
    choose_banding,
    find_candidates,
)
from dedupe.model import (
    BITMAP_WORDS,
    SCHEMA_VERSION,
    CandidatePairs,
    CorpusSummary,
    Kernels,
    Locator,
    Notice,
    Report,
    RunAll,
    RunInfo,
    SearchSummary,
    SetFilters,
    SkippedDocument,
    SourceInfo,
    TextBatch,
    VerifiedPairs,
)
from dedupe.presence import ScannedTexts
from dedupe.progress import Progress
from dedupe.store import WorkFolder, return_memory
from dedupe.verify import HASHES_PER_JOB, Verifier, count_distinct, sort_pairs, verify_pairs

Item = TextBatch | SkippedDocument | Notice

MOST_COLUMN_BYTES: Final = 512 << 20
"""What the keys of the bands in work may take, however many documents and workers there are."""

PAIR_BYTES: Final = 64
HASH_BYTES: Final = 16
"""What a candidate pair takes until it is verified, and a shingle hash of a job, about."""


class Whereabouts(msgspec.Struct, frozen=True):
    """Where a corpus comes from.

    :param paths: what the user named
    :param against: what the user named as the archive
    :param sources: gives the files read so far, which locators index into
    :param skipped_locators: by id and reason, where records stand that have no usable text
    :param reading_counts: documents by how they were decoded, pages by how they were read
    :param text_fields: records by the field that was taken as their text without being named
    """

    paths: Sequence[str] = ()
    against: Sequence[str] = ()
    sources: Callable[[], Sequence[SourceInfo]] = tuple
    skipped_locators: Mapping[tuple[str, str], Sequence[Locator]] = msgspec.field(
        default_factory=dict
    )
    text_fields: Mapping[str, int] = msgspec.field(default_factory=dict)
    reading_counts: Callable[[], tuple[Mapping[str, int], Mapping[str, int]]] = lambda: ({}, {})

    def find_skipped(
        self,
        skipped: Sequence[SkippedDocument],
        without_tokens: Mapping[tuple[str, str], Sequence[Locator]],
    ) -> tuple[str, ...]:
        """``file:line`` of each skipped document whose id does not tell it, else nothing."""
        sources = self.sources()
        left = {
            key: sorted(found, key=lambda at: (at.source, at.offset, at.line), reverse=True)
            for key, found in {**self.skipped_locators, **without_tokens}.items()
        }
        places: list[str] = []
        for document in skipped:
            found = left.get((document.id, document.reason))
            locator = found.pop() if found else None
            known = locator is not None and locator.line > 0
            place = sources[locator.source].place(locator.line) if locator and known else ""
            places.append("" if place == document.id else place)
        return tuple(places)


def scan_corpus(
    corpus: Iterable[Item],
    config: Config,
    kernels: Kernels,
    progress: Progress,
    where: Whereabouts | None = None,
    references: Iterable[Item] = (),
    streamed: bool = False,
    texts: ScannedTexts | None = None,
) -> Report:
    """Find, verify and cluster the near-duplicates among the documents of a corpus.

    :param corpus: batches of texts, and what could not be read
    :param references: the same of an archive, read first: its documents are compared with those
        of the corpus, but not with one another
    :param where: where the corpus was read, for ``run``; asked once all is read
    :param streamed: whether the parts of the report are to be rows that are made whenever they are
        looked at (see ``report_rows``): for who goes through them once, one after another
    :param texts: is told of all documents, for a gate
    """
    began = time.perf_counter()
    banding = choose_banding(config.threshold, config.num_perm, config.recall)
    pool = ThreadPoolExecutor(config.worker_count)
    runs = kernels.copy_runs, kernels.read_runs
    with WorkFolder(config.work_dir, config.max_memory, *runs) as work:
        if config.work_dir:
            work.check()
        try:
            documents = Documents(work, banding, config.num_perm)
            collector = Collector(documents, fails_on_skip=config.on_error == "fail")
            sketch = partial(
                sketch_batch,
                shingle_size=config.shingle_size,
                num_perm=config.num_perm,
                seed=config.seed,
                banding=banding,
                kernels=kernels,
                max_tokens=config.max_tokens,
                folds_line_ends=texts is not None,
            )
            _read_and_sketch(references, collector, config, sketch, pool, progress)
            documents.reference_count = len(documents)
            _read_and_sketch(corpus, collector, config, sketch, pool, progress)
            progress.enter("comparing")
            collector.finish()
            if texts is not None:
                documents.describe(texts)
            collapsed = collapse_documents(documents, config.keep)
            documents.forget_token_hashes()
            search = Search(collapsed, config, banding, kernels, progress, pool.map)
            found, totals = search.find_clusters(work)
            del search
            documents.shingles.close()
            if config.max_memory:
                return_memory()
            progress.enter("reporting")
            assembled = assemble_clusters(found, collector.repeated)
            if not streamed:
                assembled = assembled.materialise()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    progress.enter("done")
    skipped = tuple(sorted(collector.skipped, key=lambda s: (s.id, s.reason, s.detail)))
    where = where or Whereabouts()
    return Report(
        schema_version=SCHEMA_VERSION,
        config=config.settings,
        corpus=_summarise_corpus(documents, assembled, skipped, where),
        search=SearchSummary(
            bands=banding.bands,
            rows=banding.rows,
            expected_recall=banding.expected_recall,
            distinct_count=len(collapsed),
            candidate_pair_count=totals.met_count,
            duplicate_pair_count=len(found.pairs.left) + len(collapsed.members) - len(collapsed),
            capped_bucket_count=totals.capped_bucket_count,
        ),
        clusters=assembled.clusters,
        bridges=assembled.bridges,
        bridge_ends=assembled.bridge_ends,
        skipped=skipped,
        notices=tuple(sorted(collector.notices, key=lambda n: (n.id, n.reason, n.detail))),
        texts=None,
        run=RunInfo(
            version=__version__,
            python=platform.python_version(),
            kernels=kernels.name,
            workers=config.worker_count,
            seconds=time.perf_counter() - began,
            byte_count=collector.byte_count,
            stages=tuple(progress.stages),
            paths=tuple(where.paths),
            against=tuple(where.against),
            sources=tuple(where.sources()),
            text_fields=dict(sorted(where.text_fields.items())),
            locators=assembled.locators,
            skipped_places=where.find_skipped(skipped, collector.skipped_locators),
        ),
    )


def _read_and_sketch(
    corpus: Iterable[Item],
    collector: Collector,
    config: Config,
    sketch: Callable[[TextBatch], SketchedBatch],
    pool: Executor,
    progress: Progress,
) -> None:
    """Read in this thread, sketch in the pool; a bounded number of batches is in flight."""

    def take(sketched: SketchedBatch) -> None:
        collector.add(sketched)
        detail = f"it has more than {config.max_tokens} tokens (--max-tokens)"
        for id, locator in sketched.too_many_tokens:
            collector.skip(SkippedDocument(id, TOO_MANY_TOKENS, detail), locator)
        progress.document_count = len(collector.documents)
        progress.byte_count = collector.byte_count
        progress.tell()

    progress.tell()
    in_flight: deque[Future[SketchedBatch]] = deque()
    with _iterated(corpus) as items:
        for item in items:
            if isinstance(item, SkippedDocument):
                collector.skip(item)
            elif isinstance(item, Notice):
                collector.notices.append(item)
            else:
                in_flight.append(pool.submit(sketch, item))
                if len(in_flight) > 2 * config.worker_count:
                    take(in_flight.popleft().result())
    while in_flight:
        take(in_flight.popleft().result())


@contextmanager
def _iterated(corpus: Iterable[Item]) -> Iterator[Iterator[Item]]:
    """What a corpus holds; where the scan ends early, so do the processes that read it."""
    items = iter(corpus)
    try:
        yield items
    finally:
        if isinstance(items, Generator):
            items.close()


class DistinctRows(msgspec.Struct, frozen=True):
    """The band keys and filters of the leads, read from the stores of all documents."""

    documents: Documents
    leads: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.leads)

    def columns(self, first: int, last: int) -> NDArray[np.uint64]:
        return np.stack(
            [column.take(self.leads) for column in self.documents.band_keys.columns(first, last)]
        )

    def take(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], SetFilters]:
        rows = self.leads[documents]
        return self.documents.band_keys.take(rows), self.documents.filters.take(rows)


class _DistinctShingles(msgspec.Struct, frozen=True):
    """The shingle hashes of the leads."""

    documents: Documents
    leads: NDArray[np.int64]

    def counts(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.documents.shingles.counts(self.leads[documents])

    def gather(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        return self.documents.shingles.gather(self.leads[documents])


class _Totals(msgspec.Struct, frozen=True):
    """What is left of candidate pairs once they are verified: see :class:`CandidatePairs`."""

    met_count: int
    capped_bucket_count: int


class Search(msgspec.Struct, frozen=True, dict=True):
    """The stages from collapsed documents to clusters."""

    collapsed: Collapsed
    config: Config
    banding: Banding
    kernels: Kernels
    progress: Progress
    run_all: RunAll

    @cached_property
    def verifier(self) -> Verifier:
        shingles = _DistinctShingles(self.collapsed.documents, self.collapsed.leads)
        steps = self.progress.follow(self.run_all)
        return Verifier(shingles, len(self.collapsed), self.kernels, steps, self.run_all)

    def find_clusters(self, work: WorkFolder) -> tuple[Clustering, _Totals]:
        """The duplicate pairs among the groups, and the clusters that these make."""
        pairs, totals = self.find_pairs(work)
        return self.cluster(pairs), totals

    def find_pairs(self, work: WorkFolder) -> tuple[VerifiedPairs, _Totals]:
        """All duplicate pairs among the groups, by left, then right.

        Candidates are verified when there are enough, and so never are in memory all together;
        those that are left over, in most corpora all of them, are the stage ``verifying``.
        """
        documents = self.collapsed.documents
        found: list[VerifiedPairs] = []
        met_count = capped_count = 0
        hashes = work.share(8 * self.config.worker_count, HASH_BYTES * HASHES_PER_JOB) // HASH_BYTES
        followed = msgspec.structs.replace(self.verifier, hashes_per_job=hashes)
        verifier = msgspec.structs.replace(followed, run_all=self.run_all)
        candidates = self._find_candidates(work)
        part: CandidatePairs | None = next(candidates)
        while part is not None:
            following = next(candidates, None)
            if following is None:
                documents.band_keys.close()
                documents.filters.close()
                self.progress.enter("verifying")
                verifier = followed
            found.append(verify_pairs(verifier, part.left, part.right, self.config.threshold))
            met_count += part.met_count
            capped_count += part.capped_bucket_count
            part = following
        return sort_pairs(found), _Totals(met_count, capped_count)

    def _find_candidates(self, work: WorkFolder) -> Iterator[CandidatePairs]:
        config, banding, documents = self.config, self.banding, self.collapsed.documents
        row_bytes = 8 * banding.bands + config.num_perm + 8 * BITMAP_WORDS
        # With many documents too, each worker has a band to sort.
        columns = max(COLUMN_BYTES, 16 * config.worker_count * len(self.collapsed))
        columns = min(columns, MOST_COLUMN_BYTES)
        return find_candidates(
            DistinctRows(documents, self.collapsed.leads),
            banding,
            config.threshold,
            config.max_bucket,
            self.kernels,
            self.run_all,
            lambda bands: self.progress.reach(bands / banding.bands),
            column_bytes=work.share(8, columns),
            pairs_at_once=work.share(8, PAIR_BYTES * PAIRS_AT_ONCE) // PAIR_BYTES,
            job_rows=work.share(8 * config.worker_count * row_bytes, ROWS_PER_JOB),
            is_reference=self.collapsed.is_archived if documents.reference_count else None,
        )

    def cluster(self, pairs: VerifiedPairs) -> Clustering:
        """The clusters of the groups."""
        verifier = self.verifier
        return cluster_documents(
            self.collapsed,
            pairs,
            self.config.settings,
            count_distinct(verifier, self.collapsed.repeated),
            lambda left, right: sort_pairs([verify_pairs(verifier, left, right, 0.0)]),
        )


def _summarise_corpus(
    documents: Documents,
    assembled: Assembled,
    skipped: Sequence[SkippedDocument],
    where: Whereabouts,
) -> CorpusSummary:
    encoding_counts, html_counts = where.reading_counts()
    token_counts = documents.token_counts
    reference_count = documents.reference_count
    return CorpusSummary(
        document_count=len(documents) - reference_count,
        token_count=int(token_counts[reference_count:].sum(dtype=np.int64)),
        reference_count=reference_count,
        reference_token_count=int(token_counts[:reference_count].sum(dtype=np.int64)),
        cluster_count=len(assembled.clusters),
        duplicate_count=assembled.duplicate_count,
        redundant_token_count=assembled.redundant_token_count,
        skipped_count=len(skipped),
        skipped_counts=dict(sorted(Counter(s.reason for s in skipped).items())),
        encoding_counts=dict(sorted(encoding_counts.items())),
        html_counts=dict(sorted(html_counts.items())),
    )
