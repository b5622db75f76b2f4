"""Settings from files and flags, merged, with a record of where each value came from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from dedupe.cli.messages import ColorChoice
from dedupe.gate.limits import GATE_NAMES, GateLimits
from dedupe.model.byte_sizes import parse_size
from dedupe.model.errors import ConfigError
from dedupe.model.keep_rules import split_keep
from dedupe.model.nearest import did_you_mean
from dedupe.model.settings import CONFIG_NAMES, Config, make_config
from dedupe.model.urls import is_url
from dedupe.renderers.registry import FORMATS
from dedupe.renderers.view.options import MARKDOWN_LIMIT, MIN_MARKDOWN_LIMIT, DiffMode

OUTPUT_DEFAULTS: Mapping[str, Any] = {
    "format": "text",
    "diff": "auto",
    "top": "auto",
    "color": "auto",
    "markdown_limit": MARKDOWN_LIMIT,
    "progress": "auto",
    "verbose": False,
    "quiet": False,
    "exit_code": False,
    "engine": "local",
    "master": "",
    "tables": "",
    "overwrite_tables": False,
    "pager": True,
    "tables_alone": False,
}
"""Settings of the command line that do not change which duplicates are found, with defaults."""

DIFF_CHOICES = ("auto", *get_args(DiffMode))
"""How much of each difference is shown; ``auto``: as much as there is room for."""

ENGINES = ("local", "spark")
"""What can run a scan: this machine, or Spark."""

GATE_DEFAULTS: Mapping[str, Any] = {
    **{name: getattr(GateLimits(), name) for name in GATE_NAMES},
    "baseline": "",
}
"""Settings of the gate, with their defaults."""

PATH_DEFAULTS: Mapping[str, Any] = {"against": ()}
"""Settings that are paths and, in a settings file, are relative to its folder; with defaults."""

SETTING_NAMES = (*CONFIG_NAMES, *PATH_DEFAULTS, *OUTPUT_DEFAULTS, *GATE_DEFAULTS)

_LISTS = ("keep", "glob", "exclude", "text_field", "meta_field", "against", "fail_on", "find")


class Settings(msgspec.Struct, frozen=True):
    """All settings of one command.

    :param config: settings of the scan
    :param against: paths of reference documents
    :param output: settings of the output, by name
    :param limits: limits of the gate
    :param baseline: the file of known duplicates; empty if there is none
    :param origins: where each value comes from: ``default``, a file, or ``command line``
    """

    config: Config
    against: tuple[str, ...]
    output: dict[str, Any]
    limits: GateLimits
    baseline: str
    origins: dict[str, str]


def load_settings(flags: Mapping[str, Any], config_file: str | None = None) -> Settings:
    """Merge the defaults, the settings file, and the flags; later ones win.

    :param flags: values by setting name; ``None`` and empty tuples were not given
    :param config_file: a file named by the user; without one the nearest is searched for
    :raises ConfigError: if the file cannot be read or a setting in it is wrong
    """
    given = {name: value for name, value in flags.items() if value is not None and value != ()}
    path = Path(config_file) if config_file is not None else find_config_file(Path.cwd())
    from_file = read_config_file(path) if path is not None else {}
    _check_file(from_file, path)
    values = {**from_file, **given}
    config = make_config({name: values[name] for name in values if name in CONFIG_NAMES})
    origins = dict.fromkeys(SETTING_NAMES, "default")
    origins.update({name: str(path) for name in from_file})
    origins.update(dict.fromkeys(given, "command line"))
    output = {name: values.get(name, default) for name, default in OUTPUT_DEFAULTS.items()}
    _check_output(output, origins)
    limits = GateLimits(**{name: values[name] for name in values if name in GATE_NAMES})
    _check_companions(config, output, origins)
    against = _check_against(values, origins)
    return Settings(config, against, output, limits, _check_baseline(values, origins), origins)


def _check_file(from_file: Mapping[str, Any], path: Path | None) -> None:
    """Check the settings of the file alone, so that an error in it names the file."""
    try:
        make_config({name: value for name, value in from_file.items() if name in CONFIG_NAMES})
        GateLimits(**{name: value for name, value in from_file.items() if name in GATE_NAMES})
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


_OUTPUT_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "format": tuple(FORMATS),
    "diff": DIFF_CHOICES,
    "color": get_args(ColorChoice),
    "progress": (True, False, "auto"),
    "verbose": (True, False),
    "quiet": (True, False),
    "exit_code": (True, False),
    "engine": ENGINES,
    "overwrite_tables": (True, False),
    "pager": (True, False),
    "tables_alone": (True, False),
}


def _check_output(output: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    for name, choices in _OUTPUT_CHOICES.items():
        if output[name] not in choices:
            allowed = ", ".join(str(choice).lower() for choice in choices)
            meant = did_you_mean(output[name], map(str, choices))
            told = f"{name} is {output[name]!r}, not one of {allowed}{meant}"
            raise ConfigError(f"{origins[name]}: {told}")
    for name in ("master", "tables"):
        if not isinstance(output[name], str):
            raise ConfigError(f"{origins[name]}: {name} is {output[name]!r}, not a string")
    for name, lowest in (("top", 0), ("markdown_limit", MIN_MARKDOWN_LIMIT)):
        value = output[name]
        if name == "top" and value == "auto":
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
            raise ConfigError(f"{origins[name]}: {name} is {value!r}, not a number from {lowest}")


def _check_companions(
    config: Config, output: Mapping[str, Any], origins: Mapping[str, str]
) -> None:
    """Refuse flags that would do nothing without another; in a file they may wait for it."""
    without = {
        "containment": ("--find contained", config.looks_inside),
        "min_passage": ("--find contained or passages", config.looks_inside),
        "overwrite_tables": ("--tables", bool(output["tables"])),
        "tables_alone": ("--tables", bool(output["tables"])),
    }
    for name, (needed, is_there) in without.items():
        if origins[name] == "command line" and not is_there and output.get(name) is not False:
            raise ConfigError(f"--{name.replace('_', '-')} does nothing without {needed}")


def _check_against(values: Mapping[str, Any], origins: Mapping[str, str]) -> tuple[str, ...]:
    paths = values.get("against", ())
    if not isinstance(paths, (tuple, list)) or not all(isinstance(path, str) for path in paths):
        raise ConfigError(f"{origins['against']}: against is not a list of paths")
    return tuple(paths)


def _check_baseline(values: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    baseline = values.get("baseline", "")
    if not isinstance(baseline, str):
        raise ConfigError(f"{origins['baseline']}: baseline is not the name of a file")
    return baseline


def find_config_file(folder: Path) -> Path | None:
    """The nearest ``dedupe.toml``, or ``pyproject.toml`` with ``[tool.dedupe]``.

    The folder and those above it are searched, up to the first that contains a ``.git``.
    """
    for each in (folder, *folder.parents):
        if (each / "dedupe.toml").is_file():
            return each / "dedupe.toml"
        pyproject = each / "pyproject.toml"
        if pyproject.is_file() and "dedupe" in _read_table(pyproject, "tool"):
            return pyproject
        if (each / ".git").exists():
            break
    return None


def read_config_file(path: Path) -> dict[str, Any]:
    """The settings of a file, with values in the same form as those of flags.

    :raises ConfigError: if it cannot be read, or names a setting that does not exist
    """
    content = _read_toml(path)
    if path.name == "pyproject.toml":
        content = _read_table(path, "tool").get("dedupe", {})
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: tool.dedupe is not a table of settings")
    values: dict[str, Any] = {}
    for key, value in content.items():
        name = key.replace("-", "_")
        if name not in SETTING_NAMES:
            known = ", ".join(sorted(SETTING_NAMES))
            told = f"there is no setting {key!r}{did_you_mean(name, SETTING_NAMES)}"
            raise ConfigError(f"{path}: {told}\nThere are {known}")
        if name in values:
            raise ConfigError(f"{path}: {name} is given twice, with - and with _")
        if name == "keep" and isinstance(value, str):
            values[name] = split_keep(value)
        elif name in ("max_memory", "max_window") and isinstance(value, str):
            values[name] = parse_size(value)
        elif name in ("baseline", "furniture_list", "tables") and isinstance(value, str) and value:
            is_url = "://" in value
            values[name] = value if is_url else str(path.parent / value)  # from any current folder
        else:
            values[name] = split_list(value) if name in _LISTS else value
            if name == "against" and isinstance(values[name], (list, tuple)):
                values[name] = [_join_to_folder(path.parent, each) for each in values[name]]
    return values


def split_list(value: Any) -> Any:
    """A tuple of strings, from a list or from one string with commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, list) else value


def _join_to_folder(folder: Path, path: Any) -> Any:
    if not isinstance(path, str) or path == "-" or is_url(path):
        return path
    return os.path.join(folder, path)


def _read_table(path: Path, name: str) -> dict[str, Any]:
    """A table of a TOML file; empty if the file has no table of this name."""
    table = _read_toml(path).get(name, {})
    return table if isinstance(table, dict) else {}


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib

    from dedupe.sources.encoding.text_encoding import without_mark

    try:
        return tomllib.loads(without_mark(path.read_bytes()).decode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
