"""Decodes the needed fields of one JSON object.

The fast way decodes only these fields, whatever their types. A line that it refuses is decoded the
lenient way: bytes that are not UTF-8 are replaced, and Python's own parser accepts what is common
on the web although the standard forbids it (unpaired surrogates, ``NaN``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple, cast

import msgspec

from dedupe.model.documents import Notice
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_encoding import UTF8_MARK, replace_surrogates
from dedupe.sources.formats.json.depth import has_too_many_values, is_too_deep
from dedupe.sources.reasons import (
    LONE_SURROGATES,
    NOT_A_RECORD,
    NOT_JSON,
    TOO_DEEP,
    TOO_LARGE,
    UNDECODABLE_BYTES,
)
from dedupe.sources.records.field_names import UNSET
from dedupe.sources.records.fields import FieldPlan, Values, is_blank, name_kind

_MAX_DEPTH = 50
_TOO_DEEP_TO_PARSE = "it is nested deeper than Python can parse"

Record = Any
"""A generated struct with an attribute for each name of the plan: ``f0``, ``f1``, …"""

GetValues = Callable[[Record], Values]

_decode_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder().decode


class LenientRecord(NamedTuple):
    """A record that only the lenient way could decode.

    :param has_bad_bytes: whether bytes that are not UTF-8 were replaced
    :param has_surrogates: whether lone surrogates were replaced in a value
    """

    record: Record
    has_bad_bytes: bool
    has_surrogates: bool


class NotARecord(Exception):
    """A line is no usable JSON object, with a reason and the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class JsonRecords:
    """Several decoded records, as a :class:`dedupe.sources.records.fields.Records`."""

    def __init__(self, rows: list[Record], present: frozenset[int], values: GetValues) -> None:
        self.rows = rows
        self.present = present
        self._values = values

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Values]:
        return map(self._values, self.rows)

    def column(self, index: int) -> list[Any]:
        """The values of all records under one of the present names."""
        return list(map(attrgetter(f"f{index}"), self.rows))


@lru_cache(maxsize=4)
def record_decoder(settings: ReadSettings) -> RecordDecoder:
    """The decoder that all files share under these settings."""
    return RecordDecoder(settings)


class RecordDecoder:
    """Decodes lines into records.

    :ivar plan: finds text, id and metadata among the values of a record
    :ivar values: gives the values of a record, for the plan
    """

    def __init__(self, settings: ReadSettings) -> None:
        self.plan = FieldPlan(settings)
        attributes = [f"f{number}" for number in range(len(self.plan.names))]
        fields: list[tuple[str, Any, Any]] = [(name, Any, UNSET) for name in attributes]
        self._struct = msgspec.defstruct("Record", fields, gc=False)
        self._decode_named = _make_named_decoder(attributes, self.plan.names)
        self.values = cast(GetValues, attrgetter(*attributes))

    def decode(self, line: bytes) -> Record:
        """Decode a line the fast way.

        :raises ValueError: if it must be decoded the lenient way, as for ``RecursionError``
        """
        try:
            raws = _decode_raws(line)
        except ValueError:
            self._decode_named(line)
            return self._decode_odd_names(line)
        matched = self.plan.match(raws.keys())
        return self._struct(**{f"f{index}": _decode_any(raws[name]) for index, name in matched})

    def is_record_with_text(self, data: bytes) -> bool:
        """Whether this is one JSON object with a text that is one string, and nothing else."""
        try:
            values = self.values(self.decode(data))
        except (ValueError, RecursionError):
            return False
        text = self.plan.find_text(values)
        return type(text) is str and not is_blank(text) and list not in map(type, values)

    def _decode_odd_names(self, line: bytes) -> Record:
        """Decode a line with bytes that are not UTF-8 in names alone, where no text is lost."""
        try:
            fields, _ = parse_fields(line)
        except NotARecord as problem:
            raise ValueError(str(problem)) from None
        return self._struct(*self.plan.values_of(fields))

    def find_present(self, rows: list[Record]) -> frozenset[int]:
        """The names of the plan, by their index, that some of these records have."""
        columns = enumerate(zip(*map(self.values, rows), strict=True))
        return frozenset(i for i, values in columns if values.count(UNSET) < len(values))

    def gather(self, rows: list[Record], present: frozenset[int]) -> JsonRecords:
        """Several records, for the plan.

        :param present: the names of the plan, by their index, that some records may have
        """
        return JsonRecords(rows, present, self.values)

    def decode_leniently(self, line: bytes) -> LenientRecord:
        """Decode a line the lenient way.

        :raises NotARecord: if it is no JSON object
        """
        fields, has_bad_bytes = parse_fields(line)
        values = self.plan.values_of(fields)
        sound = [_without_surrogates(value) for value in values]
        return LenientRecord(self._struct(*sound), has_bad_bytes, sound != values)

    def read_text(self, line: bytes) -> str | None:
        """The text of a line, decoded in either way; ``None`` where it holds none."""
        try:
            record = self.decode(line)
        except (ValueError, RecursionError):
            try:
                record = self.decode_leniently(line).record
            except NotARecord:
                return None
        text = self.plan.find_text(self.values(record))
        return text if isinstance(text, str) else None


