"""Scan corpora that are hard for a search, each beside a normal corpus of the same size.

    python benchmarks/pathological.py [--scale 0.05] [--presets template,bucket] [--check]

Prints the ratios of wall time and of peak memory; ``--check`` exits with 1 if one is over the
limit (5). A scan that takes too much time or memory is ended, and the table says so.
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

from corpora import DEFAULT_FOLDER, Corpora, Corpus
from measuring import MEGABYTE, BenchmarkError, Limits
from scanning import Scan, measure_scan
from tables import format_command, format_facts, format_table, megabytes

RATIO_LIMIT: Final = 5.0
DOCUMENT_COUNTS: Final = {
    "template": 200_000,
    "bucket": 100_000,
    "furniture": 200_000,
    "giant": 10_000,
    "lines": 10_000_000,
    "identical": 200_000,
    "unique": 200_000,
}
"""Numbers of documents of the hard corpora at full scale, by the preset of ``make_corpus.py``."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The scans of a hard corpus and of a normal one of the same size, made in turn."""

    preset: str
    hard: Corpus
    normal: Corpus
    hard_scans: Sequence[Scan]
    normal_scans: Sequence[Scan]

    @property
    def time_ratio(self) -> float:
        """The median of the ratios within each round."""
        return median(
            hard.usage.wall_seconds / normal.usage.wall_seconds
            for hard, normal in zip(self.hard_scans, self.normal_scans, strict=True)
        )

    @property
    def cpu_ratio(self) -> float:
        """The median of the ratios of CPU time, which other work on the machine changes less."""
        return median(
            hard.usage.cpu_seconds / normal.usage.cpu_seconds
            for hard, normal in zip(self.hard_scans, self.normal_scans, strict=True)
        )

    @property
    def memory_ratio(self) -> float:
        # A scan that was ended at once may have been ended before its memory was sampled.
        return _peak(self.hard_scans) / max(_peak(self.normal_scans), 1)

    @property
    def stopped(self) -> str:
        """Why a scan of the hard corpus was ended early; empty if none was."""
        return next((s.usage.stopped for s in self.hard_scans if s.usage.stopped), "")

    def row(self) -> list[str]:
        sign = "> " if self.stopped else ""
        search = next((s.outline.search for s in self.hard_scans if s.outline), None)
        return [
            self.preset,
            f"{self.hard.document_count:,}",
            f"{self.normal.document_count:,}",
            megabytes(self.hard.byte_count),
            sign + f"{median(s.usage.wall_seconds for s in self.hard_scans):.2f}",
            f"{median(s.usage.wall_seconds for s in self.normal_scans):.2f}",
            f"**{sign}{self.time_ratio:.2f}**",
            f"{sign}{self.cpu_ratio:.2f}",
            sign + megabytes(_peak(self.hard_scans)),
            megabytes(_peak(self.normal_scans)),
            f"**{sign}{self.memory_ratio:.2f}**",
            f"{search.candidate_pair_count:,}" if search else f"stopped: {self.stopped}",
            f"{search.duplicate_pair_count:,}" if search else "",
            f"{search.capped_bucket_count:,}" if search else "",
        ]


HEADER: Final = (
    "corpus", "documents", "in the normal one", "MB", "wall s", "normal", "ratio", "CPU ratio",
    "peak MB", "normal", "ratio", "candidates", "pairs", "capped buckets",
)  # fmt: skip


def _peak(scans: Sequence[Scan]) -> int:
    return max(scan.usage.memory_bytes for scan in scans)


def compare_preset(
    corpora: Corpora,
    preset: str,
    scale: float,
    runs: int,
    options: Sequence[str],
    limits: Limits,
    work: Path,
) -> Compared:
    """Scan a hard corpus and a normal one in turn."""
    size = [f"--documents={max(2, round(DOCUMENT_COUNTS[preset] * scale))}"]
    hard = corpora.get(preset, *size)
    normal = corpora.get("normal", f"--megabytes={hard.byte_count / MEGABYTE:.2f}")
    scans: dict[str, list[Scan]] = {"hard": [], "normal": []}
    for _ in range(runs):
        for name, corpus in (("hard", hard), ("normal", normal)):
            scan = measure_scan(corpus, work, options, limits)
            scans[name].append(scan)
            message = f"{preset}, {name}: {scan.usage.wall_seconds:.1f} s"
            print(message, scan.usage.stopped, file=sys.stderr)
    return Compared(preset, hard, normal, scans["hard"], scans["normal"])


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this script's command line."""
    parser = argparse.ArgumentParser(description="Hard corpora beside normal ones.")
    parser.add_argument(
        "--presets", default=",".join(DOCUMENT_COUNTS), help="(default: %(default)s)"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the number of documents (default: 1)"
    )
    parser.add_argument("--runs", type=int, default=1, help="rounds (default: 1)")
    parser.add_argument("--scan", default="", metavar="OPTIONS", help="of all scans")
    parser.add_argument("--seed", type=int, default=1, help="of the corpora")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_FOLDER, help="where they are kept")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds a scan may take")
    parser.add_argument("--max-gigabytes", type=float, default=1000, help="that a scan may take")
    parser.add_argument("--check", action="store_true", help="exit with 1 over the limit")
    return parser


def main() -> int:
    parser = build_parser()
    arguments = parser.parse_args()
    presets = arguments.presets.split(",")
    unknown = [preset for preset in presets if preset not in DOCUMENT_COUNTS]
    if unknown:
        parser.error(
            f"unknown preset {unknown[0]!r}; the known ones are {', '.join(DOCUMENT_COUNTS)}"
        )
    corpora = Corpora(arguments.corpora, arguments.seed)
    limits = Limits(arguments.timeout, arguments.max_gigabytes * 1e9)
    options = shlex.split(arguments.scan)
    with tempfile.TemporaryDirectory(prefix="dedupe-pathological-") as work:
        try:
            compared = [
                compare_preset(
                    corpora, preset, arguments.scale, arguments.runs, options, limits, Path(work)
                )
                for preset in presets
            ]
        except BenchmarkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    print(format_table(HEADER, [found.row() for found in compared]))
    print()
    print(format_facts(f"{arguments.runs} rounds, in turn, medians; scale {arguments.scale:g}"))
    print()
    print(format_command("pathological.py", sys.argv[1:]))
    over = [c for c in compared if c.stopped or max(c.time_ratio, c.memory_ratio) > RATIO_LIMIT]
    return 1 if over and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
