"""A Spark session for tests, and the comparison of its reports with those of a local scan."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dedupe.model.report import Report
from dedupe.report.json import render_json

SESSION = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.log.level": "ERROR",
}


def _skip(reason: str) -> None:
    """CI sets the variable: there a missing Spark is a failure."""
    if os.environ.get("DEDUPE_REQUIRE_SPARK") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def find_spark() -> None:
    """Skip the test where Java or pyspark is missing."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        _skip("no Java on the PATH (Debian: apt-get install openjdk-17-jre-headless)")
    if find_spec("pyspark") is None:
        _skip("pyspark is not installed (pip install '.[spark]')")


def start_session(master: str, **settings: str) -> Any:
    """A session whose executors run this Python and this source tree."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    builder = SparkSession.builder.master(master)
    for name, value in {**SESSION, **settings}.items():
        builder = builder.config(name.replace("__", "."), value)
    return builder.getOrCreate()


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """One session for all tests of a file: the running one, or a new one with two threads."""
    find_spark()
    from pyspark.sql import SparkSession

    if running := SparkSession.getActiveSession():
        yield running
        return
    before = dict(os.environ)
    session = start_session("local[2]")
    yield session
    session.stop()
    os.environ.clear()
    os.environ.update(before)


def write_records(
    folder: Path, records: Sequence[Mapping[str, object] | str], files: int, seed: int = 1
) -> Path:
    """JSON Lines in some files of a folder, in an order of the seed; strings are whole lines."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    random.Random(seed).shuffle(lines)
    folder.mkdir(parents=True)
    for number in range(files):
        part = "".join(line + "\n" for line in lines[number::files])
        (folder / f"part{number}.jsonl").write_text(part, encoding="utf-8")
    return folder


def assert_same(local: Report, other: Report) -> None:
    """Two reports are equal, but for what ``run`` says of the machine."""
    run = local.run
    assert render_json(msgspec.structs.replace(other, run=run)) == render_json(local)
    assert other.run.locators == run.locators
    assert other.run.sources == run.sources
    assert other.run.skipped_places == run.skipped_places
    assert other.run.text_fields == run.text_fields
    assert other.run.byte_count == run.byte_count
