"""Sentences on whether the corpus was read right: how its documents were read, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dedupe.model.report import SHORT_TOKENS, Report
from dedupe.renderers.view.figures import format_count, format_percent
from dedupe.renderers.view.layout import listed_count
from dedupe.renderers.view.terminal import NO_BREAK, escape_text

LISTED: Final = 5
TOLD_SHORT_SHARE: Final = 0.05
"""The share of short documents from which on it is told."""

_PLAIN_ENCODINGS: Final = ("utf-8", "ascii")
_USUAL_FIELD: Final = "text"


def describe_reading(report: Report) -> list[str]:
    """How the documents were read, where that is not plain: formats, encodings, pages, fields.

    It is empty for a corpus of one format in UTF-8 with its texts in the usual place.
    """
    corpus = report.corpus
    encodings = {
        name: count
        for name, count in corpus.encoding_counts.items()
        if name not in _PLAIN_ENCODINGS
    }
    facts: list[str] = []
    if len(corpus.format_counts) > 1:
        facts.append(f"formats: {_list(corpus.format_counts)}")
    if encodings:
        facts.append(f"not UTF-8: {_list(encodings)}")
    if set(corpus.html_counts) - {"article"}:
        facts.append(f"text of pages: {_list(corpus.html_counts)}")
    if len(report.run.text_fields) > 1:
        facts.append(f"text fields: {_list(report.run.text_fields)}")
    if corpus.short_count and corpus.short_count >= TOLD_SHORT_SHARE * corpus.document_count:
        share = format_percent(corpus.short_count / corpus.document_count)
        facts.append(f"{share} have fewer than {SHORT_TOKENS} words")
    return facts


def describe_left_out(report: Report) -> str:
    """How many documents ``--min-tokens`` left out; empty if it left out none."""
    count = report.corpus.too_short_count
    if not count:
        return ""
    least = format_count(report.config.min_tokens, "word")
    return f"{format_count(count, 'document')} of fewer than {least} not compared"


def warning_sentences(report: Report) -> Iterator[str]:
    """A sentence for each warning of a report, safe to print."""
    for warning in report.warnings:
        yield escape_text(warning.detail)


def _list(counts: Mapping[str, int]) -> str:
    """Names with their counts, the most frequent first, a bounded number of them."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    listed = ordered[: listed_count(len(ordered), LISTED)]
    shown = [f"{escape_text(name)}{NO_BREAK}{count:,}" for name, count in listed]
    rest = len(ordered) - len(shown)
    return ", ".join([*shown, *([f"{rest:,} more"] if rest else [])])
