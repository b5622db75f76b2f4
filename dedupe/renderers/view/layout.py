"""What the parts of the text report share: indents, marks, and the rule for cutting lists."""

from __future__ import annotations

from typing import Final

MEMBER_INDENT: Final = 4
DIFF_INDENT: Final = 6
REPRESENTATIVE: Final = "●"
DUPLICATE: Final = "○"


def listed_count(count: int, limit: int) -> int:
    """How many of ``count`` are listed: no line is spent on saying that one more is not."""
    return count if count <= limit + 1 else limit
