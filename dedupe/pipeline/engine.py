"""What an engine is, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.matching.matches import Matches
from dedupe.model.documents import CorpusItems
from dedupe.model.kernels import Kernels
from dedupe.model.progress import Progress
from dedupe.model.settings import Config
from dedupe.store.presence import ScannedTexts
from dedupe.store.sketches import Remarks, Sketches


class EngineRun(msgspec.Struct, frozen=True):
    """What an engine found in a corpus.

    :param matches: over documents that the engine numbers as it likes; whoever goes on with them
        speaks of token hashes, content hashes and ids alone
    :param token_count: of all documents that are no references
    :param repeated: documents whose ids occurred more than once, by id
    :param release: to be called once nothing more is to be counted; gives memory back
    """

    matches: Matches
    remarks: Remarks
    document_count: int
    token_count: int
    reference_count: int
    reference_token_count: int
    repeated: Sequence[NDArray[np.int64]]
    release: Callable[[], None] = lambda: None

    @classmethod
    def of_sketches(
        cls, sketches: Sketches, matches: Matches, release: Callable[[], None] = lambda: None
    ) -> EngineRun:
        """Where all documents of the corpus are sketched in one place."""
        documents = sketches.documents
        tokens, reference_count = documents.token_counts, documents.reference_count
        return cls(
            matches=matches,
            remarks=sketches.remarks,
            document_count=len(documents) - reference_count,
            token_count=int(tokens[reference_count:].sum(dtype=np.int64)),
            reference_count=reference_count,
            reference_token_count=int(tokens[:reference_count].sum(dtype=np.int64)),
            repeated=sketches.repeated,
            release=release,
        )


class Engine(Protocol):
    """Runs the stages from a corpus to its duplicate pairs, wherever it likes.

    The same corpus and settings give the same matches with every engine.
    """

    def __call__(
        self,
        corpus: CorpusItems,
        config: Config,
        kernels: Kernels,
        progress: Progress,
        scanned: ScannedTexts | None = None,
    ) -> AbstractContextManager[EngineRun]:
        """What it found; pairs can be counted until the context is left.

        :param scanned: is told of all documents, for a gate
        """
