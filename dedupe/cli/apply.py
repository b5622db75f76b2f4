"""``dedupe apply``: act on a saved report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from dedupe.cli import CONTEXT, EXIT_ERROR, note_exit_code
from dedupe.cli.help import GroupedCommand
from dedupe.cli.messages import ask, can_ask, say
from dedupe.model.errors import InputError
from dedupe.model.relations import DROPPED_IF_ASKED

if TYPE_CHECKING:
    from dedupe.applying import Doubt, Outcome, Plan
    from dedupe.model.report import Report

_ACTIONS = {
    "output": "--output",
    "listed": "--list",
    "move_to": "--move-to",
    "delete": "--delete",
    "undo": "--undo",
}
_HINT = (
    "Nothing was done. To do it: --output DIR writes the clean corpus; of whole files, --move-to "
    "DIR sets them aside and --delete deletes them."
)


@click.command("apply", cls=GroupedCommand, context_settings=CONTEXT)
@click.argument("saved", required=False, metavar="[SAVED]", type=click.Path(readable=False))
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(readable=False),
    help="Write the corpus without its duplicates, in the format that it has, to this new or empty "
    "folder, or to this new file if one file was scanned.",
)
@click.option(
    "--link",
    is_flag=True,
    help="With --output: make hard links to files that stay unchanged, instead of copying them.",
)
@click.option(
    "--list",
    "listed",
    type=click.Choice(["kept", "dropped"]),
    help="Only print the names of the kept or dropped documents: the path of a file that is one "
    "document, the id of any other document.",
)
@click.option(
    "-0",
    "--null",
    is_flag=True,
    help="With --list: end each name with a NUL byte instead of a line feed.",
)
@click.option(
    "--move-to",
    metavar="DIR",
    type=click.Path(readable=False),
    help="Move the files of duplicates into this new or empty folder, with a manifest for --undo.",
)
@click.option("--delete", is_flag=True, help="Delete the files of duplicates.")
@click.option(
    "--undo",
    metavar="MANIFEST",
    type=click.Path(readable=False),
    help="Put back the files that --move-to set aside with this manifest; SAVED is not needed.",
)
@click.option(
    "--protect",
    multiple=True,
    metavar="PATTERN",
    help="Never drop documents whose id or file matches this pattern, which is written like those "
    "of --exclude. May be repeated.",
)
@click.option(
    "--drop",
    type=click.Choice(DROPPED_IF_ASKED),
    multiple=True,
    help="Drop these documents besides the duplicates. contained: documents that stand in another "
    "one which stays (the scan looks for them with --find contained).",
)
@click.option(
    "--yes",
    is_flag=True,
    help="With --output, --move-to and --delete: go on without a question even if something should "
    "be looked at first: very short texts, equal texts under different titles or URLs, files that "
    "lose more than half of their documents, texts that may have been misread, attachments, "
    "numbers that were not compared.",
)
@click.option(
    "-f",
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Format of the summary: text for people, json for programs.  [default: text]",
)
def command(saved: str | None, output_format: str, **options: Any) -> None:
    """Drop the duplicates that a saved report names.

    Without --output, --move-to, --delete or --undo this is a dry run: it checks everything, says
    which documents would go and how much that saves, and changes nothing. Run it in the folder
    where the scan ran. SAVED is the saved report; it may be compressed, or - for standard input.

    \b
      dedupe scan articles/ --output report.json
      dedupe apply report.json                            what would go
      dedupe apply report.json --output clean/            a corpus without duplicates
      dedupe apply report.json --move-to aside/           set the files aside …
      dedupe apply --undo aside/dedupe-manifest.jsonl     … and put them back

    A document is dropped only if its text and that of the document kept in its place are still
    the texts that were compared. Otherwise it stays, and is named. If a person should look at
    something first, the command says so before it does anything; it goes on after a question on a
    terminal, or with --yes.

    Exit codes: 0 done; 2 an error, or something could not be done (it is named, the rest is done);
    130 interrupted.
    """
    action = _choose_action(options)
    _refuse_unused(saved, action, options)
    if sys.stdout is None:  # checked before anything is done that could then not be reported
        raise InputError("standard output is closed")
    if action == "listed":
        _print_names(_load(saved), options)
        return
    outcome = _act(saved, action, options)
    code = note_exit_code(EXIT_ERROR if outcome.stopped and action else 0)
    _print_outcome(outcome, output_format)
    if action == "" and output_format == "text" and sys.stdout.isatty():
        say("note", _HINT)
    sys.exit(code)


def _choose_action(options: dict[str, Any]) -> str:
    chosen = [name for name in _ACTIONS if options[name]]
    if len(chosen) > 1:
        both = " and ".join(_ACTIONS[name] for name in chosen)
        raise click.UsageError(f"{both} cannot be given together.")
    return chosen[0] if chosen else ""


def _refuse_unused(saved: str | None, action: str, options: dict[str, Any]) -> None:
    """Raise UsageError for options that would have no effect with this action."""
    if action == "undo" and (saved is not None or options["protect"] or options["drop"]):
        raise click.UsageError("--undo takes neither SAVED nor --protect nor --drop.")
    if action != "undo" and saved is None:
        raise click.UsageError("Missing argument 'SAVED' (a report of dedupe scan --format json).")
    if options["link"] and action != "output":
        raise click.UsageError("--link is for --output.")
    if options["yes"] and action not in ("output", "move_to", "delete"):
        raise click.UsageError("--yes is for --output, --move-to and --delete.")
    if options["null"] and action != "listed":
        raise click.UsageError("-0 is for --list.")


def _load(saved: str | None) -> Report:
    from dedupe.cli.saved import load_report

    assert saved is not None
    return load_report(saved)


def _act(saved: str | None, action: str, options: dict[str, Any]) -> Outcome:
    from dedupe import applying

    if action == "undo":
        return applying.undo(options["undo"])
    report = _load(saved)
    plan = _plan(report, options)
    documents = applying.CurrentDocuments(report)
    if action in ("move_to", "delete"):
        applying.refuse_records(plan, documents)
    _confirm_doubts(applying.find_doubts(report, plan, documents), action, options["yes"])
    if action == "output":
        return applying.write_output(report, plan, options["output"], makes_links=options["link"])
    if action == "move_to":
        return applying.set_aside(report, plan, options["move_to"])
    if action == "delete":
        return applying.delete_files(report, plan)
    return applying.preview(report, plan, documents)[0]


def _plan(report: Report, options: dict[str, Any]) -> Plan:
    """The plan; what is asked for with ``--drop`` must have been looked for.

    :raises InputError: if it was not
    """
    from dedupe import applying

    if options["drop"] and report.search.shared is None:
        raise InputError(
            "the scan did not look for contained documents; scan again with --find contained"
        )
    return applying.plan_drops(report, options["protect"], options["drop"])


def _confirm_doubts(doubts: Sequence[Doubt], action: str, is_sure: bool) -> None:
    """Print the doubts; before an action that changes files, ask whether to go on.

    :param is_sure: whether ``--yes`` was given
    :raises InputError: if nobody can be asked, or the answer is no; nothing was done
    """
    for doubt in doubts:
        say("warning", doubt.detail)
    if not doubts or not action or is_sure:
        return
    if not can_ask():
        raise InputError(
            "nothing was done: the warnings above should be looked at first (apply without an "
            "action names every document); --yes goes on in spite of them"
        )
    if not ask("Go on in spite of this?"):
        raise InputError("nothing was done; --protect keeps single documents")


def _print_names(report: Report, options: dict[str, Any]) -> None:
    from dedupe import applying

    documents = applying.CurrentDocuments(report)
    plan = _plan(report, options)
    _confirm_doubts(applying.find_doubts(report, plan, documents), "", True)
    outcome, checked = applying.preview(report, plan, documents)
    code = note_exit_code(EXIT_ERROR if outcome.stopped else 0)
    if options["listed"] == "dropped":
        names: Iterable[bytes] = applying.list_dropped(documents, checked.drops)
    else:
        dropped = {drop.id for drop in checked.drops}
        names = applying.list_kept(report, documents.scanned_paths, dropped)
    if sys.stdout.isatty():
        from dedupe.renderers.view.terminal import escape_text

        names = (escape_text(os.fsdecode(name)).encode() for name in names)
    end = b"\0" if options["null"] else b"\n"
    for name in names:
        sys.stdout.buffer.write(name + end)
    sys.stdout.buffer.flush()
    for each in outcome.stopped:
        say("warning", f"{each.id}: stays: {each.detail}")
    sys.exit(code)


def _print_outcome(outcome: Outcome, output_format: str) -> None:
    from dedupe.model.output_marks import TEXT_MARK
    from dedupe.renderers.applied import render_outcome_json, render_outcome_text

    for note in outcome.notes:
        say("note", note)
    if output_format == "json":
        sys.stdout.buffer.write(render_outcome_json(outcome))
    else:
        mark = [] if sys.stdout.isatty() else [TEXT_MARK]
        for line in (*mark, *render_outcome_text(outcome)):
            sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
