"""Records in every format: fields, metadata, what is kept of broken files, reading again."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dedupe
from dedupe.model.installation import install_command
from dedupe.model.keep_rules import split_keep
from dedupe.model.metadata import host_of
from dedupe.model.settings import Config
from dedupe.sources import SourceTexts
from tests.support.command import dedupe_command
from tests.support.every_format import RECORDS, csv_records, zip_of
from tests.support.reading import lines, put, read

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

WORDS = [f"word{number}" for number in range(400)]
FORMATS = tuple(RECORDS)


def article(number: int = 0) -> str:
    return ' "quoted", \n' + " ".join(f"{word}x{number}" for word in WORDS[:60]) + " Ж漢"


def write(folder: Path, kind: str, records: list[dict[str, Any]], name: str = "r") -> Path:
    """The records as a file of that kind, in parts where it has any."""
    parts: dict[str, Any] = {}
    if kind == "parquet":
        parts = {"row_group_size": 7}
    elif kind in ("arrow", "stream.arrow", "feather"):
        parts = {"rows": 5}
    return put(folder / f"{name}.{kind}", RECORDS[kind](records, **parts))


# --- formats -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_records_of_every_format_come_back(tmp_path: Path, kind: str) -> None:
    records = [
        {"n": str(i), "text": article(i), "url": f"https://a.example/{i}"} for i in range(23)
    ]
    path = write(tmp_path, kind, records)
    found = read(tmp_path)
    mark = ":" if kind == "jsonl" else "#"
    assert found.texts == {f"{path.name}{mark}{i + 1}": article(i) for i in range(23)}
    assert not found.skipped and not found.notices
    assert found.provider(by_name=True).read_texts([*found.texts][::-1]) == found.texts
    assert found.corpus.text_field_counts == {"text": 23}
    assert all(len(batch.metas) == len(batch) for batch in found.batches)
    packed = put(tmp_path / "packed" / f"{path.name}.gz", path.read_bytes())
    found = read(packed.parent)
    assert [*found.texts.values()] == [article(i) for i in range(23)]
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


@pytest.mark.parametrize("kind", ["json", "csv", "tsv", "parquet", "arrow"])
def test_standard_input_of_a_format(tmp_path: Path, kind: str) -> None:
    data = write(tmp_path, kind, [{"id": "a", "text": "one"}, {"id": "b", "text": "two"}])
    found = read("-", stdin=data.read_bytes(), input_format=kind)
    assert found.texts == {"a": "one", "b": "two"}
    assert found.provider().read_texts("ab") == found.texts


@pytest.mark.parametrize("kind", FORMATS)
def test_formats_are_recognised_by_content(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind, [{"url": "u", "text": "one"}, {"url": "v", "text": "two"}])
    if kind in ("arrow", "stream.arrow", "feather") and path.read_bytes()[:6] != b"ARROW1":
        pytest.skip("a stream has no mark of its own")
    path = path.rename(tmp_path / "dump")
    assert [*read(path).texts.values()] == ["one", "two"]


def test_one_article_in_every_format_is_one_cluster(tmp_path: Path) -> None:
    for kind in FORMATS:
        write(tmp_path, kind, [{"text": article()}], kind.replace(".", "-"))
    put(tmp_path / "one.json", json.dumps({"text": article()}))
    put(tmp_path / "a.txt", article())
    report = dedupe.scan(tmp_path)
    assert [len(cluster.members) for cluster in report.clusters] == [len(FORMATS) + 2]
    assert {m.relation for m in report.clusters[0].members} <= {"identical", "normalised"}
    assert "one.json" in {member.id for member in report.clusters[0].members}


# --- JSON ----------------------------------------------------------------------------------


def test_json_keeps_what_stands_before_the_break(tmp_path: Path) -> None:
    whole = json.dumps([{"text": f"é {i}"} for i in range(5)], ensure_ascii=False).encode()
    put(tmp_path / "cut.json", whole[:-12])
    put(tmp_path / "nan.json", b'[{"text": "one", "x": NaN}, 3, {"text": "caf\xe9 \xef\xbf\xbd"}]')
    put(tmp_path / "deep.json", b'[{"text": "one"}, ' + b"[" * 100_000)
    put(tmp_path / "many.json", '{\n"text": "one"}\n{\n"text": "two"}')
    put(tmp_path / "lines.json", lines({"text": "one"}, {"text": "two"}))
    found = read(tmp_path)
    assert found.texts == {
        **{f"cut.json#{i + 1}": f"é {i}" for i in range(4)},
        "nan.json#1": "one",
        "nan.json#3": "caf\ufffd \ufffd",
        "deep.json#1": "one",
        "many.json#1": "one",
        "many.json#2": "two",
        "lines.json:1": "one",
        "lines.json:2": "two",
    }
    assert found.reasons == {
        "cut.json": "not_json",
        "deep.json": "not_json",
        "nan.json#2": "not_a_record",
    }
    details = {item.id: item.detail for item in found.skipped}
    assert "after record 4" in details["cut.json"]
    assert "nested deeper than Python can parse" in details["deep.json"]
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


# --- CSV -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("id;text\n1;a, b, c\n2;d\n", ["a, b, c", "d"]),
        ('id|text\r\n1|"a ""b"" | c"\r\n2|d\r\n', ['a "b" | c', "d"]),
        ("text\none, two\nthree\n", ["one, two", "three"]),
        ("\ufeffid,text\n1,one\n\n2,two", ["one", "two"]),
        ('id,text\n1,"a\n\nb\r\nc"\n2,d\n', ["a\n\nb\r\nc", "d"]),
        ('id,text\n1,"a \\"b\\", c"\n2,d\n', ['a "b", c', "d"]),
        ("'id','text'\n'1','a, b'\n'2','d'\n", ["a, b", "d"]),
        ("id,text,\n1,one,\n2,two\n", ["one", "two"]),
        ("id,text\n1," + "x" * 300_000 + "\n", ["x" * 300_000]),
    ],
)
def test_dialects(tmp_path: Path, content: str, texts: list[str]) -> None:
    found = read(put(tmp_path / "r.csv", content))
    assert [*found.texts.values()] == texts
    assert not found.skipped
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_broken_csv(tmp_path: Path) -> None:
    put(tmp_path / "short.csv", "id,text\na\nb,two\n")
    put(tmp_path / "bad.csv", b"id,text\na,caf\xe9 \xef\xbf\xbd\n")
    put(tmp_path / "none.csv", "id,headline\na,b\n")
    put(tmp_path / "empty.csv", "")
    found = read(tmp_path)
    assert found.texts == {"b": "two", "a": "caf\ufffd \ufffd"}
    assert found.reasons["short.csv#1"] == "damaged"
    assert found.reasons["none.csv"] == "field_missing"
    assert "'id', 'headline'" in {item.id: item.detail for item in found.skipped}["none.csv"]
    assert found.notice_reasons == {"bad.csv": "undecodable_bytes"}


UNCLOSED = "a quote that begins in the row is never closed; the lines after its first are read"


@pytest.mark.parametrize(
    ("content", "texts", "skipped"),
    [
        # Never closed: what it swallowed up to the end of the file is read again.
        (b'id,text\n1,"o\nne"\n2,"two\n3,three\n4,four\n', "1 3 4", {2: UNCLOSED}),
        (b'id,text\n1,one\n2,"two', "1", {2: "a quote that begins in the row is never closed"}),
        # Closed by the quote that opens the next field in quotes: rows run together.
        (b'id,text\n1,"one\n2,two\n3,"th\nree"\n4,four\n', "2 3 4", {1: "row is not CSV"}),
        # Longer than allowed before it is closed.
        (
            b'id,text\n1,"one\n' + b"2,two\n" * 40 + b'3,"three"\n',
            "2" * 40 + "3",
            {1: "--max-line"},
        ),
        # Odd, but on one line.
        (b'id,text\n1,"one" two\n2,tw"o\n', "1 2", {}),
        # A line that is too long by itself, and another one inside quotes.
        (b"id,text\n1," + b"x" * 300 + b"\n2,two\n", "2", {1: "--max-line-bytes"}),
        (b'id,text\n1,"one\n' + b"x" * 300 + b"\n2,two\n", "2", {1: "--max-line"}),
    ],
)
def test_a_quote_that_is_not_closed_swallows_no_rows(
    tmp_path: Path, content: bytes, texts: str, skipped: dict[int, str]
) -> None:
    path = put(tmp_path / "r.csv", content)
    found = read(path, max_line_bytes=200)
    assert "".join(id for batch in found.batches for id in batch.ids) == texts.replace(" ", "")
    told = {item.id: item.detail for item in found.skipped}
    assert set(told) == {f"{path}#{row}" for row in skipped}
    assert all(words in told[f"{path}#{row}"] for row, words in skipped.items())
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_quotes_that_open_at_every_line_take_bounded_time(tmp_path: Path) -> None:
    """From each of these lines on, all others are inside quotes."""
    path = put(tmp_path / "r.csv", b"id,text\n" + b'x"a,"b\n' * 50_000 + b'1,"last"\n')
    began = time.monotonic()
    found = read(path, max_line_bytes=200_000)
    assert time.monotonic() - began < 10
    assert found.texts == {"1": "last"}
    assert len(found.skipped) == 50_000


@pytest.mark.parametrize("quote", ['"', ""])
def test_a_row_in_which_the_file_breaks_off_is_not_read(tmp_path: Path, quote: str) -> None:
    data = b"id,text\n1,one\n2," + quote.encode() + b"two"
    data += np.random.default_rng(0).bytes(9000).hex().encode()
    path = tmp_path / "r.csv.gz"
    path.write_bytes(gzip.compress(data)[:-3000])
    found = read(path)
    assert found.texts == {"1": "one"}
    reason = "damaged" if quote else "truncated"
    assert found.reasons == {f"{path}#2": reason, str(path): "truncated"}


# --- Parquet -------------------------------------------------------------------------------


def test_parquet_texts_are_not_copied(tmp_path: Path) -> None:
    write(tmp_path, "parquet", [{"text": article(i)} for i in range(50)])
    batch = read(tmp_path).batches[0]
    base: Any = batch.data
    while isinstance(base, (np.ndarray, memoryview)):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    assert isinstance(base, pa.Buffer)


def test_odd_parquet(tmp_path: Path) -> None:
    texts = ["one", None, "two"]
    for name, kind in (("large", pa.large_string()), ("view", pa.string_view())):
        pq.write_table(pa.table({"text": pa.array(texts, kind)}), tmp_path / f"{name}.parquet")
    nested = pa.table({"doc": [{"body": "three", "n": 1}], "text": [7]})
    pq.write_table(nested, tmp_path / "nested.parquet")
    table = pa.table({"text": pa.array(["a", "a", "b"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "packed.parquet")
    raw = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xe9!")]
    )
    pq.write_table(pa.table({"text": raw}), tmp_path / "wrong.parquet")
    found = read(tmp_path)
    assert [*found.texts.values()] == ["one", "two", "a", "a", "b", "one", "two", "\ufffd!"] or (
        sorted(found.texts.values())
        == sorted(["one", "two", "a", "a", "b", "one", "two", "\ufffd!"])
    )
    assert found.reasons["large.parquet#2"] == found.reasons["view.parquet#2"] == "text_null"
    assert found.reasons["nested.parquet#1"] == "text_not_string"
    found = read(tmp_path / "nested.parquet", text_field=("doc.body",))
    assert [*found.texts.values()] == ["three"]
    provider = found.provider(text_field=("doc.body",))
    assert provider.read_texts(found.texts) == found.texts


def test_names_of_columns_that_are_not_utf8(tmp_path: Path) -> None:
    path = write(tmp_path, "arrow", [{"text": article(), "n\u00e9e": 1}])
    path.write_bytes(path.read_bytes().replace("n\u00e9e".encode(), b"n\xff\xfee"))
    assert read(tmp_path).reasons == {"r.arrow": "damaged"}


def test_rows_of_csv_in_archives_come_back(tmp_path: Path) -> None:
    import zipfile

    records = [{"id": str(i), "text": article(i // 2)} for i in range(30)]
    for name in ("r.zip", "prefixed.zip"):
        put(tmp_path / name, zip_of({"r.csv": csv_records(records)}, zipfile.ZIP_STORED))
    path = tmp_path / "prefixed.zip"
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    report = dedupe.scan(tmp_path)
    ids = [member.id for cluster in report.clusters for member in cluster.members]
    assert len(ids) == 60
    texts = SourceTexts.of_report(report)
    assert texts.read_texts(ids).keys() == {*ids}
    assert not any(map(texts.problem, ids))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream.arrow"])
def test_broken_tables_are_skips(tmp_path: Path, kind: str) -> None:
    whole = write(tmp_path, kind, [{"text": article(i)} for i in range(40)]).read_bytes()
    for cut in (0, 4, 5, 100, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        put(tmp_path / "x" / f"{cut}.{kind}", whole[:cut])
    for place in range(0, len(whole), 97):
        spoilt = bytearray(whole)
        spoilt[place] ^= 0xFF
        put(tmp_path / "y" / f"{place}.{kind}", bytes(spoilt))
    found = read(tmp_path / "x")
    assert set(found.reasons.values()) <= {"truncated", "damaged", "not_text"}
    assert len(found.reasons) >= 5
    assert all(item.detail for item in read(tmp_path / "y").skipped)


def test_a_missing_library_is_told_with_its_command(tmp_path: Path, monkeypatch: Any) -> None:
    path = write(tmp_path, "parquet", [{"text": "one"}])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = read(path)
    assert found.reasons == {str(path): "missing_extra"}
    assert install_command("parquet") in found.skipped[0].detail


def shards(folder: Path, count: int, each: int) -> Path:
    records = [
        {"id": f"d{i}", "text": article(i // 2) + f" {i}", "date": "2024-01-02"}
        for i in range(count * each)
    ]
    for number in range(count):
        part = records[number * each : (number + 1) * each]
        write(folder / "data", "parquet", part, f"train-{number:05}-of-{count:05}")
    put(folder / "README.md", "---\nconfigs:\n- config_name: default\n---\n# Card\n")
    put(folder.with_suffix(".jsonl"), lines(*records))
    return folder


@pytest.mark.slow
def test_a_folder_of_shards_gives_the_report_of_its_records(tmp_path: Path) -> None:
    folder = shards(tmp_path / "set", 8, 40)
    reports = []
    for path in (folder, tmp_path / "set.jsonl"):
        output = subprocess.run(
            [*dedupe_command(), "scan", str(path), "--format", "json", "--quiet"],
            capture_output=True,
            check=True,
        ).stdout
        report = json.loads(output)
        del report["run"]
        reports.append(report)
    assert reports[0]["corpus"]["cluster_count"] == 160
    assert reports[0].pop("notices")[0]["reason"] == "dataset_card"
    assert reports[1].pop("notices") == []
    counts = [report["corpus"].pop("format_counts") for report in reports]
    assert counts == [{"parquet": 320}, {"jsonl": 320}]
    assert reports[0] == reports[1]


READ_ALL = """
import resource, sys
from dedupe.model.settings import ScanSettings
from dedupe.sources import read_corpus
corpus = read_corpus([sys.argv[1]], ScanSettings())
count = sum(len(item) for item in corpus if hasattr(item, "ids"))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_shards(tmp_path: Path) -> None:
    text = article() * 200
    peaks = []
    for count in (2, 16):
        folder = tmp_path / str(count)
        for number in range(count):
            write(folder, "parquet", [{"text": f"{text} {i}"} for i in range(100)], str(number))
        output = subprocess.run(
            [sys.executable, "-c", READ_ALL, str(folder)], capture_output=True, check=True
        ).stdout
        documents, peak = map(int, output.split())
        assert documents == 100 * count
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 20, peaks  # the shards more hold 140 MB


