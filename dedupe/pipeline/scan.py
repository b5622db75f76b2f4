"""A scan: an engine finds pairs, pairs are clustered, clusters become a report."""

from __future__ import annotations

import platform
import time
from collections import Counter
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe._version import __version__
from dedupe.clusters.assembly import Assembled, assemble_clusters
from dedupe.clusters.assign import Clustering, cluster_matches
from dedupe.furniture.forms import FormGroups, find_forms
from dedupe.furniture.telling import name_forms, tell_furniture
from dedupe.matching.hidden import estimate_hidden
from dedupe.model.date_orders import DateOrder
from dedupe.model.furniture import Furniture
from dedupe.model.kernels import Kernels
from dedupe.model.progress import Progress
from dedupe.model.report import (
    SCHEMA_VERSION,
    CorpusSummary,
    Report,
    RunInfo,
)
from dedupe.model.search_summary import CappedSearch, SearchSummary, SharedSearch
from dedupe.model.settings import Config
from dedupe.pipeline.engine import Engine, EngineRun, EngineSummary
from dedupe.pipeline.undated import find_undated, replace_undated
from dedupe.report.misreadings import find_warnings
from dedupe.sources.origin import CorpusOrigin
from dedupe.store.document_marks import ScannedTexts

CorpusT = TypeVar("CorpusT")


def scan_corpus(
    corpus: CorpusT,
    config: Config,
    engine: Engine[CorpusT],
    kernels: Kernels,
    progress: Progress,
    *,
    origin: CorpusOrigin | None = None,
    streamed: bool = False,
    scanned: ScannedTexts | None = None,
) -> Report:
    """Find, verify and cluster the near-duplicates among the documents of a corpus.

    :param origin: where the corpus was read, for ``run``; used only once all is read
    :param streamed: whether the parts of the report are lazy rows (see ``report.rows``), made again
        at each access: for callers that go through them once, in order
    :param scanned: collects the marks of all documents, for a gate
    """
    began = time.perf_counter()
    with engine(corpus, config, kernels, progress, scanned) as engine_run:
        orders = engine_run.learn_orders(config.keep)
        clustering = cluster_matches(engine_run.matches, config, orders)
        summary, shared = engine_run.summary, engine_run.shared
        capped = estimate_hidden(engine_run.matches, config.threshold)
        furniture, passage_documents = _tell_furniture(engine_run, clustering, config)
        forms = _find_forms(engine_run, clustering, config)
        engine_run.release()
        del engine_run  # and with it the pairs, of which the clustering has its own
        progress.enter("reporting")
        told = (*summary.repeated, passage_documents)
        assembled = assemble_clusters(clustering, told, shared, config.shingle_size)
        undated = find_undated(clustering, config, orders)
        # (Here, as it asks for ids: they may lie in the work folder, which goes with the engine.)
        named_forms = name_forms(forms, clustering, assembled.clusters)
        if not streamed:
            assembled = assembled.materialise()
    origin = origin or CorpusOrigin()
    report = Report(
        schema_version=SCHEMA_VERSION,
        config=config.settings,
        corpus=_summarise_corpus(summary, assembled, origin, orders),
        search=_summarise_search(summary, clustering, shared.figures if shared else None, capped),
        clusters=assembled.clusters,
        bridges=assembled.bridges,
        bridge_ends=assembled.bridge_ends,
        contained=assembled.contained,
        passages=assembled.passages,
        shared_ends=assembled.shared_ends,
        skipped=tuple(summary.remarks.skipped),
        notices=replace_undated(summary.remarks.notices, undated),
        furniture=furniture,
        forms=named_forms,
        texts=None,
        run=_describe_run(config, kernels, summary, assembled, origin),
    )
    warnings = find_warnings(report)
    progress.enter("done")
    seconds, stages = time.perf_counter() - began, tuple(progress.stages)
    run = msgspec.structs.replace(report.run, seconds=seconds, stages=stages)
    return msgspec.structs.replace(report, warnings=warnings, run=run)


def _describe_run(
    config: Config,
    kernels: Kernels,
    summary: EngineSummary,
    assembled: Assembled,
    origin: CorpusOrigin,
) -> RunInfo:
    """The facts of this run, without its time."""
    remarks = summary.remarks
    return RunInfo(
        version=__version__,
        python=platform.python_version(),
        kernels=kernels.name,
        workers=config.worker_count,
        seconds=0.0,
        byte_count=remarks.byte_count,
        paths=tuple(origin.paths),
        against=tuple(origin.against),
        sources=tuple(origin.sources()),
        text_fields=dict(sorted(origin.text_fields.items())),
        locators=assembled.locators,
        skipped_places=origin.find_skipped(remarks.skipped, remarks.skipped_locators),
    )


def _tell_furniture(
    engine_run: EngineRun, clustering: Clustering, config: Config
) -> tuple[Furniture | None, NDArray[np.int64]]:
    """The furniture, and the documents of its passages; none where it is kept."""
    if engine_run.furniture is None:
        return None, np.empty(0, np.int64)
    return tell_furniture(engine_run.furniture, clustering, config)


def _find_forms(
    engine_run: EngineRun, clustering: Clustering, config: Config
) -> list[FormGroups] | None:
    """The clusters that are forms; ``None`` where nobody has all shingles to look for them."""
    shingles, resources = engine_run.matches.shingles, engine_run.resources
    if engine_run.furniture is not None:
        shingles = engine_run.furniture.with_furniture.shingles
    if shingles is None or resources is None:
        return None
    return find_forms(
        clustering.representatives,
        shingles,
        config.shingle_size,
        resources,
        engine_run.hashes_at_once,
    )


def _summarise_corpus(
    summary: EngineSummary,
    assembled: Assembled,
    origin: CorpusOrigin,
    orders: dict[str, tuple[DateOrder, ...]],
) -> CorpusSummary:
    reading = origin.reading_counts()
    skipped = summary.remarks.skipped
    return CorpusSummary(
        document_count=summary.document_count,
        token_count=summary.token_count,
        reference_count=summary.reference_count,
        reference_token_count=summary.reference_token_count,
        date_orders=orders,
        cluster_count=len(assembled.clusters),
        duplicate_count=assembled.duplicate_count,
        redundant_token_count=assembled.redundant_token_count,
        skipped_count=len(skipped),
        skipped_counts=dict(sorted(Counter(each.reason for each in skipped).items())),
        encoding_counts=dict(sorted(reading.encodings.items())),
        html_counts=dict(sorted(reading.pages.items())),
        format_counts=dict(sorted(reading.formats.items())),
        short_count=summary.short_count,
        short_duplicate_count=assembled.short_duplicate_count,
        too_short_count=summary.remarks.too_short_count,
    )


def _summarise_search(
    summary: EngineSummary,
    clustering: Clustering,
    shared: SharedSearch | None,
    capped: CappedSearch | None,
) -> SearchSummary:
    banding, collapsed = summary.banding, clustering.collapsed
    copy_count = len(collapsed.members) - len(collapsed)
    return SearchSummary(
        bands=banding.bands,
        rows=banding.rows,
        expected_recall=banding.expected_recall * (capped.near_threshold_share if capped else 1),
        distinct_count=summary.distinct_count,
        candidate_pair_count=summary.candidate_pair_count,
        duplicate_pair_count=len(clustering.pairs.left) + copy_count,
        capped_bucket_count=summary.capped_bucket_count,
        shared=shared,
        capped=capped,
    )
