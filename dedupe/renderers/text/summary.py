"""The last lines of the text report: the verdict, what to trust, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from dedupe.model import Report
from dedupe.renderers.terminal import NO_BREAK, Canvas, Piece, Style, escape_text, prose
from dedupe.renderers.text.figures import format_count, format_percent, format_seconds

MAX_UNBROKEN: Final = 24
MIN_TIMED_BYTES: Final = 1_000_000
HINT_PATHS: Final = 3


def summary_lines(report: Report, canvas: Canvas) -> Iterator[str]:
    """Is this much or little, can it be trusted, and how long did it take."""
    yield canvas.flow(_listing(_verdict(report), "strong"))
    if report.search.bands and report.corpus.document_count:
        yield canvas.flow(_listing([describe_recall(report), "every pair verified"]))
    if report.search.capped_bucket_count:
        yield canvas.flow(prose(describe_capped_buckets(report), "warn"))
    yield canvas.flow(_listing(_run_facts(report), "dim"))


def hint_lines(report: Report, canvas: Canvas) -> str:
    """What next: a command to copy."""
    paths = report.run.paths
    command = ["dedupe", "scan"]
    for path in report.run.against:
        command += ["--against", shlex.quote(path)]
    if len(paths) <= HINT_PATHS:
        command += map(shlex.quote, paths)
    else:
        command += [*map(shlex.quote, paths[: HINT_PATHS - 1]), "…"]
    threshold = report.config.threshold
    if not report.corpus.cluster_count and threshold > 0.3:
        command += ["--threshold", f"{round(threshold - 0.2, 6):g}"]
        purpose = "For looser pairs:"
    else:
        command += ["--format", "json"]
        purpose = "Next:"
    text = " ".join(map(escape_text, command))
    return canvas.flow([*prose(purpose, "dim"), *prose(text, "accent")], 0, 2)


def _listing(items: Sequence[str], style: Style = "") -> Iterator[Piece]:
    """Items with a dot between them; a line breaks inside one only if it is long."""
    for number, item in enumerate(items, 1):
        text = item.replace(" ", NO_BREAK) if len(item) <= MAX_UNBROKEN else item
        yield from prose(text + (f"{NO_BREAK}·" if number < len(items) else ""), style)


def _verdict(report: Report) -> list[str]:
    """Is this much or little? In one line, also where nothing was found."""
    corpus = report.corpus
    skipped = [f"{corpus.skipped_count:,} skipped"] if corpus.skipped_count else []
    if not corpus.document_count:
        return ["Nothing to compare: no document with a word in it", *skipped]
    if not corpus.cluster_count:
        return [_nothing_found(report), *skipped]
    share = corpus.redundant_token_count / max(1, corpus.token_count)
    archive = [f"against {_archive(report)}"] if corpus.reference_count else []
    return [
        format_count(corpus.document_count, "document"),
        *archive,
        format_count(corpus.cluster_count, "cluster"),
        format_count(corpus.duplicate_count, "duplicate"),
        f"{format_percent(share, 0 if share >= 0.01 else 1)} of the words are redundant",
    ]


def _nothing_found(report: Report) -> str:
    corpus = report.corpus
    words = format_count(corpus.token_count, "word")
    reached = f"Jaccard{NO_BREAK}{report.config.threshold:g}"
    if corpus.reference_count:
        documents = format_count(corpus.document_count, "document")
        others = f"with another or with one of {_archive(report)}"
        return f"No duplicates: none of {documents} ({words}) reaches {reached} {others}"
    if corpus.document_count == 1:
        return f"No duplicates: one document ({words}), nothing to compare it with"
    documents = format_count(corpus.document_count, "document")
    return f"No duplicates: no two of {documents} ({words}) reach {reached}"


def _archive(report: Report) -> str:
    return format_count(report.corpus.reference_count, "reference document")


def describe_recall(report: Report) -> str:
    """Can it be trusted? What share of the pairs the bands find, at two Jaccards."""
    search, threshold = report.search, report.config.threshold
    bands, rows = format_count(search.bands, "band"), format_count(search.rows, "row")
    text = f"{bands} of {rows} find {format_percent(search.expected_recall, 1)} of the pairs"
    text += f" at{NO_BREAK}{threshold:g}"
    higher = round(threshold + 0.1, 6)
    if higher < 1:
        share = 1 - (1 - higher**search.rows) ** search.bands
        text += f", {format_percent(share, 1)} at{NO_BREAK}{higher:g}"
    return text


def describe_capped_buckets(report: Report) -> str:
    """What buckets that were too large cost."""
    count = report.search.capped_bucket_count
    limit = f"{report.config.max_bucket:,}"
    was, there = ("was", "it") if count == 1 else ("were", "them")
    return (
        f"{format_count(count, 'bucket')} of more than {limit} documents {was} compared with a "
        f"few leads alone: for the documents in {there} the recall is lower"
    )


def _run_facts(report: Report) -> list[str]:
    run = report.run
    facts = [format_seconds(run.seconds)]
    if run.seconds > 0 and run.byte_count >= MIN_TIMED_BYTES:
        facts.append(f"{run.byte_count / run.seconds / 1e6:,.1f}{NO_BREAK}MB/s")
    facts += [f"{escape_text(run.kernels)} kernels", format_count(run.workers, "worker")]
    return facts
