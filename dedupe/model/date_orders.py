"""The order of day, month and year in dates of three numbers, as a whole column shows it.

``01.03.2017`` alone does not tell its order, but ``25.04.2017`` in the same column does. So dates
are told apart by their form (the separator, and where four digits stand), and each date rules out
the orders that would make no date of it. What is left of a column does not depend on the order in
which it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

DateOrder = Literal["dmy", "mdy", "ymd", "ydm"]

DateOrders = Mapping[str, Sequence[DateOrder]]
"""By form, such as ``0.0.0000``, the orders that all dates of the form allow: ``dmy``, ``mdy``, …

One order is used. Several, or none, decide nothing.
"""

NO_ORDERS: DateOrders = {}

_NUMBERS = re.compile(
    r"(?:[^\W\d_]{2,12}[.,]?,?\s+)?"  # the day of the week
    r"(?:(\d{4})([/.])\s?(\d{1,2})\2\s?(\d{1,2})|(\d{1,2})([-/.])\s?(\d{1,2})\6\s?(\d{4}|\d\d))"
    r"(?!\d)"
)
_LAST_YEAR_OF_2000 = 68
"""Two digits up to this are a year after 2000, as POSIX has it."""

_MIN_DAYS = 4


class NumericDate(NamedTuple):
    """A date of three numbers.

    :param form: its separators, with each number as ``0``, or as many zeros as a year has digits
    :param numbers: in the order in which they stand
    :param end: the end of the date in its text
    """

    form: str
    numbers: tuple[int, int, int]
    end: int


def find_numeric_date(text: str) -> NumericDate | None:
    """The date of three numbers with which a text begins; not one such as ``2017-04-25``.

    That is ISO 8601, whose order is known.
    """
    found = _NUMBERS.match(text)
    if found is None:
        return None
    year, mark, *_ = found.groups()
    if year:
        numbers = int(year), int(found[3]), int(found[4])
        return NumericDate(f"0000{mark}0{mark}0", numbers, found.end())
    mark, last = found[6], found[8]
    numbers = int(found[5]), int(found[7]), int(last)
    return NumericDate(f"0{mark}0{mark}{'0' * len(last)}", numbers, found.end())


def resolve(found: NumericDate, orders: DateOrders) -> tuple[int, int, int] | None:
    """Year, month and day; ``None`` where the orders of its form give none, or several."""
    possible = orders.get(found.form) or _orders_of(found.form)
    if found.form.startswith("0000") and found.form not in orders:
        possible = possible[:1]
    dates = {placed for order in possible if (placed := _place(found.numbers, order))}
    return dates.pop() if len(dates) == 1 else None


class DateColumn:
    """Collects what the dates of a column show of their order."""

    def __init__(self) -> None:
        self._orders: dict[str, set[DateOrder]] = {}
        self._seen: dict[str, tuple[set[int], set[int]]] = {}

    def add_all(self, texts: Iterable[str]) -> None:
        """Look at values, of which many may follow an equal one."""
        seen = ""
        for text in texts:
            if text != seen:
                self.add(text.strip())
                seen = text

    def merge(self, other: DateColumn) -> None:
        """Take in what another part of the column shows."""
        for form, orders in other._orders.items():
            self._orders.setdefault(form, set(orders)).intersection_update(orders)
        for form, (first, last) in other._seen.items():
            seen = self._seen.setdefault(form, (set(), set()))
            seen[0].update(first)
            seen[1].update(last)

    def add(self, text: str) -> None:
        """Look at one value, which may be any text."""
        found = find_numeric_date(text)
        if found is None:
            return
        known = _orders_of(found.form)
        possible = {order for order in known if _place(found.numbers, order)}
        if possible:
            self._orders.setdefault(found.form, set(known)).intersection_update(possible)
            first, last = self._seen.setdefault(found.form, (set(), set()))
            first.add(found.numbers[0])
            last.add(found.numbers[2])

    def orders(self) -> dict[str, tuple[DateOrder, ...]]:
        """The orders that are left, by form."""
        return {form: self._left(form) for form in sorted(self._orders)}

    def _left(self, form: str) -> tuple[DateOrder, ...]:
        left = tuple(order for order in _orders_of(form) if order in self._orders[form])
        if form.startswith("0000"):
            return left[:1]  # nobody writes the day before the month but where a column shows it
        if "ymd" in left and len(left) > 1:
            # Two digits each: a column has many days, and few years.
            days, years = map(len, self._seen[form])
            if days > years:
                return tuple(order for order in left if order != "ymd")
            if years >= max(2 * days, _MIN_DAYS):
                return ("ymd",)
        return left


def _orders_of(form: str) -> tuple[DateOrder, ...]:
    """The orders that a form may have, the usual first."""
    if form.startswith("0000"):
        return ("ymd", "ydm")
    return ("dmy", "mdy") if form.endswith("0000") else ("dmy", "mdy", "ymd")


def _place(numbers: tuple[int, int, int], order: DateOrder) -> tuple[int, int, int] | None:
    """Year, month and day of numbers in this order; ``None`` where there is no such day."""
    year, month, day = (numbers[order.index(part)] for part in "ymd")
    try:
        date(year := full_year(year), month, day)
    except ValueError:
        return None
    return year, month, day


def full_year(year: int) -> int:
    """A year of two digits with its century; other years as they are."""
    if year > 99:
        return year
    return year + (2000 if year <= _LAST_YEAR_OF_2000 else 1900)
