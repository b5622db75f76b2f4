"""The limits of a gate: how many new duplicates it lets through."""

from __future__ import annotations

from typing import Literal

import msgspec

from dedupe.model.relations import DROPPED_IF_ASKED, RELATIONS, Relation
from dedupe.model.settings import check_setting

FAIL_RELATIONS = tuple(each.value for each in RELATIONS if each.is_duplicate)
"""The relations that a gate fails on, strongest first."""

SELECTABLE = (*FAIL_RELATIONS, *DROPPED_IF_ASKED)
"""The relations that a gate can be told to fail on: those of what ``apply`` can drop."""


class GateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many new duplicates a gate lets through.

    :param max_duplicates: the highest number; ``auto`` is any number if a ratio is given, else 0
    :param max_duplicate_ratio: the highest share of all documents, in [0, 1]; ``auto`` is any
    :param fail_on: the relations whose duplicates count
    :raises ConfigError: if a value is outside its range
    """

    max_duplicates: int | Literal["auto"] = "auto"
    max_duplicate_ratio: float | Literal["auto"] = "auto"
    fail_on: tuple[str, ...] = FAIL_RELATIONS

    def __post_init__(self) -> None:
        count, ratio, chosen = self.max_duplicates, self.max_duplicate_ratio, self.fail_on
        valid = count == "auto" or (type(count) is int and count >= 0)
        check_setting(valid, "max_duplicates", count, "a whole number from 0, or auto")
        valid = ratio == "auto" or (type(ratio) in (int, float) and 0 <= ratio <= 1)
        check_setting(valid, "max_duplicate_ratio", ratio, "a number from 0 to 1, or auto")
        valid = isinstance(chosen, tuple) and bool(chosen) and all(r in SELECTABLE for r in chosen)
        check_setting(valid, "fail_on", chosen, f"made of {', '.join(SELECTABLE)}")

    @property
    def counts_contained(self) -> bool:
        """Whether documents count that are no duplicates, but stand in others."""
        return not set(DROPPED_IF_ASKED).isdisjoint(self.fail_on)

    def counts(self, relation: Relation) -> bool:
        """Whether new duplicates with this relation count."""
        return relation in self.fail_on

    def exceeded_by(self, new_count: int, document_count: int) -> tuple[str, ...]:
        """The names of the limits that so many new duplicates exceed."""
        highest, ratio = self.max_duplicates, self.max_duplicate_ratio
        if highest == "auto":
            highest = 0 if ratio == "auto" else new_count
        exceeded = {
            "max_duplicates": new_count > highest,
            "max_duplicate_ratio": ratio != "auto" and new_count / max(1, document_count) > ratio,
        }
        return tuple(name for name, is_exceeded in exceeded.items() if is_exceeded)


GATE_NAMES: tuple[str, ...] = GateLimits.__struct_fields__
