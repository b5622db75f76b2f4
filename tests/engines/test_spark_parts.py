"""Large files that several tasks read in parts give what a local scan reads."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from dedupe.engines.spark import tasks as tasks_module
from dedupe.model.settings import ScanSettings
from tests.engines.test_spark_tasks import compare, put_all, read_in_tasks, read_locally


def many_records(count: int) -> list[dict[str, Any]]:
    """Records of which some have no id, one that others have, or no text."""
    rng = random.Random(4)
    records: list[dict[str, Any]] = []
    for number in range(count):
        record: dict[str, Any] = {"text": f"text {number} " + "word " * rng.randrange(30)}
        if number % 3:
            record["id"] = f"r{number % 70}"
        if number % 11 == 0:
            record["text"] = None
        records.append(record | {"url": f"https://x.example/{number}"})
    return records


def test_lines_of_one_file_are_read_in_parts(tmp_path: Path) -> None:
    lines = [json.dumps(each).encode() for each in many_records(150)]
    lines[40:40] = [b"", b"{no json}", b"[1]", b'{"text": "' + b"long " * 900 + b'"}', b"\r"]
    data = b"\xef\xbb\xbf" + b"\n".join(lines)
    files = {"a.jsonl": data, "b.jsonl": data[3:] + b"\n", "c.txt": b"one two"}
    new, old = (str(put_all(tmp_path / name, files)) for name in ("new", "old"))
    told = compare(new, size=1000, parts=30, max_line_bytes=4000)
    assert {reason for _, reason, _ in told["remarks"]} >= {"not_json", "too_large", "text_null"}
    assert compare(new, against=[old], size=900, parts=60)["references"]


def test_row_groups_of_one_file_are_read_in_parts(tmp_path: Path) -> None:
    pq, pa = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    table = pa.Table.from_pylist(many_records(150))
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=20)
    pq.write_table(table.drop(["text"]), tmp_path / "b.parquet", row_group_size=20)
    pq.write_table(table.slice(0, 9), tmp_path / "c.parquet")
    told = compare(tmp_path, size=1000, parts=8)
    assert {reason for _, reason, _ in told["remarks"]} == {"text_null", "field_missing"}
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    data[len(data) // 3 : len(data) // 3 + 200] = bytes(200)
    (tmp_path / "a.parquet").write_bytes(data)
    compare(tmp_path / "a.parquet", size=1000)


def test_what_depends_on_the_whole_file_is_read_in_one_piece(tmp_path: Path) -> None:
    """Each of these files could be cut by its name."""
    lines = [json.dumps(each).encode() + b"\n" for each in many_records(90)]
    odd = {
        "bytes.jsonl": b"".join([*lines[:60], b'{"text": "caf\xe9 one"}\n', *lines[60:]]),
        "fields.jsonl": b"".join([*lines[:60], b'{"body of it": "what is here"}\n' * 3]),
        "array.jsonl": b"[" + b",".join(lines) + b"]",
        "packed.jsonl": gzip.compress(b"".join(lines)),
        "wide.jsonl": b"".join(lines).decode().encode("utf-16"),
        "line.jsonl": b'{"text": "' + b"long " * 900 + b'"}',
        "none.jsonl": b"\x00" * 5000,
    }
    for name, data in odd.items():
        put_all(tmp_path / name, {name: data})
        settings = ScanSettings()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tasks_module, "TASK_BYTES", 500)
            patch.setattr(tasks_module, "CUT_FROM_TASKS", 2)
            found = read_in_tasks([str(tmp_path / name)], [], settings)
        assert found.pop("parts") == 0, name
        assert found == read_locally([str(tmp_path / name)], [], settings), name
