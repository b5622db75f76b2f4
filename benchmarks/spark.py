"""What a scan on Spark costs beside a local one: CPU, and for each stage tasks and bytes shuffled.

    python benchmarks/spark.py [--documents 200000] [--files 8] [--partitions 4] [--master local[2]]

Generates a corpus, scans it locally (in a process of its own) and on a warm session, compares the
reports, and prints a table of Spark's stages, from its event log. Bytes are those of the corpus's
documents: shuffled bytes divided by their number.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

HERE = Path(__file__).parent


class Stage(msgspec.Struct):
    """A stage of Spark, from its event log."""

    name: str
    tasks: list[float] = msgspec.field(default_factory=list)
    shuffled: int = 0
    begin: float = 0
    end: float = 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this script's command line."""
    parser = argparse.ArgumentParser(description="Measure a scan on Spark beside a local one.")
    parser.add_argument("--documents", type=int, default=200_000, metavar="N")
    parser.add_argument("--preset", default="normal")
    parser.add_argument("--median-words", type=float, default=190)
    parser.add_argument("--files", type=int, default=8, help="of the corpus (default: 8)")
    parser.add_argument("--partitions", type=int, default=0)
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--memory", default="2g", help="of the driver's JVM (default: 2g)")
    parser.add_argument("--corpus", type=Path, help="a folder of JSON Lines instead")
    return parser


def make_corpus(folder: Path, arguments: argparse.Namespace) -> Path:
    """A generated corpus in some files."""
    made = folder / "made"
    options = [f"--documents={arguments.documents}", f"--preset={arguments.preset}"]
    options += [f"--median-words={arguments.median_words}"]
    subprocess.run([sys.executable, str(HERE / "make_corpus.py"), str(made), *options], check=True)
    parts = folder / "corpus"
    parts.mkdir()
    files = [(parts / f"part{i}.jsonl").open("wb") for i in range(arguments.files)]
    with (made / "corpus.jsonl").open("rb") as lines:
        for number, line in enumerate(lines):
            files[number % len(files)].write(line)
    for file in files:
        file.close()
    return parts


def scan_locally(corpus: Path, report: Path) -> tuple[float, float]:
    """Wall time and CPU time of the command, with two workers."""
    began, cpu = time.perf_counter(), _cpu_of_children()
    command = [sys.executable, "-m", "dedupe", "scan", str(corpus), "--workers=2"]
    subprocess.run([*command, "--format=json", f"--output={report}"], check=True)
    return time.perf_counter() - began, _cpu_of_children() - cpu


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def start_session(arguments: argparse.Namespace, log: Path) -> Any:
    """A session that writes its events to a folder."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE.parent), *sys.path]))
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.driver.memory": arguments.memory,
        "spark.eventLog.enabled": "true",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": log.as_uri(),
    }
    builder = SparkSession.builder.master(arguments.master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def cpu_of_tree(root: int) -> float:
    """CPU seconds of a process and its descendants, those that have ended included."""
    ticks = os.sysconf("SC_CLK_TCK")
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry)] = int(fields[1])
            seconds[int(entry)] = sum(map(int, fields[11:15])) / ticks
    tree, found = {root}, True
    while found:
        found = False
        for process, parent in parents.items():
            if parent in tree and process not in tree:
                tree.add(process)
                found = True
    return sum(seconds[process] for process in tree if process in seconds)


def read_stages(log: Path, since: float) -> Iterator[Stage]:
    """The stages that began after a time, in their order."""
    stages: dict[int, Stage] = {}
    for file in log.iterdir():
        for line in file.open():
            event = json.loads(line)
            kind = event["Event"]
            if kind == "SparkListenerStageSubmitted":
                number, submitted = event["Stage Info"]["Stage ID"], event["Stage Info"]
                name = event.get("Properties", {}).get("spark.job.description", "")
                begin = submitted.get("Submission Time", 0) / 1000
                stages[number] = Stage(name.removeprefix("dedupe: "), begin=begin)
            elif kind == "SparkListenerTaskEnd" and event["Task End Reason"]["Reason"] == "Success":
                stage, metrics = stages[event["Stage ID"]], event.get("Task Metrics") or {}
                info = event["Task Info"]
                stage.tasks.append((info["Finish Time"] - info["Launch Time"]) / 1000)
                written = metrics.get("Shuffle Write Metrics", {})
                stage.shuffled += written.get("Shuffle Bytes Written", 0)
                stage.end = max(stage.end, info["Finish Time"] / 1000)
    yield from (stage for _, stage in sorted(stages.items()) if stage.begin >= since)


def print_stages(stages: list[Stage], documents: int) -> None:
    """The table of stages."""
    print("stage | tasks | seconds | bytes a document | longest task / median")
    print("--- | ---: | ---: | ---: | ---:")
    for stage in stages:
        if stage.tasks:
            ratio = max(stage.tasks) / max(statistics.median(stage.tasks), 0.001)
            print(
                f"{stage.name} | {len(stage.tasks)} | {stage.end - stage.begin:.1f} | "
                f"{stage.shuffled / documents:.0f} | {ratio:.1f}"
            )
    total = sum(stage.shuffled for stage in stages)
    print(f"all | {sum(len(s.tasks) for s in stages)} | | {total / documents:.0f} |")


def main() -> None:
    """Generate, scan twice, compare, and print."""
    arguments = build_parser().parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = arguments.corpus or make_corpus(folder, arguments)
        wall, cpu = scan_locally(corpus, folder / "local.json")
        log = folder / "log"
        log.mkdir()
        session = start_session(arguments, log)
        import dedupe
        from dedupe.report.json import parse_report, render_json

        engine = dedupe.SparkEngine(session, arguments.partitions)
        first = min(corpus.iterdir())
        dedupe.scan(first, engine=engine)  # until the session is warm
        warm = time.time()
        before, began = cpu_of_tree(os.getpid()), time.perf_counter()
        report = dedupe.scan(corpus, engine=engine)
        spark_wall = time.perf_counter() - began
        spark_cpu = cpu_of_tree(os.getpid()) - before
        session.stop()
        local = parse_report((folder / "local.json").read_bytes())
        same = render_json(msgspec.structs.replace(report, run=local.run)) == render_json(local)
        documents = report.corpus.document_count
        size = report.run.byte_count / documents
        print(f"{documents:,} documents of {size:.0f} bytes; reports are equal: {same}")
        print(f"local: {wall:.1f} s, {cpu:.1f} s of CPU")
        print(f"Spark: {spark_wall:.1f} s, {spark_cpu:.1f} s of CPU: {spark_cpu / cpu:.1f} times")
        print_stages(list(read_stages(log, warm)), documents)


if __name__ == "__main__":
    main()
