"""The engine on Spark gives the report of a local scan, whatever the corpus and its partitions."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dedupe
from dedupe.engines.spark import tasks
from dedupe.engines.spark.engine import SparkEngine
from dedupe.engines.spark.frames import Addresses, hash_numbers
from dedupe.engines.spark.memory import DriverMemory, DriverMemoryError
from dedupe.matching import cuts
from dedupe.model.errors import InputError
from dedupe.model.settings import Config
from tests.support.corpora import make_chains, make_corpus, make_cut_copies
from tests.support.spark_reports import assert_same, write_records

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")

COMMON = {"shingle_size": 2, "num_perm": 64, "threshold": 0.5, "recall": 0.99}


def make_records(seed: int) -> list[dict[str, object] | str]:
    """Families of near-copies with dates and sites; repeated ids, broken lines, empty texts."""
    rng = random.Random(seed)
    texts = {**make_corpus(seed, families=60), **make_chains(seed)}
    records: list[dict[str, object] | str] = []
    for number, (id, text) in enumerate(texts.items()):
        record: dict[str, object] = {"id": id, "text": text}
        if number % 3:
            record["date"] = f"{rng.randrange(1, 29)}.{rng.randrange(1, 13)}.20{number % 20 + 10}"
        if number % 4 == 0:
            record["site"] = rng.choice(["a.example", "www.b.example", "c.example"])
        if number % 17 == 0:
            record["id"] = "repeated"
        records.append(record)
    shared = [f"template{i}" for i in range(60)]
    for number in range(40):
        words = [*shared, f"own{number}", f"also{number}"]
        records.append({"id": f"template/{number}", "text": " ".join(words)})
    records += [
        {"id": "repeated#2", "text": "an id that a number would make"},
        {"id": "none", "text": "… !"},
        {"id": "short", "text": "word"},
        {"id": "long", "text": " ".join(f"w{i % 900}" for i in range(3000))},
        {"id": "long2", "text": " ".join(f"w{i % 901}" for i in range(3000))},
        {"id": "long copy", "text": " ".join(f"W{i % 900}" for i in range(3000))},
        {"id": "nothing", "other": 1},
        '{"id": "broken", "text": ',
    ]
    return records


CASES: dict[str, tuple[dict[str, Any], int, int]] = {
    "star": ({}, 7, 7),
    "capped buckets, single linkage": ({"max_bucket": 4, "linkage": "single"}, 3, 1),
    "earliest, complete": ({"linkage": "complete", "keep": ("earliest",)}, 2, 50),
    "site, longest, of some lengths": (
        {"keep": ("site=b.example", "longest"), "min_tokens": 12, "max_tokens": 2000},
        1,
        7,
    ),
}
"""By name: settings, files, partitions."""


@pytest.mark.parametrize("case", CASES)
def test_the_report_is_that_of_a_local_scan(spark: Any, tmp_path: Path, case: str) -> None:
    settings, files, partitions = CASES[case]
    config = Config(**{**COMMON, **settings})
    corpus = write_records(tmp_path / "corpus", make_records(3), files)
    local = dedupe.scan(corpus, config)
    assert local.search.duplicate_pair_count > 100 and local.notices and local.skipped
    assert (local.search.capped_bucket_count > 0) == ("max_bucket" in settings)
    found = dedupe.scan(corpus, config, engine=SparkEngine(spark, partitions))
    assert_same(local, found)


def test_cut_copies_are_told_from_footers_as_locally(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuts, "SAMPLED_GROUPS", 100)  # so that a part of them is looked into
    texts = {f"{seed}/{id}": t for seed in range(12) for id, t in make_cut_copies(seed).items()}
    texts |= {f"{id}/again": f"{text}!" for id, text in [*texts.items()][::5]}
    records: list[dict[str, object] | str] = [{"id": id, "text": texts[id]} for id in texts]
    corpus = write_records(tmp_path / "corpus", records, 5)
    local = dedupe.scan(corpus)
    nested = [p for p in local.pairs() if p.shared_count == min(p.left_count, p.right_count)]
    assert {pair.is_cut for pair in nested} == {True, False}
    found = dedupe.scan(corpus, engine=SparkEngine(spark, 4))
    assert_same(local, found)


def test_large_files_that_tasks_read_in_parts_give_the_same_report(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet, arrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    # (A record without a text lets its file be read in one piece.)
    records = [each for each in make_records(3) if isinstance(each, str) or "text" in each]
    corpus = write_records(tmp_path / "corpus", records, 1)
    rows = [{"id": f"row {n}", "text": t} for n, t in enumerate(make_corpus(4).values())]
    parquet.write_table(arrow.Table.from_pylist(rows), corpus / "rows.parquet", row_group_size=9)
    sizes = [path.stat().st_size for path in sorted(corpus.iterdir())]
    monkeypatch.setattr(tasks, "TASK_BYTES", min(sizes) // 5)
    cut: list[int] = []
    cut_file = tasks.cut_file

    def count_parts(*arguments: Any) -> Any:
        parts = cut_file(*arguments)
        cut.append(len(parts))
        return parts

    monkeypatch.setattr(tasks, "cut_file", count_parts)
    monkeypatch.setattr(tasks.TaskList, "read_whole", lambda *_: pytest.fail("read whole"))
    found = dedupe.scan(corpus, Config(**COMMON), engine=SparkEngine(spark, 4))
    assert len(cut) == 2 and min(cut) > 1
    assert_same(dedupe.scan(corpus, Config(**COMMON)), found)


def test_the_order_of_records_and_files_changes_nothing(spark: Any, tmp_path: Path) -> None:
    config = Config(**COMMON, max_bucket=10)
    records = [each for each in make_records(5) if isinstance(each, dict) and "text" in each]
    one = write_records(tmp_path / "one", records, 1, seed=1)
    many = write_records(tmp_path / "many", records, 9, seed=2)
    local = dedupe.scan(one, config)
    found = dedupe.scan(many, config, engine=SparkEngine(spark, 3))
    assert found.clusters == local.clusters
    assert found.bridges == local.bridges
    assert found.search == local.search


@pytest.mark.parametrize("settings", [{"linkage": "single"}, {"max_bucket": 5}])
def test_reference_documents_are_compared_as_locally(
    spark: Any,
    tmp_path: Path,
    settings: dict[str, Any],
) -> None:
    config = Config(**COMMON, **settings)
    records = make_records(7)
    new = write_records(tmp_path / "new", records[::2], 2)
    old = write_records(tmp_path / "old", records[1::2] + records[:40:4], 3)
    local = dedupe.scan(new, config, against=old)
    assert any(m.is_reference for cluster in local.clusters for m in cluster.members)
    found = dedupe.scan(new, config, against=old, engine=SparkEngine(spark, 4))
    assert_same(local, found)


def test_groups_that_share_the_bits_of_their_numbers_are_kept_apart(
    spark: Any, tmp_path: Path
) -> None:
    """Of 5 bits there are too few numbers, so that 13 are used, which some groups share."""
    config = Config(**COMMON, max_bucket=8, linkage="single")
    corpus = write_records(tmp_path / "corpus", make_records(9), 3)
    found = dedupe.scan(corpus, config, engine=SparkEngine(spark, 2, hash_bits=5))
    assert_same(dedupe.scan(corpus, config), found)


def test_what_cannot_be_read_ends_the_scan_where_that_is_asked(
    spark: Any,
    tmp_path: Path,
) -> None:
    config = Config(**COMMON, on_error="fail")
    corpus = write_records(tmp_path / "corpus", ['{"id": "broken", "text": '], 1)
    with pytest.raises(InputError) as local:
        dedupe.scan(corpus, config)
    with pytest.raises(InputError) as found:
        dedupe.scan(corpus, config, engine=SparkEngine(spark))
    assert str(found.value) == str(local.value)


def test_a_corpus_without_pairs_or_without_documents(spark: Any, tmp_path: Path) -> None:
    lone = write_records(tmp_path / "lone", [{"id": "a", "text": "one lone text"}], 1)
    found = dedupe.scan(lone, Config(), engine=SparkEngine(spark))
    assert_same(dedupe.scan(lone, Config()), found)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError) as local:
        dedupe.scan(tmp_path / "none", Config())
    with pytest.raises(InputError) as empty:
        dedupe.scan(tmp_path / "none", Config(), engine=SparkEngine(spark))
    assert str(empty.value) == str(local.value)


def test_a_driver_that_could_not_hold_the_pairs_says_so_before(
    spark: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corpus = write_records(tmp_path / "corpus", make_records(3), 1)
    for memory in (DriverMemory(process=10_000, results=0), DriverMemory(0, results=10_000)):
        monkeypatch.setattr(DriverMemory, "of_session", lambda session, found=memory: found)
        with pytest.raises(DriverMemoryError, match=r"candidate pairs.*driver more"):
            dedupe.scan(corpus, Config(**COMMON), engine=SparkEngine(spark))
    assert not spark.sparkContext._jsc.getPersistentRDDs()  # nothing stays on the disks


def test_rows_reach_the_partition_of_their_part(spark: Any) -> None:
    numbers = np.arange(-500, 500, dtype=np.int32)
    rows = spark.range(-500, 500).selectExpr("hash(cast(id as int)) as h").toArrow()
    assert rows["h"].to_pylist() == hash_numbers(numbers).tolist()
    addresses = Addresses.of_parts(30, 7)
    partitions = hash_numbers(addresses.targets).astype(np.int64) % 7
    assert partitions.tolist() == [part % 7 for part in range(30)]
