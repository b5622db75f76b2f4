"""Measure the cost of scans at several thresholds, if the corpus is sketched only once.

Usage: ``python benchmarks/thresholds.py CORPUS [--thresholds 0.7,0.75,0.8,0.85,0.9] [--runs 5]``

Runs in turn, in one process with the kernels loaded: a scan at the lowest threshold; a scan at each
threshold; and one set of sketches that is matched and clustered at each threshold. Prints the
medians and their ratios to one scan, and ends with an error if the reports differ.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

from tables import format_table

from dedupe.engines.local import reuse_sketches, run_locally
from dedupe.model.documents import CorpusItems
from dedupe.model.progress import Progress
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.pipeline.scan import scan_corpus
from dedupe.pipeline.sketching import sketch_corpus
from dedupe.report.rows import materialise
from dedupe.sketch import load_kernels
from dedupe.sources import read_corpus
from dedupe.store.resources import Resources
from dedupe.store.work_folder import WorkFolder

KERNELS = load_kernels()


def scan(corpus: str, config: Config) -> Report:
    items = CorpusItems(read_corpus([corpus], config.settings, workers=config.worker_count))
    return scan_corpus(items, config, run_locally, KERNELS, Progress(), streamed=True)


def sweep(corpus: str, configs: Sequence[Config]) -> list[Report]:
    """The reports of all thresholds, from one set of sketches."""
    first = configs[0]
    runs = KERNELS.copy_runs, KERNELS.read_runs
    with ThreadPoolExecutor(first.worker_count) as pool, WorkFolder("", 0, *runs) as work:
        resources = Resources(KERNELS, work, pool, first.worker_count)
        items = CorpusItems(read_corpus([corpus], first.settings, workers=first.worker_count))
        engine = reuse_sketches(sketch_corpus(items, first, resources), resources)
        nothing = CorpusItems(())
        return [
            scan_corpus(nothing, each, engine, KERNELS, Progress(), streamed=True)
            for each in configs
        ]


def results(report: Report) -> tuple[Any, ...]:
    """The parts of a report that follow from the documents; made whole outside of the timing."""
    report = materialise(report)
    return report.config, report.clusters, report.bridges, report.bridge_ends, report.search


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("--thresholds", default="0.7,0.75,0.8,0.85,0.9")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    thresholds = sorted(map(float, arguments.thresholds.split(",")))
    configs = [Config(threshold=threshold) for threshold in thresholds]
    jobs: dict[str, Callable[[], list[Report]]] = {
        "one scan": lambda: [scan(arguments.corpus, configs[0])],
        "a scan at each": lambda: [scan(arguments.corpus, each) for each in configs],
        "one set of sketches": lambda: sweep(arguments.corpus, configs),
    }
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(arguments.runs):
        found = {}
        for name, job in jobs.items():
            began = time.perf_counter()
            reports = job()
            seconds[name].append(time.perf_counter() - began)
            found[name] = [results(report) for report in reports]
        if found["a scan at each"] != found["one set of sketches"]:
            raise SystemExit("the reports differ")
    one = median(seconds["one scan"])
    rows = [
        [name, f"{median(taken):.3f}", f"{median(taken) / one:.2f}"]
        for name, taken in seconds.items()
    ]
    print(f"{len(thresholds)} thresholds: {', '.join(f'{each:g}' for each in thresholds)}\n")
    print(format_table(["", "s", "of one scan"], rows))


if __name__ == "__main__":
    main()
