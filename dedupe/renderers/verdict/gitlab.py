"""The verdict as GitLab code quality: the new duplicates, and nothing that is known."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.gate.verdict import NewDuplicate
from dedupe.model.report import Report
from dedupe.renderers.gitlab import ViolationMaker, encode_violations, shown_id
from dedupe.renderers.verdict.view import (
    VerdictView,
    describe_likeness,
    describe_relation,
    describe_standing,
)
from dedupe.renderers.view.surplus import find_file_and_line, swap_unordered


def render_gitlab_verdict(view: VerdictView) -> Iterator[bytes]:
    """A finding for each new duplicate: major if the gate fails for it, else info.

    If it is not known which of two documents is new, each of them is a finding.
    """
    verdict = view.verdict
    swapped = swap_unordered(verdict.new)
    contents = _content_hashes(view.report)
    maker = ViolationMaker()
    violations = [
        maker.make(
            each.relation,
            _describe(each, view),
            "major" if not verdict.passed and verdict.limits.counts(each.relation) else "info",
            find_file_and_line(view.report, each.id, view.options.folder),
            contents.get(each.id, each.id),
        )
        for each in (*verdict.new, *swapped.values(), *verdict.tolerated)
    ]
    yield encode_violations(violations)


def _describe(new: NewDuplicate, view: VerdictView) -> str:
    parts = (describe_relation(new), shown_id(new.copy_of), describe_likeness(new))
    sentence = f"{shown_id(new.id)}: {' '.join(filter(None, parts))}"
    standing = describe_standing(new, view)
    return f"{sentence}, {standing}" if standing else sentence


def _content_hashes(report: Report) -> dict[str, str]:
    found = {
        member.id: member.content_hash for cluster in report.clusters for member in cluster.members
    }
    return found | {end.id: end.content_hash for end in report.bridge_ends}
