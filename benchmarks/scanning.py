"""Runs ``dedupe scan`` for benchmarks, and reads the parts of its report that they need."""

from __future__ import annotations

import compileall
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
from corpora import Corpus
from measuring import BenchmarkError, Limits, Usage, run_measured

import dedupe


class Search(msgspec.Struct):
    """How candidates were found; see ``docs/report.md``."""

    bands: int
    rows: int
    expected_recall: float
    candidate_pair_count: int
    duplicate_pair_count: int
    capped_bucket_count: int


class Stage(msgspec.Struct):
    """The time of one stage."""

    name: str
    seconds: float


class Run(msgspec.Struct):
    """The times of all stages."""

    stages: list[Stage]


class Outline(msgspec.Struct):
    """A report whose large parts are skipped or kept as bytes, to save memory."""

    search: Search
    run: Run
    corpus: msgspec.Raw
    clusters: msgspec.Raw
    bridges: msgspec.Raw
    skipped: msgspec.Raw
    notices: msgspec.Raw

    @property
    def document_count(self) -> int:
        """The number of documents that were compared."""
        return int(msgspec.json.decode(self.corpus)["document_count"])

    @property
    def token_count(self) -> int:
        """The number of tokens in the documents that were compared."""
        return int(msgspec.json.decode(self.corpus)["token_count"])

    def digest(self) -> str:
        """A hash of all results."""
        parts = (self.corpus, self.clusters, self.bridges, self.skipped, self.notices)
        return hashlib.sha256(b"\n".join(map(bytes, parts))).hexdigest()


@dataclass(frozen=True, slots=True)
class Scan:
    """A measured scan; it has no outline if it was stopped."""

    usage: Usage
    outline: Outline | None


@cache
def dedupe_command() -> tuple[str, ...]:
    """The command, its modules compiled: an installer does that for a package, and what runs from
    a checkout may never have been."""
    compileall.compile_dir(Path(dedupe.__file__).parent, quiet=1)
    return (sys.executable, "-m", "dedupe")


def scan_command(corpus: Path, result: Path, options: Sequence[str]) -> list[str]:
    """The command of a scan with a JSON report."""
    head = [*dedupe_command(), "scan", str(corpus), "--format", "json"]
    return [*head, *options, "--output", str(result)]


def measure_scan(
    corpus: Corpus, work: Path, options: Sequence[str] = (), limits: Limits | None = None
) -> Scan:
    """Scan a corpus in a process of its own; the report goes to ``work``.

    :raises BenchmarkError: if the scan fails, or does not compare every document
    """
    result = work / "report.json"
    result.unlink(missing_ok=True)
    command = scan_command(corpus.path, result, options)
    usage = run_measured(command, work / "scan.stdout", limits)
    if usage.stopped:
        return Scan(usage, None)
    outline = msgspec.json.decode(result.read_bytes(), type=Outline)
    if outline.document_count != corpus.document_count:
        message = f"{outline.document_count:,} of {corpus.document_count:,} documents"
        raise BenchmarkError(f"the scan of {corpus.path} compared only {message}")
    return Scan(usage, outline)
