"""``dedupe clean``: the same lines as ``scan`` and ``apply`` leave, from and to every form."""

from __future__ import annotations

import gzip
import io
import json
import random
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
import zstandard

import dedupe
from dedupe.model.errors import ApplyError
from tests.support.command import FIXTURES, RunDedupe, shell
from tests.support.every_format import (
    FORMATS,
    article,
    csv_records,
    json_array,
    json_lines,
    parquet,
    tar_of,
)
from tests.support.reading import read

WORDS = [f"word{number}" for number in range(300)]


def make_records(seed: int = 1, count: int = 8) -> list[dict[str, Any]]:
    """Records, of which the last two are a copy, and nearly a copy, of the first."""
    chance = random.Random(seed)
    texts = [" ".join(chance.choices(WORDS, k=80)) for _ in range(count)]
    texts += [texts[0], texts[0] + " and a little more"]
    return [{"id": f"d{n}", "n": n, "text": text} for n, text in enumerate(texts)]


def ids_of(lines: bytes) -> list[str]:
    return [json.loads(line)["id"] for line in lines.splitlines()]


# --- the same form ---------------------------------------------------------------------------


def test_a_filter_gives_the_lines_that_scan_and_apply_leave(tmp_path: Path, run_dedupe: RunDedupe):
    records = make_records()
    odd = (
        json_lines(records[:4]) + b"\r\n{broken\n" + json_lines(records[4:], separators=(",", ":"))
    )
    data = b"\xef\xbb\xbf" + odd.rstrip(b"\n")
    (tmp_path / "in.jsonl").write_bytes(data)
    run_dedupe("scan", "in.jsonl", "--output", "r.json")
    run_dedupe("apply", "r.json", "--output", "applied.jsonl")
    expected = (tmp_path / "applied.jsonl").read_bytes()
    assert len(expected.splitlines()) == len(data.splitlines()) - 2 and b"{broken\n" in expected
    result = run_dedupe("clean", stdin=data)
    assert result.stdout == expected
    assert b"2 of 10 documents dropped" in result.stderr
    assert run_dedupe("clean", "in.jsonl", "--quiet").stdout == expected
    packed = run_dedupe("clean", stdin=gzip.compress(data), code=0).stdout
    assert gzip.decompress(packed) == expected  # the input was compressed, and so is the output
    run_dedupe("clean", "-o", "out.jsonl.zst", stdin=gzip.compress(data))
    unpacked = zstandard.ZstdDecompressor().decompressobj()
    assert unpacked.decompress((tmp_path / "out.jsonl.zst").read_bytes()) == expected


def test_a_pipe_that_closes_early_is_no_error(tmp_path: Path):
    (tmp_path / "in.jsonl").write_bytes(json_lines(make_records(2, 9000)))
    for command in ("dedupe clean in.jsonl", "dedupe clean < in.jsonl"):
        result = shell(f"set -o pipefail; {command} --quiet | head -1", tmp_path)
        assert (result.returncode, result.stderr) == (0, b"")
        assert ids_of(result.stdout) == ["d0"]
    result = shell(
        "dedupe clean <(cat in.jsonl) --quiet | cmp - <(dedupe clean in.jsonl)", tmp_path
    )
    assert result.returncode == 0


def test_a_folder_keeps_its_files(tmp_path: Path, dedupe_here: RunDedupe):
    dedupe_here("clean", FIXTURES / "articles", "-o", "out", "--yes")
    before = {path.name: path.read_bytes() for path in (FIXTURES / "articles").iterdir()}
    after = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert 0 < len(after) < len(before)
    assert after.items() <= before.items()


