"""Folders of Hugging Face data sets: shards of Parquet or Arrow, and files that describe them."""

from __future__ import annotations

import os
from collections.abc import Iterable

_SHARD_ENDINGS = (".parquet", ".arrow")
_CARD_NAMES = frozenset(
    {"README.md", "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
)


def find_cards(names: Iterable[str]) -> set[str]:
    """The files that describe a data set: they have a usual name, and shards beside or below them.

    :param names: paths of files, relative to one folder
    """
    names = list(names)
    cards = [name for name in names if os.path.basename(name) in _CARD_NAMES]
    if not cards:
        return set()
    holders: set[str] = set()
    for name in names:
        folder = os.path.dirname(name)
        while name.endswith(_SHARD_ENDINGS) and folder not in holders:
            holders.add(folder)
            folder = os.path.dirname(folder)
    return {card for card in cards if os.path.dirname(card) in holders}
