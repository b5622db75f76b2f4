"""``dedupe scan``: read a corpus, find the duplicates, show them."""

from __future__ import annotations

import sys
from typing import Any

import click

from dedupe.cli import CONTEXT, EXIT_ERROR, EXIT_FAILED, note_exit_code
from dedupe.cli.engine import open_engine, refuse_outputs, scan_into_tables
from dedupe.cli.help import GroupedCommand
from dedupe.cli.messages import say
from dedupe.cli.options import output_option, path_arguments, scan_options
from dedupe.cli.output import Outputs, is_same_file, render_report
from dedupe.cli.scanning import (
    gather_paths,
    run_scan,
    say_text_fields,
    say_warnings,
    write_outputs,
)
from dedupe.cli.settings import load_settings
from dedupe.cli.targets import choose_targets


@click.command("scan", cls=GroupedCommand, context_settings=CONTEXT)
@path_arguments
@scan_options
@output_option
def command(
    paths: tuple[str, ...],
    config_file: str | None,
    files_from: str | None,
    named_outputs: tuple[str, ...],
    **flags: Any,
) -> None:
    """Find the near-duplicates among the documents of PATH...

    A PATH is a folder (read with everything below it), a file, a URL of either (s3://, hf://,
    https://, …; extra remote), or - for standard input. Text files (.txt, .md, .text), HTML pages
    (.html, .htm, .xhtml), PDF, books (.epub) and mails (.eml) are one document each; JSON Lines
    (.jsonl, .ndjson), JSON, CSV, TSV, Parquet, Arrow and SQLite files, feeds and dumps in XML,
    crawls (.warc, .arc), mailboxes (.mbox) and lines of text (.lines) hold many. All may be
    compressed (.gz, .bz2, .xz, .zst) and in archives (.zip, .tar, .tar.gz, …), which are read like
    folders. The format of standard input is recognised by its content; otherwise it is read as
    JSON Lines.

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
    if settings.output["tables"] and settings.output["tables_alone"]:
        refuse_outputs(named_outputs, settings)
        sys.exit(scan_into_tables(paths, settings))
    outputs = Outputs(choose_targets(named_outputs, settings), settings.output["pager"])
    from dedupe.sources import reads_file, unreadable_paths

    outputs.refuse(lambda path: reads_file(path, read, settings.config.settings))
    listed = [settings.config.settings.furniture_list]
    outputs.refuse(lambda path: is_same_file(path, listed), "is the list of furniture that is read")
    with open_engine(settings) as (engine, write_tables):
        report, texts = run_scan(paths, settings, streamed=outputs.are_streamed(), engine=engine)
        write_tables(report)
    sources = [*dict.fromkeys(source.path for source in report.run.sources)]
    outputs.refuse(lambda path: is_same_file(path, sources))
    if not settings.output["quiet"]:
        say_text_fields(report)
        if not outputs.shows_text():
            say_warnings(report)
    unread = unreadable_paths(report.skipped, read)
    found = settings.output["exit_code"] and report.clusters
    code = note_exit_code(EXIT_ERROR if unread else EXIT_FAILED if found else 0)
    write_outputs(
        outputs,
        lambda target, tell: render_report(report, texts, target, settings.output, tell),
        report,
        settings,
    )
    if not settings.output["quiet"]:
        outputs.say_summary(report)
    if unread:
        say("error", "could not be read: " + ", ".join(unread))
    sys.exit(code)
