"""The figures and lengths of the charts, which templates then draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from dedupe.model.relations import RELATIONS
from dedupe.model.report import Report
from dedupe.renderers.view.figures import format_count, format_jaccard, format_percent

_SIZE_BOUNDS: Final = (2, 3, 4, 5, 10, 20, 50, 100, 1000, 10_000, 100_000)


class Bar(msgspec.Struct, frozen=True):
    """One bar of a chart.

    :param first: the lowest value that it stands for
    :param last: the highest value that it stands for; empty if there is no limit
    :param share: its length in per cent of the longest bar
    """

    label: str
    first: str
    last: str
    count: int
    share: float


class Portion(msgspec.Struct, frozen=True):
    """A part of a bar that shows a whole; ``start`` and ``width`` are in per cent of the whole."""

    name: str
    label: str
    figures: str
    start: float
    width: float


def hundredths(jaccard: float) -> int:
    """A Jaccard as it is printed, in hundredths; kept in 0 to 100 if a saved report is wrong."""
    return round(100 * float(format_jaccard(min(max(jaccard, 0.0), 1.0))))


def chart_jaccard(report: Report) -> tuple[Bar, ...]:
    """A bar for each hundredth of Jaccard: how many members have it to their representative."""
    counts = Counter(hundredths(member.jaccard) for member in report.others())
    lowest = min([*counts, hundredths(report.config.threshold)])
    peak = max(counts.values(), default=1)
    return tuple(
        Bar(f"{value / 100:.2f}", f"{value / 100:.2f}", f"{value / 100:.2f}", count, share)
        for value in range(lowest, 101)
        for count in (counts[value],)
        for share in (100 * count / peak,)
    )


def axis_ticks(bars: Sequence[Bar]) -> list[str]:
    """Labels of bars at equal distances, including those of the first and the last bar."""
    steps = (step for step in (5, 10, 20, 25) if len(bars) % step == 1 and len(bars) <= 6 * step)
    step = next(steps, max(1, len(bars) - 1))
    return [bar.label for bar in bars[::step]]


def chart_sizes(report: Report) -> tuple[Bar, ...]:
    """A bar for each range of sizes: how many clusters have so many documents.

    Ranges without a cluster are left out.
    """
    counts = Counter(_size_range(len(cluster.members)) for cluster in report.clusters)
    peak = max(counts.values(), default=1)
    return tuple(
        Bar(_range_label(first, last), str(first), str(last or ""), count, 100 * count / peak)
        for (first, last), count in sorted(counts.items())
    )


def chart_words(report: Report) -> tuple[Portion, ...]:
    """All words as parts of a whole: words to keep, and redundant words by relation."""
    counts: Counter[str] = Counter()
    for member in report.others():
        counts[member.relation] += member.token_count
    corpus = report.corpus
    counts["kept"] = max(0, corpus.token_count - corpus.redundant_token_count)
    return _portions(counts, corpus.token_count)


def _portions(counts: Mapping[str, int], total: int) -> tuple[Portion, ...]:
    portions: list[Portion] = []
    start = 0.0
    for name in ("kept", *RELATIONS):
        if counts[name]:
            share = counts[name] / max(total, 1)
            figures = f"{format_count(counts[name], 'word')}, {format_percent(share, 1)}"
            label = "to keep" if name == "kept" else name
            portions.append(Portion(name, label, figures, start, 100 * share))
            start += 100 * share
    return tuple(portions)


def _size_range(size: int) -> tuple[int, int]:
    """The range of cluster sizes that contains this size; its end is 0 if it has no limit."""
    for first, following in pairwise(_SIZE_BOUNDS):
        if size < following:
            return first, following - 1
    return _SIZE_BOUNDS[-1], 0


def _range_label(first: int, last: int) -> str:
    if not last:
        return f"{first:,}+"
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"
