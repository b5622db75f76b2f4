"""The verdict as Markdown: for the summary of a CI job, or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dedupe.diff import Vocabulary, diff_words
from dedupe.gate.verdict import NewDuplicate
from dedupe.renderers.markdown import (
    CLOSING_BYTES,
    code,
    count_changes,
    diff_lines,
    encoded_size,
    fence,
    warning_lines,
)
from dedupe.renderers.verdict.view import (
    REASONS,
    VerdictView,
    advise_on_order,
    describe_gone,
    describe_result,
    describe_tolerated,
    describe_update,
)
from dedupe.renderers.view.figures import format_jaccard, format_percent
from dedupe.renderers.view.members import path_and_file_line
from dedupe.renderers.view.summary import describe_capped_buckets
from dedupe.sketch import load_word_finder, tokenize_text

CLUSTER_DIGITS: Final = 8
LISTED_GONE: Final = 20
COMMAND_CELLS: Final = 2000


def render_markdown_verdict(view: VerdictView) -> Iterator[str]:
    """The verdict as chunks of whole lines, within the limit of bytes."""
    head = "\n".join([*_head(view), ""])
    yield head
    room = view.options.markdown_limit - CLOSING_BYTES - encoded_size(head)
    shown = view.verdict.new[: view.options.top]
    rows: list[str] = []
    for new in shown:
        row = _row(view, new)
        if encoded_size(row) > room:
            break
        room -= encoded_size(row)
        rows.append(row)
    if rows:
        yield "".join([*_TABLE_HEAD, *rows, "\n"])
    if rest := len(view.verdict.new) - len(rows):
        yield f"{rest:,} more new duplicates are not shown here.\n\n"
    yield from _differences(view, shown[: len(rows)], room)


_TABLE_HEAD: Final = (
    "| new document | relation | Jaccard | copy of | cluster | |\n",
    "|---|---|---:|---|---|---|\n",
)


def _head(view: VerdictView) -> Iterator[str]:
    verdict = view.verdict
    result, *figures = describe_result(view)
    yield f"### dedupe: {result[:1].lower()}{result[1:]}\n"
    yield f"{' · '.join(figures)}\n"
    if sentence := describe_update(view):
        yield f"Baseline {code(view.baseline)}: {sentence}\n"
    if sentence := describe_tolerated(verdict):
        yield f"{sentence}\n"
    if verdict.gone:
        ids = [code(gone.id) for gone in verdict.gone[:LISTED_GONE]]
        rest = len(verdict.gone) - len(ids)
        yield f"{describe_gone(verdict)}: {', '.join(ids)}{f' and {rest:,} more' * bool(rest)}\n"
    if view.report.search.capped_bucket_count:
        yield f"{describe_capped_buckets(view.report)}\n"
    if view.report.corpus.skipped_count:
        yield f"Documents that could not be compared: {view.report.corpus.skipped_count:,}\n"
    yield from warning_lines(view.report)
    if sentence := advise_on_order(view):
        yield f"{sentence}\n"
    if not verdict.passed:
        yield f"{view.accept_advice} {code(view.accept_command, COMMAND_CELLS)}\n"


def _row(view: VerdictView, new: NewDuplicate) -> str:
    _, file_and_line = path_and_file_line(view.report, new.id)
    known = " (there before)" if new.is_copy_present else ""
    known = " (known)" if new.is_copy_known else known
    known = " (reference)" if new.is_copy_reference else known
    reason = "which of the two is new is not known" if new.change == "unknown" else ""
    cells = (
        code(new.id) + (f" ({code(file_and_line)})" if file_and_line else ""),
        _relation(new),
        format_jaccard(new.jaccard),
        code(new.copy_of) + known,
        code(new.cluster_id[:CLUSTER_DIGITS]) if new.cluster_id else "",
        reason or REASONS[new.change],
    )
    return f"| {' | '.join(cells)} |\n"


def _relation(new: NewDuplicate) -> str:
    """The relation, and of a contained document, for which the Jaccard says little, the share."""
    share = format_percent(new.containment)
    return f"{new.relation}, {share} of it" if new.relation.is_directed else new.relation


def _differences(view: VerdictView, shown: Sequence[NewDuplicate], room: int) -> Iterator[str]:
    """Folded blocks with the differences of new near-duplicates to the documents they copy."""
    near = [new for new in shown if new.relation.is_near and view.options.diff != "none"]
    ids = dict.fromkeys(id for new in near for id in (new.id, new.copy_of))
    texts = view.texts.read_texts(ids) if ids else {}
    vocabulary = Vocabulary(tokenize_text, load_word_finder())
    for number, new in enumerate(near):
        block = _difference(view, new, texts, vocabulary)
        if encoded_size(block) > room:
            left = len(near) - number
            limit = f"the limit of {view.options.markdown_limit:,} bytes is reached"
            yield f"Differences that are not shown: {left:,}; {limit}.\n"
            return
        room -= encoded_size(block)
        yield block


def _difference(
    view: VerdictView, new: NewDuplicate, texts: Mapping[str, str], vocabulary: Vocabulary
) -> str:
    head = f"<details>\n<summary>{code(new.id)} and {code(new.copy_of)}</summary>\n\n"
    for id in (new.copy_of, new.id):
        if id not in texts:
            problem = code(view.texts.problem(id) or "its text cannot be read", 200)
            return f"{head}No diff, because of {code(id)}: {problem}\n\n</details>\n\n"
    diff = diff_words(vocabulary.split(texts[new.copy_of]), vocabulary.split(texts[new.id]))
    body = f"{count_changes(diff)}\n"
    if view.options.diff != "summary" and diff.place_count:
        body += "\n" + fence(diff_lines(diff, view.options.diff == "full"))
    return f"{head}{body}\n</details>\n\n"
