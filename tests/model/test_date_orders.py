"""The order of day, month and year, as a column shows it."""

from __future__ import annotations

import random

import pytest

from dedupe.model.date_orders import DateColumn
from dedupe.model.dates import parse_date

DAY = 86400


def learn(*column: str) -> dict[str, tuple[str, ...]]:
    seen = DateColumn()
    for text in column:
        seen.add(text)
    return seen.orders()


@pytest.mark.parametrize(
    ("column", "text", "day"),
    [
        (["25.04.2017"], "02.01.1970", 1),
        (["04/25/2017"], "01/02/1970", 1),
        (["25.4.2017 14:30", "Di, 3.4.2017"], "2.1.1970 0:00", 1),
        (["25.04.2017", "04/25/2017"], "02.01.1970", 1),  # each form by itself
        (["25.04.2017", "04/25/2017"], "01/02/1970", 1),
        (["25-04-2017"], "02-01-1970", 1),
        (["25.04.17", "01.03.17"], "02.01.70", 1),
        (["04/25/17"], "01/02/70", 1),
        (["98-04-25"], "70-01-02", 1),
        (["17-04-01", "17-05-02", "18-06-03", "17-07-04"], "70-01-02", 1),
        (["2017/25/04"], "1970/02/01", 1),
        (["2017/04/03"], "1970/01/02", 1),
        (["2017-25-04"], "1970-01-02", 1),
        ([], "13.01.1970", 12),
        ([], "02.02.1970", 32),
        (["25.04.2017", "31.02.2017"], "02.01.1970", 1),  # no order makes a day of the second
    ],
)
def test_a_column_shows_the_order(column: list[str], text: str, day: int) -> None:
    assert parse_date(text, learn(*column, text)) == day * DAY


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (["01.03.2017"], "02.01.1970"),
        (["25/04/2017", "04/25/2017"], "02/01/1970"),
        (["25.04.17", "25.04.18"], "01.02.17"),  # two digits that may be years at either end
        (["2017/25/04", "2017/04/25"], "2017/04/05"),
        (["04/25/2017"], "02.01.1970"),  # of another form
        (["25.04.2017"], "soon"),
    ],
)
def test_what_no_column_shows_is_no_date(column: list[str], text: str) -> None:
    assert parse_date(text, learn(*column, text)) is None


def test_the_order_of_a_column_does_not_depend_on_the_order_of_its_values() -> None:
    rng = random.Random(3)
    column = [f"{rng.randrange(1, 29):02}.{rng.randrange(1, 13):02}.1{rng.randrange(7, 9)}"] * 3
    column += [f"{rng.randrange(1, 29)}/{rng.randrange(1, 13)}/2017" for _ in range(30)]
    expected = learn(*column)
    for _ in range(5):
        rng.shuffle(column)
        assert learn(*column) == expected
    assert expected["0/0/0000"] == ("dmy",)
