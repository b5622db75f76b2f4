"""Writing records in another form: what is read back is what was there, or it is an error."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.applying.forms.form import FormError
from dedupe.applying.forms.records import Record
from dedupe.applying.forms.writers import write_records

NAMES = st.sampled_from(["a", "b", "text", "", "ü.x"])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
RECORDS = st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), min_size=1, max_size=4)


def write(format: str, records: list[dict[str, Any]], is_raw: bool = True) -> bytes | None:
    """The bytes of a file of these records; none where they do not fit."""
    made = [json.dumps(each).encode() if is_raw else each for each in records]
    out = io.BytesIO()
    try:
        write_records(format, [Record(str(n), each) for n, each in enumerate(made)], Sink(out))
    except FormError as error:
        assert "an output that ends" in str(error)
        return None
    return out.getvalue()


class Sink:
    """A file that pyarrow may not close."""

    closed = False

    def __init__(self, out: io.BytesIO) -> None:
        self.write, self.tell, self.flush = out.write, out.tell, out.flush

    def close(self) -> None:
        self.closed = True


def without_nulls(value: Any) -> Any:
    """A value without the fields that are null: no table tells these from missing ones."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if without_nulls(v) not in (None, {})}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.sampled_from(["parquet", "arrow"]))
@example([{"a": 1}, {"a": 0.5}], "parquet")
@example([{"a": True}, {"a": 1}], "parquet")
@example([{"a": [{"b": 1}, None]}, {"a": [{"text": "x"}]}], "parquet")
def test_tables_hold_what_they_take(records: list[dict[str, Any]], format: str):
    data = write(format, records)
    if data is None:
        return
    file = io.BytesIO(data)
    table = pyarrow.parquet.read_table(file) if format == "parquet" else read_arrow(file)
    assert without_nulls(table.to_pylist()) == without_nulls(records)
    again = write("jsonl", table.to_pylist(), is_raw=False)
    assert again is not None
    assert without_nulls([*map(json.loads, again.splitlines())]) == without_nulls(records)


def read_arrow(file: io.BytesIO) -> pa.Table:
    with pa.ipc.open_file(file) as opened:
        return opened.read_all()


def test_types_that_tables_hold_are_no_error():
    """The property above would hold too if everything were an error."""
    records = [{"a": 1, "b": [None, {"c": "x"}], "d": True, "e": 0.5, "f": None}] * 2
    for format in ("parquet", "arrow", "jsonl"):
        assert write(format, records) is not None
    assert write("parquet", [{"a": 1}, {"a": "1"}]) is None
    assert write("parquet", [{"a": True}, {"a": 1}]) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries({"a": st.text(), "text": st.text()}), min_size=1, max_size=4))
@example([{"a": "\r\n\"',;", "text": "\r"}])
def test_csv_holds_what_it_takes(records: list[dict[str, str]]):
    for format, delimiter in (("csv", ","), ("tsv", "\t")):
        data = write(format, records)
        if data is None:
            assert any("\0" in value for each in records for value in each.values())
            continue
        rows = csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter=delimiter)
        assert [*rows] == records


def test_csv_tells_what_it_does_not_hold():
    good = {"a": "x", "text": "y"}
    assert write("csv", [good]) is not None
    odd: list[dict[str, Any]] = [{"a": None}, {"a": 1}, {"text": "y"}, {"a": "x\0"}, {" a": "x"}]
    for each in odd:
        assert write("csv", [{**each, "text": "y"}, good]) is None, each
    assert write("csv", [{"text": "y", "a": "x"}, good]) == b'"text","a"\n"y","x"\n"y","x"\n'


def test_json_stays_as_it_is_but_for_its_lines():
    raw = b'{"a": 1.10, "b": "\\u00fc",\r\n "c" : [1e5 ,\n2]}'
    out = io.BytesIO()
    write_records("jsonl", [Record("x", raw)], out)
    assert out.getvalue() == b'{"a": 1.10, "b": "\\u00fc",  "c" : [1e5 , 2]}\n'


def test_many_different_fields_are_an_error():
    assert write("parquet", [{f"f{n}": 1} for n in range(10_001)]) is None
    assert write("jsonl", [{f"f{n}": 1} for n in range(10_001)]) is not None
