"""The order of names in which numbers inside them count as numbers."""

from __future__ import annotations

import re


def natural_key(id: str) -> list[tuple[int, int, str]]:
    """Sort key in which numbers inside an id compare as numbers: ``a2`` before ``a10``.

    Numbers are compared by length, then digits, because an id may hold more digits than ``int``
    takes.
    """
    parts = re.split(r"([0-9]+)", id)
    digits = [part.lstrip("0") for part in parts]
    return [
        (0, len(digits[i]), digits[i]) if i % 2 else (1, 0, part) for i, part in enumerate(parts)
    ]