def _make_named_decoder(attributes: Sequence[str], names: Sequence[str]) -> Callable[[bytes], Any]:
    """A decoder of fields of just these names, which does not look at any other."""
    fields: list[tuple[str, Any, Any]] = [(name, Any, UNSET) for name in attributes]
    renamed = dict(zip(attributes, names, strict=True))
    try:
        struct = msgspec.defstruct("Record", fields, rename=renamed, gc=False)
    except ValueError:  # a name that msgspec does not take
        return _decode_raws
    return msgspec.json.Decoder(struct).decode


class CarefulDecoder:
    """Decodes lines one by one within limits, if necessary the lenient way, and counts repairs."""

    def __init__(self, decoder: RecordDecoder, max_depth: int, max_values: int) -> None:
        self._decoder = decoder
        self._max_depth, self._max_values = max_depth, max_values
        self._bad_bytes_count = 0
        self._surrogates_count = 0

    def decode(self, raw: bytes) -> Record:
        """Decode a line.

        :raises NotARecord: if it is no JSON object, or beyond a limit
        """
        if is_too_deep(raw, self._max_depth):
            detail = f"it is nested deeper than {self._max_depth} (--max-depth)"
            raise NotARecord(TOO_DEEP, detail)
        if has_too_many_values(raw, self._max_values):
            detail = f"it holds more than {self._max_values} values (--max-values)"
            raise NotARecord(TOO_LARGE, detail)
        try:
            return self._decoder.decode(raw)
        except (ValueError, RecursionError):
            lenient = self._decoder.decode_leniently(raw)
        self._bad_bytes_count += lenient.has_bad_bytes
        self._surrogates_count += lenient.has_surrogates
        return lenient.record

    def notices(self, source_id: str) -> Iterator[Notice]:
        """Notices of how many records were repaired."""
        for count, reason, what in (
            (self._bad_bytes_count, UNDECODABLE_BYTES, "bytes that are not UTF-8"),
            (self._surrogates_count, LONE_SURROGATES, "lone surrogates"),
        ):
            if count:
                detail = f"records that hold {what} (replaced by U+FFFD): {count}"
                yield Notice(source_id, reason, detail)


def parse_fields(line: bytes) -> tuple[dict[str, Any], bool]:
    """All fields of a line, decoded the lenient way, and whether bytes had to be replaced.

    :raises NotARecord: if it is no JSON object
    """
    import json

    line = line.removeprefix(UTF8_MARK)  # of a file that was put behind another
    try:
        text, has_bad_bytes = line.decode(), False
    except UnicodeDecodeError:
        text, has_bad_bytes = line.decode("utf-8", "replace"), True
    try:
        value = json.loads(text, parse_int=_parse_integer)
    except ValueError:
        raise NotARecord(NOT_JSON, explain_json(text.encode("utf-8", "replace"))) from None
    except RecursionError:
        raise NotARecord(TOO_DEEP, _TOO_DEEP_TO_PARSE) from None
    if not isinstance(value, dict):
        step = "; jq '{text: .}' makes records of strings" * isinstance(value, str)
        raise NotARecord(NOT_A_RECORD, f"it is {name_kind(value)}, not an object{step}")
    return value, has_bad_bytes


def _parse_integer(digits: str) -> int | float:
    """An integer; a float where it exceeds Python's limit on digits, since nobody uses it."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def explain_json(data: bytes) -> str:
    """The message of msgspec on broken JSON, which does not change with Python's version."""
    try:
        msgspec.json.decode(data)
    except RecursionError:
        return _TOO_DEEP_TO_PARSE
    except ValueError as error:
        return str(error)
    return "it is not JSON"


def _without_surrogates(value: Any, depth: int = 0) -> Any:
    if type(value) is str:
        return value if value.isascii() else replace_surrogates(value)
    if type(value) is list and depth < _MAX_DEPTH:
        return [_without_surrogates(each, depth + 1) for each in value]
    if type(value) is dict and depth < _MAX_DEPTH:
        return {key: _without_surrogates(each, depth + 1) for key, each in value.items()}
    return value
