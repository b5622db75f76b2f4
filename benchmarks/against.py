"""Check ``--against``: split a corpus in two, and compare it with a scan of both parts.

    python benchmarks/against.py CORPUS.jsonl[.gz] [--linkage star,single,complete]
                                 [--reference-share 0.5,0.9] [--scan='OPTIONS'] [--times 3]

Splits the lines of a corpus (with ``id`` and ``text``) by a hash of the id. Scans both parts
together, and one against the other, with ``dedupe scan`` as processes of their own. Computes from
the first report what the second must say (``filtering.py``), and compares everything: clusters,
members, pairs with their integers, bridges and figures. Prints the costs of both scans. Exits
with 1 if the reports differ.
"""

from __future__ import annotations

import argparse
import json
import resource
import shlex
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from accuracy import open_text, read_texts
from filtering import filter_joint, outline
from tables import format_command, format_facts, format_table

from dedupe import shingle_text
from dedupe.model.report import Report
from dedupe.report.json import parse_report

FIGURES: Final = ("duplicate_count", "redundant_token_count", "duplicate_pair_count")


@dataclass(frozen=True, slots=True)
class Halves:
    """The files of a corpus split in two."""

    new_path: Path
    reference_path: Path
    references: frozenset[str]


def split_corpus(corpus: Path, share: float, folder: Path) -> Halves:
    """Write the lines into two files; the hash of a line's id decides which.

    :param share: share of the lines that become reference documents
    """
    new, reference_path = folder / "new.jsonl", folder / "references.jsonl"
    references: set[str] = set()
    with (
        open_text(corpus) as lines,
        new.open("w", encoding="utf-8") as to_new,
        reference_path.open("w", encoding="utf-8") as to_references,
    ):
        for line in lines:
            id = json.loads(line)["id"]
            is_reference = zlib.crc32(id.encode()) < share * 2**32
            (to_references if is_reference else to_new).write(line)
            if is_reference:
                references.add(id)
    return Halves(new, reference_path, frozenset(references))


def measure(paths: Sequence[Path], options: list[str], times: int) -> tuple[Report, float]:
    """The report of a scan, and the median of the CPU time of its processes."""
    command = [sys.executable, "-m", "dedupe", "scan", *map(str, paths), "--format", "json"]
    seconds = []
    for _ in range(times):
        before = _cpu_seconds()
        result = subprocess.run([*command, *options], check=True, capture_output=True)
        seconds.append(_cpu_seconds() - before)
    return parse_report(result.stdout), median(seconds)


def _cpu_seconds() -> float:
    """CPU time of all processes that were started and waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def compare(
    halves: Halves, texts: dict[str, str], options: list[str], times: int
) -> tuple[list[str], dict[str, Any]]:
    """A row of figures; and all differences by name, each with the expected and the found value."""
    both, both_seconds = measure([halves.new_path, halves.reference_path], options, times)
    own = ["--against", str(halves.reference_path), *options]
    report, seconds = measure([halves.new_path], own, times)

    def count_shared(left: str, right: str) -> tuple[int, int, int]:
        size = both.config.shingle_size
        one, other = (set(shingle_text(texts[id], size)) for id in (left, right))
        return len(one & other), len(one), len(other)

    expected = filter_joint(both, halves.references, count_shared)
    found = outline(report)
    differing = {
        name: (expected[name], found[name]) for name in expected if expected[name] != found[name]
    }
    counts = (
        report.corpus.document_count,
        report.corpus.reference_count,
        both.search.candidate_pair_count,
        report.search.candidate_pair_count,
        both.search.duplicate_pair_count,
        report.search.duplicate_pair_count,
        report.corpus.cluster_count,
        report.corpus.duplicate_count,
    )
    verdict = f"no: {', '.join(differing)}" if differing else "yes"
    cells = [f"{count:,}" for count in counts]
    return [*cells, f"{both_seconds:.2f}", f"{seconds:.2f}", verdict], differing


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--linkage", default="star,single,complete")
    parser.add_argument("--reference-share", default="0.5,0.9")
    parser.add_argument("--scan", default="", help="options of dedupe scan")
    parser.add_argument("--times", type=int, default=3, help="scans of each kind")
    arguments = parser.parse_args()
    texts = read_texts(arguments.corpus)
    rows, failed = [], False
    for share in arguments.reference_share.split(","):
        with tempfile.TemporaryDirectory() as folder:
            halves = split_corpus(arguments.corpus, float(share), Path(folder))
            for linkage in arguments.linkage.split(","):
                options = ["--linkage", linkage, *shlex.split(arguments.scan)]
                row, differing = compare(halves, texts, options, arguments.times)
                rows.append([linkage, *row])
                failed |= bool(differing)
                for name, (expected, found) in differing.items():
                    print(f"{name}: expected {expected}\nfound {found}"[:2000], file=sys.stderr)
    header = (
        "linkage", "new", "references", "candidates, both", "against", "duplicate pairs, both",
        "against", "clusters", "duplicates", "CPU s, both", "against", "equal",
    )  # fmt: skip
    print(format_table(header, rows))
    print()
    print(format_facts(f"CPU: median of {arguments.times} processes, from start to exit"))
    print()
    print(format_command("against.py", sys.argv[1:]))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
