"""Explains why no column of a CSV file can be the text, and names the option that helps."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dedupe.sources.formats.csv.layout import Layout
from dedupe.sources.records.field_names import UNSET
from dedupe.sources.records.fields import FieldPlan
from dedupe.sources.records.hints import count_prose, find_hint

_MAX_NAME_WORDS = 11
_MAX_NAME_CHARACTERS = 100
_NUMBER = re.compile(r"[-+]?\d[\d.,:/ -]*")


def explain_columns(
    columns: Sequence[str], header: Sequence[str], layout: Layout, plan: FieldPlan
) -> str:
    """Why none of the columns can be the text, in words.

    :param header: the first row, as it stands; empty where it is data
    """
    if layout.has_header and not looks_like_data(header):
        samples = [dict(zip(columns, row, strict=False)) for row in layout.examples]
        _, detail = plan.explain(UNSET, dict.fromkeys(columns, ""), find_hint(samples))
        return f"{detail}; a CSV file begins with a row that names the columns (or: --no-header)"
    prose = prose_columns([header, *layout.examples])
    number = prose[0] + 1 if prose else len(header or columns)
    option = f"--no-header --text-field {number}"
    if layout.has_header:
        return (
            "no column has the name of a text, and the first row looks like data, not like names; "
            f"if the file has no header, say so and name the field by its number: {option}"
        )
    asked = " or ".join(plan.names[index] for index in plan.text_indices)
    problem = "the text is not named" if plan.is_automatic else f"no field is called {asked:.60}"
    given = "a row has one field, 1" if len(columns) == 1 else f"fields are 1 to {len(columns)}"
    listed = ", ".join(str(position + 1) for position in prose) or "none"
    return f"{problem}; {given}; prose, as it seems: {listed}; name one, such as {option}"


def prose_columns(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns that look like prose, by their position; the one with the most letters first."""
    width = max(map(len, rows), default=0)
    prose = {i: [count_prose(row[i]) for row in rows if i < len(row)] for i in range(width)}
    found = [i for i in prose if 2 * len([*filter(None, prose[i])]) >= len(prose[i])]
    return sorted(found, key=lambda i: (-sum(prose[i]), i))


def looks_like_data(row: Sequence[str]) -> bool:
    """Whether a row is hardly one of names: a field is prose, an address, a date or a number."""
    fields = [field.strip() for field in row]
    return any(
        len(field.split()) > _MAX_NAME_WORDS
        or len(field) > _MAX_NAME_CHARACTERS
        or "://" in field
        or _NUMBER.fullmatch(field)
        for field in fields
    )
