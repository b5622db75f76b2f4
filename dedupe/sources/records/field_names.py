"""Matches the names of needed fields with those of a record, without regard to case.

A field of exactly the wanted name comes first. Where several others differ from it by their case
alone, the first of them in the order of Unicode counts, in which capitals come before small
letters. So the choice depends on the names alone, and not on the order of fields.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import msgspec

UNSET = msgspec.UNSET


def find_name(wanted: str, given: Collection[str]) -> str | None:
    """The one of the given names that is meant by the wanted one; ``None`` if none is."""
    if wanted in given:
        return wanted
    folded = wanted.casefold()
    return min((name for name in given if name.casefold() == folded), default=None)


def match_names(wanted: Sequence[str], given: Collection[str]) -> list[tuple[int, str]]:
    """The index of each wanted name that is there, with the given name that it means."""
    by_fold = {name.casefold(): name for name in sorted(given, reverse=True)}
    return [
        (index, name if name in given else by_fold[name.casefold()])
        for index, name in enumerate(wanted)
        if name.casefold() in by_fold
    ]


def assign_fields(wanted: Sequence[str], given: Collection[str]) -> dict[str, int] | None:
    """The wanted index that each of the given names is meant by, where that is always the same.

    :param given: the names of the fields of many records, each of which has only some of them
    :returns: ``None`` where records differ: several names are meant by one, or one by several
    """
    indices = _index_names(tuple(wanted))
    assigned: dict[str, int] = {}
    for name in given:
        found = indices.get(name.casefold(), ())
        if len(found) > 1 or (found and found[0] in assigned.values()):
            return None
        if found:
            assigned[name] = found[0]
    return assigned


@lru_cache(maxsize=16)
def _index_names(names: tuple[str, ...]) -> dict[str, list[int]]:
    """The indices of names that are equal but for their case."""
    indices: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        indices.setdefault(name.casefold(), []).append(index)
    return indices


def descend(value: Any, path: str) -> Any:
    """The value at a dotted path inside an object; ``UNSET`` where there is none.

    Lists of objects on the way are passed through: then it is a list of the values in each.
    """
    if isinstance(value, list):
        return _descend_each(value, path)
    if not isinstance(value, dict):
        return UNSET
    name = find_name(path, value)
    if name is not None:
        return value[name]
    head, _, rest = path.partition(".")
    name = find_name(head, value) if rest else None
    return UNSET if name is None else descend(value[name], rest)


def _descend_each(values: list[Any], path: str) -> Any:
    """The values at a path inside each of some objects; ``UNSET`` where none of them has one."""
    if not all(each is None or isinstance(each, dict) for each in values):
        return UNSET
    found: list[Any] = []
    for each in values:
        inner = descend(each, path)
        if isinstance(inner, list):
            found += inner
        elif inner is not UNSET:
            found.append(inner)
    return found or UNSET
