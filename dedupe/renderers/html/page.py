"""The whole HTML report: choosing what fits into the file, and writing the page."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from dedupe.model.documents import TextProvider
from dedupe.model.processors import available_processors
from dedupe.model.relations import RELATIONS
from dedupe.model.report import Report
from dedupe.renderers.html import findings
from dedupe.renderers.html.charts import (
    axis_ticks,
    chart_jaccard,
    chart_sizes,
    chart_words,
)
from dedupe.renderers.html.clusters import (
    DIFFED_MEMBERS,
    ID_SIZE,
    LISTED_MEMBERS,
)
from dedupe.renderers.html.contained import render_contained
from dedupe.renderers.html.differences import HEADLINE_BYTES, DifferenceWriter, Reading
from dedupe.renderers.html.environment import load_assets, load_environment
from dedupe.renderers.html.frames import Frame, FrameWriter, split_at_slots
from dedupe.renderers.html.furniture import list_passages
from dedupe.renderers.html.headlines import shorten_middle
from dedupe.renderers.html.options import HtmlOptions
from dedupe.renderers.view.figures import format_count
from dedupe.renderers.view.findings import name_bridges
from dedupe.renderers.view.reading import (
    describe_left_out,
    describe_reading,
    warning_sentences,
)
from dedupe.renderers.view.selection import Selection, select_members
from dedupe.renderers.view.shared import describe_shared
from dedupe.renderers.view.signs import furniture_sentences
from dedupe.renderers.view.summary import describe_capped_buckets, describe_recall
from dedupe.report.decisions import fingerprint_report

if TYPE_CHECKING:
    from jinja2 import Environment

LIST_SHARE: Final = 0.85
"""Share of the file's size that the list of clusters may take, without differences."""

CHARTED_DUPLICATES: Final = 10
"""Fewer duplicates are seen at a glance, and need no charts."""

LISTED_PATHS: Final = 100
LISTED_SITES: Final = 500
NAMED_PATHS: Final = 2
NAME_SIZE: Final = 60

SPARE_BYTES: Final = 10_000
"""Bytes reserved for the sentences that say what was left out, and the facts about the run."""


def render_html(report: Report, texts: TextProvider, options: HtmlOptions) -> Iterator[bytes]:
    """The report as chunks of one UTF-8 file.

    Equal reports and texts give equal bytes, whether the report is new or was read from a file.

    :param texts: provides the texts for differences; it is asked for several clusters at once
    :raises DedupeError: if jinja2 is not installed
    """
    return _Page(report, texts, options).render()