# --- fields --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jsonl", "json", "parquet", "arrow"])
def test_dotted_paths_and_parts(tmp_path: Path, kind: str) -> None:
    records = [
        {"a": {"title": "T1", "b": {"body": "B1", "id": "i1"}}, "c.d": "x"},
        {"a": {"title": None, "b": {"body": "B2", "id": "i2"}}, "c.d": "x"},
    ]
    path = write(tmp_path, kind, records)
    asked = {"text_field": ("a.title", "a.b.body"), "id_field": "a.b.id"}
    found = read(path, **asked)
    assert found.texts == {"i1": "T1\n\nB1", "i2": "B2"}
    assert found.provider(text_field=asked["text_field"]).read_texts(["i1"]) == {"i1": "T1\n\nB1"}
    assert [*read(path, text_field=("c.d",)).texts.values()] == ["x", "x"]
    found = read(path, text_field=("a.none", "no"))
    assert set(found.reasons.values()) <= {"field_missing", "text_null"}


@pytest.mark.parametrize("kind", FORMATS)
def test_usual_names_are_tried(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind, [{"title": "no", "maintext": article(i)} for i in range(3)])
    found = read(path)
    assert [*found.texts.values()] == [article(i) for i in range(3)]
    assert found.corpus.text_field_counts == {"maintext": 3}


