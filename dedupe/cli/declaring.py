"""Functions that declare options of the command line; defaults come from ``model.settings``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from dedupe.cli.settings import GATE_DEFAULTS, OUTPUT_DEFAULTS, PATH_DEFAULTS
from dedupe.model.byte_sizes import parse_size
from dedupe.model.errors import ConfigError
from dedupe.model.keep_rules import split_keep
from dedupe.model.settings import ALWAYS_FOUND, Config

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULTS = Config()


class ByteSize(click.ParamType):  # type: ignore[type-arg]
    """An option's value in bytes, or with a unit: KB, MB, GB, KiB, MiB, GiB."""

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


class CountOrAuto(click.ParamType):  # type: ignore[type-arg]
    """An option's value that is a number or ``auto``."""

    name = "N"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return value if value == "auto" else click.INT.convert(value, param, ctx)


def declare_option(
    flag: str, help: str, short: str = "", **attributes: Any
) -> Callable[[Command], Command]:
    """An option that is ``None`` if not given, and whose help names the default.

    The default itself is applied later, because a settings file may give another value.

    :param short: the short form, as in ``-t``
    """
    name = flag.removeprefix("--").replace("-", "_")
    default = _default(name)
    full_help = f"{help}  [default: {default}]" if default not in ("", "False", "None") else help
    flags = (short, flag) if short else (flag,)
    return click.option(*flags, name, default=None, help=full_help, **attributes)


def declare_switch(name: str, help: str, short: str = "") -> Callable[[Command], Command]:
    """A flag and its opposite, so that the command line can override a file either way."""
    flags = (short, f"--{name}/--no-{name}") if short else (f"--{name}/--no-{name}",)
    return click.option(*flags, default=None, help=help)


def split_relations(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    """Relations separated by commas; unknown ones are reported later, with other settings."""
    return tuple(each.strip() for value in values for each in value.split(","))


def split_find(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    """What to look for, separated by commas; what is always found is among it; ``None`` if none."""
    named = split_relations(ctx, param, values)
    return (ALWAYS_FOUND, *named) if named else None


def split_keep_rules(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    """Keep rules separated by commas; ``None`` if there is none."""
    return tuple(rule for value in values for rule in split_keep(value)) or None
