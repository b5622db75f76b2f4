"""``dedupe config show``: every setting, its value, and where it comes from."""

from __future__ import annotations

from typing import Any

import click

from dedupe.cli import CONTEXT
from dedupe.cli.help import GroupedCommand
from dedupe.cli.options import gate_options, scan_options
from dedupe.cli.settings import SETTING_NAMES, load_settings
from dedupe.gate.limits import GATE_NAMES


@click.group("config", context_settings=CONTEXT)
def command() -> None:
    """Look at the settings."""


@command.command("show", cls=GroupedCommand, context_settings=CONTEXT)
@scan_options
@gate_options
def show(config_file: str | None, **flags: Any) -> None:
    """Show every setting, its value, and where it comes from.

    Takes the options of `dedupe scan` and `dedupe check`, and shows which settings these commands
    would use with them.
    """
    settings = load_settings(flags, config_file)
    values = {name: getattr(settings.config, name, None) for name in SETTING_NAMES}
    values |= {**settings.output, "baseline": settings.baseline}
    values["against"] = settings.against
    values |= {name: getattr(settings.limits, name) for name in GATE_NAMES}
    shown = {name: _format_value(values[name]) for name in SETTING_NAMES}
    name_width = max(map(len, shown))
    value_width = min(40, max(map(len, shown.values())))
    for name, value in shown.items():
        click.echo(f"{name:<{name_width}}  {value:<{value_width}}  {settings.origins[name]}")


def _format_value(value: Any) -> str:
    """The value as it is written in a TOML file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_format_value, value)) + "]"
    return str(value)
