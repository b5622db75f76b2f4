"""Steps that ``apply`` and ``clean`` share: options, the plan, doubts, writing, what was done."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dedupe.cli.declaring import Command
from dedupe.cli.messages import ask, can_ask, say, say_some
from dedupe.model.errors import InputError
from dedupe.model.relations import DROPPED_IF_ASKED

if TYPE_CHECKING:
    from dedupe.applying import CurrentDocuments, Doubt, Outcome, Plan
    from dedupe.model.report import Report
    from dedupe.report.decision_file import Decisions
    from dedupe.sources.files.spool import Spool

STANDARD_INPUT = STANDARD_OUTPUT = "-"

_OPTIONS = [
    click.option(
        "--protect",
        multiple=True,
        metavar="PATTERN",
        help="Never drop documents whose id or file matches this pattern, which is written like "
        "those of --exclude. May be repeated.",
    ),
    click.option(
        "--drop",
        type=click.Choice(DROPPED_IF_ASKED),
        multiple=True,
        help="Drop these documents besides the duplicates. contained: documents that stand in "
        "another one which stays (the scan looks for them with --find contained).",
    ),
    click.option(
        "--decisions",
        "decisions_file",
        metavar="FILE",
        type=click.Path(readable=False),
        help="Keep and drop members of clusters as a person decided on the HTML report or with "
        "`dedupe review`, which save this file. A document goes only if one that stays is a "
        "verified duplicate of it, and was not judged different from it.",
    ),
    click.option(
        "--yes",
        is_flag=True,
        help="Write, move or delete without a question even if something should be looked at "
        "first: very short texts, equal texts under different titles or URLs, files that lose more "
        "than half of their documents, texts that may have been misread, attachments, numbers that "
        "were not compared, what another form would not hold.",
    ),
]


def dropping_options(command: Command) -> Command:
    """The options on which documents go."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_plan(
    report: Report, protect: Sequence[str], drop: Sequence[str], decisions_file: str | None
) -> Plan:
    """The plan; what is asked for with ``--drop`` must have been looked for.

    :raises InputError: if it was not, or the decisions are not about this report
    """
    from dedupe import applying
    from dedupe.report.decisions import load_decisions

    if drop and report.search.shared is None:
        raise InputError(
            "the scan did not look for contained documents; scan again with --find contained"
        )
    if decisions_file is None:
        return applying.plan_drops(report, protect, drop)
    decisions, remark = load_decisions(decisions_file, report)
    different = decisions.different
    plan = applying.plan_drops(report, protect, drop, decisions.choices, different)
    if remark:
        say("warning", remark)
    say("note", _describe_decisions(decisions, plan))
    return plan


def _describe_decisions(decisions: Decisions, plan: Plan) -> str:
    """A sentence on what came of the decisions."""
    from dedupe.renderers.view.figures import format_count

    wanted = [each.id for each in decisions.decisions if each.choice == "drop"]
    going = {drop.id for drop in plan.drops}
    staying = [id for id in wanted if id not in going]
    told = f"by decision {len(plan.chosen):,} kept, {len(wanted) - len(staying):,} to go"
    if decisions.different:
        told += f", {format_count(len(decisions.different), 'pair')} different"
    if staying:
        told += (
            f"; {len(staying):,} should go but stay, such as {staying[0]}: protected, or no "
            "verified duplicate of it stays"
        )
    return told


def find_all_doubts(
    report: Report, plan: Plan, documents: CurrentDocuments, destination: str | None
) -> tuple[Doubt, ...]:
    """The doubts about a plan, and about what a destination would not hold."""
    from dedupe import applying

    doubts = applying.find_doubts(report, plan, documents)
    if not destination:
        return doubts
    return (*doubts, *applying.find_losses(report, documents, destination))


def confirm_doubts(
    doubts: Sequence[Doubt], action: str, is_sure: bool, where_to_look: str = ""
) -> None:
    """Print the doubts; before an action that changes files, ask whether to go on.

    :param is_sure: whether ``--yes`` was given
    :param where_to_look: how a user sees every document
    :raises InputError: if nobody can be asked, or the answer is no; nothing was done
    """
    for doubt in doubts:
        say("warning", doubt.detail)
    if not doubts or not action or is_sure:
        return
    if not can_ask():
        raise InputError(
            "nothing was done: the warnings above should be looked at first "
            f"({where_to_look}); --yes goes on in spite of them"
        )
    if not ask("Go on in spite of this?"):
        raise InputError("nothing was done; --protect keeps single documents")


def write_corpus(
    report: Report,
    plan: Plan,
    streams: Mapping[str, Spool],
    destination: str,
    makes_links: bool = False,
) -> Outcome:
    """Write a corpus without its dropped documents, to a path or (``-``) to standard output."""
    from dedupe import applying

    sink: Any = sys.stdout.buffer if destination == STANDARD_OUTPUT else None
    outcome = applying.write_output(
        report,
        plan,
        destination,
        makes_links=makes_links,
        streams=streams,
        standard_output=sink,
    )
    if sink is not None:
        sink.flush()
    return outcome


def say_outcome(outcome: Outcome) -> None:
    """Print on standard error how much stays and went."""
    for note in outcome.notes:
        say("note", note)
    stopped = [f"{each.id}: stays: {each.detail}" for each in outcome.stopped]
    say_some("warning", stopped, "that could not be dropped")
    is_shown = outcome.destination != STANDARD_OUTPUT
    say(
        "note",
        f"{len(outcome.dropped):,} of {outcome.document_count:,} documents dropped: "
        f"{outcome.saved_byte_count:,} bytes of text, {outcome.saved_token_count:,} words; "
        f"{outcome.byte_count:,} bytes written"
        + (f" to {outcome.destination}" if is_shown else ""),
    )