def test_the_choice_is_said_once_and_a_miss_lists_the_fields(
    tmp_path: Path, dedupe_here: Any
) -> None:
    put(tmp_path / "a.jsonl", lines({"body": article()}, {"content": article()}))
    put(tmp_path / "b.jsonl", lines({"body": article()}))
    told = dedupe_here("scan", "a.jsonl", "b.jsonl").stderr.decode()
    assert told.count("the text was read from 'body' (2 records), 'content' (1 record)") == 1
    put(tmp_path / "c.jsonl", lines({"id": "x", "data": {"words": "some long text"}}))
    told = dedupe_here("scan", "c.jsonl", code=2).stderr.decode()
    assert "its fields are 'id', 'data'" in told
    assert "--text-field 'data.words'" in told


# --- metadata and keep rules ---------------------------------------------------------------


def test_metadata_is_carried(tmp_path: Path) -> None:
    records = [
        {
            "id": "a",
            "text": article(),
            "url": "https://News.example:80/x",
            "date_publish": "2024-01-02",
            "source": {"lang": "en"},
            "n": 3,
        },
        {"id": "b", "text": article(), "domain": "b.example", "n": None},
        {"id": "c", "text": article()},
    ]
    put(tmp_path / "r.jsonl", lines(*records))
    report = dedupe.scan(tmp_path, Config(meta_field=("source.lang", "n")))
    assert {member.id: member.meta for member in report.clusters[0].members} == {
        "a": {
            "date": "2024-01-02",
            "n": "3",
            "site": "news.example",
            "source.lang": "en",
            "url": "https://News.example:80/x",
        },
        "b": {"site": "b.example"},
        "c": {},
    }
    assert host_of("http://[bad") == ""


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ("earliest", "old"),
        ("latest", "new"),
        ("site=c.example", "none"),
        ("site=x.example,www.B.example,a.example", "new"),
        ("site=nowhere.example,earliest", "old"),
    ],
)
def test_keep_rules_of_metadata(tmp_path: Path, keep: str, kept: str) -> None:
    for copies in ("", " more"):
        records = [
            {
                "id": "new",
                "text": article(),
                "date": "Mon, 02 Jan 2023 10:00:00 GMT",
                "site": "b.example",
            },
            {"id": "old", "text": article() + copies, "date": "2021-03", "site": "a.example"},
            {"id": "none", "text": article(), "date": "soon", "site": "c.example"},
        ]
        put(tmp_path / "r.jsonl", lines(*records))
        report = dedupe.scan(tmp_path, Config(keep=split_keep(keep)))
        assert report.clusters[0].representative == kept


def test_records_of_json_files_are_held_to_the_depth(tmp_path: Path) -> None:
    deep = '{"text": "two", "x": ' + "[" * 600 + "]" * 600 + "}"
    put(tmp_path / "a.json", f'[{{"text": "one"}}, {deep}, {{"text": "three"}}]')
    found = read(tmp_path)
    assert found.texts == {"a.json#1": "one", "a.json#3": "three"}
    assert found.reasons == {"a.json#2": "too_deep"}


def test_html_in_the_records_of_every_format(tmp_path: Path) -> None:
    page = f"<html><body><p>{article()}</p></body></html>"
    for kind in FORMATS:
        write(tmp_path, kind, [{"text": page}], kind.replace(".", "-"))
    report = dedupe.scan(tmp_path, Config(text_format="html", html="text"))
    assert [len(cluster.members) for cluster in report.clusters] == [len(FORMATS)]
    assert report.corpus.html_counts == {"text": len(FORMATS)}
    assert report.clusters[0].members[0].token_count == len(dedupe.tokenize_text(article()))
