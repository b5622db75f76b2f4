"""Rows in memory, which are read part by part."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

ROWS_AT_ONCE: Final = 4096
"""The rows that are converted together, so that little is held beside the user's own data."""

BYTES_AT_ONCE: Final = 8 << 20
"""The bytes that are converted together, about, where conversion makes a copy."""

Part = Any
"""Some rows: a dictionary from the name of a column to a list of values, or a record batch."""


class Data:
    """Documents in memory, in rows and columns.

    :ivar names: the names of its columns
    :ivar is_named: whether the user can choose among these; else they are the program's own
    :ivar has_ids: whether its rows have ids beside those in a column that the user can choose
    """

    is_named = True
    has_ids = False

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def __len__(self) -> int:
        """The number of rows."""
        raise NotImplementedError

    def part(self, begin: int, end: int, names: Collection[str]) -> Part:
        """The rows ``begin:end`` of some columns."""
        raise NotImplementedError

    def parts(self, names: Collection[str]) -> Iterator[Part]:
        """All rows of some columns, part by part."""
        rows = self.rows_at_once(names)
        for begin in range(0, len(self), rows):
            yield self.part(begin, min(begin + rows, len(self)), names)

    def rows_at_once(self, names: Collection[str]) -> int:
        """How many rows of some columns are converted together."""
        return ROWS_AT_ONCE

    def rows(self, wanted: Sequence[int], names: Collection[str]) -> Iterator[tuple[int, Part]]:
        """Single rows of some columns, each with its number.

        :param wanted: ascending
        """
        for row in wanted:
            yield row, self.part(row, row + 1, names)

    def without(self, rows: Sequence[int]) -> Any:
        """What the user gave, without some rows, as a value of the same type.

        :param rows: ascending
        """
        raise NotImplementedError

    def kept(self, rows: Sequence[int]) -> list[int]:
        """The numbers of all rows but these."""
        dropped = {*rows}
        return [row for row in range(len(self)) if row not in dropped]
