"""How an option of the command line is declared; defaults stand in ``model.settings``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from dedupe.cli.settings import GATE_DEFAULTS, OUTPUT_DEFAULTS, PATH_DEFAULTS
from dedupe.model.errors import ConfigError
from dedupe.model.settings import Config, parse_size, split_keep

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


def declare_option(flag: str, help: str, **attributes: Any) -> Callable[[Command], Command]:
    """An option whose default (unknown until files are read) is told in its help."""
    name = flag.removeprefix("--").replace("-", "_")
    default = _default(name)
    told = f"{help}  [default: {default}]" if default not in ("", "False", "None") else help
    return click.option(flag, name, default=None, help=told, **attributes)


def declare_switch(name: str, help: str) -> Callable[[Command], Command]:
    """A flag and its opposite, so that a flag can win over a file either way."""
    return click.option(f"--{name}/--no-{name}", default=None, help=help)


def split_relations(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    """Relations written with commas; a word that is none is told with the other settings."""
    return tuple(each.strip() for value in values for each in value.split(","))


def split_keep_rules(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    return tuple(rule for value in values for rule in split_keep(value)) or None
