"""The numbers in a report, with their valid ranges."""

from __future__ import annotations

from typing import Annotated

import msgspec

# The ranges are checked when a saved report is read, not when a report is made.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

PositiveCount = Annotated[int, msgspec.Meta(ge=1, le=2**53)]

Length = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]

Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
