"""Texts of which much is U+FFFD are not compared: what is left of different ones is alike."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from dedupe.sources.encoding.text_encoding import describe_lost
from tests.support import every_format
from tests.support.command import run_main
from tests.support.corpora import INVENTED_WORDS
from tests.support.every_format import http_response, warc_record

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

LEFT = " ".join(random.Random(0).choices(INVENTED_WORDS, k=60))
LOST = [
    " ".join(
        [LEFT, *("�" * len(word) for word in random.Random(seed).choices(INVENTED_WORDS, k=18))]
    )
    for seed in (1, 2)
]
"""Different texts of which the same is left."""

GOOD = " ".join(random.Random(3).choices(INVENTED_WORDS, k=60)) + " caf� na�ve"


def parquet(path: Path) -> None:
    table = pa.table({"id": ["a", "b", "good"], "text": [*LOST, GOOD]})
    path.write_bytes(every_format.parquet(table))


def records(path: Path) -> None:
    rows = zip("ab", LOST, strict=True)
    lines = [json.dumps({"id": id, "text": text}) for id, text in [*rows, ("good", GOOD)]]
    path.write_text("\n".join(lines), encoding="utf-8")


def surrogates(path: Path) -> None:
    records(path)
    path.write_text(path.read_text(encoding="utf-8").replace("\\ufffd", "\\ud83d"), "utf-8")


def rows(path: Path) -> None:
    lines = [f'{id},"{text}"' for id, text in zip(["a", "b", "good"], [*LOST, GOOD], strict=True)]
    path.write_bytes(gzip.compress("\n".join(["id,text", *lines]).encode()))


def crawl(path: Path) -> None:
    for number, text in enumerate([*LOST, GOOD]):
        content = http_response(text.encode(), "text/plain; charset=utf-8")
        with path.open("ab") as file:
            file.write(warc_record("response", f"urn:{number}", content))


FILES: dict[str, Callable[[Path], None]] = {
    "r.jsonl": records,
    "lone.jsonl": surrogates,
    "r.csv.gz": rows,
    "r.parquet": parquet,
    "c.warc": crawl,
}


@pytest.mark.parametrize("name", FILES)
def test_records_that_are_mostly_lost_are_skipped(tmp_path: Path, name: str) -> None:
    FILES[name](tmp_path / name)
    done = run_main("scan", name, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["corpus"]["document_count"] == 1 and not report["clusters"]
    ids = ["urn:0", "urn:1"] if name == "c.warc" else ["a", "b"]
    assert [(each["id"], each["reason"]) for each in report["skipped"]] == [
        (id, "undecodable") for id in ids
    ]
    assert all(f" of {name}" in each["detail"] for each in report["skipped"])


@pytest.mark.slow
def test_files_that_are_mostly_lost_are_skipped_and_stay(tmp_path: Path) -> None:
    for number, text in enumerate(LOST):
        (tmp_path / f"{number}.txt").write_text(text, encoding="utf-8")
        page = f"<html><body><article><p>{text}</p></article></body></html>"
        (tmp_path / f"{number}.html").write_text(page, encoding="utf-8")
    for number in range(2):
        (tmp_path / f"good{number}.txt").write_text(GOOD, encoding="utf-8")
    names = {path.name for path in tmp_path.iterdir()}
    out = tmp_path.with_suffix(".json")
    assert run_main("scan", ".", "--output", f"json:{out}", cwd=tmp_path).returncode == 0
    report = json.loads(out.read_bytes())
    lost = {each["id"] for each in report["skipped"] if each["reason"] == "undecodable"}
    assert lost == {"0.html", "0.txt", "1.html", "1.txt"}
    assert [len(cluster["members"]) for cluster in report["clusters"]] == [2]
    assert report["corpus"]["document_count"] == 2
    assert {path.name for path in tmp_path.iterdir()} == names


def test_a_tenth_is_the_limit() -> None:
    word = "wörd " * 225
    assert not describe_lost((word + "�" * 100).encode())
    assert describe_lost((word + "�" * 101).encode()).startswith("101 of its 1001 char")
    assert not describe_lost("a ���".encode())
    assert not describe_lost("！Ｂ".encode() * 50)
    assert not describe_lost(b"")
