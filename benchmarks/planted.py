"""Check that a scan finds planted duplicates as often as its report promises, and nothing else.

    python benchmarks/planted.py [--documents 1000000] [--scan='--threshold 0.8']

Generates a corpus (``make_corpus.py``), scans it, and compares the report with brute force:

- the recall of planted pairs just above the threshold with the recall that follows from the
  report's bands and rows and the Jaccard of each pair, and with the recall that the report states;
- the recall of all planted pairs at or above the threshold with the recall that is stated;
- every reported pair: its three integers, its Jaccard, and that it reaches the threshold.

Exits with 1 if one of these comparisons fails.
"""

from __future__ import annotations

import argparse
import math
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from corpora import DEFAULT_FOLDER, Corpora, Corpus
from measuring import BenchmarkError
from scanning import Search, measure_scan
from tables import format_command, format_facts, format_table
from truth import Group, Texts, choose_pairs, read_groups

NEAR_WIDTH: Final = 0.02
"""Pairs that are less than this above the threshold count as being at it."""

STANDARD_ERRORS: Final = 3
EDGES: Final = (0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 1)
WRONG_SHOWN: Final = 10


class Pair(msgspec.Struct, frozen=True, gc=False):
    """A reported pair."""

    left: str
    right: str
    shared_count: int
    left_count: int
    right_count: int
    jaccard: float


class Cluster(msgspec.Struct):
    """A reported cluster."""

    pairs: list[Pair]


class Settings(msgspec.Struct):
    """The settings that matter here."""

    threshold: float
    shingle_size: int


class Found(msgspec.Struct):
    """The parts of a report that are needed here."""

    config: Settings
    search: Search
    clusters: list[Cluster]
    bridges: list[Pair]

    def pairs(self) -> Iterator[Pair]:
        """All pairs, bridges included."""
        for cluster in self.clusters:
            yield from cluster.pairs
        yield from self.bridges

    def expect(self, jaccard: float) -> float:
        """The probability that a pair of this Jaccard shares a bucket."""
        return 1.0 - (1.0 - jaccard**self.search.rows) ** self.search.bands


@dataclass(slots=True)
class Tally:
    """Planted pairs of one kind or one range of Jaccards."""

    count: int = 0
    found: int = 0
    expected: float = 0.0
    variance: float = 0.0

    def add(self, is_found: bool, chance: float) -> None:
        self.count += 1
        self.found += is_found
        self.expected += chance
        self.variance += chance * (1 - chance)

    @property
    def recall(self) -> float:
        return self.found / self.count if self.count else 1.0

    @property
    def mean_chance(self) -> float:
        return self.expected / self.count if self.count else 1.0

    @property
    def standard_error(self) -> float:
        """The standard error of the recall, if pairs are found independently of one another."""
        return math.sqrt(self.variance) / self.count if self.count else 0.0


@dataclass(slots=True)
class Verdict:
    """The tallies of all comparisons."""

    near: Tally = field(default_factory=Tally)
    all: Tally = field(default_factory=Tally)
    equal: Tally = field(default_factory=Tally)
    by_kind: dict[str, Tally] = field(default_factory=dict)
    by_range: dict[float, Tally] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    reported_count: int = 0

    def faults(self, stated: float) -> list[str]:
        """Sentences on promises of the report that do not hold."""
        faults = [f"wrong pair: {pair}" for pair in self.wrong[:WRONG_SHOWN]]
        margin = STANDARD_ERRORS * self.near.standard_error
        if self.near.count == 0:
            faults.append("no pair at the threshold was planted")
        if abs(self.near.recall - self.near.mean_chance) > margin:
            faults.append("the recall at the threshold is not what bands and rows promise")
        if self.near.recall < stated - margin:
            faults.append("the recall at the threshold is below what is stated")
        if self.all.recall < stated:
            faults.append("the recall of all pairs is below what is stated")
        if self.equal.found < self.equal.count:
            faults.append("documents of equal tokens were not paired")
        return faults


def read_report(path: Path) -> Found:
    """Read the parts of a saved report that are needed here."""
    return msgspec.json.decode(path.read_bytes(), type=Found)


def judge(corpus: Corpus, report: Found) -> Verdict:
    """Compare a report with the truth about its corpus."""
    groups = list(read_groups(corpus.truth))
    ids = {document.id for group in groups for document in group.documents}
    ids.update(id for pair in report.pairs() for id in (pair.left, pair.right))
    verdict = Verdict()
    with Texts(corpus.path, ids, report.config.shingle_size) as texts:
        joined, twins = _check_reported(report, texts, verdict)
        for group in groups:
            _check_group(group, report, texts, joined, twins, verdict)
    return verdict