def test_several_files_become_one_in_natural_order(tmp_path: Path, dedupe_here: RunDedupe):
    records = make_records(3)
    parts = {"part10": records[6:], "part9": records[3:6], "part1": records[:3]}
    for name, part in parts.items():
        (tmp_path / f"{name}.jsonl").write_bytes(b"\xef\xbb\xbf" + json_lines(part).rstrip(b"\n"))
    names = [f"{name}.jsonl" for name in parts]
    expected = [f"d{n}" for n in range(8)]
    written = dedupe_here("clean", *names).stdout
    assert ids_of(written.removeprefix(b"\xef\xbb\xbf")) == expected
    assert dedupe_here("clean", *reversed(names)).stdout == written
    dedupe_here("clean", *names, "-o", "all.jsonl.gz")
    assert gzip.decompress((tmp_path / "all.jsonl.gz").read_bytes()) == written
    dedupe_here("clean", *names, "-o", "all.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "all.parquet")
    assert table.to_pylist() == records[:8]


def test_archives_come_and_go_through_pipes(dedupe_here: RunDedupe):
    texts = {f"{each['id']}.txt": each["text"].encode() for each in make_records(4)}
    written = dedupe_here("clean", stdin=gzip.compress(tar_of(texts))).stdout
    with tarfile.open(fileobj=io.BytesIO(written), mode="r:gz") as archive:
        assert archive.getnames() == [f"d{n}.txt" for n in range(8)]
    found = dedupe_here("clean", "-o", "out.jsonl", stdin=tar_of(texts))
    assert b"each document is a record of id, text" in found.stderr
    packed = tar_of({"a.jsonl": json_lines(make_records())})
    told = dedupe_here("clean", "-o", "x.jsonl", stdin=packed, code=2).stderr
    assert b"unpack it first" in told


def test_reference_documents_are_not_written(tmp_path: Path, dedupe_here: RunDedupe):
    records = make_records(13)
    (tmp_path / "old.jsonl").write_bytes(json_lines(records[:4]))
    (tmp_path / "new.jsonl").write_bytes(json_lines(records[3:]))
    new, old = ((tmp_path / name).read_bytes() for name in ("new.jsonl", "old.jsonl"))
    expected = ["d4", "d5", "d6", "d7"]
    assert ids_of(dedupe_here("clean", "new.jsonl", "--against", "old.jsonl").stdout) == expected
    assert ids_of(dedupe_here("clean", "--against", "old.jsonl", stdin=new).stdout) == expected
    written = dedupe_here("clean", "new.jsonl", "--against", "-", stdin=old).stdout
    assert ids_of(written) == expected
    dedupe_here("clean", "--against", "old.jsonl", "-o", "o.parquet", stdin=new)
    assert pyarrow.parquet.read_table(tmp_path / "o.parquet")["id"].to_pylist() == expected


# --- other forms -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_every_form_becomes_json_lines_and_parquet(
    name: str, tmp_path: Path, dedupe_here: RunDedupe
):
    """Kept and dropped documents are those of the input, in its order, with their texts."""
    others = [each["text"] for each in make_records(5, 3)[:3]]
    (tmp_path / name).write_bytes(FORMATS[name]([article(), *others, article()], name))
    before = [*read(tmp_path / name, html="text").texts.values()]
    for out in ("out.jsonl", "out.parquet"):
        if name == "bytes.parquet" and out == "out.jsonl":
            told = dedupe_here("clean", name, "-o", out, "--yes", code=2).stderr
            assert b"JSON does not hold what stands in 'TEXT'" in told
            continue
        result = dedupe_here(
            "clean",
            name,
            "-o",
            out,
            "--yes",
            "--html",
            "text",
            code=2 if _is_mixed(name) and out == "out.parquet" else 0,
        )
        if result.returncode:
            assert b"'tags' holds struct here, and str in other records" in result.stderr
            assert not (tmp_path / out).exists()
            continue
        after = [*read(tmp_path / out).texts.values()]
        assert after == (before[:-1] if len(before) > 1 else before)
        assert f"{len(before) - len(after)} of {len(before)} ".encode() in result.stderr


def _is_mixed(name: str) -> bool:
    """Whether the records have lists of texts and objects, which no column holds."""
    return "json" in name and "paragraphs" not in name


def test_all_fields_stay_in_other_forms(tmp_path: Path, dedupe_here: RunDedupe):
    records = make_records(6)
    for number, record in enumerate(records):
        record |= {"x": 0.5 + number, "on": number % 2 == 0, "none": None}
        record |= {
            "tags": ["a", None][: number % 3],
            "deep": {"er": [{"n": number}], "s": "ü\u2028"},
        }
    (tmp_path / "in.jsonl").write_bytes(json_lines(records))
    (tmp_path / "in.json").write_bytes(json_array(records, indent=2))
    dedupe_here("clean", "in.jsonl", "-o", "a.parquet")
    dedupe_here("clean", "a.parquet", "-o", "b.arrow")
    dedupe_here("clean", "b.arrow", "-o", "c.jsonl.bz2")
    dedupe_here("clean", "c.jsonl.bz2", "-o", "d.jsonl")
    dedupe_here("clean", "in.json", "-o", "e.jsonl")
    for name in ("d.jsonl", "e.jsonl"):
        lines = (tmp_path / name).read_text(encoding="utf-8").split("\n")
        assert [*map(json.loads, filter(None, lines))] == records[:8]


