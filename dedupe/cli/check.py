"""``dedupe check``: the gate. It passes or fails by its exit code, and says what to do."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import click
import msgspec

from dedupe.cli import CONTEXT, EXIT_ERROR, EXIT_FAILED, note_exit_code
from dedupe.cli.baseline_file import BaselineFile
from dedupe.cli.help import GroupedCommand
from dedupe.cli.messages import say
from dedupe.cli.options import check_options, output_option, path_arguments
from dedupe.cli.output import Outputs, Tell, is_same_file, make_options
from dedupe.cli.repeating import repeat_command
from dedupe.cli.scanning import (
    gather_paths,
    run_scan,
    say_text_fields,
    say_warnings,
    write_outputs,
)
from dedupe.cli.settings import Settings, load_settings
from dedupe.cli.targets import Target, choose_targets
from dedupe.model.errors import InputError
from dedupe.renderers.registry import FORMATS

HIDDEN_BASELINE = ".dedupe-baseline"
"""The baseline file proposed if none is named; hidden files are not read as documents."""


@click.command("check", cls=GroupedCommand, context_settings=CONTEXT)
@path_arguments
@check_options
@click.option(
    "--update-baseline",
    is_flag=True,
    help="Rewrite the --baseline file so that it covers all present duplicates, and pass.",
)
@click.option(
    "--since",
    metavar="REV",
    help="Take documents that git has at this revision for old ones, and all others for new ones.",
)
@click.option(
    "--decisions",
    "decisions_file",
    metavar="FILE",
    type=click.Path(readable=False),
    help="Do not count pairs that a person judged to be different, as `dedupe review` saves it.",
)
@output_option
def command(
    paths: tuple[str, ...],
    config_file: str | None,
    files_from: str | None,
    named_outputs: tuple[str, ...],
    update_baseline: bool,
    since: str | None,
    decisions_file: str | None,
    **flags: Any,
) -> None:
    """Fail if the documents of PATH... have new duplicates: a gate for CI.

    Every duplicate that the baseline does not cover is new; without a baseline, every duplicate
    is. A baseline is a text file to be reviewed and committed. It knows documents by the hash of
    their text: one more copy of a known text is new, and so is a known document with another
    text. Documents that were renamed, moved or removed are not new.

    \b
      dedupe check articles/                                          no duplicates at all
      dedupe check articles/ --baseline .dedupe-baseline --update-baseline      accept these
      dedupe check articles/ --baseline .dedupe-baseline              no others

    PATH is a path as for `dedupe scan`. The formats text, json, jsonl (one new duplicate a line),
    markdown, junit, gitlab and github show the verdict. The other formats show the report; sarif
    puts new duplicates first.

    Exit codes: 0 passed; 1 failed; 2 an error, or a PATH could not be read; 130 interrupted.
    """
    from dedupe.gate.contained import refuse_unsought
    from dedupe.sources import unreadable_paths
    from dedupe.store.document_marks import ScannedTexts

    settings = load_settings(flags, config_file)
    refuse_unsought(settings.config.find, settings.limits)
    paths = gather_paths(paths, files_from, settings.against)
    read = (*paths, *settings.against)
    baseline, settings = _open_baseline(settings, update_baseline, read)
    outputs = _choose_outputs(named_outputs, settings, baseline, read)
    different = _read_different(decisions_file, outputs)
    revision = _find_revision(since, paths)
    scanned = ScannedTexts()
    report, texts = run_scan(paths, settings, scanned=scanned)
    sources = [*dict.fromkeys(source.path for source in report.run.sources)]
    outputs.refuse(lambda path: is_same_file(path, sources))
    report = _part_different(report, different)
    unread = unreadable_paths(report.skipped, read)
    if unread and update_baseline:
        raise InputError(f"could not be read: {', '.join(unread)}; the baseline was not written")
    was_there = None
    if revision is not None:
        has_several = len(read) > 1
        was_there = revision.find_marks(scanned, report.run.sources, settings.config, has_several)
    view = _judge(report, texts, settings, baseline, update_baseline, scanned, was_there)
    view = msgspec.structs.replace(view, since=since or "")
    if not settings.output["quiet"]:
        _say_notes(report, baseline, outputs)
    code = note_exit_code(EXIT_ERROR if unread else 0 if view.verdict.passed else EXIT_FAILED)
    write_outputs(outputs, partial(_render, view, settings), report, settings)
    if unread:
        say("error", "could not be read: " + ", ".join(unread))
    sys.exit(code)


def _open_baseline(
    settings: Settings, update: bool, read: tuple[str, ...]
) -> tuple[BaselineFile | None, Settings]:
    """The baseline if one is named, and settings that exclude its file from the scan.

    :param update: whether ``--update-baseline`` was given
    :param read: all paths that the scan reads
    """
    if not settings.baseline:
        if update:
            raise click.UsageError("--update-baseline takes --baseline FILE.")
        return None, settings
    baseline = BaselineFile(settings.baseline, update)
    baseline.check_settings(settings.config)
    return baseline, _exclude_patterns(settings, baseline.patterns_below(read))


def _read_different(path: str | None, outputs: Outputs) -> frozenset[tuple[str, str]]:
    """The pairs of texts that a person judged to be different; no output may overwrite the file."""
    if path is None:
        return frozenset()
    from dedupe.report.decision_file import read_decisions

    outputs.refuse(lambda output: is_same_file(output, [path]), "is the file of decisions")
    return read_decisions(path).different


def _part_different(report: Any, different: frozenset[tuple[str, str]]) -> Any:
    """The report without the pairs that are different."""
    from dedupe.report.judged import part_different

    return part_different(report, different)


def _choose_outputs(
    named_outputs: tuple[str, ...],
    settings: Settings,
    baseline: BaselineFile | None,
    read: tuple[str, ...],
) -> Outputs:
    """The outputs; none may overwrite the baseline or a file that is read."""
    from dedupe.sources import reads_file

    outputs = Outputs(choose_targets(named_outputs, settings), settings.output["pager"])
    if baseline is not None:
        baseline.refuse_outputs(outputs.targets)
    outputs.refuse(lambda path: reads_file(path, read, settings.config.settings))
    listed = [settings.config.settings.furniture_list]
    outputs.refuse(lambda path: is_same_file(path, listed), "is the list of furniture that is read")
    return outputs


def _say_notes(report: Any, baseline: BaselineFile | None, outputs: Outputs) -> None:
    """Print notes and warnings that do not stand in the verdict."""
    if baseline is not None and baseline.remark:
        say("note", baseline.remark)
    say_text_fields(report)
    if not outputs.shows_text():
        say_warnings(report)


def _find_revision(since: str | None, paths: tuple[str, ...]) -> Any:
    """The git revision of ``--since``, looked up before the scan, which may take long."""
    if since is None:
        return None
    from dedupe.gate.revision import Revision

    return Revision(since, paths)


def _exclude_patterns(settings: Settings, patterns: tuple[str, ...]) -> Settings:
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
    """Judge the report by the baseline, which is first rewritten with ``--update-baseline``.

    :param scanned: marks of all documents of the scan
    :param was_there: the documents that git has at the revision of ``--since``; none without it
    :returns: a ``VerdictView`` without options of an output
    """
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
    """This command line with ``--update-baseline`` and without its output options."""
    named = [] if settings.baseline else ["--baseline", HIDDEN_BASELINE]
    _, *kept = repeat_command() or ("check",)
    return shlex.join(["dedupe", "check", *named, "--update-baseline", *kept])


def _render(view: Any, settings: Settings, target: Target, tell: Tell) -> Iterator[bytes]:
    """The verdict, if the format has one; else the report with the new duplicates marked."""
    found = (*view.verdict.tolerated, *view.verdict.new)
    # A document that is a duplicate, and stands in another too, is told as a duplicate.
    new = {each.id: each for each in sorted(found, key=lambda each: each.relation.is_duplicate)}
    options = msgspec.structs.replace(make_options(target, settings.output, tell), new=new)
    chosen = FORMATS[target.format]
    if chosen.render_verdict is not None:
        return chosen.render_verdict(msgspec.structs.replace(view, options=options))
    return chosen.render(view.report, view.texts, options)
