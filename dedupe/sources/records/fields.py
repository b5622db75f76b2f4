"""Finds the text, the id and the metadata of a record among its fields.

It works on the *values* of a record, one for each name in :attr:`FieldPlan.names`, so that all
formats of records (JSON, CSV, Parquet, …) choose in the same way. The result depends on the record
alone, never on records before it. So the order of records and files does not matter, and one record
can be read again by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from dedupe.model.metadata import USUAL_META_FIELDS, pack_meta_columns
from dedupe.model.settings import ReadSettings
from dedupe.sources.reasons import FIELD_MISSING, TEXT_NOT_STRING, TEXT_NULL
from dedupe.sources.records.metadata_values import as_meta_column
from dedupe.sources.records.usual_names import META_NAMES, TEXT_NAMES

UNSET = msgspec.UNSET
Values = Sequence[Any]
"""The values of one record; ``UNSET`` where it has no field of that name."""


class Records(Protocol):
    """Several records, as a reader gives them to the plan.

    :ivar present: the names of the plan, by their index, that some record may have
    """

    present: frozenset[int]

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Values]:
        """The values of each record."""

    def column(self, index: int) -> list[Any]:
        """The values of all records under one of the present names."""


PART_BREAK = "\n\n"
"""The blank line between the parts of a text that has several fields."""

_MAX_FIELDS_NAMED = 20
_MAX_NAME_SHOWN = 60
_MAX_DEPTH = 5

_KINDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def name_kind(value: object) -> str:
    """The kind of a JSON value, in words."""
    return _KINDS.get(type(value), type(value).__name__)


class FieldPlan:
    """Finds text, id and metadata of records, as the settings say.

    :ivar names: the needed fields at the top level of a record
    :ivar is_automatic: whether texts are found under usual names, because the user named no field
    :ivar has_simple_text: whether a text is one field at the top level
    :ivar id_index: the index of the id in ``names``; -1 where it may be inside another field
    """

    def __init__(self, settings: ReadSettings) -> None:
        self._indices: dict[str, int] = {}
        self.is_automatic = not settings.text_field
        self._texts = tuple(map(self._path, settings.text_field or TEXT_NAMES))
        self.has_simple_text = self.is_automatic or (
            len(self._texts) == 1 and not self._texts[0].rest
        )
        self._id = self._path(settings.id_field)
        self.id_index = -1 if self._id.rest else self._id.literal
        asked = {name: (self._path(name),) for name in settings.meta_field}
        found = {
            name: tuple(map(self._path, META_NAMES[name]))
            for name in USUAL_META_FIELDS
            if name not in asked
        }
        self._meta = {**found, **asked}
        if settings.date_field:
            self._meta["date"] = (self._path(settings.date_field),)
        self.names: tuple[str, ...] = tuple(self._indices)

    @property
    def text_names(self) -> tuple[str, ...]:
        """The names of top-level fields that may be the text."""
        return tuple(path.name for path in self._texts if not path.rest)

    @property
    def names_beside_text(self) -> set[str]:
        """The names of top-level fields that ids or metadata need."""
        others = [self._id, *(path for paths in self._meta.values() for path in paths)]
        return {self.names[index] for path in others for index in (path.literal, path.head)}

    @property
    def dotted_paths(self) -> list[str]:
        """The paths of needed fields that may be inside other fields."""
        return [path.name for path in self._all_paths() if path.rest]

    @property
    def whole_names(self) -> list[str]:
        """The names of top-level fields that are needed as a whole."""
        return [self.names[path.literal] for path in self._all_paths()]

    def could_find_text(self, fields: Mapping[str, Any]) -> bool:
        """Whether a record with such fields may have a text.

        :param fields: fields with example values: any string where the value may be a string
        """
        found = self.find_text([fields.get(name, UNSET) for name in self.names])
        return found is not UNSET

    def find_text(self, values: Values, chosen: Counter[str] | None = None) -> Any:
        """The text of a record; where it has none, the value that was found instead of a string.

        :param chosen: counts records by the usual name under which the text was found
        """
        if not self.is_automatic:
            return self._join_parts(values)
        text, name = self._find_usual(values)
        if chosen is not None and type(text) is str:
            chosen[name] += 1
        return text

    def find_id(self, values: Values) -> str:
        """The record's own id, if it is a string or an integer; else empty."""
        return id_as_text(self._id.find(values))

    def find_texts(self, records: Records, chosen: Counter[str] | None = None) -> list[Any]:
        """The result of :meth:`find_text` for each record."""
        if self.has_simple_text:
            path = next((p for p in self._texts if p.literal in records.present), self._texts[0])
            texts = path.find_column(records)
            if set(map(type, texts)) == {str}:
                if chosen is not None and self.is_automatic:
                    chosen[path.name] += len(texts)
                return texts
        return [self.find_text(values, chosen) for values in records]

    def find_ids(self, records: Records) -> list[str]:
        """The result of :meth:`find_id` for each record."""
        if self.id_index < 0:
            return [self.find_id(values) for values in records]
        if self.id_index not in records.present:
            return [""] * len(records)
        ids = records.column(self.id_index)
        return ids if set(map(type, ids)) == {str} else list(map(id_as_text, ids))

    def find_metas(self, records: Records) -> list[bytes]:
        """The packed metadata of each record; an empty list where no record has a field for it."""
        found: dict[str, list[str]] = {}
        for name, paths in self._meta.items():
            for path in paths:
                if path.literal in records.present or path.head in records.present:
                    column = as_meta_column(path.find_column(records))
                    before = found.get(name)
                    found[name] = column if before is None else _fill_gaps(before, column)
        return pack_meta_columns(found)

    def explain(self, text: Any, fields: Callable[[], Mapping[str, Any] | None]) -> tuple[str, str]:
        """Why a record without a text cannot be used: a reason and the detail.

        :param text: the result of :meth:`find_text`
        :param fields: gives all fields of the record; ``None`` where they cannot be listed
        """
        wanted = " or ".join(quote_name(path.name) for path in self._texts)
        field = "the usual field" if self.is_automatic else f"field {wanted}"
        if text is UNSET:
            missing = (
                "no field 'text' or another usual name"
                if self.is_automatic
                else f"no field {wanted}"
            )
            return FIELD_MISSING, f"{missing}; {describe_fields(fields())}"
        if self.is_automatic:
            name = next((n for n in TEXT_NAMES if n in (fields() or ())), "")
            field = f"field {quote_name(name)}" if name else field
        if text is None:
            return TEXT_NULL, f"{field} is null"
        return TEXT_NOT_STRING, f"{field} is {name_kind(text)}, not a string"

    def _all_paths(self) -> list[_FieldPath]:
        return [*self._texts, self._id, *(path for paths in self._meta.values() for path in paths)]

    def _path(self, name: str) -> _FieldPath:
        head, _, rest = name.partition(".")
        literal = self._index(name)
        return _FieldPath(name, literal, self._index(head) if rest else -1, rest)

    def _index(self, name: str) -> int:
        return self._indices.setdefault(name, len(self._indices))

    def _find_usual(self, values: Values) -> tuple[Any, str]:
        """The first string under a usual name, and that name; else the first other value."""
        first: Any = UNSET
        for index, name in enumerate(TEXT_NAMES):
            value = values[index]
            if type(value) is str:
                return value, name
            if first is UNSET:
                first = value
        return first, ""

    def _join_parts(self, values: Values) -> Any:
        """The text of the fields that the user named; else a value that is no string."""
        if len(self._texts) == 1:
            return self._texts[0].find(values)
        parts = [value for path in self._texts if (value := path.find(values)) is not UNSET]
        given = [value for value in parts if value is not None]
        if not given:
            return None if parts else UNSET
        wrong = next((value for value in given if type(value) is not str), None)
        return wrong if wrong is not None else PART_BREAK.join(filter(None, given))


