"""The last lines of the text report: the result, its recall, and the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dedupe.model.report import Report
from dedupe.renderers.view.figures import format_count, format_percent, format_seconds
from dedupe.renderers.view.reading import (
    describe_left_out,
    describe_reading,
    warning_sentences,
)
from dedupe.renderers.view.shared import describe_shared
from dedupe.renderers.view.terminal import NO_BREAK, Canvas, Piece, Style, escape_text, prose

MAX_UNBROKEN: Final = 24
MIN_TIMED_BYTES: Final = 1_000_000


def summary_lines(report: Report, canvas: Canvas) -> Iterator[str]:
    """The figures of the result, its recall, warnings about capped buckets, and the run time."""
    yield canvas.flow(_listing(_verdict(report), "strong"))
    if report.search.bands and report.corpus.document_count:
        yield canvas.flow(
            _listing([describe_recall(report), "every pair verified", describe_shared(report)])
        )
    if report.search.capped_bucket_count:
        yield canvas.flow(prose(describe_capped_buckets(report), "warn"))
    if facts := describe_reading(report):
        yield canvas.flow(_listing(["Read: " + facts[0], *facts[1:]], "dim"))
    yield from warning_lines(report, canvas)
    yield canvas.flow(_listing(_run_facts(report), "dim"))


def warning_lines(report: Report, canvas: Canvas) -> Iterator[str]:
    """A line for each warning that the corpus may have been misread."""
    for sentence in warning_sentences(report):
        yield canvas.flow(prose(f"Warning: {sentence}", "warn"), 0, 2)


def legend_lines(report: Report, canvas: Canvas, diffs: bool) -> Iterator[str]:
    """A line on the signs of the clusters, if there are any.

    :param diffs: whether differences are shown, which have signs too
    """
    if not report.corpus.cluster_count:
        return
    signs = f"●{NO_BREAK}kept · ○{NO_BREAK}its duplicate, with the Jaccard of both ·"
    signs = f"●{NO_BREAK}kept · ○{NO_BREAK}its duplicate, with the Jaccard of both"
    pieces = [*prose(signs + (f"{NO_BREAK}·" if diffs else ""), "dim")]
    if diffs:
        only = ("only in ●", "only in ○") if canvas.color else ("[-only in ●-]", "{+only in ○+}")
        pieces += prose(only[0].replace(" ", NO_BREAK), "delete")
        pieces += prose(only[1].replace(" ", NO_BREAK), "insert")
    yield canvas.flow(pieces)


def _listing(items: Sequence[str], style: Style = "") -> Iterator[Piece]:
    """Items with a dot between them; a line breaks inside one only if it is long."""
    for number, item in enumerate(items, 1):
        text = item.replace(" ", NO_BREAK) if len(item) <= MAX_UNBROKEN else item
        yield from prose(text + (f"{NO_BREAK}·" if number < len(items) else ""), style)


def _verdict(report: Report) -> list[str]:
    """The result in one line, also if nothing was found."""
    corpus = report.corpus
    skipped = [f"{corpus.skipped_count:,} skipped"] if corpus.skipped_count else []
    left_out = [told] if (told := describe_left_out(report)) else []
    if not corpus.document_count:
        return ["Nothing to compare: no document with a word in it", *left_out, *skipped]
    if not corpus.cluster_count:
        return [_nothing_found(report), *left_out, *skipped]
    share = corpus.redundant_token_count / max(1, corpus.token_count)
    references = [f"against {_references(report)}"] if corpus.reference_count else []
    return [
        format_count(corpus.document_count, "document"),
        *references,
        format_count(corpus.cluster_count, "cluster"),
        format_count(corpus.duplicate_count, "duplicate"),
        f"{format_percent(share, 0 if share >= 0.01 else 1)} of the words redundant",
        *left_out,
    ]


def _nothing_found(report: Report) -> str:
    corpus = report.corpus
    words = format_count(corpus.token_count, "word")
    reached = f"Jaccard{NO_BREAK}{report.config.threshold:g}"
    if corpus.reference_count:
        documents = format_count(corpus.document_count, "document")
        others = f"with another or with one of {_references(report)}"
        return f"No duplicates: none of {documents} ({words}) reaches {reached} {others}"
    if corpus.document_count == 1:
        told = f"No duplicates: one document ({words}), nothing to compare it with"
        is_text = corpus.format_counts == {"text": 1}
        return f"{told} (or a text a line? --input-format lines)" if is_text else told
    documents = format_count(corpus.document_count, "document")
    return f"No duplicates: no two of {documents} ({words}) reach {reached}"


def _references(report: Report) -> str:
    return format_count(report.corpus.reference_count, "reference document")


def describe_recall(report: Report) -> str:
    """The expected recall: the share of pairs that the bands find, at two Jaccards."""
    search, threshold = report.search, report.config.threshold
    bands, rows = format_count(search.bands, "band"), format_count(search.rows, "row")
    text = f"{bands} of {rows} find {format_percent(search.expected_recall, 1)} of the pairs"
    text += f" at{NO_BREAK}{threshold:g}"
    higher = round(threshold + 0.1, 6)
    # What capped buckets hide is known near the threshold only.
    if higher < 1 and not search.capped_bucket_count:
        share = 1 - (1 - higher**search.rows) ** search.bands
        text += f", {format_percent(share, 1)} at{NO_BREAK}{higher:g}"
    return text


def describe_capped_buckets(report: Report) -> str:
    """A warning that buckets above ``--max-bucket`` were not compared completely, and its cost."""
    count = report.search.capped_bucket_count
    limit = f"{report.config.max_bucket:,}"
    was = "was" if count == 1 else "were"
    buckets = f"{format_count(count, 'bucket')} of more than {limit} documents"
    return f"{buckets} {was} compared with a few of them alone: {_describe_hidden(report)}"


def _describe_hidden(report: Report) -> str:
    """What a sample says of the duplicate pairs that capped buckets hide."""
    capped = report.search.capped
    if capped is None:
        return "for the documents in there the recall is lower"
    error = capped.hidden_pair_error
    if not capped.hidden_pair_count:
        if not error:
            return "no duplicate pair was missed by that"
        drawn = format_count(capped.sampled_pair_count, "pair")
        return f"of {drawn} drawn there none was missed (so {3 * error:,} at most in all)"
    hidden = format_count(capped.hidden_pair_count, "duplicate pair")
    told = f"that hid about {hidden} (±{NO_BREAK}{error:,}, by a sample)"
    if capped.found_share is None or capped.found_share_error is None:
        return told
    share = format_percent(capped.found_share, 1)
    deviation = format_percent(capped.found_share_error, 1)
    return f"{told}; {share} (±{NO_BREAK}{deviation}) of those that share a bucket were found"


def _run_facts(report: Report) -> list[str]:
    run = report.run
    facts = [format_seconds(run.seconds)]
    if run.seconds > 0 and run.byte_count >= MIN_TIMED_BYTES:
        facts.append(f"{run.byte_count / run.seconds / 1e6:,.1f}{NO_BREAK}MB/s")
    facts += [f"{escape_text(run.kernels)} kernels", format_count(run.workers, "worker")]
    return facts
