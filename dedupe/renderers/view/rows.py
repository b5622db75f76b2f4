"""Rows of members: in columns, or on several lines where the terminal is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from dedupe.renderers.view.layout import DIFF_INDENT, MEMBER_INDENT
from dedupe.renderers.view.terminal import (
    NO_BREAK,
    Canvas,
    Span,
    Style,
    cell_width,
    prose,
    shorten_middle,
)

MIN_ID_CELLS: Final = 36


class Row(msgspec.Struct, frozen=True):
    """One member as it is printed.

    :param link: the URI that the id leads to, or nothing
    :param facts: the words first; of four, the relation second
    :param place: where the document is, if its id does not say so
    :param style: of the facts
    """

    mark: str
    id: str
    link: str
    facts: tuple[str, ...]
    place: str
    style: Style = ""


def lay_out_rows(rows: Sequence[Row], canvas: Canvas) -> list[str]:
    """The rows in columns, or each on two lines where the ids would be cut too short."""
    words_width = max(cell_width(row.facts[0]) for row in rows)
    relation_width = max((len(row.facts[1]) for row in rows if len(row.facts) > 2), default=0)
    tails = [_align_facts(row.facts, words_width, relation_width) for row in rows]
    room = canvas.width - MEMBER_INDENT - 5 - max(map(cell_width, tails))
    longest = max(cell_width(row.id) for row in rows)
    if longest > room and room < MIN_ID_CELLS:
        return [_row_on_lines(row, canvas) for row in rows]
    column = min(longest, room)
    return [
        _row_in_columns(row, tail, column, canvas) for row, tail in zip(rows, tails, strict=True)
    ]


def _align_facts(facts: Sequence[str], words_width: int, relation_width: int) -> str:
    cells = [facts[0].rjust(words_width), *facts[1:]]
    if len(facts) > 2:
        cells[1] = cells[1].ljust(relation_width)
    return "   ".join(cells).replace(NO_BREAK, " ")


def _row_in_columns(row: Row, tail: str, column: int, canvas: Canvas) -> str:
    spans = _id_spans(row, column)
    padding = column - cell_width(spans[-1].text) + 3
    spans += [Span(" " * padding), Span(tail, row.style)]
    used = MEMBER_INDENT + 5 + column + cell_width(tail)
    if row.place and used + 3 + cell_width(row.place) <= canvas.width:
        return canvas.line([*spans, Span("   "), Span(row.place, "dim")])
    return canvas.line(spans) + _place_line(row, canvas)


def _row_on_lines(row: Row, canvas: Canvas) -> str:
    spans = _id_spans(row, canvas.width - MEMBER_INDENT - 2)
    facts = canvas.flow(prose(" · ".join(row.facts), row.style), DIFF_INDENT)
    return canvas.line(spans) + facts + _place_line(row, canvas)


def _id_spans(row: Row, width: int) -> list[Span]:
    id = shorten_middle(row.id, width)
    return [Span(" " * MEMBER_INDENT), Span(row.mark + " ", "accent"), Span(id, "strong", row.link)]


def _place_line(row: Row, canvas: Canvas) -> str:
    if not row.place:
        return ""
    place = shorten_middle(row.place, canvas.width - DIFF_INDENT)
    return canvas.line([Span(" " * DIFF_INDENT), Span(place, "dim")])
