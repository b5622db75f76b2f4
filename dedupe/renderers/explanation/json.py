"""An explanation as JSON, for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from dedupe.explain import Explanation
from dedupe.explain.figures import DocumentFigures, PairFigures, SearchFigures
from dedupe.explain.finding import FoundDocument
from dedupe.explain.passages import Passage
from dedupe.explain.saved import PairInReport
from dedupe.renderers.explanation.view import ExplanationView
from dedupe.report.json import escape_json

EXPLANATION_VERSION: Final = 1


def render_json_explanation(view: ExplanationView) -> bytes:
    """The whole explanation, indented, ending with a newline."""
    explanation = view.explanation
    documents = zip((explanation.left, explanation.right), explanation.figures, strict=True)
    left, right = (_document(each, figures) for each, figures in documents)
    whole = {
        "explanation_version": EXPLANATION_VERSION,
        "is_duplicate": explanation.is_duplicate,
        "relation": explanation.pair.relation if explanation.pair is not None else None,
        "left": left,
        "right": right,
        "overlap": _overlap(explanation.pair),
        "search": _search(explanation.search),
        "reasons": explanation.reasons,
        "passage_count": None if explanation.passages is None else len(explanation.passages),
        "passages": [_passage(each) for each in view.shown_passages],
        "diff": _diff(explanation, with_segments=view.options.diff != "summary"),
        "report": _report(explanation.in_report),
        "config": explanation.settings.in_report_order(),
    }
    return escape_json(msgspec.json.format(msgspec.json.encode(whole), indent=2)) + b"\n"


def _document(document: FoundDocument, figures: DocumentFigures | None) -> dict[str, Any]:
    return {
        "id": document.id,
        "path": document.path,
        "line": document.line,
        "figures": figures,
        "reason": document.reason,
        "problem": document.problem,
        "remark": document.remark,
    }


def _overlap(pair: PairFigures | None) -> dict[str, Any] | None:
    if pair is None:
        return None
    counts = ("shared_count", "left_count", "right_count", "union_count")
    shares = ("jaccard", "left_containment", "right_containment")
    return {name: getattr(pair, name) for name in (*counts, *shares)}


def _search(search: SearchFigures | None) -> dict[str, Any] | None:
    if search is None:
        return None
    figures = {name: getattr(search, name) for name in search.__struct_fields__}
    figures["estimated_jaccard"] = search.estimated_jaccard
    figures["is_candidate"] = search.is_candidate
    return figures


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "token_count": passage.token_count,
        "left": passage.left._asdict(),
        "right": passage.right._asdict(),
    }


def _diff(explanation: Explanation, with_segments: bool) -> dict[str, Any] | None:
    diff = explanation.diff
    if diff is None:
        return None
    names = ("inserted_count", "deleted_count", "moved_count", "place_count", "coarse_count")
    counts = {name: getattr(diff, name) for name in names}
    return {**counts, "segments": list(_segments(explanation)) if with_segments else None}


def _segments(explanation: Explanation) -> Iterator[dict[str, Any]]:
    """Each segment of the diff with its spans in both texts; a change with its words."""
    assert explanation.diff is not None
    for segment in explanation.diff.segments:
        left = _characters(segment.left, explanation.token_spans[0])
        right = _characters(segment.right, explanation.token_spans[1])
        item: dict[str, Any] = {"kind": segment.kind, "left": left, "right": right}
        if segment.is_change:
            span, document = (
                (left, explanation.left) if left is not None else (right, explanation.right)
            )
            item["text"] = (document.text or "")[slice(*span)] if span is not None else ""
            item["origin"] = segment.origin
        yield item


def _characters(words: range, token_spans: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The span of characters that a range of words takes; none for an empty range."""
    return (token_spans[words.start][0], token_spans[words.stop - 1][1]) if words else None


def _report(in_report: PairInReport | None) -> dict[str, Any] | None:
    if in_report is None:
        return None
    names = ("report", "left", "right", "pair", "links", "capped_bucket_count")
    return {name: getattr(in_report, name) for name in names}
