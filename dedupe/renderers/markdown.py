"""The report as Markdown: for a comment on a pull request, or the summary of a CI job.

GitHub's flavour (https://github.github.com/gfm/), which GitLab also reads. Text from documents and
file names is written in ``<code>`` with its punctuation as character references, or in a fenced
block whose fence is longer than any run of backticks in it. Therefore no such text can become a
link, an image, a mention or HTML. GitHub looks for @names later, but not inside code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from dedupe.diff import Diff, Vocabulary, diff_words
from dedupe.model.documents import TextProvider
from dedupe.model.output_marks import MARKDOWN_MARK
from dedupe.model.report import Cluster, Member, Report, SharedText
from dedupe.renderers.view.differences import Change, DiffWriter
from dedupe.renderers.view.figures import format_count, format_jaccard, format_percent
from dedupe.renderers.view.members import path_and_file_line
from dedupe.renderers.view.options import MARKDOWN_LIMIT, DiffMode
from dedupe.renderers.view.reading import (
    describe_left_out,
    describe_reading,
    warning_sentences,
)
from dedupe.renderers.view.selection import (
    Selection,
    describe_likeness,
    order_clusters,
    read_with_texts,
    select_members,
)
from dedupe.renderers.view.shared import LISTED_PAIRS, describe_shared, order_shared
from dedupe.renderers.view.summary import describe_capped_buckets, describe_recall
from dedupe.renderers.view.terminal import Canvas, Piece, escape_text, shorten_middle
from dedupe.sketch import load_word_finder, tokenize_text

ID_CELLS: Final = 80
SENTENCE_CELLS: Final = 400
DIFF_WIDTH: Final = 96
LISTED_REASONS: Final = 5
SHARED_PART: Final = 5
"""A fifth of the output is for contained documents at most, and one for passages."""

CLOSING_BYTES: Final = 500 + len(MARKDOWN_MARK)
"""Bytes reserved for the sentences that say what was left out."""

# ASCII punctuation, except for characters without a meaning inside a line of Markdown.
_PUNCTUATION: Final = re.compile(r"(?![-,/])[!-/:-@\[-`{-~]")
_BACKTICKS: Final = re.compile("`+")


class MarkdownOptions(msgspec.Struct, frozen=True):
    """How a report is written.

    :param diff: how much of each difference is shown
    :param top: clusters shown, those with the most redundant words first (none: all)
    :param max_bytes: most bytes of the output, in UTF-8; it ends by saying what was left out
    """

    diff: DiffMode = "hunks"
    top: int | None = None
    max_bytes: int = MARKDOWN_LIMIT


def render_markdown(report: Report, texts: TextProvider, options: MarkdownOptions) -> Iterator[str]:
    """The report as chunks of whole lines.

    :param texts: read for the members whose diff is shown, some clusters at a time
    """
    head = "\n".join([*_head(report), ""])
    yield head
    room = options.max_bytes - CLOSING_BYTES - encoded_size(head)
    shared = "".join(_shared_blocks(report, options.top, room // SHARED_PART))
    room -= encoded_size(shared)
    ordered = order_clusters(report.clusters)
    chosen = ordered[: options.top]
    selections = (select_members(c, options.diff != "none") for c in chosen)
    shown = without_diffs = 0
    for selection, found in read_with_texts(selections, texts):
        writer = _ClusterWriter(report, selection, options)
        bare = writer.write(shown + 1, ())
        whole = writer.write(shown + 1, writer.differences(found, texts))
        block = whole if encoded_size(whole) <= room else bare
        if encoded_size(block) > room:
            break
        without_diffs += block != whole
        room -= encoded_size(block)
        shown += 1
        yield block
    if shared:
        yield shared
    yield from _closing(ordered[shown:], shown < len(chosen), without_diffs, options)


def code(text: str, cells: int = ID_CELLS) -> str:
    """Text from outside as ``<code>``: safe in a line of Markdown, a table cell, or HTML."""
    shown = shorten_middle(escape_text(text), cells)
    return f"<code>{_PUNCTUATION.sub(lambda match: f'&#{ord(match[0])};', shown)}</code>"


def fence(lines: Iterable[str]) -> str:
    """Lines as a fenced block, which GitHub shows unchanged in the colours of a diff."""
    body = "".join(f"{line}\n" for line in lines)
    longest = max((len(run) for run in _BACKTICKS.findall(body)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}diff\n{body}{mark}\n"


def _head(report: Report) -> Iterator[str]:
    """The title, the table of figures, and the sentences on recall and skipped documents."""
    corpus = report.corpus
    if corpus.cluster_count:
        duplicates = format_count(corpus.duplicate_count, "duplicate")
        title = f"{duplicates} in {format_count(corpus.cluster_count, 'cluster')}"
    else:
        title = f"no duplicates among {format_count(corpus.document_count, 'document')}"
    yield f"### dedupe: {title}\n"
    share = corpus.redundant_token_count / max(1, corpus.token_count)
    yield "| documents | words | clusters | duplicates | redundant words | skipped |"
    yield "|---:|---:|---:|---:|---:|---:|"
    figures = (
        f"{corpus.document_count:,}",
        f"{corpus.token_count:,}",
        f"{corpus.cluster_count:,}",
        f"{corpus.duplicate_count:,}",
        format_percent(share, 0 if share >= 0.01 else 1),
        f"{corpus.skipped_count:,}",
    )
    yield f"| {' | '.join(figures)} |\n"
    if corpus.reference_count:
        yield f"Compared with {format_count(corpus.reference_count, 'reference document')}\n"
    if report.search.bands and corpus.document_count:
        yield f"{describe_recall(report)} · every pair verified\n"
    if report.search.shared is not None:
        told = describe_shared(report)
        yield f"{told[:1].upper()}{told[1:]}\n"
    if report.search.capped_bucket_count:
        yield f"{describe_capped_buckets(report)}\n"
    yield from _reading_lines(report)
    yield from _skipped_line(report)


def _reading_lines(report: Report) -> Iterator[str]:
    """Sentences on how the corpus was read, and whether it may have been misread."""
    if told := describe_left_out(report):
        yield f"{told}\n"
    if facts := describe_reading(report):
        yield f"Read: {' · '.join(code(fact, SENTENCE_CELLS) for fact in facts)}\n"
    yield from warning_lines(report)


def warning_lines(report: Report) -> Iterator[str]:
    """A paragraph for each warning that the corpus may have been misread."""
    for sentence in warning_sentences(report):
        yield f"**Warning:** {code(sentence, SENTENCE_CELLS)}\n"


def _skipped_line(report: Report) -> Iterator[str]:
    counts = sorted(report.corpus.skipped_counts.items(), key=lambda item: (-item[1], item[0]))
    if counts:
        reasons = [f"{count:,} × {code(reason, 40)}" for reason, count in counts[:LISTED_REASONS]]
        if len(counts) > LISTED_REASONS:
            reasons.append(f"{len(counts) - LISTED_REASONS} more reasons")
        yield f"Skipped: {', '.join(reasons)}\n"


class _ClusterWriter:
    """Writes one cluster as a folded block: its members and how they differ."""

    def __init__(self, report: Report, selection: Selection, options: MarkdownOptions) -> None:
        self._report = report
        self._selection = selection
        self._options = options
        self._vocabulary = Vocabulary(tokenize_text, load_word_finder())

    def write(self, number: int, differences: Sequence[str]) -> str:
        """The whole block of the cluster.

        :param number: the rank of the cluster in the report, from 1
        :param differences: the blocks of :meth:`differences`; empty to leave them out
        """
        selection = self._selection
        shown = [*selection.listed, *selection.rest]
        members = selection.cluster.members
        facts = [
            code(selection.representative.id),
            format_count(len(members), "document"),
            describe_likeness(shown),
        ]
        summary = " · ".join(facts)
        lines = ["<details>", f"<summary>{number}. {summary}</summary>", "", *self._table()]
        if selection.rest:
            rest = format_count(len(selection.rest), "member")
            lines += ["", f"{rest} more · {describe_likeness(selection.rest)}"]
        return "\n".join([*lines, "", *differences, "</details>", "", ""])

    def differences(self, found: Mapping[str, str], provider: TextProvider) -> list[str]:
        """A block for each member whose difference is shown."""
        kept = self._selection.representative
        return [self._difference(kept, m, found, provider) for m in self._selection.diffed]

    def _table(self) -> Iterator[str]:
        yield "| | document | relation | Jaccard | words |"
        yield "|---|---|---|---:|---:|"
        kept = self._selection.representative
        role = "reference" if kept.is_reference else "kept"
        yield f"| {role} | {_named(self._report, kept.id)} | | | {kept.token_count:,} |"
        for member in self._selection.listed:
            jaccard = format_jaccard(member.jaccard)
            role = "reference" if member.is_reference else ""
            row = (role, _named(self._report, member.id), member.relation, jaccard)
            yield f"| {' | '.join(row)} | {member.token_count:,} |"

    def _difference(
        self, kept: Member, member: Member, found: Mapping[str, str], provider: TextProvider
    ) -> str:
        for id in (kept.id, member.id):
            if id not in found:
                problem = code(provider.problem(id) or "its text cannot be read", 200)
                return f"{code(member.id)}: no diff, because of {code(id)}: {problem}\n"
        split = self._vocabulary.split
        diff = diff_words(split(found[kept.id]), split(found[member.id]))
        summary = f"{code(member.id)}: {count_changes(diff)}\n"
        if self._options.diff == "summary" or not diff.place_count:
            return summary
        return f"{summary}\n{fence(diff_lines(diff, self._options.diff == 'full'))}"


def count_changes(diff: Diff) -> str:
    """How many words are inserted, deleted and moved, as a sentence."""
    if not diff.place_count:
        return "no word differs"
    counts = (
        (f"+{format_count(diff.inserted_count, 'word')}", diff.inserted_count),
        (f"−{format_count(diff.deleted_count, 'word')}", diff.deleted_count),
        (f"{format_count(diff.moved_count, 'word')} moved", diff.moved_count),
    )
    changes = ", ".join(text for text, count in counts if count)
    cut = ""
    if diff.coarse_count:
        stretches = format_count(diff.coarse_count, "stretch").replace("stretchs", "stretches")
        cut = f" ({stretches} too long to align, shown as replaced whole)"
    return f"{changes} in {format_count(diff.place_count, 'place')}{cut}"


def diff_lines(diff: Diff, full: bool) -> Iterator[str]:
    """The diff in lines that begin with ``-``, ``+``, a space, or ``@@`` where words are folded."""
    context: list[Piece] = []
    for part in DiffWriter(diff, full, Canvas(DIFF_WIDTH, color=True)).parts():
        if isinstance(part, list):
            context += part
            continue
        yield from _marked_lines(" ", context)
        context = []
        if isinstance(part, Change):
            yield from _marked_lines("-", part.deleted)
            yield from _marked_lines("+", part.inserted)
        else:
            yield f"@@ {part.removeprefix('⋯ ')} @@".replace("\u00a0", " ")
    yield from _marked_lines(" ", context)


def _marked_lines(mark: str, pieces: Sequence[Piece]) -> Iterator[str]:
    plain = (piece._replace(style="") for piece in pieces)
    for line in Canvas(DIFF_WIDTH, color=False).flow(plain).splitlines():
        yield f"{mark} {line}"


def _shared_blocks(report: Report, top: int | None, room: int) -> Iterator[str]:
    """A folded table of contained documents, and one of shared passages, where there are any.

    :param top: rows of each table (none: ``LISTED_PAIRS``)
    :param room: bytes for each table
    """
    limit = LISTED_PAIRS if top is None else top
    if report.contained:
        ids = len({pair.left for pair in report.contained})
        noun = "contained document" if ids == 1 else "contained documents"
        head = "| document | stands in | of it | of the other | shared words |"
        yield _shared_table(report, report.contained, f"{ids:,} {noun}", head, limit, room)
    if report.passages:
        title = f"{format_count(len(report.passages), 'pair')} with a shared passage"
        head = "| document | other document | of it | of the other | shared words |"
        yield _shared_table(report, report.passages, title, head, limit, room)


def _shared_table(
    report: Report, pairs: Sequence[SharedText], title: str, head: str, limit: int, room: int
) -> str:
    """The rows of most shared words, as many as have room, and how many more there are."""
    begin = f"<details>\n<summary>{title}</summary>\n\n{head}\n|---|---|---:|---:|---|\n"
    room -= encoded_size(begin) + CLOSING_BYTES
    rows: list[str] = []
    for pair in order_shared(pairs)[:limit]:
        row = _shared_row(report, pair)
        room -= encoded_size(row)
        if room < 0:
            break
        rows.append(row)
    rest = f"\n{len(pairs) - len(rows):,} more\n" if len(rows) < len(pairs) else ""
    if not rows:
        return f"{title}: not shown\n\n"
    return f"{begin}{''.join(rows)}{rest}\n</details>\n\n"


def _shared_row(report: Report, pair: SharedText) -> str:
    words = sum(passage.token_count for passage in pair.passages)
    passages = format_count(len(pair.passages), "passage")
    cells = (
        _named(report, pair.left),
        _named(report, pair.right),
        format_percent(pair.left_containment),
        format_percent(pair.right_containment),
        f"{words:,} in {passages}" if pair.passages else "",
    )
    return f"| {' | '.join(cells)} |\n"


def _named(report: Report, id: str) -> str:
    """A document with its file and line, if its id does not say that."""
    _, file_and_line = path_and_file_line(report, id)
    return code(id) + (f" ({code(file_and_line)})" if file_and_line else "")


def _closing(
    rest: Sequence[Cluster], is_full: bool, without_diffs: int, options: MarkdownOptions
) -> Iterator[str]:
    """A sentence on clusters and differences that are not shown, and why.

    :param rest: clusters that are not shown
    :param is_full: whether clusters are missing because of ``max_bytes``
    :param without_diffs: clusters that are shown without their differences
    """
    parts = []
    if rest:
        documents = format_count(sum(len(cluster.members) for cluster in rest), "document")
        parts.append(f"{format_count(len(rest), 'cluster')} more with {documents} not shown")
    if without_diffs:
        parts.append(f"{format_count(without_diffs, 'cluster')} shown without differences")
    if parts:
        limit = f": the limit of {options.max_bytes:,} bytes is reached"
        yield f"{', '.join(parts)}{limit if is_full or without_diffs else ''}.\n"


def encoded_size(text: str) -> int:
    """The number of bytes of a text when it is written out."""
    return len(text.encode("utf-8", "backslashreplace"))
