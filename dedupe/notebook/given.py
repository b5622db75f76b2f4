"""What a user gives to the functions of the package: settings, paths, data in memory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence, Set, ValuesView
from difflib import get_close_matches
from typing import Any

import msgspec

from dedupe.model.settings import Config
from dedupe.sources.memory import MemoryCorpus, is_data, open_data

MAX_PATH = 4096
"""The longest string that is looked at as the name of a file."""


def choose_settings(
    config: Config | None,
    text: str | Sequence[str] | None,
    id: str | None,
    settings: Mapping[str, Any],
) -> Config:
    """The config with the settings that are given by name.

    :raises TypeError: if there is no setting of a name; the message names the nearest one
    """
    names = Config.__struct_fields__
    for name in settings:
        if name not in names:
            near = get_close_matches(name, names, 1)
            told = f": is it {near[0]}?" if near else " (docs/settings.md has them all)"
            raise TypeError(f"there is no setting {name!r}{told}")
    chosen = dict(settings)
    if text is not None:
        chosen["text_field"] = (text,) if isinstance(text, str) else tuple(text)
    if id is not None:
        chosen["id_field"] = id
    return msgspec.structs.replace(config or Config(), **chosen)


def open_memory(
    value: Any,
    config: Config,
    text: str | Sequence[str] | None,
    id: str | None,
    prefix: str = "",
) -> MemoryCorpus:
    """Data in memory as a corpus.

    :param prefix: begins the ids of rows that have none of their own
    """
    data = open_data(value, config.id_field)
    if not data.is_named and (text is not None or id is not None):
        raise TypeError("text=… and id=… name columns, and these texts have none")
    return MemoryCorpus(data, config, prefix, asks_id=id is not None)


def are_paths(value: Any) -> bool:
    """Whether a value names files: a path, or a list of paths; all else is data in memory."""
    if isinstance(value, (str, os.PathLike)):
        return True
    if isinstance(value, Mapping) or not isinstance(value, (Sequence, Set, ValuesView)):
        return False
    return not is_data(value) and all(isinstance(each, (str, os.PathLike)) for each in value)


def refuse_file_names(value: Any) -> None:
    """Check that the first strings of a series or column are no files, which were paths before.

    :raises TypeError: if they are
    """
    if not is_data(value):
        return
    data = open_data(value, "")
    if data.is_named:
        return
    first = [text for _, text in MemoryCorpus(data, Config()).read_again(range(min(3, len(data))))]
    if first and all(len(text) < MAX_PATH and os.path.isfile(text) for text in first):
        raise TypeError("its values are the names of files: give scan a list of them")
