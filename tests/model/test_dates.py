"""Dates as records have them."""

from __future__ import annotations

import pytest

from dedupe.model.dates import parse_date


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-02", 86400),
        ("1970-01-02T00:00:10Z", 86410),
        ("1970-01-02 01:00:00.5+01:00", 86400),
        ("1970-01-02T01:00+0100", 86400),
        ("1970/1/2", 86400),
        ("19700102", 86400),
        ("19700102000010", 86410),
        ("Fri, 02 Jan 1970 00:00:10 +0000", 86410),
        ("Friday, January 2nd, 1970", 86400),
        ("Jan 2, 1970 1:00 PM", 86400 + 13 * 3600),
        ("2 January 1970", 86400),
        ("1/13/1970", 86400 * 12),
        ("13.1.1970", 86400 * 12),
        ("1700000000", 1700000000),
        ("1700000000000", 1700000000),
        ("1970", 0),
    ],
)
def test_dates(text: str, seconds: float) -> None:
    assert parse_date(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "3/4/2024", "2024-13-01", "99999999999999999999", "0000", "12", "é", "-"]
)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text) is None
