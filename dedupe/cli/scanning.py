"""What every command that scans does: gather the paths, run with progress, tell what was met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from dedupe.cli.messages import say, say_some
from dedupe.cli.output import Outputs, Render
from dedupe.cli.settings import Settings
from dedupe.cli.targets import Target
from dedupe.model.errors import InputError

_kept: list[Any] = []
"""The report of this process: to take a large one apart takes longer than to end the process."""


def gather_paths(
    paths: tuple[str, ...], files_from: str | None, against: tuple[str, ...]
) -> tuple[str, ...]:
    """The paths that were named, and those of ``--files-from``.

    :raises InputError: if the list cannot be read, or names nothing, or standard input would be
        read twice
    """
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
    if "-" in against and "-" in (*paths, *listed, files_from):
        raise InputError("standard input cannot be --against and something else")
    if files_from is not None and not paths and not listed:
        raise InputError(f"{files_from}: lists no path")
    if not paths and not listed:
        raise click.UsageError("Missing argument 'PATH...' (or --files-from FILE).")
    return (*paths, *listed)


def run_scan(
    paths: tuple[str, ...], settings: Settings, streamed: bool = False, scanned: Any = None
) -> Any:
    """A report, and a provider of the texts that it speaks of.

    :param streamed: whether the parts of the report will be gone through one after another
    :param scanned: is told of all documents, for a gate
    """
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
        found = scan_with_texts(
            paths,
            settings.config,
            kernels,
            listener,
            against=settings.against,
            streamed=streamed,
            scanned=scanned,
        )
    _kept[:] = [found]
    return found


def write_outputs(places: Outputs, render: Render, report: Any, settings: Settings) -> None:
    """Write what was found, and then tell what all stages took where that was asked for.

    Progress is shown where all goes into files: what reads a pipe may write to the terminal itself.
    """
    from dedupe.cli.progress import describe_stages, show_progress
    from dedupe.model.progress import Progress

    progress = Progress(None, "writing", report.corpus.document_count)

    def follow(target: Target) -> Iterator[bytes]:
        for piece in render(target):
            progress.byte_count += len(piece)
            progress.tell()
            yield piece

    choice = settings.output["progress"] if places.are_files() else False
    try:
        with show_progress(choice, settings.output["quiet"]) as progress.listener:
            progress.tell()
            places.write(follow)
    finally:
        progress.enter("done")
        if settings.output["verbose"]:
            stages = (*report.run.stages, *progress.stages)
            click.echo(describe_stages(report, stages), err=True)


def say_which_field(report: Any) -> None:
    """The fields that were taken as text without being named, unless it is the plain one."""
    fields = report.run.text_fields
    if set(fields) - {"text"}:
        told = ", ".join(
            f"{name!r} ({count} record{'s' * (count != 1)})" for name, count in fields.items()
        )
        say("note", f"the text was read from {told}; --text-field names another")


def say_what_was_met(report: Any) -> None:
    """Warnings for whoever does not read the text report, which tells the same."""
    from dedupe.sources.reasons import OWN_OUTPUT

    by_reason: dict[str, list[str]] = {}
    for item, name in (*report.named_skipped(), *report.named_notices()):
        by_reason.setdefault(item.reason, []).append(f"{name}: {item.detail} ({item.reason})")
    if own := by_reason.pop(OWN_OUTPUT, None):
        more = f"; so were {len(own) - 1} others" if len(own) > 1 else ""
        say("note", f"left out: {own[0]}{more}")
    for reason, messages in by_reason.items():
        say_some("warning", messages, f"of {reason}")
