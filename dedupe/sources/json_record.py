"""One line of JSON Lines to the two fields that are asked for.

The fast way decodes these two fields alone, whatever their types. A line that it refuses goes
the lenient way: Python's own parser, which takes what is common on the web though the standard
forbids it (unpaired surrogates, ``NaN``), after bytes that are not UTF-8 were replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

import msgspec

from dedupe.sources.reasons import NOT_A_RECORD, NOT_JSON, TOO_DEEP
from dedupe.sources.text_encoding import replace_surrogates

_KINDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


class Record(Protocol):
    """The two fields; ``msgspec.UNSET`` where the record has none of that name."""

    @property
    def text(self) -> Any: ...

    @property
    def id(self) -> Any: ...


class _NamedFields(NamedTuple):
    text: Any
    id: Any


NO_RECORD: Record = _NamedFields(msgspec.UNSET, msgspec.UNSET)
"""Stands for a line that holds none."""


@dataclass(frozen=True, slots=True)
class LenientRecord:
    """The two fields of a line that only the lenient way could read.

    :param has_bad_bytes: whether bytes that are not UTF-8 were replaced
    :param has_surrogates: whether lone surrogates were replaced in one of the two
    """

    text: Any
    id: Any
    has_bad_bytes: bool
    has_surrogates: bool


class NotARecord(Exception):
    """A line that is no JSON object: a reason, and what is wrong."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class RecordDecoder:
    """Decodes lines.

    :ivar decode: the fast way; raises ``ValueError`` or ``RecursionError`` where the line
        must go the lenient way
    """

    def __init__(self, text_field: str, id_field: str) -> None:
        self._text_field = text_field
        self._id_field = id_field
        self.decode: Callable[[bytes], Record] = self._compile()

    def decode_leniently(self, line: bytes) -> LenientRecord:
        """The fields of a line, the lenient way.

        :raises NotARecord: if it is no JSON object
        """
        fields, has_bad_bytes = parse_fields(line)
        text, text_replaced = _without_surrogates(fields.get(self._text_field, msgspec.UNSET))
        record_id, id_replaced = _without_surrogates(fields.get(self._id_field, msgspec.UNSET))
        return LenientRecord(text, record_id, has_bad_bytes, text_replaced or id_replaced)

    def read_text(self, line: bytes) -> str | None:
        """The text of a line either way; None where it holds none."""
        try:
            text = self.decode(line).text
        except (ValueError, RecursionError):
            try:
                text = self.decode_leniently(line).text
            except NotARecord:
                return None
        return text if isinstance(text, str) else None

    def _compile(self) -> Callable[[bytes], Record]:
        fields = [("text", Any, msgspec.UNSET), ("id", Any, msgspec.UNSET)]
        names = {"text": self._text_field, "id": self._id_field}
        try:
            record = msgspec.defstruct("Record", fields, rename=names, gc=False)
        except ValueError:  # one field for both, or a name that msgspec does not take
            return self._decode_all
        return cast(Callable[[bytes], Record], msgspec.json.Decoder(record).decode)

    def _decode_all(self, line: bytes) -> Record:
        fields = msgspec.json.decode(line)
        if not isinstance(fields, dict):
            raise ValueError("not an object")
        return _NamedFields(
            fields.get(self._text_field, msgspec.UNSET), fields.get(self._id_field, msgspec.UNSET)
        )


def parse_fields(line: bytes) -> tuple[dict[str, Any], bool]:
    """All fields of a line, the lenient way, and whether bytes had to be replaced.

    :raises NotARecord: if it is no JSON object
    """
    import json

    try:
        text, has_bad_bytes = line.decode(), False
    except UnicodeDecodeError:
        text, has_bad_bytes = line.decode("utf-8", "replace"), True
    try:
        value = json.loads(text, parse_int=_parse_integer)
    except ValueError:
        raise NotARecord(NOT_JSON, _explain(text)) from None
    except RecursionError:
        raise NotARecord(TOO_DEEP, "it is nested deeper than Python can parse") from None
    if not isinstance(value, dict):
        raise NotARecord(NOT_A_RECORD, f"it is {name_kind(value)}, not an object")
    return value, has_bad_bytes


def name_kind(value: object) -> str:
    """What kind of JSON value this is, in words."""
    return _KINDS.get(type(value), type(value).__name__)


def _parse_integer(digits: str) -> int | float:
    """An integer; beyond Python's limit on digits, a float, since its value is not used."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _explain(text: str) -> str:
    """What msgspec, whose words do not change with Python's version, says of a broken line."""
    try:
        msgspec.json.decode(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        return str(error)
    return "it is not JSON"


def _without_surrogates(value: Any) -> tuple[Any, bool]:
    if type(value) is not str or value.isascii():
        return value, False
    replaced = replace_surrogates(value)
    return replaced, replaced != value
