"""A report on one screen: as text for a prompt of Python, as HTML for a cell of a notebook.

The HTML needs nothing from elsewhere and runs no script. All that comes from documents is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Final

from dedupe.diff import Break, Diff
from dedupe.model.documents import TextProvider
from dedupe.model.report import Cluster, Report
from dedupe.renderers.view.differences import Change, DiffWriter
from dedupe.renderers.view.figures import format_count, format_percent
from dedupe.renderers.view.selection import (
    Selection,
    describe_likeness,
    read_with_texts,
    select_members,
)
from dedupe.renderers.view.terminal import Canvas, Piece, escape_text, shorten_middle
from dedupe.sketch import tokenize_text

SCREEN_WIDTH: Final = 79
SCREEN_CLUSTERS: Final = 8
CELL_CLUSTERS: Final = 5
CELL_MEMBERS: Final = 4
ID_CELLS: Final = 40
MAX_DIFFED_CHARACTERS: Final = 50_000
"""Longer texts are not compared to show a cell: that takes seconds."""

STYLE: Final = (
    ".dedupe-cell{font-family:sans-serif;font-size:13px;max-width:60em}"
    ".dedupe-cell ins{background:rgba(34,170,68,.22);text-decoration:none}"
    ".dedupe-cell del{background:rgba(220,50,50,.2)}"
    ".dedupe-cell table{font-size:inherit}"
    ".dedupe-cell ins,.dedupe-cell del,.dedupe-cell i{unicode-bidi:isolate}"
    ".dedupe-cell td{text-align:left;vertical-align:top;padding:1px 12px 1px 0}"
    ".dedupe-cell i{opacity:.65}.dedupe-cell p{margin:.3em 0 .6em 1em}"
)


# --- text ----------------------------------------------------------------------------------


def render_screen(report: Report) -> str:
    """The figures of a report and its largest clusters, a line each."""
    canvas = Canvas(SCREEN_WIDTH, False)
    lines = [f"<Report: {', '.join(describe_figures(report))}>"]
    largest = largest_clusters(report, SCREEN_CLUSTERS)
    for cluster in largest:
        id = shorten_middle(escape_text(cluster.representative), ID_CELLS)
        lines.append(shorten_middle(f"  {id}  {describe_cluster(cluster)}", SCREEN_WIDTH))
    if more := len(report.clusters) - len(largest):
        lines.append(f"  … {format_count(more, 'cluster')} more")
    first, *rest = lines
    head = canvas.flow([Piece(word) for word in first.split(" ")], 0, 2).rstrip("\n")
    return "\n".join([head, *rest]).replace("\u00a0", " ")


def describe_figures(report: Report) -> list[str]:
    """What was compared and found, in a few phrases."""
    corpus = report.corpus
    figures = [format_count(corpus.document_count, "document")]
    if corpus.reference_count:
        figures.append(f"{format_count(corpus.reference_count, 'reference document')}")
    figures += [
        format_count(corpus.cluster_count, "cluster"),
        format_count(corpus.duplicate_count, "duplicate"),
    ]
    if corpus.duplicate_count:
        share = corpus.redundant_token_count / max(1, corpus.token_count)
        figures.append(f"{format_percent(share, 1)} of the words redundant")
    if corpus.skipped_count:
        figures.append(f"{corpus.skipped_count:,} skipped")
    if notices := len(report.notices) + len(report.warnings):
        figures.append(format_count(notices, "notice"))
    return [figure.replace("\u00a0", " ") for figure in figures]


def largest_clusters(report: Report, count: int) -> list[Cluster]:
    """The largest clusters, in the order in which other outputs show them."""
    return sorted(report.clusters, key=lambda c: (-len(c.members), c.representative))[:count]


def describe_cluster(cluster: Cluster) -> str:
    """How many documents a cluster has, and how alike they are."""
    others = list(cluster.others())
    return f"{format_count(len(cluster.members), 'document')}, {describe_likeness(others)}"


def render_difference(diff: Diff, full: bool = False) -> str:
    """A difference as text: ``[-deleted-]``, ``{+inserted+}``."""
    return DiffWriter(diff, full, Canvas(SCREEN_WIDTH, False)).body()


# --- HTML ----------------------------------------------------------------------------------


def render_cell(report: Report, texts: TextProvider) -> str:
    """The figures of a report, and its first clusters with the difference of one member each."""
    parts = [f"<b>{escape(' · '.join(describe_figures(report)))}</b>"]
    chosen = [
        select_members(cluster, diffs=True, max_listed=CELL_MEMBERS, max_diffed=1)
        for cluster in largest_clusters(report, CELL_CLUSTERS)
    ]
    for selection, found in read_with_texts(chosen, texts):
        parts += _cluster_html(selection, found)
    if more := len(report.clusters) - len(chosen):
        parts.append(f"<i>… {escape(format_count(more, 'cluster'))} more</i>")
    return wrap_html("".join(parts))


def _cluster_html(selection: Selection, texts: Mapping[str, str]) -> Iterator[str]:
    representative = selection.representative
    told = escape(describe_cluster(selection.cluster))
    yield f"<details open><summary><b>{_shown(representative.id)}</b> {told}</summary>"
    yield "<table><tbody>"
    for member in selection.listed:
        kind = "reference" if member.is_reference else str(member.relation)
        yield f"<tr><td>{_shown(member.id)}</td><td>{kind}</td><td>{member.jaccard:.3f}</td></tr>"
    if selection.rest:
        yield f"<tr><td><i>… {len(selection.rest):,} more</i></td></tr>"
    yield "</tbody></table>"
    shown = [texts[id] for id in selection.text_ids if id in texts]
    if len(shown) == 2:
        yield render_difference_html(compare(*shown))
    yield "</details>"


def compare(left: str, right: str) -> Diff | None:
    """The difference of two texts; none where they are too long for a cell."""
    from dedupe.diff import diff_texts

    if max(len(left), len(right)) > MAX_DIFFED_CHARACTERS:
        return None
    return diff_texts(left, right, tokenize_text)


def render_difference_html(diff: Diff | None, full: bool = False) -> str:
    """A difference as a paragraph with ``<del>`` and ``<ins>``."""
    if diff is None:
        return "<p><i>too long to be compared here: report.diff(a, b) compares them</i></p>"
    if not diff.place_count:
        return "<p><i>no word differs</i></p>"
    return f"<p dir=auto>{' '.join(_difference_parts(diff, full))}</p>"


def _difference_parts(diff: Diff, full: bool) -> Iterator[str]:
    for part in DiffWriter(diff, full, Canvas(SCREEN_WIDTH, True)).parts():
        if isinstance(part, Change):
            if part.deleted:
                yield f"<del>{_join(part.deleted)}</del>"
            if part.inserted:
                yield f"<ins>{_join(part.inserted)}</ins>"
        elif isinstance(part, str):
            yield f"<i>{escape(part)}</i>"
        else:
            yield _join(part)


def _join(pieces: Sequence[Piece]) -> str:
    words = ((" " if piece.before >= Break.SPACE else "") + piece.text for piece in pieces)
    return escape("".join(words).strip())


def render_table(name: str, rows: Iterable[str], count: int) -> str:
    """A few rows of a table, a line each, and how many there are."""
    lines = [f"<div>{_shown(row)}</div>" for row in rows]
    more = f"<i>… {count - len(lines):,} more</i>" if count > len(lines) else ""
    return wrap_html(f"<b>{escape(name)}: {count:,}</b>{''.join(lines)}{more}")


def render_plain(text: str) -> str:
    """A text of our own in the width of its lines."""
    return wrap_html(f"<pre>{escape(text)}</pre>")


def wrap_html(content: str) -> str:
    """HTML as the content of a cell, with its style."""
    return f'<div class="dedupe-cell"><style>{STYLE}</style>{content}</div>'


def _shown(text: str) -> str:
    """Text from outside as HTML, with characters spelled out that are invisible or steer."""
    return escape(escape_text(text))
