"""Commands whose help is in groups: ``--help`` shows the options that matter, ``--help-all`` all.

An option that the tables here do not name stands under "Options", in both: what only one command
has. So does one that would be alone in its group: a heading over one option says nothing, and in
commands without a gate "The gate" would be wrong of ``--decisions``.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import click

from dedupe.cli.pager import write_paged
from dedupe.cli.settings import DIFF_CHOICES
from dedupe.model.nearest import did_you_mean

HELP: Final = "Help"

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "What is compared": (
        "files_from",
        "against",
        "glob",
        "exclude",
        "ignore",
        "follow",
        "all_files",
    ),
    "What is a duplicate": (
        "threshold",
        "shingle_size",
        "find",
        "min_passage",
        "containment",
        "min_tokens",
        "ignore_numbers",
        "furniture",
        "furniture_list",
        "linkage",
        "keep",
        "num_perm",
        "recall",
        "seed",
        "max_bucket",
    ),
    "How it is read": (
        "text_field",
        "id_field",
        "meta_field",
        "date_field",
        "no_header",
        "input_format",
        "text_format",
        "html",
        "html_max_bytes",
        "html_max_depth",
        "html_max_elements",
        "html_max_attributes",
        "html_max_seconds",
        "records",
        "encoding",
        "keep_stream",
        "on_error",
    ),
    "Limits and resources": (
        "workers",
        "max_memory",
        "work_dir",
        "max_document_bytes",
        "max_line_bytes",
        "max_unpacked_bytes",
        "max_ratio",
        "max_depth",
        "max_values",
        "max_members",
        "max_tokens",
        "max_window",
        "kernels",
        "engine",
        "master",
    ),
    "The gate": (
        "baseline",
        "update_baseline",
        "decisions",
        "since",
        "fail_on",
        "max_duplicates",
        "max_duplicate_ratio",
    ),
    "What is written": (
        "output",
        "format",
        "diff",
        "top",
        "color",
        "pager",
        "markdown_limit",
        "embed_text",
        "tables",
        "overwrite_tables",
        "tables_alone",
        "exit_code",
        "quiet",
        "verbose",
        "progress",
        "config",
    ),
    HELP: ("help", "help_all"),
}
"""The groups, and the names of their options, in the order of the help."""

COMMON: Final = frozenset(
    (
        "against",
        "glob",
        "exclude",
        "threshold",
        "find",
        "min_tokens",
        "furniture",
        "keep",
        "text_field",
        "id_field",
        "input_format",
        "workers",
        "max_memory",
        "output",
        "format",
        "diff",
        "top",
        "exit_code",
        "quiet",
        "verbose",
        "baseline",
        "update_baseline",
        "since",
        "fail_on",
    )
)
"""Options of the groups that ``--help`` shows too."""

SMALL: Final = 16
"""A command of so few options shows all of them in ``--help`` too."""


class GroupedCommand(click.Command):
    """A command with options in groups, ``--help-all``, and ``--diff`` with or without a value."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        params = super().get_params(ctx)
        return [*params, _HELP_ALL] if self.hides_options() else params

    def hides_options(self) -> bool:
        """Whether ``--help`` leaves options out."""
        groups = _group(self.params)
        return len(groups) > SMALL and not all(map(is_common, groups, groups.values()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, complete_diff(args))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups; without those of the options that are seldom needed."""
        shows_all = ctx.meta.get(_SHOWS_ALL, not self.hides_options())
        records: dict[str, dict[str, tuple[str, str]]] = {}
        hidden = 0
        params = self.get_params(ctx)
        groups = _group(params)
        for param in params:
            name, record = name_of(param), param.get_help_record(ctx)
            if not name or record is None:
                continue
            if not shows_all and not is_common(name, groups[name]):
                hidden += 1
                continue
            records.setdefault(groups[name], {})[name] = record
        for heading, names in [(OTHERS, ()), *GROUPS.items()]:
            found = records.get(heading, {})
            ordered = [name for name in names if name in found] or [*found]
            if ordered:
                with formatter.section(heading):
                    formatter.write_dl([found[name] for name in ordered])
        if hidden:
            formatter.write_paragraph()
            formatter.write_text(f"{hidden} more options: {ctx.command_path} --help-all")


OTHERS: Final = "Options"
_SHOWS_ALL: Final = "dedupe.help_all"


def name_of(param: click.Parameter) -> str:
    """The name of an option as a setting; empty for an argument."""
    if not isinstance(param, click.Option):
        return ""
    longest = max(param.opts, key=len)
    return longest.lstrip("-").replace("-", "_")


def is_common(name: str, heading: str) -> bool:
    """Whether ``--help`` shows an option of this name, which stands under this heading."""
    return name in COMMON or heading in (OTHERS, HELP)


def _group(params: Iterable[click.Parameter]) -> dict[str, str]:
    """The options of a command by name, each with the heading under which it stands."""
    headings = {name: heading for heading, names in GROUPS.items() for name in names}
    found = {name: headings.get(name, OTHERS) for param in params if (name := name_of(param))}
    counts = Counter(found.values())
    return {
        name: OTHERS if counts[heading] == 1 and heading != HELP else heading
        for name, heading in found.items()
    }


def _show_all(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.meta[_SHOWS_ALL] = True
        write_paged([f"{ctx.get_help()}\n".encode()])
        ctx.exit()


_HELP_ALL: Final = click.Option(
    ["--help-all"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_all,
    help="Show all options and exit.",
)


def complete_diff(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``hunks`` behind each ``--diff`` that stands without a value.

    What follows ``--diff`` is its value if it is one, or if it is close to one and no path.
    """
    completed: list[str] = []
    for at, argument in enumerate(arguments):
        completed.append(argument)
        if argument == "--":
            return [*completed, *arguments[at + 1 :]]
        if argument == "--diff" and not _is_diff([*arguments[at + 1 : at + 2]]):
            completed[-1] = "--diff=hunks"
    return completed


def _is_diff(following: list[Any]) -> bool:
    for word in following:
        is_close = did_you_mean(word, DIFF_CHOICES) and not os.path.exists(word)
        return word in DIFF_CHOICES or bool(is_close)
    return False
