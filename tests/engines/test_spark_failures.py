"""Executors that are lost in the middle of a stage change nothing in the report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import dedupe
from dedupe.model.settings import Config
from tests.engines.test_spark_report import COMMON, make_records
from tests.support.spark_reports import assert_same, find_spark, start_session, write_records

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")

SHARES = (0.0, 0.35, 0.7)
"""After which shares of the stages of a scan an executor is killed."""


@pytest.mark.slow
def test_killed_executors_change_nothing(tmp_path: Path) -> None:
    """In a process of its own: a session on a cluster cannot follow one in this process."""
    find_spark()
    command = [sys.executable, "-W", "ignore", "-m", "tests.engines.test_spark_failures", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-1]) >= 2, done.stdout


def executors(application: str) -> list[int]:
    """The processes of the executors of an application."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                command = Path("/proc", entry, "cmdline").read_bytes()
            except OSError:
                continue
            if b"CoarseGrainedExecutorBackend" in command and application.encode() in command:
                found.append(int(entry))
    return found


def kill_at(session: object, stages: list[int], killed: list[int]) -> None:
    """Kill an executor each time that one of these stages is at work."""
    context = session.sparkContext  # type: ignore[attr-defined]
    tracker, application = context.statusTracker(), context.applicationId
    for stage in stages:
        while True:
            active = tracker.getActiveStageIds()
            infos = [info for each in active if (info := tracker.getStageInfo(each))]
            if any(info.stageId >= stage and info.numActiveTasks for info in infos):
                break
            time.sleep(0.02)
        if victims := executors(application):
            os.kill(victims[0], signal.SIGKILL)
            killed.append(stage)


def main(folder: Path) -> None:
    """Scan a corpus whole, then again while executors are killed."""
    config = Config(**COMMON, max_bucket=10, linkage="single")  # type: ignore[arg-type]
    corpus = write_records(folder / "corpus", make_records(3), 4)
    local = dedupe.scan(corpus, config)
    session = start_session("local-cluster[2,1,1024]", **{"spark.task.maxFailures": "8"})
    engine = dedupe.SparkEngine(session, 2)
    before = _last_stage(session)
    assert_same(local, dedupe.scan(corpus, config, engine=engine))
    count = _last_stage(session) - before
    killed: list[int] = []
    stages = [before + count + 1 + int(share * count) for share in SHARES]
    killer = threading.Thread(target=kill_at, args=(session, stages, killed), daemon=True)
    killer.start()
    found = dedupe.scan(corpus, config, engine=engine)
    assert_same(local, found)
    print(len(killed))
    session.stop()


def _last_stage(session: object) -> int:
    """The number of the last stage that was planned so far."""
    session.range(1).count()  # type: ignore[attr-defined]
    scheduler = session.sparkContext._jsc.sc().dagScheduler()  # type: ignore[attr-defined]
    return int(scheduler.nextStageId())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
