"""The verdict as workflow commands: annotations in a run of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dedupe.gate import NewDuplicate
from dedupe.renderers.findings import find_place
from dedupe.renderers.github import MAX_ANNOTATIONS, shown_id, workflow_command
from dedupe.renderers.verdict.view import (
    VerdictView,
    describe_likeness,
    describe_relation,
    describe_standing,
)

_TITLES: Final = {
    "identical": "New copy of a document",
    "normalised": "New document of the same words",
    "near": "New near-duplicate",
}


def render_github_verdict(view: VerdictView) -> Iterator[str]:
    """At most ten annotations: errors where the gate fails, else warnings; the last may count."""
    new = view.verdict.new
    kind = "warning" if view.verdict.passed else "error"
    shown = new if len(new) <= MAX_ANNOTATIONS else new[: MAX_ANNOTATIONS - 1]
    for each in shown:
        yield _annotation(view, each, kind)
    if rest := len(new) - len(shown):
        message = f"{rest} more new duplicates; the log of this step lists them"
        yield workflow_command(kind, {"title": "dedupe"}, message)


def _annotation(view: VerdictView, new: NewDuplicate, kind: str) -> str:
    place = find_place(view.report, new.id, view.options.folder)
    properties = {"file": place.path, "line": str(place.line), "title": _TITLES[new.relation]}
    likeness = describe_likeness(new)
    message = f"{shown_id(new.id)}: {describe_relation(new)} {shown_id(new.copy_of)}"
    message += f" {likeness}" if likeness else ""
    standing = describe_standing(new, view.has_baseline)
    message += f", {standing}" if standing else ""
    return workflow_command(kind, properties, message.replace("\u00a0", " "))
