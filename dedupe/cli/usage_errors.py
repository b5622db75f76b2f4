"""Errors in a command line as one line each, in the style of all other errors."""

from __future__ import annotations

import re
from typing import Final

import click

from dedupe.model.nearest import did_you_mean

_CHOICE: Final = re.compile(r"'([^']*)' is not one of")
_UNKNOWN: Final = re.compile(r"No such (command|option):? '?([^'\s.]+)'?")


def describe_usage_error(error: click.ClickException) -> str:
    """What is wrong, what was probably meant, and which help tells more."""
    message = error.format_message().strip().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if (unknown := _UNKNOWN.match(message)) and context is not None:
        kind, given = unknown.groups()
        known = _commands_of(context) if kind == "command" else _options_of(context)
        message = f"no such {kind}: {given}{did_you_mean(given, known)}"
    elif choice := _CHOICE.search(message):
        parameter = error.param if isinstance(error, click.BadParameter) else None
        choices = getattr(getattr(parameter, "type", None), "choices", ())
        message += did_you_mean(choice[1], map(str, choices))
    if message[1:2].islower():
        message = message[:1].lower() + message[1:]
    return message if context is None else f"{message} (see {_path_of(context)} --help)"


def _commands_of(context: click.Context) -> list[str]:
    command = context.command
    return command.list_commands(context) if isinstance(command, click.Group) else []


def _options_of(context: click.Context) -> list[str]:
    parameters = context.command.get_params(context)
    options = (each for each in parameters if isinstance(each, click.Option))
    return [name for each in options for name in (*each.opts, *each.secondary_opts)]


def _path_of(context: click.Context) -> str:
    return " ".join(["dedupe", *context.command_path.split()[1:]])
