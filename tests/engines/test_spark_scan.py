"""Scans on Spark, in a real session, give the report of a scan on one machine."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dedupe
from dedupe.model.errors import EngineError, InputError
from dedupe.model.report import Report
from dedupe.report.json import render_json
from tests.cli.test_tables import check_tables
from tests.engines.test_spark_tasks import put_all, short_files
from tests.support.command import FIXTURES
from tests.support.corpora import INVENTED_WORDS
from tests.support.every_format import FORMATS, article, in_encodings, json_lines, zip_of

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")

SAME_IN_RUN = ("byte_count", "paths", "against", "sources", "locators", "skipped_places")
"""Parts of ``run`` that are equal too, because tasks are put together in the order of sources."""


def as_json(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_json(report))
    return found


def check_equal(found: Report, expected: Report, same_in_run: Sequence[str] = SAME_IN_RUN) -> None:
    one, other = as_json(found), as_json(expected)
    run, expected_run = one.pop("run"), other.pop("run")
    for name in other:
        assert one[name] == other[name], name
    for name in same_in_run:
        assert run.get(name) == expected_run.get(name), name


def texts(count: int) -> list[str]:
    """Texts of which every third is that before it with a few words changed."""
    rng = random.Random(7)
    made: list[list[str]] = []
    for number in range(count):
        words = rng.choices(INVENTED_WORDS, k=60)
        if number % 3 == 2:
            words = [*made[-1]]
            words[rng.randrange(60)] = "changed"
        made.append(words)
    return [" ".join(words) for words in made]


def write_corpus(folder: Path) -> None:
    """Files of several kinds, some of which other tasks settle, and what cannot be read."""
    records = [{"id": f"r{n % 28}", "text": text} for n, text in enumerate(texts(30))]
    lines = json_lines(records)
    files = {
        "a.jsonl": lines + b'{"id": "none", "text": null}\nno json\n',
        "b.jsonl.gz": b"\x1f\x8b no gzip",
        "c.zip": zip_of({"in/a.txt": article().encode(), "in/rows.jsonl": lines[:9000]}),
        "d.csv": FORMATS["a.csv"]([article()], ""),
        "e.parquet": FORMATS["a.parquet"]([article()], ""),
        "empty.txt": b"- -",
    }
    put_all(folder, files)
    put_all(folder / "cyrillic", {k: v for k, v in short_files().items() if k.endswith("txt")})


def test_a_corpus_of_several_kinds_gives_the_same_report(
    spark: Any,
    tmp_path: Path,
) -> None:
    write_corpus(tmp_path / "new")
    put_all(
        tmp_path / "old", {"a.txt": article().encode(), "b.lines": "\n".join(texts(9)).encode()}
    )
    config = dedupe.Config(embed_text=True, keep=("longest", "degree"), html="raw")
    for against in ("", str(tmp_path / "old")):
        paths = {"paths": str(tmp_path / "new"), "against": against or ()}
        expected = dedupe.scan(config=config, **paths)
        found = dedupe.scan(config=config, engine=dedupe.SparkEngine(spark), **paths)
        check_equal(found, expected)
        assert expected.clusters and expected.texts and len(expected.skipped) >= 4
        assert {each.reason for each in expected.notices} == {"duplicate_id", "encoding_doubtful"}
        assert bool(expected.corpus.reference_count) == bool(against)


@pytest.mark.slow
def test_every_format_gives_the_same_report(spark: Any, tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    put_all(tmp_path, {name: write([article()], name) for name, write in FORMATS.items()})
    put_all(tmp_path, {name: data for name, (data, _) in in_encodings(article()).items()})
    expected = dedupe.scan(tmp_path)
    check_equal(dedupe.scan(tmp_path, engine=dedupe.SparkEngine(spark)), expected)
    assert len(expected.clusters[0].members) > 130 and expected.corpus.html_counts


def test_what_spark_cannot_read_is_refused(spark: Any, tmp_path: Path) -> None:
    engine = dedupe.SparkEngine(spark)
    with pytest.raises(InputError, match="on Spark a corpus is made of files"):
        dedupe.scan("-", engine=engine)
    with pytest.raises(InputError, match="no document could be read"):
        dedupe.scan(tmp_path / "missing", engine=engine)
    put_all(tmp_path, {"a.txt": b"one two", "b.jsonl": b"{no json}\n"})
    with pytest.raises(InputError, match=r"b\.jsonl:1: .*\(not_json\)"):
        dedupe.scan(tmp_path, dedupe.Config(on_error="fail"), engine=engine)


# --- data frames -------------------------------------------------------------------------


def test_a_data_frame_gives_the_report_of_its_texts(spark: Any) -> None:
    by_id = {f"n{number}": text for number, text in enumerate(texts(40))}
    old = {f"o{number}": text for number, text in enumerate(texts(9))}
    config = dedupe.Config(embed_text=True, id_field="key", text_field=("body",))
    names = "key string, body string, other binary"
    frame, reference = (
        spark.createDataFrame([(*row, b"") for row in rows.items()], names).repartition(3)
        for rows in (by_id, old)
    )
    for against in (False, True):
        expected = dedupe.find_duplicates(by_id, config, against=old if against else None)
        found = dedupe.spark.scan_dataframe(
            frame, "key", "body", config, against=reference if against else None
        )
        check_equal(found, expected, ("byte_count", "locators"))
        assert len(expected.clusters) > 10 and expected.texts
        assert bool(found.corpus.reference_count) == against


def test_rows_have_metadata_and_repeated_ids_and_gaps(spark: Any) -> None:
    one, two, three = texts(3)
    rows = [(1, one, "2024-05-01"), (2, two, "2024-04-01"), (2, three, "2024-03-01"), (3, None, "")]
    frame = spark.createDataFrame(rows, "id long, text string, date string")
    config = dedupe.Config(keep=("earliest",), embed_text=True)
    found = dedupe.spark.scan_dataframe(frame, config=config)
    (cluster,) = found.clusters
    assert sorted(each.id for each in cluster.members) == ["2", "2#2"]
    assert cluster.members[0].meta == {"date": "2024-03-01"}
    assert found.texts is not None and found.texts[cluster.representative] == three
    assert sorted(found.texts.values()) == sorted([two, three])
    assert [(each.id, each.reason) for each in found.skipped] == [("3", "text_null")]


def test_rows_without_an_id_and_columns_that_are_not_there_are_refused(spark: Any) -> None:
    frame = spark.createDataFrame([("a", "one"), (None, "two")], "id string, text string")
    with pytest.raises(InputError, match="a row has no id in column 'id'"):
        dedupe.spark.scan_dataframe(frame)
    with pytest.raises(InputError, match=r"has no column 'body' \(text=…\); it has id, text"):
        dedupe.spark.scan_dataframe(frame, text="body")
    again = frame.join(frame.withColumnRenamed("id", "other"), frame.id == "a")
    with pytest.raises(InputError, match="has several columns 'text'"):
        dedupe.spark.scan_dataframe(again)
    with pytest.raises(dedupe.DedupeError, match="text_format is html"):
        dedupe.spark.scan_dataframe(frame, config=dedupe.Config(text_format="html"))


# --- tables, and what fails ----------------------------------------------------------------


def test_spark_writes_the_tables(
    spark: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = dedupe.scan(FIXTURES, dedupe.Config(threshold=0.5))
    monkeypatch.setattr("dedupe.report.tables.BATCH_ROWS", 4)
    frame, folder = spark.range(1), str(tmp_path / "out")
    dedupe.spark.write_tables(report, frame, folder)
    check_tables(tmp_path / "out", as_json(report))
    (tmp_path / "out/mine.txt").write_text("stays")
    with pytest.raises(InputError, match="is there already"):
        dedupe.spark.write_tables(report, frame, folder)
    empty = msgspec.structs.replace(report, clusters=(), bridges=(), skipped=())
    empty = msgspec.structs.replace(
        empty, run=msgspec.structs.replace(report.run, skipped_places=())
    )
    dedupe.spark.write_tables(empty, frame, folder, overwrites=True)
    check_tables(tmp_path / "out", as_json(empty))
    assert (tmp_path / "out/mine.txt").exists()
    (tmp_path / "out/pairs/mine.txt").write_text("stays")
    with pytest.raises(InputError, match=r"holds mine\.txt, which is no table"):
        dedupe.spark.write_tables(report, frame, folder, overwrites=True)
    assert (tmp_path / "out/pairs/mine.txt").exists()
    with pytest.raises(EngineError, match="nosuch://x/y: the tables cannot be written there"):
        dedupe.spark.write_tables(report, frame, "nosuch://x/y")


def test_a_failure_in_an_executor_is_told_in_a_line(spark: Any) -> None:
    from dedupe.engines.spark.failures import tell_failures

    def fail(batches: Any) -> Any:
        yield from batches
        raise OSError(28, "No space left on device")

    with pytest.raises(EngineError) as told, tell_failures():
        spark.range(1).mapInArrow(fail, "id long").collect()
    expected = "Spark could not finish the scan: OSError: [Errno 28] No space left on device; "
    assert str(told.value) == expected + "DEDUPE_DEBUG=1 shows where it happened"
