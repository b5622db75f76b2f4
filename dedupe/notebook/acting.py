"""Reports acted on: the gate, duplicates dropped from files, data without its duplicates."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from dedupe import applying
from dedupe.gate.baseline import (
    COMPANION_ENDING,
    Baseline,
    format_baseline,
    format_companion,
    parse_baseline,
    parse_companion,
)
from dedupe.gate.limits import GateLimits
from dedupe.gate.verdict import judge_report, make_baseline
from dedupe.model.errors import BaselineError, InputError
from dedupe.notebook.files import write_file
from dedupe.notebook.shown import Shown
from dedupe.renderers.applied import render_outcome_text
from dedupe.renderers.view.options import RenderOptions
from dedupe.sources.encoding.text_encoding import without_mark
from dedupe.store.document_marks import DocumentMarks

if TYPE_CHECKING:
    from dedupe.notebook.sourced import SourcedReport


def make_plan(
    report: SourcedReport, protect: Sequence[str], drop: Collection[str]
) -> applying.Plan:
    """Which documents could go.

    :raises InputError: if contained documents are asked for that the scan did not look for
    """
    if drop and report.search.shared is None:
        raise InputError(
            "the scan did not look for contained documents: scan again with "
            "find=('near', 'contained')"
        )
    return applying.plan_drops(report, protect, drop)


def clean(report: SourcedReport, protect: Sequence[str], drop: Collection[str]) -> Any:
    """The data in memory that was scanned, without its duplicates."""
    memory = report.memory
    if memory is None:
        raise InputError(
            "the report is not of data in memory (or was loaded from a file): apply() drops "
            "duplicates from files, and duplicates() lists their ids"
        )
    drops = make_plan(report, protect, drop).drops
    return memory.documents.data.without(sorted(memory.rows[each.id] for each in drops))


def apply(
    report: SourcedReport,
    places: Mapping[str, str],
    delete: bool,
    link: bool,
    protect: Sequence[str],
    drop: Collection[str],
    yes: bool,
) -> Shown:
    """Drop the duplicates from files, or tell what would be dropped.

    :param places: the folders of ``output`` and ``move_to``, as far as they are given
    """
    actions = [*places, *(["delete"] if delete else [])]
    if len(actions) > 1:
        raise InputError(f"{' and '.join(actions)} cannot be given together")
    if link and actions != ["output"]:
        raise InputError("link is for output")
    if not report.run.paths:
        raise InputError("the documents were in memory: clean() gives them without duplicates")
    plan = make_plan(report, protect, drop)
    documents = applying.CurrentDocuments(report)
    if actions in (["move_to"], ["delete"]):
        applying.refuse_records(plan, documents)
    doubts = [doubt.detail for doubt in applying.find_doubts(report, plan, documents)]
    if doubts and actions and not yes:
        told = "".join(f"\n  {doubt}" for doubt in doubts)
        raise InputError(
            f"nothing was done: look at this first; yes=True goes on in spite of it:{told}"
        )
    if "output" in places:
        outcome = applying.write_output(report, plan, places["output"], makes_links=link)
    elif "move_to" in places:
        outcome = applying.set_aside(report, plan, places["move_to"])
    elif delete:
        outcome = applying.delete_files(report, plan)
    else:
        outcome = applying.preview(report, plan, documents)[0]
    warned = "".join(f"warning: {doubt}\n" for doubt in doubts)
    return Shown(outcome, lambda: warned + "".join(render_outcome_text(outcome)))


def check(
    report: SourcedReport, path: str | None, update: bool, limits: Mapping[str, Any]
) -> Shown:
    """The verdict of the gate; with ``update`` the baseline is first written anew."""
    from dedupe.renderers.verdict.text import render_text_verdict
    from dedupe.renderers.verdict.view import VerdictView

    if update and path is None:
        raise InputError("update takes the file of a baseline")
    chosen: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in limits.items()
    }
    own_limits = GateLimits(**chosen)
    known = _read_baseline(path, update) if path is not None else None
    updated = None
    if update:
        before = known.entries if known is not None else frozenset()
        known = make_baseline(report, known, report.scanned)
        assert path is not None
        _write_baseline(path, known)
        updated = len(known.entries - before), len(before - known.entries)
    elif known is not None:
        _check_settings(known, report, str(path))
    verdict = judge_report(report, own_limits, known, report.scanned)
    view = VerdictView(
        verdict=verdict,
        report=report,
        texts=report.text_provider,
        options=RenderOptions(marked=False),
        baseline=path or "",
        accept_command=f"report.check({path or '.dedupe-baseline'!r}, update=True)",
        updated=updated,
    )
    return Shown(verdict, lambda: "".join(render_text_verdict(view)))


def _read_baseline(path: str, may_be_missing: bool) -> Baseline | None:
    data = _read(path)
    if data is None:
        if may_be_missing:
            return None
        raise BaselineError(f"{path}: there is no such baseline; update=True writes it")
    listed = _read(path + COMPANION_ENDING)
    seen = parse_companion(listed, path + COMPANION_ENDING) if listed is not None else None
    return msgspec.structs.replace(parse_baseline(data, path), seen=seen)


def _read(path: str) -> bytes | None:
    """The content of a file; none if it does not exist."""
    try:
        with open(path, "rb") as file:
            return without_mark(file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BaselineError(f"{path}: cannot be read: {error.strerror}") from error


def _write_baseline(path: str, baseline: Baseline) -> None:
    companion = path + COMPANION_ENDING
    if os.path.exists(companion):
        parse_companion(_read(companion) or b"", companion)  # any other file is not replaced
    write_file(path, [format_baseline(baseline)])
    write_file(companion, [format_companion(baseline.seen or DocumentMarks())])


def _check_settings(known: Baseline, report: SourcedReport, path: str) -> None:
    if different := known.different_settings(report.config):
        told = ", ".join(f"{name} {old!r}, now {new!r}" for name, (old, new) in different.items())
        raise BaselineError(
            f"{path}: was made with other settings: {told}; scan with those, or update=True"
        )
