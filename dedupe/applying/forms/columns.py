"""The type of each field of some records, as a table holds it; found from their values alone.

No value is converted: where the values of one field have no common type, the records fit into no
table. Only whole numbers become floating-point numbers where a field has both, if they stay equal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Any

import msgspec

from dedupe.applying.forms.form import FormError
from dedupe.applying.forms.records import Fields, Record

_EXACT = 1 << 53
_LARGEST = 1 << 63
_MAX_FIELDS = 10_000
_MOST_DIGITS = 1_000
_LINES = "in .jsonl"


class _Kind(msgspec.Struct):
    """The type of all values that a field had so far.

    :ivar name: ``null``, ``bool``, ``int``, ``float``, ``str``, ``list`` or ``struct``
    :ivar is_exact: whether all whole numbers are equal to a floating-point number
    :ivar element: of a list
    :ivar fields: of an object
    """

    name: str = "null"
    is_exact: bool = True
    element: _Kind | None = None
    fields: dict[str, _Kind] = msgspec.field(default_factory=dict)


class Columns:
    """Collects the fields of records.

    :ivar has_gaps: whether some record lacks a field that another has
    """

    def __init__(self) -> None:
        self._root = _Kind("struct")
        self._count = 0
        self.has_gaps = False

    def add(self, record: Record) -> None:
        """Take in a record.

        :raises FormError: if no table holds it together with those before
        """
        values = parse_fields(record)
        fields = self._root.fields
        if self._count and values.keys() != fields.keys():
            self.has_gaps = True
        self._count += 1
        _widen(self._root, values, record.name, "")

    def schema(self) -> Any:
        """The schema for pyarrow.

        :raises FormError: if some field has no type that a table can hold
        """
        import pyarrow

        fields = self._root.fields
        return pyarrow.schema([(name, _arrow_type(kind, name)) for name, kind in fields.items()])


def columns_of(records: Iterable[Record]) -> Columns:
    """The columns of all these records."""
    columns = Columns()
    for record in records:
        columns.add(record)
    return columns


def parse_fields(record: Record) -> dict[str, Any]:
    """The fields of a record by name.

    :raises FormError: if something in its JSON would be lost in another form
    """
    fields: Fields = record.fields
    if isinstance(fields, dict):
        return fields
    try:
        found = json.loads(fields, object_pairs_hook=_unique, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise FormError(record.name, f"its JSON is odd ({error})", _LINES) from None
    if not isinstance(found, dict):
        raise FormError(record.name, "it is no JSON object", _LINES)
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"the number {digits:.20} is too large")
    if len(digits) > _MOST_DIGITS or not _holds(value, Decimal(digits)):
        raise ValueError(f"the number {digits:.30} has more digits than a table holds")
    return value


def _holds(value: float, written: Decimal) -> bool:
    """Whether a number gives the digits back that were written, as they are or cut to so many."""
    if written == Decimal(repr(value)):
        return True
    # (Some programs write all digits of a floating-point number, which are many.)
    return written == Context(prec=len(written.as_tuple().digits)).plus(Decimal(value))


def _widen(kind: _Kind, value: Any, record: str, path: str) -> None:
    """Make a type hold one more value.

    :raises FormError: if there is no such type
    """
    if value is None:
        return
    name = _name_of(value)
    if not name:
        raise FormError(record, f"{path!r} holds {type(value).__name__}", "as its own file")
    if name == "int":
        if not -_LARGEST <= value < _LARGEST:
            raise FormError(record, f"the number in {path!r} has more than 64 bits", _LINES)
        kind.is_exact &= -_EXACT <= value <= _EXACT
    if name == "str" and not _is_utf8(value):
        raise FormError(record, f"the text in {path!r} has unpaired surrogates", _LINES)
    if kind.name in ("null", name):
        kind.name = name
    elif {kind.name, name} == {"int", "float"} and kind.is_exact:
        kind.name = "float"
    else:
        told = f"{path!r} holds {name} here, and {kind.name} in other records"
        raise FormError(record, told, _LINES)
    if name == "list":
        kind.element = kind.element or _Kind()
        for each in value:
            _widen(kind.element, each, record, path)
    elif name == "struct":
        for inner, each in value.items():
            inner_path = f"{path}.{inner}" if path else inner
            _widen(kind.fields.setdefault(inner, _Kind()), each, record, inner_path)
        if len(kind.fields) > _MAX_FIELDS:
            told = f"records have more than {_MAX_FIELDS:,} different fields"
            raise FormError(record, told, _LINES)


def _name_of(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "struct"}
    return names.get(type(value), "")


def _is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _arrow_type(kind: _Kind, path: str) -> Any:
    import pyarrow

    if kind.name == "list":
        return pyarrow.list_(_arrow_type(kind.element or _Kind(), path))
    if kind.name == "struct":
        if not kind.fields:
            raise FormError(path, "this field holds only empty objects", _LINES)
        inner = kind.fields.items()
        return pyarrow.struct([(name, _arrow_type(each, f"{path}.{name}")) for name, each in inner])
    makers = {
        "null": pyarrow.null,
        "bool": pyarrow.bool_,
        "int": pyarrow.int64,
        "float": pyarrow.float64,
        "str": pyarrow.string,
    }
    return makers[kind.name]()
