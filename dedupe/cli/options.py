"""The options that commands share, declared once; defaults stand in ``model.settings``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, get_args

import click

from dedupe.cli.settings import GATE_DEFAULTS, OUTPUT_DEFAULTS, PATH_DEFAULTS
from dedupe.gate.limits import FAIL_RELATIONS
from dedupe.model.errors import ConfigError
from dedupe.model.settings import KEEP_RULES, Config, InputFormat, parse_size, split_keep
from dedupe.renderers.registry import FORMATS

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULTS = Config()


class ByteSize(click.ParamType):  # type: ignore[type-arg]
    """A number of bytes, or of KB, MB, GB, KiB, MiB, GiB."""

    name = "SIZE"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        try:
            return parse_size(value)
        except ConfigError as error:
            self.fail(str(error), param, ctx)


def _default(name: str) -> str:
    shown = {**OUTPUT_DEFAULTS, **GATE_DEFAULTS, **PATH_DEFAULTS}
    value = shown[name] if name in shown else getattr(_DEFAULTS, name)
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _option(flag: str, help: str, **attributes: Any) -> Callable[[Command], Command]:
    """An option whose default (unknown until files are read) is told in its help."""
    name = flag.removeprefix("--").replace("-", "_")
    default = _default(name)
    told = f"{help}  [default: {default}]" if default not in ("", "False", "None") else help
    return click.option(flag, name, default=None, help=told, **attributes)


def _switch(name: str, help: str) -> Callable[[Command], Command]:
    """A flag and its opposite, so that a flag can win over a file either way."""
    return click.option(f"--{name}/--no-{name}", default=None, help=help)


def _relations(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    """Relations written with commas; a word that is none is told with the other settings."""
    return tuple(each.strip() for value in values for each in value.split(","))


def _keep_rules(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    return tuple(rule for value in values for rule in split_keep(value)) or None


_LIMIT_OPTIONS: list[Callable[[Any], Any]] = [
    _option("--max-document-bytes", "Skip longer documents.", type=int, metavar="N"),
    _option("--max-line-bytes", "Skip longer lines of records.", type=int, metavar="N"),
    _option(
        "--max-unpacked-bytes",
        "Stop where one compressed file or archive becomes more.",
        type=int,
        metavar="N",
    ),
    _option(
        "--max-ratio",
        "Stop where part of one becomes more times its size (and 64 MB).",
        type=int,
        metavar="N",
    ),
    _option("--max-depth", "Skip records nested deeper.", type=int, metavar="N"),
    _option("--max-values", "Skip JSON records of more values.", type=int, metavar="N"),
    _option("--max-members", "Read no more members of one archive.", type=int, metavar="N"),
    _option("--max-tokens", "Skip documents of more tokens.", type=int, metavar="N"),
]

_MATCH_OPTIONS: list[Callable[[Any], Any]] = [
    _option(
        "--against",
        "Compare with the documents of this path too, but not these with one another; none of them "
        "is a duplicate. May be repeated.",
        multiple=True,
        type=click.Path(readable=False),
        metavar="PATH",
    ),
    _option(
        "--threshold",
        "Exact Jaccard at or above which two documents are duplicates.",
        type=float,
        metavar="J",
    ),
    _option("--shingle-size", "Tokens in a shingle.", type=int, metavar="N"),
    _option("--num-perm", "Permutations: the length of a signature.", type=int, metavar="N"),
    _option(
        "--recall",
        "Share of the pairs at the threshold that must be found.",
        type=float,
        metavar="R",
    ),
    _option("--seed", "Seed of the permutations.", type=int, metavar="N"),
]

_CLUSTER_OPTIONS: list[Callable[[Any], Any]] = [
    _option(
        "--linkage",
        "How pairs make clusters: star cannot chain, single joins whatever is connected, "
        "complete wants every two members to be duplicates.",
        type=click.Choice(["star", "single", "complete"]),
    ),
    _option(
        "--keep",
        f"Rules that order the documents, comma-separated: {', '.join(KEEP_RULES)}, "
        "site=A,B. The first of a cluster is its representative.",
        multiple=True,
        metavar="RULES",
        callback=_keep_rules,
    ),
    _option(
        "--max-bucket",
        "Documents in one LSH bucket above which only leads are compared.",
        type=int,
        metavar="N",
    ),
]

_READ_OPTIONS: list[Callable[[Any], Any]] = [
    _option(
        "--text-field",
        "Field of a record that holds its text, as a dotted path; several are joined. Without it "
        "the usual names are tried.",
        multiple=True,
        metavar="NAME",
    ),
    _option("--id-field", "Field of a record that holds its id, as a dotted path.", metavar="NAME"),
    _option(
        "--meta-field",
        "Field of a record to carry into the report; may be repeated. Date, url and site are "
        "found by themselves.",
        multiple=True,
        metavar="NAME",
    ),
    _option(
        "--input-format",
        "How to read files and standard input; auto goes by ending and content.",
        type=click.Choice(get_args(InputFormat)),
    ),
    _option(
        "--text-format",
        "What the text field of a record holds; html is read like a page.",
        type=click.Choice(["text", "html"]),
    ),
    _option(
        "--html",
        "What is taken of a page: its article, all visible text, or its source.",
        type=click.Choice(["article", "text", "raw"]),
    ),
    _option(
        "--html-max-bytes",
        "A longer page is read without its layout.",
        type=int,
        metavar="N",
    ),
    _option(
        "--html-max-depth",
        "So is one whose elements are nested deeper.",
        type=int,
        metavar="N",
    ),
    _option(
        "--html-max-elements",
        "So is one with more elements.",
        type=int,
        metavar="N",
    ),
    _option(
        "--html-max-attributes",
        "So is one with an element of more attributes.",
        type=int,
        metavar="N",
    ),
    _option(
        "--html-max-seconds",
        "So is one that takes longer.",
        type=float,
        metavar="S",
    ),
    _option(
        "--glob",
        "Take only files below a folder that match; may be repeated.",
        multiple=True,
        metavar="PATTERN",
    ),
    _option(
        "--exclude",
        "Leave out files and folders that match; may be repeated.",
        multiple=True,
        metavar="PATTERN",
    ),
    click.option(
        "--ignore/--no-ignore",
        default=None,
        help="Leave out of folders what .gitignore and .dedupeignore name, or take it too.  "
        "[default: ignore]",
    ),
    *_LIMIT_OPTIONS,
]

_KERNELS_OPTION = _option(
    "--kernels",
    "Implementation to use; results are the same.",
    type=click.Choice(["auto", "compiled", "plain"]),
)

_SCAN_OPTIONS: list[Callable[[Any], Any]] = [
    *_MATCH_OPTIONS,
    *_CLUSTER_OPTIONS,
    *_READ_OPTIONS,
    _option(
        "--max-memory",
        "Memory to stay below, about, such as 1GB; what it is not to hold goes through the work "
        "folder. 0 for no bound.",
        type=ByteSize(),
    ),
    _option(
        "--work-dir",
        "Folder for that, instead of the system's temporary one.",
        type=click.Path(file_okay=False, readable=False),
        metavar="DIR",
    ),
    _option("--workers", "Threads; 0 is one for each processor.", type=int, metavar="N"),
    _KERNELS_OPTION,
    _option(
        "--on-error",
        "What cannot be read: skip it and tell, or fail at once.",
        type=click.Choice(["skip", "fail"]),
    ),
    _switch("embed-text", "Store the texts of clustered documents in the report."),
]

_COLOR_OPTION = _option(
    "--color",
    "Colour the text format; auto goes by the terminal and NO_COLOR, CLICOLOR, …",
    type=click.Choice(["auto", "always", "never"]),
)

_RENDER_OPTIONS: list[Callable[[Any], Any]] = [
    _option(
        "--format",
        "What to write: of standard output, and of each --output that names none itself.",
        type=click.Choice([*FORMATS]),
    ),
    _option(
        "--diff",
        "How much of each difference text and markdown show; html shows all or none.",
        type=click.Choice(["none", "summary", "hunks", "full"]),
    ),
    _option("--top", "Clusters that text and markdown show; 0 for all.", type=int, metavar="N"),
    _option(
        "--markdown-limit",
        "Bytes that markdown may have. The default fits a comment on GitHub; a step summary takes "
        "1048576.",
        type=int,
        metavar="N",
    ),
    _COLOR_OPTION,
]

_PROGRESS_OPTIONS: list[Callable[[Any], Any]] = [
    _switch("progress", "Show progress on standard error.  [default: on a terminal]"),
    _switch("verbose", "Show what each stage took: time, throughput, memory."),
]

_EXIT_OPTIONS: list[Callable[[Any], Any]] = [
    _switch("exit-code", "Exit with 1 when duplicates are found, like git diff."),
]

_CONFIG_OPTION = click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, readable=False),
    metavar="FILE",
    help="Read settings from this file instead of the nearest dedupe.toml or pyproject.toml.",
)

_RUN_OPTIONS: list[Callable[[Any], Any]] = [
    _switch("quiet", "No progress, warnings or notes on standard error."),
    _CONFIG_OPTION,
]


_GATE_OPTIONS: list[Callable[[Any], Any]] = [
    click.option(
        "--max-duplicates",
        type=click.IntRange(0),
        metavar="N",
        help="New duplicates that are let through.  [default: 0, or any with a ratio]",
    ),
    click.option(
        "--max-duplicate-ratio",
        type=float,
        metavar="R",
        help="Share of all documents that new duplicates may be.  [default: any]",
    ),
    _option(
        "--fail-on",
        f"Relations that count, comma-separated: {', '.join(FAIL_RELATIONS)}.",
        multiple=True,
        metavar="RELATIONS",
        callback=_relations,
    ),
    click.option(
        "--baseline",
        type=click.Path(dir_okay=False, readable=False),
        metavar="FILE",
        help="File of the duplicates that are known, which are let through.",
    ),
]

_FILES_FROM = click.option(
    "--files-from",
    "files_from",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Scan also the paths that this file (- for standard input) lists: one a line, or "
    "separated by NUL bytes.",
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
            help="text for people, json for programs.  [default: text]",
        ),
        _option(
            "--diff",
            "How much of the difference is shown; none is the quickest.",
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
        help="Write the report to this file (replacing it) instead of standard output, which is "
        "-. May be repeated. Without FORMAT: that of --format, or the one that the ending tells.",
    )(command)


def _add(options: list[Callable[[Any], Any]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
