"""Skipped documents and notices in groups, so that one sentence is not told again and again."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.natural_order import natural_key

NamedRemark = tuple[SkippedDocument | Notice, str]
"""A skipped document or a notice, and its name for people."""


def group_remarks(remarks: Iterable[NamedRemark]) -> list[tuple[str, list[str]]]:
    """Each detail with the names that it concerns, the one with most names first."""
    groups: dict[str, list[str]] = {}
    for remark, name in remarks:
        groups.setdefault(remark.detail, []).append(name)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def first_names(names: Sequence[str], count: int) -> list[str]:
    """The first names in an order in which line 2 comes before line 10."""
    return heapq.nsmallest(count, names, key=natural_key)
