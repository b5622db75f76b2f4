"""How two documents of a report are related."""

from __future__ import annotations

from typing import Literal

Relation = Literal["identical", "normalised", "near", "linked"]
"""How two documents relate, strongest first. ``linked`` is said only of a member of a
single-linkage cluster that is no duplicate of its representative."""
