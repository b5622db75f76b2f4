"""Make the manual page and the scripts of completion, from the tree of commands.

Usage: ``python scripts/make_share.py`` writes ``docs/share``, which every installation copies to
its own ``share``. ``scripts/make_docs.py`` does this too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from dedupe import __version__
from dedupe.cli import command_group

SHARE = Path(__file__).resolve().parent.parent / "docs" / "share"
COMPLETIONS = {
    "bash": "bash-completion/completions/dedupe",
    "zsh": "zsh/site-functions/_dedupe",
    "fish": "fish/vendor_completions.d/dedupe.fish",
}
_END = r"""
.SH SEE ALSO
The documentation of the project: README.md and docs/, in the repository.
"""


def all_commands(
    command: click.Command, path: tuple[str, ...] = ("dedupe",)
) -> Iterator[tuple[str, click.Command]]:
    """The commands of a group by their full names, itself first."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        with _open_context(command) as context:
            for name in command.list_commands(context):
                if each := command.get_command(context, name):
                    yield from all_commands(each, (*path, name))


def make_manual() -> str:
    """The manual page, in the language of ``man``."""
    parts = [f'.TH DEDUPE 1 "" "dedupe {__version__}" "User Commands"\n.SH NAME\n']
    parts.append("dedupe \\- find the near\\-duplicates in a corpus of texts\n.SH SYNOPSIS\n")
    commands = [*all_commands(command_group)]
    parts += [f".B {name}\n{_synopsis(name, command)}\n.br\n" for name, command in commands]
    for name, command in commands:
        parts.append(f".SH {_escape(name.upper())}\n{_describe(command)}")
    return "".join([*parts, _END.lstrip()])


def _open_context(command: click.Command, name: str | None = None) -> click.Context:
    """A context as a run of the command has it: click keeps the option for help of the first."""
    return click.Context(command, info_name=name, **command.context_settings)


def _synopsis(name: str, command: click.Command) -> str:
    pieces = command.collect_usage_pieces(_open_context(command, name))
    return f"\\fI{_escape(' '.join(pieces))}\\fR"


def _describe(command: click.Command) -> str:
    """The help of a command and of its options."""
    text = "".join(_paragraphs(command.help or ""))
    for option in _options(command):
        names = ", ".join([*option.opts, *option.secondary_opts])
        value = "" if option.is_flag else f" \\fI{_escape(_metavar(option, command))}\\fR"
        text += f".TP\n\\fB{_escape(names)}\\fR{value}\n{_escape(_one_line(option.help or ''))}\n"
    return text


def _options(command: click.Command) -> list[click.Option]:
    with _open_context(command) as context:
        return [each for each in command.get_params(context) if isinstance(each, click.Option)]


def _metavar(option: click.Option, command: click.Command) -> str:
    return option.make_metavar(_open_context(command))


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs; those that click leaves as they are (behind a ``\\b``) keep their lines."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line for line in paragraph.splitlines() if line.strip() != "\b"]
        if "\b" in paragraph:
            shown = "".join(f"{_escape(line)}\n" for line in lines)
            yield f".PP\n.nf\n{shown}.fi\n"
        else:
            yield f".PP\n{_escape(_one_line(paragraph))}\n"


def _one_line(text: str) -> str:
    return " ".join(text.replace("\b", " ").split())


def _escape(text: str) -> str:
    """Text as roff shows it: a dot or quote at the start of a line is a request otherwise."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(\s*)([.'])", r"\1\\&\2", text, flags=re.MULTILINE)


def make_completion(shell: str) -> str:
    """The script with which a shell completes ``dedupe``."""
    cls = get_completion_class(shell)
    assert cls is not None
    completion = cls(command_group, {}, "dedupe", "_DEDUPE_COMPLETE")
    source = completion.source_template % completion.source_vars()
    return "".join(f"{line.rstrip()}\n" for line in source.strip().splitlines())


def make_share() -> dict[Path, str]:
    """The files below ``docs/share``, with their contents."""
    files = {SHARE / path: make_completion(shell) for shell, path in COMPLETIONS.items()}
    return {SHARE / "man/man1/dedupe.1": make_manual(), **files}


def main() -> None:
    for path, text in make_share().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
