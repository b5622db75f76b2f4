"""Comparison of two documents, as a scan compares them, for an explanation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.diff import Diff, Vocabulary, diff_words
from dedupe.explain.figures import DocumentFigures, PairFigures, SearchFigures
from dedupe.explain.finding import FoundDocument
from dedupe.explain.passages import Passage, find_runs, locate_passages
from dedupe.explain.reasons import Reason, find_reasons
from dedupe.explain.saved import PairInReport
from dedupe.matching.banding import band_recall, banding_of, make_band_keys
from dedupe.model.errors import ReportError
from dedupe.model.kernels import Kernels
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.relations import Relation, relation_of_equal
from dedupe.model.report import DuplicatePair
from dedupe.model.settings import ScanSettings
from dedupe.model.sketches import Banding, SketchBatch
from dedupe.passages.runs import find_runs as find_shared_runs
from dedupe.passages.search import are_contained, window_of
from dedupe.sketch import load_word_finder, tokenize_text
from dedupe.sketch.token_limit import drop_oversized
from dedupe.sources import make_batch

TokenSpans = Sequence[tuple[int, int]]

MAX_ALIGNED_TOKENS: Final = 200_000
MAX_ALIGNED_CHARACTERS: Final = 4_000_000
"""The longest text for which passages and a difference are made: that takes seconds."""


class Explanation(msgspec.Struct, frozen=True):
    """The comparison of two documents.

    :param settings: of the scan, or for a scan
    :param left: the document that was named first
    :param figures: of each document; none for one whose text is missing
    :param pair: their overlap. If a text is missing, the overlap in a saved report; none if unknown
    :param search: none if a text is missing or has no token
    :param passages: shared passages; ``None`` if a text is missing or too long to compare
    :param token_spans: for each text, the span of each token; empty without passages
    :param diff: none without passages, or if it was not asked for
    :param in_report: the two documents in a saved report, if one was given
    :param reasons: why they are no duplicates, or why a scan does not find them, and remarks
    """

    settings: ScanSettings
    left: FoundDocument
    right: FoundDocument
    figures: tuple[DocumentFigures | None, DocumentFigures | None]
    pair: PairFigures | None
    search: SearchFigures | None
    passages: Sequence[Passage] | None
    token_spans: tuple[TokenSpans, TokenSpans]
    diff: Diff | None
    in_report: PairInReport | None
    reasons: tuple[Reason, ...]

    @property
    def is_duplicate(self) -> bool:
        """Whether they are known to be duplicates."""
        return self.pair is not None and self.pair.is_duplicate


def explain_pair(
    left: FoundDocument,
    right: FoundDocument,
    settings: ScanSettings,
    kernels: Kernels,
    in_report: PairInReport | None = None,
    with_diff: bool = True,
) -> Explanation:
    """Compare two documents.

    :raises ConfigError: if the settings contradict one another
    :raises ReportError: if the bands of the report are impossible
    """
    banding = _banding(settings, in_report)
    compared = [_with_tokens_in_limit(each, settings, kernels) for each in (left, right)]
    left, right = compared
    there = [each for each in compared if each.text is not None]
    batch = make_batch([each.id for each in there], [each.text or "" for each in there])
    sketch = kernels.sketch(
        batch, settings.shingle_size, settings.num_perm, settings.seed, settings.ignore_numbers
    )
    hashes, offsets = kernels.sort_unique(sketch.shingle_hashes, sketch.shingle_offsets)
    counted = iter(_document_figures(there, sketch, np.diff(offsets), batch.offsets))
    figures = (
        next(counted) if left.text is not None else None,
        next(counted) if right.text is not None else None,
    )
    pair = search = None
    aligned = _Alignment()
    if len(there) == 2:
        pair = _pair_figures(sketch, hashes, offsets, settings, kernels)
        if _are_compared(sketch, settings):
            search = _search_figures(sketch.signatures, banding, pair.jaccard)
        texts = left.text or "", right.text or ""
        longest = max(map(len, texts))
        if sketch.token_counts.max() <= MAX_ALIGNED_TOKENS and longest <= MAX_ALIGNED_CHARACTERS:
            aligned = _align(texts, sketch, settings.shingle_size, with_diff)
    elif in_report is not None and in_report.pair is not None:
        pair = _saved_figures(in_report.pair, left.id)
    reasons = find_reasons((left, right), figures, settings, pair, search, in_report)
    return Explanation(
        settings, left, right, figures, pair, search, aligned.passages, aligned.token_spans,
        aligned.diff, in_report, tuple(reasons),
    )  # fmt: skip


def _banding(settings: ScanSettings, in_report: PairInReport | None) -> Banding:
    """The banding of the report, which may be for a lower threshold, else of the settings."""
    if in_report is None:
        return banding_of(settings)
    bands, rows = in_report.bands, in_report.rows
    if bands < 1 or rows < 1 or bands * rows > settings.num_perm:
        told = f"{bands} bands of {rows} rows, but signatures of {settings.num_perm} values"
        raise ReportError(f"the report cannot be: it has {told}")
    chosen = banding_of(settings)
    if (chosen.bands, chosen.rows) == (bands, rows):
        return chosen
    return Banding(bands, rows, 0, band_recall(settings.threshold, bands, rows))


def _with_tokens_in_limit(
    document: FoundDocument, settings: ScanSettings, kernels: Kernels
) -> FoundDocument:
    """The document, without its text if that is too long for a scan."""
    if document.text is None:
        return document
    _, oversized = drop_oversized(make_batch([""], [document.text]), settings.max_tokens, kernels)
    if not oversized:
        return document
    return document.without_text(
        "too_many_tokens", f"it has more than {settings.max_tokens:,} tokens (--max-tokens)"
    )


def _document_figures(
    documents: Sequence[FoundDocument],
    sketch: SketchBatch,
    shingle_counts: NDArray[np.int64],
    byte_offsets: NDArray[np.int64],
) -> list[DocumentFigures]:
    return [
        DocumentFigures(
            token_count=int(sketch.token_counts[i]),
            shingle_count=int(shingle_counts[i]),
            byte_count=int(byte_offsets[i + 1] - byte_offsets[i]),
            character_count=len(document.text or ""),
            content_hash="".join(f"{half:016x}" for half in sketch.content_hashes[i].tolist()),
        )
        for i, document in enumerate(documents)
    ]


def _are_compared(sketch: SketchBatch, settings: ScanSettings) -> bool:
    """Whether a scan compares both documents, having enough tokens."""
    return bool((sketch.token_counts >= max(1, settings.min_tokens)).all())


def _pair_figures(
    sketch: SketchBatch,
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    settings: ScanSettings,
    kernels: Kernels,
) -> PairFigures:
    shared = 0
    left_count, right_count = np.diff(offsets).tolist()
    if left_count and right_count:
        one, other = np.array([0], np.int32), np.array([1], np.int32)
        shared = int(kernels.count_shared(hashes, offsets, one, other, 0.0)[0])
    relation: Relation | None = None
    if _are_compared(sketch, settings):
        if (sketch.token_hashes[0] == sketch.token_hashes[1]).all():
            is_same = bool((sketch.content_hashes[0] == sketch.content_hashes[1]).all())
            relation = relation_of_equal(is_same)
        elif shared / (left_count + right_count - shared) >= settings.threshold:
            relation = Relation.NEAR
        else:
            relation = _relation_by_text(
                sketch, (shared, left_count, right_count), settings, kernels
            )
    return PairFigures(relation, shared, left_count, right_count)


def _relation_by_text(
    sketch: SketchBatch, counts: tuple[int, int, int], settings: ScanSettings, kernels: Kernels
) -> Relation | None:
    """The relation of two documents that are no duplicates, if the scan looks for such."""
    left, right = np.zeros(1, np.int64), np.ones(1, np.int64)
    pair = VerifiedPairs(left, right, *(np.array([count]) for count in counts))
    if settings.looks_inside and are_contained(pair, settings)[0]:
        return Relation.CONTAINED
    if not settings.looks_for_passages:
        return None
    hashes, offsets = sketch.shingle_hashes, sketch.shingle_offsets
    ends = left.astype(np.int32), right.astype(np.int32)
    runs = find_shared_runs(kernels, hashes, offsets, *ends, window_of(settings))
    return Relation.PASSAGE if len(runs.pair) else None


def _saved_figures(pair: DuplicatePair, left_id: str) -> PairFigures:
    """The figures of a pair in a report, in the order in which the documents were named."""
    counts = pair.left_count, pair.right_count
    left_count, right_count = counts if pair.left == left_id else counts[::-1]
    return PairFigures(pair.relation, pair.shared_count, left_count, right_count)


def _search_figures(
    signatures: NDArray[np.uint32], banding: Banding, jaccard: float
) -> SearchFigures:
    keys = make_band_keys(signatures, banding)
    low_bytes = signatures.astype(np.uint8)
    return SearchFigures(
        bands=banding.bands,
        rows=banding.rows,
        met_bands=tuple((np.flatnonzero(keys[0] == keys[1]) + 1).tolist()),
        probability=band_recall(jaccard, banding.bands, banding.rows),
        equal_count=int(np.count_nonzero(signatures[0] == signatures[1])),
        num_perm=signatures.shape[1],
        low_byte_count=int(np.count_nonzero(low_bytes[0] == low_bytes[1])),
        minimum_equal=banding.minimum_equal,
    )


class _Alignment(msgspec.Struct, frozen=True):
    passages: list[Passage] | None = None
    token_spans: tuple[TokenSpans, TokenSpans] = ((), ())
    diff: Diff | None = None


def _align(
    texts: tuple[str, str], sketch: SketchBatch, shingle_size: int, with_diff: bool
) -> _Alignment:
    """The shared passages of two texts, and their difference.

    :param sketch: of the two texts
    """
    vocabulary = Vocabulary(tokenize_text, load_word_finder())
    token_spans = vocabulary.locate_tokens(texts[0]), vocabulary.locate_tokens(texts[1])
    cut = sketch.shingle_offsets[1]
    runs = find_runs(sketch.shingle_hashes[:cut], sketch.shingle_hashes[cut:])
    left, right = zip(texts, token_spans, strict=True)
    passages = locate_passages(runs, shingle_size, left, right)
    if not with_diff:
        return _Alignment(passages, token_spans)
    diff = diff_words(vocabulary.split(texts[0]), vocabulary.split(texts[1]))
    return _Alignment(passages, token_spans, diff)
