"""Tables that executors write in place of a report are those of the report of a local scan."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dedupe
from dedupe.clusters.linkage import cluster_pairs
from dedupe.engines.spark import table_content, table_scan
from dedupe.engines.spark.memory import DriverMemory
from dedupe.engines.spark.rounds import LINK_ROWS, join_leads
from dedupe.engines.spark.staging import StagedFrames
from dedupe.matching import cuts
from dedupe.model.errors import ConfigError, InputError
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.settings import Config
from dedupe.spark import SparkEngine, scan_dataframe_into_tables, scan_into_tables
from tests.cli.test_tables import check_tables
from tests.engines.test_spark_report import COMMON, make_records
from tests.engines.test_spark_scan import as_json, texts
from tests.support.corpora import make_cut_copies
from tests.support.spark_reports import write_records

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")

CASES: dict[str, dict[str, Any]] = {
    "dates, capped buckets": {"keep": ("earliest",), "max_bucket": 10},
    "names, against others": {"keep": ("site=b.example", "first"), "against": True},
    "the keep rules of the default": {},
}


@pytest.mark.parametrize("case", CASES)
def test_tables_alone_are_those_of_a_local_scan(
    spark: Any, tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Candidates are verified in several parts, and the last case has rounds to the end."""
    settings = dict(CASES[case])
    records, against = make_records(3), ()
    if settings.pop("against", False):
        old = write_records(tmp_path / "old", records[1::2] + records[:40:4], 3)
        records, against = records[::2], (str(old),)
    config = Config(**{**COMMON, **settings})
    corpus = str(write_records(tmp_path / "corpus", records, 3))
    local = dedupe.scan(corpus, config, against=against)
    assert local.bridges and local.skipped and local.corpus.cluster_count > 30
    assert bool(against) == any(m.is_reference for each in local.clusters for m in each.members)
    monkeypatch.setattr(table_scan, "PAIRS_AT_ONCE", local.search.candidate_pair_count // 2)
    if against:
        monkeypatch.setattr("dedupe.engines.spark.rounds.LINKS_ON_DRIVER", 0)
    folder = tmp_path / "out"
    found = scan_into_tables([corpus], SparkEngine(spark, 2), str(folder), config, against=against)
    check_tables(folder, as_json(local))
    assert sorted(path.name for path in folder.iterdir()) == ["members", "pairs", "skipped"]
    counts = local.search.duplicate_pair_count, local.corpus.cluster_count
    assert (found.pair_count, found.cluster_count) == counts
    assert found.document_count == local.corpus.document_count
    assert not spark.sparkContext._jsc.getPersistentRDDs()  # nothing stays on the disks


def test_cut_copies_are_told_from_footers_as_locally(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The representatives are those of a local scan, which goes by cut copies."""
    monkeypatch.setattr(cuts, "SAMPLED_GROUPS", 100)  # so that a part of them is looked into
    monkeypatch.setattr(table_content, "NESTED_AT_ONCE", 7)
    copies = {f"{seed}/{id}": t for seed in range(4) for id, t in make_cut_copies(seed).items()}
    copies |= {f"{id}/again": f"{text}!" for id, text in [*copies.items()][::5]}
    records: list[dict[str, object] | str] = [{"id": id, "text": t} for id, t in copies.items()]
    corpus = str(write_records(tmp_path / "corpus", records, 3))
    config = Config(keep=("content",))
    local = dedupe.scan(corpus, config)
    assert {pair.is_cut for pair in local.pairs()} == {True, False}
    scan_into_tables([corpus], SparkEngine(spark, 2), str(tmp_path / "out"), config)
    check_tables(tmp_path / "out", as_json(local))


def test_rows_of_a_data_frame_become_tables(spark: Any, tmp_path: Path) -> None:
    by_id = {f"n{number}": text for number, text in enumerate(texts(40))}
    frame = spark.createDataFrame([*by_id.items()], "id string, text string").repartition(3)
    folder = str(tmp_path / "out")
    scan_dataframe_into_tables(frame, folder)
    check_tables(tmp_path / "out", as_json(dedupe.find_duplicates(by_id)))
    with pytest.raises(InputError, match="is there already"):
        scan_dataframe_into_tables(frame, folder)
    with pytest.raises(ConfigError, match="linkage is single, which tables alone cannot do"):
        scan_dataframe_into_tables(frame, folder, config=Config(linkage="single"), overwrites=True)
    with pytest.raises(InputError, match="no document could be read"):
        scan_dataframe_into_tables(frame.where("id = ''"), str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_rounds_give_the_clusters_of_one_machine(spark: Any, tmp_path: Path) -> None:
    """Random pairs of a few groups, and a chain, which takes more rounds; the driver ends it."""
    rng = random.Random(5)
    ends = {tuple(sorted(rng.sample(range(120), 2))) for _ in range(150)}
    ends |= {(number, number + 1) for number in range(130, 142)}
    first, second = np.array(sorted(ends)).T
    shuffled = np.array(rng.sample(range(150), 150))
    first, second = (
        np.minimum(shuffled[first], shuffled[second]),
        np.maximum(shuffled[first], shuffled[second]),
    )
    rows = [
        (int(f) + 1000, int(f), int(s) + 1000, int(s), False, n, n + 1, n + 2)
        for n, (f, s) in enumerate(zip(first, second, strict=True))
    ]
    ones = np.ones(len(first), np.int64)
    expected = cluster_pairs(
        VerifiedPairs(first, second, ones, ones, ones), np.arange(150), "star", 150
    )
    with StagedFrames(spark, str(tmp_path / "out")) as staged:
        links = spark.createDataFrame(rows, LINK_ROWS).repartition(3)
        joined = join_leads(staged, links, DriverMemory(0, 0), on_driver=25).collect()
        rounds = [path.name for path in (tmp_path / "out").glob(".dedupe-*/joined-*")]
    owners = np.arange(150)
    for row in joined:
        owners[row["group"] - 1000] = row["owner"] - 1000
        told = rows[row["shared_count"]]
        assert (told[0], told[2]) == (row["owner"], row["group"])
        assert (row["owner_count"], row["own_count"]) == told[6:]
    assert owners.tolist() == expected.tolist()
    assert len(rounds) >= 3 and not (tmp_path / "out").exists()
