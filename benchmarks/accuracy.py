"""Re-compute every reported pair by brute force, and measure the recall of known true pairs.

    python benchmarks/accuracy.py CORPUS.jsonl[.gz] [--truth PAIRS.tsv[.gz] --from 0.8]
                                  [--scan='OPTIONS']

``OPTIONS`` are passed to ``dedupe scan``. The truth is one pair a line: ``id<TAB>id<TAB>jaccard``.
Exits with 1 if a reported pair differs from brute force over ``dedupe.shingle_text``, or lies
below the threshold.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from dedupe import shingle_text
from dedupe.model.report import DuplicatePair, Report
from dedupe.report.json import parse_report


def open_text(path: Path) -> IO[str]:
    """Open a text file; it is unpacked if its name ends in .gz."""
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open()


def read_texts(path: Path) -> dict[str, str]:
    """Texts by id."""
    with open_text(path) as file:
        records: Iterator[Any] = map(json.loads, file)
        return {record["id"]: record["text"] for record in records}


def scan(path: Path, options: list[str]) -> Report:
    """The report of ``dedupe scan``, run as a process of its own."""
    command = [sys.executable, "-m", "dedupe", "scan", str(path), "--format", "json", *options]
    result = subprocess.run(command, check=True, capture_output=True)
    return parse_report(result.stdout)


def all_pairs(report: Report) -> list[DuplicatePair]:
    """Every reported pair, bridges included."""
    return [pair for cluster in report.clusters for pair in cluster.pairs] + list(report.bridges)


def count_wrong(report: Report, texts: dict[str, str]) -> int:
    """The number of pairs that differ from brute force, or that are below the threshold."""
    sets: dict[str, set[str]] = {}

    def shingles(id: str) -> set[str]:
        if id not in sets:
            sets[id] = set(shingle_text(texts[id], report.config.shingle_size))
        return sets[id]

    wrong = 0
    for pair in all_pairs(report):
        left, right = shingles(pair.left), shingles(pair.right)
        counts = (len(left & right), len(left), len(right))
        exact = counts[0] / len(left | right)
        reported = (pair.shared_count, pair.left_count, pair.right_count)
        if counts != reported or exact != pair.jaccard or exact < report.config.threshold:
            wrong += 1
            print(f"wrong: {pair} is {counts}, {exact}", file=sys.stderr)
    return wrong


def share_together(report: Report, truth: Path, bound: float) -> tuple[int, int]:
    """How many true pairs at or above a bound are in one cluster, and how many there are."""
    cluster_of = {m.id: c.cluster_id for c in report.clusters for m in c.members}
    together = total = 0
    with open_text(truth) as file:
        for line in file:
            left, right, jaccard = line.rstrip("\n").split("\t")
            if float(jaccard) >= bound:
                total += 1
                together += left in cluster_of and cluster_of[left] == cluster_of.get(right)
    return together, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--truth", type=Path, metavar="PAIRS.tsv[.gz]")
    parser.add_argument("--from", dest="bound", type=float, default=0.8, metavar="JACCARD")
    parser.add_argument(
        "--scan",
        type=shlex.split,
        default=[],
        metavar="OPTIONS",
        help="options of `dedupe scan`, as --scan='--threshold 0.8'",
    )
    arguments = parser.parse_args()
    report = scan(arguments.corpus, arguments.scan)
    wrong = count_wrong(report, read_texts(arguments.corpus))
    pairs = len(all_pairs(report))
    print(f"{pairs} reported pairs re-computed by brute force, {wrong} wrong")
    if arguments.truth is not None:
        together, total = share_together(report, arguments.truth, arguments.bound)
        print(
            f"{together} of {total} true pairs at {arguments.bound} or above in one cluster: "
            f"{together / total:.2%}"
        )
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
