"""Sizes in bytes as people write them."""

from __future__ import annotations

import re

from dedupe.model.errors import ConfigError

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)(i?)B?", re.IGNORECASE)


def parse_size(value: str | int) -> int:
    """The bytes of a size that was written with a unit: ``800MB``, ``1.5 GiB``, ``4g``.

    :raises ConfigError: if it is no size
    """
    if isinstance(value, int):
        return value
    found = _SIZE.fullmatch(value.strip())
    if not found:
        raise ConfigError(f"{value!r} is not a size such as 800MB, 1.5GiB or 4g")
    number, unit, binary = found.groups()
    power = " KMGT".index(unit.upper() or " ")
    return int(float(number) * (1024 if binary else 1000) ** power)
