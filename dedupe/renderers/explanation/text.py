"""An explanation as text, for people."""

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
    Styled,
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
"""Characters at each end of a passage that its quotation is made from."""


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
        self._explanation = view.explanation
        self._canvas = canvas

    # --- the two documents, and their relation --------------------------------------------

    def documents(self) -> str:
        """A line for each document with its figures, and its file and remark below it."""
        explanation = self._explanation
        documents = zip(
            "AB", (explanation.left, explanation.right), explanation.figures, strict=True
        )
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
        id = Styled(shorten_middle(escape_text(document.id), room), "strong", link)
        parts = [Styled(head, "strong"), id, Styled(facts.replace(NO_BREAK, " "), "dim")]
        lines = self._canvas.line(parts)
        id_shows_it = document.file_and_line.endswith(f"/{document.id}")
        for remark in ("" if id_shows_it else document.file_and_line, document.remark):
            if remark:
                lines += self._flow(prose(escape_text(remark), "dim"), MEMBER_INDENT)
        return lines

    def headline(self) -> str:
        """The relation of the two documents, in one line."""
        pair, threshold = self._explanation.pair, self._explanation.settings.threshold
        if pair is None:
            return self._flow(prose("Not compared", "warn"))
        relation = pair.relation
        if relation is not None and relation.has_equal_text:
            return self._flow(prose("Identical: the same text", "strong"))
        if relation is not None and relation.has_equal_tokens:
            headline = (
                "The same words: only case, punctuation, spacing or what is invisible differs"
            )
            return self._flow(prose(headline, "strong"))
        jaccard = f"Jaccard{NO_BREAK}{_format_jaccard(pair.jaccard, threshold)}"
        if relation is not None and relation.is_duplicate:
            headline = f"{relation.heading}s: {jaccard}, at or above the threshold of {threshold:g}"
        elif relation is not None:
            headline = f"{relation.heading}: {jaccard}, no duplicates"
        elif self._explanation.search is None:
            headline = "Not duplicates: nothing to compare"
        else:
            headline = f"Not duplicates: {jaccard}, below the threshold of {threshold:g}"
        return self._flow(prose(headline, "strong"))

    def reasons(self) -> str:
        """A line for each reason why they are no duplicates, or other remark."""
        lines = ""
        for reason in self._explanation.reasons:
            detail = escape_text(reason.detail)
            lines += self._flow(prose(f"· {detail}"), 2, 2)
        return lines

    # --- figures --------------------------------------------------------------------------

    def table(self) -> str:
        """Rows of figures: shingles, LSH and signatures, and what a saved report says."""
        explanation = self._explanation
        lines = ""
        if explanation.pair is not None and explanation.pair.union_count:
            lines += self._overlap_rows(explanation.pair)
        if explanation.search is not None:
            lines += self._search_rows(explanation.search)
        if explanation.in_report is not None:
            lines += self._report_rows(explanation.in_report)
        return lines

    def _overlap_rows(self, pair: PairFigures) -> str:
        shared = pair.shared_count
        only = (pair.left_count - shared, "A"), (pair.right_count - shared, "B")
        alone = " · ".join(f"{count:,} only in {label}" for count, label in only)
        size = format_count(self._explanation.settings.shingle_size, "word")
        lines = self._row("shingles", f"{shared:,} shared · {alone} (each is {size})")
        fraction = f"{shared:,} of {pair.union_count:,}"
        lines += self._row("Jaccard", f"{fraction} = {pair.jaccard:.6g}")
        left, right = pair.left_containment, pair.right_containment
        text = f"B holds {format_percent(left, 1)} of A · A holds {format_percent(right, 1)} of B"
        return lines + self._row("containment", text)

    def _search_rows(self, search: SearchFigures) -> str:
        count, bands = len(search.met_bands), format_count(search.bands, "band")
        rows = format_count(search.rows, "row")
        meeting = (
            f"they meet in {count:,} of {bands} of {rows}"
            if count
            else (f"they meet in none of {bands} of {rows}")
        )
        if count:
            meeting += f": {_format_bands(search.met_bands)}"
        lines = self._row("LSH", meeting)
        chance = _format_chance(search.probability)
        lines += self._row("", f"at this Jaccard, the chance to meet is {chance}")
        text = f"{search.equal_count:,} of {search.num_perm:,} values are equal, which estimates "
        text += f"a Jaccard of {format_jaccard(search.estimated_jaccard)}"
        if search.minimum_equal:
            text += f"; a scan verifies from {search.minimum_equal:,} on"
        return lines + self._row("signatures", text)

    def _report_rows(self, in_report: PairInReport) -> str:
        name = shorten_middle(escape_text(in_report.report), self._canvas.width // 2)
        lines = self._row("report", name)
        for label, each in (("A", in_report.left), ("B", in_report.right)):
            lines += self._row("", f"{label} {self._describe_in_report(each)}")
        return lines

    def _describe_in_report(self, in_report: DocumentInReport) -> str:
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
        """The shared passages, each with its lines and characters in both texts."""
        passages, shown = self._explanation.passages, self._view.shown_passages
        if passages is None:
            if self._explanation.pair is not None and None not in self._explanation.figures:
                text = f"{MAX_ALIGNED_TOKENS:,} words or {MAX_ALIGNED_CHARACTERS:,} characters"
                text = f"One of them has more than {text}: their passages and their difference "
                yield "\n" + self._flow(prose(text + "are not looked for", "warn"))
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
            text = f"{label} {_format_span(span)}"
            lines += self._flow([Piece(head, "dim"), *prose(text, "dim")], MEMBER_INDENT, 2)
        quote = _quote(self._explanation.left.text or "", passage.left)
        quote = shorten_middle(quote, self._canvas.width - DIFF_INDENT)
        return lines + self._canvas.line([Styled(" " * DIFF_INDENT), Styled(quote)])

    def difference(self) -> Iterator[str]:
        """How B differs from A."""
        diff, mode = self._explanation.diff, self._view.options.diff
        if diff is None or not diff.left.keys or not diff.right.keys:
            return
        writer = DiffWriter(diff, mode == "full", self._canvas)
        yield "\n" + self._flow(prose("From A to B", "strong")) + "\n"
        yield writer.summary() if mode == "summary" else writer.body()

    def _flow(
        self, pieces: Sequence[Piece] | Iterator[Piece], indent: int = 0, hanging: int = 0
    ) -> str:
        return self._canvas.flow(pieces, indent, hanging)


def _format_jaccard(jaccard: float, threshold: float) -> str:
    """A Jaccard with two decimals, or more if rounding would move it across the threshold."""
    text = format_jaccard(jaccard)
    decimals = 2
    while (float(text) >= threshold) != (jaccard >= threshold) and decimals < 17:
        decimals += 1
        text = f"{jaccard:.{decimals}f}"
    return text


def _format_chance(probability: float) -> str:
    """A probability in per cent; 0 and 100 only if it is exactly 0 or 1."""
    if 0 < probability < 0.0001:
        return f"below 0.01{NO_BREAK}%"
    if 0.9999 < probability < 1:
        return f"above 99.99{NO_BREAK}%"
    return format_percent(probability, 2)


def _format_bands(bands: Sequence[int]) -> str:
    """Numbers of bands, with runs joined as in ``1, 3–5``; beyond a limit they are counted."""
    ranges: list[str] = []
    listed = 0
    for _, group in groupby(enumerate(bands), lambda item: item[1] - item[0]):
        run = [band for _, band in group]
        if len(ranges) == SHOWN_BAND_RANGES:
            return f"{', '.join(ranges)}, … {len(bands) - listed:,}{NO_BREAK}more"
        listed += len(run)
        ranges.append(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}")
    return ", ".join(ranges)


def _format_span(span: TextSpan) -> str:
    first, last = span.first_line, span.last_line
    lines = f"line {first:,}" if first == last else f"lines {first:,}–{last:,}"
    return f"{lines}, characters {span.start:,}–{span.end:,}"


def _quote(text: str, span: TextSpan) -> str:
    """The passage in one line; only the two ends of a long one."""
    length = span.end - span.start
    if length <= 2 * QUOTED_CHARACTERS:
        quoted = text[span.start : span.end]
    else:
        quoted = text[span.start : span.start + QUOTED_CHARACTERS]
        quoted += text[span.end - QUOTED_CHARACTERS : span.end]
    return escape_text(" ".join(quoted.split()))
