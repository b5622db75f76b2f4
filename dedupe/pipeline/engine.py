"""The type of an engine, and of its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.furniture.finding import FurnitureMatches
from dedupe.furniture.forms import HASHES_AT_ONCE
from dedupe.matching.dates import learn_date_orders
from dedupe.matching.matches import Matches
from dedupe.model.date_orders import DateOrder
from dedupe.model.kernels import Kernels
from dedupe.model.progress import Progress
from dedupe.model.report import SHORT_TOKENS
from dedupe.model.settings import Config
from dedupe.model.sketches import Banding
from dedupe.passages.search import SharedTexts
from dedupe.sources.files.source import Source
from dedupe.sources.origin import CorpusOrigin
from dedupe.store.document_marks import ScannedTexts
from dedupe.store.resources import Resources
from dedupe.store.sketches import Remarks, Sketches


class EngineSummary(msgspec.Struct, frozen=True):
    """What a report says of a corpus and of the search, beside the duplicates.

    :param distinct_count: groups of documents with equal tokens
    :param document_count: without reference documents, as ``token_count`` and ``short_count``
    :param repeated: the documents of each id that occurred more than once
    """

    remarks: Remarks
    banding: Banding
    distinct_count: int
    candidate_pair_count: int
    capped_bucket_count: int
    document_count: int
    token_count: int
    short_count: int
    reference_count: int
    reference_token_count: int
    repeated: Sequence[NDArray[np.int64]]


LearnOrders = Callable[[Sequence[str]], dict[str, tuple[DateOrder, ...]]]
"""A function from keep rules to what the dates of all documents show of their order."""


class EngineRun(msgspec.Struct, frozen=True):
    """The result of an engine for one corpus.

    :param matches: over a table of documents (``collapsed.documents``) that an engine fills for
        the stages after it; positions in it mean nothing elsewhere. It may leave out documents that
        are in no pair, have no copy, and have an id of their own
    :param learn_orders: see :func:`dedupe.matching.dates.learn_date_orders`
    :param shared: documents that stand in others, and passages; none if they were not looked for
    :param release: gives memory back; called once nothing more is to be counted
    :param resources: of the machine that has the shingles of ``matches``; none where none has all
    :param furniture: what was found without furniture, where that was asked for
    :param hashes_at_once: about how many shingle hashes are worth one call of ``gather``
    """

    matches: Matches
    summary: EngineSummary
    learn_orders: LearnOrders
    shared: SharedTexts | None = None
    release: Callable[[], None] = lambda: None
    resources: Resources | None = None
    furniture: FurnitureMatches | None = None
    hashes_at_once: int = HASHES_AT_ONCE

    @classmethod
    def of_sketches(
        cls,
        sketches: Sketches,
        matches: Matches,
        shared: SharedTexts | None = None,
        release: Callable[[], None] = lambda: None,
        resources: Resources | None = None,
        furniture: FurnitureMatches | None = None,
    ) -> EngineRun:
        """The result for sketches that hold all documents of the corpus."""
        documents = sketches.documents
        tokens, reference_count = documents.token_counts, documents.reference_count
        summary = EngineSummary(
            remarks=sketches.remarks,
            banding=matches.banding,
            distinct_count=len(matches.collapsed),
            candidate_pair_count=matches.candidate_pair_count,
            capped_bucket_count=matches.capped_bucket_count,
            document_count=len(documents) - reference_count,
            token_count=int(tokens[reference_count:].sum(dtype=np.int64)),
            short_count=int(np.count_nonzero(tokens[reference_count:] < SHORT_TOKENS)),
            reference_count=reference_count,
            reference_token_count=int(tokens[:reference_count].sum(dtype=np.int64)),
            repeated=sketches.repeated,
        )
        learn_orders = partial(learn_date_orders, documents)
        return cls(matches, summary, learn_orders, shared, release, resources, furniture)


CorpusT = TypeVar("CorpusT", contravariant=True)
"""A corpus as an engine takes it: items that are read here, or what others are to read."""


class Engine(Protocol[CorpusT]):
    """Runs the stages from a corpus to its duplicate pairs, on whatever machines it uses.

    The same corpus and settings give the same matches with every engine.
    """

    def __call__(
        self,
        corpus: CorpusT,
        config: Config,
        kernels: Kernels,
        progress: Progress,
        scanned: ScannedTexts | None = None,
    ) -> AbstractContextManager[EngineRun]:
        """The result, as a context manager: shingles can be counted until the context is left.

        :param scanned: collects the marks of all documents, for a gate
        """


class OpenedCorpus(msgspec.Struct, frozen=True):
    """A corpus of files that an engine is going to read.

    :param items: what the engine takes as its corpus
    :param origin: for the report; complete when all is read
    :param input_bytes: as in :class:`dedupe.model.progress.Progress`
    :param sources: gives the sources that were read, where streams among them were kept
    """

    items: Any
    origin: CorpusOrigin
    input_bytes: Callable[[], tuple[int, int]] = lambda: (0, 0)
    sources: Callable[[], Sequence[Source]] = tuple


class PathEngine(Engine[Any], Protocol):
    """An engine that reads files by itself, such as that on Spark."""

    def open(self, paths: Sequence[str], against: Sequence[str], config: Config) -> OpenedCorpus:
        """Find the files below some paths; they are read when the engine runs.

        :raises InputError: if a path is of a kind that it cannot read
        """
