"""The outcome of ``dedupe apply``: as lines for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from dedupe.applying import Dropped, Outcome
from dedupe.renderers.view.figures import format_jaccard, format_percent
from dedupe.renderers.view.terminal import escape_text
from dedupe.report.json import encode_indented

_DROPPED = {
    "nothing": "would drop",
    "output": "dropped",
    "move": "set aside",
    "delete": "deleted",
}


def render_outcome_json(outcome: Outcome) -> bytes:
    """The whole outcome as indented JSON, with totals of what was saved."""
    saved = {
        "document_count": len(outcome.dropped),
        "byte_count": outcome.saved_byte_count,
        "token_count": outcome.saved_token_count,
    }
    return encode_indented({**msgspec.to_builtins(outcome), "saved": saved})


def render_outcome_text(outcome: Outcome) -> Iterator[str]:
    """A line for each document that the plan drops, then the totals, each with its newline."""
    done = _DROPPED.get(outcome.action, "")
    rows = [
        (done, each.id, f"{_likeness(each)} {escape_text(each.keeper)}") for each in outcome.dropped
    ]
    rows += [("stopped", each.id, escape_text(each.detail)) for each in outcome.stopped]
    rows += [("gone", id, "it is not there any more") for id in outcome.gone]
    rows += [("stays", id, "it is protected") for id in outcome.protected]
    rows += [("stays", id, "no document stays that may take its place") for id in outcome.alone]
    rows += [("stays", id, "it stays in the place of duplicates") for id in outcome.keeping]
    rows += [("stays", id, "a decision keeps it") for id in outcome.chosen]
    width = max((len(word) for word, *_ in rows), default=0)
    for word, id, reason in rows:
        yield f"{word:<{width}}  {escape_text(id)}  ({reason})\n"
    if rows:
        yield "\n"
    yield from (f"{line}\n" for line in _sums(outcome))


def _likeness(dropped: Dropped) -> str:
    """How a dropped document relates to its keeper, up to the keeper's name."""
    relation = dropped.relation
    if dropped.containment is not None:
        return f"{relation}: {format_percent(dropped.containment)} stands in"
    return (
        f"{relation} to"
        if relation.has_equal_tokens
        else f"{relation} {format_jaccard(dropped.jaccard)} to"
    )


def _sums(outcome: Outcome) -> Iterator[str]:
    if outcome.action == "undo":
        yield f"{_count(outcome.file_count, 'file')} put back"
    else:
        word = "can go" if outcome.action == "nothing" else _DROPPED[outcome.action]
        yield (
            f"{len(outcome.dropped):,} of {_count(outcome.document_count, 'document')} {word}: "
            f"{_count(outcome.saved_byte_count, 'byte')} of text, "
            f"{_count(outcome.saved_token_count, 'word')}"
        )
    if outcome.stopped:
        yield f"{_count(len(outcome.stopped), 'thing')} could not be done; see above"
    if outcome.action == "output":
        yield (
            f"{_count(outcome.file_count, 'file')}, {_count(outcome.byte_count, 'byte')} "
            f"written to {escape_text(outcome.destination)}"
        )
    if outcome.action == "move" and outcome.file_count:
        yield f"{_count(outcome.file_count, 'file')} in {escape_text(outcome.destination)}"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
