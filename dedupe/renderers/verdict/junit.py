"""The verdict as JUnit XML: what is known passes, what is new fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dedupe.gate.verdict import NewDuplicate
from dedupe.renderers.junit import (
    DUPLICATE_CLASS,
    RUN_CLASS,
    Case,
    count_run,
    describe_place,
    describe_places,
    describe_run,
    shown_id,
    skipped_cases,
    write_suite,
)
from dedupe.renderers.verdict.view import (
    VerdictView,
    advise_on_order,
    describe_gone,
    describe_likeness,
    describe_relation,
    describe_result,
    describe_standing,
    describe_tolerated,
    describe_update,
)
from dedupe.renderers.view import surplus


def render_junit_verdict(view: VerdictView) -> Iterator[str]:
    """One suite: the run itself, all duplicates, and what was skipped.

    A case fails just where the gate does, so that a list of tests and the exit code agree: new
    duplicates that are let through, by a limit or their relation, pass with a note.
    """
    verdict = view.verdict
    listed = (*verdict.new, *verdict.tolerated)
    new = {each.id: each for each in listed if each.relation.is_duplicate}
    told = {**surplus.swap_unordered(new.values()), **new}
    found = [*surplus.list_findings(view.report, new)]
    findings = surplus.worst_findings(found, len(found))
    cases = [
        Case(RUN_CLASS, "documents compared", lines=tuple(_describe_run(view))),
        *(_case(view, finding, told) for finding in findings),
        *(_contained_case(view, each) for each in listed if not each.relation.is_duplicate),
        *skipped_cases(view.report),
    ]
    yield from write_suite("dedupe check", _count(view), cases)


def _case(view: VerdictView, finding: surplus.Finding, told: Mapping[str, NewDuplicate]) -> Case:
    member, folder = finding.member, view.options.folder
    new = told.get(member.id)
    sentence = (
        surplus.describe_relation(member, shown_id(finding.kept))
        if new is None
        else _describe_new(new, view)
    )
    note = _note(new, view)
    other = "Kept" if new is None else "The other" if not new.is_order_known else "Copy of"
    return Case(
        DUPLICATE_CLASS,
        member.id,
        "passed" if note else "failed",
        surplus.find_file_and_line(view.report, member.id, folder),
        message=sentence,
        type=member.relation,
        lines=(
            *((note,) if note else ()),
            sentence,
            *describe_places(view.report, finding, folder, other),
        ),
    )


def _contained_case(view: VerdictView, new: NewDuplicate) -> Case:
    note, sentence = _note(new, view), _describe_new(new, view)
    this, other = (
        describe_place(view.report, id, view.options.folder) for id in (new.id, new.copy_of)
    )
    return Case(
        DUPLICATE_CLASS,
        new.id,
        "passed" if note else "failed",
        surplus.find_file_and_line(view.report, new.id, view.options.folder),
        message=sentence,
        type=new.relation,
        lines=(
            *((note,) if note else ()),
            sentence,
            f"This document: {this}",
            f"It stands in: {other}",
        ),
    )


def _describe_new(new: NewDuplicate, view: VerdictView) -> str:
    """What a new duplicate is, in a sentence."""
    parts = (describe_relation(new), shown_id(new.copy_of), describe_likeness(new))
    sentence = " ".join(filter(None, parts))
    standing = describe_standing(new, view)
    return f"New: {sentence}, {standing}" if standing else f"New: {sentence}"


def _note(new: NewDuplicate | None, view: VerdictView) -> str:
    """Why a duplicate is let through; nothing where it is not."""
    limits = view.verdict.limits
    if new is None:
        return "Not new."
    if not limits.counts(new.relation):
        return f"New, but does not count, being {new.relation} (--fail-on)."
    if view.verdict.passed:
        return "New, but let through (--max-duplicates, --max-duplicate-ratio)."
    return ""


def _describe_run(view: VerdictView) -> Iterator[str]:
    """The result, and what the test cases do not tell."""
    verdict = view.verdict
    yield " · ".join(describe_result(view))
    yield from filter(None, (describe_tolerated(verdict), describe_gone(verdict)))
    if told := describe_update(view):
        yield f"Baseline {shown_id(view.baseline)}: {told}"
    yield from filter(None, (advise_on_order(view),))
    if not verdict.passed:
        yield f"{view.accept_advice} {view.accept_command}"
    yield from describe_run(view.report)


def _count(view: VerdictView) -> dict[str, object]:
    verdict = view.verdict
    return {
        "passed": str(verdict.passed).lower(),
        "new": len(verdict.new),
        "tolerated": len(verdict.tolerated),
        "known": verdict.known_count,
        "gone": len(verdict.gone),
        **count_run(view.report),
    }
