"""Forms on Spark are those of a local scan; what needs all shingles on one machine is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dedupe
from dedupe.engines.spark import engine
from dedupe.engines.spark.shingles import SparkShingles
from dedupe.model.errors import ConfigError
from dedupe.model.settings import Config
from tests.furniture.test_forms import backwards, copies, letters
from tests.support.command import FIXTURES
from tests.support.spark_reports import assert_same, write_records

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")


def make_records() -> list[dict[str, object] | str]:
    """Two forms and a cluster that is none; copies; one text twice under one id; numbered ids."""
    texts = letters(9) | copies(6) | {f"back/{id}": backwards(t) for id, t in letters(14).items()}
    texts |= {f"{id}/copy": text.upper() for id, text in letters(5).items()}
    records: list[dict[str, object] | str] = [{"id": id, "text": t} for id, t in texts.items()]
    return records + records[:2] + [{"id": "letters/03", "text": texts["copies/03"]}]


@pytest.mark.parametrize(("hashes_at_once", "jobs"), [(4500, 2), (engine.HASHES_PER_JOB, 1)])
def test_forms_are_those_of_a_local_scan(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashes_at_once: int, jobs: int
) -> None:
    """Whether their shingles come to the driver in one job or in several."""
    gathered: list[int] = []
    gather = SparkShingles.gather

    def count(self: SparkShingles, groups: Any) -> Any:
        gathered.append(len(groups))
        return gather(self, groups)

    monkeypatch.setattr(SparkShingles, "gather", count)
    monkeypatch.setattr(engine, "HASHES_PER_JOB", hashes_at_once)
    corpus = write_records(tmp_path / "corpus", make_records(), 3)
    local = dedupe.scan(corpus)
    assert local.forms is not None and len(local.forms) == 2 and len(local.clusters) == 3
    assert_same(local, dedupe.scan(corpus, engine=dedupe.SparkEngine(spark, 2)))
    assert len(gathered) == jobs


def test_what_needs_one_machine_is_refused(spark: Any, dedupe_here: Any) -> None:
    message = "furniture is report, which the engine spark cannot do. Leave"
    with pytest.raises(ConfigError, match=message):
        dedupe.scan("no such folder", Config(furniture="report"), engine=dedupe.SparkEngine(spark))
    frame = spark.createDataFrame([("a", "some text")], "id string, text string")
    with pytest.raises(ConfigError, match=message):
        dedupe.spark.scan_dataframe(frame, config=Config(furniture="report"))
    options = ("scan", FIXTURES, "--engine", "spark", "--furniture", "report")
    told = dedupe_here(*options, code=2).stderr.decode()
    assert message in told and len(told.splitlines()) == 1
    told = dedupe_here(*options[:4], "--find", "near,contained", code=2).stderr.decode()
    assert "find is near, contained, which the engine spark cannot do" in told
