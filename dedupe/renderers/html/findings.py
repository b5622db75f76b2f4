"""The tables below the clusters: bridges, skipped documents, notices, settings, the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.report import DuplicatePair, Report
from dedupe.renderers.html.clusters import ID_SIZE
from dedupe.renderers.html.headlines import shorten_middle
from dedupe.renderers.view.figures import format_count, format_seconds

LISTED_BRIDGES: Final = 200
LISTED_OF_REASON: Final = 20
DETAIL_SIZE: Final = 300


class Reason(msgspec.Struct, frozen=True):
    """A reason for skipped documents or notices, with the first documents it concerns.

    :param items: names of documents, with details
    """

    name: str
    count: int
    items: tuple[tuple[str, str], ...]


def list_skipped(report: Report) -> list[Reason]:
    """The skipped documents by reason, the most frequent first."""
    return _group_reasons(report.named_skipped())


def list_notices(report: Report) -> list[Reason]:
    """The notices by reason, the most frequent first."""
    return _group_reasons(report.named_notices())


def list_bridges(report: Report) -> Sequence[DuplicatePair]:
    """The first bridges, with shortened ids."""
    return [
        msgspec.structs.replace(
            pair,
            left=shorten_middle(pair.left, ID_SIZE),
            right=shorten_middle(pair.right, ID_SIZE),
        )
        for pair in report.bridges[:LISTED_BRIDGES]
    ]


def list_settings(report: Report) -> Iterator[tuple[str, str, bool]]:
    """Name and value of each setting, and whether it is the default."""
    defaults = type(report.config)()
    for name, value in report.config.in_report_order().items():
        text = _format_setting(value)
        yield name, shorten_middle(text, DETAIL_SIZE), value == getattr(defaults, name)


def _format_setting(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def list_run_facts(report: Report) -> Iterator[str]:
    """Facts about the run that do not change its result: versions, time, amount of text."""
    run = report.run
    yield f"dedupe {run.version}"
    if run.python:
        yield f"Python {run.python}"
    yield f"{run.kernels} kernels"
    yield format_count(run.workers, "worker")
    yield format_seconds(run.seconds)
    if run.byte_count and run.seconds > 0:
        megabytes = run.byte_count / 1e6
        unit = f"{megabytes:,.1f}\u00a0MB" if megabytes >= 1 else f"{1000 * megabytes:,.0f}\u00a0KB"
        yield f"{unit} of text"


def _group_reasons(named_items: Iterable[tuple[SkippedDocument | Notice, str]]) -> list[Reason]:
    by_reason: dict[str, list[tuple[str, str]]] = {}
    for item, name in named_items:
        entry = shorten_middle(name, ID_SIZE), shorten_middle(item.detail, DETAIL_SIZE)
        by_reason.setdefault(item.reason, []).append(entry)
    ordered = sorted(by_reason.items(), key=lambda each: (-len(each[1]), each[0]))
    return [
        Reason(name.replace("_", " "), len(items), tuple(items[:LISTED_OF_REASON]))
        for name, items in ordered
    ]
