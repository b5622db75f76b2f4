"""Writers of records in each form: JSON Lines, CSV and TSV, Parquet and Arrow."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from dedupe.applying.forms.columns import columns_of, parse_fields
from dedupe.applying.forms.form import ROWS, FormError
from dedupe.applying.forms.records import Record
from dedupe.applying.forms.tables import TableSink
from dedupe.sources.records.removal import Sink

_GROUP_ROWS = 4096
_GROUP_CHARACTERS = 32 << 20
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_encode_ascii = json.JSONEncoder(allow_nan=False).encode


def write_records(format: str, records: Iterable[Record], sink: Sink) -> str:
    """Write records in a form.

    :param records: can be gone through twice
    :returns: a remark for people; empty where there is none
    :raises FormError: if something would be lost
    """
    if format == "jsonl":
        for record in records:
            sink.write(_line_of(record) + b"\n")
        return ""
    if format in ROWS:
        _write_rows(records, "\t" if format == "tsv" else ",", sink)
        return ""
    return _write_table(format, records, sink)


def _line_of(record: Record) -> bytes:
    """A record as a line of JSON; one that is JSON already keeps its bytes but for line ends."""
    fields = record.fields
    if isinstance(fields, bytes):
        raw = fields.strip()
        if b"\n" in raw or b"\r" in raw:
            parse_fields(record)  # in valid JSON, line ends stand only between values
            raw = raw.replace(b"\r\n", b" ").replace(b"\n", b" ").replace(b"\r", b" ")
        return raw
    try:
        try:
            return _encode(fields).encode()
        except UnicodeEncodeError:
            return _encode_ascii(fields).encode()
    except (TypeError, ValueError) as error:
        names = [name for name, value in fields.items() if not _is_json(value)]
        told = f"JSON does not hold what stands in {names[0]!r} ({error})"
        raise FormError(record.name, told, "in .parquet or .arrow") from None


def _is_json(value: Any) -> bool:
    try:
        _encode_ascii(value)
    except (TypeError, ValueError):
        return False
    return True


def _write_rows(records: Iterable[Record], separator: str, sink: Sink) -> None:
    """Write CSV, in which every field is a text and every row has all of them."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
    names: list[str] = []
    for record in records:
        fields = parse_fields(record)
        if not names:
            names = [*fields]
            _refuse_header(names, record)
            writer.writerow(names)
        if fields.keys() != set(names):
            told = "it has other fields than the first record"
            raise FormError(record.name, told, "in .jsonl")
        for name, value in fields.items():
            if not isinstance(value, str):
                kind = "null" if value is None else f"no text ({type(value).__name__})"
                told = f"{name!r} holds {kind}, which CSV does not tell from a text"
                raise FormError(record.name, told, "in .jsonl or .parquet")
            if "\0" in value:
                told = f"the text in {name!r} has a NUL, at which programs stop reading CSV"
                raise FormError(record.name, told, "in .jsonl or .parquet")
        writer.writerow([fields[name] for name in names])
        _flush(out, record, sink)


def _refuse_header(names: list[str], record: Record) -> None:
    """Refuse names of columns that would be read as something else."""
    odd = [n for n in names if n != n.strip() or not n or "\ufeff" in n or set(n) & {*'"\r\n'}]
    if odd:
        raise FormError(record.name, f"{odd[0]!r} is no name for a column of CSV", "in .jsonl")


def _flush(out: io.StringIO, record: Record, sink: Sink) -> None:
    try:
        sink.write(out.getvalue().encode())
    except UnicodeEncodeError:
        raise FormError(record.name, "it has unpaired surrogates", "in .jsonl") from None
    out.seek(0)
    out.truncate()


def _write_table(format: str, records: Iterable[Record], sink: Sink) -> str:
    """Write Parquet or Arrow; the records are read twice, first for the types of their fields."""
    import pyarrow

    columns = columns_of(records)
    schema = columns.schema()
    remark = "a field that a record lacks is null in it" * columns.has_gaps
    try:
        with TableSink(format, schema, sink) as table:
            for rows in _groups(records):
                table.write(pyarrow.Table.from_pylist(rows, schema))
    except pyarrow.ArrowException as error:
        raise FormError(format, f"the records fit into no table ({error})", "in .jsonl") from None
    return remark


def _groups(records: Iterable[Record]) -> Iterator[list[dict[str, Any]]]:
    """The fields of some records at a time, few enough for memory."""
    size = 0
    rows: list[dict[str, Any]] = []
    for record in records:
        rows.append(parse_fields(record))
        fields = record.fields
        size += len(fields) if isinstance(fields, bytes) else _length_of(fields)
        if len(rows) == _GROUP_ROWS or size > _GROUP_CHARACTERS:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _length_of(fields: dict[str, Any]) -> int:
    return sum(len(value) for value in fields.values() if isinstance(value, str))
