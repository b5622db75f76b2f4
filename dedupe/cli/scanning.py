"""Steps that ``scan`` and ``check`` share: gather paths, scan with progress, write, warn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from dedupe.cli.messages import say, say_some
from dedupe.cli.output import Outputs, Tell
from dedupe.cli.settings import Settings
from dedupe.cli.targets import Target
from dedupe.model.errors import InputError

_keep_alive: list[Any] = []
"""The report of this process, kept until it ends: freeing a large report takes long."""


def gather_paths(
    paths: tuple[str, ...], files_from: str | None, against: tuple[str, ...]
) -> tuple[str, ...]:
    """The paths of the command line, and those listed by ``--files-from``.

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
    paths: tuple[str, ...],
    settings: Settings,
    streamed: bool = False,
    scanned: Any = None,
    engine: Any = None,
    streams: dict[str, Any] | None = None,
    embeds_streams: bool = True,
) -> Any:
    """Scan with progress; the report, and a provider of the texts of its documents.

    :param streamed: whether all outputs go through the parts of the report once and keep none
    :param scanned: gets the marks of all documents, for ``dedupe check``
    :param engine: what runs the scan instead of this machine
    :param streams: gets what was kept of standard input and pipes, for ``dedupe clean``
    :param embeds_streams: whether the report holds the texts that come from there
    """
    from dedupe.api import scan_with_texts
    from dedupe.notebook.progress import show_progress
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
            engine=engine,
            streams=streams,
            embeds_streams=embeds_streams,
        )
    _keep_alive[:] = [found]
    return found


def write_outputs(
    outputs: Outputs,
    render: Callable[[Target, Tell], Iterable[bytes]],
    report: Any,
    settings: Settings,
) -> None:
    """Write all outputs; with ``--verbose``, then print what each stage took.

    Progress is shown only if every output is a file: the reader of a pipe may write to the same
    terminal.
    """
    from dedupe.model.progress import Progress
    from dedupe.notebook.progress import describe_stages, show_progress

    progress = Progress(None, "writing", report.corpus.document_count)

    def follow(target: Target) -> Iterator[bytes]:
        for piece in render(target, progress.reach):
            progress.byte_count += len(piece)
            progress.tell()
            yield piece

    choice = settings.output["progress"] if outputs.are_files() else False
    try:
        with show_progress(choice, settings.output["quiet"]) as progress.listener:
            progress.tell()
            outputs.write(follow)
    finally:
        progress.enter("done")
        if settings.output["verbose"]:
            stages = (*report.run.stages, *progress.stages)
            click.echo(describe_stages(report, stages), err=True)


def say_text_fields(report: Any) -> None:
    """Print a note on the fields that were read as text without being named by the user.

    There is none if that was only the field ``text``.
    """
    fields = report.run.text_fields
    if set(fields) - {"text"}:
        fields_shown = ", ".join(
            f"{name!r} ({count} record{'s' * (count != 1)})" for name, count in fields.items()
        )
        say("note", f"the text was read from {fields_shown}; --text-field names another")


def say_warnings(report: Any) -> None:
    """Print warnings on what was skipped, noticed or perhaps misread.

    The text report shows them itself.
    """
    from dedupe.sources.reasons import OWN_OUTPUT

    by_reason: dict[str, list[str]] = {}
    for item, name in (*report.named_skipped(), *report.named_notices()):
        by_reason.setdefault(item.reason, []).append(f"{name}: {item.detail} ({item.reason})")
    if own := by_reason.pop(OWN_OUTPUT, None):
        more = f"; so were {len(own) - 1} others" if len(own) > 1 else ""
        say("note", f"left out: {own[0]}{more}")
    for reason, messages in by_reason.items():
        say_some("warning", messages, f"of {reason}")
    for warning in report.warnings:
        say("warning", f"{warning.detail} ({warning.reason})")
