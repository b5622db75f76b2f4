"""JSON files: cut into records in bounded memory, whatever the blocks and the damage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.sources import ReadLimits
from dedupe.sources.formats.json.cuts import JsonCutter
from tests.support.reading import put, read

READ_ALL = """
import resource, sys
from dedupe.model.settings import ScanSettings
from dedupe.sources import read_corpus
corpus = read_corpus([sys.argv[1]], ScanSettings())
count = sum(len(item) for item in corpus if hasattr(item, "ids"))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""

TRICKY = [
    {"text": 'quotes "in" it \\', "x": '"}]\\"'},
    {"text": "brackets ]}[{ \u2028 é 漢", "n": [{"a": [1, {"b": "]"}]}, {}]},
    {"text": "\\\\\\", "\\": "\\"},
    {"text": "tab\t, new\nline", "x": None},
]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_records_are_cut_alike_in_blocks_of_any_size(indent: Any, ascii_only: bool) -> None:
    dump = json.JSONEncoder(indent=indent, ensure_ascii=ascii_only).encode
    array = ("\ufeff" + dump(TRICKY) + "\n" + dump(TRICKY[:1])).encode()
    values = "\n".join(map(dump, TRICKY)).encode()
    for data, expected in ((array, [*TRICKY, TRICKY[0]]), (values, TRICKY)):
        for size in (1, 2, 3, 5, 7, 64, len(data)):
            cutter = JsonCutter([data[i : i + size] for i in range(0, len(data), size)], 10_000)
            cuts = list(cutter)
            assert not cutter.problem
            assert [json.loads(cut.raw or b"") for cut in cuts] == expected
            assert all(data[at : at + length] == raw for at, length, raw, _ in cuts)
            assert {cut.is_element for cut in cuts} == {data is array}


@settings(max_examples=500)
@given(st.text('[]{}",:\\1 a', max_size=40), st.integers(1, 9))
def test_any_text_is_cut_alike_in_blocks_of_any_size(text: str, size: int) -> None:
    data = text.encode()
    whole, parts = (
        JsonCutter(blocks, 20)
        for blocks in ([data], [data[i : i + size] for i in range(0, len(data), size)])
    )
    assert list(whole if data else ()) == list(parts if data else ())
    assert whole.problem == parts.problem


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=8))
def test_cuts_are_the_values_of_valid_json(value: Any) -> None:
    cutter = JsonCutter([json.dumps(value).encode()], 10_000)
    found = [json.loads(cut.raw or b"") for cut in cutter]
    assert found == (value if isinstance(value, list) else [value])
    assert not cutter.problem


def test_a_broken_record_costs_itself_alone(tmp_path: Path) -> None:
    records = '{"text": "one"}, {"text": oops}, {"text": "three"}, [1], {"text": 4}'
    put(tmp_path / "a.json", f"[{records}]")
    put(tmp_path / "b.json", '[{"text": "one"}, oops, {"text": "three"}]')
    put(tmp_path / "c.json", '{"text": "one"}}')
    put(tmp_path / "d.json", "3")
    put(tmp_path / "e.json", '[{"text": "one"}][{"text": "two"}]')
    found = read(tmp_path)
    ids = {"a.json#1", "a.json#3", "b.json#1", "c.json#1", "e.json#1", "e.json#2"}
    assert set(found.texts) == ids
    assert found.reasons == {
        "a.json#2": "not_json",
        "a.json#4": "not_a_record",
        "a.json#5": "text_not_string",
        "b.json": "not_json",
        "c.json": "not_json",
        "d.json": "not_a_record",
    }


def test_data_that_is_no_records_is_given_up(tmp_path: Path) -> None:
    put(tmp_path / "numbers.json", json.dumps([*range(5000), {"text": "one"}]))
    put(tmp_path / "points.json", json.dumps([[1.5, number] for number in range(5000)]))
    put(tmp_path / "late.json", json.dumps([*range(999), {"text": "one"}, *range(999)]))
    found = read(tmp_path)
    assert found.texts == {"late.json#1000": "one"}
    assert len(found.skipped) == 2 * 1001 + 2 * 999
    assert found.reasons["numbers.json"] == found.reasons["points.json"] == "not_a_record"


def test_long_records_of_json_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "a.json", json.dumps([{"text": text} for text in ("one", "x" * 300, "two")]))
    put(tmp_path / "b.json", json.dumps([{"text": "y" * 300}])[:-2])
    found = read(tmp_path, limits=ReadLimits(line_bytes=100))
    assert found.texts == {"a.json#1": "one", "a.json#3": "two"}
    assert {(item.id, item.reason) for item in found.skipped} == {
        ("a.json#2", "too_large"),
        ("b.json#1", "too_large"),
        ("b.json", "not_json"),
    }
    assert "--max-line-bytes" in found.skipped[0].detail


@pytest.mark.slow
def test_memory_does_not_grow_with_a_json_file(tmp_path: Path) -> None:
    record = json.dumps({"text": "word " * 1700})
    peaks = []
    for count in (1000, 10_000):
        path = tmp_path / f"{count}.json"
        with path.open("w", encoding="utf-8") as file:
            file.write(f"[{record}")
            file.writelines(f",\n{record}" for _ in range(count - 1))
            file.write("]")
        output = subprocess.run(
            [sys.executable, "-c", READ_ALL, str(path)], capture_output=True, check=True
        ).stdout
        documents, peak = map(int, output.split())
        assert documents == count
        peaks.append(peak)
    assert path.stat().st_size > 80_000_000  # longer than any one record may be
    assert peaks[1] < peaks[0] + 20, peaks
