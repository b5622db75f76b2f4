"""Parses the dates that corpora write into numbers that can be compared."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from dedupe.model.date_orders import (
    NO_ORDERS,
    DateOrders,
    find_numeric_date,
    full_year,
    resolve,
)

_EPOCH = re.compile(r"-?\d{9,16}(\.\d+)?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(?:\.\d+)?(?:Z|([+-]\d{4}))?)?")
_PARTIAL = re.compile(r"(\d{4})(?:[-/.](\d{1,2}))?")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("jan january", "feb february", "mar march", "apr april", "may", "jun june"),
            *("jul july", "aug august", "sep sept september", "oct october"),
            *("nov november", "dec december"),
        ),
        1,
    )
    for name in names.split()
}
_YEAR = r"(\d{4}|\d\d(?![\d:.]))(?!\d)"
_DAY_MONTH = re.compile(
    rf"(?:[a-z]+,?\s+)?(\d{{1,2}})(?:st|nd|rd|th)?[ /-]([a-z]{{3,9}})\.?,?[ /-]{_YEAR}"
)
_MONTH_DAY = re.compile(
    r"(?:[a-z]+,?\s+)?([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)"
)
_MONTH_YEAR = re.compile(r"([a-z]{3,9})\.?,?\s+(\d{4})")
_CLOCK_BEFORE_YEAR = re.compile(
    r"(?:[a-z]+,?\s+)?([a-z]{3,9})\s+(\d{1,2})\s+(\d\d:\d\d:\d\d\s+(?:[a-z]{1,4}\s+|[+-]\d{4}\s+)?)"
    r"(\d{4})(?!\d)"
)
_CLOCK = re.compile(
    r"[t,:\s]*(?:[-–|]\s*)?(?:(?:at|um)\s+)?(\d{1,2})[:.](\d\d)(?:[:.](\d\d)(?:[.,]\d+)?)?(?![.:\d])"
    r"\s*(?:([ap])\.?m\b\.?)?\s*(?:(?:gmt|utc)?\s*([+-]\d\d:?(?:\d\d)?)(?!\d)|([a-z]{3,4})\b)?"
)
_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
"""The zones that RFC 822 names, in hours; all other names are taken as UTC."""


def parse_date(text: str, orders: DateOrders = NO_ORDERS) -> float | None:
    """Seconds since 1970 in UTC; ``None`` where ``text`` is no date, or an ambiguous one.

    Takes ISO 8601 and dates that look like it, seconds or milliseconds since 1970, ``20240131``,
    the dates of mails and feeds (RFC 2822), of C and JavaScript, and English dates (``Jan 31,
    2024``, ``31 January 2024``). In ``03/04/2024`` the order of day and month is that of its
    column. A date without a zone is taken as UTC, a date without a time as midnight.

    :param orders: the orders of dates of three numbers, as a column shows them
    """
    text = text.strip()
    try:
        return _parse(text, orders) if text else None
    except (ValueError, OverflowError):
        return None


def _parse(text: str, orders: DateOrders) -> float | None:
    if (found := _COMPACT.fullmatch(text)) and _is_plausible(found):
        *parts, zone = found.groups()
        return _seconds(*map(_number, parts)) - (_offset_seconds(zone) if zone else 0)
    if _EPOCH.fullmatch(text):
        return _from_epoch(float(text))
    if found := _YEAR_FIRST.match(text):
        year, month, day = map(int, found.groups())
        return _seconds(year, month, day) + _clock_seconds(text[found.end() :])
    if numeric := find_numeric_date(text):
        placed = resolve(numeric, orders)
        return _seconds(*placed) + _clock_seconds(text[numeric.end :]) if placed else None
    if found := _PARTIAL.fullmatch(text):
        return _seconds(*map(_number, found.groups()))
    return _parse_words(text.lower())


def _parse_words(text: str) -> float | None:
    """Dates with the month as an English word."""
    rest = None
    if found := _CLOCK_BEFORE_YEAR.match(text):
        month, day, rest, year = found.groups()
    elif found := _DAY_MONTH.match(text):
        day, month, year = found.groups()
    elif found := _MONTH_DAY.match(text):
        month, day, year = found.groups()
    elif found := _MONTH_YEAR.fullmatch(text):
        (month, year), day = found.groups(), "1"
    else:
        return None
    if month not in _MONTHS:
        return None
    clock = _clock_seconds(text[found.end() :] if rest is None else rest)
    return _seconds(full_year(int(year)), _MONTHS[month], int(day)) + clock


def _clock_seconds(rest: str) -> float:
    """The time after a date, as seconds to add to midnight in UTC; 0 where there is none.

    :raises ValueError: if there is no such time
    """
    found = _CLOCK.match(rest.lower())
    if found is None:
        return 0
    hour, minute, second, half, offset, zone = found.groups()
    hours = int(hour) % 12 + 12 * (half == "p") if half else int(hour)
    seconds = hours * 3600 + int(minute) * 60 + min(_number(second), 59)
    if hours > 24 or int(minute) > 59:
        raise ValueError("there is no such time")
    return seconds - (_offset_seconds(offset) if offset else 3600 * _ZONES.get(zone, 0))


def _from_epoch(value: float) -> float | None:
    """Seconds of a number of seconds; of milliseconds or microseconds where it is too large.

    As seconds, a number above 10¹¹ would be a date after the year 5000.
    """
    for _ in range(2):
        if abs(value) > 1e11:
            value /= 1000
    return value if abs(value) <= 1e11 else None


def _is_plausible(found: re.Match[str]) -> bool:
    """Whether digits without separators are a date; with a time they may be milliseconds too."""
    year, month, day = (int(found[number]) for number in (1, 2, 3))
    is_year = 1900 <= year <= 2099 if found[4] else 1000 <= year <= 2999
    return is_year and 1 <= month <= 12 and 1 <= day <= 31


def _seconds(
    year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0
) -> float:
    moment = datetime(year, month or 1, day or 1, hour, minute, min(second, 59), tzinfo=UTC)
    return moment.timestamp()


def _offset_seconds(zone: str) -> int:
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _number(part: str | None) -> int:
    return int(part) if part else 0
