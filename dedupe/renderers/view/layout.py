"""Indents, marks, and the rule for cutting lists, which all parts of the text report share."""

from __future__ import annotations

from typing import Final

MEMBER_INDENT: Final = 4
DIFF_INDENT: Final = 6
REPRESENTATIVE_MARK: Final = "●"
DUPLICATE_MARK: Final = "○"


def listed_count(count: int, limit: int) -> int:
    """How many of ``count`` entries are listed, when the limit is ``limit``.

    One entry above the limit is listed, because "1 more" would take a line as well.
    """
    return count if count <= limit + 1 else limit
