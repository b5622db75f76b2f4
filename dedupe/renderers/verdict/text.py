"""The verdict as text: each new duplicate with its copy, their difference, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dedupe.diff import Vocabulary, diff_words
from dedupe.gate.verdict import GoneDocument, NewDuplicate
from dedupe.renderers.verdict.view import (
    VerdictView,
    advise_on_order,
    describe_gone,
    describe_likeness,
    describe_relation,
    describe_result,
    describe_standing,
    describe_tolerated,
    describe_update,
)
from dedupe.renderers.view.differences import DiffWriter
from dedupe.renderers.view.findings import notice_lines, skipped_lines
from dedupe.renderers.view.layout import DIFF_INDENT, MEMBER_INDENT, listed_count
from dedupe.renderers.view.members import path_and_file_line
from dedupe.renderers.view.summary import describe_capped_buckets, warning_lines
from dedupe.renderers.view.terminal import (
    MIN_WIDTH,
    NO_BREAK,
    Canvas,
    Piece,
    Style,
    Styled,
    cell_width,
    escape_text,
    file_uri,
    prose,
    shorten_middle,
)
from dedupe.sketch import load_word_finder, tokenize_text
from dedupe.sources.reasons import IGNORE_FILE, IGNORED

CLUSTER_DIGITS: Final = 8
LISTED_GONE: Final = 10
MIN_ID_CELLS: Final = 12


def render_text_verdict(view: VerdictView) -> Iterator[str]:
    """The verdict as chunks of whole lines."""
    verdict, report = view.verdict, view.report
    canvas = Canvas(max(view.options.width, MIN_WIDTH), view.options.color)
    yield from _NewDuplicateWriter(view, canvas).write(verdict.new)
    if sentence := describe_tolerated(verdict):
        yield canvas.flow(prose(sentence, "dim")) + "\n"
    if verdict.gone:
        yield canvas.flow(prose(describe_gone(verdict), "warn")) + _list_gone(verdict.gone, canvas)
    yield from skipped_lines(report, canvas)
    yield from notice_lines(report, canvas, (IGNORED, IGNORE_FILE))
    if report.search.capped_bucket_count:
        yield canvas.flow(prose(describe_capped_buckets(report), "warn"))
    yield from warning_lines(report, canvas)
    style: Style = "strong" if verdict.passed else "removed"
    yield canvas.flow(prose(f"{NO_BREAK}· ".join(describe_result(view)), style))
    if sentence := describe_update(view):
        yield canvas.flow(prose(f"Baseline {escape_text(view.baseline)}: {sentence}"))
    if sentence := advise_on_order(view):
        yield canvas.flow(prose(sentence, "dim"))
    if not verdict.passed:
        command = prose(escape_text(view.accept_command), "accent")
        yield canvas.flow([*prose(view.accept_advice, "dim"), *command], 0, 2)


class _NewDuplicateWriter:
    """Writes the new duplicates, the most alike first."""

    def __init__(self, view: VerdictView, canvas: Canvas) -> None:
        self._view = view
        self._options = view.options
        self._canvas = canvas
        self._vocabulary = Vocabulary(tokenize_text, load_word_finder())

    def write(self, found: Sequence[NewDuplicate]) -> Iterator[str]:
        """One chunk for each duplicate, and one that counts those not shown."""
        top = self._options.top
        shown = found if top is None else found[:top]
        near = [new for new in shown if new.relation.is_near and self._options.diff != "none"]
        ids = dict.fromkeys(id for new in near for id in (new.id, new.copy_of))
        texts = self._view.texts.read_texts(ids) if ids else {}
        number_width = max(2, len(str(len(shown))))
        for number, new in enumerate(shown, 1):
            label = f"{number:>{number_width}}  "
            difference = self._difference(new, texts) if new in near else ""
            yield self._head(label, new) + self._facts(new) + difference + "\n"
        if rest := len(found) - len(shown):
            yield self._canvas.flow(prose(f"⋯ {rest:,} more (--top)", "dim"), 1) + "\n"

    def _head(self, label: str, new: NewDuplicate) -> str:
        """The first lines of a duplicate: its id (linked to its file), its cluster, its file."""
        name = new.cluster_id[:CLUSTER_DIGITS]
        name = f"cluster {escape_text(name)}" if name else "in no cluster"
        room = self._canvas.width - len(label) - len(name) - 2
        source, file_and_line = path_and_file_line(self._view.report, new.id)
        link = file_uri(source) if source and self._options.links else ""
        id = shorten_middle(escape_text(new.id), max(room, MIN_ID_CELLS))
        parts = [Styled(label, "strong"), Styled(id, "strong", link)]
        padding = self._canvas.width - len(label) - cell_width(id) - len(name)
        if padding >= 2:
            parts += [Styled(" " * padding), Styled(name, "dim")]
        lines = self._canvas.line(parts)
        if file_and_line:
            lines += self._canvas.flow([Piece(escape_text(file_and_line), "dim")], MEMBER_INDENT)
        return lines

    def _facts(self, new: NewDuplicate) -> str:
        copy = shorten_middle(escape_text(new.copy_of), self._canvas.width - DIFF_INDENT)
        standing = describe_standing(new, self._view)
        likeness = describe_likeness(new)
        comma = "," if standing else ""
        pieces = [*prose(describe_relation(new)), Piece(copy + comma * (not likeness), "accent")]
        pieces += [*prose(likeness + comma)] if likeness else []
        pieces += prose(standing) if standing else ()
        return self._canvas.flow(pieces, MEMBER_INDENT, 2)

    def _difference(self, new: NewDuplicate, texts: Mapping[str, str]) -> str:
        for id in (new.copy_of, new.id):
            if id not in texts:
                problem = self._view.texts.problem(id) or "its text cannot be read"
                problem_line = f"no diff: {escape_text(id)}: {escape_text(problem)}"
                return self._canvas.flow(prose(problem_line, "warn"), DIFF_INDENT)
        split = self._vocabulary.split
        diff = diff_words(split(texts[new.copy_of]), split(texts[new.id]))
        writer = DiffWriter(diff, self._options.diff == "full", self._canvas)
        if self._options.diff == "summary":
            return writer.summary()
        return "\n" + writer.body()


def _list_gone(gone: Sequence[GoneDocument], canvas: Canvas) -> str:
    """A line for each document of the baseline that is gone, with its cluster."""
    shown = gone[: listed_count(len(gone), LISTED_GONE)]
    lines = ""
    for each in shown:
        cluster = f"cluster {each.cluster} of the baseline"
        room = canvas.width - MEMBER_INDENT - len(cluster) - 3
        id = shorten_middle(escape_text(each.id), max(room, MIN_ID_CELLS))
        lines += canvas.line(
            [Styled(" " * MEMBER_INDENT), Styled(id), Styled(f"   {cluster}", "dim")]
        )
    if rest := len(gone) - len(shown):
        lines += canvas.flow(prose(f"⋯ {rest:,} more", "dim"), MEMBER_INDENT)
    return lines + "\n"
