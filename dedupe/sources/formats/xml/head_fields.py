"""Takes title, date and address from the head of a text of the TEI, of JATS, or the like."""

from __future__ import annotations

from collections.abc import Mapping

from dedupe.sources.formats.xml.vocabularies import Vocabulary
from dedupe.sources.records.metadata_values import as_meta_value

_DATE_ATTRIBUTES = ("when", "when-iso", "iso-8601-date", "norm")
_DATE_PARTS = ("year", "month", "day")


class HeadFields:
    """Collects metadata; the first value of each name counts, of dates the most exact.

    :ivar meta: by name
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.meta: dict[str, str] = {}
        self._places = vocabulary.meta
        self._name, self._depth = "", 0  # what is being collected, and how deep it stands
        self._attributes: Mapping[str, str] = {}
        self._parts: list[str] = []
        self._date: dict[str, str] = {}
        self._date_part = ""

    def start(self, around: str, local: str, attributes: Mapping[str, str], depth: int) -> None:
        """Take in a start tag.

        :param around: the name of the element around it
        """
        if self._name:
            self._date_part = local if local in _DATE_PARTS else ""
        elif name := self._places.get((around, local)):
            self._name, self._depth, self._attributes = name, depth, attributes
            self._parts, self._date, self._date_part = [], {}, ""

    def data(self, text: str) -> None:
        """Take in text."""
        if self._name:
            self._parts.append(text)
            if self._date_part:
                self._date.setdefault(self._date_part, text.strip())

    def end(self, depth: int) -> None:
        """Take in the end tag of an element that stands so deep."""
        self._date_part = ""
        if not self._name or depth != self._depth:
            return
        name, self._name = self._name, ""
        value = as_meta_value(" ".join(self._value(name).split()))
        is_better = name not in self.meta or (name == "date" and len(value) > len(self.meta[name]))
        if value and is_better:
            self.meta[name] = value

    def _value(self, name: str) -> str:
        attributes, text = self._attributes, "".join(self._parts).strip()
        if name == "doi":
            return text * (attributes.get("pub-id-type") == "doi")
        if name == "url":
            address = attributes.get("xlink:href", text)
            return address * address.startswith(("http://", "https://"))
        if name == "date":
            stated = (attributes.get(each, "") for each in _DATE_ATTRIBUTES)
            return next(filter(None, stated), "") or self._joined_date() or text
        return text

    def _joined_date(self) -> str:
        """A date whose parts are elements; empty where there is no such part."""
        year, month, day = (self._date.get(each, "") for each in _DATE_PARTS)
        if month and not month.isdigit():
            return f"{day or 1} {month} {year}"
        parts = [each.zfill(2) for each in (month, day) if each] if month else []
        return "-".join([year, *parts]) if year else ""
