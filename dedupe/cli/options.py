"""The options that commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from dedupe.cli.declaring import (
    ByteSize,
    Command,
    declare_option,
    declare_switch,
    split_keep_rules,
    split_relations,
)
from dedupe.gate.limits import FAIL_RELATIONS
from dedupe.model.formats import input_formats
from dedupe.model.settings import KEEP_RULES
from dedupe.renderers.registry import FORMATS

_LIMIT_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option("--max-document-bytes", "Skip documents of more bytes.", type=int, metavar="N"),
    declare_option(
        "--max-line-bytes", "In files of records, skip lines of more bytes.", type=int, metavar="N"
    ),
    declare_option(
        "--max-unpacked-bytes",
        "Stop reading a compressed file or archive that becomes more than so many bytes.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--max-ratio",
        "Stop reading a compressed file of which a part grows to more than so many times its size, "
        "once that is over 64 MB.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--max-depth",
        "Skip records whose lists and objects are nested deeper.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--max-values", "Skip JSON records that hold more values.", type=int, metavar="N"
    ),
    declare_option(
        "--max-members", "Read only the first so many members of an archive.", type=int, metavar="N"
    ),
    declare_option("--max-tokens", "Skip documents of more tokens (words).", type=int, metavar="N"),
]

_MATCH_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--against",
        "Compare also with the documents of this path (an archive): they are not compared with one "
        "another, and are never duplicates themselves. May be repeated.",
        multiple=True,
        type=click.Path(readable=False),
        metavar="PATH",
    ),
    declare_option(
        "--threshold",
        "How alike duplicates are at least: their exact Jaccard, from 0 to 1.",
        type=float,
        metavar="J",
    ),
    declare_option("--shingle-size", "Tokens (words) in a shingle.", type=int, metavar="N"),
    declare_option(
        "--num-perm",
        "Permutations of MinHash: how many values a signature has.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--recall",
        "Share of the pairs exactly at the threshold that must be found; above it more are.",
        type=float,
        metavar="R",
    ),
    declare_option("--seed", "Seed of the permutations of MinHash.", type=int, metavar="N"),
]

_CLUSTER_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--linkage",
        "How pairs make clusters: star cannot chain, single joins whatever is connected, "
        "complete wants every two members to be duplicates.",
        type=click.Choice(["star", "single", "complete"]),
    ),
    declare_option(
        "--keep",
        "Which document of a cluster is kept, its representative: the first by these rules, "
        f"comma-separated: {', '.join(KEEP_RULES)}, site=A,B.",
        multiple=True,
        metavar="RULES",
        callback=split_keep_rules,
    ),
    declare_option(
        "--max-bucket",
        "In an LSH bucket of more distinct documents, compare only a few of them with all others.",
        type=int,
        metavar="N",
    ),
]

_READ_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--text-field",
        "Field of a record that holds its text, as a dotted path. May be repeated: the texts are "
        "joined. Without this option the usual names are tried.",
        multiple=True,
        metavar="NAME",
    ),
    declare_option(
        "--id-field", "Field of a record that holds its id, as a dotted path.", metavar="NAME"
    ),
    declare_option(
        "--meta-field",
        "Field of a record to carry into the report, as a dotted path. May be repeated. Date, url "
        "and site are found without it.",
        multiple=True,
        metavar="NAME",
    ),
    declare_option(
        "--input-format",
        "As what to read files and standard input; auto goes by ending and content.",
        type=click.Choice(input_formats()),
    ),
    declare_option(
        "--text-format",
        "What the text field of a record holds: plain text, or HTML, which is read like a page.",
        type=click.Choice(["text", "html"]),
    ),
    declare_option(
        "--html",
        "What is taken of an HTML page: its article, all visible text, or its source.",
        type=click.Choice(["article", "text", "raw"]),
    ),
    declare_option(
        "--html-max-bytes",
        "Read only the plain text of an HTML page of more bytes, not its article.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--html-max-depth",
        "Read only the plain text of an HTML page whose elements are nested deeper.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--html-max-elements",
        "Read only the plain text of an HTML page with more elements.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--html-max-attributes",
        "Read only the plain text of an HTML page with an element of more attributes.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--html-max-seconds",
        "Read only the plain text of an HTML page whose article takes longer to find.",
        type=float,
        metavar="S",
    ),
    declare_option(
        "--glob",
        "Of folders, read only files whose path or name matches. May be repeated.",
        multiple=True,
        metavar="PATTERN",
    ),
    declare_option(
        "--exclude",
        "Leave out files and folders whose path or name matches. May be repeated.",
        multiple=True,
        metavar="PATTERN",
    ),
    click.option(
        "--ignore/--no-ignore",
        default=None,
        help="Leave out what .gitignore and .dedupeignore name, or read it too.  [default: ignore]",
    ),
    *_LIMIT_OPTIONS,
]

_KERNELS_OPTION = declare_option(
    "--kernels",
    "Which implementation sketches and compares; the results are the same.",
    type=click.Choice(["auto", "compiled", "plain"]),
)

_SCAN_OPTIONS: list[Callable[[Any], Any]] = [
    *_MATCH_OPTIONS,
    *_CLUSTER_OPTIONS,
    *_READ_OPTIONS,
    declare_option(
        "--max-memory",
        "Memory that the scan may take, about, such as 1GB; the rest goes through files in "
        "--work-dir. 0 for no bound.",
        type=ByteSize(),
    ),
    declare_option(
        "--work-dir",
        "Folder for temporary files, instead of the system's.",
        type=click.Path(file_okay=False, readable=False),
        metavar="DIR",
    ),
    declare_option(
        "--workers",
        "Threads that sketch and compare; 0 for one a processor.",
        type=int,
        metavar="N",
    ),
    _KERNELS_OPTION,
    declare_option(
        "--on-error",
        "Where a document cannot be read: skip it and say so, or end with an error.",
        type=click.Choice(["skip", "fail"]),
    ),
    declare_switch(
        "embed-text",
        "Store the texts of clustered documents in the report, so that diffs need no files.",
    ),
]

_COLOR_OPTION = declare_option(
    "--color",
    "Colour the format text; auto goes by the terminal and NO_COLOR, CLICOLOR, …",
    type=click.Choice(["auto", "always", "never"]),
)

_RENDER_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--format",
        "Format of standard output, and of each --output whose name does not tell one.",
        type=click.Choice([*FORMATS]),
    ),
    declare_option(
        "--diff",
        "How much of each difference the formats text and markdown show; html shows all or none.",
        type=click.Choice(["none", "summary", "hunks", "full"]),
    ),
    declare_option(
        "--top",
        "How many clusters the formats text and markdown show; 0 for all.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--markdown-limit",
        "Most bytes of the format markdown. The default fits a comment on GitHub; a step summary "
        "takes 1048576.",
        type=int,
        metavar="N",
    ),
    _COLOR_OPTION,
]

_PROGRESS_OPTIONS: list[Callable[[Any], Any]] = [
    declare_switch("progress", "Show progress on standard error.  [default: on a terminal]"),
    declare_switch(
        "verbose", "Show on standard error what each stage took: time, throughput, memory."
    ),
]

_EXIT_OPTIONS: list[Callable[[Any], Any]] = [
    declare_switch("exit-code", "Exit with 1 when duplicates are found, like git diff."),
]

_CONFIG_OPTION = click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, readable=False),
    metavar="FILE",
    help="Read settings from this file instead of the nearest dedupe.toml or pyproject.toml.",
)

_RUN_OPTIONS: list[Callable[[Any], Any]] = [
    declare_switch("quiet", "No progress, warnings or notes on standard error."),
    _CONFIG_OPTION,
]


_GATE_OPTIONS: list[Callable[[Any], Any]] = [
    click.option(
        "--max-duplicates",
        type=click.IntRange(0),
        metavar="N",
        help="Let so many new duplicates pass.  [default: 0, or any with --max-duplicate-ratio]",
    ),
    click.option(
        "--max-duplicate-ratio",
        type=float,
        metavar="R",
        help="Let new duplicates pass up to this share of all documents.  [default: any]",
    ),
    declare_option(
        "--fail-on",
        f"Which duplicates fail the gate, comma-separated: {', '.join(FAIL_RELATIONS)}.",
        multiple=True,
        metavar="RELATIONS",
        callback=split_relations,
    ),
    click.option(
        "--baseline",
        type=click.Path(dir_okay=False, readable=False),
        metavar="FILE",
        help="File of known duplicates, which pass; --update-baseline writes it.",
    ),
]

_FILES_FROM = click.option(
    "--files-from",
    "files_from",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Scan also the paths that are listed in this file (- for standard input): one a line, "
    "or separated by NUL bytes.",
)


def scan_options(command: Command) -> Command:
    """Every option that can also stand in a settings file, and ``--config``."""
    return _add(
        _SCAN_OPTIONS + _RENDER_OPTIONS + _EXIT_OPTIONS + _PROGRESS_OPTIONS + _RUN_OPTIONS, command
    )


def check_options(command: Command) -> Command:
    """The same for the gate, which always tells by its exit code, and its own."""
    return gate_options(
        _add(_SCAN_OPTIONS + _RENDER_OPTIONS + _PROGRESS_OPTIONS + _RUN_OPTIONS, command)
    )


def gate_options(command: Command) -> Command:
    """The limits of the gate, and its baseline."""
    return _add(_GATE_OPTIONS, command)


def path_arguments(command: Command) -> Command:
    """What to scan."""
    paths = click.argument("paths", nargs=-1, metavar="PATH...", type=click.Path(readable=False))
    return _add([paths, _FILES_FROM], command)


def explain_options(command: Command) -> Command:
    """Those of a scan on which it depends what two documents are to each other."""
    shown = [
        click.option(
            "--format",
            type=click.Choice(["text", "json"]),
            help="Format of the explanation: text for people, json for programs.  [default: text]",
        ),
        declare_option(
            "--diff",
            "How much of the difference to show; none is the quickest.",
            type=click.Choice(["none", "summary", "hunks", "full"]),
        ),
        _COLOR_OPTION,
        _CONFIG_OPTION,
    ]
    return _add([*_MATCH_OPTIONS, *_READ_OPTIONS, _KERNELS_OPTION, *shown], command)


def report_options(command: Command) -> Command:
    """Those that say how a report is shown, and ``--config``."""
    return _add(_RENDER_OPTIONS + _EXIT_OPTIONS + _RUN_OPTIONS, command)


def output_option(command: Command) -> Command:
    """``--output``, which may be repeated."""
    return click.option(
        "--output",
        "outputs",
        multiple=True,
        metavar="[FORMAT:]FILE",
        help="Write the report to this file (replacing it), - for standard output. May be "
        "repeated. Without FORMAT: that of --format, or the one that the ending tells.",
    )(command)


def _add(options: list[Callable[[Any], Any]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