class _Page:
    """Chooses the clusters and differences that fit into the file, then writes it."""

    def __init__(self, report: Report, texts: TextProvider, options: HtmlOptions) -> None:
        self._report = report
        self._texts = texts
        self._options = options
        self._environment: Environment = load_environment()
        self._frames = FrameWriter(report, self._environment, options)

    def render(self) -> Iterator[bytes]:
        page = self._environment.get_template("page.html")
        context = self._context()
        # The facts about the run do not count, so that equal results give equal pages but for them.
        empty = page.render({**context, "run_facts": ()}, clusters="", left_out=(), sites=())
        room = self._options.max_bytes - len(empty.encode()) - SPARE_BYTES
        frames, used = self._select(int(room * LIST_SHARE))
        selections = [frame.selection for frame in frames]
        readings = self._read(selections, room - used)
        sites = _frequent_sites(selections)
        left_out = self._left_out(readings)
        whole = page.render(context, clusters=self._frames.slot, left_out=left_out, sites=sites)
        head, *tail = split_at_slots(whole)
        yield head
        for frame, reading in zip(frames, readings, strict=True):
            yield self._frames.fill(frame, reading)
            yield b"\n"
        yield from tail

    def _select(self, room: int) -> tuple[list[Frame], int]:
        """The clusters that fit into ``room`` bytes without differences, and the bytes they take.

        :param room: bytes for the list of clusters
        """
        frames: list[Frame] = []
        used = 0
        for cluster in self._report.clusters:
            selection = select_members(cluster, self._options.diff, LISTED_MEMBERS, DIFFED_MEMBERS)
            frame = self._frames.write(selection)
            size = len(self._frames.fill(frame, Reading())) + HEADLINE_BYTES
            if used + size > room:
                break
            used += size
            frames.append(frame)
        return frames, used

    def _read(self, selections: Sequence[Selection], room: int) -> list[Reading]:
        if not self._options.diff:
            return [Reading() for _ in selections]
        workers = min(self._report.run.workers, available_processors())
        return DifferenceWriter(self._texts, room, workers, self._options.tell).write(selections)

    def _left_out(self, readings: Sequence[Reading]) -> list[str]:
        """A sentence on clusters, differences and unchanged text that did not fit, if any."""
        limit = f"{self._options.max_bytes / 1e6:g}\u00a0MB"
        sentences = []
        missing = len(self._report.clusters) - len(readings)
        if missing:
            sentences.append(f"{format_count(missing, 'cluster')} more are not listed")
        unshown = sum(len(reading.left_out) for reading in readings)
        if unshown:
            sentences.append(f"{format_count(unshown, 'difference')} are not shown")
        shown = [d for reading in readings for d in reading.differences.values()]
        cut = sum(any(not item.html for item in difference.items) for difference in shown)
        if cut:
            sentences.append(f"unchanged text is left out of {format_count(cut, 'difference')}")
        return [f"To keep this file below {limit}: {'; '.join(sentences)}."] if sentences else []

    def _context(self) -> dict[str, Any]:
        report = self._report
        jaccards = chart_jaccard(report)
        return {
            "assets": load_assets(),
            "bridge_name": name_bridges(report.bridges),
            "bridges": findings.list_bridges(report),
            "has_charts": report.corpus.duplicate_count >= CHARTED_DUPLICATES,
            "inner_rows": render_contained(
                report,
                self._texts if self._options.diff else None,
                self._environment,
                self._options.max_bytes,
            ),
            "corpus": report.corpus,
            "fingerprint": fingerprint_report(report),
            "furniture": list_passages(report),
            "furniture_sentences": list(furniture_sentences(report)),
            "jaccards": jaccards,
            "name": _name_paths(report.run.paths),
            "paths": [shorten_middle(path, ID_SIZE) for path in report.run.paths[:LISTED_PATHS]],
            "notices": findings.list_notices(report),
            "relations": _relations_met(report),
            "remarks": _remarks(report),
            "report": report,
            "run_facts": [
                shorten_middle(each, NAME_SIZE) for each in findings.list_run_facts(report)
            ],
            "settings": list(findings.list_settings(report)),
            "sizes": chart_sizes(report),
            "skipped": findings.list_skipped(report),
            "ticks": axis_ticks(jaccards),
            "words": chart_words(report),
        }


def _name_paths(paths: Sequence[str]) -> str:
    """The names of the scanned files and folders, in few words."""
    names = [os.path.basename(path.rstrip("/" + os.sep)) or path for path in paths]
    named = {"-": "standard input", ".": "this folder"}
    names = [shorten_middle(named.get(name, name), NAME_SIZE) for name in names]
    if len(names) > NAMED_PATHS + 1:
        names[NAMED_PATHS:] = [f"{len(names) - NAMED_PATHS:,} more"]
    if len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return "".join(names) or "texts in memory"


def _remarks(report: Report) -> list[tuple[str, bool]]:
    """Sentences on the scan and on how the corpus was read, each with whether it is a warning."""
    remarks = []
    if report.search.bands and report.corpus.document_count:
        remarks.append((f"{describe_recall(report)}; every pair is verified exactly", False))
    if report.corpus.document_count:
        told = describe_shared(report)
        remarks.append((f"{told[:1].upper()}{told[1:]}", False))
    if report.search.capped_bucket_count:
        remarks.append((describe_capped_buckets(report), True))
    if told := describe_left_out(report):
        remarks.append((told, False))
    if facts := describe_reading(report):
        remarks.append((f"Read: {' · '.join(facts)}", False))
    remarks += [(sentence, True) for sentence in warning_sentences(report)]
    return remarks


def _relations_met(report: Report) -> list[str]:
    met = {member.relation for member in report.others()}
    return [relation for relation in RELATIONS if relation in met]


def _frequent_sites(selections: Sequence[Selection]) -> list[str]:
    """The sites with most documents, as suggestions for the filter by site."""
    counts = Counter(
        site
        for selection in selections
        for member in selection.cluster.members
        if (site := member.meta.get("site", ""))
    )
    frequent = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [site for site, _ in frequent[:LISTED_SITES] if len(site) <= NAME_SIZE]
