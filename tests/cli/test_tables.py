"""``--tables``: the parts of a report as Parquet, for programs that read tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import FIXTURES

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a table, in an order of their own, since those in files have none."""
    rows: list[dict[str, Any]] = pq.read_table(folder / name).to_pylist()
    return sorted(rows, key=_key)


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    names = ("id", "left", "right", "cluster_id", "reason", "detail")
    return tuple(str(row.get(name)) for name in names)


def check_tables(folder: Path, report: dict[str, Any]) -> None:
    """Check that the tables hold what the report does."""
    clusters, run = report["clusters"], report["run"]
    pairs = [{**pair, "cluster_id": c["cluster_id"]} for c in clusters for pair in c["pairs"]]
    pairs += [{**pair, "cluster_id": None} for pair in report["bridges"]]
    pairs, found = sorted(pairs, key=_key), rows_of(folder, "pairs")
    assert [{**pair, **row} for pair, row in zip(pairs, found, strict=True)] == pairs
    names = ("cluster_id", "representative")
    members = [
        {"meta": {}, "is_reference": False, **{name: c[name] for name in names}, **member}
        for c in clusters
        for member in c["members"]
    ]
    members.sort(key=_key)
    found = [{**row, "meta": dict(row["meta"])} for row in rows_of(folder, "members")]
    assert len(found) == len(members)
    for member, row in zip(members, found, strict=True):
        assert {**row, **{name: member[name] for name in row}} == row
    skipped = zip(report["skipped"], run.get("skipped_places", ()), strict=True)
    expected = [{**each, "place": place} for each, place in skipped]
    assert rows_of(folder, "skipped") == sorted(expected, key=_key)


def test_tables_hold_what_the_report_does(dedupe_here: Any, tmp_path: Path) -> None:
    ends = ("--linkage", "star", "--threshold", "0.5", "--format", "json", "--tables", "out")
    report = json.loads(dedupe_here("scan", FIXTURES, *ends).stdout)
    assert report["clusters"] and report["skipped"]
    check_tables(tmp_path / "out", report)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "members",
        "pairs",
        "skipped",
    ]


def test_tables_are_written_where_nothing_is_found(dedupe_here: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two three")
    dedupe_here("scan", "a.txt", "--tables", "out")
    for name in ("pairs", "members", "skipped"):
        assert rows_of(tmp_path / "out", name) == []
    assert pq.read_schema(tmp_path / "out/pairs/part-0.parquet").names[:2] == ["left", "right"]


def test_tables_replace_nothing_unless_asked(dedupe_here: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two three")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("stays")
    told = dedupe_here("scan", "a.txt", "--tables", "out", code=2).stderr
    assert told == b"dedupe: error: out: is there already; --overwrite-tables replaces its tables\n"
    for _ in range(2):
        dedupe_here("scan", "a.txt", "--tables", "out", "--overwrite-tables")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "members",
        "mine.txt",
        "pairs",
        "skipped",
    ]
    told = dedupe_here("scan", "a.txt", "--tables", "no/such", code=2).stderr
    assert b"the folder to make it in does not exist" in told
    told = dedupe_here("scan", "a.txt", "--tables", "s3://bucket/out", code=2).stderr
    assert b"with --engine local, --tables is a folder of this machine" in told


def test_tables_replace_no_documents(dedupe_here: Any, tmp_path: Path) -> None:
    """A corpus may have folders of these names, also of Parquet files that Spark wrote."""
    for number, name in enumerate(("members/a.txt", "pairs/part-0.parquet", "skipped/sub/b.txt")):
        corpus = tmp_path / f"corpus{number}"
        (corpus / name).parent.mkdir(parents=True)
        if name.endswith(".parquet"):
            pq.write_table(pa.table({"text": ["one two three"]}), corpus / name)
        else:
            (corpus / name).write_text("one two three")
        before = (corpus / name).read_bytes()
        ends = ("--tables", corpus.name, "--overwrite-tables")
        told = dedupe_here("scan", corpus.name, *ends, code=2).stderr
        assert b"which is no table of dedupe, and so is not replaced" in told
        assert (corpus / name).read_bytes() == before
        assert sum(1 for _ in corpus.iterdir()) == 1
    (tmp_path / "out").mkdir()
    (tmp_path / "out/pairs").symlink_to(tmp_path / "corpus0")
    ends = ("--tables", "out", "--overwrite-tables")
    told = dedupe_here("scan", "corpus0", *ends, code=2).stderr
    assert b"out/pairs: is no folder of a table" in told


def test_master_belongs_to_spark(dedupe_here: Any, tmp_path: Path) -> None:
    told = dedupe_here("scan", "a.txt", "--master", "local[2]", code=2).stderr
    assert told == b"dedupe: error: --master is where Spark runs; it needs --engine spark\n"


def test_tables_alone_are_made_on_spark_and_instead_of_reports(dedupe_here: Any) -> None:
    ends = ("--tables", "out", "--tables-alone")
    told = dedupe_here("scan", FIXTURES, *ends, code=2).stderr
    assert told == b"dedupe: error: --tables-alone is for Spark; it needs --engine spark\n"
    told = dedupe_here("scan", FIXTURES, *ends, "--output", "r.json", code=2).stderr
    assert b"--tables-alone makes no report; leave out --output and --format" in told
    ends = (*ends, "--engine", "spark", "--linkage", "single")
    told = dedupe_here("scan", FIXTURES, *ends, code=2).stderr
    assert b"linkage is single, which tables alone cannot do" in told
