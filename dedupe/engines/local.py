"""Two engines for one machine: one reads a corpus with threads, one reuses sketches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import msgspec

from dedupe.furniture.finding import match_without_furniture
from dedupe.furniture.given import read_windows
from dedupe.matching.banding import banding_of
from dedupe.matching.hidden import leave_out_found
from dedupe.matching.matches import Matches
from dedupe.matching.search import match_sketches
from dedupe.matching.verification import sort_pairs
from dedupe.model.documents import CorpusItems
from dedupe.model.kernels import Kernels
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.progress import Progress
from dedupe.model.settings import Config
from dedupe.passages.search import SharedTexts, find_shared_texts
from dedupe.pipeline.engine import Engine, EngineRun
from dedupe.pipeline.sketching import sketch_corpus
from dedupe.store.document_marks import ScannedTexts
from dedupe.store.resources import Resources
from dedupe.store.sketches import Sketches
from dedupe.store.work_folder import WorkFolder, return_memory


@contextmanager
def run_locally(
    corpus: CorpusItems,
    config: Config,
    kernels: Kernels,
    progress: Progress,
    scanned: ScannedTexts | None = None,
) -> Iterator[EngineRun]:
    """An ``Engine``: read and sketch with threads, in bounded memory, and find the pairs.

    :raises ConfigError: if no banding reaches the recall
    :raises InputError: if something cannot be read and ``on_error`` is ``fail``
    :raises WorkFolderError: if the work folder is not writable
    """
    banding = banding_of(config)
    pool = ThreadPoolExecutor(config.worker_count)
    runs = kernels.copy_runs, kernels.read_runs
    with WorkFolder(config.work_dir, config.max_memory, *runs) as work:
        if config.work_dir:
            work.check()
        resources = Resources(kernels, work, pool, config.worker_count, progress)
        try:
            # These sketches serve one search only, so they keep no more than that needs.
            sketches = sketch_corpus(
                corpus, config, resources, banding=banding,
                fails_on_skip=config.on_error == "fail", scanned=scanned,
            )  # fmt: skip
            progress.enter("comparing")
            release = partial(_release, sketches, config)
            if config.furniture != "keep":
                matches = match_sketches(sketches, config, resources)
                yield _without_furniture(sketches, matches, config, resources, release)
                return
            yield EngineRun.of_sketches(
                sketches,
                # In no variable here: pairs go as soon as whoever takes them has made clusters.
                *_look_inside(
                    match_sketches(sketches, config, resources, keeps_sketches=False),
                    config,
                    resources,
                ),
                release,
                resources,
            )
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def reuse_sketches(sketches: Sketches, resources: Resources) -> Engine[CorpusItems]:
    """An engine that matches existing sketches instead of reading a corpus.

    It is for several scans of one corpus that differ only in settings that come after sketching.
    Pairs that were verified at the lowest threshold so far are not counted again.

    :raises ConfigError: (when it runs) if another setting differs from those of the sketches
    :raises ValueError: (when it runs) if ``scanned`` is given, as nothing is read
    """

    lowest: list[tuple[float, VerifiedPairs]] = []

    @contextmanager
    def run(
        corpus: CorpusItems,
        config: Config,
        kernels: Kernels,
        progress: Progress,
        scanned: ScannedTexts | None = None,
    ) -> Iterator[EngineRun]:
        if scanned is not None:
            raise ValueError("sketches that are used again cannot tell a gate what was read")
        sketches.check_settings(config)
        used = msgspec.structs.replace(resources, kernels=kernels, progress=progress)
        known = lowest[0][1] if lowest and lowest[0][0] <= config.threshold else None
        matches = match_sketches(sketches, config, used, known=known)
        if known is None:
            lowest[:] = [(config.threshold, matches.pairs)]
        if config.furniture == "keep":
            found = _look_inside(matches, config, used)
            yield EngineRun.of_sketches(sketches, *found, resources=used)
        else:
            yield _without_furniture(sketches, matches, config, used)

    return run


def _without_furniture(
    sketches: Sketches,
    matches: Matches,
    config: Config,
    resources: Resources,
    release: Callable[[], None] = lambda: None,
) -> EngineRun:
    """The result where furniture is told or ignored, of pairs that were found with it."""
    listed = config.furniture_list
    given = read_windows(listed, config, resources.kernels) if listed else None
    found = match_without_furniture(sketches, matches, config, resources, given)
    matches = found.without if config.furniture == "ignore" else matches
    return EngineRun.of_sketches(sketches, matches, None, release, resources, found)


def _look_inside(
    matches: Matches, config: Config, resources: Resources
) -> tuple[Matches, SharedTexts | None]:
    """The matches, and the documents that stand in others, if those are asked for.

    Duplicate pairs that only the search for these met are added to the matches.
    """
    if not config.looks_inside:
        return matches, None
    resources.progress.enter("looking inside")
    shared, more = find_shared_texts(matches.collapsed, matches.pairs, config, resources)
    if len(more.left):
        hidden = matches.hidden and leave_out_found(matches.hidden, sort_pairs([more]))
        pairs = sort_pairs([matches.pairs, more])
        matches = msgspec.structs.replace(matches, pairs=pairs, hidden=hidden)
    return matches, shared


def _release(sketches: Sketches, config: Config) -> None:
    sketches.documents.shingles.close()
    sketches.documents.filters.close()
    if config.max_memory:
        return_memory()