class _FieldPath:
    """A dotted path: a top-level field of just that name, or else a field inside another.

    :ivar literal: the index of the whole name in the plan
    :ivar head: the index of the part before the first dot; -1 where there is no dot
    :ivar rest: the part after the first dot
    """

    __slots__ = ("head", "literal", "name", "rest")

    def __init__(self, name: str, literal: int, head: int, rest: str) -> None:
        self.name, self.literal, self.head, self.rest = name, literal, head, rest

    def find(self, values: Values) -> Any:
        """The value at this path in one record; ``UNSET`` where it has none."""
        value = values[self.literal]
        if value is UNSET and self.rest:
            return _descend(values[self.head], self.rest)
        return value

    def find_column(self, records: Records) -> list[Any]:
        """The value at this path in each record; ``UNSET`` where it has none."""
        if self.rest:
            return [self.find(values) for values in records]
        if self.literal in records.present:
            return records.column(self.literal)
        return [UNSET] * len(records)


def _fill_gaps(column: list[str], others: list[str]) -> list[str]:
    """The values of the first column, with those of the second where the first has none."""
    return [value or other for value, other in zip(column, others, strict=True)]


def _descend(value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        return UNSET
    if path in value:
        return value[path]
    head, _, rest = path.partition(".")
    return _descend(value.get(head, UNSET), rest) if rest else UNSET


def id_as_text(record_id: object) -> str:
    """An id that is a string or an integer, as text; empty for a value that cannot be an id."""
    if type(record_id) is str:
        return record_id
    return str(record_id) if type(record_id) is int else ""


def describe_fields(fields: Mapping[str, Any] | None) -> str:
    """A message that lists the fields of a record, and shows how to name one."""
    if fields is None:  # a line that the fast way decoded may not be valid JSON in unused fields
        return "its fields cannot be listed"
    if not fields:
        return "the record is empty"
    names = list(fields)
    shown = ", ".join(map(quote_name, names[:_MAX_FIELDS_NAMED]))
    more = len(names) - _MAX_FIELDS_NAMED
    listed = f"its fields are {shown}" + (f" and {more} more" if more > 0 else "")
    longest = max(_strings_in(fields), default=(0, ""))[1]
    return f"{listed}; name one, such as --text-field {quote_name(longest)}" if longest else listed


def quote_name(name: str) -> str:
    """The name of a field in quotes: short, and with control characters escaped."""
    return repr(name if len(name) <= _MAX_NAME_SHOWN else name[:_MAX_NAME_SHOWN] + "…")


def _strings_in(fields: Mapping[str, Any], prefix: str = "", depth: int = 0) -> list[Any]:
    """The length and the dotted path of each string in fields and in the objects inside them."""
    found: list[Any] = []
    for name, value in fields.items():
        if isinstance(value, str):
            found.append((len(value), prefix + name))
        elif isinstance(value, dict) and depth < _MAX_DEPTH:
            found += _strings_in(value, f"{prefix}{name}.", depth + 1)
    return found
