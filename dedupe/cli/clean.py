"""``dedupe clean``: scan a corpus and write it without its duplicates, in one step."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec

from dedupe.cli import CONTEXT, EXIT_ERROR, EXIT_FAILED, note_exit_code
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
from dedupe.cli.options import clean_options, path_arguments
from dedupe.cli.output import Outputs, is_overwritten, render_report
from dedupe.cli.scanning import (
    gather_paths,
    run_scan,
    say_text_fields,
    say_warnings,
    write_outputs,
)
from dedupe.cli.settings import Settings, load_settings
from dedupe.cli.targets import choose_targets
from dedupe.model.errors import InputError

if TYPE_CHECKING:
    from dedupe.applying import Outcome
    from dedupe.model.report import Report
    from dedupe.sources.files.spool import Spool

_TO_LOOK = "--report FILE writes what was found"


@click.command("clean", cls=GroupedCommand, context_settings=CONTEXT)
@path_arguments
@click.option(
    "-o",
    "--output",
    default=STANDARD_OUTPUT,
    metavar="PATH",
    type=click.Path(readable=False),
    help="Write what stays to this new file, in the form of its ending (.jsonl, .csv, .tsv, "
    ".parquet, .arrow; compressed with .gz, .bz2, .xz, .zst), or as it is to this new or empty "
    "folder.  [default: standard output, in the form of the input]",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="[FORMAT:]FILE",
    help="Also write the report to this file, in the format of its ending (.json, .html, …). May "
    "be repeated.",
)
@dropping_options
@clean_options
def command(
    paths: tuple[str, ...],
    config_file: str | None,
    files_from: str | None,
    output: str,
    reports: tuple[str, ...],
    yes: bool,
    protect: tuple[str, ...],
    drop: tuple[str, ...],
    decisions_file: str | None,
    **flags: Any,
) -> None:
    """Write the documents of PATH... without their duplicates.

    It does what scan and apply do, in one step: of each cluster one document stays, and the others
    go if they are duplicates of one that stays. A PATH is what scan takes; without one, standard
    input is read. Records that stay keep their bytes, or in another form all their fields; what
    another form cannot hold is an error, or a warning that takes --yes.

    \b
      cat in.jsonl | dedupe clean > out.jsonl
      dedupe clean dump.jsonl.gz -o clean.parquet --report report.html
      dedupe clean articles/ -o clean/              a folder with the same files
      dedupe clean shards/*.jsonl -o all.jsonl.zst

    Exit codes: 0 done; 1 duplicates were found and --exit-code was given; 2 an error, or something
    should be looked at first, or could not be read or dropped; 130 interrupted.
    """
    settings = _load(flags, config_file, drop)
    paths = _gather(paths, files_from, settings)
    outputs = Outputs(choose_targets(reports, settings) if reports else [])
    _refuse_outputs(paths, output, outputs, settings)
    streams: dict[str, Spool] = {}
    report, texts = run_scan(paths, settings, streams=streams, embeds_streams=bool(reports))
    if not settings.output["quiet"]:
        say_text_fields(report)
        say_warnings(report)
    # The report comes first: it is there to be looked at if there are doubts.
    write_outputs(
        outputs,
        lambda target, tell: render_report(report, texts, target, settings.output, tell),
        report,
        settings,
    )
    from dedupe.sources import unreadable_paths

    unread = unreadable_paths(report.skipped, (*paths, *settings.against))
    note_exit_code(EXIT_ERROR if unread else 0)
    outcome = _write(report, streams, output, yes, (protect, drop, decisions_file))
    if not settings.output["quiet"]:
        say_outcome(outcome)
    if unread:
        say("error", "could not be read: " + ", ".join(unread))
    is_found = settings.output["exit_code"] and report.clusters
    is_partial = unread or outcome.stopped
    sys.exit(EXIT_ERROR if is_partial else EXIT_FAILED if is_found else 0)


def _load(flags: dict[str, Any], config_file: str | None, drop: tuple[str, ...]) -> Settings:
    """The settings; streams are kept, and what ``--drop`` asks for is looked for."""
    settings = load_settings(flags, config_file)
    found = tuple(dict.fromkeys([*settings.config.find, *drop]))
    config = msgspec.structs.replace(settings.config, keep_stream=True, find=found)
    return msgspec.structs.replace(settings, config=config)


def _gather(paths: tuple[str, ...], files_from: str | None, settings: Settings) -> tuple[str, ...]:
    """The paths to read; standard input if none is named and it is no terminal."""
    if not paths and files_from is None:
        if sys.stdin is None or sys.stdin.isatty():
            raise click.UsageError("Missing argument 'PATH...' (or a pipe into standard input).")
        paths = (STANDARD_INPUT,)
    return gather_paths(paths, files_from, settings.against)


def _refuse_outputs(
    paths: tuple[str, ...], output: str, outputs: Outputs, settings: Settings
) -> None:
    """Refuse outputs that would overwrite something, before anything is read.

    :raises InputError: if one would
    """
    from dedupe.sources import reads_file

    read = (*paths, *settings.against)
    outputs.refuse(lambda path: reads_file(path, read, settings.config.settings))
    if any(target.is_standard_output for target in outputs.targets) and output == STANDARD_OUTPUT:
        raise click.UsageError("--report - and the corpus are both for standard output.")
    if output == STANDARD_OUTPUT:
        if sys.stdout is None:
            raise InputError("standard output is closed; name a file with --output")
        if is_overwritten(sys.stdout, read):
            raise InputError("standard output is one of the files to read; name another file")
    elif os.path.lexists(output) and not (os.path.isdir(output) and not os.listdir(output)):
        raise InputError(f"{output}: is there already; name something that does not exist yet")
    elif not os.path.isdir(os.path.dirname(os.path.abspath(output))):
        raise InputError(f"{output}: the folder to write it in does not exist")


def _write(
    report: Report,
    streams: dict[str, Spool],
    output: str,
    is_sure: bool,
    choice: tuple[tuple[str, ...], tuple[str, ...], str | None],
) -> Outcome:
    """Write the corpus without its duplicates, once nothing is left to be looked at.

    :param choice: the values of ``--protect``, ``--drop`` and ``--decisions``
    """
    from dedupe.applying import CurrentDocuments

    plan = make_plan(report, *choice)
    documents = CurrentDocuments(report, streams)
    doubts = find_all_doubts(report, plan, documents, output)
    confirm_doubts(doubts, "output", is_sure, _TO_LOOK)
    return write_corpus(report, plan, streams, output)
