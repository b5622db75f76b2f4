"""Starting Spark: from the command line, and what is told where something is missing."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dedupe.engines.spark import session
from dedupe.engines.spark.failures import describe_failure
from dedupe.model.errors import EngineError
from dedupe.model.installation import install_command
from tests.support.command import FIXTURES
from tests.support.spark_reports import find_spark


def test_missing_packages_are_told(dedupe_here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None if name == "pandas" else name)
    told = dedupe_here("scan", FIXTURES, "--engine", "spark", code=2).stderr.decode()
    assert f"the engine spark needs pandas: {install_command('spark')}" in told


def test_missing_java_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(EngineError, match="no java on the PATH, and JAVA_HOME is not set; install"):
        session.check_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match=f"no java below JAVA_HOME={tmp_path}; install"):
        session.check_java()


def test_failures_that_have_a_remedy_tell_it() -> None:
    told = describe_failure("Job aborted\nModuleNotFoundError: No module named 'dedupe'\n  at x.y")
    assert told.startswith("the executors have no package dedupe; install")
    told = describe_failure("Job aborted: java.lang.OutOfMemoryError: Java heap space\n  at x.y")
    assert "give the driver or the executors more memory" in told and "\n" not in told


@pytest.mark.slow
def test_the_command_scans_on_spark_quietly(run_dedupe: Any, tmp_path: Path) -> None:
    find_spark()
    options = ("scan", FIXTURES, "--format", "json", "--exit-code")
    spark = ("--engine", "spark", "--master", "local[2]", "--tables", "out", "--progress")
    expected = json.loads(run_dedupe(*options, code=1).stdout)
    done = run_dedupe(*options, *spark, code=1, TMPDIR=str(tmp_path))
    report = json.loads(done.stdout)
    for each in (report, expected):
        del each["run"]
    assert report == expected
    lines = done.stderr.decode().splitlines()
    assert [line for line in lines if not line.startswith("dedupe: ")] == []
    assert any(line.startswith("dedupe: comparing: ") for line in lines)
    assert (tmp_path / "out/pairs").is_dir()
    assert not [*tmp_path.glob("dedupe-spark-*.log")]


@pytest.mark.slow
def test_a_master_that_is_none_is_told(run_dedupe: Any, tmp_path: Path) -> None:
    find_spark()
    options = ("scan", FIXTURES, "--engine", "spark", "--master", "nonsense")
    told = run_dedupe(*options, code=2, TMPDIR=str(tmp_path)).stderr.decode()
    assert told.startswith("dedupe: error: Spark did not start (")
    assert told.rstrip().endswith(".log") and len(told.splitlines()) == 1
    assert tempfile.gettempdir() and [*tmp_path.glob("dedupe-spark-*.log")]
