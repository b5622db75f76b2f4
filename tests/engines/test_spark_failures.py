"""Executors and tasks that are killed in the middle of each stage change nothing in the report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Container, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import dedupe
from dedupe.engines.spark import corpora, documents, search, shingles, uncompared, verifying
from dedupe.engines.spark.frames import BLOBS, Stage, run_stage
from dedupe.model.settings import Config
from tests.engines.test_spark_report import COMMON, make_records
from tests.furniture.test_forms import letters
from tests.support.spark_reports import assert_same, find_spark, start_session, write_records

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")

STAGES = {
    "sketch_rows",
    "send_hashes",
    "find_repeats",
    "send_keys",
    "pair_up",
    "distinct_pairs",
    "list_keys",
    "list_leads",
    "send_sets",
    "count_sets",
    "choose_documents",
    "list_shingles",
    "list_used",
}
"""The stages of a scan with pairs, capped buckets, linked members, forms and repeated ids."""

LOSING_EXECUTORS = {"sketch_rows", "pair_up", "count_sets", "list_shingles"}
"""The stages in which the whole executor is killed; in others a process of Python is.

To kill an executor in each, a scan for each, which takes minutes, and see a table of that:
``python -m tests.engines.test_spark_failures FOLDER all``.
"""

SETTINGS = {
    "spark.task.maxFailures": "30",
    "spark.stage.maxConsecutiveAttempts": "30",
    "spark.deploy.maxExecutorRetries": "-1",
    # A fetch from a lost executor is given up at once, and not after a quarter of a minute.
    "spark.shuffle.io.maxRetries": "0",
}


@pytest.mark.slow
def test_killed_executors_change_nothing(tmp_path: Path) -> None:
    """In a process of its own: a session on a cluster cannot follow one in this process."""
    find_spark()
    command = [sys.executable, "-W", "ignore", "-m", "tests.engines.test_spark_failures", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(done.stdout.split()) == STAGES, done.stdout


def kill_inside(
    batches: Iterator[Any], stage: Stage, loses_executor: bool, mark: Path
) -> Iterator[Any]:
    """A stage that kills what it runs on behind its first rows, once in a scan.

    :param mark: a file that is made before, and holds the number of the process
    """
    rows = stage(batches)
    for row in rows:
        yield row
        break
    process = find_executor() if loses_executor else os.getpid()
    try:
        with mark.open("x") as file:
            file.write(str(process))
    except FileExistsError:
        yield from rows
        return
    os.kill(process, signal.SIGKILL)
    time.sleep(60)  # until this process is ended, as that of its executor is


def find_executor() -> int:
    """The process above this one that is an executor."""
    process = os.getpid()
    while b"CoarseGrainedExecutorBackend" not in Path(f"/proc/{process}/cmdline").read_bytes():
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        assert process > 1, "no executor"
    return process


def kill_in_stages(marks: Path, executors: Container[str], processes: Container[str]) -> None:
    """From now on, kill something in the middle of each of these stages, once.

    :param marks: a new folder; a file in it for each stage in which something was killed
    """
    marks.mkdir()

    def run(frame: Any, stage: Stage, schema: str = BLOBS) -> Any:
        name = stage.func.__name__  # type: ignore[attr-defined]
        if name in executors or name in processes:
            loses, mark = name in executors, marks / name
            stage = partial(kill_inside, stage=stage, loses_executor=loses, mark=mark)
        return run_stage(frame, stage, schema)

    for module in (corpora, documents, search, shingles, uncompared, verifying):
        module.run_stage = run  # type: ignore[attr-defined]


def was_killed(mark: Path) -> bool:
    """Whether the process that a mark names was killed."""
    return mark.exists() and not Path(f"/proc/{mark.read_text()}").exists()


def main(folder: Path, kills_all: bool) -> int:
    """Scan a small corpus while something is killed in each stage.

    :param kills_all: kill an executor in each stage, a scan for each, and print a table
    """
    config = Config(**COMMON, max_bucket=10, linkage="single")  # type: ignore[arg-type]
    texts = letters(6)
    records = make_records(3) + [{"id": id, "text": text} for id, text in texts.items()]
    corpus = write_records(folder / "corpus", records, 2)
    local = dedupe.scan(corpus, config)
    assert local.forms
    session = start_session("local-cluster[2,1,1024]", **SETTINGS)

    def compare() -> None:
        found = dedupe.scan(corpus, config, engine=dedupe.SparkEngine(session, 2))
        assert_same(local, found)

    if not kills_all:
        kill_in_stages(folder / "marks", LOSING_EXECUTORS, STAGES - LOSING_EXECUTORS)
        compare()
        print(*(each.name for each in (folder / "marks").iterdir()))
        session.stop()
        return 0
    failed = 0
    print(f"| {'executor killed in':18} | killed | report equal | seconds |", flush=True)
    for stage in ("", *sorted(STAGES)):
        kill_in_stages(folder / f"marks {stage}", {stage}, ())
        began, is_equal = time.monotonic(), True
        try:
            compare()
        except (AssertionError, dedupe.DedupeError) as error:
            is_equal = False
            print(stage, repr(error)[:2000], file=sys.stderr)
        seconds = time.monotonic() - began
        killed = was_killed(folder / f"marks {stage}" / stage) if stage else False
        failed += not is_equal or killed != bool(stage)
        cells = f"{'yes' if killed else 'no':6} | {'yes' if is_equal else 'no':12}"
        print(f"| {stage or 'none':18} | {cells} | {seconds:7.1f} |", flush=True)
    session.stop()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "all" in sys.argv))
