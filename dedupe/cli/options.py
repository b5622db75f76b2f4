"""The options that commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, get_args

import click

from dedupe.cli.declaring import (
    ByteSize,
    Command,
    CountOrAuto,
    declare_option,
    declare_switch,
    split_find,
    split_keep_rules,
    split_relations,
)
from dedupe.cli.messages import ColorChoice
from dedupe.cli.read_options import READ_OPTIONS
from dedupe.cli.settings import DIFF_CHOICES, ENGINES
from dedupe.gate.limits import FAIL_RELATIONS
from dedupe.model.keep_rules import KEEP_RULES
from dedupe.model.relations import DROPPED_IF_ASKED
from dedupe.model.settings import FurnitureMode, KernelChoice, Linkage, OnError
from dedupe.renderers.registry import FORMATS

_MATCH_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--against",
        "Also compare with the reference documents of this file or folder. They are not compared "
        "with one another and are never duplicates themselves. May be repeated.",
        multiple=True,
        type=click.Path(readable=False),
        metavar="PATH",
    ),
    declare_option(
        "--threshold",
        "Lowest exact Jaccard, from 0 to 1, at which two documents are duplicates.",
        short="-t",
        type=float,
        metavar="J",
    ),
    declare_option(
        "--shingle-size",
        "Number of consecutive tokens (words) in a shingle; documents are compared by shingles.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--num-perm",
        "Number of MinHash permutations, which is the number of values in a signature.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--recall",
        "Share of the pairs with a Jaccard of exactly the threshold that a scan must find; of "
        "pairs above the threshold it finds more.",
        type=float,
        metavar="R",
    ),
    declare_option("--seed", "Seed of the MinHash permutations.", type=int, metavar="N"),
    declare_option(
        "--min-tokens",
        "Do not compare documents of fewer than N tokens (words), such as captions and "
        "placeholders; they are counted, and apply keeps them.",
        type=int,
        metavar="N",
    ),
    declare_switch(
        "ignore-numbers",
        "Take all tokens (words) of digits alone for the same one: documents that differ in "
        "numbers only are then duplicates, which finds forms.",
    ),
    declare_option(
        "--find",
        "What to look for besides near-duplicates, separated by commas: contained (documents that "
        "stand in others), passages (that two documents share).",
        multiple=True,
        metavar="WHAT",
        callback=split_find,
    ),
    declare_option(
        "--min-passage",
        "Tokens (words) of the shortest shared passage; a document of fewer than N shingles is "
        "never called contained.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--containment",
        "Lowest share of a document's shingles, from 0 to 1, at which it stands in another.",
        type=float,
        metavar="C",
    ),
]

_CLUSTER_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--linkage",
        "How duplicate pairs become clusters. star: every member is a duplicate of the "
        "representative; single: all connected documents; complete: every two members are "
        "duplicates.",
        type=click.Choice(get_args(Linkage)),
    ),
    declare_option(
        "--keep",
        "Rules that choose the document of a cluster that is kept, its representative; separated "
        f"by commas, the first rule decides: {', '.join(KEEP_RULES)}, site=A,B.",
        multiple=True,
        metavar="RULES",
        callback=split_keep_rules,
    ),
    declare_option(
        "--max-bucket",
        "In an LSH bucket of more than N distinct documents, compare only a few of them with all "
        "the others.",
        type=int,
        metavar="N",
    ),
    declare_option(
        "--furniture",
        "What to do with passages that a site or the corpus repeats, such as menus and notices: "
        "keep them, report which duplicates rest on them, or ignore them in the comparison.",
        type=click.Choice(get_args(FurnitureMode)),
    ),
    declare_option(
        "--furniture-list",
        "Take the passages of this file for the furniture, instead of searching for it; the format "
        "furniture writes such a list.",
        type=click.Path(dir_okay=False, readable=False),
        metavar="FILE",
    ),
]

_KERNELS_OPTION = declare_option(
    "--kernels",
    "Implementation that sketches and compares: compiled, or plain Python, which is slower; the "
    "results are the same.",
    type=click.Choice(get_args(KernelChoice)),
)

_SCAN_OPTIONS: list[Callable[[Any], Any]] = [
    *_MATCH_OPTIONS,
    *_CLUSTER_OPTIONS,
    *READ_OPTIONS,
    declare_option(
        "--max-memory",
        "Approximate memory that the scan may use, such as 1GB; data beyond it goes to files in "
        "--work-dir. 0 for no limit.",
        type=ByteSize(),
    ),
    declare_option(
        "--work-dir",
        "Folder for the temporary files of the scan, instead of the system's.",
        type=click.Path(file_okay=False, readable=False),
        metavar="DIR",
    ),
    declare_option(
        "--workers",
        "Number of threads that sketch and compare; 0 for one per processor.",
        short="-j",
        type=int,
        metavar="N",
    ),
    _KERNELS_OPTION,
    declare_option(
        "--on-error",
        "What to do if a document cannot be read: skip it and say so, or end with an error.",
        type=click.Choice(get_args(OnError)),
    ),
    declare_switch(
        "embed-text",
        "Store the texts of clustered documents in the report, so that it shows differences "
        "without the files.",
    ),
]

_COLOR_OPTION = declare_option(
    "--color",
    "Whether to colour the format text; auto decides by the terminal and NO_COLOR, CLICOLOR, …",
    type=click.Choice(get_args(ColorChoice)),
)

_PAGER_OPTION = declare_switch(
    "pager",
    "Whether what is longer than the terminal goes through a pager: DEDUPE_PAGER, PAGER or less; "
    "never in a pipe.  [default: pager]",
)

_RENDER_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--format",
        "Format of the report on standard output, and of each --output without a FORMAT.",
        short="-f",
        type=click.Choice([*FORMATS]),
    ),
    declare_option(
        "--diff",
        "How much of each difference the formats text and markdown show; html shows all or none. "
        "--diff alone is --diff hunks: text then shows the differences of all members, not only "
        "of the most different one.",
        type=click.Choice(DIFF_CHOICES),
    ),
    declare_option(
        "--top",
        "How many clusters the formats text and markdown show, those with the most redundant words "
        "first, and how many members of each text does; 0 for all. auto: text fills a screen, of "
        "60 lines at most, and markdown shows 20.",
        type=CountOrAuto(),
        metavar="N",
    ),
    declare_option(
        "--markdown-limit",
        "Most bytes of a report in the format markdown. The default fits a comment on GitHub; a "
        "step summary takes 1048576.",
        type=int,
        metavar="N",
    ),
    _COLOR_OPTION,
    _PAGER_OPTION,
]

_PROGRESS_OPTIONS: list[Callable[[Any], Any]] = [
    declare_switch("progress", "Show progress on standard error.  [default: on a terminal]"),
    declare_switch(
        "verbose", "Show time, throughput and memory of each stage on standard error.", short="-v"
    ),
]

_EXIT_OPTIONS: list[Callable[[Any], Any]] = [
    declare_switch("exit-code", "Exit with 1 if duplicates are found, like git diff --exit-code."),
]

_ENGINE_OPTIONS: list[Callable[[Any], Any]] = [
    declare_option(
        "--engine",
        "What runs the scan: this machine, or Spark, with the same result (see docs/scale.md).",
        type=click.Choice(ENGINES),
    ),
    declare_option(
        "--master",
        "Where Spark runs, as in spark-submit: local[4], spark://HOST:7077, yarn, k8s://…; without "
        "it, as spark-submit says, else on this machine.",
        metavar="URL",
    ),
    declare_option(
        "--tables",
        "Also write pairs, members of clusters and skipped documents as Parquet tables into this "
        "new folder; with --engine spark on any file system that Spark knows.",
        type=click.Path(readable=False),
        metavar="FOLDER",
    ),
    declare_switch("overwrite-tables", "Replace tables that --tables has written there before."),
    declare_switch(
        "tables-alone",
        "With --engine spark: write the tables, and no report, so that pairs and clusters never "
        "need to fit one machine.",
    ),
]

_CONFIG_OPTION = click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, readable=False),
    metavar="FILE",
    help="Read settings from this file instead of the nearest dedupe.toml or pyproject.toml.",
)

_RUN_OPTIONS: list[Callable[[Any], Any]] = [
    declare_switch("quiet", "Show no progress, warnings or notes on standard error.", short="-q"),
    _CONFIG_OPTION,
]


_GATE_OPTIONS: list[Callable[[Any], Any]] = [
    click.option(
        "--max-duplicates",
        type=click.IntRange(0),
        metavar="N",
        help="Pass with up to N new duplicates.  [default: 0; any number if --max-duplicate-ratio "
        "is given]",
    ),
    click.option(
        "--max-duplicate-ratio",
        type=float,
        metavar="R",
        help="Pass if new duplicates are at most this share (0 to 1) of all documents.  "
        "[default: any]",
    ),
    declare_option(
        "--fail-on",
        "Relations of new duplicates that make the check fail, separated by commas: "
        f"{', '.join(FAIL_RELATIONS)} (these by default), {', '.join(DROPPED_IF_ASKED)}.",
        multiple=True,
        metavar="RELATIONS",
        callback=split_relations,
    ),
    click.option(
        "--baseline",
        type=click.Path(dir_okay=False, readable=False),
        metavar="FILE",
        help="File of known duplicates, which do not count as new; --update-baseline writes it.",
    ),
]

_FILES_FROM = click.option(
    "--files-from",
    "files_from",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Also scan the paths listed in this file (- for standard input): one path a line, or "
    "separated by NUL bytes.",
)


def scan_options(command: Command) -> Command:
    """Every option that can also stand in a settings file, and ``--config``."""
    groups = (_SCAN_OPTIONS, _RENDER_OPTIONS, _EXIT_OPTIONS, _PROGRESS_OPTIONS, _ENGINE_OPTIONS)
    return _add([*chain.from_iterable(groups), *_RUN_OPTIONS], command)


def clean_options(command: Command) -> Command:
    """The options of a scan that fit a corpus that is written anew."""
    scan = [*_SCAN_OPTIONS, *_EXIT_OPTIONS, *_PROGRESS_OPTIONS, *_RUN_OPTIONS]
    return _add(scan, command)


def check_options(command: Command) -> Command:
    """The options of a scan without ``--exit-code``, and those of the gate."""
    return gate_options(
        _add(_SCAN_OPTIONS + _RENDER_OPTIONS + _PROGRESS_OPTIONS + _RUN_OPTIONS, command)
    )


def gate_options(command: Command) -> Command:
    """The limits of the gate, and its baseline."""
    return _add(_GATE_OPTIONS, command)


def path_arguments(command: Command) -> Command:
    """The arguments PATH, and ``--files-from``."""
    paths = click.argument("paths", nargs=-1, metavar="PATH...", type=click.Path(readable=False))
    return _add([paths, _FILES_FROM], command)


def explain_options(command: Command) -> Command:
    """The options of a scan that can change the relation of two documents, and of the output."""
    shown = [
        click.option(
            "-f",
            "--format",
            type=click.Choice(["text", "json"]),
            help="Format of the explanation: text for people, json for programs.  [default: text]",
        ),
        declare_option(
            "--diff",
            "How much of the difference to show; none is the quickest.",
            type=click.Choice(DIFF_CHOICES),
        ),
        _COLOR_OPTION,
        _PAGER_OPTION,
        _CONFIG_OPTION,
    ]
    return _add([*_MATCH_OPTIONS, *READ_OPTIONS, _KERNELS_OPTION, *shown], command)


def report_options(command: Command) -> Command:
    """The options of how a report is shown, and ``--config``."""
    return _add(_RENDER_OPTIONS + _EXIT_OPTIONS + _RUN_OPTIONS, command)


def output_option(command: Command) -> Command:
    """``--output``, which may be repeated."""
    return click.option(
        "-o",
        "--output",
        "named_outputs",
        multiple=True,
        metavar="[FORMAT:]FILE",
        help="Write the report to this file (replacing it), or to standard output if FILE is -. "
        "May be repeated. Without FORMAT, the format is that of --format if given, else that of "
        "the file name's ending.",
    )(command)


def _add(options: list[Callable[[Any], Any]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
