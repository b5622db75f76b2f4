"""``dedupe explain``: why two documents are duplicates, or why they are not."""

from __future__ import annotations

import sys
from typing import Any

import click

from dedupe.cli import CONTEXT
from dedupe.cli.help import GroupedCommand
from dedupe.cli.options import explain_options
from dedupe.cli.output import make_options
from dedupe.cli.pager import write_paged
from dedupe.cli.settings import Settings, load_settings
from dedupe.cli.targets import STANDARD_OUTPUT, Target
from dedupe.model.errors import InputError
from dedupe.model.settings import SETTING_NAMES


@click.command("explain", cls=GroupedCommand, context_settings=CONTEXT)
@click.argument("left", metavar="A", type=click.Path(readable=False))
@click.argument("right", metavar="B", type=click.Path(readable=False))
@click.option(
    "--in",
    "paths",
    multiple=True,
    metavar="PATH",
    type=click.Path(readable=False),
    help="File or folder in which the documents A and B are, as given to `dedupe scan`. May be "
    "repeated.",
)
@click.option(
    "--report",
    "saved",
    metavar="FILE",
    type=click.Path(dir_okay=False, readable=False, allow_dash=True),
    help="Explain what this saved report says of A and B, with the settings of its scan.",
)
@click.option(
    "--passages",
    type=click.IntRange(0),
    metavar="N",
    default=20,
    show_default=True,
    help="Show only the N longest of the shared passages; 0 for all.",
)
@explain_options
def command(
    left: str,
    right: str,
    paths: tuple[str, ...],
    saved: str | None,
    passages: int,
    config_file: str | None,
    **flags: Any,
) -> None:
    """Tell why two documents are duplicates, or why they are not.

    A and B are two files of one document each. With --in or --report they are ids, as
    `dedupe scan` shows them; or a file and line, as in dump.jsonl:12 or rows.csv#3; or files.

    \b
      dedupe explain one.txt other.txt
      dedupe explain 4711 4712 --in dump.jsonl.gz
      dedupe explain a.txt b.txt --report report.json

    It counts the shingles that they share, says how a scan finds the pair, and shows the passages
    that both have (with characters, from 0, and lines in each text) and the difference.

    Exit codes: 0 done, duplicates or not; 2 an error.
    """
    settings = load_settings(flags, config_file)
    if saved is not None:
        _refuse_with_report(paths, settings)
    format = "json" if settings.output["format"] == "json" else "text"
    if sys.stdout is None:
        raise InputError("standard output is closed")
    explanation = _explain((left, right), paths, saved, settings)
    from dedupe.renderers.explanation import ExplanationView, render_explanation

    options = make_options(Target(format, STANDARD_OUTPUT), settings.output)
    view = ExplanationView(explanation, options, passages)
    write_paged(render_explanation(format, view), settings.output["pager"])


def _refuse_with_report(paths: tuple[str, ...], settings: Settings) -> None:
    """Raise UsageError for paths and scan settings beside ``--report``, which has its own."""
    if paths:
        raise click.UsageError("--in and --report exclude each other: a report knows its paths.")
    for name in SETTING_NAMES:
        if settings.origins[name] == "command line":
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(f"{flag} and --report exclude each other: a report has its own.")


def _explain(
    names: tuple[str, str], paths: tuple[str, ...], saved: str | None, settings: Settings
) -> Any:
    from dedupe.explain import explain_pair, find_documents, find_files, find_in_report
    from dedupe.sketch import load_kernels

    scan_settings = settings.config.settings
    in_report = None
    if saved is not None:
        from dedupe.cli.saved import load_report
        from dedupe.sources import SourceTexts

        report = load_report(saved)
        scan_settings = report.config
        texts = SourceTexts.of_report(report)
        found, in_report = find_in_report(names, report, texts, saved)
    elif paths:
        found = find_documents(names, paths, scan_settings)
    else:
        found = find_files(names, scan_settings)
    kernels = load_kernels(settings.config.kernels)
    with_diff = settings.output["diff"] != "none"
    left, right = found
    return explain_pair(left, right, scan_settings, kernels, in_report, with_diff)
