"""``dedupe scan``: read a corpus, find the duplicates, show them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from dedupe.cli import CONTEXT, EXIT_ERROR
from dedupe.cli.messages import say
from dedupe.cli.options import scan_options
from dedupe.cli.output import Output
from dedupe.cli.settings import Settings, load_settings
from dedupe.errors import InputError

MESSAGES_PER_REASON = 5


@click.command("scan", context_settings=CONTEXT)
@click.argument("paths", nargs=-1, metavar="PATH...", type=click.Path(readable=False))
@scan_options
@click.option(
    "--files-from",
    "files_from",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Scan also the paths that this file (- for standard input) lists: one a line, or "
    "separated by NUL bytes.",
)
@click.option(
    "--output",
    "output_file",
    type=click.Path(dir_okay=False, readable=False),
    metavar="FILE",
    help="Write the report to this file (replacing it) instead of standard output.",
)
def command(
    paths: tuple[str, ...],
    config_file: str | None,
    files_from: str | None,
    output_file: str | None,
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

    Exit codes: 0 done; 1 duplicates were found and --exit-code was given; 2 an error, or a PATH
    could not be read; 130 interrupted.
    """
    paths += _listed_paths(files_from, paths)
    settings = load_settings(flags, config_file)
    output = Output(output_file)
    output.refuse_sources(paths, settings.config.settings)
    from dedupe.sources import unreadable_paths

    report, texts = _run_scan(paths, settings)
    if not settings.output["quiet"]:
        _say_which_field(report)
        _say_what_was_met(report, settings, output_file)
    if settings.output["verbose"]:
        from dedupe.cli.progress import describe_stages

        click.echo(describe_stages(report), err=True)
    output.write(_render(report, texts, settings, output))
    if unread := unreadable_paths(report.skipped, paths):
        say("error", "could not be read: " + ", ".join(unread))
        sys.exit(EXIT_ERROR)
    if settings.output["exit_code"] and report.clusters:
        sys.exit(1)


def _listed_paths(files_from: str | None, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of ``--files-from``; an error where there is no path at all."""
    from dedupe.sources import parse_path_list

    listed: list[str] = []
    if files_from == "-" and "-" in paths:
        raise InputError("standard input cannot be both a PATH and the list of --files-from")
    if files_from is not None:
        try:
            with click.open_file(files_from, "rb") as stream:
                listed = parse_path_list(stream.read())
        except OSError as error:
            raise InputError(f"{files_from}: cannot be read: {error.strerror}") from error
        if files_from == "-" and "-" in listed:
            raise InputError("the list of paths on standard input names standard input itself")
    if files_from is not None and not paths and not listed:
        raise InputError(f"{files_from}: lists no path")
    if not paths and not listed:
        raise click.UsageError("Missing argument 'PATH...' (or --files-from FILE).")
    return tuple(listed)


def _run_scan(paths: tuple[str, ...], settings: Settings) -> Any:
    from dedupe.api import scan_with_texts
    from dedupe.cli.progress import show_progress
    from dedupe.sketch import load_kernels

    kernels = load_kernels(settings.config.kernels)
    quiet = settings.output["quiet"]
    if kernels.name == "plain" and settings.config.kernels == "auto" and not quiet:
        say(
            "warning",
            "the compiled kernels are not installed, so this runs some 30 times slower; "
            "install a C compiler and reinstall dedupe",
        )
    with show_progress(settings.output["progress"], quiet) as listener:
        return scan_with_texts(paths, settings.config, kernels, listener)


def _render(report: Any, texts: Any, settings: Settings, output: Output) -> Iterator[bytes]:
    from dedupe.renderers.json import render_json, render_jsonl

    if settings.output["format"] == "json":
        yield render_json(report)
    elif settings.output["format"] == "jsonl":
        yield from render_jsonl(report)
    else:
        from dedupe.renderers.text import TextOptions, render_text

        color = output.use_color(settings.output["color"])
        options = TextOptions(
            width=output.width,
            color=color,
            links=color and output.is_terminal,
            diff=settings.output["diff"],
            top=settings.output["top"] or None,
            hints=output.is_terminal,
        )
        for chunk in render_text(report, texts, options):
            yield chunk.encode("utf-8", "backslashreplace")


def _say_which_field(report: Any) -> None:
    """The fields that were taken as text without being named, unless it is the plain one."""
    fields = report.run.text_fields
    if set(fields) - {"text"}:
        told = ", ".join(
            f"{name!r} ({count} record{'s' * (count != 1)})" for name, count in fields.items()
        )
        say("note", f"the text was read from {told}; --text-field names another")


def _say_what_was_met(report: Any, settings: Settings, output_file: str | None) -> None:
    """Warnings for whoever does not read the text report, which tells the same."""
    if settings.output["format"] == "text" and output_file is None:
        return
    by_reason: dict[str, list[tuple[Any, str]]] = {}
    for item, name in report.told_with_places():
        by_reason.setdefault(item.reason, []).append((item, name))
    for reason, items in by_reason.items():
        for item, name in items[:MESSAGES_PER_REASON]:
            say("warning", f"{name}: {item.detail} ({reason})")
        if len(items) > MESSAGES_PER_REASON:
            say("warning", f"… and {len(items) - MESSAGES_PER_REASON} more of {reason}")
