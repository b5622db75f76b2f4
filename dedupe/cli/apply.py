"""``dedupe apply``: act on a saved report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from dedupe.cli import CONTEXT, EXIT_ERROR, note_exit_code
from dedupe.cli.dropping import (
    STANDARD_INPUT,
    STANDARD_OUTPUT,
    confirm_doubts,
    dropping_options,
    find_all_doubts,
    make_plan,
    say_outcome,
    write_corpus,
)
from dedupe.cli.help import GroupedCommand
from dedupe.cli.messages import say
from dedupe.model.errors import InputError

if TYPE_CHECKING:
    from dedupe.applying import Outcome
    from dedupe.model.report import Report
    from dedupe.sources.files.spool import Spool

_ACTIONS = {
    "output": "--output",
    "listed": "--list",
    "move_to": "--move-to",
    "delete": "--delete",
    "undo": "--undo",
}
_TO_LOOK = "apply without an action names every document"
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
    "folder; or to this new file, in the form of its ending (.jsonl, .parquet, …, .gz, …); or to "
    "standard output (-).",
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
@dropping_options
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
    if options["output"] == STANDARD_OUTPUT and output_format != "text":
        raise click.UsageError("--output - and --format json are both for standard output.")
    if sys.stdout is None:  # checked before anything is done that could then not be reported
        raise InputError("standard output is closed")
    if action == "listed":
        _print_names(_load(saved), options)
        return
    outcome = _act(saved, action, options)
    code = note_exit_code(EXIT_ERROR if outcome.stopped and action else 0)
    if options["output"] == STANDARD_OUTPUT:
        say_outcome(outcome)
        sys.exit(code)
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
    choosing = ("protect", "drop", "decisions_file")
    if action == "undo" and (saved is not None or any(options[name] for name in choosing)):
        raise click.UsageError(
            "--undo takes neither SAVED nor --protect nor --drop nor --decisions."
        )
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
    plan = make_plan(report, options["protect"], options["drop"], options["decisions_file"])
    streams = _keep_streams(report, saved) if action == "output" else {}
    documents = applying.CurrentDocuments(report, streams)
    if action in ("move_to", "delete"):
        applying.refuse_records(plan, documents)
    doubts = find_all_doubts(report, plan, documents, options["output"])
    confirm_doubts(doubts, action, options["yes"], _TO_LOOK)
    if action == "output":
        return write_corpus(report, plan, streams, options["output"], options["link"])
    if action == "move_to":
        return applying.set_aside(report, plan, options["move_to"])
    if action == "delete":
        return applying.delete_files(report, plan)
    return applying.preview(report, plan, documents)[0]


def _keep_streams(report: Report, saved: str | None) -> dict[str, Spool]:
    """Standard input, kept, if the report is of that; it must be given once more.

    :raises InputError: if the report itself comes from there
    """
    if STANDARD_INPUT not in report.run.paths:
        return {}
    if saved == STANDARD_INPUT:
        raise InputError("standard input cannot be both the report and the corpus")
    from dedupe.applying.streams import keep_stream

    return {STANDARD_INPUT: keep_stream(sys.stdin.buffer if sys.stdin else None, report.config)}


def _print_names(report: Report, options: dict[str, Any]) -> None:
    from dedupe import applying

    documents = applying.CurrentDocuments(report)
    plan = make_plan(report, options["protect"], options["drop"], options["decisions_file"])
    confirm_doubts(applying.find_doubts(report, plan, documents), "", True)
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
