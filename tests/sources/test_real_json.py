"""JSON as people have it: commas behind lines, arrays named JSON Lines, dumps of tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dedupe
from dedupe.applying import plan_drops, write_output
from dedupe.model.settings import Config
from tests.support.reading import lines, put, read

WORDS = ["river", "council", "engineer", "bridge", "winter", "committee", "market", "farmer"]
TEXTS = [" ".join([f"{each}{number}" for each in WORDS] * 2) for number in (0, 1, 2, 0)]
RECORDS = [{"id": f"r{number}", "text": text} for number, text in enumerate(TEXTS)]
LINES = [json.dumps(record) for record in RECORDS]
NO_LINES = {
    "commas": "".join(f"{line},\n" for line in LINES),
    "commas but for the last": ",\r\n".join(LINES),
    "array": "[" + ", ".join(LINES) + "]\n",
    "array of lines": "\ufeff[\n" + ",\n".join(LINES) + "\n]\n",
    "array of lines, comma behind the last": "[\n" + "".join(f"{line},\n" for line in LINES) + "]",
    "arrays": f"[{LINES[0]}, {LINES[1]}]\n[{LINES[2]}]\n[{LINES[3]}]\n",
    "indented": "\n".join(json.dumps(record, indent=2) for record in RECORDS),
    "indented array": json.dumps(RECORDS, indent="\t"),
    "long lines": "".join(f'{line[:-1]}, "x": "{"y" * 9000}"}},\n' for line in LINES),
}


@pytest.mark.parametrize("content", NO_LINES.values(), ids=NO_LINES)
@pytest.mark.parametrize("name", ["r.jsonl", "r.json", "r"])
def test_what_is_no_json_lines_is_read_as_json(tmp_path: Path, content: str, name: str) -> None:
    path = put(tmp_path / name, content.encode())
    found = read(path)
    assert found.texts == {record["id"]: record["text"] for record in RECORDS}
    assert found.reasons == {}
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    report = dedupe.scan(path, Config())
    outcome = write_output(report, plan_drops(report), str(tmp_path / f"out-{name}"))
    kept = read(tmp_path / f"out-{name}").texts
    assert len(outcome.dropped) == 1
    assert {*kept, *(each.id for each in outcome.dropped)} == set(found.texts)
    assert len(kept) == 3


def test_json_lines_stay_json_lines(tmp_path: Path) -> None:
    """Neither a broken first line, nor lists, nor a comma at the end of a text make JSON of it."""
    broken = put(tmp_path / "a.jsonl", b'{"id": "x", "text": "broken\n' + lines(*RECORDS))
    found = read(broken)
    assert len(found.texts) == 4
    assert found.reasons == {f"{broken.as_posix()}:1": "not_json"}
    lists = put(tmp_path / "b.jsonl", b"[1, 2]\n" + lines(*RECORDS))
    assert len(read(lists).texts) == 4
    braces = put(tmp_path / "c.jsonl", lines({"text": "{a},"}, {"text": "{b},\n{"}))
    assert [*read(braces).texts] == [f"{braces.as_posix()}:1", f"{braces.as_posix()}:2"]


def test_prose_around_the_texts_inside_wins_in_lists_too(tmp_path: Path) -> None:
    """The answers of a set of questions are called text, but its paragraphs are the texts."""
    paragraphs = [
        {"context": text, "qas": [{"question": "Who met?", "answers": [{"text": "the council"}]}]}
        for text in TEXTS
    ]
    value = {"version": "2", "data": [{"title": "A", "paragraphs": paragraphs}]}
    path = put(tmp_path / "squad.json", json.dumps(value).encode())
    found = read(path)
    assert found.texts == {}
    [skipped] = found.skipped
    assert skipped.detail.endswith(": --records 'data.paragraphs' --text-field 'context'")
    again = read(path, records="data.paragraphs", text_field=("context",))
    assert [*again.texts.values()] == TEXTS


COLUMNS = {
    "columns": {"id": {"0": "a", "1": "b"}, "text": {"0": TEXTS[0], "1": TEXTS[1]}},
    "columns of another name": {"n": {"0": 1, "1": 2}, "lede": {"0": TEXTS[0], "1": TEXTS[1]}},
    "lists": {"id": ["a", "b"], "text": TEXTS[:2]},
    "split": {"columns": ["id", "text"], "index": [0, 1], "data": [["a", TEXTS[0]], [1, TEXTS[1]]]},
    "more than is looked at": {
        "id": {str(number): number for number in range(9000)},
        "lede": {str(number): TEXTS[1] for number in range(9000)},
    },
}


@pytest.mark.parametrize("value", COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_a_table_by_columns_is_no_record(tmp_path: Path, value: object, ending: str) -> None:
    """Its texts would be joined to one, or one of them taken."""
    path = put(tmp_path / f"table.{ending}", json.dumps(value).encode())
    found = read(path)
    assert found.texts == {}
    [skipped] = found.skipped
    assert skipped.reason == "no_records"
    assert skipped.detail.endswith("to_json(path, orient='records', lines=True)")


def test_what_is_like_a_table_by_columns(tmp_path: Path) -> None:
    """Records by their ids, and one record of lists, are read; so is what the user names."""
    by_id = {"a": {"title": "A", "text": TEXTS[0]}, "b": {"title": "B", "text": TEXTS[1]}}
    found = read(put(tmp_path / "by-id.json", json.dumps(by_id).encode()))
    assert found.texts == {"a": TEXTS[0], "b": TEXTS[1]}
    scraped = {"url": ["https://a.example"], "text": TEXTS[:2]}
    found = read(put(tmp_path / "one.json", json.dumps(scraped).encode()))
    assert [*found.texts.values()] == ["\n\n".join(TEXTS[:2])]
    columns = put(tmp_path / "c.json", json.dumps(COLUMNS["columns"]).encode())
    assert [*read(columns, text_field=("text.1",)).texts.values()] == [TEXTS[1]]


def test_texts_without_fields_are_told_with_the_next_step(tmp_path: Path) -> None:
    value = {f"d{number}": TEXTS[number % 3] for number in range(6)}
    by_name = put(tmp_path / "a.json", json.dumps(value).encode())
    [skipped] = read(by_name).skipped
    assert skipped.reason == "no_records"
    assert skipped.detail.endswith("jq -c 'to_entries[] | {id: .key, text: .value}'")
    assert [*read(by_name, text_field=("d1",)).texts.values()] == [TEXTS[1]]
    listed = put(tmp_path / "b.json", json.dumps(TEXTS).encode())
    details = {item.detail for item in read(listed).skipped}
    assert details == {"it is a string, not an object; jq '{text: .}' makes records of strings"}
