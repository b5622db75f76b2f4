"""``dedupe report``: show a saved report again, in any format."""

from __future__ import annotations

import sys
from typing import Any

import click

from dedupe.cli import CONTEXT, EXIT_FAILED, note_exit_code
from dedupe.cli.help import GroupedCommand
from dedupe.cli.messages import say_some
from dedupe.cli.options import output_option, report_options
from dedupe.cli.output import Outputs, is_same_file, render_report
from dedupe.cli.settings import load_settings
from dedupe.cli.targets import choose_targets


@click.command("report", cls=GroupedCommand, context_settings=CONTEXT)
@click.argument("saved", metavar="SAVED", type=click.Path(readable=False))
@click.option(
    "-t",
    "--threshold",
    type=float,
    metavar="J",
    help="Show what a scan with this higher threshold would have found. With single linkage this "
    "may read texts.",
)
@report_options
@output_option
def command(
    saved: str,
    threshold: float | None,
    config_file: str | None,
    named_outputs: tuple[str, ...],
    **flags: Any,
) -> None:
    """Show a report that `dedupe scan --format json` saved, in any format.

    SAVED is the file, which may be compressed (.gz, .bz2, .xz, .zst), or - for standard input.
    Texts are read again from the scanned files; relative paths start at the current folder. Texts
    that have changed since the scan are named and not shown.

    \b
      dedupe scan articles/ --output report.json
      dedupe report report.json                              as the scan would have shown it
      dedupe report report.json --output html:report.html --output sarif:dup.sarif
      dedupe report report.json --threshold 0.9 --format csv

    Exit codes: 0 done; 1 there are duplicates and --exit-code was given; 2 an error.
    """
    settings = load_settings(flags, config_file)
    outputs = Outputs(choose_targets(named_outputs, settings), settings.output["pager"])
    from dedupe.cli.saved import WatchedTexts, load_report
    from dedupe.sources import SourceTexts

    report = load_report(saved)
    sources = [*dict.fromkeys(source.path for source in report.run.sources)]
    outputs.refuse(lambda path: is_same_file(path, [saved]), "is the saved report itself")
    outputs.refuse(lambda path: is_same_file(path, sources))
    texts = WatchedTexts(SourceTexts.of_report(report))
    if threshold is not None:
        from dedupe.pipeline.reclustering import count_in_texts, recluster

        report = recluster(report, threshold, count_in_texts(report, texts))
    code = note_exit_code(EXIT_FAILED if settings.output["exit_code"] and report.clusters else 0)
    outputs.write(lambda target: render_report(report, texts, target, settings.output))
    if not settings.output["quiet"]:
        say_some("warning", [f"{id}: {why}" for id, why in texts.problems.items()], "not shown")
        outputs.say_summary(report)
    sys.exit(code)
