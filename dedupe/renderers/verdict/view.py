"""The input of the renderers of a verdict, and sentences that they share."""

from __future__ import annotations

from typing import Final

import msgspec

from dedupe.gate.verdict import NewDuplicate, Verdict
from dedupe.model.documents import TextProvider
from dedupe.model.report import Report
from dedupe.renderers.view.figures import format_count, format_jaccard, format_percent
from dedupe.renderers.view.options import RenderOptions
from dedupe.renderers.view.terminal import NO_BREAK

REASONS: Final = {
    "added": "",
    "present": "both were there before, and the baseline does not cover it",
    "changed": "it is in the baseline with another text",
    "joined": "both are in the baseline, but not as duplicates of each other",
    "unknown": "and which of the two is new is not known",
    "enclosed": "which is new; the document that stands in it is not",
}


class VerdictView(msgspec.Struct, frozen=True):
    """A verdict, and all that a renderer may show with it.

    :param texts: provides the texts for differences
    :param baseline: the file of known duplicates, as the user named it; empty if there is none
    :param since: the git revision of ``--since``, as the user named it; empty if there is none
    :param accept_command: a command that adds the new duplicates to a baseline
    :param updated: how many documents were added to the baseline and removed from it; none if it
        was only read
    """

    verdict: Verdict
    report: Report
    texts: TextProvider
    options: RenderOptions = msgspec.field(default_factory=RenderOptions)
    baseline: str = ""
    since: str = ""
    accept_command: str = ""
    updated: tuple[int, int] | None = None

    @property
    def has_baseline(self) -> bool:
        return bool(self.baseline)

    @property
    def accept_advice(self) -> str:
        """The advice on new duplicates that stands before ``accept_command``."""
        if self.has_baseline:
            return "Remove what is new, or accept it:"
        return "Remove the copies, or accept them:"


def describe_result(view: VerdictView) -> list[str]:
    """The parts of the line that says passed or failed, why, and how much was compared."""
    verdict, has_baseline = view.verdict, view.has_baseline
    noun = "new duplicate" if has_baseline else "duplicate"
    count = len(verdict.new)
    found = format_count(count, noun) if count else f"no {noun}s"
    limits = verdict.limits
    allowed: list[str] = []
    if limits.max_duplicates != "auto":
        allowed.append(f"up to {limits.max_duplicates:,} are let through")
    if limits.max_duplicate_ratio != "auto":
        share = count / max(1, verdict.document_count)
        allowed.append(
            f"{format_percent(share, 2)} of the documents; up to "
            f"{100 * limits.max_duplicate_ratio:g}{NO_BREAK}% are let through"
        )
    note = f" ({'; '.join(allowed)})" if allowed and count else ""
    known = [format_count(verdict.known_count, "known duplicate")] if has_baseline else []
    head = "Passed" if verdict.passed else "Failed"
    documents = format_count(verdict.document_count, "document")
    references = []
    if verdict.reference_count:
        references = [f"against {format_count(verdict.reference_count, 'reference document')}"]
    return [f"{head}: {found}{note}", documents, *references, *known]


def describe_relation(new: NewDuplicate) -> str:
    """The relation of a new duplicate to its copy, as words that its copy's id follows."""
    if new.relation.has_equal_text:
        return "the same text as"
    if new.relation.has_equal_tokens:
        return "the same words as"
    if new.relation.is_directed:
        return f"contained: {format_percent(new.containment)} of it stands in"
    return f"{new.relation.heading.lower()} of"


def describe_likeness(new: NewDuplicate) -> str:
    """The likeness of a near-duplicate, in brackets for behind an id; empty for others."""
    if not new.relation.is_near:
        return ""
    share = format_percent(new.copy_containment)
    return f"(Jaccard{NO_BREAK}{format_jaccard(new.jaccard)}, with {share} of its text)"


def describe_update(view: VerdictView) -> str:
    """How many documents the baseline gained and lost; empty if it was not written."""
    if view.updated is None:
        return ""
    added, removed = view.updated
    if not added and not removed:
        return "no document added or taken out"
    return f"{format_count(added, 'document')} added, {removed:,} taken out"


def describe_standing(new: NewDuplicate, view: VerdictView) -> str:
    """Whether the copy is a reference, in the baseline, or older than ``--since``; may be empty."""
    if new.change == "present" and not view.has_baseline:
        return "both were there before"
    if new.change != "added":
        return REASONS[new.change]
    if new.is_copy_reference:
        return "which is a reference document"
    if new.is_copy_known:
        return "which is in the baseline"
    if new.is_copy_present:
        return "which was there before"
    if view.since:
        return "which is new too"
    return "which is not in the baseline" if view.has_baseline else ""


def advise_on_order(view: VerdictView) -> str:
    """How to find out which of two documents is new; empty if that is known of all."""
    if all(new.is_order_known for new in view.verdict.new):
        return ""
    if view.has_baseline:
        return (
            "Which of two documents is new is known where the baseline lists one of them "
            "(--update-baseline whenever documents come in) or git does (--since REV)."
        )
    return "Which of two documents is new can be told by --since REV."


def describe_tolerated(verdict: Verdict) -> str:
    """A sentence on new duplicates that ``--fail-on`` lets pass; empty if there is none."""
    count = len(verdict.tolerated)
    if not count:
        return ""
    relations = ", ".join(sorted({new.relation for new in verdict.tolerated}))
    verb = "does" if count == 1 else "do"
    return f"{count:,} more {verb} not count, being {relations} (--fail-on)"


def describe_gone(verdict: Verdict) -> str:
    """A sentence on documents of the baseline that are gone; empty if there is none."""
    count = len(verdict.gone)
    if not count:
        return ""
    verb, they, were, them = (
        ("is no longer a duplicate", "it or its copies", "was", "it")
        if count == 1
        else ("are no longer duplicates", "they or their copies", "were", "them")
    )
    return (
        f"{format_count(count, 'document')} of the baseline {verb}: {they} {were} removed or "
        f"changed; --update-baseline takes {them} out"
    )
