"""Rows for the members of a cluster: in columns, or on several lines on a narrow terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from dedupe.renderers.view.layout import DIFF_INDENT, MEMBER_INDENT
from dedupe.renderers.view.terminal import (
    NO_BREAK,
    Canvas,
    Style,
    Styled,
    cell_width,
    prose,
    shorten_middle,
)

MIN_ID_CELLS: Final = 36
LEAST_ID_CELLS: Final = 16


class Row(msgspec.Struct, frozen=True):
    """One member as it is printed.

    :param mark: the sign before the id: representative or duplicate
    :param link: the URI of a link on the id; may be empty
    :param facts: the number of words first; then, of a duplicate, its relation and likeness
    :param file_and_line: the file and line of the document; empty if its id shows them
    :param style: the style of the facts
    """

    mark: str
    id: str
    link: str
    facts: tuple[str, ...]
    file_and_line: str
    style: Style = ""


def lay_out_rows(rows: Sequence[Row], canvas: Canvas, one_line: bool = False) -> list[str]:
    """The rows in columns, or each on several lines if the ids would be cut too short.

    :param one_line: whether ids are cut as short as it takes, and files that have no room beside
        them are left out
    """
    words_width = max(cell_width(row.facts[0]) for row in rows)
    relation_width = max((len(row.facts[1]) for row in rows if len(row.facts) > 2), default=0)
    tails = [_align_facts(row.facts, words_width, relation_width) for row in rows]
    room = canvas.width - MEMBER_INDENT - 5 - max(map(cell_width, tails))
    longest = max(cell_width(row.id) for row in rows)
    needed = LEAST_ID_CELLS if one_line else MIN_ID_CELLS
    if longest > room and room < needed:
        return [_row_on_lines(row, canvas) for row in rows]
    column = min(longest, room)
    return [
        _row_in_columns(row, tail, column, canvas, one_line)
        for row, tail in zip(rows, tails, strict=True)
    ]


def _align_facts(facts: Sequence[str], words_width: int, relation_width: int) -> str:
    cells = [facts[0].rjust(words_width), *facts[1:]]
    if len(facts) > 2:
        cells[1] = cells[1].ljust(relation_width)
    return "   ".join(cells).replace(NO_BREAK, " ")


def _row_in_columns(row: Row, tail: str, column: int, canvas: Canvas, one_line: bool) -> str:
    parts = _id_parts(row, column)
    padding = column - cell_width(parts[-1].text) + 3
    parts += [Styled(" " * padding), Styled(tail, row.style)]
    used = MEMBER_INDENT + 5 + column + cell_width(tail)
    if row.file_and_line and used + 3 + cell_width(row.file_and_line) <= canvas.width:
        return canvas.line([*parts, Styled("   "), Styled(row.file_and_line, "dim")])
    return canvas.line(parts) + ("" if one_line else _second_line(row, canvas))


def _row_on_lines(row: Row, canvas: Canvas) -> str:
    parts = _id_parts(row, canvas.width - MEMBER_INDENT - 2)
    facts = canvas.flow(prose(" · ".join(row.facts), row.style), DIFF_INDENT)
    return canvas.line(parts) + facts + _second_line(row, canvas)


def _id_parts(row: Row, width: int) -> list[Styled]:
    id = shorten_middle(row.id, width)
    return [
        Styled(" " * MEMBER_INDENT),
        Styled(row.mark + " ", "accent"),
        Styled(id, "strong", row.link),
    ]


def _second_line(row: Row, canvas: Canvas) -> str:
    if not row.file_and_line:
        return ""
    file_and_line = shorten_middle(row.file_and_line, canvas.width - DIFF_INDENT)
    return canvas.line([Styled(" " * DIFF_INDENT), Styled(file_and_line, "dim")])
