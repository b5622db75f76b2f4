"""``dedupe scan``: read a corpus, find the duplicates, show them."""

from __future__ import annotations

import sys
from typing import Any

import click

from dedupe.cli import CONTEXT, EXIT_ERROR, EXIT_FAILED, settle
from dedupe.cli.messages import say
from dedupe.cli.options import output_option, path_arguments, scan_options
from dedupe.cli.output import Outputs, is_same_file, render_report
from dedupe.cli.scanning import (
    gather_paths,
    run_scan,
    say_what_was_met,
    say_which_field,
    write_outputs,
)
from dedupe.cli.settings import load_settings
from dedupe.cli.targets import choose_targets


@click.command("scan", context_settings=CONTEXT)
@path_arguments
@scan_options
@output_option
def command(
    paths: tuple[str, ...],
    config_file: str | None,
    files_from: str | None,
    outputs: tuple[str, ...],
    **flags: Any,
) -> None:
    """Find the near-duplicates among the documents of PATH...

    A PATH is a folder (read with all that is below it), a file, or - for standard input. Text
    files (.txt, .md, .text) and HTML pages (.html, .htm, .xhtml) are one document each; JSON Lines
    (.jsonl, .ndjson), JSON, CSV, TSV, Parquet and Arrow files and WARC crawls hold many. All may be
    compressed (.gz, .bz2, .xz, .zst) and stand in archives (.zip, .tar, .tar.gz, …), which are read
    like folders. Standard input is read as what its content tells, else as JSON Lines.

    \b
      dedupe scan articles/                       clusters, with diffs
      dedupe scan dump.jsonl.gz --format json     the whole report, for programs
      cat crawl.tar.gz | dedupe scan - --format jsonl
      dedupe scan articles/ --output report.json --output html:report.html

    Exit codes: 0 done; 1 duplicates were found and --exit-code was given; 2 an error, or a PATH
    could not be read; 130 interrupted.
    """
    settings = load_settings(flags, config_file)
    paths = gather_paths(paths, files_from, settings.against)
    read = (*paths, *settings.against)
    places = Outputs(choose_targets(outputs, settings))
    from dedupe.sources import reads_file, unreadable_paths

    places.refuse(lambda path: reads_file(path, read, settings.config.settings))
    report, texts = run_scan(paths, settings, streamed=places.stream())
    sources = [*dict.fromkeys(source.path for source in report.run.sources)]
    places.refuse(lambda path: is_same_file(path, sources))
    if not settings.output["quiet"]:
        say_which_field(report)
        if not places.shows_text():
            say_what_was_met(report)
    unread = unreadable_paths(report.skipped, read)
    found = settings.output["exit_code"] and report.clusters
    code = settle(EXIT_ERROR if unread else EXIT_FAILED if found else 0)
    write_outputs(
        places,
        lambda target: render_report(report, texts, target, settings.output),
        report,
        settings,
    )
    if not settings.output["quiet"]:
        places.tell(report)
    if unread:
        say("error", "could not be read: " + ", ".join(unread))
    sys.exit(code)
