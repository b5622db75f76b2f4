"""Parses the dates that corpora write into numbers that can be compared."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH = re.compile(r"-?\d{9,16}(\.\d+)?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)Z?)?")
_PARTIAL = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_YEAR_FIRST = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ,]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?)?",
    re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_DAY_MONTH = re.compile(
    r"(?:[a-z]+,?\s+)?(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -](\d{4})"
)
_MONTH_DAY = re.compile(r"(?:[a-z]+,?\s+)?([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_TIME_AFTER = re.compile(r",?\s+(?:at\s+)?(\d{1,2}):(\d\d)(?::(\d\d))?\s*(am|pm)?", re.IGNORECASE)
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_ZONE_AT_END = re.compile(r"(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)\s*(?:\([A-Z]+\))?$", re.IGNORECASE)


def parse_date(text: str) -> float | None:
    """Seconds since 1970 in UTC; ``None`` where ``text`` is no date, or an ambiguous one.

    Takes ISO 8601 and dates that look like it, seconds or milliseconds since 1970, ``20240131``,
    the dates of mails and feeds (RFC 2822) and English dates (``Jan 31, 2024``, ``31 January
    2024``). ``03/04/2024`` is ambiguous: which number is the month is known only where one of the
    two is above 12. A date without a zone is taken as UTC, a date without a time as midnight.
    """
    text = text.strip()
    try:
        return _parse(text) if text else None
    except (ValueError, OverflowError):
        return None


def _parse(text: str) -> float | None:
    if (found := _COMPACT.fullmatch(text)) and _is_plausible(found):
        return _seconds(*map(_number, found.groups()))
    if _EPOCH.fullmatch(text):
        return _from_epoch(float(text))
    if found := _YEAR_FIRST.match(text):
        *parts, zone = found.groups()
        return _seconds(*map(_number, parts)) - _zone_seconds(zone or "")
    if found := _PARTIAL.fullmatch(text):
        return _seconds(*map(_number, found.groups()))
    return _parse_words(text)


def _parse_words(text: str) -> float | None:
    """Dates with the month as a word, and dates such as ``31/01/2024``, which end with the year."""
    lowered = text.lower()
    if found := _DAY_MONTH.match(lowered):
        day, month, year = found.groups()
    elif found := _MONTH_DAY.match(lowered):
        month, day, year = found.groups()
    elif found := _SLASHED.match(lowered):
        return _from_slashed(*map(int, found.groups()))
    else:
        return None
    number = _MONTHS.get(month[:3])
    if number is None:
        return None
    rest = text[found.end() :]
    clock = _TIME_AFTER.match(rest)
    zone = _ZONE_AT_END.search(rest) if clock else None
    seconds = _seconds(int(year), number, int(day), *_clock_parts(clock))
    return seconds - _zone_seconds(zone[1] if zone else "")


def _clock_parts(clock: re.Match[str] | None) -> tuple[int, int, int]:
    if clock is None:
        return 0, 0, 0
    hour, half = int(clock[1]), (clock[4] or "").lower()
    if half:
        hour = hour % 12 + 12 * (half == "pm")
    return hour, int(clock[2]), int(clock[3] or 0)


def _from_slashed(first: int, second: int, year: int) -> float | None:
    if first > 12 >= second:
        return _seconds(year, second, first)
    if second > 12 >= first or first == second:
        return _seconds(year, first, second)
    return None


def _from_epoch(value: float) -> float | None:
    """Seconds of a number of seconds; of milliseconds or microseconds where it is too large.

    As seconds, a number above 10¹¹ would be a date after the year 5000.
    """
    for _ in range(2):
        if abs(value) > 1e11:
            value /= 1000
    return value if abs(value) <= 1e11 else None


def _is_plausible(found: re.Match[str]) -> bool:
    return 1000 <= int(found[1]) <= 2999 and 1 <= int(found[2]) <= 12 and 1 <= int(found[3]) <= 31


def _seconds(
    year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0
) -> float:
    moment = datetime(year, month or 1, day or 1, hour, minute, min(second, 59), tzinfo=UTC)
    return moment.timestamp()


def _zone_seconds(zone: str) -> int:
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _number(part: str | None) -> int:
    return int(part) if part else 0
