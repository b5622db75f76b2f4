"""Commands to try next, ready to copy, at the end of the text report on a terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from dedupe.model.report import Report
from dedupe.model.settings import ScanSettings
from dedupe.renderers.view.selection import order_clusters
from dedupe.renderers.view.shared import FIND_CONTAINED, may_look_inside
from dedupe.renderers.view.terminal import Canvas, Piece, escape_text, prose

HINT_PATHS: Final = 3
PACKED_ENDINGS: Final = (".gz", ".bz2", ".xz", ".zst")
_HINTED_ID: Final = re.compile(r"[\w./][\w./ :#-]{0,59}")


def hint_lines(report: Report, canvas: Canvas, again: Sequence[str] = ()) -> str:
    """What people do next: look at all of it, drop the duplicates, ask why two are some.

    :param again: the words of the command, without its outputs, that made this report (none: a
        scan of the paths that the report names)
    """
    if not report.corpus.cluster_count:
        return _wider_hints(report, canvas)
    if "-" in report.run.paths:
        return ""
    command = [*map(shlex.quote, again)] or ["scan", *_named_paths(report)]
    lines = _hint("Next: look ", _with_output(command, "report.html"), canvas)
    for label, words in zip(_CLEAN_LABELS, _clean_commands(report, command), strict=False):
        lines += _hint(label, words, canvas)
    if why := _explain_command(report):
        lines += _hint("      ask  ", why, canvas)
    return lines


_CLEAN_LABELS: Final = ("      clean", "           ")

_SCAN_ONLY: Final = re.compile(
    r"-f.*|--(format|top|diff|color|(no-)?pager|markdown-limit|engine|master|.*tables)(=.*)?"
)
"""Words that ``clean`` does not know."""


def _clean_commands(report: Report, command: Sequence[str]) -> list[list[str]]:
    """The commands that write the corpus without its duplicates: one, if ``clean`` can do it."""
    name = _clean_name(report)
    if command[0] == "scan" and not any(map(_SCAN_ONLY.fullmatch, command)):
        return [["clean", *_with_output(command, name)[1:]]]
    return [_with_output(command, "report.json"), ["apply", "report.json", "--output", name]]


def _wider_hints(report: Report, canvas: Canvas) -> str:
    """Commands that find more, where nothing was found."""
    command, threshold = ["scan", *_named_paths(report)], report.config.threshold
    lines = ""
    if may_look_inside(report):
        wider = [*command, "--find", FIND_CONTAINED]
        lines += _hint("For excerpts and cut copies:", wider, canvas)
    if threshold > 0.3:
        looser = [*command, "--threshold", f"{round(threshold - 0.2, 6):g}"]
        lines += _hint("For looser pairs:", looser, canvas)
    return lines


def _clean_name(report: Report) -> str:
    """The name for the clean corpus: a folder, or a file with the ending of the scanned one."""
    paths = report.run.paths
    if len(paths) != 1 or all(source.path != paths[0] for source in report.run.sources):
        return "clean"
    *_, inner, last = ["", "", *PurePath(paths[0]).suffixes]
    return shlex.quote("clean" + (inner if last in PACKED_ENDINGS else "") + last)


def _with_output(command: Sequence[str], file: str) -> list[str]:
    at = 1 if "--" in command else len(command)
    return [*command[:at], "--output", file, *command[at:]]


def _hint(purpose: str, command: Sequence[str], canvas: Canvas) -> str:
    text = " ".join(["dedupe", *map(escape_text, command)])
    label = Piece(purpose, "dim")
    return canvas.flow([label, *prose(text, "accent")], 0, len(purpose) + 3)


def _named_paths(report: Report) -> list[str]:
    """The arguments that name what was scanned, quoted for a shell; of many paths the first."""
    references = [word for path in report.run.against for word in ("--against", shlex.quote(path))]
    paths = report.run.paths
    shown = paths if len(paths) <= HINT_PATHS else paths[: HINT_PATHS - 1]
    return [*references, *map(shlex.quote, shown), *(["…"] if len(shown) < len(paths) else [])]


def _explain_command(report: Report) -> list[str]:
    """A ``dedupe explain`` command for the most different pair of the first cluster that is shown.

    Empty if the command would be long, or would read the documents differently than the scan.
    """
    paths, config = report.run.paths, report.config
    differing = [each for each in report.clusters if each.weakest_link.jaccard < 1]
    several = report.run.against or not 0 < len(paths) <= HINT_PATHS
    if several or "-" in paths or not differing:
        return []
    names = "threshold", "linkage", "keep", "max_bucket", "embed_text"
    usual = ScanSettings(**{name: getattr(config, name) for name in names})
    first = order_clusters(differing)[0]
    ids = first.representative, first.weakest_link.id
    if config != usual or any(not _HINTED_ID.fullmatch(id) for id in ids):
        return []
    command = ["explain", *map(shlex.quote, ids)]
    for path in paths:
        command += ["--in", shlex.quote(path)]
    if config.threshold != ScanSettings().threshold:
        command += ["--threshold", f"{config.threshold:g}"]
    return command
