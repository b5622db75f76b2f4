"""What every command that scans does: gather the paths, run with progress, tell what was met."""

from __future__ import annotations

from typing import Any

import click

from dedupe.cli.messages import say, say_some
from dedupe.cli.settings import Settings
from dedupe.errors import InputError

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


def run_scan(paths: tuple[str, ...], settings: Settings) -> Any:
    """A report, and a provider of the texts that it speaks of."""
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
        found = scan_with_texts(paths, settings.config, kernels, listener, against=settings.against)
    _kept[:] = [found]
    return found


def say_which_field(report: Any) -> None:
    """The fields that were taken as text without being named, unless it is the plain one."""
    fields = report.run.text_fields
    if set(fields) - {"text"}:
        told = ", ".join(
            f"{name!r} ({count} record{'s' * (count != 1)})" for name, count in fields.items()
        )
        say("note", f"the text was read from {told}; --text-field names another")


def say_stages(report: Any) -> None:
    """What each stage took, as a table."""
    from dedupe.cli.progress import describe_stages

    click.echo(describe_stages(report), err=True)


def say_what_was_met(report: Any) -> None:
    """Warnings for whoever does not read the text report, which tells the same."""
    by_reason: dict[str, list[str]] = {}
    for item, name in report.told_with_places():
        by_reason.setdefault(item.reason, []).append(f"{name}: {item.detail} ({item.reason})")
    for reason, messages in by_reason.items():
        say_some("warning", messages, f"of {reason}")
