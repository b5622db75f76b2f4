"""Numbers of a report within the ranges that a saved one is checked for."""

from __future__ import annotations

from typing import Annotated

import msgspec

# What a saved report may hold: checked where one is read, not where one is made.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

PositiveCount = Annotated[int, msgspec.Meta(ge=1, le=2**53)]

Length = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]

Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
