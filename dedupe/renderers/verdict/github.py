"""The verdict as workflow commands: annotations in a run of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator

from dedupe.gate.verdict import NewDuplicate
from dedupe.model.relations import Relation
from dedupe.renderers.github import MAX_ANNOTATIONS, shown_id, workflow_command
from dedupe.renderers.verdict.view import (
    VerdictView,
    describe_likeness,
    describe_relation,
    describe_standing,
)
from dedupe.renderers.view.surplus import find_file_and_line, swap_unordered


def render_github_verdict(view: VerdictView) -> Iterator[str]:
    """At most ten annotations: errors if the gate fails, else warnings.

    If it is not known which of two documents is new, each of them gets an annotation. If there
    are too many, the last annotation counts the rest.
    """
    new = view.verdict.new
    swapped = swap_unordered(new)
    kind = "warning" if view.verdict.passed else "error"
    annotated = [both for each in new for both in (each, swapped.pop(each.copy_of, None)) if both]
    shown = annotated if len(annotated) <= MAX_ANNOTATIONS else annotated[: MAX_ANNOTATIONS - 1]
    for each in shown:
        yield _annotation(view, each, kind)
    if rest := {each.id for each in new} - {each.id for each in shown}:
        message = f"{len(rest)} more new duplicates; the log of this step lists them"
        yield workflow_command(kind, {"title": "dedupe"}, message)


def _annotation(view: VerdictView, new: NewDuplicate, kind: str) -> str:
    file_and_line = find_file_and_line(view.report, new.id, view.options.folder)
    name = _name_copy(new.relation)
    title = f"New {name[:1].lower()}{name[1:]}" if new.is_order_known else name
    properties = {"file": file_and_line.path, "line": str(file_and_line.line), "title": title}
    likeness = describe_likeness(new)
    message = f"{shown_id(new.id)}: {describe_relation(new)} {shown_id(new.copy_of)}"
    message += f" {likeness}" if likeness else ""
    standing = describe_standing(new, view)
    message += f", {standing}" if standing else ""
    return workflow_command(kind, properties, message.replace("\u00a0", " "))


def _name_copy(relation: Relation) -> str:
    """The name of a new duplicate in the title of an annotation."""
    if relation.has_equal_text:
        return "Copy of a document"
    return "Document of the same words" if relation.has_equal_tokens else relation.heading