def _check_group(
    group: Group,
    report: Found,
    texts: Texts,
    joined: set[tuple[int, int]],
    twins: set[str],
    verdict: Verdict,
) -> None:
    """Count which pairs of a group were found."""
    seen: set[tuple[int, int]] = set()
    for left, right in choose_pairs(group):
        a, b = texts.get(left).key, texts.get(right).key
        if a == b:
            verdict.equal.add(left in twins and right in twins, 1.0)
            continue
        # Documents of equal tokens are paired only through their lead: one counts for all.
        keys = min(a, b), max(a, b)
        jaccard = texts.compare(left, right).jaccard
        if keys not in seen and jaccard >= report.config.threshold:
            _count(verdict, group.kind, jaccard, keys in joined, report)
        seen.add(keys)


def _check_reported(
    report: Found, texts: Texts, verdict: Verdict
) -> tuple[set[tuple[int, int]], set[str]]:
    """Re-compute every reported pair.

    :returns: the pairs as keys of their tokens, and the ids of those in a pair of equal tokens
    """
    joined: set[tuple[int, int]] = set()
    twins: set[str] = set()
    for pair in report.pairs():
        verdict.reported_count += 1
        counts = texts.compare(pair.left, pair.right)
        reported = pair.shared_count, pair.left_count, pair.right_count
        exact = counts.shared, counts.left, counts.right
        if reported != exact or pair.jaccard != counts.jaccard:
            verdict.wrong.append(f"{pair} is {exact}")
        elif counts.jaccard < report.config.threshold:
            verdict.wrong.append(f"{pair} is below the threshold")
        a, b = texts.get(pair.left).key, texts.get(pair.right).key
        joined.add((min(a, b), max(a, b)))
        if a == b:
            twins.update((pair.left, pair.right))
    return joined, twins


def _count(verdict: Verdict, kind: str, jaccard: float, is_found: bool, report: Found) -> None:
    chance, threshold = report.expect(jaccard), report.config.threshold
    edge = max(edge for edge in EDGES if threshold + edge <= jaccard + 1e-12)
    tallies = [
        verdict.all,
        verdict.by_kind.setdefault(kind, Tally()),
        verdict.by_range.setdefault(edge, Tally()),
    ]
    if jaccard < threshold + NEAR_WIDTH:
        tallies.append(verdict.near)
    for tally in tallies:
        tally.add(is_found, chance)


def format_verdict(report: Found, verdict: Verdict) -> str:
    """The tables of a verdict."""
    threshold = report.config.threshold
    header = ("planted pairs", "pairs", "found", "recall", "bands promise", "standard error")
    near = f"Jaccard {threshold:g} to {threshold + NEAR_WIDTH:g}"
    rows = [_row(near, verdict.near), _row(f"all at {threshold:g} or above", verdict.all)]
    edges = sorted(verdict.by_range)
    rows += [_row(f"Jaccard from {threshold + e:.2f}", verdict.by_range[e]) for e in edges]
    rows += [_row(kind, verdict.by_kind[kind]) for kind in sorted(verdict.by_kind)]
    rows.append(_row("equal tokens", verdict.equal))
    return format_table(header, rows)


def _row(name: str, tally: Tally) -> Sequence[str]:
    return (
        name,
        f"{tally.count:,}",
        f"{tally.found:,}",
        f"{tally.recall:.5f}",
        f"{tally.mean_chance:.5f}",
        f"{tally.standard_error:.5f}",
    )


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this script's command line."""
    parser = argparse.ArgumentParser(description="Check a scan against planted truth.")
    parser.add_argument("--documents", type=int, default=1_000_000, help="(default: 1000000)")
    parser.add_argument("--preset", default="normal", help="of make_corpus.py (default: normal)")
    parser.add_argument("--near", type=float, default=0.7, help="where near copies are dense")
    parser.add_argument("--seed", type=int, default=1, help="of the corpus")
    parser.add_argument("--scan", default="", metavar="OPTIONS", help="options of dedupe scan")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_FOLDER, help="where they are kept")
    return parser


def main() -> int:
    arguments = build_parser().parse_args()
    corpora = Corpora(arguments.corpora, arguments.seed)
    with tempfile.TemporaryDirectory(prefix="dedupe-planted-") as folder:
        try:
            corpus = corpora.get(
                arguments.preset, f"--documents={arguments.documents}", f"--near={arguments.near}"
            )
            scan = measure_scan(corpus, Path(folder), shlex.split(arguments.scan))
        except BenchmarkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        report = read_report(Path(folder) / "report.json")
    verdict = judge(corpus, report)
    stated = report.search.expected_recall
    faults = verdict.faults(stated)
    print(format_verdict(report, verdict))
    print()
    facts = (
        f"{corpus.document_count:,} documents, scanned in {scan.usage.wall_seconds:.1f} s",
        f"{report.search.bands} bands of {report.search.rows} rows; stated recall {stated:.5f}",
        f"capped buckets: {report.search.capped_bucket_count:,}",
        f"{verdict.reported_count:,} reported pairs re-computed, {len(verdict.wrong)} wrong",
        *(f"FAILED: {fault}" for fault in faults),
    )
    print(format_facts(*facts))
    print()
    print(format_command("planted.py", sys.argv[1:]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