def test_rows_of_csv_stay_texts(tmp_path: Path, dedupe_here: RunDedupe):
    texts = [each["text"] for each in make_records(7)]
    rows = [{"no": f"0{n}", "text": f'{t}\n"q", \r.', "empty": ""} for n, t in enumerate(texts)]
    (tmp_path / "in.csv").write_bytes(csv_records(rows, delimiter=";", lineterminator="\n"))
    dedupe_here("clean", "in.csv", "-o", "a.jsonl")
    lines = (tmp_path / "a.jsonl").read_bytes().splitlines()
    assert [*map(json.loads, lines)] == rows[:8]
    dedupe_here("clean", "a.jsonl", "-o", "b.tsv.gz")
    dedupe_here("clean", "b.tsv.gz", "-o", "c.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "c.parquet").to_pylist() == rows[:8]


@pytest.mark.parametrize(
    ("more", "out", "problem"),
    [
        ([{"n": 1}, {"n": "1"}], "o.parquet", "'n' holds str here, and int in other records"),
        ([{"n": 2**63}], "o.parquet", "more than 64 bits"),
        ([{"n": 2**53 + 1}, {"n": 0.5}], "o.arrow", "holds float here, and int in other"),
        ([{"n": 0.5}, {"n": 2**53 + 1}], "o.arrow", "holds int here, and float in other"),
        ([{"n": {}}], "o.parquet", "only empty objects"),
        ([{"n": "\ud800"}], "o.parquet", "unpaired surrogates"),
        ([{"n": 1}], "o.csv", "'n' holds no text (int)"),
        ([{"n": None}], "o.csv", "'n' holds null"),
        ([{"n": ""}, {"m": ""}], "o.tsv", "other fields than the first record"),
        ([{"n": "\0"}], "o.csv", "NUL"),
        ([{"n": 1}], "o.pdf", "one file of pdf cannot hold a file of JSON Lines"),
        ([{"n": 1}], "o", "its name shows no form"),
    ],
)
def test_what_would_be_lost_is_an_error(
    more: list[dict[str, Any]], out: str, problem: str, tmp_path: Path, dedupe_here: RunDedupe
):
    base = [{"text": each["text"]} for each in make_records(8)]
    records = [{**each, **more[n % len(more)]} for n, each in enumerate(base[:8])]
    (tmp_path / "in.jsonl").write_bytes(json_lines(records))
    told = dedupe_here("clean", "in.jsonl", "-o", out, code=2).stderr.decode()
    assert problem in told
    assert {path.name for path in tmp_path.iterdir()} == {"in.jsonl"}


def test_two_columns_of_csv_with_one_name_do_not_become_one(tmp_path: Path, dedupe_here: RunDedupe):
    text = make_records()[0]["text"]
    (tmp_path / "in.csv").write_text(f"id,text,x,x\n1,{text},first,second\n")
    for name in ("o.jsonl", "o.parquet", "o.tsv"):
        told = dedupe_here("clean", "in.csv", "-o", name, "--yes", code=2).stderr
        assert b"it has two columns called 'x'" in told
        assert not (tmp_path / name).exists()
    dedupe_here("clean", "in.csv", "-o", "o.csv")
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "in.csv").read_bytes()


def test_odd_json_is_not_guessed_at(tmp_path: Path, dedupe_here: RunDedupe):
    text = make_records()[0]["text"]
    for line in (f'{{"text": "{text}", "a": 1, "a": 2}}', f'{{"text": "{text}", "a": 1e999}}'):
        (tmp_path / "in.jsonl").write_text(line + "\n" + line.replace("word", "other") + "\n")
        assert (
            b"its JSON is odd"
            in dedupe_here("clean", "in.jsonl", "-o", "o.parquet", "--yes", code=2).stderr
        )


def test_digits_that_a_table_cannot_hold_are_an_error(tmp_path: Path, dedupe_here: RunDedupe):
    text = make_records()[0]["text"]
    for digits, code in (
        ("1234567890.123456789012345", 2),
        ("1e-400", 2),
        ("0.1000000000000000055511151231257827", 0),  # 0.1, as a program wrote it
        ("0.30000000000000004", 0),
        ("-1.50e3", 0),
    ):
        (tmp_path / "in.jsonl").write_text(f'{{"text": "{text}", "n": {digits}}}\n')
        told = dedupe_here("clean", "in.jsonl", "-o", f"{digits}.parquet", code=code).stderr
        assert (b"more digits than a table holds" in told) == bool(code)
        if not code:
            (row,) = pyarrow.parquet.read_table(tmp_path / f"{digits}.parquet").to_pylist()
            assert row["n"] == float(digits)


