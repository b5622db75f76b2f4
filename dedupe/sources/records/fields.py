"""Finds the text, the id and the metadata of a record among its fields.

It works on the *values* of a record, one for each name in :attr:`FieldPlan.names`, so that all
formats of records (JSON, CSV, Parquet, …) choose in the same way. The result depends on the record
alone, never on records before it. So the order of records and files does not matter, and one record
can be read again by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from dedupe.model.metadata import USUAL_META_FIELDS, pack_meta_columns
from dedupe.model.settings import ReadSettings
from dedupe.sources.reasons import FIELD_MISSING, TEXT_NOT_STRING, TEXT_NULL
from dedupe.sources.records.field_names import UNSET, descend, match_names
from dedupe.sources.records.hints import Hint, describe_fields, quote_name
from dedupe.sources.records.metadata_values import as_meta_column, unwrap
from dedupe.sources.records.usual_names import META_NAMES, TEXT_NAMES

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
"""The blank line between the parts of a text that has several fields, or is a list of strings."""

_MAX_MATCHES = 1000

_KINDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
    bytes: "bytes that are not UTF-8",
}


def name_kind(value: object) -> str:
    """The kind of a JSON value, in words."""
    return _KINDS.get(type(value), type(value).__name__)


def as_text(value: Any) -> Any:
    """The text of a field: a string itself, or the paragraphs of a list of strings, joined.

    Items of a list that are null or blank are left out. Any other value is given back as it is.
    """
    if type(value) is not list:
        return value
    given = [item for item in value if item is not None]
    if not set(map(type, given)) <= {str}:
        return value
    return PART_BREAK.join(item for item in given if not is_blank(item))


def is_blank(text: str) -> bool:
    """Whether a text is empty, or white space alone."""
    return not text or text.isspace()


def any_blank(texts: list[str]) -> bool:
    """Whether some text is blank (see :func:`is_blank`); at the speed of C, for all records."""
    return "" in texts or any(map(str.isspace, texts))


class FieldPlan:
    """Finds text, id and metadata of records, as the settings say.

    :ivar names: the needed fields at the top level of a record
    :ivar is_automatic: whether texts are found under usual names, because the user named no field
    :ivar has_simple_text: whether a text is one field at the top level
    :ivar named_id: the field of the id, if the user named one; else empty
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
        self.named_id = settings.id_field * (settings.id_field != ReadSettings().id_field)
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
        self._matches: dict[tuple[str, ...], list[tuple[int, str]]] = {}
        self._present: dict[frozenset[int], _PresentPaths] = {}

    @property
    def text_indices(self) -> list[int]:
        """The indices of top-level fields that may be the text; the first that has one counts."""
        return [path.literal for path in self._texts if not path.rest]

    @property
    def indices_beside_text(self) -> set[int]:
        """The indices of top-level fields that ids or metadata need."""
        others = [self._id, *(path for paths in self._meta.values() for path in paths)]
        return {index for path in others for index in (path.literal, path.head)}

    @property
    def inner_paths(self) -> list[tuple[int, str]]:
        """The needed fields inside others: the index of the outer field, and the path inside it."""
        return [(path.head, path.rest) for path in self._all_paths() if path.rest]

    @property
    def whole_indices(self) -> list[int]:
        """The indices of top-level fields that are needed as a whole."""
        return [path.literal for path in self._all_paths()]

    def match(self, given: Collection[str]) -> list[tuple[int, str]]:
        """The index of each needed field that is there, with its name in the record.

        :param given: the names of a record's fields
        """
        key = tuple(given)
        found = self._matches.get(key)
        if found is None:
            if len(self._matches) >= _MAX_MATCHES:
                self._matches.clear()
            found = self._matches[key] = match_names(self.names, given)
        return found

    def values_of(self, fields: Mapping[str, Any]) -> list[Any]:
        """The values of a record, for this plan, from all its fields."""
        values: list[Any] = [UNSET] * len(self.names)
        for index, name in self.match(fields.keys()):
            values[index] = fields[name]
        return values

    def could_find_text(self, fields: Mapping[str, Any]) -> bool:
        """Whether a record with such fields may have a text.

        :param fields: fields with example values: any string where the value may be a string
        """
        return self.find_text(self.values_of(fields)) is not UNSET

    def has_text(self, fields: Mapping[str, Any]) -> bool:
        """Whether a record with these fields has a text that is not blank."""
        text = self.find_text(self.values_of(fields))
        return type(text) is str and not is_blank(text)

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
            paths = self._paths_among(records.present).texts
            path = (paths or self._texts)[0]
            texts = path.find_column(records)
            kinds = set(map(type, texts))
            if kinds != {str}:
                texts = list(map(as_text, texts))
                kinds = set(map(type, texts))
            if kinds == {str} and (len(paths) == 1 or not any_blank(texts)):
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
        for name, path in self._paths_among(records.present).metas:
            column = as_meta_column(path.find_column(records))
            before = found.get(name)
            found[name] = column if before is None else _fill_gaps(before, column)
        return pack_meta_columns(found)

    def explain(
        self, text: Any, fields: Mapping[str, Any] | None, hint: Hint | None
    ) -> tuple[str, str]:
        """Why a record without a text cannot be used: a reason and the detail.

        :param text: the result of :meth:`find_text`
        :param fields: all fields of the record; ``None`` where they cannot be listed
        :param hint: what the records of its file show to hold texts; ``None`` where not known
        """
        if text is UNSET:
            wanted = " or ".join(quote_name(path.name) for path in self._texts)
            usual = "'text' or another usual name"
            missing = f"no field {usual if self.is_automatic else wanted}"
            return FIELD_MISSING, f"{missing}; {describe_fields(fields, hint)}"
        field = self._name_text_field(fields or {})
        if text is None:
            return TEXT_NULL, f"{field} is null"
        detail = f"{field} is {name_kind(text)}, not a string"
        if type(text) is list:
            odd = next(item for item in text if item is not None and type(item) is not str)
            detail = f"{field} is a list that holds {name_kind(odd)}, not only strings"
        told = f"; {hint.describe()}" if hint is not None and hint.text else ""
        return TEXT_NOT_STRING, detail + told

    def _name_text_field(self, fields: Mapping[str, Any]) -> str:
        """The field that was to hold the text, in words."""
        if not self.is_automatic:
            return "field " + " or ".join(quote_name(path.name) for path in self._texts)
        found = dict(self.match(fields.keys()))
        name = next((found[i] for i in self.text_indices if i in found), "")
        return f"field {quote_name(name)}" if name else "the usual field"

    def _all_paths(self) -> list[_FieldPath]:
        return [*self._texts, self._id, *(path for paths in self._meta.values() for path in paths)]

    def _paths_among(self, present: frozenset[int]) -> _PresentPaths:
        """The paths that lead to something; few do, and most blocks of a file have the same."""
        found = self._present.get(present)
        if found is None:
            if len(self._present) >= _MAX_MATCHES:
                self._present.clear()
            texts = tuple(path for path in self._texts if path.literal in present)
            metas = tuple(
                (name, path)
                for name, paths in self._meta.items()
                for path in paths
                if path.literal in present or path.head in present
            )
            found = self._present[present] = _PresentPaths(texts, metas)
        return found

    def _path(self, name: str) -> _FieldPath:
        head, _, rest = name.partition(".")
        literal = self._index(name)
        return _FieldPath(name, literal, self._index(head) if rest else -1, rest)

    def _index(self, name: str) -> int:
        return self._indices.setdefault(name, len(self._indices))

    def _find_usual(self, values: Values) -> tuple[Any, str]:
        """The first text under a usual name, and that name; else the first other value."""
        first: Any = UNSET
        first_name = ""
        for path in self._texts:
            value = values[path.literal]
            if value is UNSET:
                continue
            text = as_text(value)
            if type(text) is str and not is_blank(text):
                return text, path.name
            if first is UNSET:
                first, first_name = text, path.name
        return first, first_name

    def _join_parts(self, values: Values) -> Any:
        """The text of the fields that the user named; else a value that is no text."""
        if len(self._texts) == 1:
            return as_text(self._texts[0].find(values))
        found = (path.find(values) for path in self._texts)
        parts = [as_text(value) for value in found if value is not UNSET]
        given = [text for text in parts if text is not None]
        if not given:
            return None if parts else UNSET
        wrong = next((text for text in given if type(text) is not str), None)
        if wrong is not None:
            return wrong
        return PART_BREAK.join(text for text in given if not is_blank(text))


class _PresentPaths(NamedTuple):
    """The paths of texts and metadata that some of the records may have, in their order."""

    texts: tuple[_FieldPath, ...]
    metas: tuple[tuple[str, _FieldPath], ...]


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
            return descend(values[self.head], self.rest)
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


def id_as_text(record_id: object) -> str:
    """An id that is a string or an integer, as text; empty for a value that cannot be an id."""
    if type(record_id) in (list, dict):
        record_id = unwrap(record_id)
    if type(record_id) is str:
        return record_id
    return str(record_id) if type(record_id) is int else ""
