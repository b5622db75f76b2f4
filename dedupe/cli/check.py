"""``dedupe check``: the gate. Passes or fails by its exit code, and says what to do."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from dedupe.cli import CONTEXT, EXIT_ERROR, EXIT_FAILED, settle
from dedupe.cli.baseline_file import BaselineFile
from dedupe.cli.messages import say
from dedupe.cli.options import check_options, output_option, path_arguments
from dedupe.cli.output import Outputs, is_same_file, make_options
from dedupe.cli.scanning import (
    gather_paths,
    run_scan,
    say_what_was_met,
    say_which_field,
    write_outputs,
)
from dedupe.cli.settings import Settings, load_settings
from dedupe.cli.targets import Target, choose_targets
from dedupe.model.errors import InputError
from dedupe.renderers.registry import FORMATS

_SHOWING = ("--output", "--format", "--markdown-limit")
"""Options that only say how the verdict is shown."""

HIDDEN_BASELINE = ".dedupe-baseline"
"""The baseline that is proposed where none is named: hidden files are not read as documents."""


@click.command("check", context_settings=CONTEXT)
@path_arguments
@check_options
@click.option(
    "--update-baseline",
    is_flag=True,
    help="Write the baseline anew, so that it covers all duplicates there are, and pass.",
)
@click.option(
    "--since",
    metavar="REV",
    help="Take from git which documents were there at this revision: the others are new.",
)
@output_option
def command(
    paths: tuple[str, ...],
    config_file: str | None,
    files_from: str | None,
    outputs: tuple[str, ...],
    update_baseline: bool,
    since: str | None,
    **flags: Any,
) -> None:
    """Fail if the documents of PATH... have new duplicates: a gate for CI.

    New is every duplicate that the baseline does not cover; without a baseline, every duplicate.
    A baseline is a text file to be reviewed and committed. It covers documents by the hash of
    their text: a copy more is new, and so is another document in the place of a known one. What
    is renamed, moved or removed is not.

    \b
      dedupe check articles/                                          no duplicates at all
      dedupe check articles/ --baseline .dedupe-baseline --update-baseline      accept these
      dedupe check articles/ --baseline .dedupe-baseline              no others

    PATH is what it is to `dedupe scan`. The formats text, json, jsonl (one new duplicate a line),
    markdown and github give the verdict; the others the report, with what is new first.

    Exit codes: 0 passed; 1 failed; 2 an error, or a PATH could not be read; 130 interrupted.
    """
    from dedupe.sources import unreadable_paths
    from dedupe.store.presence import ScannedTexts

    settings = load_settings(flags, config_file)
    paths = gather_paths(paths, files_from, settings.against)
    read = (*paths, *settings.against)
    baseline, settings = _open_baseline(settings, update_baseline, read)
    places = _choose_places(outputs, settings, baseline, read)
    revision = _find_revision(since, paths)
    scanned = ScannedTexts()
    report, texts = run_scan(paths, settings, scanned=scanned)
    sources = [*dict.fromkeys(source.path for source in report.run.sources)]
    places.refuse(lambda path: is_same_file(path, sources))
    unread = unreadable_paths(report.skipped, read)
    if unread and update_baseline:
        raise InputError(f"could not be read: {', '.join(unread)}; the baseline was not written")
    was_there = None
    if revision is not None:
        has_several = len(read) > 1
        was_there = revision.find_presence(
            scanned, report.run.sources, settings.config, has_several
        )
    view = _judge(report, texts, settings, baseline, update_baseline, scanned, was_there)
    view = msgspec.structs.replace(view, since=since or "")
    if not settings.output["quiet"]:
        _tell_notes(report, baseline, places)
    code = settle(EXIT_ERROR if unread else 0 if view.verdict.passed else EXIT_FAILED)
    write_outputs(places, lambda target: _render(view, target, settings), report, settings)
    if unread:
        say("error", "could not be read: " + ", ".join(unread))
    sys.exit(code)


def _open_baseline(
    settings: Settings, update: bool, read: tuple[str, ...]
) -> tuple[BaselineFile | None, Settings]:
    """The baseline where one is named, and the settings, by which it is no document.

    :param read: all paths that the scan reads
    """
    if not settings.baseline:
        if update:
            raise click.UsageError("--update-baseline takes --baseline FILE.")
        return None, settings
    baseline = BaselineFile(settings.baseline, update)
    baseline.check_settings(settings.config)
    return baseline, _leave_out(settings, baseline.patterns_below(read))


def _choose_places(
    outputs: tuple[str, ...],
    settings: Settings,
    baseline: BaselineFile | None,
    read: tuple[str, ...],
) -> Outputs:
    """Where to write; no output may take the place of the baseline or of what is read."""
    from dedupe.sources import reads_file

    places = Outputs(choose_targets(outputs, settings))
    if baseline is not None:
        baseline.refuse_outputs(places.targets)
    places.refuse(lambda path: reads_file(path, read, settings.config.settings))
    return places


def _tell_notes(report: Any, baseline: BaselineFile | None, places: Outputs) -> None:
    """What a person should know besides the verdict."""
    if baseline is not None and baseline.remark:
        say("note", baseline.remark)
    say_which_field(report)
    if not places.shows_text():
        say_what_was_met(report)


def _find_revision(since: str | None, paths: tuple[str, ...]) -> Any:
    """What git is asked about, where that is wanted; before the scan, which may take long."""
    if since is None:
        return None
    from dedupe.gate.revision import Revision

    return Revision(since, paths)


def _leave_out(settings: Settings, patterns: tuple[str, ...]) -> Settings:
    exclude = settings.config.exclude + patterns
    return msgspec.structs.replace(
        settings, config=msgspec.structs.replace(settings.config, exclude=exclude)
    )


def _judge(
    report: Any,
    texts: Any,
    settings: Settings,
    baseline: BaselineFile | None,
    update_baseline: bool,
    scanned: Any,
    was_there: Any,
) -> Any:
    """Write the baseline where that was asked for, and judge by what is known then."""
    from dedupe.gate.verdict import judge_report, make_baseline
    from dedupe.renderers.verdict.view import VerdictView

    known = baseline.known if baseline is not None else None
    updated = None
    if baseline is not None and update_baseline:
        known = make_baseline(report, known, scanned)
        updated = baseline.write(known, [source.path for source in report.run.sources])
    return VerdictView(
        verdict=judge_report(report, settings.limits, known, scanned, was_there),
        report=report,
        texts=texts,
        baseline=baseline.name if baseline is not None else "",
        accept_command=_accept_command(settings),
        updated=updated,
    )


def _accept_command(settings: Settings) -> str:
    """This command again, so that it takes what is new into a baseline, and writes nothing else."""
    named = [] if settings.baseline else ["--baseline", HIDDEN_BASELINE]
    kept: list[str] = []
    arguments = iter(sys.argv[2:])
    for argument in arguments:
        if argument in _SHOWING:
            next(arguments, None)
        elif argument == "--":
            kept += [argument, *arguments]
        elif argument.partition("=")[0] not in _SHOWING:
            kept.append(argument)
    return shlex.join(["dedupe", "check", *named, "--update-baseline", *kept])


def _render(view: Any, target: Target, settings: Settings) -> Iterator[bytes]:
    """The verdict where the format has one, else the report with what is new."""
    new = {each.id: each for each in (*view.verdict.new, *view.verdict.tolerated)}
    options = msgspec.structs.replace(make_options(target, settings.output), new=new)
    chosen = FORMATS[target.format]
    if chosen.render_verdict is not None:
        return chosen.render_verdict(msgspec.structs.replace(view, options=options))
    return chosen.render(view.report, view.texts, options)
