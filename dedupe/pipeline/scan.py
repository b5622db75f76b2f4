"""The stages composed, from texts to a report, on one page.

Each batch of texts is sketched and forgotten; candidates, verification and clusters work on
integers; only the assembly speaks of ids again.
"""

from __future__ import annotations

import platform
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import numpy as np

from dedupe._version import __version__
from dedupe.clusters.assembly import Assembled, assemble_clusters
from dedupe.matching.banding import choose_banding
from dedupe.matching.collapse import collapse_documents
from dedupe.model.documents import Notice, SkippedDocument, TextBatch
from dedupe.model.kernels import Kernels
from dedupe.model.progress import Progress
from dedupe.model.report import SCHEMA_VERSION, CorpusSummary, Report, RunInfo, SearchSummary
from dedupe.model.settings import Config
from dedupe.pipeline.search import Search
from dedupe.pipeline.sketching import TOO_MANY_TOKENS, Collector, sketch_batch
from dedupe.sources.origin import CorpusOrigin
from dedupe.store.documents import Documents, SketchedBatch
from dedupe.store.presence import ScannedTexts
from dedupe.store.work_folder import WorkFolder, return_memory

Item = TextBatch | SkippedDocument | Notice


def scan_corpus(
    corpus: Iterable[Item],
    config: Config,
    kernels: Kernels,
    progress: Progress,
    where: CorpusOrigin | None = None,
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
        looked at (see ``report.rows``): for who goes through them once, one after another
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
            documents = Documents(work, banding.bands, config.num_perm)
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
    where = where or CorpusOrigin()
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


def _summarise_corpus(
    documents: Documents,
    assembled: Assembled,
    skipped: Sequence[SkippedDocument],
    where: CorpusOrigin,
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
