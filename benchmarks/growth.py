"""Measure how time and memory of a scan grow with the number of documents.

    python benchmarks/growth.py [--documents 10000,100000,1000000,3000000]
                                [--scan='--max-memory 1GB'] [--svg benchmarks] [--check]

Scans generated corpora (``make_corpus.py``) of each size, in turn, with the default options and
with each ``--scan``. Prints a table; ``--svg`` draws it; ``--check`` exits with 1 if a limit of
the project is broken.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from charts import Series, draw_chart
from corpora import DEFAULT_FOLDER, Corpora, Corpus
from measuring import MEGABYTE, BenchmarkError, Limits
from scanning import Outline, Scan, measure_scan
from tables import format_command, format_facts, format_table, megabytes

SIZES: Final = "10000,100000,1000000,3000000"
REFERENCE_SIZE: Final = 100_000
TIME_GROWTH_LIMIT: Final = 1.3
BYTES_A_DOCUMENT: Final = 600
BYTES_BEFORE: Final = 300 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Measured:
    """The scans of one corpus with the same options."""

    corpus: Corpus
    options: str
    scans: Sequence[Scan]

    @property
    def wall_seconds(self) -> float:
        return median(scan.usage.wall_seconds for scan in self.scans)

    @property
    def microseconds(self) -> float:
        """Wall time per document."""
        return self.wall_seconds / self.corpus.document_count * 1e6

    @property
    def memory_bytes(self) -> int:
        return max(scan.usage.memory_bytes for scan in self.scans)

    @property
    def outlines(self) -> list[Outline]:
        """Outlines of the scans that were not stopped."""
        return [scan.outline for scan in self.scans if scan.outline is not None]

    def row(self) -> list[str]:
        usages = [scan.usage for scan in self.scans]
        pairs = self.outlines[0].search.duplicate_pair_count if self.outlines else None
        stopped = next((usage.stopped for usage in usages if usage.stopped), "")
        return [
            f"{self.corpus.document_count:,}",
            megabytes(self.corpus.byte_count),
            f"`{self.options}`" if self.options else "default",
            f"{self.wall_seconds:.1f}" + (f" (stopped: {stopped})" if stopped else ""),
            f"{median(usage.cpu_seconds for usage in usages):.1f}",
            f"{self.microseconds:.0f}",
            f"{self.corpus.byte_count / MEGABYTE / self.wall_seconds:.1f}",
            megabytes(self.memory_bytes),
            f"{self.memory_bytes / self.corpus.document_count:,.0f}",
            megabytes(max(usage.mapped_bytes for usage in usages)),
            megabytes(max(usage.spool_bytes for usage in usages)),
            "" if pairs is None else f"{pairs:,}",
        ]


HEADER: Final = (
    "documents", "MB", "options", "wall s", "CPU s", "µs a document", "MB/s", "peak MB",
    "bytes a document", "mapped MB", "spool MB", "pairs",
)  # fmt: skip


def measure_growth(
    corpora: Corpora,
    sizes: Sequence[int],
    variants: Sequence[str],
    runs: int,
    limits: Limits,
    work: Path,
) -> list[Measured]:
    """Scan corpora of all sizes with each set of options, in turn."""
    measured = []
    for size in sizes:
        corpus = corpora.get("normal", f"--documents={size}")
        scans: dict[str, list[Scan]] = {options: [] for options in variants}
        for _ in range(runs):
            for options in variants:
                scan = measure_scan(corpus, work, shlex.split(options), limits)
                scans[options].append(scan)
                message = f"{size:,} documents {options}: {scan.usage.wall_seconds:.1f} s"
                print(message, file=sys.stderr)
        measured += [Measured(corpus, options, scans[options]) for options in variants]
    return measured


def find_faults(measured: Sequence[Measured]) -> list[str]:
    """Sentences on broken limits: time per document, memory, results that depend on the options."""
    faults = []
    plain = {m.corpus.document_count: m for m in measured if not m.options}
    reference = plain.get(REFERENCE_SIZE)
    for size, found in plain.items():
        if reference is not None and size > REFERENCE_SIZE:
            growth = found.microseconds / reference.microseconds
            if growth > TIME_GROWTH_LIMIT:
                faults.append(f"{size:,} documents: {growth:.2f} times the time a document")
        limit = BYTES_A_DOCUMENT * size + BYTES_BEFORE
        if found.memory_bytes > limit:
            message = f"{megabytes(found.memory_bytes)} MB, over {megabytes(limit)} MB"
            faults.append(f"{size:,} documents: {message}")
    for size in dict.fromkeys(m.corpus.document_count for m in measured):
        same = [m for m in measured if m.corpus.document_count == size]
        if any(len(m.outlines) < len(m.scans) for m in same):
            faults.append(f"{size:,} documents: a scan was stopped")
        if len({outline.digest() for m in same for outline in m.outlines}) > 1:
            faults.append(f"{size:,} documents: the results differ")
    return faults


def draw(measured: Sequence[Measured], folder: Path) -> None:
    """Write ``growth-time.svg`` and ``growth-memory.svg``."""
    sizes = sorted({float(m.corpus.document_count) for m in measured})
    times, memory = [], []
    for options in dict.fromkeys(m.options for m in measured):
        chosen = [m for m in measured if m.options == options]
        name = options or "default options"
        counts = [float(m.corpus.document_count) for m in chosen]
        micros = [m.microseconds for m in chosen]
        peaks = [m.memory_bytes / MEGABYTE for m in chosen]
        times.append(Series(name, list(zip(counts, micros, strict=True))))
        memory.append(Series(name, list(zip(counts, peaks, strict=True))))
    limits = [(size, (BYTES_A_DOCUMENT * size + BYTES_BEFORE) / MEGABYTE) for size in sizes]
    memory.append(Series("600 bytes a document + 300 MB", limits, is_limit=True))
    charts = {
        "growth-time.svg": ("Wall time a document", "µs", times),
        "growth-memory.svg": ("Peak resident memory of all processes", "MB", memory),
    }
    for name, (title, unit, series) in charts.items():
        (folder / name).write_text(draw_chart(title, "documents", unit, series), encoding="utf-8")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this script's command line."""
    parser = argparse.ArgumentParser(description="Growth of time and memory with the documents.")
    parser.add_argument("--documents", default=SIZES, help="sizes (default: %(default)s)")
    parser.add_argument(
        "--scan",
        action="append",
        default=[],
        metavar="OPTIONS",
        help="also scan with these options, as --scan='--max-memory 1GB'; may be repeated",
    )
    parser.add_argument("--runs", type=int, default=1, help="of each scan (default: 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the corpora")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_FOLDER, help="where they are kept")
    parser.add_argument("--timeout", type=float, default=7200, help="seconds a scan may take")
    parser.add_argument("--max-gigabytes", type=float, default=1000, help="that a scan may take")
    parser.add_argument("--svg", type=Path, metavar="FOLDER", help="draw the growth there")
    parser.add_argument("--check", action="store_true", help="exit with 1 over a limit")
    return parser


def main() -> int:
    arguments = build_parser().parse_args()
    sizes = [int(size) for size in arguments.documents.split(",")]
    variants = list(dict.fromkeys(["", *arguments.scan]))
    limits = Limits(arguments.timeout, arguments.max_gigabytes * 1e9)
    corpora = Corpora(arguments.corpora, arguments.seed)
    with tempfile.TemporaryDirectory(prefix="dedupe-growth-") as work:
        try:
            found = measure_growth(corpora, sizes, variants, arguments.runs, limits, Path(work))
        except BenchmarkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    faults = find_faults(found)
    print(format_table(HEADER, [measured.row() for measured in found]))
    print()
    print(format_facts(f"{arguments.runs} runs, medians", *(f"Over: {fault}" for fault in faults)))
    print()
    print(format_command("growth.py", sys.argv[1:]))
    if arguments.svg is not None:
        draw(found, arguments.svg)
    return 1 if faults and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
