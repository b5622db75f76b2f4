"""Contained documents and shared passages in the text report, below the clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dedupe.model.documents import TextProvider
from dedupe.model.report import Report, SharedText
from dedupe.renderers.view.figures import format_count, format_percent
from dedupe.renderers.view.layout import MEMBER_INDENT, listed_count
from dedupe.renderers.view.terminal import (
    ELLIPSIS,
    NO_BREAK,
    Canvas,
    Styled,
    cell_width,
    cut_cells,
    escape_text,
    prose,
    shorten_middle,
)

LISTED_PAIRS: Final = 20
FIND_CONTAINED: Final = "near,contained"
"""The value of ``--find`` that looks for duplicates and for contained documents."""

FIRST_CHARACTERS: Final = 400
"""The characters of a passage of which the first words are shown."""


def shared_lines(
    report: Report, texts: TextProvider, canvas: Canvas, top: int | None
) -> Iterator[str]:
    """A block of lines on contained documents, and one on shared passages, where there are any.

    :param top: entries shown of each list, those of most shared tokens first (none: 20)
    """
    limit = LISTED_PAIRS if top is None else max(0, top)
    if report.contained:
        count = len({pair.left for pair in report.contained})
        stand = "stands in another" if count == 1 else "stand in others"
        title = f"Contained: {format_count(count, 'document')} {stand} and {_are(count)} "
        yield _block(title + "no duplicate", report.contained, texts, canvas, limit)
    if report.passages:
        count = len(report.passages)
        title = f"Passages: {format_count(count, 'pair')} {'shares' if count == 1 else 'share'} one"
        yield _block(f"{title}, and no more", report.passages, texts, canvas, limit)


def describe_shared(report: Report) -> str:
    """How many documents stand in others and how many passages were found, if they were sought."""
    search = report.search.shared
    if search is None:
        way = f" (--find {FIND_CONTAINED})" if may_look_inside(report) else ""
        return f"contained documents not looked for{way}"
    count = len({pair.left for pair in report.contained})
    facts = format_count(count, "document") + " contained in others"
    if search.passage_pair_count is not None:
        facts += f", {format_count(search.passage_pair_count, 'pair')} with a shared passage"
    if search.hidden_document_count:
        facts += (
            f"; {format_count(search.hidden_document_count, 'document')} of common text alone, "
            "of which nothing was looked for"
        )
    return facts


def may_look_inside(report: Report) -> bool:
    """Whether a scan could look for contained documents, and this one did not."""
    corpus = report.corpus
    return (
        report.search.shared is None
        and report.config.furniture == "keep"  # else a scan refuses to look for them
        and corpus.document_count + corpus.reference_count > 1
    )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _block(
    title: str, pairs: Sequence[SharedText], texts: TextProvider, canvas: Canvas, limit: int
) -> str:
    lines = canvas.flow(prose(title))
    ordered = order_shared(pairs)
    shown = ordered[: listed_count(len(ordered), limit)]
    found = texts.read_texts([pair.left for pair in shown if pair.passages])
    for pair in shown:
        lines += _pair_lines(pair, found.get(pair.left, ""), canvas)
    if len(shown) < len(ordered):
        rest = f"⋯ {len(ordered) - len(shown):,}{NO_BREAK}more"
        lines += canvas.flow(prose(rest, "dim"), MEMBER_INDENT)
    return lines + "\n"


def order_shared(pairs: Sequence[SharedText]) -> list[SharedText]:
    """The entries of a list, those of most shared tokens first."""
    return sorted(pairs, key=lambda pair: (-_shared_tokens(pair), pair.left, pair.right))


def _shared_tokens(pair: SharedText) -> int:
    return sum(passage.token_count for passage in pair.passages)


def _pair_lines(pair: SharedText, text: str, canvas: Canvas) -> str:
    """One line that names both documents, one with how much they share, and where it begins."""
    room = max(6, (canvas.width - MEMBER_INDENT - 5) // 2)
    left, right = (shorten_middle(escape_text(id), room) for id in (pair.left, pair.right))
    arrow = "→" if pair.relation.is_directed else "↔"
    lines = canvas.line([Styled(" " * MEMBER_INDENT), Styled(f"{left} {arrow} {right}")])
    facts = f"{format_percent(pair.left_containment)} of the first, "
    facts += f"{format_percent(pair.right_containment)} of the second"
    if pair.passages:
        passages = format_count(len(pair.passages), "passage")
        facts += f" · {passages} of {format_count(_shared_tokens(pair), 'word')}"
    lines += canvas.flow(prose(facts, "dim"), MEMBER_INDENT + 2)
    words = first_words(pair, text)
    if words:
        words = f"“{escape_text(words)}”"
        cells = canvas.width - MEMBER_INDENT - 4
        parts = [Styled(" " * (MEMBER_INDENT + 2)), Styled(_shorten_end(words, cells))]
        lines += canvas.line(parts)
    return lines


def first_words(pair: SharedText, text: str) -> str:
    """The beginning of the longest passage; empty where its text is not known."""
    longest = max(pair.passages, key=lambda each: each.token_count, default=None)
    if longest is None or longest.left_span is None:
        return ""
    start, end = longest.left_span
    return " ".join(text[start : min(end, start + FIRST_CHARACTERS)].split())


def _shorten_end(text: str, cells: int) -> str:
    """The beginning of a text that has room in so many cells."""
    if cell_width(text) <= cells:
        return text
    return next(cut_cells(text, cells - 1)) + ELLIPSIS
