"""An explanation for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from dedupe.explain.comparison import MAX_ALIGNED_CHARACTERS, MAX_ALIGNED_TOKENS
from dedupe.explain.figures import DocumentFigures, PairFigures, SearchFigures
from dedupe.explain.finding import FoundDocument
from dedupe.explain.passages import Passage, TextSpan
from dedupe.explain.saved import DocumentInReport, PairInReport
from dedupe.renderers.explanation.view import ExplanationView
from dedupe.renderers.view.differences import DiffWriter
from dedupe.renderers.view.figures import format_count, format_jaccard, format_percent
from dedupe.renderers.view.layout import DIFF_INDENT, MEMBER_INDENT
from dedupe.renderers.view.terminal import (
    MIN_WIDTH,
    NO_BREAK,
    Canvas,
    Piece,
    Span,
    escape_text,
    file_uri,
    prose,
    shorten_middle,
)

LABEL_CELLS: Final = 11
MIN_ID_CELLS: Final = 12
CLUSTER_ID_CELLS: Final = 20
SHOWN_BAND_RANGES: Final = 12
QUOTED_CHARACTERS: Final = 1000
"""Of each end of a passage, from which its quotation is made."""


def render_text_explanation(view: ExplanationView) -> Iterator[str]:
    """The explanation as chunks of whole lines."""
    canvas = Canvas(max(view.options.width, MIN_WIDTH), view.options.color)
    writer = _Writer(view, canvas)
    yield writer.documents()
    yield "\n" + writer.headline() + writer.reasons()
    if table := writer.table():
        yield "\n" + table
    yield from writer.passages()
    yield from writer.difference()


class _Writer:
    def __init__(self, view: ExplanationView, canvas: Canvas) -> None:
        self._view = view
        self._told = view.explanation
        self._canvas = canvas

    # --- which two, and what they are to each other ---------------------------------------

    def documents(self) -> str:
        """A line for each of the two, with what is to be known of it."""
        told = self._told
        documents = zip("AB", (told.left, told.right), told.figures, strict=True)
        return "".join(self._document(*each) for each in documents)

    def _document(
        self, label: str, document: FoundDocument, figures: DocumentFigures | None
    ) -> str:
        facts = ""
        if figures is not None:
            counts = (figures.token_count, "word"), (figures.shingle_count, "distinct shingle")
            facts = "   " + " · ".join(format_count(*count) for count in counts)
        head = f" {label}  "
        room = self._canvas.width - len(head) - len(facts)
        if room < MIN_ID_CELLS:
            room, facts = self._canvas.width - len(head), ""
        link = file_uri(document.path) if document.path and self._view.options.links else ""
        id = Span(shorten_middle(escape_text(document.id), room), "strong", link)
        spans = [Span(head, "strong"), id, Span(facts.replace(NO_BREAK, " "), "dim")]
        lines = self._canvas.line(spans)
        told_by_id = document.file_and_line.endswith(f"/{document.id}")
        for remark in ("" if told_by_id else document.file_and_line, document.remark):
            if remark:
                lines += self._flow(prose(escape_text(remark), "dim"), MEMBER_INDENT)
        return lines

    def headline(self) -> str:
        """The relation, in one line."""
        pair, threshold = self._told.pair, self._told.settings.threshold
        if pair is None:
            return self._flow(prose("Not compared", "warn"))
        relation = pair.relation
        if relation is not None and relation.has_equal_text:
            return self._flow(prose("Identical: the same text", "strong"))
        if relation is not None and relation.has_equal_tokens:
            told = "The same words: only case, punctuation, spacing or what is invisible differs"
            return self._flow(prose(told, "strong"))
        jaccard = f"Jaccard{NO_BREAK}{_tell_jaccard(pair.jaccard, threshold)}"
        if relation is not None and relation.is_duplicate:
            told = f"{relation.heading}s: {jaccard}, at or above the threshold of {threshold:g}"
        elif relation is not None:
            told = f"{relation.heading}: {jaccard}, no duplicates"
        elif self._told.search is None:
            told = "Not duplicates: nothing to compare"
        else:
            told = f"Not duplicates: {jaccard}, below the threshold of {threshold:g}"
        return self._flow(prose(told, "strong"))

    def reasons(self) -> str:
        """Why not, or what else to know; a line for each."""
        lines = ""
        for reason in self._told.reasons:
            detail = escape_text(reason.detail)
            lines += self._flow(prose(f"· {detail}"), 2, 2)
        return lines

    # --- figures --------------------------------------------------------------------------

    def table(self) -> str:
        """What was counted, and what a saved report says."""
        told = self._told
        lines = ""
        if told.pair is not None and told.pair.union_count:
            lines += self._overlap_rows(told.pair)
        if told.search is not None:
            lines += self._search_rows(told.search)
        if told.in_report is not None:
            lines += self._report_rows(told.in_report)
        return lines

    def _overlap_rows(self, pair: PairFigures) -> str:
        shared = pair.shared_count
        only = (pair.left_count - shared, "A"), (pair.right_count - shared, "B")
        alone = " · ".join(f"{count:,} only in {label}" for count, label in only)
        size = format_count(self._told.settings.shingle_size, "word")
        lines = self._row("shingles", f"{shared:,} shared · {alone} (each is {size})")
        fraction = f"{shared:,} of {pair.union_count:,}"
        lines += self._row("Jaccard", f"{fraction} = {pair.jaccard:.6g}")
        left, right = pair.left_containment, pair.right_containment
        told = f"B holds {format_percent(left, 1)} of A · A holds {format_percent(right, 1)} of B"
        return lines + self._row("containment", told)

    def _search_rows(self, search: SearchFigures) -> str:
        count, bands = len(search.met_bands), format_count(search.bands, "band")
        rows = format_count(search.rows, "row")
        meeting = (
            f"they meet in {count:,} of {bands} of {rows}"
            if count
            else (f"they meet in none of {bands} of {rows}")
        )
        if count:
            meeting += f": {_tell_bands(search.met_bands)}"
        lines = self._row("LSH", meeting)
        chance = _tell_chance(search.probability)
        lines += self._row("", f"at this Jaccard, the chance to meet is {chance}")
        told = f"{search.equal_count:,} of {search.num_perm:,} values are equal, which estimates "
        told += f"a Jaccard of {format_jaccard(search.estimated_jaccard)}"
        if search.minimum_equal:
            told += f"; a scan verifies from {search.minimum_equal:,} on"
        return lines + self._row("signatures", told)

    def _report_rows(self, in_report: PairInReport) -> str:
        name = shorten_middle(escape_text(in_report.report), self._canvas.width // 2)
        lines = self._row("report", name)
        for label, each in (("A", in_report.left), ("B", in_report.right)):
            lines += self._row("", f"{label} {self._tell_in_report(each)}")
        return lines

    def _tell_in_report(self, in_report: DocumentInReport) -> str:
        room = max(MIN_ID_CELLS, self._canvas.width // 2)
        cluster = shorten_middle(escape_text(in_report.cluster_id), CLUSTER_ID_CELLS)
        if in_report.state == "representative":
            return f"is the representative of cluster {cluster}"
        if in_report.state == "member":
            name = shorten_middle(escape_text(in_report.representative), room)
            jaccard = f"Jaccard{NO_BREAK}{format_jaccard(in_report.jaccard)}"
            return f"is in cluster {cluster}, represented by {name} ({jaccard} to it)"
        if in_report.state == "bridge_end":
            return "is in no cluster, but a duplicate of a document in one"
        if in_report.state == "skipped":
            return "was skipped"
        return "is in no cluster"

    def _row(self, label: str, text: str) -> str:
        head = Piece(f"{label:<{LABEL_CELLS}} ", "dim")
        return self._flow([head, *prose(text)], 2, LABEL_CELLS + 2)

    # --- passages and the difference ------------------------------------------------------

    def passages(self) -> Iterator[str]:
        """The shared passages, each with its place in both texts."""
        passages, shown = self._told.passages, self._view.shown_passages
        if passages is None:
            if self._told.pair is not None and None not in self._told.figures:
                told = f"{MAX_ALIGNED_TOKENS:,} words or {MAX_ALIGNED_CHARACTERS:,} characters"
                told = f"One of them has more than {told}: their passages and their difference "
                yield "\n" + self._flow(prose(told + "are not looked for", "warn"))
            return
        if not passages:
            return
        longest = "" if len(shown) == len(passages) else f", the {len(shown):,} longest of them"
        head = f"{format_count(len(passages), 'shared passage')}{longest}"
        yield "\n" + self._flow(prose(head, "strong"))
        for passage in shown:
            yield "\n" + self._passage(passage)
        if rest := len(passages) - len(shown):
            more = f"⋯ {format_count(rest, 'passage')} more (--passages)"
            yield "\n" + self._flow(prose(more, "dim"), MEMBER_INDENT)

    def _passage(self, passage: Passage) -> str:
        count = format_count(passage.token_count, "word")
        lines = ""
        for head, label, span in ((count, "A", passage.left), ("", "B", passage.right)):
            head = f"{head:<{len(count)}}".replace(NO_BREAK, " ")
            told = f"{label} {_tell_span(span)}"
            lines += self._flow([Piece(head, "dim"), *prose(told, "dim")], MEMBER_INDENT, 2)
        quote = _quote(self._told.left.text or "", passage.left)
        quote = shorten_middle(quote, self._canvas.width - DIFF_INDENT)
        return lines + self._canvas.line([Span(" " * DIFF_INDENT), Span(quote)])

    def difference(self) -> Iterator[str]:
        """How B differs from A."""
        diff, mode = self._told.diff, self._view.options.diff
        if diff is None or not diff.left.keys or not diff.right.keys:
            return
        writer = DiffWriter(diff, mode == "full", self._canvas)
        yield "\n" + self._flow(prose("From A to B", "strong")) + "\n"
        yield writer.summary() if mode == "summary" else writer.body()

    def _flow(
        self, pieces: Sequence[Piece] | Iterator[Piece], indent: int = 0, hanging: int = 0
    ) -> str:
        return self._canvas.flow(pieces, indent, hanging)


def _tell_jaccard(jaccard: float, threshold: float) -> str:
    """Two decimals, or as many as it takes to stand on the right side of the threshold."""
    told = format_jaccard(jaccard)
    decimals = 2
    while (float(told) >= threshold) != (jaccard >= threshold) and decimals < 17:
        decimals += 1
        told = f"{jaccard:.{decimals}f}"
    return told


def _tell_chance(probability: float) -> str:
    """A chance in per cent; certainty and impossibility only where there is no doubt."""
    if 0 < probability < 0.0001:
        return f"below 0.01{NO_BREAK}%"
    if 0.9999 < probability < 1:
        return f"above 99.99{NO_BREAK}%"
    return format_percent(probability, 2)


def _tell_bands(bands: Sequence[int]) -> str:
    """Numbers with runs of them joined, as in ``1, 3–5``; the rest is counted."""
    told: list[str] = []
    listed = 0
    for _, group in groupby(enumerate(bands), lambda item: item[1] - item[0]):
        run = [band for _, band in group]
        if len(told) == SHOWN_BAND_RANGES:
            return f"{', '.join(told)}, … {len(bands) - listed:,}{NO_BREAK}more"
        listed += len(run)
        told.append(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}")
    return ", ".join(told)


def _tell_span(span: TextSpan) -> str:
    first, last = span.first_line, span.last_line
    lines = f"line {first:,}" if first == last else f"lines {first:,}–{last:,}"
    return f"{lines}, characters {span.start:,}–{span.end:,}"


def _quote(text: str, span: TextSpan) -> str:
    """The passage in one line; of a long one the ends."""
    length = span.end - span.start
    if length <= 2 * QUOTED_CHARACTERS:
        quoted = text[span.start : span.end]
    else:
        quoted = text[span.start : span.start + QUOTED_CHARACTERS]
        quoted += text[span.end - QUOTED_CHARACTERS : span.end]
    return escape_text(" ".join(quoted.split()))
