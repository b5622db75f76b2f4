"""Corpora on an S3 server, by the command: as the same files here, and fetched once."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dedupe.model.settings import ScanSettings
from dedupe.sources import SourceTexts, read_corpus
from tests.support.command import RunDedupe
from tests.support.corpora import make_corpus
from tests.support.every_format import json_lines, parquet, warc_record
from tests.support.forms import zip_of
from tests.support.reading import Outcome
from tests.support.servers import S3Server, s3_server

ROWS = [{"id": id, "text": text * 5} for id, text in make_corpus(7, families=160).items()]


def folder_of_tables() -> dict[str, bytes]:
    half = len(ROWS) // 2
    return {
        "data/train-00000.parquet": parquet(ROWS[:half], row_group_size=60),
        "data/train-00001.parquet": parquet(ROWS[half:], row_group_size=1000),
    }


def crawl(rows: list[dict[str, str]]) -> bytes:
    return b"".join(
        warc_record(
            "conversion", f"https://w.example/{row['id']}", row["text"].encode(), "text/plain"
        )
        for row in rows
    )


def lines(rows: list[dict[str, str]]) -> bytes:
    return json_lines([{**row, "id": f"line {row['id']}"} for row in rows])


CORPORA = {
    "tables": folder_of_tables(),
    "crawl": {
        "crawl.warc": crawl(ROWS[::2]),
        "more.warc.gz": gzip.compress(crawl(ROWS[1::2]), mtime=0),
    },
    "lines": {
        "a.jsonl.gz": gzip.compress(lines(ROWS[1::2]), 1, mtime=0),
        "b.jsonl": lines(ROWS[::2]),
    },
    "mixed": {
        "10.txt": ROWS[0]["text"].encode(),
        "9.txt": ROWS[0]["text"].encode(),
        "deep/er/a b#?.md": ROWS[1]["text"].encode(),
        "deep/program.py": b"not read",
        "deep/x.bak": b"not read",
        ".hidden.txt": b"not read",
        ".dedupeignore": b"*.bak\n",
        "all.zip": zip_of({"in/one.txt": ROWS[1]["text"].encode(), "b.jsonl": lines(ROWS[20:29])}),
    },
}


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as running:
        for bucket, files in CORPORA.items():
            running.put(bucket, files)
        # As consoles do, which make folders: an object that is called as one, and holds nothing.
        running.client().put_object(Bucket="mixed", Key="deep/", Body=b"")
        yield running


@pytest.fixture(autouse=True)
def _environment(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    server.proxy.byte_count = 0


def write(folder: Path, bucket: str) -> int:
    """Write the files of a bucket here; gives the bytes of all of them."""
    for name, data in CORPORA[bucket].items():
        (folder / bucket / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / bucket / name).write_bytes(data)
    return sum(map(len, CORPORA[bucket].values()))


def report_of(dedupe: RunDedupe, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dedupe("scan", *arguments, "--format", "json").stdout)
    del found["run"]
    return found


@pytest.mark.parametrize("bucket", ["tables", "crawl", "lines"])
def test_a_bucket_gives_the_report_of_the_folder_and_is_fetched_once(
    server: S3Server, dedupe_here: RunDedupe, tmp_path: Path, bucket: str
) -> None:
    """The proxy counts all that the server sends, headers and listings too."""
    size = write(tmp_path, bucket)
    there = report_of(dedupe_here, f"s3://{bucket}/")
    fetched = server.proxy.byte_count
    assert there == report_of(dedupe_here, bucket)
    assert len(there["clusters"]) > 9
    assert size * 0.99 < fetched <= size * 1.05 + 20_000


def test_files_of_all_sorts_are_found_and_left_out_as_in_a_folder(
    dedupe_here: RunDedupe, tmp_path: Path
) -> None:
    write(tmp_path, "mixed")
    here = Outcome(read_corpus([str(tmp_path / "mixed")], ScanSettings()))
    there = Outcome(read_corpus(["s3://mixed"], ScanSettings()))
    begin = "s3://mixed/"
    assert [s.path.removeprefix(begin) for s in there.corpus.sources] == [
        s.path.removeprefix(f"{tmp_path}/mixed/") for s in here.corpus.sources
    ]
    assert {id.removeprefix(begin): text for id, text in there.texts.items()} == here.texts
    assert f"{begin}deep/er/a b#?.md" in there.texts and f"{begin}all.zip/in/one.txt" in there.texts
    assert [(n.reason, n.detail) for n in there.notices] == [
        (n.reason, n.detail) for n in here.notices
    ]
    assert there.provider(by_name=True).read_texts(there.texts) == there.texts


def test_one_text_is_read_again_by_its_range(server: S3Server) -> None:
    found = Outcome(read_corpus(["s3://lines/b.jsonl"], ScanSettings()))
    size = len(CORPORA["lines"]["b.jsonl"])
    assert size > 400_000
    server.proxy.byte_count = 0
    provider = SourceTexts(found.corpus.source_infos, found.locators, {}, ScanSettings())
    id = [*found.texts][len(found.texts) // 2]
    assert provider.read_texts([id]) == {id: found.texts[id]}
    assert server.proxy.byte_count < size / 2


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("s3://tables/**/*.parquet", ["data/train-00000.parquet", "data/train-00001.parquet"]),
        ("s3://tables/da[t]a/train-*1.parquet", ["data/train-00001.parquet"]),
        ("s3://mixed/*.txt", ["10.txt", "9.txt"]),
        ("s3://mixed/deep/*.py", ["deep/program.py"]),
        ("s3://mixed/deep/er/a b#?.md", ["deep/er/a b#?.md"]),  # no pattern: there is such a name
        ("s3://tables/*.parquet", []),
    ],
)
def test_patterns(pattern: str, names: list[str]) -> None:
    found = Outcome(read_corpus([pattern], ScanSettings()))
    bucket = pattern.split("/")[2]
    assert [s.path for s in found.corpus.sources] == [f"s3://{bucket}/{name}" for name in names]
    told = [] if names else [(pattern, "no_files", "nothing matches it")]
    assert [(item.id, item.reason, item.detail) for item in found.skipped] == told


def test_reference_documents_there(dedupe_here: RunDedupe, tmp_path: Path) -> None:
    write(tmp_path, "tables")
    write(tmp_path, "lines")
    there = report_of(dedupe_here, "lines", "--against", "s3://tables/**/*.parquet")
    assert there == report_of(dedupe_here, "lines", "--against", "tables")
    assert there["corpus"]["reference_count"] == len(ROWS)


def test_what_is_not_there(dedupe_here: RunDedupe) -> None:
    told = dedupe_here("scan", "s3://tables/", "s3://tables/none", "s3://nonesuch/a", code=2).stderr
    assert b"could not be read: s3://tables/none, s3://nonesuch/a" in told


def test_an_object_that_changes_is_of_one_version(server: S3Server) -> None:
    server.put("changing", {"a.jsonl": lines(ROWS) * 3})
    items = iter(read_corpus(["s3://changing/a.jsonl"], ScanSettings()))
    first = next(items)
    server.put("changing", {"a.jsonl": lines(ROWS[::-1]) * 3})
    told = [item for item in items if not hasattr(item, "offsets")]
    assert hasattr(first, "offsets")
    assert [item.reason for item in told] == ["unreadable"]
    assert "it was changed on the server" in told[0].detail


def test_reports_are_written_to_files_here(dedupe_here: RunDedupe, tmp_path: Path) -> None:
    (tmp_path / "s3:" / "mixed").mkdir(parents=True)
    for output in ("s3://mixed/report.json", "text:https://of-a-user:of-a-test@h.example/x"):
        told = dedupe_here("scan", "s3://mixed/", "--output", output, code=2).stderr
        assert b"is a URL" in told and b"of-a-user" not in told


def same_trees(one: Path, other: Path) -> None:
    subprocess.run(["diff", "-r", str(one), str(other)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("bucket", ["tables", "crawl", "lines", "mixed"])
def test_apply_writes_to_a_folder_what_it_writes_of_files_here(
    server: S3Server, dedupe_here: RunDedupe, tmp_path: Path, bucket: str
) -> None:
    write(tmp_path, bucket)
    for name, path in (("here", bucket), ("there", f"s3://{bucket}")):
        dedupe_here("scan", path, "--output", f"{name}.json")
        told = dedupe_here("apply", f"{name}.json", "--output", f"clean-{name}", "--yes").stdout
        dropped = json.loads(dedupe_here("apply", f"{name}.json", "--format", "json").stdout)
        assert dropped["dropped"] and b"dropped" in told
    same_trees(tmp_path / "clean-here", tmp_path / "clean-there")
    kept = dedupe_here("apply", "there.json", "--list", "kept").stdout.splitlines()
    assert len(kept) == dropped["document_count"] - len(dropped["dropped"])


def test_apply_of_one_object_and_of_several_paths(dedupe_here: RunDedupe, tmp_path: Path) -> None:
    write(tmp_path, "lines")
    for name, path in (("here", "lines/"), ("there", "s3://lines/")):
        dedupe_here("scan", f"{path}b.jsonl", "--output", f"{name}.json")
        dedupe_here("apply", f"{name}.json", "--output", f"{name}.jsonl", "--yes")
    assert (tmp_path / "here.jsonl").read_bytes() == (tmp_path / "there.jsonl").read_bytes()
    dedupe_here("scan", "s3://lines/b.jsonl", "s3://tables/", "--output", "two.json")
    dedupe_here("apply", "two.json", "--output", "two", "--yes")
    assert sorted(path.relative_to(tmp_path / "two").as_posix() for path in
                  (tmp_path / "two").rglob("*.*")) == [
        "lines/b.jsonl", "tables/data/train-00000.parquet", "tables/data/train-00001.parquet"
    ]  # fmt: skip


def test_nothing_is_done_at_a_url(server: S3Server, dedupe_here: RunDedupe, tmp_path: Path) -> None:
    dedupe_here("scan", "s3://mixed/", "--output", "report.json")
    objects = server.client().list_objects_v2(Bucket="mixed")["Contents"]
    for option in (
        ["--delete"],
        ["--move-to", "aside"],
        ["--output", "s3://mixed/clean/"],
        ["--output", "clean", "--link"],
    ):
        told = dedupe_here("apply", "report.json", *option, "--yes", code=2).stderr
        assert b"is at a URL" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json"]
    assert server.client().list_objects_v2(Bucket="mixed")["Contents"] == objects


def test_a_document_that_changed_stays(
    server: S3Server, dedupe_here: RunDedupe, tmp_path: Path
) -> None:
    server.put("edited", {"a.txt": ROWS[0]["text"].encode(), "b.txt": ROWS[0]["text"].encode()})
    dedupe_here("scan", "s3://edited/", "--output", "report.json")
    server.put("edited", {"a.txt": b"quite another text", "b.txt": b"and one more"})
    found = dedupe_here("apply", "report.json", "--output", "clean", "--yes", code=2)
    assert b"is not what it was" in found.stdout
    assert sorted(path.name for path in (tmp_path / "clean").iterdir()) == ["a.txt", "b.txt"]


@pytest.mark.slow
def test_explain_report_and_check(dedupe_here: RunDedupe, tmp_path: Path) -> None:
    dedupe_here("scan", "s3://mixed/", "--output", "report.json")
    pair = ["s3://mixed/9.txt", "s3://mixed/10.txt"]
    for where in ([], ["--in", "s3://mixed/"], ["--report", "report.json"]):
        assert b"no word differs" in dedupe_here("explain", *pair, *where).stdout
    told = dedupe_here("explain", "s3://mixed/deep", pair[0], code=2).stderr
    assert b"s3://mixed/deep: is a folder" in told
    shown = dedupe_here("report", "report.json", "--format", "sarif").stdout
    uris = {line.split('"')[3] for line in shown.decode().splitlines() if '"uri"' in line}
    assert "s3://mixed/10.txt" in uris
    assert dedupe_here("check", "s3://mixed/", code=1).stdout
    dedupe_here("check", "s3://mixed/", "--baseline", "known", "--update-baseline")
    dedupe_here("check", "s3://mixed/", "--baseline", "known")
    told = dedupe_here("check", "s3://mixed/", "--since", "HEAD", code=2).stderr
    assert b"is at a URL" in told