def test_what_stands_beside_tables_goes_only_with_yes(tmp_path: Path, dedupe_here: RunDedupe):
    text = make_records()[0]["text"]
    (tmp_path / "in.csv").write_text(f"Export of May\nid,text\n1,{text}\n")
    told = dedupe_here("clean", "in.csv", "-o", "o.jsonl", code=2).stderr
    assert b"oddly laid out" in told and b"1 line stands before the header" in told
    with closing(sqlite3.connect(tmp_path / "one.db")) as database:
        database.execute("create table articles (id integer primary key, text)")
        database.execute("insert into articles (text) values (?)", (text,))
        database.commit()
        dedupe_here("clean", "one.db", "-o", "one.jsonl")
        database.execute("create table sites (name)")
        database.execute("insert into sites values ('Skerrow Post')")
        database.commit()
    for source in (["one.db"], ["-"]):
        stdin = (tmp_path / "one.db").read_bytes() if source == ["-"] else b""
        told = dedupe_here("clean", *source, "-o", "o.jsonl", code=2, stdin=stdin).stderr
        assert b"without the names of their tables: 1, such as" in told and b"(2 tables)" in told
    assert not (tmp_path / "o.jsonl").exists()
    dedupe_here("clean", "one.db", "-o", "o.jsonl", "--yes")
    assert (tmp_path / "o.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()


def test_what_is_no_document_goes_only_with_yes(tmp_path: Path, dedupe_here: RunDedupe):
    records = make_records(9)
    (tmp_path / "in.jsonl").write_bytes(b"{broken\n" + json_lines(records))
    told = dedupe_here("clean", "in.jsonl", "-o", "o.parquet", code=2).stderr
    assert b"not read, and so not in another form: 1, such as in.jsonl:1" in told
    assert not (tmp_path / "o.parquet").exists()
    dedupe_here("clean", "in.jsonl", "-o", "o.parquet", "--yes")
    assert pyarrow.parquet.read_table(tmp_path / "o.parquet").num_rows == 8
    framed = b'{"status": "ok", "articles": %b}' % json_array(records)
    (tmp_path / "in.json").write_bytes(framed)
    told = dedupe_here("clean", "in.json", "-o", "o.jsonl", code=2).stderr
    assert b"what stands around the records would go" in told
    (tmp_path / "wide.json").write_bytes(framed.decode().encode("utf-16"))
    told = dedupe_here("clean", "wide.json", "-o", "o.jsonl", code=2).stderr
    assert b"what stands around the records would go" in told
    dedupe_here("clean", "in.json", "-o", "o.json")
    assert json.loads((tmp_path / "o.json").read_bytes())["status"] == "ok"


def test_types_that_json_lacks_stay_in_tables(tmp_path: Path, dedupe_here: RunDedupe):
    texts = [each["text"] for each in make_records(10)]
    days = pa.array(range(10), pa.timestamp("us", "UTC"))
    table = pa.table({"text": texts, "day": days, "kind": pa.array(["a"] * 10).dictionary_encode()})
    (tmp_path / "in.parquet").write_bytes(parquet(table))
    told = dedupe_here("clean", "in.parquet", "-o", "o.jsonl", code=2).stderr
    assert b"JSON does not hold what stands in 'day'" in told
    dedupe_here("clean", "in.parquet", "-o", "o.arrow")
    with pa.ipc.open_file(tmp_path / "o.arrow") as file:
        assert file.read_all().equals(table.slice(0, 8))
    (tmp_path / "other.parquet").write_bytes(parquet(table.select(["text"])))
    told = dedupe_here("clean", "in.parquet", "other.parquet", "-o", "x.parquet", "--yes", code=2)
    assert b"has other columns than" in told.stderr


# --- what is asked first, and what is refused -----------------------------------------------


def test_doubts_are_those_of_apply(tmp_path: Path, dedupe_here: RunDedupe):
    menu = [{"text": "a short menu"}]
    (tmp_path / "in.jsonl").write_bytes(json_lines(menu * 2))
    result = dedupe_here("clean", "in.jsonl", "--report", "r.json", code=2)
    assert result.stdout == b"" and b"under 20 words" in result.stderr
    assert (tmp_path / "r.json").exists()
    assert dedupe_here("clean", "in.jsonl", "--yes").stdout == json_lines(
        [{"text": "a short menu"}]
    )
    protected = dedupe_here("clean", "in.jsonl", "--protect", "*").stdout
    assert protected == json_lines(menu * 2)


def test_contained_documents_go_if_asked(tmp_path: Path, dedupe_here: RunDedupe):
    long, other = (each["text"] for each in make_records(11)[:2])
    records = [
        {"id": "round-up", "text": f"{long} {other} {long[::-1]}"},
        {"id": "in", "text": other},
    ]
    (tmp_path / "in.jsonl").write_bytes(json_lines(records))
    assert ids_of(dedupe_here("clean", "in.jsonl").stdout) == ["round-up", "in"]
    cut = dedupe_here("clean", "in.jsonl", "--drop", "contained", "--yes").stdout
    assert ids_of(cut) == ["round-up"]


def test_nothing_is_overwritten(tmp_path: Path, dedupe_here: RunDedupe):
    (tmp_path / "in.jsonl").write_bytes(json_lines(make_records()))
    (tmp_path / "there.jsonl").write_bytes(b"")
    told = dedupe_here("clean", "in.jsonl", "-o", "there.jsonl", code=2).stderr
    assert b"is there already" in told
    assert (
        b"both for standard output"
        in dedupe_here("clean", "in.jsonl", "--report", "-", code=2).stderr
    )
    result = shell("dedupe clean in.jsonl >> in.jsonl", tmp_path)
    assert result.returncode == 2 and b"one of the files to read" in result.stderr


def test_exit_codes_tell_duplicates_and_what_was_not_read(tmp_path: Path, dedupe_here: RunDedupe):
    (tmp_path / "in.jsonl").write_bytes(json_lines(make_records()))
    dedupe_here("clean", "in.jsonl", "--exit-code", code=1)
    told = dedupe_here("clean", "in.jsonl", "gone.jsonl", "-o", "o.jsonl", code=2).stderr
    assert b"could not be read: gone.jsonl" in told
    assert len(ids_of((tmp_path / "o.jsonl").read_bytes())) == 8


def test_the_report_of_a_pipe_shows_its_texts(tmp_path: Path, dedupe_here: RunDedupe):
    data = json_lines(make_records())
    dedupe_here("clean", "--report", "r.json", "--report", "r.html", stdin=data)
    report = json.loads((tmp_path / "r.json").read_bytes())
    assert set(report["texts"]) == {"d0", "d8", "d9"}
    assert b"</html>" in (tmp_path / "r.html").read_bytes()


def test_python_does_the_same(tmp_path: Path):
    (tmp_path / "in.jsonl").write_bytes(json_lines(make_records()))
    outcome = dedupe.clean(tmp_path / "in.jsonl", tmp_path / "o.parquet")
    assert [each.id for each in outcome.dropped] == ["d8", "d9"]
    assert pyarrow.parquet.read_table(tmp_path / "o.parquet").num_rows == 8
    (tmp_path / "short.jsonl").write_bytes(json_lines([{"text": "a short menu"}] * 2))
    with pytest.raises(ApplyError, match="under 20 words"):
        dedupe.clean(tmp_path / "short.jsonl", tmp_path / "s.jsonl")
    dedupe.clean(tmp_path / "short.jsonl", tmp_path / "s.jsonl", sure=True)


@pytest.mark.slow
def test_datasets_loads_what_was_cleaned(tmp_path: Path, dedupe_here: RunDedupe):
    datasets = pytest.importorskip("datasets", reason="pip install datasets: it is in no extra")
    records = make_records(12)
    folder = tmp_path / "set"
    (folder / "data").mkdir(parents=True)
    for number, part in enumerate((records[:5], records[5:])):
        (folder / f"data/train-0000{number}.parquet").write_bytes(parquet(part))
    features = "".join(
        f"  - name: {name}\n    dtype: {kind}\n"
        for name, kind in (("id", "string"), ("n", "int64"), ("text", "string"))
    )
    card = (
        f"---\nlicense: mit\ndataset_info:\n  features:\n{features}  splits:\n  - name: train\n"
        "    num_examples: 10\n  dataset_size: 9\n---\n# A set\n"
    )
    (folder / "README.md").write_text(card)
    dedupe_here("clean", "set", "-o", "out")
    loaded = datasets.load_dataset(
        str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "c")
    )
    assert loaded.to_list() == records[:8]
    saved = tmp_path / "saved"
    datasets.Dataset.from_list(records).save_to_disk(saved)
    dedupe_here("clean", "saved", "-o", "disk")
    assert datasets.load_from_disk(str(tmp_path / "disk")).to_list() == records[:8]
